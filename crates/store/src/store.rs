//! The store itself: opening and closing it, and the three paths on which an operation can run.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use daftar_core::ports::StoreError;

use crate::error::{OpenError, Outage};
use crate::location::sqlite_file;
use crate::migration;
use crate::ops::housekeeping;
use crate::sqlite::{Op, Readers, Writer};

/// How long a write may take before the store counts as not ready: it must turn within two seconds.
const READY_WITHIN: Duration = Duration::from_millis(1500);

/// The account store on an SQL database. Cheap to clone; every clone is the same store. When the last one goes, what is queued is written
/// and the database closed.
#[derive(Debug, Clone)]
pub struct SqlStore(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    // In the order in which they are to end: readers first, so that the writer can fold in its log.
    readers: Readers,
    writer: Writer,
}

impl SqlStore {
    /// Opens the database at `url` (`sqlite:///absolute/path` or `sqlite://relative/path`), making the file if there is none; its directory must be
    /// there. With `migrate` its schema is brought up to date, without it must be already.
    ///
    /// # Errors
    /// [`OpenError`].
    pub async fn open(url: &str, migrate: bool) -> Result<Self, OpenError> {
        Self::open_file(sqlite_file(url)?, migrate).await
    }

    /// [`SqlStore::open`] for a SQLite file.
    ///
    /// # Errors
    /// [`OpenError`].
    pub async fn open_file(file: impl Into<PathBuf>, migrate: bool) -> Result<Self, OpenError> {
        let file = file.into();
        let writer = Writer::start(file.clone(), migrate).await?;
        let readers = Readers::start(&file)?;
        Ok(Self(Arc::new(Inner { readers, writer })))
    }

    /// Runs a transaction.
    pub(crate) async fn write<I, T>(&self, input: I, op: Op<I, T>) -> Result<T, StoreError>
    where
        I: Send + 'static,
        T: Send + 'static,
    {
        self.0.writer.run(input, op).await
    }

    /// Runs a look-up through an index.
    pub(crate) async fn look_up<I: Sync, T>(&self, input: I, op: Op<I, T>) -> Result<T, StoreError> {
        self.0.readers.look_up(input, op).await
    }

    /// Runs a read that may take long.
    pub(crate) async fn scan<I, T>(&self, input: I, op: Op<I, T>) -> Result<T, StoreError>
    where
        I: Send + 'static,
        T: Send + 'static,
    {
        self.0.readers.scan(input, op).await
    }

    /// Reads, and writes one row: a full disk or a lost writer shows at once, and is over when this succeeds again.
    pub(crate) async fn check(&self) -> Result<(), StoreError> {
        let found = self.look_up((), |tx, ()| Box::pin(housekeeping::schema_version(tx))).await?;
        if found != i64::from(migration::KNOWN) {
            return Err(Outage::Schema.into());
        }
        let write = self.write((), |tx, ()| Box::pin(housekeeping::touch(tx)));
        tokio::time::timeout(READY_WITHIN, write).await.unwrap_or_else(|_| Err(Outage::TooSlow.into()))
    }
}
