//! The tables of an installation: counting, reading and writing their rows, whatever their columns are.

use daftar_core::ports::StoreError;

use crate::tx::Tx;
use crate::value::{Owned, Value, places};

/// Rows of one page, which is one transaction: what is in memory at a time.
const PAGE: usize = 1000;
/// Parameters of one statement. SQLite takes 32,766, and looks for each among all of them.
const PARAMETERS: usize = 1000;

/// A table, the columns of its primary key, and which of its rows are the installation's.
pub(super) struct Named {
    pub(super) name: &'static str,
    key: &'static [&'static str],
    which: &'static str,
}

const fn all_of(name: &'static str, key: &'static [&'static str]) -> Named {
    Named { name, key, which: "TRUE" }
}

/// Every table, what is referred to before what refers to it. A new table has its line here, or a test fails.
pub(super) const TABLES: &[Named] = &[
    all_of("accounts", &["id"]),
    all_of("identifiers", &["kind", "key"]),
    all_of("passwords", &["account"]),
    all_of("known_addresses", &["account", "address"]),
    all_of("sessions", &["id"]),
    all_of("recoveries", &["id"]),
    all_of("registrations", &["id"]),
    all_of("customers", &["id"]),
    all_of("challenges", &["id"]),
    all_of("wrong_codes", &["subject"]),
    all_of("wrong_code_minutes", &["minute"]),
    all_of("limits", &["key"]),
    all_of("repeats", &["client", "key"]),
    all_of("clients", &["id"]),
    all_of("access_tokens", &["id"]),
    all_of("outbox", &["id"]),
    all_of("attempts", &["message", "number"]),
    all_of("receipts", &["route", "reference"]),
    all_of("inbox", &["id"]),
    all_of("signing_keys", &["kid"]),
    all_of("audit", &["at", "id"]),
    // The rest is about the one database and not about the installation.
    Named { name: "settings", key: &["key"], which: "key NOT IN ('copy', 'touched', 'latest_time')" },
];

/// A table with the columns that it has in a database, in the order of their names.
pub(super) struct Table {
    named: &'static Named,
    columns: Vec<String>,
}

/// A table is not what it must be.
#[derive(Debug, thiserror::Error)]
enum Odd {
    #[error("the schema has no table {0} with its key")]
    Missing(&'static str),
    #[error("a row of {table} holds something in {column} that is neither number, text, nor bytes")]
    Value { table: &'static str, column: String },
}

impl Table {
    /// Asks the database for its columns.
    pub(super) async fn of(tx: &mut Tx<'_>, named: &'static Named) -> Result<Self, StoreError> {
        let sql = tx.columns_of();
        let mut columns = tx.all(sql, &[named.name.into()], |row| row.of("columns").text("name").map(str::to_owned)).await?;
        columns.sort_unstable();
        let has = |column: &&str| columns.iter().any(|there| there == column);
        if named.key.iter().all(has) { Ok(Self { named, columns }) } else { Err(StoreError::Failed(Box::new(Odd::Missing(named.name)))) }
    }

    pub(super) const fn name(&self) -> &'static str {
        self.named.name
    }

    /// How many rows there are.
    pub(super) async fn count(&self, tx: &mut Tx<'_>) -> Result<u64, StoreError> {
        let Named { name, which, .. } = self.named;
        tx.one(&format!("SELECT count(*) AS rows FROM {name} WHERE {which}"), &[], |row| row.of(name).number("rows")).await
    }

    /// The greatest key; empty if there are no rows.
    pub(super) async fn last_key(&self, tx: &mut Tx<'_>) -> Result<Vec<Owned>, StoreError> {
        let Named { name, key, which } = self.named;
        let backwards = list(key.iter().map(|column| format!("{} DESC", quoted(column))));
        let columns: Vec<_> = key.iter().copied().map(str::to_owned).collect();
        self.read(tx, &format!("SELECT {} FROM {name} WHERE {which} ORDER BY {backwards} LIMIT 1", quoted_list(&columns)), &[], &columns).await
    }

    /// The rows that follow the one with the key `last`, value by value; none after the last row. With no key, the first ones.
    pub(super) async fn page(&self, tx: &mut Tx<'_>, last: &[Owned]) -> Result<Vec<Owned>, StoreError> {
        let Named { name, key, which } = self.named;
        let (columns, key) = (quoted_list(&self.columns), quoted_list(key));
        let after = if last.is_empty() { String::new() } else { format!("AND ({key}) > ({})", places(1, last.len())) };
        let sql = format!("SELECT {columns} FROM {name} WHERE {which} {after} ORDER BY {key} LIMIT {PAGE}");
        self.read(tx, &sql, last, &self.columns).await
    }

    async fn read(&self, tx: &mut Tx<'_>, sql: &str, values: &[Owned], columns: &[String]) -> Result<Vec<Owned>, StoreError> {
        let values: Vec<_> = values.iter().map(Value::from).collect();
        let mut read = Vec::new();
        let strange = |column: &String| StoreError::Failed(Box::new(Odd::Value { table: self.name(), column: column.clone() }));
        tx.each(sql, &values, |row| {
            for (place, column) in columns.iter().enumerate() {
                read.push(row.nth(place).map(Owned::from).ok_or_else(|| strange(column))?);
            }
            Ok(())
        })
        .await?;
        Ok(read)
    }

    /// Writes rows; those that are there already stay as they are.
    pub(super) async fn insert(&self, tx: &mut Tx<'_>, page: &[Owned]) -> Result<(), StoreError> {
        let width = self.columns.len().max(1);
        let columns = quoted_list(&self.columns);
        for some in page.chunks((PARAMETERS / width).max(1) * width) {
            let rows = list((0..some.len() / width).map(|row| format!("({})", places(row * width + 1, width))));
            let values: Vec<_> = some.iter().map(Value::from).collect();
            tx.exec(&format!("INSERT INTO {} ({columns}) VALUES {rows} ON CONFLICT DO NOTHING", self.name()), &values).await?;
        }
        Ok(())
    }

    /// How many rows a page has.
    pub(super) const fn rows(&self, page: &[Owned]) -> u64 {
        (page.len() / self.columns.len()) as u64
    }

    /// The key of the last row of a page.
    pub(super) fn key_of_last(&self, page: &[Owned]) -> Vec<Owned> {
        let last = page.rchunks(self.columns.len().max(1)).next().unwrap_or_default();
        let value = |column: &&str| self.columns.iter().zip(last).find(|(name, _)| name == column).map(|(_, value)| value.clone());
        self.named.key.iter().filter_map(value).collect()
    }
}

fn list(parts: impl Iterator<Item = String>) -> String {
    parts.collect::<Vec<_>>().join(", ")
}

/// Names of columns, some of which (`key`, `value`) are words of SQL, too.
fn quoted_list(names: &[impl AsRef<str>]) -> String {
    list(names.iter().map(|name| quoted(name.as_ref())))
}

fn quoted(name: &str) -> String {
    format!("\"{name}\"")
}
