//! The mark of an unfinished copy: a setting of the target, from the first step to the last, that names the source by its master key's fingerprint.

use daftar_core::ports::StoreError;

use super::error::CopyError;
use super::side::Side;
use super::table::TABLES;
use crate::tx::Tx;
use crate::value::Value;

/// What is at hand of an installation to tell it from others.
pub(super) type Fingerprint = Vec<u8>;

/// Whether the database is the target of a copy that is not finished.
pub(crate) async fn is_there(tx: &mut Tx<'_>) -> Result<bool, StoreError> {
    setting(tx, "copy").await.map(|mark| mark.is_some())
}

/// The installation's fingerprint, once a program has served from the database.
pub(super) async fn fingerprint(tx: &mut Tx<'_>) -> Result<Option<Fingerprint>, StoreError> {
    setting(tx, "master_key").await
}

async fn setting(tx: &mut Tx<'_>, key: &str) -> Result<Option<Vec<u8>>, StoreError> {
    tx.opt("SELECT key, value FROM settings WHERE key = $1", &[key.into()], |row| Ok(row.of("settings").bytes("value")?.to_owned())).await
}

/// Marks an empty database as the target of a copy of `installation`; or finds that it is already.
pub(super) async fn put(target: &mut Side, installation: &Fingerprint) -> Result<(), CopyError> {
    enum Found {
        Ours,
        Anothers,
        Rows(&'static str),
    }
    let marking = async |tx: &mut Tx<'_>| {
        // This comes first: of two that start at once, the second waits here for the first.
        tx.exec("BEGIN", &[]).await?;
        let sql = "INSERT INTO settings (key, value) VALUES ('copy', $1) ON CONFLICT (key) DO NOTHING";
        if tx.exec(sql, &[Value::Bytes(installation)]).await? == 0 {
            let is_ours = setting(tx, "copy").await?.is_some_and(|mark| mark == *installation);
            tx.exec("ROLLBACK", &[]).await?;
            return Ok(if is_ours { Found::Ours } else { Found::Anothers });
        }
        for table in TABLES.iter().filter(|table| table.name != "settings") {
            if tx.opt(&format!("SELECT 1 FROM {} LIMIT 1", table.name), &[], |_| Ok(())).await?.is_some() {
                tx.exec("ROLLBACK", &[]).await?;
                return Ok(Found::Rows(table.name));
            }
        }
        // A database that was only migrated may remember a key; nothing is under it.
        tx.exec("DELETE FROM settings WHERE key <> 'copy'", &[]).await?;
        tx.exec("COMMIT", &[]).await?;
        Ok(Found::Ours)
    };
    match target.run("settings", marking).await? {
        Found::Ours => Ok(()),
        Found::Anothers => Err(CopyError::OfAnother),
        Found::Rows(table) => Err(CopyError::Occupied(table)),
    }
}

/// Keeps the mark, if it is still there, until the transaction ends.
pub(super) async fn hold(tx: &mut Tx<'_>) -> Result<bool, StoreError> {
    tx.exec("UPDATE settings SET value = value WHERE key = 'copy'", &[]).await.map(|marks| marks > 0)
}

/// The copy is finished.
pub(super) async fn take_away(tx: &mut Tx<'_>) -> Result<(), StoreError> {
    tx.exec("DELETE FROM settings WHERE key = 'copy'", &[]).await.map(drop)
}
