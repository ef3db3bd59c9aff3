//! What an operation may do with a transaction, alike on both engines. Its text is SQL that both take: `$1` parameters, `RETURNING`,
//! `ON CONFLICT`. What differs is a method here.
#![expect(clippy::unused_async, reason = "SQLite answers at once; the other engine awaits its server in the same functions")]

use daftar_core::ports::{StoreError, Timestamp};
use daftar_core::secret::Mac;
use rusqlite::Connection;
use rusqlite::types::{ToSqlOutput, ValueRef};
use uuid::Uuid;

use crate::error::{Bug, from_sqlite};
use crate::row::Row;

/// A transaction, or for look-ups a connection outside of one. Everything in it is `Send`, so that an operation may wait for a server.
pub(crate) struct Tx<'c> {
    engine: Engine<'c>,
    keeps: bool,
}

enum Engine<'c> {
    Sqlite(&'c mut Connection),
}

/// A parameter or a column, in the types that both engines have.
#[derive(Clone, Copy)]
pub(crate) enum Value<'a> {
    Null,
    Int(i64),
    Text(&'a str),
    Bytes(&'a [u8]),
}

impl<'c> Tx<'c> {
    /// Over a connection whose transaction, if there is one, the caller begins and ends.
    pub(crate) const fn sqlite(connection: &'c mut Connection) -> Self {
        Self { engine: Engine::Sqlite(connection), keeps: true }
    }

    /// Runs a statement; how many rows it wrote.
    pub(crate) async fn exec(&mut self, sql: &str, values: &[Value<'_>]) -> Result<u64, StoreError> {
        match &mut self.engine {
            Engine::Sqlite(connection) => {
                let mut statement = connection.prepare_cached(sql).map_err(from_sqlite)?;
                bind(&mut statement, values)?;
                statement.raw_execute().map(|count| count as u64).map_err(from_sqlite)
            }
        }
    }

    /// Gives every row to `read`.
    pub(crate) async fn each<F>(&mut self, sql: &str, values: &[Value<'_>], mut read: F) -> Result<(), StoreError>
    where
        F: FnMut(&Row<'_>) -> Result<(), StoreError> + Send,
    {
        match &mut self.engine {
            Engine::Sqlite(connection) => {
                let mut statement = connection.prepare_cached(sql).map_err(from_sqlite)?;
                bind(&mut statement, values)?;
                let mut rows = statement.raw_query();
                while let Some(row) = rows.next().map_err(from_sqlite)? {
                    read(&Row::sqlite(row))?;
                }
                Ok(())
            }
        }
    }

    /// Reads every row.
    pub(crate) async fn all<T: Send>(
        &mut self,
        sql: &str,
        values: &[Value<'_>],
        mut read: impl FnMut(&Row<'_>) -> Result<T, StoreError> + Send,
    ) -> Result<Vec<T>, StoreError> {
        let mut found = Vec::new();
        self.each(sql, values, |row| {
            found.push(read(row)?);
            Ok(())
        })
        .await?;
        Ok(found)
    }

    /// Reads the one row that there may be.
    pub(crate) async fn opt<T: Send>(
        &mut self,
        sql: &str,
        values: &[Value<'_>],
        mut read: impl FnMut(&Row<'_>) -> Result<T, StoreError> + Send,
    ) -> Result<Option<T>, StoreError> {
        let mut found = None;
        self.each(sql, values, |row| {
            found = Some(read(row)?);
            Ok(())
        })
        .await?;
        Ok(found)
    }

    /// Reads the one row that there must be.
    pub(crate) async fn one<T: Send>(
        &mut self,
        sql: &str,
        values: &[Value<'_>],
        read: impl FnMut(&Row<'_>) -> Result<T, StoreError> + Send,
    ) -> Result<T, StoreError> {
        self.opt(sql, values, read).await?.ok_or_else(|| Bug::NoRow.into())
    }

    /// Ends a `SELECT` whose rows the transaction will write. On SQLite every transaction is alone already.
    pub(crate) const fn for_update(&self) -> &'static str {
        match self.engine {
            Engine::Sqlite(_) => "",
        }
    }

    /// Ends a `SELECT` that takes what nobody else is about to write, and leaves the rest.
    pub(crate) const fn skip_locked(&self) -> &'static str {
        match self.engine {
            Engine::Sqlite(_) => "",
        }
    }

    /// Waits for every other transaction that locked the same name, and keeps the next one waiting. It is for what a row lock cannot hold: a row
    /// that is not there yet. On SQLite every transaction is alone already.
    pub(crate) async fn lock(&mut self, _what: &'static str, _name: &str) -> Result<(), StoreError> {
        match self.engine {
            Engine::Sqlite(_) => Ok(()),
        }
    }

    /// The operation's answer is an outcome, yet nothing of what it wrote may stay.
    pub(crate) const fn keep_nothing(&mut self) {
        self.keeps = false;
    }

    /// Whether what the operation wrote is to stay.
    pub(crate) const fn keeps(&self) -> bool {
        self.keeps
    }
}

/// Binds by name: SQLite numbers `$n` by first appearance, not by `n`.
fn bind(statement: &mut rusqlite::Statement<'_>, values: &[Value<'_>]) -> Result<(), StoreError> {
    let count = statement.parameter_count();
    if count != values.len() {
        return Err(Bug::Parameters.into());
    }
    for index in 1..=count {
        let place = statement.parameter_name(index).and_then(|name| name.strip_prefix('$')).and_then(|n| n.parse::<usize>().ok());
        let value = place.and_then(|n| values.get(n.checked_sub(1)?)).ok_or(Bug::Parameters)?;
        statement.raw_bind_parameter(index, value).map_err(from_sqlite)?;
    }
    Ok(())
}

impl rusqlite::ToSql for Value<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match *self {
            Self::Null => ValueRef::Null,
            Self::Int(number) => ValueRef::Integer(number),
            Self::Text(text) => ValueRef::Text(text.as_bytes()),
            Self::Bytes(bytes) => ValueRef::Blob(bytes),
        }))
    }
}

impl From<i64> for Value<'_> {
    fn from(number: i64) -> Self {
        Self::Int(number)
    }
}

impl From<u32> for Value<'_> {
    fn from(number: u32) -> Self {
        Self::Int(number.into())
    }
}

impl From<u8> for Value<'_> {
    fn from(number: u8) -> Self {
        Self::Int(number.into())
    }
}

impl From<Timestamp> for Value<'_> {
    fn from(time: Timestamp) -> Self {
        Self::Int(time.as_millisecond())
    }
}

impl<'a> From<&'a str> for Value<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(text)
    }
}

impl<'a> From<&'a [u8]> for Value<'a> {
    fn from(bytes: &'a [u8]) -> Self {
        Self::Bytes(bytes)
    }
}

impl<'a> From<&'a Uuid> for Value<'a> {
    fn from(id: &'a Uuid) -> Self {
        Self::Bytes(id.as_bytes())
    }
}

impl<'a> From<&'a Mac> for Value<'a> {
    fn from(mac: &'a Mac) -> Self {
        Self::Bytes(&mac.0)
    }
}

impl<'a, T: Into<Self>> From<Option<T>> for Value<'a> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}
