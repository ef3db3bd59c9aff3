//! Twilio: the documented request, answers and receipts.

use daftar_core::outbox::Way;
use daftar_delivery::GatewaySettings;
use daftar_delivery::PresetName::Twilio;

use super::*;

/// `AC…:hunter2` as Basic has it.
const BASIC: &str = "Basic QUMwMDExMjIzMzQ0NTU2Njc3ODg5OWFhYmJjY2RkZWVmZjpodW50ZXIy";
const SID: &str = "SM00112233445566778899aabbccddeeff";

fn pairs(fields: &[(&str, &str)]) -> Vec<(String, String)> {
    fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

#[tokio::test]
async fn the_documented_request_is_made() {
    let sink = sink(Twilio);
    let (request, outcome) = sent_by(&settings(Twilio, &sink.url()), &sink).await;
    assert_eq!(outcome, taken(&sink.reference(1)));
    assert_eq!((request.method.as_str(), request.target.as_str()), ("POST", format!("/2010-04-01/Accounts/{TWILIO_ACCOUNT}/Messages.json").as_str()));
    assert_eq!((request.header("authorization"), request.header("content-type")), (BASIC, "application/x-www-form-urlencoded"));
    // It signs its receipts, so their URL shows nothing.
    assert_eq!(request.form(), pairs(&[("To", NUMBER), ("From", "DAFTAR"), ("Body", TEXT), ("StatusCallback", RECEIPTS)]));
    let service = "MG00112233445566778899aabbccddeeff";
    let by_service = GatewaySettings { sender: Some(service.to_owned()), receipt_url: String::new(), ..settings(Twilio, &sink.url()) };
    let (request, _) = sent_by(&by_service, &sink).await;
    assert_eq!(request.form(), pairs(&[("To", NUMBER), ("MessagingServiceSid", service), ("Body", TEXT)]));
}

#[tokio::test]
async fn an_api_key_stands_for_the_account() {
    let sink = sink(Twilio);
    let key = "SK00112233445566778899aabbccddeeff";
    let settings = GatewaySettings { key: Some(key.to_owned()), ..settings(Twilio, &sink.url()) };
    let (request, _) = sent_by(&settings, &sink).await;
    assert_eq!(request.header("authorization"), "Basic U0swMDExMjIzMzQ0NTU2Njc3ODg5OWFhYmJjY2RkZWVmZjpodW50ZXIy");
    // The auth token is not known, so its receipts cannot be checked by their signature.
    let callback = format!("{RECEIPTS}?token={TOKEN}");
    assert_eq!(request.form().pop().unwrap().1, callback);
    let receipt = hook("POST", &callback, &[], &format!("MessageSid={SID}&MessageStatus=delivered"));
    assert_eq!(read(&settings, &receipt), Ok(vec![delivered(SID)]));
}

#[tokio::test]
async fn a_code_goes_to_whatsapp_in_the_template_of_its_language() {
    let sink = sink(Twilio);
    let templates = vec![(Locale::TraditionalChinese, "HX20112233445566778899aabbccddeeff".to_owned())];
    let usual = Some("HX00112233445566778899aabbccddeeff".to_owned());
    let settings =
        GatewaySettings { way: Way::Whatsapp, sender: Some("+85290001234".to_owned()), template: usual, templates, ..settings(Twilio, &sink.url()) };
    let (request, outcome) = sent_by(&settings, &sink).await;
    assert_eq!(outcome, taken(&sink.reference(1)));
    let fields = [
        ("To", "whatsapp:+6281234567890"),
        ("From", "whatsapp:+85290001234"),
        ("ContentSid", "HX20112233445566778899aabbccddeeff"),
        ("ContentVariables", "{\"1\":\"482915\"}"),
        ("StatusCallback", RECEIPTS),
    ];
    assert_eq!(request.form(), pairs(&fields));
    let gateway = gateway(&settings);
    // A brand's sender is for short messages.
    let english = Rendered { locale: Locale::English, sms_sender: Some("ONMART".to_owned()), ..rendered() };
    send_to(&gateway, NUMBER, &english).await.unwrap();
    let form = sink.requests().pop().unwrap().form();
    assert_eq!((form[1].1.as_str(), form[2].1.as_str()), ("whatsapp:+85290001234", "HX00112233445566778899aabbccddeeff"));
    let notice = Rendered { code: None, ..rendered() };
    assert_eq!(send_to(&gateway, NUMBER, &notice).await, refused("WhatsApp carries codes alone"));
}

#[tokio::test]
async fn row_52_the_documented_errors_are_understood_and_their_words_are_not_repeated() {
    let error = |code: u32, status: u16| {
        let message = format!("The 'To' number {NUMBER} is not a valid phone number, said of {TEXT:?}");
        serde_json::json!({ "code": code, "message": message, "more_info": format!("https://www.twilio.com/docs/errors/{code}"), "status": status })
            .to_string()
    };
    for code in [21211, 21214, 21610, 21612, 21614, 21617, 21635, 63003, 63024] {
        assert_eq!(answered(Twilio, 400, &error(code, 400)).await, refused(&format!("the gateway answered 400, error {code}")));
    }
    for (status, code) in [
        (401, 20003), // authenticate
        (429, 20429), // too many requests
        (503, 21211), // no last word from a server in trouble
    ] {
        assert_eq!(answered(Twilio, status, &error(code, status)).await, retry(&format!("the gateway answered {status}, error {code}")));
    }
    for code in [
        21606, // a sender that is not ours
        21408, // a country that is not switched on
        21608, // a trial account
        30002, // a suspended account
    ] {
        assert_eq!(answered(Twilio, 400, &error(code, 400)).await, later(&format!("the gateway answered 400, error {code}")));
    }
    assert_eq!(answered(Twilio, 400, &error(482_915, 400)).await, later("the gateway answered 400"), "a number that is the code");
    assert_eq!(answered(Twilio, 201, "{\"sid\":null}").await, retry("the gateway's answer makes no sense"));
}

fn signature(key: &str, signed: &str) -> String {
    use base64::Engine as _;
    let key = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, key.as_bytes());
    base64::engine::general_purpose::STANDARD.encode(aws_lc_rs::hmac::sign(&key, signed.as_bytes()))
}

