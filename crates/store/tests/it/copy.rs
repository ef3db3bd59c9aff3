//! Copying an installation from one database to another, between all pairs of engines.

use std::collections::BTreeSet;
use std::time::Duration;

use daftar_core::ports::{SigningKeys as _, Store as _};
use daftar_store::copy::{Copied, CopyError, End, Progress, Step, copy};
use daftar_store::{Location, OpenError, Opening, SqlStore};
use daftar_testkit::database::Database;
use daftar_testkit::postgres;
use daftar_testkit::store_contract::given::{self, secrets};
use rusqlite::Connection;
use tempfile::TempDir;
use tokio::sync::Notify;

/// Rows for three pages.
const MANY: i64 = 2_500;

fn file() -> Database {
    Database::Sqlite(TempDir::new().unwrap())
}

async fn server() -> Database {
    Database::Postgres(postgres::Database::empty().await)
}

/// Source and target, in every direction.
async fn pairs() -> [(Database, Database); 4] {
    [(file(), server().await), (server().await, file()), (file(), file()), (server().await, server().await)]
}

fn at(database: &Database) -> Location {
    Location::parse(&database.url()).unwrap()
}

fn behind(database: &Database) -> Connection {
    let connection = Connection::open(at(database).file().unwrap()).unwrap();
    connection.busy_timeout(Duration::from_secs(5)).unwrap();
    connection
}

async fn execute(database: &Database, sql: &str) {
    match database {
        Database::Sqlite(_) => behind(database).execute_batch(sql).unwrap(),
        Database::Postgres(server) => server.connect().await.batch_execute(sql).await.unwrap(),
    }
}

async fn count(database: &Database, what: &str) -> i64 {
    let sql = format!("SELECT count(*) FROM {what}");
    match database {
        Database::Sqlite(_) => behind(database).query_row(&sql, [], |row| row.get(0)).unwrap(),
        Database::Postgres(server) => server.connect().await.query_one(&sql, &[]).await.unwrap().get(0),
    }
}

/// Every table of a database, without those that tell its schema's history.
async fn tables(database: &Database) -> BTreeSet<String> {
    let (in_a_file, on_a_server) =
        ("SELECT name FROM sqlite_schema WHERE type = 'table'", "SELECT tablename::text FROM pg_tables WHERE schemaname = 'public'");
    let all: Vec<String> = match database {
        Database::Sqlite(_) => behind(database).prepare(in_a_file).unwrap().query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect(),
        Database::Postgres(server) => server.connect().await.query(on_a_server, &[]).await.unwrap().iter().map(|row| row.get(0)).collect(),
    };
    all.into_iter().filter(|table| !["refinery_schema_history", "oldest_program"].contains(&table.as_str())).collect()
}

/// An installation with nothing but its master key and `MANY` rows in two tables that are far apart.
async fn installed(source: &Database) {
    assert!(open(source).await.unwrap().same_master_key(secrets().fingerprint).await.unwrap());
    for (table, columns, values) in [
        ("accounts", "id, status, surface, locale, created_at", "CAST('0123456789' || n AS BYTES), 'active', 'usapi', 'en', n"),
        ("limits", "key, arrival", "'key/' || n, n"),
    ] {
        let values = values.replace("BYTES", if matches!(source, Database::Sqlite(_)) { "BLOB" } else { "BYTEA" });
        let numbers = format!("WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < {MANY})");
        execute(source, &format!("INSERT INTO {table} ({columns}) {numbers} SELECT {values} FROM numbers")).await;
    }
}

async fn whole(source: &Database, target: &Database) -> Result<Vec<Copied>, CopyError> {
    copy(&at(source), &at(target), |_| ()).await
}

/// Copies until `enough`, then stops in the middle of it.
async fn until(source: &Database, target: &Database, mut enough: impl FnMut(Progress) -> bool) {
    let stop = Notify::new();
    let (from, to) = (at(source), at(target));
    let copying = copy(&from, &to, |progress| {
        if enough(progress) {
            stop.notify_one();
        }
    });
    tokio::select! {
        biased;
        () = stop.notified() => {}
        ended = copying => panic!("it ended first: {ended:?}"),
    }
}

