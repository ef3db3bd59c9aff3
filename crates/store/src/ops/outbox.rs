//! The outbox: messages are queued in the transaction that causes them, claimed by workers for the time of a lease, and settled.
//!
//! ```text
//! waiting ──claim──► waiting, leased ──settle──► sent        its letter is wiped
//!    ▲                     │     ├──────────────► accepted    claimed again when no receipt has come in time
//!    └── retry, lease over ┘     └──────────────► failed      its letter is wiped when it expires
//! ```

use std::time::Duration;

use daftar_core::code::Challenge;
use daftar_core::identifier::LoginId;
use daftar_core::limit::Sending;
use daftar_core::limit::sending::SendingLimits;
use daftar_core::message::{Channel, Envelope, Message, MessageId, Recipient, Sealer};
use daftar_core::outbox::{Attempt, ClaimedMessage, Claims, GivenUp, MessageState, Receipted, Settled, Settlement};
use daftar_core::ports::{Queue, StoreError, Timestamp};
use daftar_core::price::Price;
use uuid::Uuid;

use super::{after, attempts, limits, receipts};
use crate::row::Row;
use crate::tx::Tx;
use crate::value::Value;

/// Queues a message.
pub(crate) async fn queue(tx: &mut Tx<'_>, envelope: &Envelope) -> Result<(), StoreError> {
    insert(tx, envelope, None).await
}

/// Queues a message that is sent with a challenge. It carries the challenge's code if it goes where the code goes.
pub(crate) async fn queue_with(tx: &mut Tx<'_>, envelope: &Envelope, challenge: &Challenge) -> Result<(), StoreError> {
    let carries_it = LoginId::from(envelope.to.clone()).is_same(&challenge.destination);
    insert(tx, envelope, carries_it.then_some(challenge.id.0)).await
}

async fn insert(tx: &mut Tx<'_>, envelope: &Envelope, challenge: Option<Uuid>) -> Result<(), StoreError> {
    let sql = "INSERT INTO outbox (id, channel, recipient, kind, sealed, state, attempts, next_at, leased_until, created_at, expires_at, challenge) \
               VALUES ($1, $2, $3, $4, $5, 'waiting', 0, $6, 0, $6, $7, $8)";
    let values = [
        (&envelope.id.0).into(),
        envelope.to.channel().name().into(),
        envelope.to.as_str().into(),
        envelope.kind.as_str().into(),
        envelope.sealed.as_slice().into(),
        envelope.created_at.into(),
        envelope.expires_at.into(),
        challenge.as_ref().into(),
    ];
    tx.post(sql, &values).await?;
    Ok(())
}

/// Queues what somebody is to be told, if there is somebody to tell.
pub(crate) async fn tell(tx: &mut Tx<'_>, notice: Option<Message>, sealer: &Sealer, now: Timestamp) -> Result<(), StoreError> {
    let Some(notice) = notice else { return Ok(()) };
    let sending = sealer.notice(notice, now).map_err(|error| StoreError::Failed(error.into()))?;
    notify(tx, &sending, now).await
}

/// Queues a notice, and counts what it costs.
pub(crate) async fn notify(tx: &mut Tx<'_>, notice: &Sending, now: Timestamp) -> Result<(), StoreError> {
    for letter in &notice.letters {
        queue(tx, letter).await?;
    }
    limits::note(tx, &notice.fare.charges, now).await?;
    Ok(())
}

/// Claims up to `limit` due messages, oldest first, with what was tried before; gives up those that are past their time, or of no use any more.
pub(crate) async fn claim(tx: &mut Tx<'_>, channel: Channel, limit: u32, now: Timestamp, lease: Duration) -> Result<Claims, StoreError> {
    let mut given_up = expire(tx, channel, now).await?;
    given_up.extend(drop_useless(tx, channel, now).await?);
    // An attempt counts from here on, so that a message which brings its worker down is not tried for ever at the first pace.
    // Chosen before anything is written: a planner that chose row by row could lock more than the limit.
    let sql = format!(
        "WITH due AS MATERIALIZED (SELECT id AS due_id FROM outbox WHERE channel = $1 AND state IN ('waiting', 'accepted') AND next_at <= $2 \
         AND leased_until <= $2 AND expires_at > $2 ORDER BY next_at, id LIMIT $4 {}) \
         UPDATE outbox SET attempts = attempts + 1, leased_until = $3 FROM due WHERE id = due_id \
         RETURNING id, channel, recipient, kind, sealed, created_at, expires_at, attempts, taken_up_after",
        tx.skip_locked()
    );
    let mut claimed = tx.all(&sql, &[channel.name().into(), now.into(), after(now, lease).into(), limit.into()], read).await?;
    claimed.sort_by_key(|message| (message.envelope.created_at, message.envelope.id.0));
    let before: Vec<Uuid> = claimed.iter().filter(|message| message.attempts > 0).map(|message| message.envelope.id.0).collect();
    for kept in attempts::of(tx, &before).await? {
        if let Some(message) = claimed.iter_mut().find(|message| message.envelope.id == kept.message) {
            // Those from before an operator took it up again count no more.
            if kept.tried.attempt.number + message.attempts >= message.number {
                message.tried.push(kept.tried);
            }
        }
    }
    Ok(Claims { messages: claimed, given_up })
}

