//! What whoever looks after an installation reads of its database, and what a command reads that must not change anything.

use daftar_core::message::Channel;
use daftar_core::ports::{StoreError, Timestamp};
use daftar_core::secret::Mac;

use crate::tx::Tx;

/// The fingerprint of the master key under which the database was made, once a program has served from it.
pub(crate) async fn master_key(tx: &mut Tx<'_>) -> Result<Option<Mac>, StoreError> {
    tx.opt("SELECT key, value FROM settings WHERE key = 'master_key'", &[], |row| row.of("settings").mac("value")).await
}

/// How many messages of each channel have failed since a moment; channels of which none did are left out.
pub(crate) async fn failed_since(tx: &mut Tx<'_>, since: Timestamp) -> Result<Vec<(Channel, u64)>, StoreError> {
    let sql = "SELECT channel, count(*) AS failed FROM outbox WHERE settled_at >= $1 AND state = 'failed' GROUP BY channel ORDER BY channel";
    let mut failed = Vec::new();
    tx.each(sql, &[since.into()], |row| {
        let row = row.of("outbox");
        failed.push((row.named("channel", Channel::from_name)?, row.number("failed")?));
        Ok(())
    })
    .await?;
    Ok(failed)
}
