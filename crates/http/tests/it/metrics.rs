//! What `GET /metrics` tells of guessing and of limits, and what operators are warned of. Metrics are the process's: each test has one to itself.

use std::time::Duration;

use daftar_core::limit::conversion::ConversionLimit;
use daftar_core::limit::sending::SendingLimits;
use daftar_core::limit::{LimitKind, Limits};
use daftar_core::ports::Store as _;
use daftar_core::price::Price;
use daftar_testkit::Installation;

use crate::app::{PHONE, SIGNUP, access, ask, asked, english, show, wrong};
use crate::usapi::{registered, sign_in, signed_in};

/// Demands lines of the metrics.
async fn shows(site: &Installation, lines: &[&str]) {
    let text = site.anybody().get("/metrics").await.text;
    for line in lines {
        assert!(text.lines().any(|there| there == *line), "{line} is missing in {text}");
    }
}

/// How many warnings contain `text`.
fn warnings(log: &daftar_testkit::log::Log, text: &str) -> usize {
    log.text().lines().filter(|line| line.contains("WARN") && line.contains(text)).count()
}

#[tokio::test]
async fn row_5_how_much_is_guessed_is_a_metric_and_operators_are_warned() {
    let site = Installation::with_limits().await;
    let log = daftar_testkit::log::capture();
    shows(&site, &["daftar_wrong_codes_hour 0", "daftar_lost_codes_hour 0", "daftar_codes_grown 0"]).await;
    for n in 0..10 {
        let contact = format!("mei{n}@example.test");
        let token = asked(&english(&site), SIGNUP, &contact, 0).await;
        let wrong = wrong(&site.code_for(&contact).await);
        for _ in 0..3 {
            assert_eq!(show(&english(&site), SIGNUP, &token, &wrong).await.status, 400);
        }
        assert_eq!(warnings(&log, "many wrong codes"), 0);
    }
    // Somebody who mistypes gets it right the next time.
    let token = asked(&english(&site), SIGNUP, "ana@example.test", 0).await;
    let code = site.code_for("ana@example.test").await;
    assert_eq!((code.len(), warnings(&log, "many wrong codes in the last hour")), (8, 1));
    assert_eq!(show(&english(&site), SIGNUP, &token, &wrong(&code)).await.status, 400);
    access(&show(&english(&site), SIGNUP, &token, &code).await);
    shows(
        &site,
        &[
            "daftar_codes_drawn_total{purpose=\"app.signup\"} 11",
            "daftar_codes_shown_total{purpose=\"app.signup\",outcome=\"wrong\"} 31",
            "daftar_codes_shown_total{purpose=\"app.signup\",outcome=\"right\"} 1",
            "daftar_wrong_codes_hour 31",
            "daftar_lost_codes_hour 30",
            "daftar_codes_grown 1",
        ],
    )
    .await;
    // It calms down though nobody asks for a code.
    site.clock.advance(Duration::from_secs(3700));
    shows(&site, &["daftar_wrong_codes_hour 0", "daftar_lost_codes_hour 0", "daftar_codes_grown 0"]).await;
}

#[tokio::test]
async fn row_56_the_ratio_of_failed_sign_ins_is_a_metric() {
    let site = Installation::with_limits().await;
    signed_in(&site, 1).await;
    registered(&site, 2).await;
    site.disable("siti 2").await;
    assert_eq!(sign_in(&site, "siti 2", "rahasia sekali").await.status, 403);
    for tries in 0..12 {
        let status = sign_in(&site, "siti 1", "wrong").await.status;
        assert_eq!(status, if tries < 10 { 401 } else { 429 });
    }
    shows(
        &site,
        &[
            "daftar_sign_ins_total{outcome=\"welcome\"} 1",
            "daftar_sign_ins_total{outcome=\"refused\"} 10",
            "daftar_sign_ins_total{outcome=\"disabled\"} 1",
            "daftar_sign_ins_total{outcome=\"throttled\"} 2",
            "daftar_limited_total{limit=\"password.account_address\"} 2",
        ],
    )
    .await;
}

