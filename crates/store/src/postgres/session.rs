//! Statements over a connection, in a transaction or outside of one.
//!
//! In a transaction a statement whose outcome decides nothing is sent and not waited for: the server carries out what comes one after the other, and the next statement whose
//! answer is needed, or the end, waits for all of them at once. So an operation costs as many journeys to the server as it makes decisions, and holds its locks for no longer.
//! Nor is the beginning waited for, unless what comes first writes: should the server not begin a transaction, that would stay.

use std::pin::pin;
use std::task::Poll;

use daftar_core::ports::StoreError;
use deadpool_postgres::ClientWrapper;
use futures_util::future::BoxFuture;
use futures_util::{FutureExt as _, TryStreamExt as _, poll};
use tokio_postgres::types::ToSql;
use tokio_postgres::{Error, Row};

use super::fault::Fault;
use crate::value::{Owned, Value};

/// How many names one statement locks.
const LOCKED_AT_ONCE: usize = 16;

/// Where statements go.
pub(crate) struct Session<'c> {
    connection: &'c ClientWrapper,
    transaction: Option<Transaction<'c>>,
}

/// One that has not ended.
#[derive(Default)]
struct Transaction<'c> {
    /// Whether the server has begun it.
    has_begun: bool,
    /// Statements that are on their way, in order.
    ahead: Vec<BoxFuture<'c, Result<(), Error>>>,
}

fn parameters<'a>(values: &'a [Value<'_>]) -> impl ExactSizeIterator<Item = &'a (dyn ToSql + Sync)> {
    values.iter().map(|value| value as &(dyn ToSql + Sync))
}

impl<'c> Session<'c> {
    /// Over a connection, each statement by itself, or in a transaction that a statement began.
    pub(crate) const fn outside(connection: &'c ClientWrapper) -> Self {
        Self { connection, transaction: None }
    }

    /// Begins a transaction. If it is dropped before it has ended, it is rolled back.
    pub(super) async fn beginning(connection: &'c ClientWrapper) -> Result<Self, Fault> {
        let mut session = Self { connection, transaction: Some(Transaction::default()) };
        session.sent(connection.batch_execute("START TRANSACTION").boxed()).await?;
        Ok(session)
    }

    /// Ends the transaction: what it did stays. It is on its way behind the last statement; if one of them fails, the server makes a rollback of it.
    pub(super) async fn commit(mut self) -> Result<(), Fault> {
        let connection = self.connection;
        self.behind_the_others(connection.batch_execute("COMMIT")).await?;
        self.transaction = None;
        Ok(())
    }

    /// Ends the transaction: nothing of it stays.
    pub(super) async fn roll_back(mut self) -> Result<(), Fault> {
        self.transaction = None;
        Ok(self.connection.batch_execute("ROLLBACK").await?)
    }

    /// Runs a statement; how many rows it wrote.
    pub(crate) async fn execute(&mut self, sql: &str, values: &[Value<'_>]) -> Result<u64, StoreError> {
        self.begun_for(sql).await?;
        let connection = self.connection;
        let execute = async {
            let statement = connection.prepare_cached(sql).await?;
            connection.execute_raw(&statement, parameters(values)).await
        };
        Ok(self.behind_the_others(execute).await?)
    }

    /// Runs a statement whose outcome decides nothing. That it failed may be said only by a later one, or by the end of the transaction.
    pub(crate) async fn post(&mut self, sql: &str, values: &[Value<'_>]) -> Result<(), StoreError> {
        if self.transaction.is_none() {
            return self.execute(sql, values).await.map(drop);
        }
        self.begun_for(sql).await?;
        let connection = self.connection;
        let statement = self.behind_the_others(connection.prepare_cached(sql)).await?;
        let values: Vec<Owned> = values.iter().map(|value| Owned::from(*value)).collect();
        let execute = async move {
            let values: Vec<Value<'_>> = values.iter().map(Value::from).collect();
            connection.execute_raw(&statement, parameters(&values)).await.map(drop)
        };
        Ok(self.sent(execute.boxed()).await?)
    }

    /// Gives every row to `read`.
    pub(crate) async fn each(
        &mut self,
        sql: &str,
        values: &[Value<'_>],
        mut read: impl FnMut(&Row) -> Result<(), StoreError> + Send,
    ) -> Result<(), StoreError> {
        self.begun_for(sql).await?;
        let connection = self.connection;
        let query = async {
            let statement = connection.prepare_cached(sql).await?;
            connection.query_raw(&statement, parameters(values)).await
        };
        let mut rows = pin!(self.behind_the_others(query).await?);
        while let Some(row) = rows.try_next().await.map_err(Fault::from)? {
            read(&row)?;
        }
        Ok(())
    }

    /// Holds names until the transaction ends. Those of one statement are locked in its order.
    pub(crate) async fn lock(&mut self, names: &[String]) -> Result<(), StoreError> {
        for some in names.chunks(LOCKED_AT_ONCE) {
            // The server hashes: every replica and every version of this program must come to the same numbers.
            let locks: Vec<_> = (1..=some.len()).map(|n| format!("pg_advisory_xact_lock(hashtextextended(${n}, 0))")).collect();
            let values: Vec<_> = some.iter().map(|name| name.as_str().into()).collect();
            self.post(&format!("SELECT {}", locks.join(", ")), &values).await?;
        }
        Ok(())
    }

    /// What changes nothing may be carried out outside of a transaction that the server did not begin; before anything else it is known to have begun.
    async fn begun_for(&mut self, sql: &str) -> Result<(), Fault> {
        let has_begun = self.transaction.as_ref().is_none_or(|transaction| transaction.has_begun);
        if has_begun || sql.starts_with("SELECT ") { Ok(()) } else { self.caught_up().await }
    }

    /// Puts a statement on its way.
    async fn sent(&mut self, mut statement: BoxFuture<'c, Result<(), Error>>) -> Result<(), Fault> {
        match (poll!(&mut statement), &mut self.transaction) {
            (Poll::Ready(outcome), _) => outcome.map_err(Fault::from),
            (Poll::Pending, Some(transaction)) => {
                transaction.ahead.push(statement);
                Ok(())
            }
            (Poll::Pending, None) => statement.await.map_err(Fault::from),
        }
    }

    /// Waits for something that is sent at once, and first for all that was sent before it: if that failed, it is the cause of everything after it.
    async fn behind_the_others<T>(&mut self, next: impl Future<Output = Result<T, Error>>) -> Result<T, Fault> {
        let mut next = pin!(next);
        let at_once = poll!(next.as_mut());
        self.caught_up().await?;
        match at_once {
            Poll::Ready(outcome) => outcome,
            Poll::Pending => next.await,
        }
        .map_err(Fault::from)
    }

    async fn caught_up(&mut self) -> Result<(), Fault> {
        if let Some(transaction) = &mut self.transaction {
            for statement in transaction.ahead.drain(..) {
                statement.await?;
            }
            transaction.has_begun = true;
        }
        Ok(())
    }
}

impl Drop for Session<'_> {
    /// Who began the transaction is gone. The server is told without waiting for it; whoever uses the connection next comes behind.
    fn drop(&mut self) {
        if self.transaction.take().is_some() {
            let _ = self.connection.batch_execute("ROLLBACK").boxed().now_or_never();
        }
    }
}