/// Wipes the letters that are not worth sending any more. What nobody took is given up; what a gateway took may still arrive.
async fn expire(tx: &mut Tx<'_>, channel: Channel, now: Timestamp) -> Result<Vec<GivenUp>, StoreError> {
    let sql = format!(
        "WITH past AS MATERIALIZED (SELECT id AS past_id, state AS was FROM outbox \
         WHERE channel = $1 AND sealed IS NOT NULL AND expires_at <= $2 AND leased_until <= $2 {}) \
         UPDATE outbox SET sealed = NULL, settled_at = coalesce(settled_at, $2), \
         last_reason = CASE WHEN was <> 'waiting' THEN last_reason WHEN last_reason IS NULL THEN 'expired' \
         ELSE 'expired; the last try: ' || last_reason END, \
         state = CASE was WHEN 'waiting' THEN 'failed' WHEN 'accepted' THEN 'sent' ELSE was END \
         FROM past WHERE id = past_id RETURNING id, channel, recipient, kind, state, last_reason, settled_at",
        tx.skip_locked()
    );
    let ended = tx.all(&sql, &[channel.name().into(), now.into()], ended).await?;
    // Those that had failed before were told of then.
    Ok(ended.into_iter().filter(|ended| ended.at == now).filter_map(|ended| ended.given_up).collect())
}

/// Tries no further what carries a code that was used, or replaced by a newer one: it would cost and confuse. Its first attempt is not held up by this question.
async fn drop_useless(tx: &mut Tx<'_>, channel: Channel, now: Timestamp) -> Result<Vec<GivenUp>, StoreError> {
    let sql = format!(
        "WITH due AS MATERIALIZED (SELECT id AS due_id, state AS was, (SELECT state FROM challenges WHERE challenges.id = outbox.challenge) AS code \
         FROM outbox WHERE channel = $1 AND state IN ('waiting', 'accepted') AND next_at <= $2 AND leased_until <= $2 AND attempts > 0 {}) \
         UPDATE outbox SET sealed = NULL, settled_at = $2, \
         last_reason = CASE code WHEN 'used' THEN 'its code was used' ELSE 'its code was replaced or disowned' END, \
         state = CASE WHEN code = 'used' OR was = 'accepted' THEN 'sent' ELSE 'failed' END \
         FROM due WHERE id = due_id AND code <> 'open' RETURNING id, channel, recipient, kind, state, last_reason, settled_at",
        tx.skip_locked()
    );
    let ended = tx.all(&sql, &[channel.name().into(), now.into()], ended).await?;
    Ok(ended.into_iter().filter_map(|ended| ended.given_up).collect())
}

/// A message that came to an end while it waited.
struct Ended {
    at: Timestamp,
    /// If it was given up.
    given_up: Option<GivenUp>,
}

fn ended(row: &Row<'_>) -> Result<Ended, StoreError> {
    let row = row.of("outbox");
    let channel = row.named("channel", Channel::from_name)?;
    let given_up = GivenUp {
        id: MessageId(row.id("id")?),
        to: row.named("recipient", |text| Recipient::from_stored(channel, text).ok())?,
        kind: row.text("kind")?.to_owned(),
        reason: row.opt_text("last_reason")?.unwrap_or_default().to_owned(),
    };
    let failed = row.named("state", MessageState::from_name)? == MessageState::Failed;
    Ok(Ended { at: row.time("settled_at")?, given_up: failed.then_some(given_up) })
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
    let number: u32 = row.number("attempts")?;
    let taken_up_after = row.opt_int("taken_up_after")?.and_then(|count| u32::try_from(count).ok()).unwrap_or_default();
    Ok(ClaimedMessage { envelope, attempts: number.saturating_sub(taken_up_after).saturating_sub(1), number, tried: Vec::new() })
}

