//! The readers. Write-ahead logging lets them read beside the writer without waiting for it.
//!
//! A look-up through an index takes microseconds, less than handing it to another thread: it runs where it is called, on a connection that
//! belongs to the calling thread. Anything longer goes to one of two threads, so that it never holds up a runtime worker.

use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Weak};
use std::thread::JoinHandle;
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender, TrySendError, bounded};
use daftar_core::ports::StoreError;
use rusqlite::{Connection, ErrorCode};
use tokio::sync::oneshot;

use super::{PATIENCE, open_reader, run};
use crate::error::{Outage, from_sqlite};
use crate::tx::{Op, Tx};

/// Threads for longer reads.
const THREADS: usize = 2;
/// Longer reads that wait.
const QUEUE: usize = 256;
/// Between two tries of a look-up that met a lock.
const PAUSE: Duration = Duration::from_millis(5);
/// Tries of a look-up that meets a lock each time: a second of them.
const TRIES: u32 = 200;

type Job = Box<dyn FnOnce(&mut Connection) + Send>;

/// A handle on the readers of one database. Dropping it ends their threads once they are done.
#[derive(Debug)]
pub(crate) struct Readers {
    /// Also names the store to the connections that threads keep for it.
    file: Arc<PathBuf>,
    jobs: Option<Sender<Job>>,
    threads: Vec<JoinHandle<()>>,
}

thread_local! {
    /// This thread's connections, one a store; more than one only in tests.
    static CONNECTIONS: RefCell<Vec<(Weak<PathBuf>, Connection)>> = const { RefCell::new(Vec::new()) };
}

impl Readers {
    /// Starts the threads for a database that is there already.
    pub(crate) fn start(file: &Path) -> Result<Self, crate::OpenError> {
        let (jobs, queue) = bounded(QUEUE);
        let mut readers = Self { file: Arc::new(file.to_owned()), jobs: Some(jobs), threads: Vec::with_capacity(THREADS) };
        for number in 1..=THREADS {
            let connection = open_reader(file, PATIENCE).map_err(crate::OpenError::Database)?;
            let queue = queue.clone();
            let thread = std::thread::Builder::new().name(format!("store-reader-{number}"));
            readers.threads.push(thread.spawn(move || serve(connection, &queue)).map_err(crate::OpenError::System)?);
        }
        Ok(readers)
    }

    /// Runs a look-up here and now.
    pub(crate) async fn look_up<I, T>(&self, input: I, op: Op<I, T>) -> Result<T, StoreError>
    where
        I: Sync,
    {
        // Readers meet a lock only while the log is recovered or folded in by somebody who opens or closes the file.
        for _ in 1..TRIES {
            match self.inline(&input, op) {
                Err(StoreError::Unavailable(cause)) if is_busy(&cause) => tokio::time::sleep(PAUSE).await,
                outcome => return outcome,
            }
        }
        self.inline(&input, op)
    }

    fn inline<I, T>(&self, input: &I, op: Op<I, T>) -> Result<T, StoreError> {
        CONNECTIONS.with_borrow_mut(|connections| {
            let mine = |(store, _): &(Weak<PathBuf>, _)| std::ptr::eq(store.as_ptr(), Arc::as_ptr(&self.file));
            let place = match connections.iter().position(mine) {
                Some(place) => place,
                None => {
                    connections.retain(|(store, _)| store.strong_count() > 0);
                    connections.push((Arc::downgrade(&self.file), open_reader(&self.file, Duration::ZERO).map_err(from_sqlite)?));
                    connections.len() - 1
                }
            };
            let (_, connection) = connections.get_mut(place).ok_or(Outage::ThreadEnded)?;
            run(op, &mut Tx::sqlite(connection), input)
        })
    }

    /// Runs a longer read on a thread for such.
    pub(crate) async fn scan<I, T>(&self, input: I, op: Op<I, T>) -> Result<T, StoreError>
    where
        I: Send + 'static,
        T: Send + 'static,
    {
        let (caller, answer) = oneshot::channel();
        let job: Job = Box::new(move |connection| {
            // A caller that is gone needs no answer.
            let _ = caller.send(run(op, &mut Tx::sqlite(connection), &input));
        });
        let jobs = self.jobs.as_ref().ok_or(Outage::ThreadEnded)?;
        match jobs.try_send(job) {
            Ok(()) => answer.await.unwrap_or_else(|_| Err(Outage::ThreadEnded.into())),
            Err(TrySendError::Full(_)) => Err(StoreError::Overloaded),
            Err(TrySendError::Disconnected(_)) => Err(Outage::ThreadEnded.into()),
        }
    }
}

impl Drop for Readers {
    fn drop(&mut self) {
        self.jobs = None;
        for thread in self.threads.drain(..) {
            if thread.join().is_err() {
                tracing::error!("a reader thread of the store ended by a panic");
            }
        }
    }
}

fn serve(mut connection: Connection, queue: &Receiver<Job>) {
    while let Ok(job) = queue.recv() {
        job(&mut connection);
    }
}

fn is_busy(cause: &daftar_core::ports::Cause) -> bool {
    let code = cause.downcast_ref::<rusqlite::Error>().and_then(rusqlite::Error::sqlite_error_code);
    matches!(code, Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked))
}
