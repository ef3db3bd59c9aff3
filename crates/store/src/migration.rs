//! The schema's one history, `migrations/V<number>__<name>.sql`, for both engines: written with `BIGINT`, `TEXT` and `BYTEA`, and translated for
//! each on the way in.
//!
//! A migration that was released is never edited. A change is *expand, then contract*: one release adds what the new code needs, in a
//! form that the old code survives; what the old code needed goes one release later, in a migration that says so in `oldest_program`. So programs
//! of both releases can serve side by side, and an older one that can no longer do so stops taking requests instead of failing at them.
//!
//! A table whose definition closes with `); -- by key` is kept in its primary key (`WITHOUT ROWID`), because that key is how it is reached.

use std::borrow::Cow;
use std::cmp::Ordering;

use refinery::{Migration, Runner};
use rusqlite::Connection;

use crate::error::OpenError;

/// Every migration that this program knows, oldest first.
const STEPS: [(&str, &str); 10] = [
    ("V1__foundation", include_str!("../migrations/V1__foundation.sql")),
    ("V2__rolling_upgrades", include_str!("../migrations/V2__rolling_upgrades.sql")),
    ("V3__signing_keys", include_str!("../migrations/V3__signing_keys.sql")),
    ("V4__codes_for_accounts", include_str!("../migrations/V4__codes_for_accounts.sql")),
    ("V5__machine_tokens", include_str!("../migrations/V5__machine_tokens.sql")),
    ("V6__customers", include_str!("../migrations/V6__customers.sql")),
    ("V7__attempts_and_receipts", include_str!("../migrations/V7__attempts_and_receipts.sql")),
    ("V8__limits", include_str!("../migrations/V8__limits.sql")),
    ("V9__audit", include_str!("../migrations/V9__audit.sql")),
    ("V10__audit_by_act", include_str!("../migrations/V10__audit_by_act.sql")),
];

/// The table in which the migrations that a database has had are booked.
pub(crate) const BOOK: &str = "refinery_schema_history";
/// The newest migration that a database has had.
pub(crate) const FOUND: &str = "SELECT CAST(coalesce(max(version), 0) AS BIGINT) AS version FROM refinery_schema_history";
/// The newest migration that the oldest program knows which can serve from a database.
pub(crate) const OLDEST: &str = "SELECT known FROM oldest_program";

/// A history of the schema.
#[derive(Debug, Clone)]
pub struct History(Vec<(Cow<'static, str>, Cow<'static, str>)>);

impl Default for History {
    /// The history that this program knows.
    fn default() -> Self {
        Self(STEPS.iter().map(|&(name, sql)| (name.into(), sql.into())).collect())
    }
}

/// How a database's schema stands to a program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    /// It is the one that the program knows.
    Same,
    /// It is newer, and the program can still serve from it.
    Newer,
    /// It must be brought up to date first.
    Older { found: i64, known: i32 },
    /// It is newer, and the program cannot serve from it any more.
    Beyond { found: i64, known: i32 },
}

impl Standing {
    pub(crate) const fn is_ok(self) -> bool {
        matches!(self, Self::Same | Self::Newer)
    }

    pub(crate) const fn into_result(self) -> Result<(), OpenError> {
        match self {
            Self::Same | Self::Newer => Ok(()),
            Self::Older { found, known } => Err(OpenError::OlderSchema { found, known }),
            Self::Beyond { found, known } => Err(OpenError::NewerSchema { found, known }),
        }
    }
}

impl History {
    /// The history of a newer program, which has another migration: `name` without its number, and its text. For tests of rolling upgrades.
    #[must_use]
    pub fn followed_by(mut self, name: &str, sql: &str) -> Self {
        self.0.push((format!("V{}__{name}", self.0.len() + 1).into(), sql.to_owned().into()));
        self
    }

    /// The number of the newest migration.
    #[must_use]
    pub const fn known(&self) -> i32 {
        self.0.len() as i32
    }

    /// How a schema stands to the program of this history: `found` is its newest migration, `oldest` what it says of the oldest program.
    pub(crate) fn standing(&self, found: i64, oldest: Option<i64>) -> Standing {
        let known = self.known();
        match found.cmp(&known.into()) {
            Ordering::Equal => Standing::Same,
            Ordering::Less => Standing::Older { found, known },
            Ordering::Greater if oldest.is_some_and(|oldest| oldest <= known.into()) => Standing::Newer,
            Ordering::Greater => Standing::Beyond { found, known },
        }
    }

    // What a migration was translated to is part of its checksum in the book: a translation, too, never changes once it was released.

    /// The migrations in PostgreSQL's words. Texts are compared byte by byte, as SQLite does: keys are found and sorted alike on both, whatever the
    /// server's language.
    pub(crate) fn for_postgres(&self) -> Result<Vec<Migration>, OpenError> {
        self.migrations(|sql| sql.replace(" TEXT", " TEXT COLLATE \"C\""))
    }