/// Says what became of a claimed message. One that is settled already stays as it is, but for what its attempt and its receipt say.
pub(crate) async fn settle(tx: &mut Tx<'_>, id: MessageId, settled: &Settled, now: Timestamp) -> Result<Option<Receipted>, StoreError> {
    // The receipt's row comes first, as when a receipt comes: neither waits for the other in a circle.
    let receipt = match &settled.attempt {
        Some(attempt) => receipts::expect(tx, id, attempt, now).await?,
        None => None,
    };
    stand(tx, id, settled, now).await?;
    let Some(attempt) = &settled.attempt else { return Ok(None) };
    attempts::insert(tx, id, attempt).await?;
    pay_again(tx, id, attempt, now).await?;
    match receipt {
        Some(outcome) => receipts::apply(tx, id, attempt.number, outcome, now).await,
        None => Ok(None),
    }
}

/// A message pays once before it is sent. What a second route costs that takes it, too, is counted when it has (row 42).
async fn pay_again(tx: &mut Tx<'_>, id: MessageId, attempt: &Attempt, now: Timestamp) -> Result<(), StoreError> {
    if !attempt.is_accepted() || attempt.price == Price(0) {
        return Ok(());
    }
    let sql = "SELECT count(*) AS taken FROM attempts WHERE message = $1 AND number < $2 AND answer = $3";
    let values = [(&id.0).into(), attempt.number.into(), attempt.answer.name().into()];
    let taken: u64 = tx.one(sql, &values, |row| row.of("attempts").number("taken")).await?;
    if taken > 0 {
        limits::note(tx, &[SendingLimits::spent_of_day(attempt.price)], now).await?;
    }
    Ok(())
}

/// Says how the message stands now, unless it was claimed again meanwhile: then that is for the newer claim to say.
async fn stand(tx: &mut Tx<'_>, id: MessageId, settled: &Settled, now: Timestamp) -> Result<(), StoreError> {
    let (id, number) = (Value::from(&id.0), Value::from(settled.number));
    match &settled.settlement {
        Settlement::Sent => {
            let sql = "UPDATE outbox SET state = 'sent', last_reason = NULL, sealed = NULL, settled_at = $3 \
                       WHERE id = $1 AND attempts = $2 AND state IN ('waiting', 'accepted')";
            tx.exec(sql, &[id, number, now.into()]).await?
        }
        Settlement::Awaiting { until } => {
            let sql = "UPDATE outbox SET state = 'accepted', last_reason = NULL, next_at = $3, leased_until = 0, settled_at = $4 \
                       WHERE id = $1 AND attempts = $2 AND state IN ('waiting', 'accepted')";
            tx.exec(sql, &[id, number, (*until).into(), now.into()]).await?
        }
        Settlement::Retry { at, reason } => {
            let sql = "UPDATE outbox SET next_at = $3, last_reason = $4, leased_until = 0 \
                       WHERE id = $1 AND attempts = $2 AND state IN ('waiting', 'accepted')";
            tx.exec(sql, &[id, number, (*at).into(), reason.as_str().into()]).await?
        }
        Settlement::Failed { reason } => {
            let sql = "UPDATE outbox SET state = 'failed', last_reason = $3, settled_at = $4, leased_until = 0, \
                       sealed = CASE WHEN expires_at <= $4 THEN NULL ELSE sealed END \
                       WHERE id = $1 AND attempts = $2 AND state IN ('waiting', 'accepted')";
            tx.exec(sql, &[id, number, reason.as_str().into(), now.into()]).await?
        }
    };
    Ok(())
}

/// How many messages are waiting or claimed.
pub(crate) async fn waiting(tx: &mut Tx<'_>) -> Result<u64, StoreError> {
    tx.one("SELECT count(*) AS waiting FROM outbox WHERE state = 'waiting'", &[], |row| row.of("outbox").number("waiting")).await
}

/// The same by channel, and since when the oldest waits.
pub(crate) async fn queues(tx: &mut Tx<'_>) -> Result<Vec<Queue>, StoreError> {
    let sql = "SELECT channel, count(*) AS waiting, min(created_at) AS oldest, min(expires_at) AS ends FROM outbox WHERE state = 'waiting' GROUP BY channel";
    let mut queues: Vec<_> = Channel::ALL.iter().map(|channel| Queue { channel: *channel, waiting: 0, oldest: None, ends: None }).collect();
    tx.each(sql, &[], |row| {
        let row = row.of("outbox");
        let channel = row.named("channel", Channel::from_name)?;
        if let Some(queue) = queues.iter_mut().find(|queue| queue.channel == channel) {
            queue.waiting = row.number("waiting")?;
            queue.oldest = row.opt_time("oldest")?;
            queue.ends = row.opt_time("ends")?;
        }
        Ok(())
    })
    .await?;
    Ok(queues)
}
