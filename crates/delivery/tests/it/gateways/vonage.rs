//! Vonage: the documented request, answers and receipts.

use daftar_delivery::GatewaySettings;
use daftar_delivery::PresetName::Vonage;
use serde_json::{Value, json};

use super::*;

const UUID: &str = "aaaaaaaa-bbbb-4ccc-8ddd-0123456789ab";
const KEY: &str = "kR3s9vXw2mQz7pLt";

fn signing(url: &str) -> GatewaySettings {
    GatewaySettings { signing_key: Some(KEY.into()), ..settings(Vonage, url) }
}

#[tokio::test]
async fn the_documented_request_is_made() {
    let sink = sink(Vonage);
    let (request, outcome) = sent_by(&signing(&sink.url()), &sink).await;
    assert_eq!(outcome, taken(&sink.reference(1)));
    assert_eq!((request.method.as_str(), request.target.as_str()), ("POST", "/v1/messages"));
    // `a1b2c3d4:hunter2` as Basic has it.
    assert_eq!((request.header("authorization"), request.header("content-type")), ("Basic YTFiMmMzZDQ6aHVudGVyMg==", "application/json"));
    let body = json!({
        "channel": "sms", "message_type": "text", "to": "6281234567890", "from": "DAFTAR", "text": TEXT, "client_ref": ID,
        "webhook_url": RECEIPTS, "webhook_version": "v1",
    });
    assert_eq!(request.json(), body);
    let by_number = GatewaySettings { sender: Some("+85290001234".to_owned()), ..settings(Vonage, &sink.url()) };
    let (request, _) = sent_by(&by_number, &sink).await;
    // Without a signature secret the URL shows whose receipt it is.
    assert_eq!(
        (request.json()["from"].as_str(), request.json()["webhook_url"].as_str()),
        (Some("85290001234"), Some(format!("{RECEIPTS}?token={TOKEN}").as_str()))
    );
}

fn problem(kind: &str, title: &Value) -> String {
    json!({ "type": format!("https://developer.vonage.com/api-errors{kind}"), "title": title, "detail": TEXT, "instance": NUMBER }).to_string()
}

#[tokio::test]
async fn row_52_the_documented_errors_are_understood_and_their_words_are_not_repeated() {
    for code in [1050, 1170, 1190, 1240, 1250, 1260, 1430] {
        let reason = format!("the gateway answered 422, error {code}");
        assert_eq!(answered(Vonage, 422, &problem(&format!("/messages#{code}"), &json!("Invalid recipient"))).await, refused(&reason));
        assert_eq!(answered(Vonage, 422, &problem("/messages", &json!(code))).await, refused(&reason));
    }
    for (status, kind, reason) in [
        (401, "#unauthorized", "the gateway answered 401"),
        (402, "#low-balance", "the gateway answered 402"),
        (403, "#forbidden", "the gateway answered 403"),
        (429, "/messages#1000", "the gateway answered 429, error 1000"),
        (500, "/messages#1430", "the gateway answered 500, error 1430"),
    ] {
        assert_eq!(answered(Vonage, status, &problem(kind, &json!(TEXT))).await, retry(reason), "{status} {kind}");
    }
    for (kind, reason) in [
        ("/messages#1120", "the gateway answered 422, error 1120"),
        ("/messages#482915", "the gateway answered 422"),
        ("/messages#6281234567890", "the gateway answered 422"),
    ] {
        assert_eq!(answered(Vonage, 422, &problem(kind, &json!(TEXT))).await, later(reason), "{kind}");
    }
    assert_eq!(answered(Vonage, 202, "{}").await, retry("the gateway's answer makes no sense"));
}

fn status(status: &str, error: Option<Value>) -> String {
    let error = error.unwrap_or_default();
    let (to, from, at) = ("6281234567890", "DAFTAR", "2026-11-05T08:00:00Z");
    json!({ "message_uuid": UUID, "to": to, "from": from, "timestamp": at, "status": status, "channel": "sms", "error": error }).to_string()
}

fn bearer(body: &str, at: i64, key: &str) -> String {
    let claims = json!({ "iat": at, "jti": "j", "iss": "Vonage", "payload_hash": sha256(body.as_bytes()), "api_key": "a1b2c3d4" });
    format!("Bearer {}", jwt(&claims, key))
}

