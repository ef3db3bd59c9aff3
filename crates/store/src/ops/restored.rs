//! A database that was restored from a copy holds what has ended since: sessions that were signed out of, codes that were used, messages that were sent. All of it is ended, so
//! that nothing of it comes back to life.

use daftar_core::audit::Act;
use daftar_core::ports::{StoreError, Timestamp};

use super::audit;
use crate::tx::Tx;
use crate::value::Value;

/// What is ended as of a moment. A registration that is over is told as one.
const ENDED_AT: [&str; 4] = [
    "UPDATE sessions SET ended_at = $1, device_token = NULL, device_kind = NULL WHERE ended_at IS NULL AND expires_at > $1",
    "UPDATE registrations SET expires_at = $1 WHERE state = 'pending' AND expires_at > $1",
    "UPDATE customers SET expires_at = $1 WHERE state = 'pending' AND expires_at > $1",
    // Neither sent a second time nor for a code that is dead; what a gateway took may still be told of.
    "UPDATE outbox SET sealed = NULL, settled_at = coalesce(settled_at, $1), leased_until = 0, \
     last_reason = CASE WHEN state = 'waiting' THEN 'it was waiting when this copy was made' ELSE last_reason END, \
     state = CASE state WHEN 'waiting' THEN 'failed' WHEN 'accepted' THEN 'sent' ELSE state END \
     WHERE state IN ('waiting', 'accepted') OR sealed IS NOT NULL",
];
/// What is ended whenever it began: the clock of whoever restores may be behind.
const ENDED: [&str; 4] = [
    "UPDATE challenges SET state = 'voided' WHERE state = 'open'",
    "DELETE FROM recoveries",
    "DELETE FROM access_tokens",
    // They hold the tokens of registrations that are over now. Those of accounts that were made at once hold nothing, and go on.
    "DELETE FROM repeats WHERE length(answer) > 0",
];

/// Ends everything that is open. How many rows that were.
pub(crate) async fn end_everything(tx: &mut Tx<'_>, now: Timestamp) -> Result<u64, StoreError> {
    let (mut ended, now) = (0, [Value::from(now)]);
    for sql in ENDED_AT {
        ended += tx.exec(sql, &now).await?;
    }
    for sql in ENDED {
        ended += tx.exec(sql, &[]).await?;
    }
    audit::note(tx, Act::Restored, None, None).await?;
    Ok(ended)
}
