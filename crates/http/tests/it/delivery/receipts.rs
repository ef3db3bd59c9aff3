//! Delivery receipts, as they come: early, late, twice, forged, garbled.

use std::time::Duration;

use daftar_testkit::gateway::GatewaySink;
use daftar_testkit::{Installation, SmsRoute};
use reqwest::Method;
use serde_json::{Value, json};

use super::{attempts, code_in, seen, seen_at, seen_until, sign_up, two};
use crate::admin::administrator;
use crate::usapi::{applicant, started, verify};

const MINUTE: Duration = Duration::from_secs(60);

#[tokio::test]
async fn a_receipt_says_that_a_code_has_arrived() {
    let gateway = GatewaySink::start();
    let site = Installation::builder().sms([SmsRoute::to("first", &gateway)]).start().await;
    sign_up(&site).await;
    let accepted = seen_at(&site, "accepted").await;
    assert_eq!((&accepted["attempts"][0]["reference"], &accepted["attempts"][0]["receipt"]), (&json!("g-1"), &Value::Null));
    site.clock.advance(Duration::from_secs(7));
    assert_eq!(site.report("first", "g-1", "delivered").await.status, 204);
    let delivered = seen(&administrator(&site).await).await;
    assert_eq!((&delivered["status"], &delivered["attempts"][0]["receipt"]["outcome"]), (&json!("delivered"), &json!("delivered")));
    let metrics = site.anybody().get("/metrics").await.text;
    for line in [
        "daftar_receipts_total{channel=\"sms\",route=\"first\",country=\"ID\",outcome=\"delivered\"} 1",
        "daftar_message_delivered_seconds_sum{channel=\"sms\",route=\"first\",country=\"ID\"} 7",
    ] {
        assert!(metrics.lines().any(|there| there == line), "{line} is missing in {metrics}");
    }
}

#[tokio::test]
async fn row_45_a_forged_receipt_changes_nothing() {
    let gateway = GatewaySink::start();
    let site = Installation::builder().sms([SmsRoute::to("first", &gateway), SmsRoute::to("second", &gateway)]).start().await;
    sign_up(&site).await;
    seen_at(&site, "accepted").await;
    let body = json!({"id": "g-1", "status": "delivered"});
    let (right, other) = (site.receipt_path("first"), site.receipt_path("second"));
    let token_of_other = other.split_once('?').unwrap().1;
    let (before, token) = right.split_once("token=").unwrap();
    let wrong = format!("{before}token={}{}", if token.starts_with('A') { 'B' } else { 'A' }, &token[1..]);
    let longer = format!("{right}A");
    for path in ["/receipts/first", "/receipts/first?token=", &wrong, &longer, &format!("/receipts/first?{token_of_other}"), &right.to_uppercase()] {
        let answer = site.anybody().post(path, &body).await;
        let expected = if path.starts_with("/RECEIPTS") { 404 } else { 403 };
        assert_eq!(answer.status, expected, "{path}: {answer:?}");
    }
    for path in ["/receipts/third?token=x", "/receipts/", "/receipts/fi%20rst?token=x", "/receipts/first/x"] {
        assert_eq!(site.anybody().post(path, &body).await.status, 404, "{path}");
    }
    assert_eq!(seen(&administrator(&site).await).await["status"], "accepted");
    // A receipt of one gateway for what another calls by the same name.
    assert_eq!(site.report("second", "g-1", "delivered").await.status, 204);
    assert_eq!(seen(&administrator(&site).await).await["status"], "accepted");
}

#[tokio::test]
async fn row_45_a_garbled_receipt_is_refused_and_harms_nobody() {
    let gateway = GatewaySink::start();
    let site = Installation::builder().sms([SmsRoute::to("first", &gateway)]).start().await;
    sign_up(&site).await;
    seen_at(&site, "accepted").await;
    let path = site.receipt_path("first");
    let deep = format!("{}1{}", "[".repeat(50_000), "]".repeat(10_000));
    for body in ["", "{", "null", "{\"id\":\"g-1\"}", "{\"status\":\"delivered\"}", "{\"id\":1,\"status\":{}}", "\u{0}", &deep] {
        assert_eq!(site.anybody().post_raw(&path, "application/json", body.to_owned()).await.status, 400, "{body:.40}");
    }
    assert_eq!(site.anybody().post_raw(&path, "application/json", vec![b' '; 65 * 1024]).await.status, 413);
    let put = site.anybody().request(Method::PUT, &path).send().await.unwrap();
    assert_eq!(put.status(), 405);
    assert_eq!(seen(&administrator(&site).await).await["status"], "accepted");
    // What is only on its way is no receipt, and no error.
    assert_eq!(site.report("first", "g-1", "buffered").await.status, 204);
    assert_eq!(seen(&administrator(&site).await).await["attempts"][0]["receipt"], Value::Null);
}

