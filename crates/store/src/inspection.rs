//! What is read of a store by whoever looks whether all is well. Nothing here writes: a look must not change what it looks at.

use daftar_core::message::Channel;
use daftar_core::ports::{StoreError, Timestamp};
use daftar_core::secret::Mac;

use crate::SqlStore;
use crate::ops::{housekeeping, inspection, time};

/// Which schema a database has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Schema {
    /// The number of its newest migration.
    pub found: i64,
    /// The newest that this program knows.
    pub known: i32,
}

impl SqlStore {
    /// Its schema.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn schema(&self) -> Result<Schema, StoreError> {
        let (found, _) = self.look_up("schema", (), |tx, ()| Box::pin(housekeeping::schema(tx))).await?;
        Ok(Schema { found, known: self.history().known() })
    }

    /// The fingerprint of the master key under which it was made; `None`: no program has served from it yet.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn master_key(&self) -> Result<Option<Mac>, StoreError> {
        self.look_up("master_key", (), |tx, ()| Box::pin(inspection::master_key(tx))).await
    }

    /// The latest time that it was told, which a clock that goes forward cannot be behind.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn latest_time(&self) -> Result<Option<Timestamp>, StoreError> {
        self.look_up("latest_time", (), |tx, ()| Box::pin(time::latest(tx))).await
    }

    /// How many messages of each channel have failed since a moment; channels of which none did are left out.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn failed_since(&self, since: Timestamp) -> Result<Vec<(Channel, u64)>, StoreError> {
        self.scan("failed_since", since, |tx, &since| Box::pin(inspection::failed_since(tx, since))).await
    }
}
