//! Limits: one theoretical arrival time a key, moved by the core's arithmetic.

use std::collections::HashMap;

use daftar_core::ports::{StoreError, Timestamp};
use daftar_core::throttle::{Charge, Charged, LimitKey};

use crate::tx::Tx;
use crate::value::places;

/// How many limits one statement reads, or writes.
const AT_ONCE: usize = 100;

/// Charges every limit, or none.
pub(crate) async fn charge(tx: &mut Tx<'_>, charges: &[Charge], now: Timestamp) -> Result<Charged, StoreError> {
    let arrivals = hold(tx, charges).await?;
    let (mut retry_after, mut spent, mut moved) = (None, Vec::new(), Vec::with_capacity(charges.len()));
    for Charge { key, limit } in charges {
        match limit.charge(arrivals.get(key).copied(), now) {
            Ok(next) => moved.push((key, next)),
            Err(wait) => {
                retry_after = retry_after.max(Some(wait));
                spent.push(key.clone());
            }
        }
    }
    if let Some(retry_after) = retry_after {
        return Ok(Charged::Refused { retry_after, spent });
    }
    put(tx, &moved).await?;
    Ok(Charged::Allowed)
}

/// Gives charges back.
pub(crate) async fn refund(tx: &mut Tx<'_>, charges: &[Charge], now: Timestamp) -> Result<(), StoreError> {
    let arrivals = hold(tx, charges).await?;
    let (mut moved, mut empty) = (Vec::with_capacity(charges.len()), Vec::with_capacity(charges.len()));
    for Charge { key, limit } in charges {
        let Some(&arrival) = arrivals.get(key) else { continue };
        match limit.refund(Some(arrival), now) {
            Some(earlier) => moved.push((key, earlier)),
            None => empty.push(key.0.as_str().into()),
        }
    }
    for some in empty.chunks(AT_ONCE) {
        tx.exec(&format!("DELETE FROM limits WHERE key IN ({})", places(1, some.len())), some).await?;
    }
    put(tx, &moved).await
}

/// The arrival times of those limits that have one. Nobody else moves any of them until this transaction is over.
async fn hold(tx: &mut Tx<'_>, charges: &[Charge]) -> Result<HashMap<LimitKey, Timestamp>, StoreError> {
    tx.lock("limit", charges.iter().map(|charge| charge.key.0.as_str())).await?;
    let mut arrivals = HashMap::with_capacity(charges.len());
    for some in charges.chunks(AT_ONCE) {
        let sql = format!("SELECT key, arrival FROM limits WHERE key IN ({})", places(1, some.len()));
        let values: Vec<_> = some.iter().map(|charge| charge.key.0.as_str().into()).collect();
        tx.each(&sql, &values, |row| {
            let row = row.of("limits");
            arrivals.insert(LimitKey(row.text("key")?.to_owned()), row.time("arrival")?);
            Ok(())
        })
        .await?;
    }
    Ok(arrivals)
}

async fn put(tx: &mut Tx<'_>, moved: &[(&LimitKey, Timestamp)]) -> Result<(), StoreError> {
    for some in moved.chunks(AT_ONCE) {
        let rows: Vec<_> = (0..some.len()).map(|row| format!("({})", places(2 * row + 1, 2))).collect();
        let rows = rows.join(", ");
        let sql = format!("INSERT INTO limits (key, arrival) VALUES {rows} ON CONFLICT (key) DO UPDATE SET arrival = excluded.arrival");
        let values: Vec<_> = some.iter().flat_map(|(key, arrival)| [key.0.as_str().into(), (*arrival).into()]).collect();
        tx.exec(&sql, &values).await?;
    }
    Ok(())
}
