//! Infobip: the documented request, answers and receipts.

use daftar_core::outbox::Way;
use daftar_delivery::GatewaySettings;
use daftar_delivery::PresetName::Infobip;
use serde_json::json;

use super::*;

#[tokio::test]
async fn the_documented_request_is_made() {
    let sink = sink(Infobip);
    let (request, outcome) = sent_by(&settings(Infobip, &sink.url()), &sink).await;
    // The try's name is ours from the start.
    let of_try = format!("{ID}-1");
    assert_eq!(outcome, taken(&of_try));
    assert_eq!((request.method.as_str(), request.target.as_str()), ("POST", "/sms/3/messages"));
    assert_eq!((request.header("authorization"), request.header("accept")), ("App hunter2", "application/json"));
    let delivery = json!({ "url": format!("{RECEIPTS}?token={TOKEN}"), "intermediateReport": false });
    let message = json!({
        "sender": "DAFTAR",
        "destinations": [{ "to": "6281234567890", "messageId": of_try }],
        "content": { "text": TEXT },
        "webhooks": { "delivery": delivery, "contentType": "application/json", "callbackData": ID },
    });
    assert_eq!(request.json(), json!({ "messages": [message] }));
}

#[tokio::test]
async fn a_code_goes_to_whatsapp_in_the_template_of_its_language() {
    let sink = sink(Infobip);
    let settings = GatewaySettings {
        way: Way::Whatsapp,
        sender: Some("+85290001234".to_owned()),
        template: Some("sign_in".to_owned()),
        templates: vec![(Locale::Indonesian, "masuk:id_ID".to_owned())],
        ..settings(Infobip, &sink.url())
    };
    let (request, outcome) = sent_by(&settings, &sink).await;
    let of_try = format!("{ID}-1");
    assert_eq!(outcome, taken(&of_try));
    assert_eq!(request.target, "/whatsapp/1/message/template");
    let data = json!({ "body": { "placeholders": [CODE] }, "buttons": [{ "type": "URL", "parameter": CODE }] });
    let message = json!({
        "from": "85290001234",
        "to": "6281234567890",
        "messageId": of_try,
        "content": { "templateName": "sign_in", "templateData": data, "language": "zh_HK" },
        "callbackData": ID,
        "notifyUrl": format!("{RECEIPTS}?token={TOKEN}"),
    });
    assert_eq!(request.json(), json!({ "messages": [message] }));
    send_to(&gateway(&settings), NUMBER, &Rendered { locale: Locale::Indonesian, ..rendered() }).await.unwrap();
    let content = sink.requests().pop().unwrap().json()["messages"][0]["content"].clone();
    assert_eq!((content["templateName"].as_str(), content["language"].as_str()), (Some("masuk"), Some("id_ID")));
}

#[tokio::test]
async fn row_52_the_documented_statuses_are_understood_and_their_words_are_not_repeated() {
    let says = |group: u32, name: &str| {
        let status = json!({ "groupId": group, "groupName": "x", "id": 1, "name": name, "description": format!("{NUMBER}: {TEXT}") });
        json!({ "bulkId": "b", "messages": [{ "messageId": ID, "status": status, "destination": NUMBER }] }).to_string()
    };
    for name in ["REJECTED_DESTINATION", "REJECTED_PREFIX_MISSING", "REJECTED_DND", "REJECTED_MESSAGE_TOO_LONG", "UNDELIVERABLE_REJECTED_OPERATOR"] {
        assert_eq!(answered(Infobip, 200, &says(5, name)).await, refused(&format!("the gateway answered {name}")));
    }
    for name in ["REJECTED_NOT_ENOUGH_CREDITS", "REJECTED_FLOODING_FILTER", "REJECTED_SYSTEM_ERROR"] {
        assert_eq!(answered(Infobip, 200, &says(5, name)).await, retry(&format!("the gateway answered {name}")));
    }
    for name in ["REJECTED_SENDER", "REJECTED_ROUTE_NOT_AVAILABLE"] {
        assert_eq!(answered(Infobip, 200, &says(5, name)).await, later(&format!("the gateway answered {name}")));
    }
    for name in ["REJECTED_482915", "REJECTED_DUPLICATE_MESSAGE_ID"] {
        assert_eq!(answered(Infobip, 200, &says(5, name)).await, later("the gateway did not take the message"));
    }
    assert_eq!(answered(Infobip, 200, &says(1, "PENDING_ENROUTE")).await, taken(ID));
    for status in [401, 403, 404, 429, 500] {
        let body = json!({ "requestError": { "serviceException": { "messageId": "X", "text": TEXT } } }).to_string();
        assert_eq!(answered(Infobip, status, &body).await, retry(&format!("the gateway answered {status}")));
    }
    for body in ["", "{}", "{\"messages\":[]}", "{\"messages\":[{}]}"] {
        assert_eq!(answered(Infobip, 200, body).await, retry("the gateway's answer makes no sense"), "{body}");
    }
}

/// A result of a delivery report, as documented.
fn result(id: &str, group: u32, status: u32, error: u32) -> serde_json::Value {
    json!({
        "bulkId": "b", "messageId": id, "to": "6281234567890", "sentAt": "2026-11-05T08:00:00.000+0000", "doneAt": "2026-11-05T08:00:02.000+0000", "messageCount": 1,
        "price": { "pricePerMessage": 0.02, "currency": "EUR" },
        "status": { "groupId": group, "groupName": "x", "id": status, "name": "y", "description": NUMBER },
        "error": { "groupId": 0, "groupName": "OK", "id": error, "name": "z", "description": NUMBER, "permanent": false },
    })
}

#[tokio::test]
async fn receipts_with_the_token_are_read_many_at_once() {
    let settings = settings(Infobip, "https://abc.api.infobip.com");
    let url = format!("{RECEIPTS}?token={TOKEN}");
    let body = json!({ "results": [result("a", 3, 5, 0), result("b", 2, 9, 27), result("c", 4, 15, 0), result("d", 1, 7, 0), result("e", 5, 6, 0)] })
        .to_string();
    let receipts = vec![delivered("a"), undelivered("b", "status 9, error 27"), undelivered("c", "status 15"), undelivered("e", "status 6")];
    assert_eq!(read(&settings, &hook("POST", &url, &[], &body)), Ok(receipts));
    for forged in [RECEIPTS.to_owned(), format!("{RECEIPTS}?token=another")] {
        assert_eq!(read(&settings, &hook("POST", &forged, &[], &body)), Err(HookError::Forged));
    }
    for garbled in ["", "{}", "{\"results\":{}}", "{\"results\":[{}]}", "{\"results\":[{\"messageId\":\"a\"}]}"] {
        assert_eq!(read(&settings, &hook("POST", &url, &[], garbled)), Err(HookError::Unreadable), "{garbled}");
    }
}
