//! Zenziva: the documented request and answers.

use daftar_delivery::PresetName::Zenziva;

use super::*;

#[tokio::test]
async fn the_documented_request_is_made() {
    let sink = sink(Zenziva);
    let (request, outcome) = sent_by(&settings(Zenziva, &format!("{}/reguler/api/sendsms/", sink.url())), &sink).await;
    assert_eq!(outcome, taken("1"));
    assert_eq!((request.method.as_str(), request.target.as_str()), ("POST", "/reguler/api/sendsms/"));
    assert_eq!(request.header("content-type"), "application/x-www-form-urlencoded");
    let fields = [("userkey", "a1b2c3d4"), ("passkey", "hunter2"), ("to", "6281234567890"), ("message", TEXT)];
    assert_eq!(request.form(), fields.map(|(name, value)| (name.to_owned(), value.to_owned())));
}

#[tokio::test]
async fn row_52_an_error_in_words_is_no_last_word_and_is_not_repeated() {
    for text in ["Credit tidak mencukupi", "Invalid userkey", NUMBER, CODE] {
        let body = serde_json::json!({ "status": "0", "to": NUMBER, "text": text }).to_string();
        assert_eq!(answered(Zenziva, 200, &body).await, later("the gateway did not take the message"));
        assert_eq!(answered(Zenziva, 401, &body).await, retry("the gateway answered 401"));
    }
    for body in ["", "OK", "{}", "[]"] {
        assert_eq!(answered(Zenziva, 200, body).await, retry("the gateway's answer makes no sense"), "{body}");
    }
    assert_eq!(answered(Zenziva, 201, "{\"status\":1}").await, Ok(Accepted { reference: None }));
}

#[tokio::test]
async fn it_has_no_receipts_not_even_with_the_token() {
    let receipt = hook("POST", &format!("{RECEIPTS}?token={TOKEN}"), &[], "messageId=1&status=delivered");
    assert_eq!(read(&settings(Zenziva, "https://console.zenziva.net/reguler/api/sendsms/"), &receipt), Err(HookError::Unknown));
}
