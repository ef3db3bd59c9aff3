//! The SQLite engine: who opens connections, and on which thread an operation runs.

mod reader;
#[cfg(test)]
mod tests;
mod writer;

use std::fs::File;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::time::Duration;

use daftar_core::audit::Scribe;
use daftar_core::ports::StoreError;
use futures_util::FutureExt as _;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};
use tokio::time::timeout;

use crate::backup::BackupError;
use crate::error::{Bug, OpenError, Outage};
use crate::tx::{Op, Tx};

use crate::migration::History;
use reader::Readers;
use writer::Writer;

/// How long a thread of ours waits for a lock that another process holds (a command line beside the server).
const PATIENCE: Duration = Duration::from_secs(5);
/// How long a caller waits for a transaction, those before it included: a disk that hangs must not keep everybody.
const ANSWERED_WITHIN: Duration = Duration::from_secs(8);
/// How much a reader keeps of the file, in KiB, until somebody writes.
const CACHED_KIB: i64 = 8 * 1024;
/// Prepared statements kept per connection: more than there are.
const STATEMENTS: usize = 128;

/// A handle on one file.
#[derive(Debug)]
pub(crate) struct Sqlite {
    // In the order in which they are to end: readers first, so that the writer can fold in its log.
    readers: Readers,
    writer: Writer,
}

impl Sqlite {
    /// Opens the file, and brings its schema up to date if `migrate`.
    pub(crate) async fn open(file: &Path, history: &History, migrate: bool) -> Result<Self, OpenError> {
        let writer = Writer::start(file.to_owned(), history.clone(), migrate).await?;
        let readers = Readers::start(file)?;
        Ok(Self { readers, writer })
    }

    /// Runs a look-up, here and now.
    pub(crate) async fn look_up<I: Sync, T>(&self, input: I, op: Op<I, T>) -> Result<T, StoreError> {
        self.readers.look_up(input, op).await
    }

    /// Runs a read that may take long, on a thread for such.
    pub(crate) async fn scan<I, T>(&self, input: I, op: Op<I, T>) -> Result<T, StoreError>
    where
        I: Send + 'static,
        T: Send + 'static,
    {
        self.readers.scan(input, op).await
    }

    /// Runs a transaction, on the writer's thread. It is carried out also if the caller stops waiting, or is told that it took too long.
    pub(crate) async fn write<I, T>(&self, input: I, scribe: Option<Scribe>, op: Op<I, T>) -> Result<T, StoreError>
    where
        I: Send + 'static,
        T: Send + 'static,
    {
        timeout(ANSWERED_WITHIN, self.carry_out(input, scribe, op)).await.unwrap_or_else(|_| Err(Outage::TooSlow.into()))
    }

    /// The same, however long it takes.
    pub(crate) async fn carry_out<I, T>(&self, input: I, scribe: Option<Scribe>, op: Op<I, T>) -> Result<T, StoreError>
    where
        I: Send + 'static,
        T: Send + 'static,
    {
        self.writer.run(input, scribe, op).await
    }
}

/// Opens a connection for long work, which blocks the calling thread; brings the schema up to date if `migrate`.
pub(crate) fn alone(file: &Path, history: &History, migrate: bool) -> Result<Connection, OpenError> {
    writer::prepared(file, history, migrate)
}

/// Copies the database in `file` into the file `to`, which must not be there, as it is at one moment. Whoever serves from it goes on.
pub(crate) fn copy_into(file: &Path, to: &Path) -> Result<(), BackupError> {
    create_new(to).map(drop).map_err(BackupError::File)?;
    let to = to.to_str().ok_or_else(|| BackupError::File(std::io::Error::other("its name is not UTF-8")))?;
    let copy = || open_reader(file, PATIENCE)?.execute("VACUUM INTO ?1", [to]);
    copy().map(|_| ()).map_err(BackupError::Copy)
}

/// Looks through a whole database for damage.
pub(crate) fn check(file: &Path) -> Result<(), BackupError> {
    let found = || open_reader(file, PATIENCE)?.query_row("PRAGMA integrity_check(1)", [], |row| row.get::<_, String>(0));
    match found().map_err(BackupError::Copy)?.as_str() {
        "ok" => Ok(()),
        damage => Err(BackupError::Damaged(damage.to_owned())),
    }
}

/// Opens the one connection that writes, and the file if there is none: readable for its owner alone.
fn open_writer(file: &Path) -> Result<Connection, OpenError> {
    create(file).map_err(OpenError::System)?;
    let open = || {
        let connection = Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
        connection.busy_timeout(PATIENCE)?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        // An answer is a promise: a commit is on the disk before anybody hears of it.
        connection.pragma_update(None, "synchronous", "FULL")?;
        connection.pragma_update(None, "foreign_keys", true)?;
        prepare_once(&connection)?;
        Ok(connection)
    };
    open().map_err(OpenError::Database)
}

/// Opens a connection that only reads, and waits `patience` for a lock.
fn open_reader(file: &Path, patience: Duration) -> Result<Connection, rusqlite::Error> {
    let connection = Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    connection.busy_timeout(patience)?;
    // Not mapped into memory: SQLite undoes a mapping after every commit, which interrupts every core, and page by page it is made anew.
    connection.pragma_update(None, "mmap_size", 0)?;
    connection.pragma_update(None, "cache_size", -CACHED_KIB)?;
    prepare_once(&connection)?;
    Ok(connection)
}

/// Statements are prepared once and kept. Without the guarantee that a plan does not depend on the values, SQLite would prepare many of them anew at every use: those that
/// compare a parameter in a table that has a partial index.
fn prepare_once(connection: &Connection) -> Result<(), rusqlite::Error> {
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    Ok(())
}

/// Makes a file that was not there: nobody else's, and no link to one.
pub(crate) fn create_new(file: &Path) -> std::io::Result<File> {
    let mut options = std::fs::OpenOptions::new();
    options.create_new(true).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(file)
}

fn create(file: &Path) -> std::io::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.create(true).truncate(false).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(file).map(|_| ())
}

/// Runs an operation to its end, which SQLite reaches without waiting. A panic is caught: the thread serves others too.
fn run<I, T>(op: Op<I, T>, tx: &mut Tx<'_>, input: &I) -> Result<T, StoreError> {
    let ended = catch_unwind(AssertUnwindSafe(|| {
        let outcome = op(tx, input).now_or_never();
        debug_assert!(outcome.is_some(), "{}", Bug::Awaited);
        outcome
    }));
    match ended {
        Ok(outcome) => outcome.unwrap_or_else(|| Err(Bug::Awaited.into())),
        // Its own words went to the panic hook; here it is only known that there was one.
        Err(_) => Err(Bug::Panicked.into()),
    }
}
