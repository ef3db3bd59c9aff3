//! The connections for look-ups. Each is shared by everybody: statements are sent one behind the other without waiting for answers, so a few
//! connections carry as many look-ups as the server can answer.
//!
//! A line that broke is connected anew by whoever needs it first; the others wait for that one try and share how it ended, so that a server that is
//! away is asked once and not by everybody.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use arc_swap::ArcSwapOption;
use daftar_core::ports::StoreError;
use deadpool_postgres::ClientWrapper;
use tokio::sync::Mutex;

use super::dialer::Dialer;
use crate::error::Outage;

/// All lines to one server.
pub(super) struct Lines {
    dialer: Dialer,
    lines: Vec<Line>,
    next: AtomicUsize,
}

#[derive(Default)]
struct Line {
    connection: ArcSwapOption<ClientWrapper>,
    /// Held by whoever connects.
    connecting: Mutex<()>,
    /// How many tries to connect have ended.
    tries: AtomicU64,
}

impl Lines {
    /// `count` lines, connected when they are needed.
    pub(super) fn new(dialer: Dialer, count: usize) -> Self {
        Self { dialer, lines: (0..count.max(1)).map(|_| Line::default()).collect(), next: AtomicUsize::new(0) }
    }

    /// A connection, each in turn.
    pub(super) async fn connection(&self) -> Result<Arc<ClientWrapper>, StoreError> {
        let turn = self.next.fetch_add(1, Ordering::Relaxed) % self.lines.len();
        let line = self.lines.get(turn).ok_or(Outage::ThreadEnded)?;
        match line.live() {
            Some(connection) => Ok(connection),
            None => line.connect(&self.dialer).await,
        }
    }
}

impl Line {
    fn live(&self) -> Option<Arc<ClientWrapper>> {
        self.connection.load_full().filter(|connection| !connection.is_closed())
    }

    async fn connect(&self, dialer: &Dialer) -> Result<Arc<ClientWrapper>, StoreError> {
        let before = self.tries.load(Ordering::Acquire);
        let _mine = self.connecting.lock().await;
        if let Some(connection) = self.live() {
            return Ok(connection);
        }
        if self.tries.load(Ordering::Acquire) != before {
            return Err(Outage::Away.into());
        }
        let outcome = dialer.connection().await;
        self.tries.fetch_add(1, Ordering::Release);
        let connection = Arc::new(outcome?);
        self.connection.store(Some(Arc::clone(&connection)));
        Ok(connection)
    }
}
