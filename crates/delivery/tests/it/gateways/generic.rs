//! A gateway that the operator describes.

use daftar_delivery::PresetName::Generic;
use daftar_delivery::{GatewaySettings, GenericSettings};
use serde_json::json;

use super::*;

#[tokio::test]
async fn with_a_url_alone_the_plain_form_is_sent_with_the_messages_name_as_its_key() {
    let sink = sink(Generic);
    let (request, outcome) = sent_by(&GatewaySettings { sender: None, ..settings(Generic, &sink.url()) }, &sink).await;
    assert_eq!(outcome, taken("g-1"));
    assert_eq!((request.method.as_str(), request.target.as_str()), ("POST", "/"));
    assert_eq!((request.header("content-type"), request.header("idempotency-key")), ("application/json", ID));
    assert!(request.header("user-agent").starts_with("daftar/"));
    assert_eq!(request.json(), json!({ "id": ID, "to": NUMBER, "text": TEXT }));
    let (request, _) = sent_by(&settings(Generic, &format!("{}/send?x=1", sink.url())), &sink).await;
    assert_eq!((request.target.as_str(), request.json()["from"].as_str()), ("/send?x=1", Some("DAFTAR")));
}

#[tokio::test]
async fn every_try_has_the_same_key_and_connections_are_used_again() {
    let sink = sink(Generic);
    let gateway = gateway(&settings(Generic, &sink.url()));
    for _ in 0..3 {
        send(&gateway).await.unwrap();
    }
    assert!(sink.requests().iter().all(|request| request.header("idempotency-key") == ID));
    assert_eq!((sink.counts().connections, sink.counts().taken), (1, 3));
}

#[tokio::test]
async fn the_sender_is_the_countrys_else_the_brands_else_the_routes() {
    let sink = sink(Generic);
    let hong_kong = daftar_core::identifier::Country::hong_kong();
    let gateway = gateway(&GatewaySettings { senders: vec![(hong_kong, "#DAFTAR".to_owned())], ..settings(Generic, &sink.url()) });
    let of_brand = Rendered { sms_sender: Some("ONMART".to_owned()), ..rendered() };
    for (number, message, from) in [
        ("+85251234567", &of_brand, "#DAFTAR"),
        ("+85251234567", &rendered(), "#DAFTAR"),
        (NUMBER, &of_brand, "ONMART"),
        (NUMBER, &rendered(), "DAFTAR"),
    ] {
        send_to(&gateway, number, message).await.unwrap();
        assert_eq!(sink.requests().pop().unwrap().json()["from"], from);
    }
}

#[tokio::test]
async fn what_its_status_says_of_a_message_is_the_last_word_and_what_somebody_can_mend_is_not() {
    for status in [400, 413, 422] {
        assert_eq!(answered(Generic, status, "{}").await, refused(&format!("the gateway answered {status}")));
    }
    for status in [409, 451] {
        assert_eq!(answered(Generic, status, "{}").await, later(&format!("the gateway answered {status}")));
    }
    for status in [301, 302, 401, 402, 403, 404, 405, 407, 408, 415, 425, 429, 500, 502, 503, 504] {
        assert_eq!(answered(Generic, status, "{}").await, retry(&format!("the gateway answered {status}")));
    }
}

#[tokio::test]
async fn a_redirection_is_not_followed() {
    let sink = sink(Generic);
    sink.behave(Behaviour::Answer(307, String::new()));
    assert_eq!(sent_by(&settings(Generic, &sink.url()), &sink).await.1, retry("the gateway answered 307"));
    assert_eq!(sink.counts().requests, 1);
}

#[tokio::test]
async fn a_gateway_that_names_nothing_is_told_our_name() {
    for body in ["", "OK", "{}", "[]", "{\"id\":null}", "{\"id\":\"\"}", "{\"id\":{\"a\":1}}", "{\"id\":\"two words\"}"] {
        assert_eq!(answered(Generic, 200, body).await, taken(ID), "{body}");
    }
    for (body, name) in [("{\"message_id\":7}", "7"), ("{\"messageId\":\"x-1\"}", "x-1"), ("{\"reference\":\"r\"}", "r")] {
        assert_eq!(answered(Generic, 202, body).await, taken(name), "{body}");
    }
}

#[tokio::test]
async fn row_52_a_name_that_shows_the_number_or_the_code_is_not_kept() {
    for body in ["{\"id\":\"482915\"}", "{\"id\":482915}", "{\"id\":\"sms-6281234567890-1\"}", "{\"id\":\"+6281234567890\"}"] {
        assert_eq!(answered(Generic, 200, body).await, taken(ID), "{body}");
    }
    assert_eq!(answered(Generic, 200, &format!("{{\"id\":\"{}\"}}", "x".repeat(129))).await, taken(ID));
}

