//! The development inbox: what would have been sent, for whoever tries the service and for tests (contract `operations.md`, *Endpoints for operators*).
//! It is there only when a transport is `inbox`, which only development allows.

mod page;
mod reading;

use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use daftar_core::message::{Channel, MessageId};
use daftar_core::ports::{InboxMessage, StoreError};
use daftar_core::service::Fault;
use serde::Serialize;

use crate::App;
use crate::surface::fault::{retry_after, status_of};
use crate::surface::headers::{message, not_found};
use crate::surface::segment::Segment;

/// How far back a search goes, in messages.
const JSON_DEPTH: u32 = 1000;
/// How many messages the page shows: enough to find the one just sent.
const PAGE_DEPTH: u32 = 50;

/// The routes of this module.
pub fn router() -> Router<App> {
    Router::new().route("/dev/inbox", get(show)).route("/dev/inbox.json", get(list)).route("/dev/inbox/{id}", get(mail))
}

/// A message in `/dev/inbox.json`.
#[derive(Serialize)]
struct Entry {
    id: String,
    channel: &'static str,
    to: String,
    subject: Option<String>,
    text: String,
    html: Option<String>,
    sent_at: String,
}

impl From<InboxMessage> for Entry {
    fn from(message: InboxMessage) -> Self {
        Self {
            id: message.id.0.to_string(),
            channel: message.channel.name(),
            to: message.to,
            subject: message.subject,
            text: message.text,
            html: message.html,
            sent_at: message.sent_at.to_string(),
        }
    }
}

async fn list(State(app): State<App>, uri: Uri) -> Response {
    let Some(inbox) = app.inbox() else { return not_found().await };
    let Some(filter) = Filter::of(&uri) else { return unknown_channel() };
    match inbox.newest(JSON_DEPTH).await {
        Ok(newest) => Json(filter.apply(newest).map(Entry::from).collect::<Vec<_>>()).into_response(),
        Err(error) => failed(error),
    }
}

async fn show(State(app): State<App>, uri: Uri) -> Response {
    let Some(inbox) = app.inbox() else { return not_found().await };
    let Some(filter) = Filter::of(&uri) else { return unknown_channel() };
    let depth = if filter.is_empty() { PAGE_DEPTH } else { JSON_DEPTH };
    match inbox.newest(depth).await {
        Ok(newest) => {
            let found = filter.apply(newest).take(PAGE_DEPTH as usize).collect();
            page::answer(found, &filter, app.accounts().now())
        }
        Err(error) => failed(error),
    }
}

/// One mail's HTML part, for the frame on the page. It is somebody's content: it may style itself and be clicked, and nothing else.
async fn mail(State(app): State<App>, Segment(id): Segment) -> Response {
    let Some(inbox) = app.inbox() else { return not_found().await };
    let Ok(id) = id.parse().map(MessageId) else { return not_found().await };
    let html = match inbox.message(id).await {
        Ok(found) => found.and_then(|message| message.html),
        Err(error) => return failed(error),
    };
    let Some(html) = html else { return not_found().await };
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8")),
        (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(page::MAIL_POLICY)),
        (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    ];
    (headers, reading::for_frame(&html)).into_response()
}

fn unknown_channel() -> Response {
    message(StatusCode::BAD_REQUEST, "Property 'channel' must be one of: email, sms")
}

fn failed(error: StoreError) -> Response {
    match status_of(&Fault::from(error)) {
        (status, Some(seconds)) => ([retry_after(seconds)], message(status, "Service is busy, please try again")).into_response(),
        (status, None) => message(status, "Internal error"),
    }
}

/// Which messages are wanted.
#[derive(Debug, Default, PartialEq, Eq)]
struct Filter {
    to: Option<String>,
    channel: Option<Channel>,
}

impl Filter {
    /// Reads `to` and `channel`; empty means any. `None`: there is no such channel.
    fn of(uri: &Uri) -> Option<Self> {
        let mut filter = Self::default();
        for (name, value) in form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes()) {
            match &*name {
                "to" if !value.trim().is_empty() => filter.to = Some(value.into_owned()),
                "channel" if !value.is_empty() => filter.channel = Some(Channel::from_name(&value)?),
                _ => {}
            }
        }
        Some(filter)
    }

    fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    fn apply(&self, messages: Vec<InboxMessage>) -> impl Iterator<Item = InboxMessage> {
        messages.into_iter().filter(|message| {
            self.channel.is_none_or(|channel| channel == message.channel) && self.to.as_deref().is_none_or(|to| is_to(to, &message.to))
        })
    }
}

/// Whether `wanted` means `address`: an e-mail address ignoring case, a phone number by its digits. A `+` that nobody escaped arrives as a blank.
fn is_to(wanted: &str, address: &str) -> bool {
    if address.contains('@') {
        return wanted.trim().replace(' ', "+").eq_ignore_ascii_case(address);
    }
    let digits = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>();
    let is_number = wanted.chars().all(|c| c.is_ascii_digit() || " +-()".contains(c));
    is_number && digits(wanted) == digits(address)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_found_in_every_spelling() {
        for wanted in ["siti+shop@example.test", "SITI+shop@Example.test", "siti shop@example.test", " siti+shop@example.test "] {
            assert!(is_to(wanted, "siti+shop@example.test"), "{wanted}");
        }
        for wanted in ["+6281234567890", "6281234567890", " 6281234567890", "+62 812-3456-7890"] {
            assert!(is_to(wanted, "+6281234567890"), "{wanted}");
        }
        for wanted in ["62812345678", "siti", "6281234567890x", "siti@example.test", "+"] {
            assert!(!is_to(wanted, "+6281234567890") && !is_to(wanted, "siti+shop@example.test"), "{wanted}");
        }
    }

    #[test]
    fn a_filter_is_read_from_the_address() {
        let filter = |query: &str| Filter::of(&format!("/dev/inbox.json?{query}").parse().unwrap());
        assert!(filter("").unwrap().is_empty() && filter("to=&channel=&other=1").unwrap().is_empty());
        assert_eq!(filter("channel=sms&to=%2B62812").unwrap(), Filter { to: Some("+62812".into()), channel: Some(Channel::Sms) });
        assert!(filter("channel=fax").is_none() && filter("channel=SMS").is_none());
    }
}
