//! Statements over a connection: a transaction of its own, or a connection that many share and on which statements follow one another without waiting.

use daftar_core::ports::StoreError;
use deadpool_postgres::{ClientWrapper, Transaction};
use futures_util::TryStreamExt as _;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Error, Row, RowStream, Statement};

use super::fault::Fault;
use crate::value::Value;

/// How many names one statement locks.
const LOCKED_AT_ONCE: usize = 16;

/// Where statements go.
#[derive(Clone, Copy)]
pub(crate) enum Session<'c> {
    /// A transaction.
    Transaction(&'c Transaction<'c>),
    /// A connection outside of one.
    Connection(&'c ClientWrapper),
}

fn parameters<'a>(values: &'a [Value<'_>]) -> impl ExactSizeIterator<Item = &'a (dyn ToSql + Sync)> {
    values.iter().map(|value| value as &(dyn ToSql + Sync))
}

impl Session<'_> {
    async fn prepare(&self, sql: &str) -> Result<Statement, Error> {
        match self {
            Self::Transaction(transaction) => transaction.prepare_cached(sql).await,
            Self::Connection(connection) => connection.prepare_cached(sql).await,
        }
    }

    async fn query(&self, sql: &str, values: &[Value<'_>]) -> Result<RowStream, Error> {
        let statement = self.prepare(sql).await?;
        match self {
            Self::Transaction(transaction) => transaction.query_raw(&statement, parameters(values)).await,
            Self::Connection(connection) => connection.query_raw(&statement, parameters(values)).await,
        }
    }

    /// Runs a statement; how many rows it wrote.
    pub(crate) async fn execute(&self, sql: &str, values: &[Value<'_>]) -> Result<u64, StoreError> {
        let execute = async {
            let statement = self.prepare(sql).await?;
            match self {
                Self::Transaction(transaction) => transaction.execute_raw(&statement, parameters(values)).await,
                Self::Connection(connection) => connection.execute_raw(&statement, parameters(values)).await,
            }
        };
        execute.await.map_err(|error| Fault::from(error).into())
    }

    /// Gives every row to `read`.
    pub(crate) async fn each(
        &self,
        sql: &str,
        values: &[Value<'_>],
        mut read: impl FnMut(&Row) -> Result<(), StoreError> + Send,
    ) -> Result<(), StoreError> {
        let rows = self.query(sql, values).await.map_err(Fault::from)?;
        let mut rows = std::pin::pin!(rows);
        while let Some(row) = rows.try_next().await.map_err(Fault::from)? {
            read(&row)?;
        }
        Ok(())
    }

    /// Holds names until the transaction ends. Those of one statement are locked in its order.
    pub(crate) async fn lock(&self, names: &[String]) -> Result<(), StoreError> {
        for some in names.chunks(LOCKED_AT_ONCE) {
            // The server hashes: every replica and every version of this program must come to the same numbers.
            let locks: Vec<_> = (1..=some.len()).map(|n| format!("pg_advisory_xact_lock(hashtextextended(${n}, 0))")).collect();
            let values: Vec<_> = some.iter().map(|name| name.as_str().into()).collect();
            self.execute(&format!("SELECT {}", locks.join(", ")), &values).await?;
        }
        Ok(())
    }
}
