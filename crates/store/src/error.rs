//! What can go wrong with a database, sorted into what trying again may mend and what it will not. No text here holds a value of a row.

use std::time::Duration;

use daftar_core::ports::{Cause, StoreError};
use rusqlite::ErrorCode;

use crate::postgres::address::AddressError;
use crate::postgres::tls::TlsError;

/// Why a store could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The URL names no database.
    #[error("a database URL is sqlite:///absolute/path, sqlite://relative/path or postgres://user:password@host/database")]
    Url,
    /// The URL of a server is not one.
    #[error(transparent)]
    Address(AddressError),
    /// The server's certificate cannot be checked.
    #[error(transparent)]
    Tls(TlsError),
    /// The server cannot be reached, or refused.
    #[error("the database server cannot be used")]
    Server(#[source] Cause),
    /// The server or its database is not one on which promises can be kept.
    #[error("the database server is not suitable: {0}")]
    Unsuitable(String),
    /// The schema is older than this program.
    #[error("the database has schema {found}, this program needs {known}: run `daftar migrate`")]
    OlderSchema {
        /// What the database has; 0 when it is empty.
        found: i64,
        /// What this program knows.
        known: i32,
    },
    /// The schema is newer than this program.
    #[error("the database has schema {found}, this program knows only {known}: run a newer one")]
    NewerSchema {
        /// What the database has.
        found: i64,
        /// What this program knows.
        known: i32,
    },
    /// The schema could not be brought up to date; it is as it was.
    #[error("the schema could not be brought up to date")]
    Migration(#[source] Cause),
    /// Somebody else has been bringing the schema up to date for too long.
    #[error("another server has been bringing the schema up to date for {0:?}: wait for it, or end it")]
    Migrating(Duration),
    /// The database is the target of a copy that is not finished.
    #[error("the database is an unfinished copy: run the same `daftar store copy` again, which goes on where it was")]
    Unfinished,
    /// The database was opened, and then did not answer.
    #[error("the database could not be read")]
    Unreadable(#[source] StoreError),
    /// The database could not be opened or read.
    #[error("the database could not be opened")]
    Database(#[source] rusqlite::Error),
    /// A file or a thread could not be had.
    #[error("the operating system refused a file or a thread")]
    System(#[source] std::io::Error),
}

impl OpenError {
    /// Whether somebody else holds the database for a moment.
    pub(crate) fn is_busy(&self) -> bool {
        let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(self);
        while let Some(error) = cause {
            let code = error.downcast_ref::<rusqlite::Error>().and_then(rusqlite::Error::sqlite_error_code);
            if matches!(code, Some(rusqlite::ErrorCode::DatabaseBusy | rusqlite::ErrorCode::DatabaseLocked)) {
                return true;
            }
            cause = error.source();
        }
        false
    }
}

/// What SQLite reports, in the core's words.
pub(crate) fn from_sqlite(error: rusqlite::Error) -> StoreError {
    if is_passing(&error) { StoreError::Unavailable(error.into()) } else { StoreError::Failed(error.into()) }
}

/// Whether the same call may succeed later: somebody else holds the lock, the disk is full, or the file cannot be reached right now.
pub(crate) fn is_passing(error: &rusqlite::Error) -> bool {
    matches!(
        error.sqlite_error_code(),
        Some(
            ErrorCode::DatabaseBusy
                | ErrorCode::DatabaseLocked
                | ErrorCode::DiskFull
                | ErrorCode::ReadOnly
                | ErrorCode::SystemIoFailure
                | ErrorCode::CannotOpen
                | ErrorCode::FileLockingProtocolFailed
                | ErrorCode::OutOfMemory
        )
    )
}

/// A fault of this crate, or of a thread of its.
#[derive(Debug, Clone, Copy, thiserror::Error)]
pub(crate) enum Bug {
    #[error("a statement and its parameters do not match")]
    Parameters,
    #[error("a statement that gives a row gave none")]
    NoRow,
    #[error("an operation awaited something else than its transaction")]
    Awaited,
    #[error("an operation went on after one of its statements had failed")]
    Failed,
    #[error("an operation panicked")]
    Panicked,
    #[error("a claim that displaces a holder came without the means to tell the holder")]
    Untold,
}

impl From<Bug> for StoreError {
    fn from(bug: Bug) -> Self {
        Self::Failed(bug.into())
    }
}

/// Why the store is not available although the database may be well.
#[derive(Debug, Clone, Copy, thiserror::Error)]
pub(crate) enum Outage {
    #[error("the thread that does the work has ended")]
    ThreadEnded,
    #[error("the transaction was lost with another one of its batch")]
    BatchLost,
    #[error("the database did not answer in time")]
    TooSlow,
    #[error("the database has a schema from which this program cannot serve")]
    Schema,
    #[error("the connection broke while a transaction was being committed: it may have been, or not")]
    Undecided,
}

impl From<Outage> for StoreError {
    fn from(outage: Outage) -> Self {
        Self::Unavailable(outage.into())
    }
}
