//! The audit trail: writing entries, reading them, and letting old ones go. No operation changes one.

use std::time::Duration;

use daftar_core::account::AccountId;
use daftar_core::audit::{Act, Entry, Filter, Told};
use daftar_core::ports::{StoreError, Timestamp};
use uuid::Uuid;

use super::before;
use crate::row::Row;
use crate::tx::Tx;
use crate::value::{Value, places};

/// Columns of an entry.
const COLUMNS: usize = 9;
/// Entries that one statement writes.
const AT_ONCE: usize = 100;

/// Notes a deed that is being done to an account, to something else, or to both; without a scribe, nothing.
pub(crate) async fn note(tx: &mut Tx<'_>, act: Act, account: Option<AccountId>, about: Option<String>) -> Result<(), StoreError> {
    let Some(entry) = tx.scribe().map(|scribe| scribe.entry(act, account, about)) else { return Ok(()) };
    write(tx, &[entry]).await
}

/// Notes the same deed, done to many accounts.
pub(crate) async fn note_each(tx: &mut Tx<'_>, act: Act, accounts: impl Iterator<Item = AccountId> + Send) -> Result<(), StoreError> {
    let Some(scribe) = tx.scribe() else { return Ok(()) };
    let entries: Vec<_> = accounts.map(|account| scribe.entry(act, Some(account), None)).collect();
    for some in entries.chunks(AT_ONCE) {
        write(tx, some).await?;
    }
    Ok(())
}

async fn write(tx: &mut Tx<'_>, entries: &[Entry]) -> Result<(), StoreError> {
    let rows: Vec<_> = (0..entries.len()).map(|row| format!("({})", places(COLUMNS * row + 1, COLUMNS))).collect();
    let sql = format!("INSERT INTO audit (at, id, act, account, about, actor, name, door, address) VALUES {}", rows.join(", "));
    let addresses: Vec<_> = entries.iter().map(|entry| entry.caller.from.map(|from| from.to_string())).collect();
    let values: Vec<Value<'_>> = entries.iter().zip(&addresses).flat_map(|(entry, address)| values(entry, address.as_deref())).collect();
    tx.post(&sql, &values).await?;
    Ok(())
}

fn values<'e>(entry: &'e Entry, address: Option<&'e str>) -> [Value<'e>; COLUMNS] {
    let Entry { id, at, act, account, about, caller } = entry;
    [
        (*at).into(),
        id.into(),
        act.name().into(),
        account.as_ref().map(|account| &account.0).into(),
        about.as_deref().into(),
        caller.actor.kind().into(),
        caller.actor.name().into(),
        caller.door.name().into(),
        address.into(),
    ]
}

/// The newest `limit` entries that `filter` lets through, newest first; after a certain one, the oldest, oldest first.
pub(crate) async fn list(tx: &mut Tx<'_>, filter: &Filter, limit: u32) -> Result<Vec<Told>, StoreError> {
    let (mut conditions, mut values): (Vec<String>, Vec<Value<'_>>) = (Vec::new(), vec![limit.into()]);
    let mut place = |value| {
        values.push(value);
        values.len()
    };
    if let Some(account) = &filter.account {
        conditions.push(format!("account = ${}", place((&account.0).into())));
    }
    if let Some(act) = filter.act {
        conditions.push(format!("act = ${}", place(act.name().into())));
        // What the index by act leaves out, as it says it.
        if act != Act::SessionOpened {
            conditions.push("act <> 'session.opened'".to_owned());
        }
    }
    if let Some(before) = &filter.before {
        conditions.push(format!("(at, id) < (${}, ${})", place(moment(before).into()), place(before.into())));
    }
    if let Some(after) = &filter.after {
        conditions.push(format!("(at, id) > (${}, ${})", place(moment(after).into()), place(after.into())));
    }
    let order = if filter.after.is_some() { "at, id" } else { "at DESC, id DESC" };
    let which = if conditions.is_empty() { "TRUE".to_owned() } else { conditions.join(" AND ") };
    let sql = format!("SELECT at, id, act, account, about, actor, name, door, address FROM audit WHERE {which} ORDER BY {order} LIMIT $1");
    tx.all(&sql, &values, read).await
}

/// When an entry of this name was written: its first 48 bits (RFC 9562 §5.7).
fn moment(id: &Uuid) -> i64 {
    let [a, b, c, d, e, f, ..] = *id.as_bytes();
    i64::from_be_bytes([0, 0, a, b, c, d, e, f])
}

fn read(row: &Row<'_>) -> Result<Told, StoreError> {
    let row = row.of("audit");
    let text = |column| Ok::<_, StoreError>(row.opt_text(column)?.map(str::to_owned));
    let account = row.opt_bytes("account")?.map(|bytes| Uuid::from_slice(bytes).map_err(|_| row.corrupt("account"))).transpose()?;
    Ok(Told {
        id: row.id("id")?.to_string(),
        at: row.time("at")?.to_string(),
        act: row.text("act")?.to_owned(),
        account: account.map(|id| id.to_string()),
        about: text("about")?,
        actor: row.text("actor")?.to_owned(),
        name: text("name")?,
        door: row.text("door")?.to_owned(),
        from: text("address")?,
    })
}

/// Deletes entries that are older than `kept`, a bounded amount; how many.
pub(crate) async fn sweep(tx: &mut Tx<'_>, now: Timestamp, kept: Duration) -> Result<u64, StoreError> {
    let sql = format!(
        "WITH past AS MATERIALIZED (SELECT at, id FROM audit WHERE at <= $1 ORDER BY at LIMIT 500 {}) DELETE FROM audit WHERE (at, id) IN (SELECT at, id FROM past)",
        tx.skip_locked()
    );
    tx.exec(&sql, &[before(now, kept).into()]).await
}
