//! The outbox: messages are queued in the transaction that causes them, claimed by workers for the time of a lease, and settled.
//!
//! ```text
//! waiting ──claim──► waiting, leased ──settle──► sent        its letter is wiped
//!    ▲                     │     └──────────────► failed      its letter is wiped
//!    └── retry, lease over ┘          expired ──►
//! ```

use std::time::Duration;

use daftar_core::message::{Channel, Envelope, Message, MessageId, Recipient, Sealer};
use daftar_core::ports::{ClaimedMessage, Settlement, StoreError, Timestamp};

use super::after;
use crate::row::Row;
use crate::tx::Tx;

/// Queues a message.
pub(crate) async fn queue(tx: &mut Tx<'_>, envelope: &Envelope) -> Result<(), StoreError> {
    let sql = "INSERT INTO outbox (id, channel, recipient, kind, sealed, state, attempts, next_at, leased_until, created_at, expires_at) \
               VALUES ($1, $2, $3, $4, $5, 'waiting', 0, $6, 0, $6, $7)";
    let values = [
        (&envelope.id.0).into(),
        envelope.to.channel().name().into(),
        envelope.to.as_str().into(),
        envelope.kind.as_str().into(),
        envelope.sealed.as_slice().into(),
        envelope.created_at.into(),
        envelope.expires_at.into(),
    ];
    tx.exec(sql, &values).await?;
    Ok(())
}

/// Queues what somebody is to be told, if there is somebody to tell.
pub(crate) async fn tell(tx: &mut Tx<'_>, notice: Option<Message>, sealer: &Sealer, now: Timestamp) -> Result<(), StoreError> {
    let Some(notice) = notice else { return Ok(()) };
    let envelope = sealer.seal_notice(notice, now).map_err(|error| StoreError::Failed(error.into()))?;
    queue(tx, &envelope).await
}

/// Claims up to `limit` due messages, oldest first; gives up those that are past their time.
pub(crate) async fn claim(tx: &mut Tx<'_>, channel: Channel, limit: u32, now: Timestamp, lease: Duration) -> Result<Vec<ClaimedMessage>, StoreError> {
    let sql = "UPDATE outbox SET state = 'failed', last_reason = 'expired', sealed = NULL, settled_at = $2 \
               WHERE channel = $1 AND state = 'waiting' AND expires_at <= $2 AND leased_until <= $2";
    tx.exec(sql, &[channel.name().into(), now.into()]).await?;
    // An attempt counts from here on, so that a message which brings its worker down is not tried for ever at the first pace.
    // Chosen before anything is written: a planner that chose row by row could lock more than the limit.
    let sql = format!(
        "WITH due AS MATERIALIZED (SELECT id AS due_id FROM outbox WHERE channel = $1 AND state = 'waiting' AND next_at <= $2 \
         AND leased_until <= $2 AND expires_at > $2 ORDER BY next_at, id LIMIT $4 {}) \
         UPDATE outbox SET attempts = attempts + 1, leased_until = $3 FROM due WHERE id = due_id \
         RETURNING id, channel, recipient, kind, sealed, created_at, expires_at, attempts",
        tx.skip_locked()
    );
    let mut claimed = tx.all(&sql, &[channel.name().into(), now.into(), after(now, lease).into(), limit.into()], read).await?;
    claimed.sort_by_key(|message| (message.envelope.created_at, message.envelope.id.0));
    Ok(claimed)
}

fn read(row: &Row<'_>) -> Result<ClaimedMessage, StoreError> {
    let row = row.of("outbox");
    let channel = row.named("channel", Channel::from_name)?;
    let envelope = Envelope {
        id: MessageId(row.id("id")?),
        to: row.named("recipient", |text| Recipient::from_stored(channel, text).ok())?,
        kind: row.text("kind")?.to_owned(),
        sealed: row.bytes("sealed")?.to_vec(),
        created_at: row.time("created_at")?,
        expires_at: row.time("expires_at")?,
    };
    Ok(ClaimedMessage { envelope, attempts: row.number::<u32>("attempts")?.saturating_sub(1) })
}

/// Says what became of a claimed message. One that is settled already stays as it is.
pub(crate) async fn settle(tx: &mut Tx<'_>, id: MessageId, settlement: &Settlement, now: Timestamp) -> Result<(), StoreError> {
    let end = "UPDATE outbox SET state = $2, last_reason = $3, sealed = NULL, settled_at = $4 WHERE id = $1 AND state = 'waiting'";
    match settlement {
        Settlement::Sent => tx.exec(end, &[(&id.0).into(), "sent".into(), None::<&str>.into(), now.into()]).await?,
        Settlement::Failed { reason } => tx.exec(end, &[(&id.0).into(), "failed".into(), reason.as_str().into(), now.into()]).await?,
        Settlement::Retry { at, reason } => {
            let sql = "UPDATE outbox SET next_at = $2, last_reason = $3, leased_until = 0 WHERE id = $1 AND state = 'waiting'";
            tx.exec(sql, &[(&id.0).into(), (*at).into(), reason.as_str().into()]).await?
        }
    };
    Ok(())
}

/// How many messages are waiting or claimed.
pub(crate) async fn waiting(tx: &mut Tx<'_>) -> Result<u64, StoreError> {
    tx.one("SELECT count(*) AS waiting FROM outbox WHERE state = 'waiting'", &[], |row| row.of("outbox").number("waiting")).await
}
