//! The development inbox: what would have been sent, for whoever tries the service and for tests (contract `operations.md`, *Endpoints for operators*).
//! It is there only when a transport is `inbox`, which only development allows.

mod page;
mod reading;

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use daftar_core::identifier::PhoneNumber;
use daftar_core::message::{Channel, MessageId};
use daftar_core::ports::{InboxFilter, InboxMessage, StoreError};
use daftar_core::service::Fault;
use serde::Serialize;

use super::described;
use crate::App;
use crate::openapi::routes::Routes;
use crate::surface::fault::{retry_after, status_of};
use crate::surface::headers::{message, not_found};
use crate::surface::segment::Segment;

/// How many messages a program gets at most.
const JSON_DEPTH: u32 = 10_000;
/// How many messages the page shows: enough to find the one just sent.
const PAGE_DEPTH: u32 = 50;

/// The routes of this module.
pub(crate) fn routes() -> Routes {
    Routes::new().at("/dev/inbox", get(show), &[described::inbox]).at("/dev/inbox.json", get(list), &[described::inbox_list]).at(
        "/dev/inbox/{id}",
        get(mail),
        &[described::inbox_mail],
    )
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
            // Always three digits of a second, so that times sort as texts, too.
            sent_at: format!("{:.3}", message.sent_at),
        }
    }
}

async fn list(State(app): State<App>, uri: Uri) -> Response {
    let Some(inbox) = app.inbox() else { return not_found().await };
    let Some(wanted) = Wanted::of(&uri) else { return unknown_channel() };
    match inbox.newest(&wanted.filter, JSON_DEPTH).await {
        Ok(newest) => Json(newest.into_iter().map(Entry::from).collect::<Vec<_>>()).into_response(),
        Err(error) => failed(error),
    }
}

async fn show(State(app): State<App>, uri: Uri) -> Response {
    let Some(inbox) = app.inbox() else { return not_found().await };
    let Some(wanted) = Wanted::of(&uri) else { return unknown_channel() };
    match inbox.newest(&wanted.filter, PAGE_DEPTH).await {
        Ok(newest) => page::answer(newest, &wanted, app.accounts().now()),
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

/// Which messages are wanted, and how that was written.
#[derive(Debug, Default, PartialEq, Eq)]
struct Wanted {
    to: Option<String>,
    filter: InboxFilter,
}

impl Wanted {
    /// Reads `to` and `channel`; empty means any. `None`: there is no such channel or address.
    fn of(uri: &Uri) -> Option<Self> {
        let mut wanted = Self::default();
        for (name, value) in form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes()) {
            match &*name {
                // Nobody's address holds one, and not every store takes it.
                "to" if value.contains('\0') => return None,
                "to" if !value.trim().is_empty() => {
                    wanted.filter.to = Some(recipient(&value));
                    wanted.to = Some(value.into_owned());
                }
                "channel" if !value.is_empty() => wanted.filter.channel = Some(Channel::from_name(&value)?),
                _ => {}
            }
        }
        Some(wanted)
    }

    fn is_anything(&self) -> bool {
        self.filter == InboxFilter::default()
    }
}

/// The address as messages bear it: an e-mail address in lower case, a phone number in E.164 form. A `+` that nobody escaped arrives as a blank.
fn recipient(written: &str) -> String {
    let written = written.trim();
    if written.contains('@') {
        return written.replace(' ', "+").to_lowercase();
    }
    let digits: String = written.chars().filter(char::is_ascii_digit).collect();
    if digits.is_empty() || !written.chars().all(|c| c.is_ascii_digit() || " +-()".contains(c)) {
        return written.to_lowercase();
    }
    PhoneNumber::parse_usapi(&digits).map_or_else(|_| format!("+{digits}"), |number| number.as_e164().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_found_in_every_spelling() {
        for written in ["siti+shop@example.test", "SITI+shop@Example.test", "siti shop@example.test", " siti+shop@example.test "] {
            assert_eq!(recipient(written), "siti+shop@example.test");
        }
        for written in ["+6281234567890", "6281234567890", " 6281234567890", "+62 812-3456-7890", "62081234567890"] {
            assert_eq!(recipient(written), "+6281234567890");
        }
        for other in ["62812345678", "siti", "6281234567890x", "+"] {
            assert_ne!(recipient(other), "+6281234567890");
        }
    }

    #[test]
    fn a_filter_is_read_from_the_address() {
        let read = |query: &str| Wanted::of(&format!("/dev/inbox.json?{query}").parse().unwrap());
        assert!(read("").unwrap().is_anything() && read("to=&channel=&other=1").unwrap().is_anything());
        let filter = InboxFilter { to: Some("+62812345678".into()), channel: Some(Channel::Sms) };
        assert_eq!(read("channel=sms&to=%2B62812345678").unwrap(), Wanted { to: Some("+62812345678".into()), filter });
        assert!(read("channel=fax").is_none() && read("channel=SMS").is_none());
    }
}
