//! The connections for look-ups. Each is shared by everybody: statements are sent one behind the other without waiting for answers, so a few
//! connections carry as many look-ups as the server can answer.
//!
//! A line that broke is connected anew when it is needed next, in a task of its own: whoever asks meanwhile waits for that one try, as long as he likes,
//! and all learn how it ended. One that says nothing although it was asked is given up.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use arc_swap::ArcSwapOption;
use daftar_core::ports::StoreError;
use deadpool_postgres::ClientWrapper;
use futures_util::FutureExt as _;
use futures_util::future::{BoxFuture, Shared};
use tokio::sync::{Semaphore, SemaphorePermit};

use super::dialer::Dialer;
use super::fault::Fault;
use crate::error::Outage;

/// How many look-ups may be under way on one line; who comes then is told at once.
const UNDER_WAY: usize = 1024;

/// All lines to one server; at least one.
pub(super) struct Lines {
    first: Arc<Line>,
    others: Vec<Arc<Line>>,
    turn: AtomicUsize,
}

impl Lines {
    /// `count` lines, connected when they are needed.
    pub(super) fn new(dialer: &Dialer, count: usize) -> Self {
        let line = || Arc::new(Line::new(dialer.clone()));
        Self { first: line(), others: (1..count).map(|_| line()).collect(), turn: AtomicUsize::new(0) }
    }

    /// A line, each in turn.
    pub(super) fn next(&self) -> &Arc<Line> {
        let turn = self.turn.fetch_add(1, Ordering::Relaxed) % (self.others.len() + 1);
        self.others.get(turn).unwrap_or(&self.first)
    }
}

type Dial = Shared<BoxFuture<'static, Result<Arc<ClientWrapper>, Arc<Fault>>>>;

/// One connection, as long as it lasts, and the next one after it.
pub(super) struct Line {
    dialer: Dialer,
    connection: ArcSwapOption<ClientWrapper>,
    /// The try to connect that is under way.
    dialing: Mutex<Option<Dial>>,
    places: Semaphore,
    /// How many answers have come.
    answers: AtomicU64,
}

impl Line {
    fn new(dialer: Dialer) -> Self {
        Self { dialer, connection: ArcSwapOption::empty(), dialing: Mutex::new(None), places: Semaphore::new(UNDER_WAY), answers: AtomicU64::new(0) }
    }

    /// A place for a look-up, if there is one.
    pub(super) fn enter(&self) -> Result<SemaphorePermit<'_>, StoreError> {
        self.places.try_acquire().map_err(|_| StoreError::Overloaded)
    }

    /// The connection.
    pub(super) async fn connection(self: &Arc<Self>) -> Result<Arc<ClientWrapper>, StoreError> {
        match self.live() {
            Some(connection) => Ok(connection),
            None => self.dialed().await,
        }
    }

    fn live(&self) -> Option<Arc<ClientWrapper>> {
        self.connection.load_full().filter(|connection| !connection.is_closed())
    }

    async fn dialed(self: &Arc<Self>) -> Result<Arc<ClientWrapper>, StoreError> {
        let dial = {
            let mut dialing = self.dialing();
            if let Some(connection) = self.live() {
                return Ok(connection);
            }
            dialing.get_or_insert_with(|| self.dial()).clone()
        };
        dial.await.map_err(|fault| StoreError::Unavailable(fault.into()))
    }

    /// Begins to connect. It goes on also when nobody waits for it any more: callers have less patience than it may take.
    fn dial(self: &Arc<Self>) -> Dial {
        let line = Arc::clone(self);
        let dial = async move {
            let outcome = line.dialer.connection().await.map(Arc::new).map_err(Arc::new);
            if let Ok(connection) = &outcome {
                line.connection.store(Some(Arc::clone(connection)));
            }
            *line.dialing() = None;
            outcome
        };
        let dial = dial.boxed().shared();
        tokio::spawn(dial.clone());
        dial
    }

    fn dialing(&self) -> MutexGuard<'_, Option<Dial>> {
        self.dialing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// An answer has come.
    pub(super) fn answered(&self) {
        self.answers.fetch_add(1, Ordering::Relaxed);
    }

    /// How many answers have come.
    pub(super) fn answers(&self) -> u64 {
        self.answers.load(Ordering::Relaxed)
    }

    /// Somebody gave up waiting. If nothing at all was answered since there were `answers`, the connection leads nowhere: the next look-up takes another one.
    pub(super) fn gave_up(&self, answers: u64) -> Outage {
        if self.answers() == answers {
            self.connection.store(None);
        }
        Outage::TooSlow
    }
}
