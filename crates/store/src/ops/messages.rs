//! Messages as an operator sees them, and sending one once more.

use daftar_core::audit::Act;
use daftar_core::message::{Channel, MessageId, Recipient};
use daftar_core::outbox::MessageState;
use daftar_core::outbox::status::{MessageFilter, MessageStatus, Retried};
use daftar_core::ports::{StoreError, Timestamp};
use uuid::Uuid;

use super::{attempts, audit};
use crate::row::Row;
use crate::tx::Tx;
use crate::value::{Value, places};

const SELECT: &str = "SELECT id, channel, recipient, kind, state, last_reason, created_at, expires_at, next_at, attempts, \
                      CASE WHEN sealed IS NULL THEN 0 ELSE 1 END AS has_letter FROM outbox";

/// The newest `limit` messages that `filter` lets through, newest first.
pub(crate) async fn list(tx: &mut Tx<'_>, filter: &MessageFilter, limit: u32) -> Result<Vec<MessageStatus>, StoreError> {
    let mut conditions = vec!["TRUE".to_owned()];
    let mut values: Vec<Value<'_>> = Vec::new();
    let recipients: Option<Vec<String>> = filter.to.as_ref().map(|to| to.iter().map(|to| to.as_str().to_ascii_lowercase()).collect());
    if let Some(recipients) = &recipients {
        if recipients.is_empty() {
            return Ok(Vec::new());
        }
        conditions.push(format!("lower(recipient) IN ({})", places(1, recipients.len())));
        values.extend(recipients.iter().map(|to| Value::from(to.as_str())));
    }
    if !filter.states.is_empty() {
        // Written out, not bound: so an index of one state is found.
        let states: Vec<_> = filter.states.iter().map(|state| format!("'{}'", state.name())).collect();
        conditions.push(match states.as_slice() {
            [one] => format!("state = {one}"),
            several => format!("state IN ({})", several.join(", ")),
        });
    }
    if let Some(channel) = filter.channel {
        values.push(channel.name().into());
        conditions.push(format!("channel = ${}", values.len()));
    }
    if let Some(before) = &filter.before {
        values.push((&before.0).into());
        conditions.push(format!("id < ${}", values.len()));
    }
    values.push(limit.into());
    let sql = format!("{SELECT} WHERE {} ORDER BY id DESC LIMIT ${}", conditions.join(" AND "), values.len());
    let found = tx.all(&sql, &values, read).await?;
    with_attempts(tx, found).await
}

/// One message.
pub(crate) async fn one(tx: &mut Tx<'_>, id: MessageId) -> Result<Option<MessageStatus>, StoreError> {
    let found = tx.all(&format!("{SELECT} WHERE id = $1"), &[(&id.0).into()], read).await?;
    Ok(with_attempts(tx, found).await?.pop())
}

fn read(row: &Row<'_>) -> Result<MessageStatus, StoreError> {
    let row = row.of("outbox");
    let channel = row.named("channel", Channel::from_name)?;
    let state = row.named("state", MessageState::from_name)?;
    let expires_at = row.time("expires_at")?;
    Ok(MessageStatus {
        id: MessageId(row.id("id")?),
        to: row.named("recipient", |text| Recipient::from_stored(channel, text).ok())?,
        kind: row.text("kind")?.to_owned(),
        state,
        reason: row.opt_text("last_reason")?.map(str::to_owned),
        created_at: row.time("created_at")?,
        expires_at,
        next_at: Some(row.time("next_at")?).filter(|at| matches!(state, MessageState::Queued | MessageState::Awaiting) && *at < expires_at),
        claims: row.number("attempts")?,
        has_letter: row.number::<u8>("has_letter")? == 1,
        attempts: Vec::new(),
    })
}

async fn with_attempts(tx: &mut Tx<'_>, mut found: Vec<MessageStatus>) -> Result<Vec<MessageStatus>, StoreError> {
    let ids: Vec<Uuid> = found.iter().filter(|message| message.claims > 0).map(|message| message.id.0).collect();
    for kept in attempts::of(tx, &ids).await? {
        if let Some(message) = found.iter_mut().find(|message| message.id == kept.message) {
            message.attempts.push(kept.tried);
        }
    }
    Ok(found)
}

/// Makes a message that was not sent, or whose receipt is awaited, due at once, by every route anew.
pub(crate) async fn retry(tx: &mut Tx<'_>, id: MessageId, now: Timestamp) -> Result<Option<Retried>, StoreError> {
    let sql = format!("{SELECT} WHERE id = $1 {}", tx.for_update());
    let Some(message) = tx.opt(&sql, &[(&id.0).into()], read).await? else { return Ok(None) };
    if matches!(message.state, MessageState::Sent | MessageState::Delivered) {
        return Ok(Some(Retried::Done(message.state)));
    }
    if !message.has_letter || message.expires_at <= now {
        return Ok(Some(Retried::Expired));
    }
    let sql = "UPDATE outbox SET state = 'waiting', next_at = $2, taken_up_after = attempts, settled_at = NULL WHERE id = $1 AND leased_until <= $2";
    if tx.exec(sql, &[(&id.0).into(), now.into()]).await? == 0 {
        return Ok(Some(Retried::Underway));
    }
    audit::note(tx, Act::MessageRetried, None, Some(id.0.to_string())).await?;
    Ok(Some(Retried::Queued))
}
