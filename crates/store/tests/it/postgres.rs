//! PostgreSQL: the whole contract, and what only a server can do.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use daftar_core::person::PersonName;
use daftar_core::ports::{Store as _, StoreError, Timestamp};
use daftar_store::{History, Location, OpenError, Opening, SqlStore, Told};
use daftar_testkit::postgres::{Database, Server, Settings, bytes_on_disk};
use daftar_testkit::store_contract::{Engine, given};

struct Postgres {
    store: SqlStore,
    behind: tokio_postgres::Client,
    database: Database,
}

async fn open(database: &Database, migrate: bool) -> Result<SqlStore, OpenError> {
    SqlStore::open(&Location::parse(&database.url()).unwrap(), Opening::migrating(migrate)).await
}

#[async_trait]
impl Engine for Postgres {
    async fn fresh() -> Self {
        let database = Database::shared().await;
        Self { store: open(&database, false).await.unwrap(), behind: database.connect().await, database }
    }

    fn store(&self) -> &SqlStore {
        &self.store
    }

    async fn reopened(self) -> Self {
        drop(self.store);
        Self { store: open(&self.database, false).await.unwrap(), ..self }
    }

    async fn execute(&self, sql: &str) {
        self.behind.batch_execute(sql).await.unwrap();
    }

    async fn count(&self, sql: &str) -> i64 {
        self.behind.query_one(sql, &[]).await.unwrap().get(0)
    }

    async fn rows(&self) -> Vec<String> {
        let tables = self.behind.query("SELECT tablename::text FROM pg_tables WHERE schemaname = 'public'", &[]).await.unwrap();
        let mut rows = Vec::new();
        for table in tables.iter().map(|row| row.get::<_, String>(0)) {
            let found = self.behind.query(&format!("SELECT '{table} ' || t::text FROM {table} t"), &[]).await.unwrap();
            rows.extend(found.iter().map(|row| row.get::<_, String>(0)));
        }
        rows
    }

    async fn bytes(&self) -> Vec<u8> {
        bytes_on_disk(&self.behind).await
    }
}

mod contract {
    use super::Postgres;

    daftar_testkit::store_contract!(Postgres);
}

/// The time of day, as the database reads it.
#[expect(clippy::disallowed_methods, reason = "the database is a process of its own, whose clock no test can set")]
fn system_time() -> Timestamp {
    Timestamp::now()
}

#[tokio::test]
async fn fault_6_the_database_says_what_time_it_is() {
    let database = Database::shared().await;
    let store = open(&database, false).await.unwrap();
    let before = system_time().as_millisecond();
    let there = store.time().await.unwrap().unwrap().as_millisecond();
    assert!((before..=system_time().as_millisecond() + 1).contains(&there), "{before} {there}");
}

#[tokio::test]
async fn fault_6_a_databases_clock_that_was_set_back_is_noticed_once() {
    let database = Database::shared().await;
    let (store, behind) = (open(&database, false).await.unwrap(), database.connect().await);
    assert_eq!(store.keep_time(Told::There).await.unwrap().set_back, None);
    let ahead = system_time().as_millisecond() + 3_600_000;
    behind.execute("UPDATE settings SET value = $1 WHERE key = 'latest_time'", &[&ahead.to_be_bytes().as_slice()]).await.unwrap();
    let telling: Vec<_> = (0..16)
        .map(|_| {
            tokio::spawn({
                let store = store.clone();
                async move { store.keep_time(Told::There).await.unwrap().set_back }
            })
        })
        .collect();
    let mut steps = Vec::new();
    for tells in telling {
        steps.extend(tells.await.unwrap());
    }
    let [step] = steps.as_slice() else { unreachable!("{steps:?}") };
    assert!((3590..=3600).contains(&step.as_secs()), "{step:?}");
}

