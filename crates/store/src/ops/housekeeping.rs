//! What the installation remembers of itself, whether it is well, and deleting what nobody can need any more.

use std::time::Duration;

use daftar_core::ports::{StoreError, Timestamp};
use daftar_core::repeat::REMEMBERED;
use daftar_core::secret::Mac;

use uuid::Uuid;

use super::before;
use crate::migration;
use crate::tx::Tx;
use crate::value::Value;

const HOUR: Duration = Duration::from_secs(60 * 60);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);
const MONTH: Duration = Duration::from_secs(30 * 24 * 60 * 60);
const QUARTER: Duration = Duration::from_secs(90 * 24 * 60 * 60);

/// What goes: rows of a table, by their key, how long after a moment of theirs, which an index finds.
struct Swept {
    table: &'static str,
    key: &'static str,
    moment: &'static str,
    age: Duration,
}

const fn swept(table: &'static str, key: &'static str, moment: &'static str, age: Duration) -> Swept {
    Swept { table, key, moment, age }
}

const SWEPT: [Swept; 17] = [
    swept("registrations", "id", "expires_at", DAY),
    swept("customers", "id", "expires_at", DAY),
    swept("challenges", "id", "expires_at", DAY),
    swept("recoveries", "id", "expires_at", Duration::ZERO),
    swept("access_tokens", "id", "expires_at", Duration::ZERO),
    swept("limits", "key", "arrival", Duration::ZERO),
    swept("repeats", "client, key", "created_at", REMEMBERED),
    swept("sessions", "id", "expires_at", MONTH),
    swept("sessions", "id", "ended_at", MONTH),
    swept("outbox", "id", "settled_at", MONTH),
    swept("attempts", "message, number", "ended_at", MONTH),
    swept("receipts", "route, reference", "noted_at", MONTH),
    swept("inbox", "id", "sent_at", MONTH),
    // Whoever guesses waits a month for a shorter code: not worth it. The address of somebody who never came back is not kept.
    swept("wrong_codes", "subject", "last_at", MONTH),
    swept("wrong_code_minutes", "minute", "minute", HOUR),
    // An address that nobody came back to for three months is a stranger's again.
    swept("known_addresses", "account, address", "seen_at", QUARTER),
    swept("signing_keys", "kid", "retires_at", Duration::ZERO),
];

/// Deletes what is past its time, a bounded amount of each: a sweep must not hold up the writers behind it. How many rows went.
pub(crate) async fn sweep(tx: &mut Tx<'_>, now: Timestamp) -> Result<u64, StoreError> {
    let mut gone = 0;
    for Swept { table, key, moment, age } in SWEPT {
        // A row that somebody is about to write stays, and one that has become young again meanwhile.
        let sql = format!(
            "WITH past AS MATERIALIZED (SELECT {key} FROM {table} WHERE {moment} <= $1 LIMIT 500 {}) \
             DELETE FROM {table} WHERE {moment} <= $1 AND ({key}) IN (SELECT {key} FROM past)",
            tx.skip_locked()
        );
        gone += tx.exec(&sql, &[before(now, age).into()]).await?;
    }
    Ok(gone)
}

/// The newest migration that the database has had, and the one that the oldest program knows which can serve from it.
pub(crate) async fn schema(tx: &mut Tx<'_>) -> Result<(i64, i64), StoreError> {
    let found = tx.one(migration::FOUND, &[], |row| row.of(migration::BOOK).number("version")).await?;
    let oldest = tx.one(migration::OLDEST, &[], |row| row.of("oldest_program").number("known")).await?;
    Ok((found, oldest))
}

/// Writes something that means nothing, to see whether writing works. Each store has a row of its own: it waits for nobody.
pub(crate) async fn touch(tx: &mut Tx<'_>, name: Uuid) -> Result<(), StoreError> {
    let key = format!("touched/{name}");
    put(tx, &key, "ON CONFLICT (key) DO UPDATE SET value = excluded.value", &[]).await?;
    tx.post("DELETE FROM settings WHERE key = $1", &[key.as_str().into()]).await?;
    Ok(())
}

/// Remembers the master key's fingerprint the first time; afterwards whether it is the same.
pub(crate) async fn same_master_key(tx: &mut Tx<'_>, fingerprint: Mac) -> Result<bool, StoreError> {
    put(tx, "master_key", "ON CONFLICT (key) DO NOTHING", &fingerprint.0).await?;
    tx.one("SELECT key, value FROM settings WHERE key = 'master_key'", &[], |row| Ok(row.of("settings").mac("value")? == fingerprint)).await
}

/// Keeps a setting.
pub(super) async fn put(tx: &mut Tx<'_>, key: &str, on_conflict: &str, value: &[u8]) -> Result<(), StoreError> {
    let sql = format!("INSERT INTO settings (key, value) VALUES ($1, $2) {on_conflict}");
    tx.post(&sql, &[key.into(), Value::Bytes(value)]).await?;
    Ok(())
}
