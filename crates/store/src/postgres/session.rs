//! Statements over a connection, in a transaction or outside of one.
//!
//! In a transaction a statement whose outcome decides nothing is sent and not waited for: the server carries out what comes one after the other, and the next statement whose
//! answer is needed, or the end, waits for all of them at once. So an operation costs as many journeys to the server as it makes decisions, and holds its locks for no longer.
//! Nor is the beginning waited for, unless what comes first writes: should the server not begin a transaction, that would stay.
//!
//! What failed once fails whatever comes later: nothing is sent any more, and the transaction cannot end but by a rollback.

use std::pin::pin;
use std::task::Poll;

use daftar_core::ports::StoreError;
use deadpool_postgres::ClientWrapper;
use futures_util::future::BoxFuture;
use futures_util::{FutureExt as _, TryStreamExt as _, poll};
use tokio_postgres::types::ToSql;
use tokio_postgres::{Error, Row};

use super::fault::Fault;
use crate::error::Bug;
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
    /// Whether one of its statements failed.
    has_failed: bool,
    /// Statements that are on their way, in order.
    ahead: Vec<BoxFuture<'c, Result<(), Error>>>,
}

/// Why a transaction did not end as it was to.
#[derive(Debug)]
pub(super) enum NotCommitted {
    /// Nothing of it stays.
    Surely(StoreError),
    /// The connection broke when it was about to end: all of it may stay, or nothing.
    Perhaps,
}

