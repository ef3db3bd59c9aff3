//! The keys that sign tokens. There are a handful: a change writes all of them.

use daftar_core::audit::Act;
use daftar_core::ports::{StoreError, Timestamp};
use daftar_core::token::{Others, Rotation, SealedKey, Term};

use super::audit;
use crate::row::Row;
use crate::tx::Tx;

/// Every key, the newest first.
pub(crate) async fn list(tx: &mut Tx<'_>) -> Result<Vec<SealedKey>, StoreError> {
    tx.all("SELECT kid, sealed, created_at, signs_from, retires_at FROM signing_keys ORDER BY signs_from DESC, kid", &[], read).await
}

fn read(row: &Row<'_>) -> Result<SealedKey, StoreError> {
    let row = row.of("signing_keys");
    Ok(SealedKey {
        kid: row.text("kid")?.to_owned(),
        sealed: row.bytes("sealed")?.to_owned(),
        created_at: row.time("created_at")?,
        term: Term { signs_from: row.time("signs_from")?, retires_at: row.opt_time("retires_at")? },
    })
}

/// Keeps `first` if there is no key at all; every key there is then.
pub(crate) async fn first(tx: &mut Tx<'_>, first: &SealedKey) -> Result<Vec<SealedKey>, StoreError> {
    alone(tx).await?;
    if list(tx).await?.is_empty() {
        insert(tx, first).await?;
    }
    list(tx).await
}

/// Replaces the keys by what the rotation makes of them.
pub(crate) async fn rotate(tx: &mut Tx<'_>, rotation: &Rotation) -> Result<(), StoreError> {
    alone(tx).await?;
    let (keys, last_end) = (list(tx).await?, last_end(tx).await?);
    tx.post("DELETE FROM signing_keys", &[]).await?;
    for key in rotation.clone().turn(keys, last_end) {
        insert(tx, &key).await?;
    }
    let others = match rotation.others {
        Others::Retire(_) => "retired",
        Others::Vanish => "revoked",
    };
    audit::note(tx, Act::KeysRotated, None, Some(others.to_owned())).await
}

/// Nobody else changes the keys meanwhile.
async fn alone(tx: &mut Tx<'_>) -> Result<(), StoreError> {
    tx.lock("signing_key", ["ring"]).await
}

/// When the last of what a token stands for ends.
async fn last_end(tx: &mut Tx<'_>) -> Result<Option<Timestamp>, StoreError> {
    let mut last = None;
    for table in ["sessions", "registrations", "challenges", "recoveries", "access_tokens"] {
        let sql = format!("SELECT max(expires_at) AS expires_at FROM {table}");
        last = last.max(tx.one(&sql, &[], |row| row.of(table).opt_time("expires_at")).await?);
    }
    Ok(last)
}

async fn insert(tx: &mut Tx<'_>, key: &SealedKey) -> Result<(), StoreError> {
    let values =
        [key.kid.as_str().into(), key.sealed.as_slice().into(), key.created_at.into(), key.term.signs_from.into(), key.term.retires_at.into()];
    tx.post("INSERT INTO signing_keys (kid, sealed, created_at, signs_from, retires_at) VALUES ($1, $2, $3, $4, $5)", &values).await?;
    Ok(())
}