#[tokio::test]
async fn signed_receipts_are_read() {
    let settings = signing("https://api.nexmo.com");
    let error = json!({ "type": "https://developer.vonage.com/api-errors/messages#1260", "title": 1260, "detail": NUMBER, "instance": "i" });
    for (status, receipts) in [
        (status("delivered", None), vec![delivered(UUID)]),
        (status("read", None), vec![delivered(UUID)]),
        (status("undeliverable", Some(error.clone())), vec![undelivered(UUID, "error 1260")]),
        (status("rejected", Some(json!({ "error": error }))), vec![undelivered(UUID, "error 1260")]),
        (status("submitted", None), vec![]),
    ] {
        let receipt = hook("POST", RECEIPTS, &[("authorization", &bearer(&status, NOW, KEY))], &status);
        assert_eq!(read(&settings, &receipt), Ok(receipts), "{status}");
    }
}

#[tokio::test]
async fn forged_and_old_receipts_are_refused() {
    let settings = signing("https://api.nexmo.com");
    let body = status("delivered", None);
    let right = bearer(&body, NOW, KEY);
    let outcome = |headers: &[(&str, &str)], body: &str, later: i64| read_later(&settings, &hook("POST", RECEIPTS, headers, body), later);
    assert_eq!(outcome(&[("authorization", &right)], &body, 24 * 60 * 60), Ok(vec![delivered(UUID)]), "repeated for a day");
    for (headers, body, later) in [
        (vec![], body.clone(), 0),
        (vec![("authorization", right.as_str())], status("rejected", None), 0),
        (vec![("authorization", right.as_str())], body.clone(), 26 * 60 * 60),
        (vec![("authorization", right.as_str())], body.clone(), -600),
        (vec![("authorization", right.trim_start_matches("Bearer "))], body.clone(), 0),
        (vec![("authorization", bearer(&body, NOW, "another").as_str())], body.clone(), 0),
        (vec![("authorization", format!("Bearer {}", jwt(&json!({ "iat": NOW }), KEY)).as_str())], body.clone(), 0),
        (vec![("authorization", format!("Bearer {}", none_signed(&body)).as_str())], body.clone(), 0),
    ] {
        assert_eq!(outcome(&headers, &body, later), Err(HookError::Forged), "{headers:?} {later}");
    }
    assert_eq!(read(&settings, &hook("POST", &format!("{RECEIPTS}?token={TOKEN}"), &[], &body)), Err(HookError::Forged));
}

/// A token that says it needs no signature.
fn none_signed(body: &str) -> String {
    use base64::Engine as _;
    let part = |value: &Value| base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(value.to_string());
    format!("{}.{}.", part(&json!({ "alg": "none", "typ": "JWT" })), part(&json!({ "iat": NOW, "payload_hash": sha256(body.as_bytes()) })))
}

#[tokio::test]
async fn without_a_signature_secret_the_token_in_the_url_counts() {
    let settings = settings(Vonage, "https://api.nexmo.com");
    let body = status("delivered", None);
    assert_eq!(read(&settings, &hook("POST", &format!("{RECEIPTS}?token={TOKEN}"), &[], &body)), Ok(vec![delivered(UUID)]));
    for url in [RECEIPTS.to_owned(), format!("{RECEIPTS}?token="), format!("{RECEIPTS}?token={TOKEN}x"), format!("{RECEIPTS}?tokens={TOKEN}")] {
        assert_eq!(read(&settings, &hook("POST", &url, &[("authorization", &bearer(&body, NOW, KEY))], &body)), Err(HookError::Forged), "{url}");
    }
}

#[tokio::test]
async fn garbled_receipts_are_told_from_forged_ones() {
    for body in ["", "x", "[]", "{}", "{\"status\":\"delivered\"}", "{\"message_uuid\":\"\",\"status\":\"delivered\"}", "{\"message_uuid\":\"u\"}"] {
        let receipt = hook("POST", RECEIPTS, &[("authorization", &bearer(body, NOW, KEY))], body);
        assert_eq!(read(&signing("https://api.nexmo.com"), &receipt), Err(HookError::Unreadable), "{body}");
    }
}
