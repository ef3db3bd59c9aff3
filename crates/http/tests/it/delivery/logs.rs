//! What operators read of gateways and receipts, and what nobody must read there.

use std::time::Duration;

use daftar_testkit::gateway::Behaviour;
use daftar_testkit::{Installation, SmsRoute};
use serde_json::json;

use super::{code_in, seen_at, sign_up, two};

#[tokio::test]
async fn row_52_no_code_number_or_token_of_a_gateway_reaches_a_log_at_trace_level() {
    let (first, second) = two();
    let routes = [SmsRoute::to("first", &first).timeout(Duration::from_millis(250)), SmsRoute::to("second", &second)];
    let site = Installation::builder().sms(routes).start().await;
    let log = daftar_testkit::log::capture();
    let failures = [Behaviour::Status(500), Behaviour::Refuse, Behaviour::Noise, Behaviour::Reset, Behaviour::Hang];
    for (n, behaviour) in failures.into_iter().enumerate() {
        first.behave(behaviour);
        crate::usapi::started(&site, &crate::usapi::applicant(u32::try_from(n).unwrap() + 2, "OTP")).await;
        second.took(n + 1).await;
    }
    first.behave(Behaviour::Accept);
    sign_up(&site).await;
    seen_at(&site, "accepted").await;
    for (route, reference, status) in [("first", "g-1", "delivered"), ("second", "g-1", "undelivered"), ("first", "unknown", "delivered")] {
        site.report(route, reference, status).await;
    }
    assert_eq!(site.anybody().post("/receipts/first?token=forged-4711", &json!({"id": "g-1", "status": "delivered"})).await.status, 403);
    site.damage_writes();
    assert_eq!(site.report("first", "g-2", "delivered").await.status, 500);

    let text = log.text();
    for line in ["message sent", "message not sent yet", "receipts were refused", "internal failure"] {
        assert!(text.contains(line), "{line:?} is missing");
    }
    let token = site.receipt_path("first").split_once("token=").unwrap().1.to_owned();
    let mut secrets: Vec<String> = first.requests().iter().chain(&second.requests()).map(|request| format!(" {} ", code_in(request))).collect();
    secrets.extend([token, "forged-4711".to_owned(), "6281000000".to_owned(), "Never share it".to_owned()]);
    for secret in secrets {
        assert!(!text.contains(&secret), "the log holds {secret}: {}", text.lines().find(|line| line.contains(&secret)).unwrap_or_default());
    }
}
