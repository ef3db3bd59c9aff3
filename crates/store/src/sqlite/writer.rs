//! The one writer. Its thread takes up to [`BATCH`] jobs that are waiting, runs each in a savepoint of one transaction, commits, and only then
//! answers all of them: an answer is a promise, and the price of keeping it, one flush of the disk, is shared.
//!
//! ```text
//! BEGIN IMMEDIATE ─► SAVEPOINT job, run, RELEASE ─► … ─► COMMIT ─► answer every job
//!                            └ error, panic, "keep nothing": ROLLBACK TO job, its mates are unharmed
//! ```
//!
//! The queue is bounded; who finds it full is told at once.

use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender, TrySendError, bounded};
use daftar_core::audit::Scribe;
use daftar_core::ports::StoreError;
use rusqlite::Connection;
use tokio::sync::oneshot;

use super::{PATIENCE, open_writer, run};
use crate::error::{OpenError, Outage, from_sqlite};
use crate::migration::History;
use crate::tx::{Op, Tx};

/// Most jobs in one transaction.
const BATCH: usize = 64;
/// Most jobs that wait: at the slowest disk worth running on, about as many as are served before a caller gives up.
pub(super) const QUEUE: usize = 1024;

/// A handle on the writer thread. Dropping it lets the thread finish what is queued, and waits for that.
#[derive(Debug)]
pub(crate) struct Writer {
    jobs: Option<Sender<Box<dyn Job>>>,
    thread: Option<JoinHandle<()>>,
}

/// An operation on its way through the thread.
trait Job: Send {
    /// Runs it and keeps its outcome.
    ///
    /// # Errors
    /// When not only the job but the whole transaction is lost.
    fn run(&mut self, connection: &mut Connection) -> Result<(), Lost>;
    /// Tells the caller, if there still is one.
    fn answer(self: Box<Self>, batch: Result<(), &Lost>);
}

/// Why a whole batch was not committed.
enum Lost {
    /// SQLite refused to begin, to commit or to undo.
    Refused(rusqlite::Error),
    /// SQLite gave up the transaction while a job was at work, as it does when the disk is full.
    GivenUp,
}

struct Write<I, T> {
    op: Op<I, T>,
    input: I,
    scribe: Option<Scribe>,
    outcome: Result<T, StoreError>,
    caller: oneshot::Sender<Result<T, StoreError>>,
}

/// How long apart a database that others are just opening is asked for.
const OPEN_PAUSE: Duration = Duration::from_millis(20);

impl Writer {
    /// Opens the database, and brings its schema up to date if `migrate`, on the thread that will serve it.
    pub(crate) async fn start(file: PathBuf, history: History, migrate: bool) -> Result<Self, OpenError> {
        let (opened, is_open) = oneshot::channel();
        let (jobs, queue) = bounded(QUEUE);
        let thread = std::thread::Builder::new().name("store-writer".to_owned()).spawn(move || match prepared(&file, &history, migrate) {
            Ok(connection) => {
                if opened.send(Ok(())).is_ok() {
                    serve(connection, &queue);
                }
            }
            Err(error) => drop(opened.send(Err(error))),
        });
        let writer = Self { jobs: Some(jobs), thread: Some(thread.map_err(OpenError::System)?) };
        is_open.await.unwrap_or_else(|_| Err(OpenError::System(std::io::Error::other(Outage::ThreadEnded))))?;
        Ok(writer)
    }

    /// Runs `op` in a transaction. It is carried out also if the caller stops waiting.
    pub(crate) async fn run<I, T>(&self, input: I, scribe: Option<Scribe>, op: Op<I, T>) -> Result<T, StoreError>
    where
        I: Send + 'static,
        T: Send + 'static,
    {
        let (caller, answer) = oneshot::channel();
        let job = Write { op, input, scribe, outcome: Err(Outage::BatchLost.into()), caller };
        let jobs = self.jobs.as_ref().ok_or(Outage::ThreadEnded)?;
        match jobs.try_send(Box::new(job)) {
            Ok(()) => answer.await.unwrap_or_else(|_| Err(Outage::ThreadEnded.into())),
            Err(TrySendError::Full(_)) => Err(StoreError::Overloaded),
            Err(TrySendError::Disconnected(_)) => Err(Outage::ThreadEnded.into()),
        }
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.jobs = None;
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the store's writer thread ended by a panic");
        }
    }
}