#[tokio::test]
async fn row_42_what_is_sent_and_paused_is_a_metric() {
    let sending = SendingLimits {
        conversion: ConversionLimit { least: 2, percent: 50, ..ConversionLimit::default() },
        price: Price(70_000),
        ..SendingLimits::default()
    };
    let site = Installation::builder().limited(Limits { sending, ..Limits::default() }).start().await;
    shows(&site, &["daftar_sms_hour_used 0", "daftar_sms_hour_most 1000", "daftar_sms_day_cost 0", "daftar_sms_day_most 100"]).await;
    for number in ["68098221", "68098222"] {
        asked(&english(&site), SIGNUP, number, 0).await;
    }
    shows(&site, &["daftar_sms_hour_used 2", "daftar_sms_day_cost 0.14", "daftar_prefixes_paused 0"]).await;
    site.clock.advance(Duration::from_secs(4000));
    assert_eq!(ask(&english(&site), SIGNUP, "68098223", 0).await.status, 429);
    assert_eq!(ask(&english(&site), SIGNUP, "+14155550132", 0).await.status, 400);
    shows(
        &site,
        &[
            "daftar_sms_hour_used 0",
            "daftar_sms_day_cost 0.14",
            "daftar_prefixes_paused 1",
            "daftar_limited_total{limit=\"send.pause\"} 1",
            "daftar_limited_total{limit=\"send.country\"} 1",
        ],
    )
    .await;
    site.store().reset_limits(LimitKind::SendPause, None).await.unwrap();
    asked(&english(&site), SIGNUP, "68098223", 0).await;
    shows(&site, &["daftar_prefixes_paused 0"]).await;
}

#[tokio::test]
async fn without_limits_no_cap_is_told() {
    let site = Installation::start().await;
    asked(&english(&site), SIGNUP, PHONE, 0).await;
    shows(&site, &["daftar_codes_drawn_total{purpose=\"app.signup\"} 1", "daftar_codes_grown 0"]).await;
    assert!(!site.anybody().get("/metrics").await.text.contains("daftar_sms_"));
}

#[tokio::test]
async fn row_42_operators_are_warned_before_a_cap_is_spent_once_a_minute() {
    let sending = SendingLimits { sms_by_hour: SendingLimits::by_hour(20), ..SendingLimits::default() };
    let site = Installation::builder().limited(Limits { sending, ..Limits::default() }).start().await;
    let log = daftar_testkit::log::capture();
    let told = || (warnings(&log, "more than four fifths of a limit are used"), warnings(&log, "a limit is spent"));
    let send = async |n: u32| ask(&english(&site), SIGNUP, &format!("680{n:02}227"), 0).await.status;
    for n in 0..19 {
        assert_eq!((send(n).await.as_u16(), told()), (200, (usize::from(n > 16), 0)), "{n}");
    }
    site.clock.advance(Duration::from_secs(60));
    assert_eq!((send(19).await.as_u16(), told()), (200, (2, 0)));
    assert_eq!((send(20).await.as_u16(), told()), (429, (2, 1)));
    assert!(log.text().contains("limit=\"sms.hour\""));
}

#[tokio::test]
async fn calls_hashing_and_the_store_are_measured() {
    let site = Installation::start().await;
    let token = signed_in(&site, 1).await;
    assert_eq!(sign_in(&site, "nobody", "rahasia sekali").await.status, 401);
    assert_eq!(site.anybody().bearer(&token).get("/basic-profile").await.status, 200);
    assert_eq!(site.anybody().get("/pictures/secret.jpg").await.status, 404);
    assert_eq!(site.anybody().get("/nothing/secret").await.status, 404);
    shows(
        &site,
        &[
            r#"daftar_requests_total{route="/auth",method="POST",status="200"} 1"#,
            r#"daftar_requests_total{route="/auth",method="POST",status="401"} 1"#,
            r#"daftar_requests_total{route="/basic-profile",method="GET",status="200"} 1"#,
            r#"daftar_requests_total{route="/pictures/{file}",method="GET",status="404"} 1"#,
            r#"daftar_requests_total{route="none",method="GET",status="404"} 1"#,
            r#"daftar_request_seconds_count{route="/auth"} 2"#,
            // The registration's, and two to compare.
            "daftar_hashing_seconds_count 3",
            "daftar_hashing_wait_seconds_count 3",
            "daftar_hashing_waiting 0",
        ],
    )
    .await;
    let text = site.anybody().get("/metrics").await.text;
    assert!(text.contains("daftar_store_write_seconds_count") && !text.contains("secret"), "{text}");
    assert!(!text.contains("daftar_store_failures_total"), "{text}");
}
