//! The development inbox.

use daftar_core::message::{Channel, MessageId};
use daftar_core::ports::{InboxFilter, InboxMessage, StoreError};

use crate::row::Row;
use crate::tx::Tx;

/// Puts a message in; one that is there already stays as it is.
pub(crate) async fn deliver(tx: &mut Tx<'_>, message: &InboxMessage) -> Result<(), StoreError> {
    // Many messages can be sent in one millisecond; their order of arrival is theirs still.
    let sql = "INSERT INTO inbox (id, channel, recipient, subject, body, html, sent_at, arrival) \
               VALUES ($1, $2, $3, $4, $5, $6, $7, (SELECT COALESCE(MAX(arrival), 0) + 1 FROM inbox)) ON CONFLICT (id) DO NOTHING";
    let values = [
        (&message.id.0).into(),
        message.channel.name().into(),
        message.to.as_str().into(),
        message.subject.as_deref().into(),
        message.text.as_str().into(),
        message.html.as_deref().into(),
        message.sent_at.into(),
    ];
    tx.post(sql, &values).await?;
    Ok(())
}

/// The newest `limit` of the messages that `filter` lets through, newest first.
pub(crate) async fn newest(tx: &mut Tx<'_>, filter: &InboxFilter, limit: u32) -> Result<Vec<InboxMessage>, StoreError> {
    let sql = "SELECT id, channel, recipient, subject, body, html, sent_at FROM inbox \
               WHERE ($2 = '' OR channel = $2) AND ($3 = '' OR lower(recipient) = $3) ORDER BY arrival DESC, id DESC LIMIT $1";
    let values = [limit.into(), filter.channel.map_or("", Channel::name).into(), filter.to.as_deref().unwrap_or_default().into()];
    tx.all(sql, &values, read).await
}

/// One message.
pub(crate) async fn message(tx: &mut Tx<'_>, id: MessageId) -> Result<Option<InboxMessage>, StoreError> {
    let sql = "SELECT id, channel, recipient, subject, body, html, sent_at FROM inbox WHERE id = $1";
    tx.opt(sql, &[(&id.0).into()], read).await
}

fn read(row: &Row<'_>) -> Result<InboxMessage, StoreError> {
    let row = row.of("inbox");
    Ok(InboxMessage {
        id: MessageId(row.id("id")?),
        channel: row.named("channel", Channel::from_name)?,
        to: row.text("recipient")?.to_owned(),
        subject: row.opt_text("subject")?.map(str::to_owned),
        text: row.text("body")?.to_owned(),
        html: row.opt_text("html")?.map(str::to_owned),
        sent_at: row.time("sent_at")?,
    })
}