/// A gateway whose request and answers are described.
fn described(url: &str) -> GatewaySettings {
    let texts = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
    GatewaySettings {
        secret: Some("hunter2".into()),
        account: Some("shop".to_owned()),
        generic: GenericSettings {
            headers: vec![("Authorization".to_owned(), "Bearer {account}.{secret}".into()), ("X-Ref".to_owned(), "{id}".into())],
            body: Some(
                r#"{"msisdn":"{to_digits}","msg":"{text}","otp":"{code}","lang":"{language}","cb":"{receipt_url}","meta":{"from":"{from}"}}"#.into(),
            ),
            id_field: Some("data.0.uid".to_owned()),
            success_field: Some("status".to_owned()),
            success_values: texts(&["OK", "0"]),
            error_field: Some("error.code".to_owned()),
            refused_values: texts(&["INVALID_MSISDN", "13"]),
            ..GenericSettings::default()
        },
        ..settings(Generic, url)
    }
}

#[tokio::test]
async fn a_described_request_is_made_as_described() {
    let sink = sink(Generic);
    sink.behave(Behaviour::Answer(200, r#"{"status":"OK","data":[{"uid":"u-9"}]}"#.to_owned()));
    let (request, outcome) = sent_by(&described(&format!("{}/send/{{language}}?to={{to}}&u={{account}}", sink.url())), &sink).await;
    assert_eq!(outcome, taken("u-9"));
    assert_eq!(request.target, "/send/zh-Hant?to=%2B6281234567890&u=shop");
    assert_eq!((request.header("authorization"), request.header("x-ref")), ("Bearer shop.hunter2", ID));
    let callback = format!("{RECEIPTS}?token={TOKEN}");
    let body = json!({ "msisdn": "6281234567890", "msg": TEXT, "otp": CODE, "lang": "zh-Hant", "cb": callback, "meta": { "from": "DAFTAR" } });
    assert_eq!((request.header("content-type"), request.json()), ("application/json", body));
}

#[tokio::test]
async fn a_described_answer_is_read_as_described() {
    let sink = sink(Generic);
    let gateway = gateway(&described(&sink.url()));
    for (status, body, outcome) in [
        (200, r#"{"status":0,"data":[{"uid":77}]}"#, taken("77")),
        (200, r#"{"status":"OK"}"#, taken(ID)),
        (200, r#"{"status":"NO","error":{"code":"INVALID_MSISDN"}}"#, refused("the gateway answered 200, error INVALID_MSISDN")),
        (422, r#"{"error":{"code":13}}"#, refused("the gateway answered 422, error 13")),
        (422, r#"{"error":{"code":"482915"}}"#, later("the gateway answered 422")),
        (422, "", later("the gateway answered 422")),
        (200, r#"{"status":"NO","error":{"code":"NO_CREDIT"}}"#, later("the gateway answered 200")),
        (200, "{}", later("the gateway answered 200")),
        (200, "OK", retry("the gateway's answer makes no sense")),
        (500, r#"{"status":"OK"}"#, retry("the gateway answered 500")),
    ] {
        sink.behave(Behaviour::Answer(status, body.to_owned()));
        assert_eq!(send(&gateway).await, outcome, "{status} {body}");
    }
}

#[tokio::test]
async fn forms_xml_and_plain_get_are_escaped_for_what_they_are() {
    let sink = sink(Generic);
    let with = |method: Option<&str>, body: Option<&str>, path: &str| GatewaySettings {
        generic: GenericSettings { method: method.map(str::to_owned), body: body.map(Into::into), ..GenericSettings::default() },
        ..settings(Generic, &format!("{}{path}", sink.url()))
    };
    let (request, _) = sent_by(&with(Some("GET"), None, "/s?to={to}&text={text}"), &sink).await;
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    assert_eq!((request.method.as_str(), request.body.len()), ("GET", 0));
    assert_eq!(request.query(), [pair("to", NUMBER), pair("text", TEXT)]);
    let (request, _) = sent_by(&with(Some("PUT"), Some("to={to}&text={text}&from={from}"), "/"), &sink).await;
    assert_eq!((request.method.as_str(), request.header("content-type")), ("PUT", "application/x-www-form-urlencoded"));
    assert_eq!(request.form(), [pair("to", NUMBER), pair("text", TEXT), pair("from", "DAFTAR")]);
    let (request, _) = sent_by(&with(None, Some("<sms to=\"{to}\">{text}</sms>"), "/"), &sink).await;
    assert_eq!(request.header("content-type"), "application/xml; charset=utf-8");
    let text = "482915 is your ONMART code. 驗證碼 &amp; &lt;b&gt;&quot;100%&quot;&lt;/b&gt;";
    assert_eq!(request.text(), format!("<sms to=\"{NUMBER}\">{text}</sms>"));
}
