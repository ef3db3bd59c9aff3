//! The two databases of a copy. Each is held by one connection of its own, whose transactions are begun and ended by statements.

use daftar_core::ports::StoreError;
use deadpool_postgres::ClientWrapper;
use rusqlite::Connection;

use super::error::CopyError;
use crate::error::OpenError;
use crate::location::Location;
use crate::migration::History;
use crate::ops::housekeeping;
use crate::tx::Tx;
use crate::{postgres, sqlite};

/// Which of the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// From where.
    Source,
    /// To where.
    Target,
}

impl std::fmt::Display for End {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Source => "source",
            Self::Target => "target",
        })
    }
}

/// One of the two databases.
pub(super) struct Side {
    end: End,
    connection: Held,
}

enum Held {
    Sqlite(Connection),
    Postgres(ClientWrapper),
}

impl Side {
    /// The database that is read. Its schema must be this program's, and is never changed.
    pub(super) async fn source(location: &Location) -> Result<Self, CopyError> {
        let opened = async {
            if let Some(file) = location.file() {
                std::fs::metadata(file).map_err(OpenError::System)?;
            }
            Self::open(End::Source, location, false).await
        };
        opened.await.map_err(|error| CopyError::Open(End::Source, error))
    }

    /// The database that is written. It gets its schema if it has none; one that has another than this program's is not changed.
    pub(super) async fn target(location: &Location) -> Result<Self, CopyError> {
        let opened = match Self::open(End::Target, location, false).await {
            Err(OpenError::OlderSchema { found: 0, .. }) => Self::open(End::Target, location, true).await,
            other => other,
        };
        opened.map_err(|error| CopyError::Open(End::Target, error))
    }

    async fn open(end: End, location: &Location, migrate: bool) -> Result<Self, OpenError> {
        let history = History::default();
        let connection = match location {
            Location::Sqlite(file) => Held::Sqlite(sqlite::alone(file, &history, migrate)?),
            Location::Postgres(address) => Held::Postgres(postgres::alone(address, &history, migrate).await?),
        };
        let mut side = Self { end, connection };
        let (found, _) = housekeeping::schema(&mut side.tx()).await.map_err(OpenError::Unreadable)?;
        // A program can serve from a newer schema, yet it does not know all that is in there.
        let known = history.known();
        if found == i64::from(known) { Ok(side) } else { Err(OpenError::NewerSchema { found, known }) }
    }

    /// Does something to a table.
    pub(super) async fn run<T>(&mut self, table: &'static str, what: impl AsyncFnOnce(&mut Tx<'_>) -> Result<T, StoreError>) -> Result<T, CopyError> {
        let end = self.end;
        what(&mut self.tx()).await.map_err(|source| CopyError::Failed { table, end, source })
    }

    /// Its connection, for statements.
    pub(super) fn tx(&mut self) -> Tx<'_> {
        match &mut self.connection {
            Held::Sqlite(connection) => Tx::sqlite(connection),
            Held::Postgres(connection) => Tx::postgres(postgres::session::Session::outside(connection)),
        }
    }
}