async fn open(database: &Database) -> Result<SqlStore, OpenError> {
    SqlStore::open(&at(database), Opening::migrating(true)).await
}

#[tokio::test]
async fn every_row_of_every_table_is_copied_between_any_two_databases() {
    for (source, target) in pairs().await {
        let siti = given::everything(&open(&source).await.unwrap()).await;
        execute(&source, "INSERT INTO limits (key, arrival) VALUES ('Ключ ''\"$1\\ 漢字', -9223372036854775807), ('', 9223372036854775807)").await;
        let copied = whole(&source, &target).await.unwrap();
        let names: BTreeSet<_> = copied.iter().map(|copied| copied.table.to_owned()).collect();
        assert_eq!((&names, &names), (&tables(&source).await, &tables(&target).await), "a table is not in the list of what is copied");
        for Copied { table, rows } in copied {
            // What the source remembers of being asked whether it is well stays there.
            let all = if table == "settings" { "settings WHERE key <> 'touched'" } else { table };
            assert!(rows > 0, "{table} has no rows to copy");
            assert_eq!((count(&source, all).await, count(&target, table).await), (rows as i64, rows as i64), "{table}");
        }
        assert_eq!(count(&target, "limits WHERE key = 'Ключ ''\"$1\\ 漢字' AND arrival = -9223372036854775807").await, 1);
        let (before, after) = (open(&source).await.unwrap(), open(&target).await.unwrap());
        assert!(after.same_master_key(secrets().fingerprint).await.unwrap());
        assert_eq!(after.account(siti.id).await.unwrap(), before.account(siti.id).await.unwrap());
        assert_eq!(after.clients().await.unwrap(), before.clients().await.unwrap());
        assert_eq!(after.signing_keys().await.unwrap(), before.signing_keys().await.unwrap());
    }
}

#[tokio::test]
async fn a_copy_that_is_stopped_again_and_again_goes_on_where_it_was() {
    for (source, target) in pairs().await {
        installed(&source).await;
        let mut copied = BTreeSet::new();
        for (table, rows) in [("accounts", 1_000), ("accounts", 2_000), ("limits", 1_000), ("limits", 2_000)] {
            until(&source, &target, |Progress { step, table: at, done, .. }| {
                assert_eq!(step, Step::Copying);
                copied.insert((at, done));
                (at, done) == (table, rows)
            })
            .await;
            assert_eq!(count(&target, table).await, rows as i64);
            let refused = open(&target).await.unwrap_err();
            assert!(matches!(refused, OpenError::Unfinished), "{refused:?}");
        }
        let mut first = None;
        copy(&at(&source), &at(&target), |progress| {
            if progress.table == "limits" {
                first.get_or_insert(progress);
            }
        })
        .await
        .unwrap();
        assert_eq!(first, Some(Progress { step: Step::Copying, table: "limits", done: 2_000, rows: MANY as u64 }));
        assert!(copied.contains(&("accounts", 2_500)));
        open(&target).await.unwrap();
        let again = whole(&source, &target).await.unwrap_err();
        assert!(matches!(again, CopyError::Occupied("accounts")), "a finished target is an installation: {again:?}");
    }
}

#[tokio::test]
async fn a_target_stays_unfinished_until_all_was_compared() {
    for (source, target) in pairs().await {
        installed(&source).await;
        until(&source, &target, |progress| progress.step == Step::Comparing && progress.table == "settings").await;
        assert!(matches!(open(&target).await, Err(OpenError::Unfinished)));
        whole(&source, &target).await.unwrap();
        open(&target).await.unwrap();
    }
}

