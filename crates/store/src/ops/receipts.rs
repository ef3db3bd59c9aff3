//! Delivery receipts as rows. A row stands for what one route's gateway calls by a reference; the answer to the sending and the receipt both write to it, whichever
//! comes first, so that of two at the same moment the second one sees both.

use daftar_core::message::{Channel, MessageId, Recipient};
use daftar_core::outbox::receipt::{Change, change, replaces};
use daftar_core::outbox::{Answer, Attempt, MessageState, Receipt, ReceiptOutcome, Receipted, RouteName, Way};
use daftar_core::ports::{StoreError, Timestamp};

use crate::row::Row;
use crate::tx::Tx;

/// Writes down whose the reference is that an attempt was given; what a receipt that came before has said. One that was about an earlier attempt, by a gateway
/// that uses a name again, says nothing of this one.
pub(crate) async fn expect(tx: &mut Tx<'_>, message: MessageId, attempt: &Attempt, now: Timestamp) -> Result<Option<ReceiptOutcome>, StoreError> {
    let Answer::Accepted { reference: Some(reference) } = &attempt.answer else { return Ok(None) };
    let sql = "INSERT INTO receipts (route, reference, message, number, noted_at) VALUES ($1, $2, $3, $4, $5) \
               ON CONFLICT (route, reference) DO UPDATE SET message = excluded.message, number = excluded.number, \
               outcome = CASE WHEN receipts.number IS NULL OR receipts.number = excluded.number THEN receipts.outcome END, \
               reason = CASE WHEN receipts.number IS NULL OR receipts.number = excluded.number THEN receipts.reason END RETURNING route, outcome";
    let values = [attempt.route.as_str().into(), reference.as_str().into(), (&message.0).into(), attempt.number.into(), now.into()];
    tx.one(sql, &values, |row| row.of("receipts").opt_named("outcome", ReceiptOutcome::from_name)).await
}

/// A receipt's row.
struct Noted {
    attempt: Option<(MessageId, u32)>,
    outcome: Option<ReceiptOutcome>,
}

fn noted(row: &Row<'_>) -> Result<Noted, StoreError> {
    let row = row.of("receipts");
    let number = row.opt_int("number")?.and_then(|number| u32::try_from(number).ok());
    let message = row.opt_bytes("message")?.map(|_| row.id("message").map(MessageId)).transpose()?;
    Ok(Noted { attempt: message.zip(number), outcome: row.opt_named("outcome", ReceiptOutcome::from_name)? })
}

/// Notes a receipt; what it changed, if it says something new of a message of ours.
pub(crate) async fn note(tx: &mut Tx<'_>, route: &RouteName, receipt: &Receipt, now: Timestamp) -> Result<Option<Receipted>, StoreError> {
    let key = [route.as_str().into(), receipt.reference.as_str().into()];
    let [route_key, reference] = key;
    // It changes nothing but who may change it next.
    let sql = "INSERT INTO receipts (route, reference, noted_at) VALUES ($1, $2, $3) \
               ON CONFLICT (route, reference) DO UPDATE SET noted_at = receipts.noted_at RETURNING route, message, number, outcome";
    let earlier = tx.one(sql, &[route_key, reference, now.into()], noted).await?;
    if !replaces(earlier.outcome, receipt.outcome) {
        return Ok(None);
    }
    let sql = "UPDATE receipts SET outcome = $3, reason = $4, noted_at = $5 WHERE route = $1 AND reference = $2";
    tx.post(sql, &[route_key, reference, receipt.outcome.name().into(), receipt.reason.as_deref().into(), now.into()]).await?;
    match earlier.attempt {
        Some((message, number)) => apply(tx, message, number, receipt.outcome, now).await,
        None => Ok(None),
    }
}

/// A message as a receipt finds it.
struct Found {
    to: Recipient,
    kind: String,
    state: MessageState,
    created_at: Timestamp,
    leased_until: Timestamp,
}

fn found(row: &Row<'_>) -> Result<Found, StoreError> {
    let row = row.of("outbox");
    let channel = row.named("channel", Channel::from_name)?;
    Ok(Found {
        to: row.named("recipient", |text| Recipient::from_stored(channel, text).ok())?,
        kind: row.text("kind")?.to_owned(),
        state: row.named("state", MessageState::from_name)?,
        created_at: row.time("created_at")?,
        leased_until: row.time("leased_until")?,
    })
}

/// Lets a receipt for an attempt change its message.
pub(crate) async fn apply(
    tx: &mut Tx<'_>,
    message: MessageId,
    number: u32,
    outcome: ReceiptOutcome,
    now: Timestamp,
) -> Result<Option<Receipted>, StoreError> {
    let sql = format!("SELECT id, channel, recipient, kind, state, created_at, leased_until FROM outbox WHERE id = $1 {}", tx.for_update());
    let Some(Found { to, kind, state, created_at, leased_until }) = tx.opt(&sql, &[(&message.0).into()], found).await? else { return Ok(None) };
    let sql = "SELECT message, route, way, (SELECT max(number) FROM attempts WHERE message = $1) AS newest FROM attempts WHERE message = $1 AND number = $2";
    let read = |row: &Row<'_>| {
        let row = row.of("attempts");
        Ok((row.named("route", RouteName::parse)?, row.named("way", Way::from_name)?, row.number::<u32>("newest")?))
    };
    let Some((route, way, newest)) = tx.opt(sql, &[(&message.0).into(), number.into()], read).await? else { return Ok(None) };
    // Whoever is sending it right now is newer than any attempt that ended.
    let is_newest = newest == number && (state != MessageState::Awaiting || leased_until <= now);
    let change = change(state, is_newest, outcome);
    let sql = match change {
        None => None,
        Some(Change::Delivered) => Some("UPDATE outbox SET state = 'delivered', last_reason = NULL, sealed = NULL, settled_at = $2 WHERE id = $1"),
        Some(Change::Again) => {
            Some("UPDATE outbox SET state = 'waiting', next_at = $2, last_reason = 'undelivered', settled_at = NULL WHERE id = $1")
        }
        Some(Change::Failed) => Some("UPDATE outbox SET state = 'failed', last_reason = 'undelivered', settled_at = $2 WHERE id = $1"),
    };
    if let Some(sql) = sql {
        tx.post(sql, &[(&message.0).into(), now.into()]).await?;
    }
    Ok(Some(Receipted { message, to, kind, route, way, outcome, created_at, at: now, change }))
}
