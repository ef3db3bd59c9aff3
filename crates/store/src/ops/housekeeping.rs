//! What the installation remembers of itself, whether it is well, and deleting what nobody can need any more.

use std::time::Duration;

use daftar_core::ports::{StoreError, Timestamp};
use daftar_core::repeat::REMEMBERED;
use daftar_core::secret::Mac;

use super::before;
use crate::migration;
use crate::tx::Tx;
use crate::value::Value;

const HOUR: Duration = Duration::from_secs(60 * 60);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);
const MONTH: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// What goes, how long after the moment in question, and how much of it at a time: a sweep must not hold up the writers behind it. The rows
/// that `$1` is compared with are found by an index.
const SWEPT: [(&str, Duration); 11] = [
    ("DELETE FROM registrations WHERE id IN (SELECT id FROM registrations WHERE expires_at <= $1 LIMIT 500)", DAY),
    ("DELETE FROM challenges WHERE id IN (SELECT id FROM challenges WHERE expires_at <= $1 LIMIT 500)", DAY),
    ("DELETE FROM limits WHERE key IN (SELECT key FROM limits WHERE arrival <= $1 LIMIT 500)", Duration::ZERO),
    ("DELETE FROM repeats WHERE (client, key) IN (SELECT client, key FROM repeats WHERE created_at <= $1 LIMIT 500)", REMEMBERED),
    ("DELETE FROM sessions WHERE id IN (SELECT id FROM sessions WHERE expires_at <= $1 LIMIT 500)", MONTH),
    ("DELETE FROM sessions WHERE id IN (SELECT id FROM sessions WHERE ended_at <= $1 LIMIT 500)", MONTH),
    ("DELETE FROM outbox WHERE id IN (SELECT id FROM outbox WHERE settled_at <= $1 LIMIT 500)", MONTH),
    ("DELETE FROM inbox WHERE id IN (SELECT id FROM inbox WHERE sent_at <= $1 LIMIT 500)", MONTH),
    // Whoever guesses waits a month for a shorter code: not worth it. The address of somebody who never came back is not kept.
    ("DELETE FROM wrong_codes WHERE subject IN (SELECT subject FROM wrong_codes WHERE last_at <= $1 LIMIT 500)", MONTH),
    ("DELETE FROM signing_keys WHERE kid IN (SELECT kid FROM signing_keys WHERE retires_at <= $1 LIMIT 500)", Duration::ZERO),
    ("DELETE FROM wrong_code_minutes WHERE minute IN (SELECT minute FROM wrong_code_minutes WHERE minute <= $1 LIMIT 500)", HOUR),
];

/// Deletes what is past its time; how many rows went.
pub(crate) async fn sweep(tx: &mut Tx<'_>, now: Timestamp) -> Result<u64, StoreError> {
    let mut gone = 0;
    for (sql, age) in SWEPT {
        gone += tx.exec(sql, &[before(now, age).into()]).await?;
    }
    Ok(gone)
}

/// The newest migration that the database has had, and the one that the oldest program knows which can serve from it.
pub(crate) async fn schema(tx: &mut Tx<'_>) -> Result<(i64, i64), StoreError> {
    let found = tx.one(migration::FOUND, &[], |row| row.of(migration::BOOK).number("version")).await?;
    let oldest = tx.one(migration::OLDEST, &[], |row| row.of("oldest_program").number("known")).await?;
    Ok((found, oldest))
}

/// Writes something that means nothing, to see whether writing works.
pub(crate) async fn touch(tx: &mut Tx<'_>) -> Result<(), StoreError> {
    put(tx, "touched", "ON CONFLICT (key) DO UPDATE SET value = excluded.value", &[]).await
}

/// Remembers the master key's fingerprint the first time; afterwards whether it is the same.
pub(crate) async fn same_master_key(tx: &mut Tx<'_>, fingerprint: Mac) -> Result<bool, StoreError> {
    put(tx, "master_key", "ON CONFLICT (key) DO NOTHING", &fingerprint.0).await?;
    tx.one("SELECT key, value FROM settings WHERE key = 'master_key'", &[], |row| Ok(row.of("settings").mac("value")? == fingerprint)).await
}

async fn put(tx: &mut Tx<'_>, key: &str, on_conflict: &str, value: &[u8]) -> Result<(), StoreError> {
    let sql = format!("INSERT INTO settings (key, value) VALUES ($1, $2) {on_conflict}");
    tx.exec(&sql, &[key.into(), Value::Bytes(value)]).await?;
    Ok(())
}