fn parameters<'a>(values: &'a [Value<'_>]) -> impl ExactSizeIterator<Item = &'a (dyn ToSql + Sync)> {
    values.iter().map(|value| value as &(dyn ToSql + Sync))
}

impl<'c> Session<'c> {
    /// Over a connection, each statement by itself, or in a transaction that a statement began.
    pub(crate) const fn outside(connection: &'c ClientWrapper) -> Self {
        Self { connection, transaction: None }
    }

    /// Begins a transaction. If it is dropped before its end was asked for, it is rolled back.
    pub(super) async fn beginning(connection: &'c ClientWrapper) -> Result<Self, Fault> {
        let mut session = Self { connection, transaction: Some(Transaction::default()) };
        session.sent(connection.batch_execute("START TRANSACTION").boxed()).await?;
        Ok(session)
    }

    /// Ends the transaction: what it did stays. It is on its way behind the last statement; if one of them fails, the server makes a rollback of it.
    pub(super) async fn commit(mut self) -> Result<(), NotCommitted> {
        self.has_not_failed().map_err(NotCommitted::Surely)?;
        let connection = self.connection;
        let mut commit = pin!(connection.batch_execute("COMMIT"));
        let at_once = poll!(commit.as_mut());
        self.caught_up().await.map_err(|fault| match fault {
            Fault::Broken(_) => NotCommitted::Perhaps,
            refused => NotCommitted::Surely(refused.into()),
        })?;
        self.transaction = None;
        finished(at_once, commit)
            .await
            .map_err(Fault::from)
            .map_err(|fault| if fault.is_disconnection() { NotCommitted::Perhaps } else { NotCommitted::Surely(fault.into()) })
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
        let mut prepare = pin!(connection.prepare_cached(sql));
        let statement = match poll!(prepare.as_mut()) {
            // As it nearly always is: it was prepared before.
            Poll::Ready(Ok(statement)) => statement,
            at_once => self.behind_the_others(finished(at_once, prepare)).await?,
        };
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
        loop {
            match rows.try_next().await {
                Ok(Some(row)) => read(&row)?,
                Ok(None) => return Ok(()),
                Err(error) => return Err(self.failed(error).into()),
            }
        }
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

    fn has_not_failed(&self) -> Result<(), StoreError> {
        match &self.transaction {
            Some(transaction) if transaction.has_failed => Err(Bug::Failed.into()),
            _ => Ok(()),
        }
    }

    /// What changes nothing may be carried out outside of a transaction that the server did not begin; before anything else it is known to have begun.
    async fn begun_for(&mut self, sql: &str) -> Result<(), StoreError> {
        self.has_not_failed()?;
        let has_begun = self.transaction.as_ref().is_none_or(|transaction| transaction.has_begun);
        if has_begun || sql.starts_with("SELECT ") { Ok(()) } else { Ok(self.caught_up().await?) }
    }

    /// Puts a statement on its way.
    async fn sent(&mut self, mut statement: BoxFuture<'c, Result<(), Error>>) -> Result<(), Fault> {
        let at_once = poll!(&mut statement);
        match &mut self.transaction {
            Some(transaction) if at_once.is_pending() => {
                transaction.ahead.push(statement);
                Ok(())
            }
            _ => self.behind_the_others(finished(at_once, statement)).await,
        }
    }

    /// Waits for something that is sent at once, and first for all that was sent before it: if that failed, it is the cause of everything after it.
    async fn behind_the_others<T>(&mut self, next: impl Future<Output = Result<T, Error>>) -> Result<T, Fault> {
        let mut next = pin!(next);
        let at_once = poll!(next.as_mut());
        self.caught_up().await?;
        finished(at_once, next).await.map_err(|error| self.failed(error))
    }

    /// A statement failed, and with it the transaction.
    fn failed(&mut self, error: Error) -> Fault {
        if let Some(transaction) = &mut self.transaction {
            transaction.has_failed = true;
        }
        error.into()
    }

    async fn caught_up(&mut self) -> Result<(), Fault> {
        let ahead = self.transaction.as_mut().map(|transaction| std::mem::take(&mut transaction.ahead));
        for statement in ahead.into_iter().flatten() {
            statement.await.map_err(|error| self.failed(error))?;
        }
        if let Some(transaction) = &mut self.transaction {
            transaction.has_begun = true;
        }
        Ok(())
    }
}

/// The outcome of what was polled once already.
async fn finished<T>(at_once: Poll<T>, future: impl Future<Output = T>) -> T {
    match at_once {
        Poll::Ready(outcome) => outcome,
        Poll::Pending => future.await,
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

#[cfg(test)]
mod tests {
    use daftar_testkit::postgres::Database;
    use tokio_postgres::NoTls;

    use super::*;

    async fn connection() -> ClientWrapper {
        let (client, connection) = tokio_postgres::connect(&Database::shared().await.url(), NoTls).await.unwrap();
        ClientWrapper::new(client, tokio::spawn(async { drop(connection.await) }))
    }

    fn ahead(session: &Session<'_>) -> usize {
        session.transaction.as_ref().map_or(0, |transaction| transaction.ahead.len())
    }

    const PUT: &str = "INSERT INTO settings (key, value) VALUES ($1, $2)";

    #[tokio::test]
    async fn nothing_is_waited_for_that_decides_nothing() {
        let connection = connection().await;
        // What a statement is has to be asked once.
        connection.prepare_cached(PUT).await.unwrap();
        let mut session = Session::beginning(&connection).await.unwrap();
        session.lock(&["siti".to_owned()]).await.unwrap();
        session.each("SELECT key FROM settings", &[], |_| Ok(())).await.unwrap();
        assert_eq!(ahead(&session), 0);
        for key in ["a", "b", "c"] {
            session.post(PUT, &[key.into(), Value::Bytes(b"1")]).await.unwrap();
        }
        assert_eq!(ahead(&session), 3);
        session.commit().await.unwrap();
        assert_eq!(connection.query("SELECT key FROM settings WHERE key IN ('a', 'b', 'c')", &[]).await.unwrap().len(), 3);
    }

    #[tokio::test]
    async fn what_comes_after_a_failure_that_nobody_minded_is_refused_and_the_end_is_a_rollback() {
        let connection = connection().await;
        let mut session = Session::beginning(&connection).await.unwrap();
        session.execute(PUT, &["a".into(), Value::Bytes(b"1")]).await.unwrap();
        assert!(session.execute("SELECT 1 / 0", &[]).await.is_err());
        for refused in
            [session.execute(PUT, &["b".into(), Value::Bytes(b"1")]).await.map(drop), session.post(PUT, &["c".into(), Value::Bytes(b"1")]).await]
        {
            assert!(matches!(refused, Err(StoreError::Failed(_))), "{refused:?}");
        }
        assert!(matches!(session.commit().await, Err(NotCommitted::Surely(_))));
        assert!(connection.query("SELECT key FROM settings WHERE key IN ('a', 'b', 'c')", &[]).await.unwrap().is_empty());
    }

    #[tokio::test]
    async fn a_failure_among_the_rows_that_nobody_minded_is_no_commit_either() {
        let connection = connection().await;
        let mut session = Session::beginning(&connection).await.unwrap();
        session.execute(PUT, &["a".into(), Value::Bytes(b"1")]).await.unwrap();
        let mut rows = 0;
        let read = session.each("SELECT 1 / (n - 2) FROM generate_series(1, 3) n", &[], |_| {
            rows += 1;
            Ok(())
        });
        assert!(read.await.is_err());
        assert_eq!(rows, 1, "it came behind one");
        assert!(matches!(session.commit().await, Err(NotCommitted::Surely(_))));
        assert!(connection.query("SELECT key FROM settings WHERE key = 'a'", &[]).await.unwrap().is_empty());
    }

    #[tokio::test]
    async fn what_the_server_refuses_right_before_the_end_is_known_not_to_stay() {
        let connection = connection().await;
        connection.prepare_cached(PUT).await.unwrap();
        let mut session = Session::beginning(&connection).await.unwrap();
        session.execute("SET TRANSACTION READ ONLY", &[]).await.unwrap();
        session.post(PUT, &["a".into(), Value::Bytes(b"1")]).await.unwrap();
        let outcome = session.commit().await;
        // As of a server that has become a standby: on another connection it is run again.
        assert!(matches!(&outcome, Err(NotCommitted::Surely(StoreError::Unavailable(_)))), "{outcome:?}");
        assert!(connection.query("SELECT key FROM settings WHERE key = 'a'", &[]).await.unwrap().is_empty());
    }
}