#[tokio::test]
async fn a_database_is_opened_only_with_a_known_schema() {
    let database = Database::empty().await;
    let refused = open(&database, false).await.unwrap_err();
    assert!(matches!(refused, OpenError::OlderSchema { found: 0, .. }), "{refused:?}");
    drop(open(&database, true).await.unwrap());
    drop(open(&database, false).await.unwrap());
    let newer = "UPDATE refinery_schema_history SET version = version + 1000; UPDATE oldest_program SET known = known + 1000";
    database.connect().await.batch_execute(newer).await.unwrap();
    for migrate in [true, false] {
        let refused = open(&database, migrate).await.unwrap_err();
        assert!(matches!(refused, OpenError::NewerSchema { .. }), "{refused:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn replicas_that_open_an_empty_database_together_all_succeed() {
    let database = Arc::new(Database::empty().await);
    let opening = (0..6).map(|_| {
        let database = Arc::clone(&database);
        tokio::spawn(async move { open(&database, true).await.unwrap().ready().await.unwrap() })
    });
    for replica in opening.collect::<Vec<_>>() {
        replica.await.unwrap();
    }
}

#[tokio::test]
async fn a_migration_that_fails_leaves_the_schema_as_it_was_and_can_be_run_again() {
    let database = Database::shared().await;
    let behind = database.connect().await;
    let next = "ALTER TABLE accounts ADD COLUMN nickname TEXT; CREATE TABLE devices (id BYTEA PRIMARY KEY NOT NULL);";
    let opening = || Opening { history: History::default().followed_by("devices", next), ..Opening::migrating(true) };
    let location = Location::parse(&database.url()).unwrap();
    // Half-way through it meets a table that is there already.
    behind.batch_execute("CREATE TABLE devices (odd TEXT)").await.unwrap();
    let failed = SqlStore::open(&location, opening()).await.unwrap_err();
    assert!(matches!(failed, OpenError::Migration(_)), "{failed:?}");
    let columns = "SELECT count(*) FROM information_schema.columns WHERE table_name = 'accounts' AND column_name = 'nickname'";
    assert_eq!(behind.query_one(columns, &[]).await.unwrap().get::<_, i64>(0), 0);
    behind.batch_execute("DROP TABLE devices").await.unwrap();
    SqlStore::open(&location, opening()).await.unwrap().ready().await.unwrap();
    assert_eq!(behind.query_one(columns, &[]).await.unwrap().get::<_, i64>(0), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_migration_waits_for_a_busy_table_without_holding_others_up() {
    let database = Database::shared().await;
    let store = open(&database, false).await.unwrap();
    let mut busy = database.connect().await;
    let reading = busy.transaction().await.unwrap();
    reading.query("SELECT * FROM accounts", &[]).await.unwrap();
    let location = Location::parse(&database.url()).unwrap();
    let history = History::default().followed_by("nickname", "ALTER TABLE accounts ADD COLUMN nickname TEXT;");
    let migrating = tokio::spawn(async move { SqlStore::open(&location, Opening { history, ..Opening::migrating(true) }).await });
    let behind = database.connect().await;
    let waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'accounts'::regclass";
    while behind.query_one(waiting, &[]).await.unwrap().get::<_, i64>(0) == 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    // It queues in front of us, but gives up before we do.
    assert_eq!(store.find_account(&given::username("siti").into()).await.unwrap(), None);
    reading.commit().await.unwrap();
    migrating.await.unwrap().unwrap().ready().await.unwrap();
}

#[tokio::test]
async fn a_database_that_cannot_hold_every_name_is_refused() {
    let database = Database::empty().await;
    let opened = async |encoding: &str| {
        let url = format!("{}_{encoding}", database.url());
        let name = url.rsplit('/').next().unwrap();
        let make = format!("CREATE DATABASE \"{name}\" TEMPLATE template0 ENCODING '{encoding}' LC_COLLATE 'C' LC_CTYPE 'C'");
        database.connect().await.batch_execute(&make).await.unwrap();
        SqlStore::open(&Location::parse(&url).unwrap(), Opening::migrating(true)).await
    };
    let refused = opened("LATIN1").await.unwrap_err();
    assert!(matches!(&refused, OpenError::Unsuitable(why) if why.contains("UTF8")), "{refused:?}");
    // One that was made in a bare environment keeps whatever it is given.
    let store = opened("SQL_ASCII").await.unwrap();
    let mut siti = given::account("siti");
    siti.profile.first_name = Some(PersonName::parse("西蒂 Sítí").unwrap());
    store.create_account(siti.clone(), None).await.unwrap();
    assert_eq!(store.account(siti.id).await.unwrap().unwrap().profile.first_name, siti.profile.first_name);
}

#[tokio::test]
async fn a_server_is_reached_by_a_socket_of_this_machine() {
    let server = Server::start(&Settings { lines: vec!["unix_socket_directories = '.'".to_owned()], tls: None });
    let database = server.database().await;
    let directory = server.data().display().to_string().replace('/', "%2F");
    let (before, name) = database.url().split_once(&format!("127.0.0.1:{}/", server.port())).map(|(a, b)| (a.to_owned(), b.to_owned())).unwrap();
    let url = format!("{before}/{name}?host={directory}&port={}", server.port());
    SqlStore::open(&Location::parse(&url).unwrap(), Opening::migrating(false)).await.unwrap().ready().await.unwrap();
}

#[tokio::test]
async fn an_answer_waits_for_the_disk_whatever_the_server_is_told() {
    let server = Server::start(&Settings { lines: vec!["synchronous_commit = off".to_owned(), "wal_writer_delay = 10s".to_owned()], tls: None });
    let database = server.database().await;
    let store = open(&database, false).await.unwrap();
    store.create_account(given::account("siti"), None).await.unwrap();
    // Nothing was flushed by us: what was answered is on the disk by itself.
    server.stop("immediate");
    server.go();
    let account = store.find_account(&given::username("siti").into()).await.unwrap();
    assert!(account.is_some());
}

#[tokio::test]
async fn tls_is_spoken_as_the_url_says() {
    let certified = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let (certificate, key) = (certified.cert.pem(), certified.signing_key.serialize_pem());
    let server = Server::start(&Settings { lines: Vec::new(), tls: Some((certificate.clone(), key)) });
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("authority.pem");
    std::fs::write(&file, certificate).unwrap();
    let database = server.database().await;
    let (by_address, root) = (database.url(), file.display());
    let by_name = by_address.replace("127.0.0.1", "localhost");
    let behind = database.connect().await;
    let opened = async |url: String| {
        let store = SqlStore::open(&Location::parse(&url).unwrap(), Opening::migrating(false)).await?;
        store.ready().await.unwrap();
        let protected = "SELECT count(*) FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE ssl AND application_name = 'daftar'";
        let protected = behind.query_one(protected, &[]).await.unwrap().get::<_, i64>(0) > 0;
        drop(store);
        while behind.query_one("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'daftar'", &[]).await.unwrap().get::<_, i64>(0) > 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        Ok::<bool, OpenError>(protected)
    };
    assert!(opened(by_address.clone()).await.unwrap(), "preferred, and offered");
    assert!(!opened(format!("{by_address}?sslmode=disable")).await.unwrap());
    assert!(opened(format!("{by_address}?sslmode=require")).await.unwrap());
    assert!(opened(format!("{by_name}?sslmode=verify-full&sslrootcert={root}")).await.unwrap());
    let refused = [
        format!("{by_name}?sslmode=verify-full"),
        format!("{by_address}?sslmode=verify-full&sslrootcert={root}"),
        format!("{by_name}?sslmode=verify-full&sslrootcert={root}.not-there"),
    ];
    for url in refused {
        assert!(matches!(opened(url.clone()).await, Err(OpenError::Server(_) | OpenError::Tls(_))), "{url}");
    }
    let plain = format!("{}?sslmode=require", Database::shared().await.url());
    assert!(matches!(opened(plain).await, Err(OpenError::Server(_))), "a server without TLS");
}

/// Everything that an error and its causes say, in both ways of printing.
fn told(error: &dyn std::error::Error) -> String {
    let mut text = format!("{error} {error:?}");
    let mut cause = error.source();
    while let Some(inner) = cause {
        text += &format!(" {inner} {inner:?}");
        cause = inner.source();
    }
    text
}

#[tokio::test]
async fn row_52_a_migration_that_a_row_stands_in_the_way_of_does_not_repeat_the_row() {
    let database = Database::shared().await;
    let store = open(&database, false).await.unwrap();
    for name in ["siti", "budi"] {
        store.create_account(given::account(name), None).await.unwrap();
    }
    let history = History::default().followed_by("unique", "CREATE UNIQUE INDEX one_of_a_name ON accounts (last_name);");
    let location = Location::parse(&database.url()).unwrap();
    let failed = SqlStore::open(&location, Opening { history, ..Opening::migrating(true) }).await.unwrap_err();
    let told = told(&failed);
    assert!(told.contains("23505") && told.contains("one_of_a_name") && !told.contains("Rahma"), "{told}");
}

#[tokio::test]
async fn row_12_and_row_29_a_server_that_only_reads_is_not_asked_until_it_takes_writes_again() {
    let database = Database::shared().await;
    let store = open(&database, false).await.unwrap();
    store.create_account(given::account("siti"), None).await.unwrap();
    let behind = database.connect().await;
    let name = database.url().rsplit('/').next().unwrap().to_owned();
    // As after a fail-over: sessions end, and new ones are to a server that only reads, or one that writes.
    let becomes = async |only_reads: &str| {
        let setting = format!("SET default_transaction_read_only = off; ALTER DATABASE {name} SET default_transaction_read_only = {only_reads}");
        behind.batch_execute(&setting).await.unwrap();
        let end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'daftar' AND datname = current_database()";
        behind.execute(end, &[]).await.unwrap();
    };
    becomes("on").await;
    for _ in 0..3 {
        assert!(matches!(store.is_held(&given::email("siti").into(), false).await, Err(StoreError::Unavailable(_))));
        assert!(matches!(store.ready().await, Err(StoreError::Unavailable(_))));
    }
    becomes("off").await;
    store.ready().await.unwrap();
    assert!(store.is_held(&given::email("siti").into(), false).await.unwrap());
}