#[tokio::test]
async fn a_row_that_was_changed_or_lost_between_two_runs_is_found() {
    let changes = [
        "UPDATE accounts SET created_at = created_at + 1 WHERE created_at = 700",
        "UPDATE accounts SET client = '' WHERE created_at = 700",
        "DELETE FROM accounts WHERE created_at = 700",
        "DELETE FROM accounts",
    ];
    for (change, (source, target)) in changes.into_iter().zip(pairs().await) {
        installed(&source).await;
        until(&source, &target, |progress| progress.table == "limits").await;
        execute(&source, change).await;
        let there = count(&source, "accounts").await as u64;
        let found = whole(&source, &target).await.unwrap_err();
        let CopyError::Different { table: "accounts", source_rows, target_rows } = found else { panic!("{change}: {found:?}") };
        assert_eq!((source_rows, target_rows), (there, MANY as u64), "{change}");
        assert!(matches!(open(&target).await, Err(OpenError::Unfinished)));
    }
}

#[tokio::test]
async fn a_target_that_is_in_use_is_refused_untouched() {
    let fillings = [
        ("accounts", "(id, status, surface, locale, created_at) SELECT value, 'active', 'usapi', 'en', 1"),
        ("clients", "(id, name, scopes, secret_mac, created_at) SELECT 'shop', 'shop', 'usapi', value, 1"),
        ("signing_keys", "(kid, sealed, created_at, signs_from) SELECT 'kid', value, 1, 1"),
    ];
    for ((table, row), (source, target)) in fillings.into_iter().zip(pairs().await) {
        installed(&source).await;
        assert!(open(&target).await.unwrap().same_master_key(secrets().fingerprint).await.unwrap());
        execute(&target, &format!("INSERT INTO {table} {row} FROM settings WHERE key = 'master_key'")).await;
        let refused = whole(&source, &target).await.unwrap_err();
        assert!(matches!(refused, CopyError::Occupied(occupied) if occupied == table), "{refused:?}");
        assert_eq!((count(&target, table).await, count(&target, "limits").await, count(&target, "settings").await), (1, 0, 1));
        open(&target).await.unwrap();
    }
}

#[tokio::test]
async fn an_empty_target_may_have_been_migrated_under_another_key() {
    for (source, target) in pairs().await {
        installed(&source).await;
        open(&target).await.unwrap().same_master_key(daftar_core::secret::Mac([9; 32])).await.unwrap();
        whole(&source, &target).await.unwrap();
        assert!(open(&target).await.unwrap().same_master_key(secrets().fingerprint).await.unwrap());
    }
}

#[tokio::test]
async fn the_unfinished_copy_of_another_installation_is_refused() {
    for (source, target) in pairs().await {
        installed(&source).await;
        until(&source, &target, |progress| progress.table == "limits").await;
        let other = file();
        open(&other).await.unwrap().same_master_key(daftar_core::secret::Mac([9; 32])).await.unwrap();
        let refused = whole(&other, &target).await.unwrap_err();
        assert!(matches!(refused, CopyError::OfAnother), "{refused:?}");
        whole(&source, &target).await.unwrap();
    }
}

#[tokio::test]
async fn a_source_that_is_none_is_refused_and_not_made_into_one() {
    for target in [file(), server().await] {
        let missing = file();
        let refused = whole(&missing, &target).await.unwrap_err();
        assert!(matches!(refused, CopyError::Open(End::Source, OpenError::System(_))), "{refused:?}");
        assert!(!at(&missing).file().unwrap().exists());
        let bare = server().await;
        let refused = whole(&bare, &target).await.unwrap_err();
        assert!(matches!(refused, CopyError::Open(End::Source, OpenError::OlderSchema { found: 0, .. })), "{refused:?}");
        assert!(tables(&bare).await.is_empty());
        let unused = file();
        drop(open(&unused).await.unwrap());
        assert!(matches!(whole(&unused, &target).await, Err(CopyError::Nothing)));
        let (source, unfinished) = (file(), file());
        installed(&source).await;
        until(&source, &unfinished, |progress| progress.table == "limits").await;
        let refused = whole(&unfinished, &target).await.unwrap_err();
        assert!(matches!(refused, CopyError::Open(End::Source, OpenError::Unfinished)), "{refused:?}");
    }
}

