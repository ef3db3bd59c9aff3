//! PostgreSQL: the whole contract, and what only a server can do.

use async_trait::async_trait;
use daftar_store::{Location, OpenError, Opening, SqlStore};
use daftar_testkit::postgres::{Database, bytes_on_disk};
use daftar_testkit::store_contract::Engine;

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

    async fn bytes(&self) -> Vec<u8> {
        bytes_on_disk(&self.behind).await
    }
}

mod contract {
    use super::Postgres;

    daftar_testkit::store_contract!(Postgres);
}
