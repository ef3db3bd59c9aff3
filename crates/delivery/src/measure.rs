//! What the workers count, for `GET /metrics`: every name and label of theirs stands here. Labels hold no contact; a country is two letters, or empty for mail.

use std::time::Duration;

use metrics::{counter, gauge, histogram};

use daftar_core::identifier::Country;
use daftar_core::message::Recipient;
use daftar_core::outbox::receipt::Change;
use daftar_core::outbox::{Attempt, ReceiptOutcome, Receipted, RouteName};
use daftar_core::ports::Timestamp;

/// An attempt came to its end: its answer, and, if it was taken, how long after it was queued.
pub(crate) fn attempt(attempt: &Attempt, country: Option<&Country>, queued_at: Timestamp) {
    let (way, route, country) = (attempt.way.name(), attempt.route.as_str().to_owned(), name_of(country));
    let answer = attempt.answer.name();
    counter!("daftar_send_attempts_total", "channel" => way, "route" => route.clone(), "country" => country.clone(), "answer" => answer).increment(1);
    if attempt.is_accepted() {
        let took = seconds(queued_at, attempt.ended_at);
        histogram!("daftar_message_accepted_seconds", "channel" => way, "route" => route, "country" => country).record(took);
    }
}

/// A receipt came: what it says, and how long after its message was queued.
pub fn receipt(receipted: &Receipted) {
    let (way, route) = (receipted.way.name(), receipted.route.as_str().to_owned());
    let country = country_name(&receipted.to);
    let outcome = receipted.outcome.name();
    counter!("daftar_receipts_total", "channel" => way, "route" => route.clone(), "country" => country.clone(), "outcome" => outcome).increment(1);
    if receipted.outcome == ReceiptOutcome::Delivered {
        let took = seconds(receipted.created_at, receipted.at);
        histogram!("daftar_message_delivered_seconds", "channel" => way, "route" => route, "country" => country).record(took);
    }
    if receipted.change == Some(Change::Failed) {
        given_up(&receipted.to);
    }
}

/// A message was given up.
pub(crate) fn given_up(to: &Recipient) {
    let (channel, country) = (to.channel().name(), country_name(to));
    counter!("daftar_messages_failed_total", "channel" => channel, "country" => country).increment(1);
}

/// A route is spared, or is not any more.
pub(crate) fn resting(route: &RouteName, rests: bool) {
    gauge!("daftar_route_resting", "route" => route.as_str().to_owned()).set(if rests { 1.0 } else { 0.0 });
}

fn country_name(to: &Recipient) -> String {
    match to {
        Recipient::Email(_) => String::new(),
        Recipient::Sms(number) => name_of(number.country().as_ref()),
    }
}

fn name_of(country: Option<&Country>) -> String {
    country.map(|country| country.as_str().to_owned()).unwrap_or_default()
}

fn seconds(from: Timestamp, to: Timestamp) -> f64 {
    Duration::try_from(to.duration_since(from)).unwrap_or_default().as_secs_f64()
}
