//! The inbox as a page: mail as a mail program shows it, short messages as a phone does, newest first. Made for a developer who has just signed
//! somebody up and wants the link or the code.

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;
use daftar_core::message::Channel;
use daftar_core::ports::{InboxMessage, Timestamp};

use super::Wanted;
use super::reading::{self, Piece};
use crate::pages::html::{self, Frames};

/// The page's style.
const SHEET: &str = include_str!("../../../templates/inbox.css");

/// What a mail's HTML part may do in its frame: style itself, and have links that open elsewhere.
pub(super) const MAIL_POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'none'; frame-ancestors 'self'; \
     sandbox allow-popups allow-popups-to-escape-sandbox";

/// Answers with the page about `messages`.
pub(super) fn answer(messages: Vec<InboxMessage>, wanted: &Wanted, now: Timestamp) -> Response {
    let to = wanted.to.as_deref().unwrap_or_default();
    let channel = wanted.filter.channel.map_or("", Channel::name);
    let page =
        InboxPage { style: SHEET, messages: messages.into_iter().map(|m| Shown::of(m, now)).collect(), to, channel, filtered: !wanted.is_anything() };
    html::answer(StatusCode::OK, &page, SHEET, Frames::Own, None)
}

/// `templates/inbox.html`.
#[derive(Template)]
#[template(path = "inbox.html")]
struct InboxPage<'a> {
    style: &'static str,
    messages: Vec<Shown>,
    to: &'a str,
    channel: &'a str,
    filtered: bool,
}

/// A message as the page shows it.
struct Shown {
    id: String,
    channel: Channel,
    to: String,
    subject: String,
    pieces: Vec<Piece>,
    has_html: bool,
    link: Option<String>,
    code: Option<String>,
    at: String,
    stamp: String,
    ago: String,
}

impl Shown {
    fn of(message: InboxMessage, now: Timestamp) -> Self {
        let (link, code) = reading::gist(&message.text);
        Self {
            id: message.id.0.to_string(),
            channel: message.channel,
            to: message.to,
            subject: message.subject.unwrap_or_default(),
            pieces: reading::pieces(&message.text),
            has_html: message.html.is_some(),
            link,
            code,
            at: message.sent_at.strftime("%-d %B %Y, %H:%M:%S UTC").to_string(),
            stamp: message.sent_at.to_string(),
            ago: ago(now.duration_since(message.sent_at).as_secs()),
        }
    }
}

/// How long ago something was, in words.
fn ago(seconds: i64) -> String {
    match seconds {
        ..=4 => "just now".to_owned(),
        5..=59 => format!("{seconds} seconds ago"),
        60..=119 => "a minute ago".to_owned(),
        120..=3599 => format!("{} minutes ago", seconds / 60),
        3600..=7199 => "an hour ago".to_owned(),
        7200..=86_399 => format!("{} hours ago", seconds / 3600),
        86_400..=172_799 => "yesterday".to_owned(),
        _ => format!("{} days ago", seconds / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_told_in_words() {
        let told = [-3, 5, 60, 3599, 3600, 86_399, 86_400, 200_000].map(ago);
        let words = ["just now", "5 seconds ago", "a minute ago", "59 minutes ago", "an hour ago", "23 hours ago", "yesterday", "2 days ago"];
        assert_eq!(told, words);
    }
}
