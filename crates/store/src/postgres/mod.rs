//! The PostgreSQL engine: which connection an operation runs on, and what is done when it loses a race or its connection.
//!
//! ```text
//! look-up ──► lines: a few connections that all share, statements one behind the other
//! scan    ──► pool: an exclusive connection, no transaction
//! write   ──► pool: an exclusive connection, BEGIN ─► operation ─► COMMIT ─► answer
//!                └ a lost race, or a connection that broke before COMMIT: again, from the start, on another connection
//! ```
//!
//! Transactions run at READ COMMITTED: each statement sees what was committed before it, and an operation locks what it decides on (`for_update`,
//! `Tx::lock`). A transaction whose caller is gone is rolled back, unless nothing of it was left but its end.

pub(crate) mod address;
mod dialer;
mod fault;
mod lines;
mod prepare;
pub(crate) mod session;
#[cfg(test)]
mod tests;
pub(crate) mod tls;

use std::panic::AssertUnwindSafe;
use std::time::Duration;

use daftar_core::audit::Scribe;
use daftar_core::ports::StoreError;
use deadpool_postgres::{ClientWrapper, Hook, Manager, ManagerConfig, Object, Pool, RecyclingMethod, Runtime, Timeouts};
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use tokio::time::error::Elapsed;
use tokio::time::{sleep, timeout};

use crate::error::{Bug, OpenError, Outage};
use crate::migration::History;
use crate::tx::{Op, Tx};
use dialer::Dialer;
use lines::Lines;

pub use address::{Address, AddressError};
use fault::Fault;
use session::{NotCommitted, Session};
pub use tls::TlsError;

/// How long a look-up may take before the store counts as away.
const LOOK_UP: Duration = Duration::from_secs(3);
/// How long a transaction or a longer read may take.
const ATTEMPT: Duration = Duration::from_secs(6);
/// How long all attempts may take together, waiting for a connection included.
const PATIENCE: Duration = Duration::from_secs(8);
/// How long one waits for a connection of the pool.
const WAIT: Duration = Duration::from_secs(5);
/// How many may wait for one; who comes then is told at once.
const QUEUE: usize = 1024;
/// How often a transaction that lost against another one is run again.
const CONFLICTS: u32 = 8;
/// How often one whose connection broke is: the pool may hold several that broke together.
const DISCONNECTIONS: u32 = 3;

/// How many connections there may be to the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Connections {
    /// Shared ones, for look-ups.
    pub look_ups: usize,
    /// Exclusive ones, for transactions.
    pub transactions: usize,
}

impl Default for Connections {
    /// A shared one for every two cores, up to four: the fewer there are, the more look-ups travel together, as long as one core keeps up with a line.
    fn default() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        Self { look_ups: (cores / 2).clamp(1, 4), transactions: 8 }
    }
}

/// A handle on one database of a server.
pub(crate) struct Postgres {
    lines: Lines,
    pool: Pool,
}

impl std::fmt::Debug for Postgres {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Postgres").field("pool", &self.pool.status()).finish_non_exhaustive()
    }
}

impl Postgres {
    /// Connects, and brings the schema up to date if `migrate`.
    pub(crate) async fn open(address: &Address, connections: Connections, history: &History, migrate: bool) -> Result<Self, OpenError> {
        alone(address, history, migrate).await?;
        let dialer = Dialer::bounded(address).map_err(OpenError::Tls)?;
        Ok(Self { lines: Lines::new(&dialer, connections.look_ups), pool: pool(dialer, connections.transactions) })
    }

    /// Runs a look-up.
    pub(crate) async fn look_up<I: Sync, T: Send>(&self, input: I, op: Op<I, T>) -> Result<T, StoreError> {
        let line = self.lines.next();
        let _place = line.enter()?;
        let answers = line.answers();
        let run = async {
            let mut disconnections = 0;
            loop {
                let connection = line.connection().await?;
                let outcome = caught(op(&mut Tx::postgres(Session::outside(&connection)), &input)).await;
                let fault = outcome.as_ref().err().and_then(fault::cause);
                if fault.is_some_and(Fault::is_disconnection) && disconnections < DISCONNECTIONS {
                    disconnections += 1;
                    continue;
                }
                line.answered();
                return outcome;
            }
        };
        timeout(LOOK_UP, run).await.unwrap_or_else(|_| Err(line.gave_up(answers).into()))
    }

    /// Runs a read that may take long.
    pub(crate) async fn scan<I: Sync, T: Send>(&self, input: I, op: Op<I, T>) -> Result<T, StoreError> {
        let connection = self.exclusive().await?;
        let outcome = timeout(ATTEMPT, caught(op(&mut Tx::postgres(Session::outside(&connection)), &input))).await;
        given_back(connection, outcome)
    }

