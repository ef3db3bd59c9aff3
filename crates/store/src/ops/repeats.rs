//! Calls that may be repeats: the first answer is kept in the transaction that made what it tells of (row 58).

use daftar_core::ports::{Once, StoreError, Timestamp};
use daftar_core::repeat::{REMEMBERED, Repeat, Repeated};

use super::before;
use crate::tx::Tx;

/// What is kept of the call that `repeat` repeats.
pub(crate) async fn look_up(tx: &mut Tx<'_>, repeat: &Repeat, now: Timestamp) -> Result<Repeated<()>, StoreError> {
    let sql = "SELECT key, fingerprint, answer FROM repeats WHERE client = $1 AND key = $2 AND created_at > $3";
    let values = [repeat.client.as_str().into(), repeat.key.as_str().into(), before(now, REMEMBERED).into()];
    let kept = tx.opt(sql, &values, |row| {
        let row = row.of("repeats");
        let same = row.mac("fingerprint")? == repeat.fingerprint;
        Ok(if same { Repeated::Again(row.bytes("answer")?.to_vec()) } else { Repeated::Different })
    });
    Ok(kept.await?.unwrap_or(Repeated::First(())))
}

/// What a call comes to that was made before; `None`: it was not, carry it out. While the first is still at work this waits for it.
pub(crate) async fn again<T>(tx: &mut Tx<'_>, once: Option<&Once>, now: Timestamp) -> Result<Option<Repeated<T>>, StoreError> {
    let Some(Once { repeat, .. }) = once else { return Ok(None) };
    tx.lock("repeat", [repeat.key.as_str()]).await?;
    Ok(match look_up(tx, repeat, now).await? {
        Repeated::First(()) => None,
        Repeated::Again(answer) => Some(Repeated::Again(answer)),
        Repeated::Different => Some(Repeated::Different),
    })
}

/// Keeps the answer of a call that succeeded, in place of one that is too old to count.
pub(crate) async fn remember(tx: &mut Tx<'_>, once: Option<&Once>, now: Timestamp) -> Result<(), StoreError> {
    let Some(Once { repeat, answer }) = once else { return Ok(()) };
    let sql = "INSERT INTO repeats (client, key, fingerprint, answer, created_at) VALUES ($1, $2, $3, $4, $5) ON CONFLICT (client, key) \
               DO UPDATE SET fingerprint = excluded.fingerprint, answer = excluded.answer, created_at = excluded.created_at";
    let values = [repeat.client.as_str().into(), repeat.key.as_str().into(), (&repeat.fingerprint).into(), answer.as_slice().into(), now.into()];
    tx.post(sql, &values).await?;
    Ok(())
}
