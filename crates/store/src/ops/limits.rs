//! Limits: one theoretical arrival time a key, moved by the core's arithmetic.

use daftar_core::ports::{StoreError, Timestamp};
use daftar_core::throttle::{Charge, Charged, LimitKey};

use crate::tx::Tx;

/// Charges every limit, or none.
pub(crate) async fn charge(tx: &mut Tx<'_>, charges: &[Charge], now: Timestamp) -> Result<Charged, StoreError> {
    lock(tx, charges).await?;
    let (mut retry_after, mut spent) = (None, Vec::new());
    for Charge { key, limit } in charges {
        match limit.charge(arrival(tx, key).await?, now) {
            Ok(next) => put(tx, key, next).await?,
            Err(wait) => {
                retry_after = retry_after.max(Some(wait));
                spent.push(key.clone());
            }
        }
    }
    let Some(retry_after) = retry_after else { return Ok(Charged::Allowed) };
    tx.keep_nothing();
    Ok(Charged::Refused { retry_after, spent })
}

/// Gives charges back.
pub(crate) async fn refund(tx: &mut Tx<'_>, charges: &[Charge], now: Timestamp) -> Result<(), StoreError> {
    lock(tx, charges).await?;
    for Charge { key, limit } in charges {
        let Some(arrival) = arrival(tx, key).await? else { continue };
        match limit.refund(Some(arrival), now) {
            Some(earlier) => put(tx, key, earlier).await?,
            None => {
                tx.exec("DELETE FROM limits WHERE key = $1", &[key.0.as_str().into()]).await?;
            }
        }
    }
    Ok(())
}

/// Locks every key in one order, whoever comes: so two that share several never wait for one another.
async fn lock(tx: &mut Tx<'_>, charges: &[Charge]) -> Result<(), StoreError> {
    let mut keys: Vec<_> = charges.iter().map(|charge| charge.key.0.as_str()).collect();
    keys.sort_unstable();
    for key in keys {
        tx.lock("limit", key).await?;
    }
    Ok(())
}

async fn arrival(tx: &mut Tx<'_>, key: &LimitKey) -> Result<Option<Timestamp>, StoreError> {
    tx.opt("SELECT key, arrival FROM limits WHERE key = $1", &[key.0.as_str().into()], |row| row.of("limits").time("arrival")).await
}

async fn put(tx: &mut Tx<'_>, key: &LimitKey, arrival: Timestamp) -> Result<(), StoreError> {
    let sql = "INSERT INTO limits (key, arrival) VALUES ($1, $2) ON CONFLICT (key) DO UPDATE SET arrival = excluded.arrival";
    tx.exec(sql, &[key.0.as_str().into(), arrival.into()]).await?;
    Ok(())
}
