//! SQLite: the whole contract, and what only files and locks can do.

use std::path::{Path, PathBuf};
use std::time::Duration;

use async_trait::async_trait;
use daftar_core::ports::{Claimed, Store as _, StoreError};
use daftar_core::repeat::Repeated;
use daftar_store::{Location, OpenError, Opening, SqlStore};
use daftar_testkit::store_contract::{Engine, given};
use rusqlite::Connection;
use tempfile::TempDir;

async fn open(file: impl AsRef<Path>, migrate: bool) -> Result<SqlStore, OpenError> {
    SqlStore::open(&Location::parse(&format!("sqlite://{}", file.as_ref().display())).unwrap(), Opening::migrating(migrate)).await
}

struct Sqlite {
    store: SqlStore,
    file: PathBuf,
    _directory: TempDir,
}

impl Sqlite {
    fn behind_its_back(&self) -> Connection {
        let connection = Connection::open(&self.file).unwrap();
        connection.busy_timeout(Duration::from_secs(5)).unwrap();
        connection
    }
}

#[async_trait]
impl Engine for Sqlite {
    async fn fresh() -> Self {
        let directory = TempDir::new().unwrap();
        let file = directory.path().join("daftar.db");
        let store = open(&file, true).await.unwrap();
        Self { store, file, _directory: directory }
    }

    fn store(&self) -> &SqlStore {
        &self.store
    }

    async fn reopened(self) -> Self {
        let Self { store, file, _directory } = self;
        drop(store);
        assert!(!is_there(&file, "-wal"), "a closed store leaves one file");
        let store = open(&file, false).await.unwrap();
        Self { store, file, _directory }
    }

    async fn execute(&self, sql: &str) {
        self.behind_its_back().execute_batch(sql).unwrap();
    }

    async fn count(&self, sql: &str) -> i64 {
        self.behind_its_back().query_row(sql, [], |row| row.get(0)).unwrap()
    }

    async fn rows(&self) -> Vec<String> {
        let behind = self.behind_its_back();
        let text = |sql: &str| -> Vec<String> {
            let mut statement = behind.prepare(sql).unwrap();
            statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
        };
        let tables = text("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%'");
        let rows = tables.iter().flat_map(|table| {
            let columns = text(&format!("SELECT name FROM pragma_table_info('{table}')"));
            let shown: Vec<_> = columns
                .iter()
                .map(|name| format!("CASE typeof({name}) WHEN 'blob' THEN lower(hex({name})) ELSE coalesce({name}, '-') END"))
                .collect();
            text(&format!("SELECT '{table}' || ' ' || {} FROM {table}", shown.join(" || ' ' || ")))
        });
        rows.collect()
    }

    async fn bytes(&self) -> Vec<u8> {
        let log = std::fs::read(self.file.with_extension("db-wal")).unwrap();
        [std::fs::read(&self.file).unwrap(), log].concat()
    }
}

/// Whether a file beside the database holds anything.
fn is_there(file: &Path, suffix: &str) -> bool {
    let mut name = file.as_os_str().to_owned();
    name.push(suffix);
    std::fs::metadata(name).is_ok_and(|file| file.len() > 0)
}

mod contract {
    use super::Sqlite;

    daftar_testkit::store_contract!(Sqlite);
}

#[tokio::test]
async fn a_database_is_opened_only_with_the_known_schema() {
    let directory = TempDir::new().unwrap();
    let file = directory.path().join("daftar.db");
    let refused = open(&file, false).await.unwrap_err();
    assert!(matches!(refused, OpenError::OlderSchema { found: 0, .. }), "{refused:?}");
    drop(open(&file, true).await.unwrap());
    drop(open(&file, false).await.unwrap());
    let newer = "UPDATE refinery_schema_history SET version = version + 1000; UPDATE oldest_program SET known = known + 1000";
    Connection::open(&file).unwrap().execute_batch(newer).unwrap();
    for migrate in [true, false] {
        let refused = open(&file, migrate).await.unwrap_err();
        assert!(matches!(refused, OpenError::NewerSchema { .. }), "{refused:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn processes_that_open_a_fresh_database_together_all_succeed() {
    let directory = TempDir::new().unwrap();
    let file = directory.path().join("daftar.db");
    let tasks: Vec<_> = (0..8).map(|_| tokio::spawn(open(file.clone(), true))).collect();
    for task in tasks {
        task.await.unwrap().unwrap().ready().await.unwrap();
    }
}

#[tokio::test]
async fn a_file_that_is_no_database_is_refused() {
    let directory = TempDir::new().unwrap();
    let file = directory.path().join("daftar.db");
    std::fs::write(&file, "not a database ".repeat(100)).unwrap();
    let refused = open(&file, true).await.unwrap_err();
    assert!(matches!(refused, OpenError::Database(_)), "{refused:?}");
    let refused = open(directory.path().join("no/such/directory.db"), true).await.unwrap_err();
    assert!(matches!(refused, OpenError::System(_)), "{refused:?}");
}

#[cfg(unix)]
#[tokio::test]
async fn row_54_only_its_owner_may_read_the_file() {
    use std::os::unix::fs::PermissionsExt as _;
    let engine = Sqlite::fresh().await;
    engine.store.ready().await.unwrap();
    for suffix in ["", "-wal", "-shm"] {
        let mut name = engine.file.as_os_str().to_owned();
        name.push(suffix);
        assert_eq!(std::fs::metadata(&name).unwrap().permissions().mode() & 0o777, 0o600, "{}", name.display());
    }
}

#[tokio::test]
async fn what_was_answered_is_on_the_disk_before_the_store_is_closed() {
    let engine = Sqlite::fresh().await;
    let siti = given::account("siti");
    assert_eq!(engine.store.create_account(siti.clone(), None).await.unwrap(), Repeated::First(Claimed::Done(())));
    // A power cut: what the files hold now is all that there will be.
    let copy = TempDir::new().unwrap();
    for name in ["daftar.db", "daftar.db-wal"] {
        std::fs::copy(engine.file.with_file_name(name), copy.path().join(name)).unwrap();
    }
    let after = open(copy.path().join("daftar.db"), false).await.unwrap();
    assert_eq!(after.account(siti.id).await.unwrap().unwrap().id, siti.id);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_locked_database_is_read_is_not_ready_and_recovers() {
    let engine = Sqlite::fresh().await;
    let lock = engine.behind_its_back();
    lock.execute_batch("BEGIN IMMEDIATE").unwrap();
    assert!(matches!(engine.store.ready().await, Err(StoreError::Unavailable(_))));
    assert!(!engine.store.is_held(&given::phone(1).into(), false).await.unwrap());
    lock.execute_batch("ROLLBACK").unwrap();
    engine.store.create_account(given::account("siti"), None).await.unwrap();
    engine.store.ready().await.unwrap();
}
