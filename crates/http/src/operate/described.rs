//! What the documentation says of operators' calls, and of the inbox.

use axum::http::StatusCode;
use daftar_core::message::Channel;

use crate::openapi::operation::{Call, Described};
use crate::openapi::plain::{Development, Operators, Plain};
use crate::openapi::property::{Property, constant, list, moment, object, one_of, text, uuid};

type Operate = Call<Plain<Operators>>;
type Develop = Call<Plain<Development>>;

pub(super) fn healthz() -> Described {
    Operate::get("health", "Does the process live?").answers(StatusCode::OK, "It does", &[constant("status", "ok")]).into()
}

pub(super) fn readyz() -> Described {
    Operate::get("ready", "May it be sent requests?")
        .answers(StatusCode::OK, "The store answers, and its schema is current", &[constant("status", "ready")])
        .answers(StatusCode::SERVICE_UNAVAILABLE, "It may not", &[one_of("status", ["draining", "store unavailable"])])
        .described_so_far()
}

pub(super) fn jwks() -> Described {
    let key = [
        constant("kty", "EC"),
        constant("crv", "P-256"),
        constant("alg", "ES256"),
        constant("use", "sig"),
        text("kid").like("k1"),
        text("x").like("f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"),
        text("y").like("x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"),
    ];
    Operate::get("keys", "The public keys that sign tokens").answers(StatusCode::OK, "RFC 7517", &[list("keys", object("", key))]).into()
}

pub(super) fn metrics() -> Described {
    Operate::get("metrics", "Everything that is counted")
        .detail("At an address of its own where `metrics.listen` is set.")
        .answers_media(StatusCode::OK, "Prometheus's text format", "text/plain")
        .into()
}

fn to() -> Property {
    text("to").like("siti@example.test").or_empty().about("Those to this e-mail address or phone number").optional()
}

fn channel() -> Property {
    one_of("channel", Channel::ALL.iter().map(|channel| channel.name()))
}

fn wanted(call: Develop) -> Develop {
    let unknown = Plain::saying(StatusCode::BAD_REQUEST, "Property 'channel' must be one of: email, sms");
    call.query(&to()).query(&channel().optional()).refuses([unknown, Plain::not_found()])
}

pub(super) fn inbox() -> Described {
    wanted(Develop::get("inbox", "What was sent, for people")).answers_page(&[(StatusCode::OK, "The newest messages")]).into()
}

pub(super) fn inbox_list() -> Described {
    let subject = text("subject").like("Confirm your registration").nullable();
    let html = text("html").like("<p>…</p>").nullable();
    let message =
        [uuid("id"), channel(), text("to").like("siti@example.test"), subject, text("text").like("Your code is 482913"), html, moment("sent_at")];
    wanted(Develop::get("inboxList", "What was sent, newest first")).answers_list(StatusCode::OK, "The messages", &object("", message)).into()
}

pub(super) fn inbox_mail() -> Described {
    Develop::get("inboxMail", "One mail's HTML part")
        .path(&uuid("id"))
        .answers_page(&[(StatusCode::OK, "The mail")])
        .refuses([Plain::not_found()])
        .into()
}
