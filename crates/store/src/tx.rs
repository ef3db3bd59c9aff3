//! What an operation may do with a transaction, alike on both engines. Its text is SQL that both take: `$1` parameters, `RETURNING`,
//! `ON CONFLICT`. What differs is a method here.

use daftar_core::audit::Scribe;
use daftar_core::ports::StoreError;
use futures_util::future::BoxFuture;
use rusqlite::Connection;

use crate::error::{Bug, from_sqlite};
use crate::postgres::session::Session;
use crate::row::Row;
use crate::value::Value;

/// An operation over its input. A plain function: it can be run again, and holds nothing but what it is given.
pub(crate) type Op<I, T> = for<'t> fn(&'t mut Tx<'_>, &'t I) -> BoxFuture<'t, Result<T, StoreError>>;

/// A transaction, or for look-ups a connection outside of one. Everything in it is `Send`, so that an operation may wait for a server.
pub(crate) struct Tx<'c> {
    engine: Engine<'c>,
    scribe: Option<&'c Scribe>,
    keeps: bool,
}

enum Engine<'c> {
    Sqlite(&'c mut Connection),
    Postgres(Session<'c>),
}

impl<'c> Tx<'c> {
    /// Over a connection whose transaction, if there is one, the caller begins and ends.
    pub(crate) const fn sqlite(connection: &'c mut Connection) -> Self {
        Self { engine: Engine::Sqlite(connection), scribe: None, keeps: true }
    }

    /// Over a session with a server, whose transaction, if there is one, the caller begins and ends.
    pub(crate) const fn postgres(session: Session<'c>) -> Self {
        Self { engine: Engine::Postgres(session), scribe: None, keeps: true }
    }

    /// The same, noting with `scribe` what is done.
    pub(crate) fn noting(self, scribe: Option<&'c Scribe>) -> Self {
        Self { scribe, ..self }
    }

    /// Who writes down what is done, if anybody does.
    pub(crate) const fn scribe(&self) -> Option<&'c Scribe> {
        self.scribe
    }

    /// Runs a statement; how many rows it wrote.
    pub(crate) async fn exec(&mut self, sql: &str, values: &[Value<'_>]) -> Result<u64, StoreError> {
        match &mut self.engine {
            Engine::Sqlite(connection) => {
                let mut statement = connection.prepare_cached(sql).map_err(from_sqlite)?;
                bind(&mut statement, values)?;
                statement.raw_execute().map(|count| count as u64).map_err(from_sqlite)
            }
            Engine::Postgres(session) => session.execute(sql, values).await,
        }
    }

    /// Runs a statement whose outcome decides nothing. On a server it is not waited for: that it failed is said by a later one, or by the end of the transaction, of which then
    /// nothing stays.
    pub(crate) async fn post(&mut self, sql: &str, values: &[Value<'_>]) -> Result<(), StoreError> {
        match &mut self.engine {
            Engine::Sqlite(_) => self.exec(sql, values).await.map(drop),
            Engine::Postgres(session) => session.post(sql, values).await,
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
            Engine::Postgres(session) => session.each(sql, values, |row| read(&Row::postgres(row))).await,
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
            Engine::Postgres(_) => "FOR UPDATE",
        }
    }

    /// Ends a `SELECT` that takes what nobody else is about to write, and leaves the rest.
    pub(crate) const fn skip_locked(&self) -> &'static str {
        match self.engine {
            Engine::Sqlite(_) => "",
            Engine::Postgres(_) => "FOR UPDATE SKIP LOCKED",
        }
    }

    /// Begins a transaction in which everything is as it is at one moment, however long it takes: on SQLite by keeping writers out.
    pub(crate) const fn begin_still(&self) -> &'static str {
        match self.engine {
            Engine::Sqlite(_) => "BEGIN IMMEDIATE",
            Engine::Postgres(_) => "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
        }
    }

    /// Selects as `now` what time it is at the database; `None`: it has no clock but ours.
    pub(crate) const fn time_of_day(&self) -> Option<&'static str> {
        match self.engine {
            Engine::Sqlite(_) => None,
            // Not the beginning of the transaction, which may have waited since.
            Engine::Postgres(_) => Some("SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint AS now"),
        }
    }

    /// Selects the `name`s of the columns of the table `$1`.
    pub(crate) const fn columns_of(&self) -> &'static str {
        match self.engine {
            Engine::Sqlite(_) => "SELECT name FROM pragma_table_info($1)",
            Engine::Postgres(_) => {
                "SELECT column_name::text AS name FROM information_schema.columns \
                 WHERE table_schema::text = current_schema()::text AND table_name::text = $1"
            }
        }
    }

    /// Waits for every other transaction that locked one of the same names, and keeps the next one waiting. It is for what a row lock cannot hold: a row
    /// that is not there yet. Names of one kind are locked together, in one order, whoever comes: so two that share several never wait
    /// for one another. Of several kinds every operation takes what it needs in this order: a repeat, a customer, a registration's row, challenges' names, their rows,
    /// wrong codes, an account's row, identifiers, limits, devices. On SQLite every transaction is alone already.
    pub(crate) async fn lock(&mut self, what: &'static str, names: impl IntoIterator<Item = &str> + Send) -> Result<(), StoreError> {
        match &mut self.engine {
            Engine::Sqlite(_) => Ok(()),
            Engine::Postgres(session) => {
                let mut names: Vec<_> = names.into_iter().map(|name| format!("{what}/{name}")).collect();
                names.sort_unstable();
                names.dedup();
                session.lock(&names).await
            }
        }
    }

    /// The session with a server, for whoever began its transaction to end it.
    pub(crate) fn into_session(self) -> Option<Session<'c>> {
        match self.engine {
            Engine::Sqlite(_) => None,
            Engine::Postgres(session) => Some(session),
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
