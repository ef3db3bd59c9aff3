//! What the documentation says of the administration's calls.

use axum::http::StatusCode;
use daftar_core::client::Scope;
use daftar_core::limit::LimitKind;
use daftar_core::message::Channel;

use super::error::{AdminError, BOUNDS};
use super::{limits, messages};
use crate::openapi::operation::{Call, Described};
use crate::openapi::property::{Property, amount, boolean, integer, list, moment, object, one_of, text, uuid};
use crate::openapi::refusal::Refusal;
use crate::openapi::security::Caller;
use crate::surface::bounds::Bounds;
use crate::surface::problem::written_properties;

impl Refusal for AdminError {
    const TAG: &'static str = "Administration";
    const BOUNDS: Bounds = BOUNDS;

    fn properties() -> Vec<Property> {
        written_properties()
    }
}

fn by_administrator(call: Call<AdminError>) -> Call<AdminError> {
    call.by(Caller::Machine(Scope::Admin), AdminError::NoAdministrator)
}

fn count(name: &'static str, usual: u32, most: u32) -> Property {
    integer(name).between(1, i64::from(most)).like(usual).about(format!("How many at most, {usual} by default")).optional()
}

fn status() -> Property {
    one_of("status", ["queued", "accepted", "delivered", "failed"])
}

fn channels() -> Property {
    one_of("channel", Channel::ALL.iter().map(|channel| channel.name()))
}

fn reason() -> Property {
    text("reason").like("the gateway does not answer").nullable()
}

fn attempt() -> Property {
    let receipt = [one_of("outcome", ["delivered", "undelivered"]), reason(), moment("at")];
    object(
        "",
        [
            integer("number").about("Counted from 1"),
            text("route").like("twilio"),
            one_of("channel", ["email", "sms", "whatsapp"]),
            moment("started_at"),
            moment("ended_at"),
            one_of("answer", ["accepted", "refused", "put_off"]),
            reason(),
            text("reference").like("SM123").about("How the gateway calls the message").nullable(),
            text("cost").like("0.045"),
            object("receipt", receipt).nullable(),
        ],
    )
}

fn message() -> Property {
    object(
        "",
        [
            uuid("id"),
            channels(),
            text("to").like("+62812*****90").about("Masked, unless the account is named"),
            text("kind").like("signup_code"),
            status(),
            reason(),
            moment("created_at"),
            moment("expires_at"),
            moment("next_at").about("When it is tried again").nullable(),
            boolean("can_retry").like(false),
            integer("without_answer").like(0).about("How often it was taken up without an attempt that came to an end"),
            text("cost").like("0.045"),
            list("attempts", attempt()),
        ],
    )
}

pub(super) fn messages() -> Described {
    by_administrator(Call::get("listMessages", "Where is my code?"))
        .detail("Messages of the last 30 days, newest first, with every attempt, route and receipt.")
        .query(&text("to").like("+6281234567890").about("An e-mail address or phone number").optional())
        .query(&uuid("account").about("Those to the contacts of this account").optional())
        .query(&status().optional())
        .query(&channels().optional())
        .query(&uuid("before").about("`next` of the page before").optional())
        .query(&count("limit", messages::USUAL, messages::MOST))
        .answers(StatusCode::OK, "A page of them", &[list("messages", message()), uuid("next").about("`before` of the next page").nullable()])
        .refuses([AdminError::Parameter("status", "must be one of: queued, accepted, delivered, failed"), AdminError::NoAccount])
        .into()
}

fn limit() -> Property {
    object(
        "",
        [
            one_of("limit", LimitKind::ALL.iter().map(|kind| kind.name())).like("send.destination"),
            text("of").like("+62812*****90").about("A masked contact, an account's id, an address, a prefix, a client's id, or `all`"),
            text("from").like("203.0.113.7").nullable(),
            amount("used"),
            amount("most"),
            amount("left"),
            integer("period").like(86_400).about("In how many seconds"),
            integer("free_in").like(0).about("In how many seconds something is free"),
            moment("resets_at"),
        ],
    )
}

pub(super) fn limits() -> Described {
    by_administrator(Call::get("listLimits", "Who has used up what?"))
        .detail("Limits of which something is used, those first that take longest to be free again.")
        .query(&one_of("limit", LimitKind::ALL.iter().map(|kind| kind.name())).about("Those of this kind").optional())
        .query(&boolean("spent").about("Those that have no room").optional())
        .query(&count("max", limits::USUAL, limits::MOST))
        .answers(StatusCode::OK, "They", &[list("limits", limit())])
        .refuses([AdminError::Parameter("spent", "must be true or false")])
        .into()
}
