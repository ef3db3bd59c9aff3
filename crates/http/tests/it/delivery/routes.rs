//! Gateways that do not work, and how codes arrive all the same (threat row 45).

use std::time::Duration;

use daftar_testkit::gateway::{Behaviour, GatewaySink};
use daftar_testkit::{Installation, SmsRoute};
use serde_json::json;

use super::{PHONE, attempts, code_in, seen_at, seen_until, sign_up, two};
use crate::usapi::{applicant, started, verify};

const SECOND: Duration = Duration::from_secs(1);

#[tokio::test]
async fn a_code_goes_by_the_first_route() {
    let (first, second) = two();
    let site = Installation::builder().sms([SmsRoute::to("first", &first), SmsRoute::to("second", &second)]).start().await;
    let token = sign_up(&site).await;
    let request = first.took(1).await.remove(0);
    let body = request.json();
    assert_eq!((&body["to"], body["id"].as_str().unwrap()), (&json!(PHONE), request.header("idempotency-key")));
    assert_eq!(verify(&site, &token, &code_in(&request)).await.status, 200);
    assert_eq!(second.counts().requests, 0);
}

#[tokio::test]
async fn row_45_however_the_first_gateway_fails_the_same_code_arrives_by_the_second() {
    let failures = [
        (Behaviour::Hang, "put_off"),
        (Behaviour::Reset, "put_off"),
        (Behaviour::Noise, "put_off"),
        (Behaviour::Status(500), "put_off"),
        (Behaviour::Status(429), "put_off"),
        (Behaviour::Status(401), "put_off"),
        (Behaviour::Refuse, "refused"),
    ];
    for (behaviour, answer) in failures {
        let (first, second) = two();
        first.behave(behaviour.clone());
        let routes = [SmsRoute::to("first", &first).timeout(SECOND / 4), SmsRoute::to("second", &second)];
        let site = Installation::builder().sms(routes).start().await;
        let token = sign_up(&site).await;
        let arrived = second.took(1).await.remove(0);
        assert_eq!(verify(&site, &token, &code_in(&arrived)).await.status, 200, "{behaviour:?}");
        let message = seen_at(&site, "accepted").await;
        let expected = [("first".to_owned(), answer.to_owned()), ("second".to_owned(), "accepted".to_owned())];
        assert_eq!(attempts(&message), expected, "{behaviour:?}: {message}");
        assert_eq!(first.counts().requests, 1, "{behaviour:?}");
        let reason = message["attempts"][0]["reason"].as_str().unwrap();
        assert!(!reason.contains(&code_in(&arrived)) && !reason.contains("81000000001"), "row 52: {reason}");
    }
}

#[tokio::test]
async fn row_45_a_gateway_that_is_not_there_costs_nothing_but_its_turn() {
    let (gone, second) = two();
    let routes = [SmsRoute::to("first", &gone), SmsRoute::to("second", &second)];
    gone.stop().await;
    let site = Installation::builder().sms(routes).start().await;
    sign_up(&site).await;
    second.took(1).await;
}

#[tokio::test]
async fn row_45_no_request_waits_for_a_gateway() {
    let (first, second) = two();
    first.behave(Behaviour::Hang);
    second.behave(Behaviour::Hang);
    let site = Installation::builder().sms([SmsRoute::to("first", &first), SmsRoute::to("second", &second)]).start().await;
    // More than are sent at once: all of them are answered while nothing is sent.
    for n in 1..=40 {
        started(&site, &applicant(n, "OTP")).await;
    }
    assert_eq!((first.counts().taken, second.counts().taken), (0, 0));
    assert_eq!(site.anybody().get("/readyz").await.status, 200);
}

#[tokio::test]
async fn row_45_a_gateway_that_fails_again_and_again_is_spared_and_then_probed() {
    let (first, second) = two();
    first.behave(Behaviour::Status(500));
    let site = Installation::builder().sms([SmsRoute::to("first", &first), SmsRoute::to("second", &second)]).start().await;
    for n in 1..=5 {
        started(&site, &applicant(n, "OTP")).await;
        second.took(n as usize).await;
    }
    assert_eq!(first.counts().requests, 5);
    for n in 6..=12 {
        started(&site, &applicant(n, "OTP")).await;
    }
    second.took(12).await;
    assert_eq!(first.counts().requests, 5, "it is spared");
    let metrics = site.anybody().get("/metrics").await.text;
    assert!(metrics.lines().any(|line| line == "daftar_route_resting{route=\"first\"} 1"), "{metrics}");
    first.behave(Behaviour::Accept);
    site.clock.advance(10 * SECOND);
    // One message finds out; until that is known, others go by the second.
    started(&site, &applicant(13, "OTP")).await;
    first.took(1).await;
    let is_well = async {
        while !site.anybody().get("/metrics").await.text.lines().any(|line| line == "daftar_route_resting{route=\"first\"} 0") {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), is_well).await.expect("it is well again");
    for n in 14..=15 {
        started(&site, &applicant(n, "OTP")).await;
    }
    first.took(3).await;
    assert_eq!(second.counts().taken, 12, "it is used again");
}

#[tokio::test]
async fn row_45_a_dead_gateway_loses_no_code_and_a_dead_sms_channel_no_mail() {
    let gateway = GatewaySink::start();
    gateway.behave(Behaviour::Status(503));
    let site = Installation::builder().sms([SmsRoute::to("first", &gateway)]).start().await;
    let token = sign_up(&site).await;
    gateway.received(1).await;
    started(&site, &applicant(2, "LINK")).await;
    site.only_message("siti2@example.test").await;
    seen_until(&site, |message| !attempts(message).is_empty()).await;
    gateway.behave(Behaviour::Accept);
    site.clock.advance(SECOND);
    let request = gateway.took(1).await.pop().unwrap();
    assert_eq!(verify(&site, &token, &code_in(&request)).await.status, 200);
}

#[tokio::test]
async fn a_code_is_never_sent_after_its_end() {
    let gateway = GatewaySink::start();
    gateway.behave(Behaviour::Status(503));
    let site = Installation::builder().sms([SmsRoute::to("first", &gateway)]).start().await;
    sign_up(&site).await;
    gateway.received(1).await;
    site.clock.advance(600 * SECOND);
    gateway.behave(Behaviour::Accept);
    let failed = seen_at(&site, "failed").await;
    assert!(failed["reason"].as_str().unwrap().starts_with("expired"), "{failed}");
    assert_eq!((gateway.counts().taken, &failed["can_retry"]), (0, &json!(false)));
}
