//! What must hold before a server's database is served from: the server, its settings, and the schema.

use std::time::Duration;

use daftar_core::ports::Cause;
use deadpool_postgres::ClientWrapper;
use refinery::Runner;
use tokio::time::{sleep, timeout};
use tokio_postgres::error::{DbError, SqlState};

use super::fault::Fault;
use crate::error::OpenError;
use crate::migration::{self, History, Standing};

/// The oldest server whose SQL is the one that is spoken here.
const OLDEST: i32 = 13;
/// One at a time brings the schema up to date. The lock is the session's: it ends with whoever holds it, also by a kill.
const TRY_LOCK: &str = "SELECT pg_try_advisory_lock(hashtextextended('daftar/migration', 0))";
const UNLOCK: &str = "SELECT pg_advisory_unlock(hashtextextended('daftar/migration', 0))";
/// A change of a table waits for whoever reads it, and everybody who comes later waits behind it: so it never waits long, and tries again.
const BRIEFLY: &str = "SET lock_timeout = '500ms'";
const PAUSE: Duration = Duration::from_millis(250);
/// For about a minute.
const TRIES: u32 = 80;
/// How long one waits for whoever else is at it.
const LONGEST: Duration = Duration::from_secs(10 * 60);
/// How long the server may take to say what it is.
const PATIENCE: Duration = Duration::from_secs(5);

/// Makes sure that the database can be served from, and brings its schema up to date if `migrate`.
pub(super) async fn database(connection: &mut ClientWrapper, history: &History, migrate: bool) -> Result<(), OpenError> {
    let found = timeout(PATIENCE, async {
        server(connection).await?;
        standing(connection, history).await
    });
    match found.await.map_err(|elapsed| OpenError::Server(elapsed.into()))?? {
        Standing::Older { .. } if migrate => alone(connection, history).await,
        standing => standing.into_result(),
    }
}

/// Whether the server is one on which promises can be kept.
async fn server(connection: &ClientWrapper) -> Result<(), OpenError> {
    let sql = "SELECT current_setting('server_version_num')::int / 10000, current_setting('server_encoding'), current_setting('fsync')";
    let row = connection.query_one(sql, &[]).await.map_err(failed)?;
    let (version, encoding, fsync): (i32, String, String) =
        (row.try_get(0).map_err(failed)?, row.try_get(1).map_err(failed)?, row.try_get(2).map_err(failed)?);
    if version < OLDEST {
        return Err(OpenError::Unsuitable(format!("it is PostgreSQL {version}, and {OLDEST} or newer is needed")));
    }
    if encoding == "SQL_ASCII" {
        tracing::warn!("the database has no encoding (SQL_ASCII): what is kept is UTF-8, but the server does not know it");
    } else if encoding != "UTF8" {
        return Err(OpenError::Unsuitable(format!("its encoding is {encoding}: make it with CREATE DATABASE … ENCODING 'UTF8' TEMPLATE template0")));
    }
    if fsync != "on" {
        tracing::warn!("the database server runs with fsync = {fsync}: a power cut can lose accounts that were confirmed");
    }
    Ok(())
}

/// Brings the schema up to date while nobody else does.
async fn alone(connection: &mut ClientWrapper, history: &History) -> Result<(), OpenError> {
    let mut waited = Duration::ZERO;
    while !connection.query_one(TRY_LOCK, &[]).await.and_then(|row| row.try_get::<_, bool>(0)).map_err(failed)? {
        if waited.is_zero() {
            tracing::info!("another server is bringing the schema up to date: waiting for it");
        }
        if waited >= LONGEST {
            return Err(OpenError::Migrating(waited));
        }
        sleep(PAUSE).await;
        waited += PAUSE;
    }
    let outcome = match standing(connection, history).await? {
        Standing::Older { .. } => run(connection, history).await,
        // Whoever was quicker has done it.
        other => other.into_result(),
    };
    // If this fails the connection is broken, and the lock gone with it.
    let _ = connection.batch_execute(UNLOCK).await;
    outcome
}

async fn run(connection: &mut ClientWrapper, history: &History) -> Result<(), OpenError> {
    let migrations = history.for_postgres()?;
    connection.batch_execute(BRIEFLY).await.map_err(failed)?;
    for tried in 1.. {
        // All that is missing is one transaction: it is there or it is not, also after a kill.
        let runner = Runner::new(&migrations).set_grouped(true);
        match runner.run_async(&mut **connection).await {
            Ok(_) => break,
            Err(error) if tried < TRIES && waited_in_vain(&error) => sleep(PAUSE).await,
            Err(error) => return Err(OpenError::Migration(told(error))),
        }
    }
    connection.batch_execute("RESET lock_timeout").await.map_err(failed)
}

fn waited_in_vain(error: &refinery::Error) -> bool {
    refusal(error).is_some_and(|refused| *refused.code() == SqlState::LOCK_NOT_AVAILABLE)
}

/// What is said of a migration that failed: nothing of a row (threat row 52).
fn told(error: refinery::Error) -> Cause {
    match refusal(&error) {
        Some(refused) => Fault::refused(refused).into(),
        None => error.into(),
    }
}

fn refusal(error: &refinery::Error) -> Option<&DbError> {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(error) = cause {
        if let Some(refused) = error.downcast_ref::<DbError>() {
            return Some(refused);
        }
        cause = error.source();
    }
    None
}

async fn standing(connection: &ClientWrapper, history: &History) -> Result<Standing, OpenError> {
    let number = async |sql: &str| connection.query_one(sql, &[]).await.and_then(|row| row.try_get::<_, i64>(0)).map_err(failed);
    let there = async |table: &str| {
        let sql = "SELECT count(*) FROM pg_catalog.pg_tables WHERE schemaname = current_schema() AND tablename = $1";
        connection.query_one(sql, &[&table]).await.and_then(|row| row.try_get::<_, i64>(0)).map(|count| count > 0).map_err(failed)
    };
    let found = if there(migration::BOOK).await? { number(migration::FOUND).await? } else { 0 };
    let oldest = if found > i64::from(history.known()) { Some(number(migration::OLDEST).await?) } else { None };
    Ok(history.standing(found, oldest))
}

fn failed(error: tokio_postgres::Error) -> OpenError {
    OpenError::Server(Fault::from(error).into())
}
