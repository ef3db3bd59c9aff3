//! The store itself: opening and closing it, and the three paths on which an operation can run, on whichever engine it is.

use std::sync::Arc;
use std::time::Duration;

use daftar_core::audit::Scribe;
use daftar_core::ports::{StoreError, Timestamp};
use tracing::{Instrument as _, Span};
use uuid::Uuid;

use crate::copy::mark;
use crate::error::{OpenError, Outage};
use crate::location::Location;
use crate::measure;
use crate::migration::History;
use crate::ops::time::{self, Kept, Told};
use crate::ops::{housekeeping, restored};
use crate::postgres::{Connections, Postgres};
use crate::sqlite::Sqlite;
use crate::trace::{self, Path};
use crate::tx::Op;

/// How long being well may take to show: who asks must hear of an outage within two seconds.
const READY_WITHIN: Duration = Duration::from_millis(1500);

/// How a store is opened.
#[derive(Debug, Clone, Default)]
pub struct Opening {
    /// Whether its schema is brought up to date; otherwise it must be already.
    pub migrate: bool,
    /// How many connections there may be, where there is a server.
    pub connections: Connections,
    /// The schema's history.
    pub history: History,
    /// Tells the store from others that are open on the same database.
    pub name: Uuid,
}

impl Opening {
    /// As usual, with the schema brought up to date or not.
    #[must_use]
    pub fn migrating(migrate: bool) -> Self {
        Self { migrate, ..Self::default() }
    }
}

/// The account store on an SQL database. Cheap to clone; every clone is the same store. When the last one goes, what is queued is written
/// and the database closed.
#[derive(Debug, Clone)]
pub struct SqlStore {
    inner: Arc<Inner>,
    scribe: Option<Scribe>,
}

#[derive(Debug)]
struct Inner {
    engine: Engine,
    history: History,
    name: Uuid,
}

#[derive(Debug)]
enum Engine {
    Sqlite(Sqlite),
    Postgres(Box<Postgres>),
}

impl SqlStore {
    /// Opens a database. A SQLite file is made if there is none; its directory, or the database of a server, must be there.
    ///
    /// # Errors
    /// [`OpenError`].
    pub async fn open(location: &Location, opening: Opening) -> Result<Self, OpenError> {
        let Opening { migrate, connections, history, name } = opening;
        let engine = match location {
            Location::Sqlite(file) => Engine::Sqlite(Sqlite::open(file, &history, migrate).await?),
            Location::Postgres(address) => Engine::Postgres(Box::new(Postgres::open(address, connections, &history, migrate).await?)),
        };
        let store = Self { inner: Arc::new(Inner { engine, history, name }), scribe: None };
        let is_unfinished = store.look_up("is_unfinished", (), |tx, ()| Box::pin(mark::is_there(tx))).await.map_err(OpenError::Unreadable)?;
        if is_unfinished { Err(OpenError::Unfinished) } else { Ok(store) }
    }

    /// The same store, which notes with `scribe` whatever is done through it.
    #[must_use]
    pub fn noted_by(&self, scribe: Scribe) -> Self {
        Self { inner: Arc::clone(&self.inner), scribe: Some(scribe) }
    }

    /// Runs a transaction, called `name` where calls are traced.
    pub(crate) async fn write<I, T>(&self, name: &'static str, input: I, op: Op<I, T>) -> Result<T, StoreError>
    where
        I: Send + Sync + 'static,
        T: Send + 'static,
    {
        let (began, span) = (measure::begin(), self.span(Path::Write, name));
        let written = match &self.inner.engine {
            Engine::Sqlite(sqlite) => sqlite.write(input, self.scribe.clone(), op).instrument(span.clone()).await,
            Engine::Postgres(postgres) => postgres.write(input, self.scribe.as_ref(), op).instrument(span.clone()).await,
        };
        measure::written(began);
        written.inspect_err(|error| failed(error, &span))
    }

    /// Runs a look-up through an index.
    pub(crate) async fn look_up<I: Send + Sync, T: Send>(&self, name: &'static str, input: I, op: Op<I, T>) -> Result<T, StoreError> {
        let span = self.span(Path::LookUp, name);
        match &self.inner.engine {
            Engine::Sqlite(sqlite) => sqlite.look_up(input, op).instrument(span.clone()).await,
            Engine::Postgres(postgres) => postgres.look_up(input, op).instrument(span.clone()).await,
        }
        .inspect_err(|error| failed(error, &span))
    }

    /// Runs a read that may take long.
    pub(crate) async fn scan<I, T>(&self, name: &'static str, input: I, op: Op<I, T>) -> Result<T, StoreError>
    where
        I: Send + Sync + 'static,
        T: Send + 'static,
    {
        let span = self.span(Path::Scan, name);
        match &self.inner.engine {
            Engine::Sqlite(sqlite) => sqlite.scan(input, op).instrument(span.clone()).await,
            Engine::Postgres(postgres) => postgres.scan(input, op).instrument(span.clone()).await,
        }
        .inspect_err(|error| failed(error, &span))
    }

    fn span(&self, path: Path, name: &'static str) -> Span {
        let system = match self.inner.engine {
            Engine::Sqlite(_) => "sqlite",
            Engine::Postgres(_) => "postgresql",
        };
        trace::operation(system, path, name)
    }

    /// Ends everything in a database that was restored from a copy: sessions, codes, registrations, recoveries, access tokens, and messages that waited. How many there were.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn end_everything(&self, now: Timestamp) -> Result<u64, StoreError> {
        let end: Op<Timestamp, u64> = |tx, &now| Box::pin(restored::end_everything(tx, now));
        match &self.inner.engine {
            // All the rows that there are, and nobody else is there.
            Engine::Sqlite(sqlite) => sqlite.carry_out(now, self.scribe.clone(), end).await,
            Engine::Postgres(_) => self.write("end_everything", now, end).await,
        }
    }

    /// What time it is at the database; `None`: it has no clock but this process's.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn time(&self) -> Result<Option<Timestamp>, StoreError> {
        self.look_up("time", (), |tx, ()| Box::pin(time::there(tx))).await
    }

    /// Remembers what time it is, to be told now and then and before a clock that was set back is believed: what was over stays over then.
    ///
    /// # Errors
    /// [`StoreError`]; to be told once more then.
    pub async fn keep_time(&self, told: Told) -> Result<Kept, StoreError> {
        loop {
            if let Some(kept) = self.write("keep_time", told, |tx, &told| Box::pin(time::keep(tx, told))).await? {
                return Ok(kept);
            }
        }
    }

    /// The schema's history, as this program knows it.
    pub(crate) fn history(&self) -> &History {
        &self.inner.history
    }

    /// Reads, and writes one row: a full disk or a lost writer shows at once, and is over when this succeeds again.
    pub(crate) async fn check(&self) -> Result<(), StoreError> {
        let check = async {
            let (found, oldest) = self.look_up("schema", (), |tx, ()| Box::pin(housekeeping::schema(tx))).await?;
            if !self.inner.history.standing(found, Some(oldest)).is_ok() {
                return Err(Outage::Schema.into());
            }
            self.write("touch", self.inner.name, |tx, &name| Box::pin(housekeeping::touch(tx, name))).await
        };
        tokio::time::timeout(READY_WITHIN, check).await.unwrap_or_else(|_| Err(Outage::TooSlow.into()))
    }
}

/// An operation failed.
fn failed(error: &StoreError, span: &Span) {
    let why = measure::failed(error);
    trace::failed(span, why);
}
