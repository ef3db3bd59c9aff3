//! MessageBird: the documented request, answers and receipts.

use daftar_delivery::GatewaySettings;
use daftar_delivery::PresetName::MessageBird;
use serde_json::{Value, json};

use super::*;

const REFERENCE: &str = "e8077d803532c0b5937c639b60216938";
const KEY: &str = "kR3s9vXw2mQz7pLt";

fn signing() -> GatewaySettings {
    GatewaySettings { signing_key: Some(KEY.into()), ..settings(MessageBird, "https://rest.messagebird.com") }
}

#[tokio::test]
async fn the_documented_request_is_made() {
    let sink = sink(MessageBird);
    let (request, outcome) = sent_by(&settings(MessageBird, &sink.url()), &sink).await;
    assert_eq!(outcome, taken(&sink.reference(1)));
    assert_eq!((request.method.as_str(), request.target.as_str()), ("POST", "/messages"));
    assert_eq!((request.header("authorization"), request.header("content-type")), ("AccessKey hunter2", "application/json"));
    let body = json!({
        "originator": "DAFTAR", "recipients": ["6281234567890"], "body": TEXT, "reference": ID, "datacoding": "auto", "reportUrl": format!("{RECEIPTS}?token={TOKEN}"),
    });
    assert_eq!(request.json(), body);
}

#[tokio::test]
async fn row_52_the_documented_errors_are_understood_and_their_words_are_not_repeated() {
    let error = |code: u32, parameter: &str| json!({ "errors": [{ "code": code, "description": TEXT, "parameter": parameter }] }).to_string();
    assert_eq!(answered(MessageBird, 422, &error(9, "recipients")).await, refused("the gateway answered 422, error 9"));
    assert_eq!(answered(MessageBird, 422, &error(10, "recipient")).await, refused("the gateway answered 422, error 10"));
    assert_eq!(answered(MessageBird, 422, &error(10, "originator")).await, later("the gateway answered 422, error 10"));
    for (status, code, parameter) in [(401, 2, "access_key"), (402, 25, ""), (404, 20, ""), (429, 0, ""), (500, 99, "")] {
        assert_eq!(answered(MessageBird, status, &error(code, parameter)).await, retry(&format!("the gateway answered {status}, error {code}")));
    }
    assert_eq!(answered(MessageBird, 422, &error(482_915, "x")).await, later("the gateway answered 422"));
    assert_eq!(answered(MessageBird, 201, "{}").await, retry("the gateway's answer makes no sense"));
}

fn report(status: &str, more: &str) -> String {
    format!("{RECEIPTS}?id={REFERENCE}&reference={ID}&recipient=6281234567890&status={status}&statusDatetime=2026-11-05T08%3A00%3A02%2B00%3A00{more}")
}

fn token(url: &str, from: i64, more: &Value) -> String {
    let mut claims = json!({ "iss": "MessageBird", "nbf": from, "exp": from + 60, "jti": "j", "url_hash": sha256(url.as_bytes()) });
    if let (Some(claims), Some(more)) = (claims.as_object_mut(), more.as_object()) {
        claims.extend(more.clone());
    }
    jwt(&claims, KEY)
}

#[tokio::test]
async fn signed_receipts_are_read() {
    for (url, receipts) in [
        (report("delivered", ""), vec![delivered(REFERENCE)]),
        (report("delivery_failed", "&statusErrorCode=104&statusReason=unknown+subscriber"), vec![undelivered(REFERENCE, "error 104")]),
        (report("expired", "&statusErrorCode=6281234567890"), vec![Receipt { reason: None, ..undelivered(REFERENCE, "") }]),
        (report("sent", ""), vec![]),
        (report("buffered", ""), vec![]),
    ] {
        let receipt = hook("GET", &url, &[("messagebird-signature-jwt", &token(&url, NOW, &json!({})))], "");
        assert_eq!(read(&signing(), &receipt), Ok(receipts), "{url}");
    }
}

#[tokio::test]
async fn forged_replayed_and_garbled_receipts_are_refused() {
    let url = report("delivered", "");
    let right = token(&url, NOW, &json!({}));
    let outcome = |url: &str, token: &str, body: &str, later: i64| {
        read_later(&signing(), &hook("GET", url, &[("messagebird-signature-jwt", token)], body), later)
    };
    assert!(outcome(&url, &right, "", 100).is_ok());
    for (why, url, token, body, later) in [
        ("replayed", url.as_str(), right.as_str(), "", 121),
        ("too early", url.as_str(), right.as_str(), "", -61),
        ("another URL", report("delivery_failed", "").as_str(), right.as_str(), "", 0),
        ("a body", url.as_str(), right.as_str(), "x", 0),
        ("no body", url.as_str(), token(&url, NOW, &json!({ "payload_hash": sha256(b"x") })).as_str(), "", 0),
        ("another issuer", url.as_str(), token(&url, NOW, &json!({ "iss": "Somebody" })).as_str(), "", 0),
        (
            "another key",
            url.as_str(),
            jwt(&json!({ "iss": "MessageBird", "nbf": NOW, "exp": NOW + 60, "url_hash": sha256(url.as_bytes()) }), "x").as_str(),
            "",
            0,
        ),
        ("none", url.as_str(), "", "", 0),
    ] {
        assert_eq!(outcome(url, token, body, later), Err(HookError::Forged), "{why}");
    }
    for garbled in [RECEIPTS.to_owned(), format!("{RECEIPTS}?id=a"), format!("{RECEIPTS}?status=delivered")] {
        assert_eq!(outcome(&garbled, &token(&garbled, NOW, &json!({})), "", 0), Err(HookError::Unreadable), "{garbled}");
    }
    let signed_body = token(&url, NOW, &json!({ "payload_hash": sha256(b"x") }));
    assert!(outcome(&url, &signed_body, "x", 0).is_ok());
}

#[tokio::test]
async fn without_a_signing_key_the_token_in_the_url_counts() {
    let settings = settings(MessageBird, "https://rest.messagebird.com");
    assert_eq!(read(&settings, &hook("GET", &report("delivered", &format!("&token={TOKEN}")), &[], "")), Ok(vec![delivered(REFERENCE)]));
    assert_eq!(read(&settings, &hook("GET", &report("delivered", ""), &[], "")), Err(HookError::Forged));
}
