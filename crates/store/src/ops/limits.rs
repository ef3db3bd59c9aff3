//! Limits: what was used of each, moved by the core's arithmetic. Nobody else moves any of them until the transaction that charges is over, so that
//! replicas share every limit exactly.

use std::collections::HashMap;

use daftar_core::audit::Act;
use daftar_core::limit::{Charge, Charged, LimitKey, LimitKind, Room, SendingStanding, Spend, Usage, Weighed, weigh};
use daftar_core::ports::{StoreError, Timestamp};

use super::{audit, challenges};
use crate::row::Row;
use crate::tx::Tx;
use crate::value::{Value, places};

/// How many limits one statement reads, or writes.
const AT_ONCE: usize = 100;
/// Bytes of an entry of a log: its moment and its amount.
const ENTRY: usize = 16;

/// Charges every limit, or none.
pub(crate) async fn charge(tx: &mut Tx<'_>, charges: &[Charge], now: Timestamp) -> Result<Charged, StoreError> {
    let used = hold(tx, charges).await?;
    match weigh(charges, &used, now) {
        Weighed::Room(moved) => {
            put(tx, &moved).await?;
            Ok(Charged::Allowed)
        }
        Weighed::Full { exhausted, mended } => {
            put(tx, &mended).await?;
            Ok(Charged::Refused(exhausted))
        }
    }
}

/// Whether every limit has room, and what became of the codes sent to a prefix in the last day; changes nothing.
pub(crate) async fn sending_standing(
    tx: &mut Tx<'_>,
    charges: &[Charge],
    prefix: Option<&str>,
    now: Timestamp,
) -> Result<SendingStanding, StoreError> {
    let used = read(tx, charges).await?;
    let (charged, is_ahead) = match weigh(charges, &used, now) {
        Weighed::Room(_) => (Charged::Allowed, false),
        Weighed::Full { exhausted, mended } => (Charged::Refused(exhausted), !mended.is_empty()),
    };
    let conversion = match prefix {
        Some(prefix) => challenges::conversion(tx, prefix, now).await?,
        None => Default::default(),
    };
    let nearly = charges.iter().filter(|charge| charge.is_nearly_spent(used.get(&charge.key), now)).map(|charge| charge.key.clone());
    Ok(SendingStanding { charged, is_ahead, conversion, nearly: nearly.collect() })
}

/// Writes down what was used, whether or not there was room; how much room that leaves.
pub(crate) async fn note(tx: &mut Tx<'_>, charges: &[Charge], now: Timestamp) -> Result<Vec<(LimitKey, Room)>, StoreError> {
    if charges.is_empty() {
        return Ok(Vec::new());
    }
    let used = hold(tx, charges).await?;
    let moved: Vec<_> = charges.iter().map(|charge| (&charge.key, charge.limit.note(used.get(&charge.key), charge.amount, now))).collect();
    put(tx, &moved).await?;
    Ok(charges.iter().zip(&moved).map(|(charge, (key, used))| ((*key).clone(), charge.limit.room(Some(used), now))).collect())
}

/// Gives charges back.
pub(crate) async fn refund(tx: &mut Tx<'_>, charges: &[Charge], now: Timestamp) -> Result<(), StoreError> {
    let used = hold(tx, charges).await?;
    let (mut moved, mut empty) = (Vec::with_capacity(charges.len()), Vec::with_capacity(charges.len()));
    for Charge { key, limit, amount } in charges {
        let Some(used) = used.get(key) else { continue };
        match limit.refund(Some(used), *amount, now) {
            Some(less) => moved.push((key, less)),
            None => empty.push(key.as_str().into()),
        }
    }
    for some in empty.chunks(AT_ONCE) {
        tx.post(&format!("DELETE FROM limits WHERE key IN ({})", places(1, some.len())), some).await?;
    }
    put(tx, &moved).await
}

/// Limits that are used, of one kind or of all; those that take longest to be free again come first.
pub(crate) async fn used(tx: &mut Tx<'_>, kind: Option<LimitKind>, limit: u32, now: Timestamp) -> Result<Vec<(LimitKey, Usage)>, StoreError> {
    let (first, last) = keys_of(kind);
    let sql = "SELECT key, arrival, log FROM limits WHERE key >= $1 AND key < $2 AND arrival > $3 ORDER BY arrival DESC, key LIMIT $4";
    let values = [first.as_str().into(), last.as_str().into(), now.into(), limit.into()];
    let read = |row: &Row<'_>| {
        // What the program before this one wrote counts nothing any more.
        LimitKey::from_stored(row.of("limits").text("key")?).map(|key| Ok((key, usage(row)?))).transpose()
    };
    Ok(tx.all(sql, &values, read).await?.into_iter().flatten().collect())
}

