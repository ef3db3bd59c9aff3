//! `/admin/messages`: where is my code? The newest messages with every attempt, route and receipt, by contact (`to`), account, status and channel. Contacts are
//! masked unless the account is named.

use axum::Json;
use axum::http::Uri;
use daftar_core::account::AccountId;
use daftar_core::message::{Channel, MessageId};
use daftar_core::outbox::MessageState;
use daftar_core::outbox::status::{Enquiry, Retried, Told};
use serde::Serialize;

use super::caller::Administrator;
use super::error::AdminError;
use crate::surface::form::{contact, count, field, given};
use crate::surface::segment::Segment;

/// How many messages one answer has unless the caller says otherwise, and at most.
pub(super) const USUAL: u32 = 20;
pub(super) const MOST: u32 = 100;

/// One page of messages.
#[derive(Serialize)]
pub(super) struct Page {
    messages: Vec<Told>,
    /// What to give as `before` to get the next page, if there may be one.
    next: Option<String>,
}

pub(super) async fn list(Administrator(accounts): Administrator, uri: Uri) -> Result<Json<Page>, AdminError> {
    let query = uri.query().unwrap_or_default().as_bytes();
    let (enquiry, limit) = read(query)?;
    let messages = accounts.messages(enquiry, limit).await?;
    let is_full = messages.len() == limit as usize;
    let next = messages.last().filter(|_| is_full).map(|last| last.id.clone());
    Ok(Json(Page { messages, next }))
}

/// `GET /admin/messages/{id}`: one of them.
pub(super) async fn show(Administrator(accounts): Administrator, Segment(id): Segment) -> Result<Json<Told>, AdminError> {
    Ok(Json(accounts.message(id_of(&id)?).await?.ok_or(AdminError::NoMessage)?))
}

/// `POST /admin/messages/{id}/retry`: sends one once more that was not sent, by every route anew.
pub(super) async fn retry(Administrator(accounts): Administrator, Segment(id): Segment) -> Result<Json<Told>, AdminError> {
    let id = id_of(&id)?;
    match accounts.retry_message(id).await?.ok_or(AdminError::NoMessage)? {
        Retried::Queued => Ok(Json(accounts.message(id).await?.ok_or(AdminError::NoMessage)?)),
        Retried::Done(_) => Err(AdminError::MessageSent),
        Retried::Underway => Err(AdminError::MessageUnderway),
        Retried::Expired => Err(AdminError::MessageExpired),
    }
}

/// What is no id names nothing.
fn id_of(text: &str) -> Result<MessageId, AdminError> {
    text.parse().map(MessageId).map_err(|_| AdminError::NoMessage)
}

/// What the query asks for; an empty parameter is one that is not there.
fn read(query: &[u8]) -> Result<(Enquiry, u32), AdminError> {
    let given = |name: &str| given(query, name);
    let to = field(query, "to").map(|text| contact(&text)).filter(|to| !to.is_empty());
    let mut enquiry = Enquiry { to, ..Enquiry::default() };
    if let Some(account) = given("account") {
        enquiry.account = Some(account.parse().map(AccountId).map_err(|_| AdminError::Parameter("account", "must be the id of an account"))?);
    }
    if let Some(status) = given("status") {
        enquiry.filter.states = MessageState::of_told(&status);
        if enquiry.filter.states.is_empty() {
            return Err(AdminError::Parameter("status", "must be one of: queued, accepted, delivered, failed"));
        }
    }
    if let Some(channel) = given("channel") {
        enquiry.filter.channel = Some(Channel::from_name(&channel).ok_or(AdminError::Parameter("channel", "must be one of: email, sms"))?);
    }
    if let Some(before) = given("before") {
        enquiry.filter.before = Some(before.parse().map(MessageId).map_err(|_| AdminError::Parameter("before", "must be the id of a message"))?);
    }
    let limit = count(query, "limit", USUAL, MOST).ok_or(AdminError::Parameter("limit", "must be a number from 1 to 100"))?;
    Ok((enquiry, limit))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plus_that_nobody_escaped_is_one() {
        let to = |query: &str| read(query.as_bytes()).unwrap().0.to;
        for (query, contact) in [
            ("to=+6281234567890", "+6281234567890"),
            ("to=%2B6281234567890", "+6281234567890"),
            ("to=+62+812-3456-7890", "+62 812-3456-7890"),
            ("to=081234567890", "081234567890"),
            ("to=siti+shop@example.test", "siti+shop@example.test"),
            ("to=siti%2Bshop@example.test", "siti+shop@example.test"),
        ] {
            assert_eq!(to(query).as_deref(), Some(contact), "{query}");
        }
        assert_eq!((to("to="), to("to=+"), to("")), (None, None, None));
    }
}