#[tokio::test]
async fn only_databases_of_this_programs_schema_are_copied_and_no_other_is_changed() {
    for (source, target) in pairs().await {
        installed(&source).await;
        drop(open(&target).await.unwrap());
        for (there, end) in [(&source, End::Source), (&target, End::Target)] {
            for (change, back) in [("+ 1000", "- 1000"), ("- 1000", "+ 1000")] {
                execute(there, &format!("UPDATE refinery_schema_history SET version = version {change}")).await;
                let refused = whole(&source, &target).await.unwrap_err();
                let CopyError::Open(at, OpenError::OlderSchema { .. } | OpenError::NewerSchema { .. }) = refused else { panic!("{refused:?}") };
                assert_eq!(at, end);
                execute(there, &format!("UPDATE refinery_schema_history SET version = version {back}")).await;
            }
        }
        whole(&source, &target).await.unwrap();
    }
}

#[tokio::test]
async fn a_database_is_not_copied_into_itself() {
    let (file, server) = (file(), server().await);
    installed(&file).await;
    installed(&server).await;
    assert!(matches!(whole(&file, &file).await, Err(CopyError::Same)));
    assert!(matches!(whole(&server, &server).await, Err(CopyError::Occupied("accounts"))));
}

#[tokio::test]
async fn nobody_writes_to_a_file_while_it_is_copied() {
    let (source, target) = (file(), server().await);
    installed(&source).await;
    let writer = Connection::open(at(&source).file().unwrap()).unwrap();
    writer.busy_timeout(Duration::ZERO).unwrap();
    let mut refused = 0;
    copy(&at(&source), &at(&target), |_| {
        let outcome = writer.execute("INSERT INTO limits (key, arrival) VALUES ('a', 1)", []);
        assert_eq!(outcome.unwrap_err().sqlite_error_code(), Some(rusqlite::ErrorCode::DatabaseBusy));
        refused += 1;
    })
    .await
    .unwrap();
    assert!(refused > 0);
    writer.execute("INSERT INTO limits (key, arrival) VALUES ('a', 1)", []).unwrap();
    writer.execute_batch("BEGIN IMMEDIATE").unwrap();
    let other = file();
    assert!(matches!(whole(&source, &other).await, Err(CopyError::Busy(_))));
}

#[tokio::test]
async fn what_is_written_to_a_server_while_it_is_copied_is_not_part_of_the_copy() {
    let (source, target) = (server().await, file());
    installed(&source).await;
    let Database::Postgres(server) = &source else { unreachable!() };
    let (writer, written) = (server.connect().await, Notify::new());
    let (from, to) = (at(&source), at(&target));
    let copying = copy(&from, &to, |progress| {
        if progress.table == "accounts" {
            written.notify_one();
        }
    });
    let writing = async {
        written.notified().await;
        writer.batch_execute("INSERT INTO limits (key, arrival) VALUES ('zz', 1); DELETE FROM accounts WHERE created_at > 100").await.unwrap();
    };
    let (copied, ()) = tokio::join!(copying, writing);
    copied.unwrap();
    assert_eq!((count(&target, "accounts").await, count(&target, "limits").await), (MANY, MANY));
}

#[tokio::test]
async fn a_copy_whose_mark_was_taken_away_writes_no_more() {
    let (source, target) = (file(), file());
    installed(&source).await;
    let copied = copy(&at(&source), &at(&target), |progress| {
        if (progress.table, progress.done) == ("accounts", 1_000) {
            behind(&target).execute_batch("DELETE FROM settings").unwrap();
        }
    })
    .await;
    assert!(matches!(copied, Err(CopyError::Unmarked)), "{copied:?}");
    assert_eq!(count(&target, "accounts").await, 1_000);
}