#[tokio::test]
async fn row_45_a_receipt_that_is_late_or_comes_twice_counts_once() {
    let (first, second) = two();
    let routes = [SmsRoute::to("first", &first).receipt_within(MINUTE), SmsRoute::to("second", &second)];
    let site = Installation::builder().sms(routes).start().await;
    sign_up(&site).await;
    first.took(1).await;
    seen_at(&site, "accepted").await;
    site.clock.advance(MINUTE);
    second.took(1).await;
    // Nobody believed in it any more.
    for _ in 0..3 {
        assert_eq!(site.report("first", "g-1", "delivered").await.status, 204);
    }
    let delivered = seen_at(&site, "delivered").await;
    assert_eq!(delivered["attempts"][0]["receipt"]["outcome"], "delivered");
    assert_eq!(site.report("second", "g-1", "undelivered").await.status, 204);
    assert_eq!(seen(&administrator(&site).await).await["status"], "delivered", "it has arrived, whatever the second says");
    assert_eq!((first.counts().taken, second.counts().taken), (1, 1));
    let metrics = site.anybody().get("/metrics").await.text;
    let counted = "daftar_receipts_total{channel=\"sms\",route=\"first\",country=\"ID\",outcome=\"delivered\"} 1";
    assert!(metrics.lines().any(|line| line == counted), "{metrics}");
}

#[tokio::test]
async fn without_a_receipt_in_time_the_same_code_goes_by_the_next_route() {
    let (first, second) = two();
    let routes = [SmsRoute::to("first", &first).receipt_within(MINUTE), SmsRoute::to("second", &second)];
    let site = Installation::builder().sms(routes).start().await;
    let token = sign_up(&site).await;
    let earlier = first.took(1).await.remove(0);
    seen_at(&site, "accepted").await;
    site.clock.advance(MINUTE);
    let later = second.took(1).await.remove(0);
    assert_eq!((code_in(&earlier), earlier.header("idempotency-key")), (code_in(&later), later.header("idempotency-key")));
    assert_eq!(verify(&site, &token, &code_in(&later)).await.status, 200);
    let both = [("first".to_owned(), "accepted".to_owned()), ("second".to_owned(), "accepted".to_owned())];
    assert_eq!(attempts(&seen_at(&site, "accepted").await), both);
}

#[tokio::test]
async fn a_receipt_that_says_no_sends_the_code_by_the_next_route_at_once() {
    let (first, second) = two();
    let routes = [SmsRoute::to("first", &first).receipt_within(MINUTE), SmsRoute::to("second", &second)];
    let site = Installation::builder().sms(routes).start().await;
    sign_up(&site).await;
    first.took(1).await;
    let accepted = seen_at(&site, "accepted").await;
    assert!(accepted["next_at"].is_string(), "{accepted}");
    assert_eq!(site.report("first", "g-1", "undelivered").await.status, 204);
    assert_eq!(code_in(&second.took(1).await[0]), code_in(&first.requests()[0]));
}

#[tokio::test]
async fn a_receipt_in_time_keeps_the_other_routes_silent() {
    let (first, second) = two();
    let routes = [SmsRoute::to("first", &first).receipt_within(MINUTE), SmsRoute::to("second", &second)];
    let site = Installation::builder().sms(routes).start().await;
    sign_up(&site).await;
    seen_at(&site, "accepted").await;
    assert_eq!(site.report("first", "g-1", "delivered").await.status, 204);
    site.clock.advance(2 * MINUTE);
    // Another message has gone through both by then.
    started(&site, &applicant(2, "OTP")).await;
    first.took(2).await;
    site.all_sent().await;
    site.clock.advance(MINUTE);
    second.took(1).await;
    assert_eq!(second.requests()[0].json()["to"], "+6281000000002");
}

#[tokio::test]
async fn a_code_that_was_used_is_not_paid_for_twice() {
    let (first, second) = two();
    let routes = [SmsRoute::to("first", &first).receipt_within(MINUTE), SmsRoute::to("second", &second)];
    let site = Installation::builder().sms(routes).start().await;
    let token = sign_up(&site).await;
    let code = code_in(&first.took(1).await[0]);
    seen_at(&site, "accepted").await;
    assert_eq!(verify(&site, &token, &code).await.status, 200);
    site.clock.advance(MINUTE);
    seen_until(&site, |message| message["reason"] == "its code was used").await;
    assert_eq!(second.counts().requests, 0);
}

#[tokio::test]
async fn receipts_that_cannot_be_noted_are_asked_for_again() {
    let gateway = GatewaySink::start();
    let site = Installation::builder().sms([SmsRoute::to("first", &gateway)]).start().await;
    sign_up(&site).await;
    seen_at(&site, "accepted").await;
    site.break_store();
    let answer = site.report("first", "g-1", "delivered").await;
    assert!(answer.status == 503 && !answer.header("retry-after").is_empty(), "{answer:?}");
}