    /// The migrations in SQLite's words: its own type names, and types that it enforces.
    fn for_sqlite(&self) -> Result<Vec<Migration>, OpenError> {
        self.migrations(|sql| {
            let typed = sql.replace("BIGINT", "INTEGER").replace("BYTEA", "BLOB");
            typed.replace("\n); -- by key", "\n) STRICT, WITHOUT ROWID;").replace("\n);", "\n) STRICT;")
        })
    }

    fn migrations(&self, translate: impl Fn(&str) -> String) -> Result<Vec<Migration>, OpenError> {
        let migrations = self.0.iter().map(|(name, sql)| Migration::unapplied(name, &translate(sql)));
        migrations.collect::<Result<_, _>>().map_err(|error| OpenError::Migration(error.into()))
    }

    /// Brings the schema of a SQLite database up to date, or only makes sure that it is one to serve from.
    pub(crate) fn prepare(&self, connection: &mut Connection, migrate: bool) -> Result<(), OpenError> {
        match self.of(connection)? {
            Standing::Older { .. } if migrate => match self.run(connection) {
                // Another process may have done it meanwhile: all of it is one transaction, so it is there or it is not.
                Err(error) => {
                    if self.of(connection)?.is_ok() {
                        Ok(())
                    } else {
                        Err(error)
                    }
                }
                Ok(()) => Ok(()),
            },
            standing => standing.into_result(),
        }
    }

    fn run(&self, connection: &mut Connection) -> Result<(), OpenError> {
        let outcome = Runner::new(&self.for_sqlite()?).set_grouped(true).run(connection);
        outcome.map(|_| ()).map_err(|error| OpenError::Migration(error.into()))
    }

    fn of(&self, connection: &Connection) -> Result<Standing, OpenError> {
        let read = || {
            let number = |sql: &str| connection.query_row(sql, [], |row| row.get(0));
            let found = if connection.table_exists(None, BOOK)? { number(FOUND)? } else { 0 };
            let oldest = if found > i64::from(self.known()) { Some(number(OLDEST)?) } else { None };
            Ok(self.standing(found, oldest))
        };
        read().map_err(OpenError::Database)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn migrated() -> Connection {
        let mut connection = Connection::open_in_memory().unwrap();
        History::default().prepare(&mut connection, true).unwrap();
        connection
    }

    #[test]
    fn every_table_enforces_its_types() {
        let connection = migrated();
        let ours = "FROM pragma_table_list WHERE schema = 'main' AND name NOT LIKE 'sqlite_%' AND name NOT LIKE 'refinery_%'";
        let count = |what: &str| connection.query_row(&format!("SELECT {what} {ours}"), [], |row| row.get::<_, i64>(0)).unwrap();
        assert_eq!(count("sum(strict)"), count("count(*)"));
        let kept = "SELECT group_concat(name) FROM (SELECT name FROM pragma_table_list WHERE schema = 'main' AND wr = 0 \
                    AND name NOT LIKE 'sqlite_%' ORDER BY name)";
        let others: String = connection.query_row(kept, [], |row| row.get(0)).unwrap();
        assert_eq!(others, "oldest_program,refinery_schema_history,wrong_code_minutes", "every other table is kept in its key");
    }

    #[test]
    fn the_numbers_of_the_history_are_its_places() {
        for (place, (name, _)) in STEPS.iter().enumerate() {
            assert!(name.starts_with(&format!("V{}__", place + 1)), "{name}");
        }
    }

    #[test]
    fn an_older_schema_is_refused_until_it_is_brought_up_to_date() {
        let mut connection = Connection::open_in_memory().unwrap();
        let known = History::default().known();
        assert!(matches!(History::default().prepare(&mut connection, false), Err(OpenError::OlderSchema { found: 0, known: k }) if k == known));
        History::default().prepare(&mut connection, true).unwrap();
        History::default().prepare(&mut connection, false).unwrap();
    }

    #[test]
    fn a_newer_schema_is_served_from_until_it_says_that_the_program_is_too_old() {
        let mut connection = migrated();
        let expanded = History::default().followed_by("expand", "ALTER TABLE accounts ADD COLUMN shoe_size BIGINT;");
        expanded.prepare(&mut connection, true).unwrap();
        for migrate in [true, false] {
            History::default().prepare(&mut connection, migrate).unwrap();
        }
        let sql = format!("UPDATE oldest_program SET known = {};", expanded.known());
        let contracted = expanded.clone().followed_by("contract", &sql);
        contracted.prepare(&mut connection, true).unwrap();
        expanded.prepare(&mut connection, false).unwrap();
        let refused = History::default().prepare(&mut connection, true).unwrap_err();
        assert!(matches!(refused, OpenError::NewerSchema { found, .. } if found == i64::from(contracted.known())), "{refused}");
    }
}
