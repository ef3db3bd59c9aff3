//! Receipts of generic gateways, and of routes that there are not.

use daftar_delivery::PresetName::Generic;
use daftar_delivery::{GatewaySettings, GenericSettings};

use super::*;

fn generic() -> GatewaySettings {
    settings(Generic, "https://sms.example.test")
}

fn with_token(more: &str) -> String {
    format!("{RECEIPTS}?token={TOKEN}{more}")
}

#[tokio::test]
async fn a_receipt_is_json_one_or_many_or_a_form_or_a_query() {
    for (method, url, body, receipts) in [
        ("POST", with_token(""), r#"{"id":"a","status":"delivered"}"#, vec![delivered("a")]),
        ("POST", with_token(""), r#"{"message_id":7,"status":"DELIVRD"}"#, vec![delivered("7")]),
        (
            "POST",
            with_token(""),
            r#"[{"id":"a","status":"Delivered"},{"id":"b","status":"failed"},{"id":"c","status":"sent"}]"#,
            vec![delivered("a"), undelivered("b", "failed")],
        ),
        ("POST", with_token(""), "id=a&status=EXPIRED", vec![undelivered("a", "expired")]),
        ("GET", with_token("&id=a&status=undelivered"), "", vec![undelivered("a", "undelivered")]),
        ("GET", with_token("&messageId=a&status=queued"), "", vec![]),
        ("POST", with_token(""), "[]", vec![]),
    ] {
        assert_eq!(read(&generic(), &hook(method, &url, &[], body)), Ok(receipts), "{url} {body}");
    }
}

#[tokio::test]
async fn the_operator_says_what_a_receipt_means() {
    let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
    let settings = GatewaySettings {
        generic: GenericSettings {
            receipt_id_field: Some("dlr.ref".to_owned()),
            receipt_status_field: Some("dlr.code".to_owned()),
            delivered_values: words(&["1"]),
            undelivered_values: words(&["2", "16"]),
            ..GenericSettings::default()
        },
        ..generic()
    };
    let read = |body: &str| read(&settings, &hook("POST", &with_token(""), &[], body));
    assert_eq!(read(r#"{"id":"x","dlr":{"ref":"a","code":1}}"#), Ok(vec![delivered("a")]));
    assert_eq!(read(r#"{"dlr":{"ref":"a","code":"16"}}"#), Ok(vec![undelivered("a", "16")]));
    assert_eq!(read(r#"{"dlr":{"ref":"a","code":"delivered"}}"#), Ok(vec![]));
    assert_eq!(read(r#"{"id":"a","dlr":{"code":1}}"#), Err(HookError::Unreadable));
}

#[tokio::test]
async fn who_does_not_show_the_token_is_refused_before_anything_is_read() {
    let body = r#"{"id":"a","status":"delivered"}"#;
    for url in [
        RECEIPTS,
        &format!("{RECEIPTS}?token="),
        &format!("{RECEIPTS}?token={}", TOKEN.to_uppercase()),
        &format!("{RECEIPTS}?Token={TOKEN}"),
        "not a url",
    ] {
        assert_eq!(read(&generic(), &hook("POST", url, &[], body)), Err(HookError::Forged), "{url}");
        assert_eq!(read(&generic(), &hook("POST", url, &[], "garbage")), Err(HookError::Forged), "{url}");
    }
    let tokenless = GatewaySettings { receipt_token: "".into(), ..generic() };
    assert_eq!(read(&tokenless, &hook("POST", &format!("{RECEIPTS}?token="), &[], body)), Err(HookError::Forged), "no token is no key");
}

#[tokio::test]
async fn garbled_receipts_are_told_from_forged_ones() {
    for body in ["", "x", "1", "{}", r#"{"id":"a"}"#, r#"{"status":"delivered"}"#, r#"{"id":" ","status":"delivered"}"#, r#"[{"id":"a"},{}]"#] {
        assert_eq!(read(&generic(), &hook("POST", &with_token(""), &[], body)), Err(HookError::Unreadable), "{body}");
    }
    // One that cannot be read does not take the others of its batch along.
    let batch = r#"[{"id":"a","status":"delivered"},{},{"id":"b","status":"delivered"}]"#;
    assert_eq!(read(&generic(), &hook("POST", &with_token(""), &[], batch)).unwrap().len(), 2);
}

#[tokio::test]
async fn a_route_that_there_is_not_has_no_receipts() {
    let elsewhere = Hook { route: RouteName::parse("other").unwrap(), ..hook("POST", &with_token(""), &[], r#"{"id":"a","status":"delivered"}"#) };
    assert_eq!(read(&generic(), &elsewhere), Err(HookError::Unknown));
}