    /// Runs a transaction.
    pub(crate) async fn write<I: Sync, T: Send>(&self, input: I, scribe: Option<&Scribe>, op: Op<I, T>) -> Result<T, StoreError> {
        let run = async {
            let (mut conflicts, mut disconnections) = (0, 0);
            loop {
                let outcome = self.attempt(&input, scribe, op).await;
                match outcome.as_ref().err().and_then(fault::cause) {
                    Some(fault) if fault.is_conflict() && conflicts < CONFLICTS => {
                        sleep(Duration::from_millis(2 << conflicts)).await;
                        conflicts += 1;
                    }
                    Some(fault) if fault.is_disconnection() && disconnections < DISCONNECTIONS => disconnections += 1,
                    _ => return outcome,
                }
            }
        };
        timeout(PATIENCE, run).await.unwrap_or_else(|_| Err(Outage::TooSlow.into()))
    }

    async fn attempt<I: Sync, T: Send>(&self, input: &I, scribe: Option<&Scribe>, op: Op<I, T>) -> Result<T, StoreError> {
        let connection = self.exclusive().await?;
        let outcome = timeout(ATTEMPT, Self::transact(&connection, input, scribe, op)).await;
        given_back(connection, outcome)
    }

    async fn transact<I: Sync, T: Send>(connection: &Object, input: &I, scribe: Option<&Scribe>, op: Op<I, T>) -> Result<T, StoreError> {
        let mut tx = Tx::postgres(Session::beginning(connection).await?).noting(scribe);
        let outcome = caught(op(&mut tx, input)).await;
        let keeps = tx.keeps() && outcome.is_ok();
        let Some(session) = tx.into_session() else { return outcome };
        if !keeps {
            // One that cannot be rolled back is rolled back by the server.
            let _ = session.roll_back().await;
            return outcome;
        }
        match session.commit().await {
            Ok(()) => outcome,
            // It may have been committed, so running it again could do it twice.
            Err(NotCommitted::Perhaps) => Err(Outage::Undecided.into()),
            Err(NotCommitted::Surely(error)) => Err(error),
        }
    }

    async fn exclusive(&self) -> Result<Object, StoreError> {
        if self.pool.status().waiting >= QUEUE {
            return Err(StoreError::Overloaded);
        }
        self.pool.get().await.map_err(fault::from_pool)
    }
}

/// Lets a connection go: back to the pool, or for good if it said nothing for as long as anybody waits, or is one to a server that only reads.
fn given_back<T>(connection: Object, outcome: Result<Result<T, StoreError>, Elapsed>) -> Result<T, StoreError> {
    let outcome = outcome.unwrap_or_else(|_| Err(Outage::TooSlow.into()));
    let useless = match &outcome {
        Err(StoreError::Unavailable(cause)) => cause.is::<Outage>() || cause.downcast_ref().is_some_and(Fault::is_disconnection),
        _ => false,
    };
    if useless {
        drop(Object::take(connection));
    }
    outcome
}

/// Opens a connection for long work; brings the schema up to date if `migrate`.
pub(crate) async fn alone(address: &Address, history: &History, migrate: bool) -> Result<ClientWrapper, OpenError> {
    let dialer = Dialer::unbounded(address).map_err(OpenError::Tls)?;
    let mut connection = dialer.connection().await.map_err(|fault| OpenError::Server(fault.into()))?;
    prepare::database(&mut connection, history, migrate).await?;
    Ok(connection)
}

/// The outcome of an operation, whose panic is an error of its own: whoever runs it serves others, too.
async fn caught<T>(operation: BoxFuture<'_, Result<T, StoreError>>) -> Result<T, StoreError> {
    AssertUnwindSafe(operation).catch_unwind().await.unwrap_or_else(|_| Err(Bug::Panicked.into()))
}

fn pool(dialer: Dialer, size: usize) -> Pool {
    let config = dialer.config().clone();
    let manager = Manager::from_connect(config, dialer, ManagerConfig { recycling_method: RecyclingMethod::Fast });
    // An answer is a promise: a server that is told not to wait for its disk still waits for ours, also when it is told so later.
    let durable = Hook::async_fn(|client, _| {
        Box::pin(async move {
            let sql = "SELECT set_config('synchronous_commit', CASE current_setting('synchronous_commit') WHEN 'off' THEN 'on' \
                       ELSE current_setting('synchronous_commit') END, false)";
            client.batch_execute(sql).await.map_err(deadpool_postgres::HookError::Backend)
        })
    });
    let timeouts = Timeouts { wait: Some(WAIT), create: Some(WAIT), recycle: Some(WAIT) };
    let builder = Pool::builder(manager).max_size(size.max(1)).timeouts(timeouts).runtime(Runtime::Tokio1).post_create(durable);
    #[expect(clippy::expect_used, reason = "building fails without a runtime for time-outs alone, and one is given")]
    builder.build().expect("a runtime is given")
}
