//! The schema's one history, `migrations/V<number>__<name>.sql`, for both engines: written with `BIGINT`, `TEXT` and `BYTEA`, and translated for
//! SQLite on the way in.
//!
//! A migration that was released is never edited. A change is *expand, then contract*: one release adds what the new code needs, in a
//! form that the old code survives; what the old code needed goes one release later. So programs of both releases can serve side by side.
//!
//! A table whose definition closes with `); -- by key` is kept in its primary key (`WITHOUT ROWID`), because that key is how it is reached.

use refinery::{Migration, Runner};
use rusqlite::Connection;

use crate::error::OpenError;

/// Every migration there is, oldest first.
const HISTORY: [(&str, &str); 2] =
    [("V1__foundation", include_str!("../migrations/V1__foundation.sql")), ("V2__signing_keys", include_str!("../migrations/V2__signing_keys.sql"))];

/// The schema that this program knows: the number of its newest migration.
pub(crate) const KNOWN: i32 = HISTORY.len() as i32;

/// The newest migration that a database has had.
pub(crate) const FOUND: &str = "SELECT coalesce(max(version), 0) AS version FROM refinery_schema_history";

/// Brings `connection`'s schema up to date, or only makes sure that it is.
pub(crate) fn prepare(connection: &mut Connection, migrate: bool) -> Result<(), OpenError> {
    let found = version(connection)?;
    match found.cmp(&KNOWN) {
        std::cmp::Ordering::Equal => Ok(()),
        std::cmp::Ordering::Greater => Err(OpenError::NewerSchema { found, known: KNOWN }),
        std::cmp::Ordering::Less if !migrate => Err(OpenError::OlderSchema { found, known: KNOWN }),
        std::cmp::Ordering::Less => match run(connection) {
            // Another process may have done it meanwhile: all of it is one transaction, so it is there or it is not.
            Err(_) if version(connection)? == KNOWN => Ok(()),
            outcome => outcome,
        },
    }
}

fn run(connection: &mut Connection) -> Result<(), OpenError> {
    let migrations: Result<Vec<_>, _> = HISTORY.iter().map(|(name, sql)| Migration::unapplied(name, &for_sqlite(sql))).collect();
    let outcome = migrations.and_then(|migrations| Runner::new(&migrations).set_grouped(true).run(connection));
    outcome.map(|_| ()).map_err(|error| OpenError::Migration(Box::new(error)))
}

fn version(connection: &Connection) -> Result<i32, OpenError> {
    let read = || {
        if connection.table_exists(None, "refinery_schema_history")? { connection.query_row(FOUND, [], |row| row.get(0)) } else { Ok(0) }
    };
    read().map_err(OpenError::Database)
}

/// The same definitions in SQLite's words: its own type names, and types that it enforces.
fn for_sqlite(sql: &str) -> String {
    let typed = sql.replace("BIGINT", "INTEGER").replace("BYTEA", "BLOB");
    typed.replace("\n); -- by key", "\n) STRICT, WITHOUT ROWID;").replace("\n);", "\n) STRICT;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_table_enforces_its_types() {
        let mut connection = Connection::open_in_memory().unwrap();
        prepare(&mut connection, true).unwrap();
        let ours = "FROM pragma_table_list WHERE schema = 'main' AND name NOT LIKE 'sqlite_%' AND name NOT LIKE 'refinery_%'";
        let count = |what: &str| connection.query_row(&format!("SELECT {what} {ours}"), [], |row| row.get::<_, i64>(0)).unwrap();
        assert_eq!(count("count(*)"), 15);
        assert_eq!(count("sum(strict)"), 15);
        assert_eq!(count("sum(wr)"), 14);
    }

    #[test]
    fn the_numbers_of_the_history_are_its_places() {
        for (place, (name, _)) in HISTORY.iter().enumerate() {
            assert!(name.starts_with(&format!("V{}__", place + 1)), "{name}");
        }
    }

    #[test]
    fn a_schema_is_refused_that_is_not_the_known_one() {
        let mut connection = Connection::open_in_memory().unwrap();
        assert!(matches!(prepare(&mut connection, false), Err(OpenError::OlderSchema { found: 0, known: KNOWN })));
        prepare(&mut connection, true).unwrap();
        prepare(&mut connection, false).unwrap();
        connection.execute("UPDATE refinery_schema_history SET version = version + 1000", []).unwrap();
        assert!(matches!(prepare(&mut connection, true), Err(OpenError::NewerSchema { found, .. }) if found > KNOWN));
    }
}