/// Begins the pause of a prefix, unless it has begun. What led to it is judged once: however short the pause is, it does not begin again at its end.
pub(crate) async fn pause_prefix(tx: &mut Tx<'_>, pause: &Charge, now: Timestamp) -> Result<bool, StoreError> {
    let begins = charge(tx, std::slice::from_ref(pause), now).await? == Charged::Allowed;
    if begins {
        tx.post("UPDATE challenges SET prefix = NULL WHERE prefix = $1", &[pause.key.of().into()]).await?;
    }
    Ok(begins)
}

/// Forgets what was used; of how many limits. A prefix that was paused begins anew: the codes that nobody verified speak against it no more, or it would be paused
/// again at once.
pub(crate) async fn reset(tx: &mut Tx<'_>, kind: LimitKind, key: Option<&LimitKey>) -> Result<u64, StoreError> {
    let (first, last) = keys_of(Some(kind));
    let (which, values) = match key {
        Some(key) => ("key = $1", vec![key.as_str().into()]),
        None => ("key >= $1 AND key < $2", vec![first.as_str().into(), last.as_str().into()]),
    };
    if kind == LimitKind::SendPause {
        let prefix = format!("substr(key, {})", first.len() + 1);
        let sql = format!("UPDATE challenges SET prefix = NULL WHERE prefix IN (SELECT {prefix} FROM limits WHERE {which})");
        tx.post(&sql, &values).await?;
    }
    let forgotten = tx.exec(&format!("DELETE FROM limits WHERE {which}"), &values).await?;
    if forgotten > 0 {
        audit::note(tx, Act::LimitReset, None, Some(kind.name().to_owned())).await?;
    }
    Ok(forgotten)
}

/// The first key of a kind, and the first one behind it; of all kinds without one.
fn keys_of(kind: Option<LimitKind>) -> (String, String) {
    // In the order of bytes, `0` follows `/`.
    kind.map_or_else(|| (String::new(), "~".to_owned()), |kind| (format!("{}/", kind.name()), format!("{}0", kind.name())))
}

/// What was used of those limits of which something was. Nobody else moves any of them until this transaction is over.
async fn hold(tx: &mut Tx<'_>, charges: &[Charge]) -> Result<HashMap<LimitKey, Usage>, StoreError> {
    tx.lock("limit", charges.iter().map(|charge| charge.key.as_str())).await?;
    read(tx, charges).await
}

async fn read(tx: &mut Tx<'_>, charges: &[Charge]) -> Result<HashMap<LimitKey, Usage>, StoreError> {
    let mut found = HashMap::with_capacity(charges.len());
    for some in charges.chunks(AT_ONCE) {
        let sql = format!("SELECT key, arrival, log FROM limits WHERE key IN ({})", places(1, some.len()));
        let values: Vec<_> = some.iter().map(|charge| charge.key.as_str().into()).collect();
        tx.each(&sql, &values, |row| {
            let columns = row.of("limits");
            let key = LimitKey::from_stored(columns.text("key")?).ok_or_else(|| columns.corrupt("key"))?;
            found.insert(key, usage(row)?);
            Ok(())
        })
        .await?;
    }
    Ok(found)
}

fn usage(row: &Row<'_>) -> Result<Usage, StoreError> {
    let row = row.of("limits");
    let log = row.opt_bytes("log")?.unwrap_or_default();
    let log = log.chunks(ENTRY).map(|entry| {
        let (at, amount) =
            entry.split_first_chunk().and_then(|(at, rest)| Some((i64::from_be_bytes(*at), u64::from_be_bytes(rest.try_into().ok()?))))?;
        Some(Spend { at: Timestamp::from_millisecond(at).ok()?, amount })
    });
    let log: Option<Vec<_>> = log.collect();
    Ok(Usage { free_at: row.time("arrival")?, log: log.ok_or_else(|| row.corrupt("log"))? })
}

async fn put(tx: &mut Tx<'_>, moved: &[(&LimitKey, Usage)]) -> Result<(), StoreError> {
    for some in moved.chunks(AT_ONCE) {
        let rows: Vec<_> = (0..some.len()).map(|row| format!("({})", places(3 * row + 1, 3))).collect();
        let rows = rows.join(", ");
        let sql = format!(
            "INSERT INTO limits (key, arrival, log) VALUES {rows} \
             ON CONFLICT (key) DO UPDATE SET arrival = excluded.arrival, log = excluded.log"
        );
        let logs: Vec<Option<Vec<u8>>> = some.iter().map(|(_, usage)| bytes_of(&usage.log)).collect();
        let mut values = Vec::with_capacity(3 * some.len());
        for ((key, usage), log) in some.iter().zip(&logs) {
            let log = log.as_deref().map_or(Value::Null, Value::Bytes);
            values.extend([Value::from(key.as_str()), usage.free_at.into(), log]);
        }
        tx.post(&sql, &values).await?;
    }
    Ok(())
}

fn bytes_of(log: &[Spend]) -> Option<Vec<u8>> {
    let entry = |spend: &Spend| [spend.at.as_millisecond().to_be_bytes(), spend.amount.to_be_bytes()].concat();
    (!log.is_empty()).then(|| log.iter().flat_map(entry).collect())
}