/// A receipt as Twilio posts it, and its fields in the order in which they are signed.
fn body(status: &str, error: Option<&str>) -> (String, String) {
    let code = error.map(|error| format!("ErrorCode={error}&")).unwrap_or_default();
    let sorted = error.map(|error| format!("ErrorCode{error}")).unwrap_or_default();
    let body = format!(
        "SmsSid={SID}&SmsStatus={status}&MessageStatus={status}&{code}To=%2B6281234567890&MessageSid={SID}&From=DAFTAR&ApiVersion=2010-04-01"
    );
    (body, format!("ApiVersion2010-04-01{sorted}FromDAFTARMessageSid{SID}MessageStatus{status}SmsSid{SID}SmsStatus{status}To+6281234567890"))
}

#[tokio::test]
async fn signed_receipts_are_read() {
    let settings = settings(Twilio, "https://api.twilio.com");
    for (status, error, receipts) in [
        ("delivered", None, vec![delivered(SID)]),
        ("read", None, vec![delivered(SID)]),
        ("undelivered", Some("30003"), vec![undelivered(SID, "error 30003")]),
        ("failed", Some("30008"), vec![undelivered(SID, "error 30008")]),
        ("queued", None, vec![]),
        ("sending", None, vec![]),
        ("sent", None, vec![]),
        ("something new", None, vec![]),
    ] {
        let (body, fields) = body(status, error);
        let body = body.replace(' ', "+");
        for url in [RECEIPTS, "https://accounts.example.test:443/receipts/gw"] {
            let signature = signature("hunter2", &format!("{url}{fields}"));
            let receipt = hook("POST", RECEIPTS, &[("x-twilio-signature", &signature)], &body);
            assert_eq!(read(&settings, &receipt), Ok(receipts.clone()), "{status}");
        }
    }
}

#[tokio::test]
async fn forged_receipts_are_refused() {
    let settings = settings(Twilio, "https://api.twilio.com");
    let (body, fields) = body("delivered", None);
    let right = signature("hunter2", &format!("{RECEIPTS}{fields}"));
    let forged =
        |url: &str, headers: &[(&str, &str)], body: &str| assert_eq!(read(&settings, &hook("POST", url, headers, body)), Err(HookError::Forged));
    assert!(read(&settings, &hook("POST", RECEIPTS, &[("x-twilio-signature", &right)], &body)).is_ok());
    forged(RECEIPTS, &[], &body);
    forged(RECEIPTS, &[("x-twilio-signature", "")], &body);
    forged(RECEIPTS, &[("x-twilio-signature", &right)], &body.replace("delivered", "failed"));
    forged(RECEIPTS, &[("x-twilio-signature", &right)], &format!("{body}&ErrorCode=1"));
    forged("https://accounts.example.test/receipts/other", &[("x-twilio-signature", &right)], &body);
    forged(RECEIPTS, &[("x-twilio-signature", &signature("hunter3", &format!("{RECEIPTS}{fields}")))], &body);
    forged(RECEIPTS, &[("x-twilio-signature", &right.to_lowercase())], &body);
    // Who signs is not known by a token, not even the right one.
    forged(&format!("{RECEIPTS}?token={TOKEN}"), &[], &body);
}

#[tokio::test]
async fn garbled_receipts_are_told_from_forged_ones() {
    let settings = settings(Twilio, "https://api.twilio.com");
    for (body, fields) in [("", ""), ("MessageStatus=delivered", "MessageStatusdelivered"), ("MessageSid=SM1", "MessageSidSM1")] {
        let signature = signature("hunter2", &format!("{RECEIPTS}{fields}"));
        assert_eq!(read(&settings, &hook("POST", RECEIPTS, &[("x-twilio-signature", &signature)], body)), Err(HookError::Unreadable), "{body}");
    }
}
