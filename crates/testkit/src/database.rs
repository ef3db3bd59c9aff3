//! A database for one test, on the engine that the run of tests is about: SQLite, or PostgreSQL if [`STORE`] says so. `scripts/test` runs
//! the black-box tests on both.

use daftar_store::{History, Location, Opening, SqlStore};
use tempfile::TempDir;

use crate::postgres;

/// The environment variable that chooses the engine: `sqlite` (the default) or `postgres`. (Names that begin with `DAFTAR_` are the program's.)
pub const STORE: &str = "TEST_STORE";

/// What keeps the accounts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    /// A file.
    Sqlite,
    /// A server.
    Postgres,
}

impl Engine {
    /// The one that this run of tests is about.
    #[must_use]
    pub fn of_this_run() -> Self {
        match std::env::var(STORE).as_deref() {
            Err(_) | Ok("sqlite") => Self::Sqlite,
            Ok("postgres") => Self::Postgres,
            Ok(other) => panic!("{STORE} is sqlite or postgres, not {other}"),
        }
    }
}

/// A database with the newest schema, gone with its handle.
pub enum Database {
    /// A file in a directory of its own.
    Sqlite(TempDir),
    /// A database of a shared server.
    Postgres(postgres::Database),
}

impl Database {
    /// A fresh one.
    pub async fn fresh(engine: Engine) -> Self {
        match engine {
            Engine::Sqlite => Self::Sqlite(TempDir::new().unwrap()),
            Engine::Postgres => Self::Postgres(postgres::Database::shared().await),
        }
    }

    /// Its URL.
    #[must_use]
    pub fn url(&self) -> String {
        match self {
            Self::Sqlite(dir) => format!("sqlite://{}", dir.path().join("daftar.db").display()),
            Self::Postgres(database) => database.url(),
        }
    }

    /// Everything that it holds on disk.
    pub async fn bytes_on_disk(&self) -> Vec<u8> {
        match self {
            Self::Sqlite(dir) => {
                let file = dir.path().join("daftar.db");
                // The log of what is not in the file yet.
                let log = std::fs::read(file.with_extension("db-wal")).unwrap_or_default();
                [std::fs::read(file).unwrap(), log].concat()
            }
            Self::Postgres(database) => postgres::bytes_on_disk(&database.connect().await).await,
        }
    }

    /// Opens a store on it, for a program that knows this history of the schema, and brings it up to date.
    pub async fn open(&self, history: &History) -> SqlStore {
        let opening = Opening { history: history.clone(), ..Opening::migrating(true) };
        SqlStore::open(&Location::parse(&self.url()).unwrap(), opening).await.unwrap()
    }
}