/// Opens the database with the schema that it is to have. Who makes a file its first log, or its tables, shuts out everybody else for a moment in
/// which SQLite waits for nobody: so this asks again.
pub(super) fn prepared(file: &Path, history: &History, migrate: bool) -> Result<Connection, OpenError> {
    #[expect(clippy::disallowed_methods, reason = "a stopwatch for the operating system's locks, not the time of day")]
    let began = Instant::now();
    loop {
        let before = which(file);
        match open_writer(file).and_then(|mut connection| history.prepare(&mut connection, migrate).map(|()| connection)) {
            Err(error) if error.is_busy() && began.elapsed() < PATIENCE => std::thread::park_timeout(OPEN_PAUSE),
            // While it waited for a lock, a restore put another file there. The one that is open is kept by nobody.
            Ok(_) if before.is_some() && before != which(file) => {}
            outcome => return outcome,
        }
    }
}

/// Which file it is, whatever its name.
fn which(file: &Path) -> Option<(u64, u64)> {
    file.metadata().ok().map(|file| (file.dev(), file.ino()))
}

fn serve(mut connection: Connection, queue: &Receiver<Box<dyn Job>>) {
    while let Ok(first) = queue.recv() {
        batch(&mut connection, first, queue);
    }
    // Readers may still hold the file open, so that closing it would leave the log behind.
    if let Err(error) = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())) {
        tracing::warn!(error = &error as &dyn std::error::Error, "the write-ahead log was not folded into the database");
    }
}

fn batch(connection: &mut Connection, first: Box<dyn Job>, queue: &Receiver<Box<dyn Job>>) {
    if !connection.is_autocommit() {
        // Left by a ROLLBACK that failed; if this one does too, BEGIN says so.
        let _ = statement(connection, "ROLLBACK");
    }
    if let Err(error) = statement(connection, "BEGIN IMMEDIATE") {
        // Whoever is in the queue has waited as long as the first: each would meet the same lock again, one after the other.
        let lost = Lost::Refused(error);
        std::iter::once(first).chain(queue.try_iter().take(QUEUE)).for_each(|job| job.answer(Err(&lost)));
        return;
    }
    let mut done = Vec::with_capacity(BATCH);
    let mut next = Some(first);
    let mut ran = Ok(());
    while let Some(mut job) = next.take() {
        ran = job.run(connection);
        done.push(job);
        if ran.is_ok() && done.len() < BATCH {
            next = queue.try_recv().ok();
        }
    }
    let committed = ran.and_then(|()| statement(connection, "COMMIT").map_err(Lost::Refused));
    if committed.is_err() && !connection.is_autocommit() {
        let _ = statement(connection, "ROLLBACK");
    }
    for job in done {
        job.answer(committed.as_ref().map(|&()| ()));
    }
}

impl<I: Send, T: Send> Job for Write<I, T> {
    fn run(&mut self, connection: &mut Connection) -> Result<(), Lost> {
        statement(connection, "SAVEPOINT job").map_err(Lost::Refused)?;
        let mut tx = Tx::sqlite(connection).noting(self.scribe.as_ref());
        self.outcome = run(self.op, &mut tx, &self.input);
        let keeps = tx.keeps() && self.outcome.is_ok();
        drop(tx);
        if connection.is_autocommit() {
            return Err(Lost::GivenUp);
        }
        if !keeps {
            statement(connection, "ROLLBACK TO job").map_err(Lost::Refused)?;
        }
        statement(connection, "RELEASE job").map_err(Lost::Refused)
    }

    fn answer(self: Box<Self>, batch: Result<(), &Lost>) {
        let answer = match (batch, self.outcome) {
            (Ok(()), outcome) | (Err(_), outcome @ Err(StoreError::Corrupt { .. } | StoreError::Failed(_))) => outcome,
            (Err(lost), _) => Err(lost.for_one()),
        };
        // A caller that is gone needs no answer.
        let _ = self.caller.send(answer);
    }
}

impl Lost {
    /// The same failure for each of those whom it hit.
    fn for_one(&self) -> StoreError {
        match self {
            Self::Refused(rusqlite::Error::SqliteFailure(code, text)) => from_sqlite(rusqlite::Error::SqliteFailure(*code, text.clone())),
            Self::Refused(_) | Self::GivenUp => Outage::BatchLost.into(),
        }
    }
}

fn statement(connection: &Connection, sql: &str) -> rusqlite::Result<()> {
    connection.prepare_cached(sql)?.raw_execute().map(|_| ())
}
