//! The endpoints for operators and developers (contract `operations.md`).

use std::time::Duration;

use daftar_core::token::ANNOUNCED;
use daftar_testkit::{Answer, Installation};
use reqwest::Method;
use serde_json::json;

use crate::usapi::{applicant, person, sign_in, signed_in, started};

#[tokio::test]
async fn it_is_alive_and_ready() {
    let site = Installation::start().await;
    assert_eq!(site.anybody().get("/healthz").await.status, 200);
    assert_eq!(site.anybody().get("/readyz").await.status, 200);
}

#[tokio::test]
async fn it_is_alive_but_not_ready_while_draining() {
    let site = Installation::start().await;
    site.readiness.drain();
    assert_eq!(site.anybody().get("/healthz").await.status, 200);
    let answer = site.anybody().get("/readyz").await;
    assert_eq!(answer.status, 503);
    assert!(!answer.header("retry-after").is_empty());
}

#[tokio::test]
async fn fault_4_a_broken_store_is_503_never_a_false_200() {
    let site = Installation::start().await;
    site.break_store();
    assert_eq!(site.anybody().get("/readyz").await.status, 503);
    assert_eq!(site.anybody().get("/healthz").await.status, 200);
    for (path, body) in
        [("/check/email", json!({"email": "a@b.example"})), ("/auth", json!({"username": "a", "password": "b"})), ("/signup", applicant(1, "OTP"))]
    {
        let answer = site.shop().post(path, &body).await;
        answer.says(503, "Service is busy, please try again");
        assert!(!answer.header("retry-after").is_empty());
    }
}

#[tokio::test]
async fn a_failure_within_is_500_in_the_documented_words() {
    for damage in [Installation::damage_store, Installation::damage_writes] {
        let site = Installation::start().await;
        let token = signed_in(&site, 1).await;
        damage(&site);
        let shop = site.shop();
        shop.post("/internal/register", &person(2)).await.says(500, "Internal error");
        shop.post("/signup", &applicant(3, "LINK")).await.says(500, "Internal error");
        sign_in(&site, "siti 1", "rahasia sekali").await.says(500, "Internal error");
        let profile = json!({"gender": "Laki-Laki", "phone_number": "6287654321", "date_of_birth": "1996-10-18"});
        let form = reqwest::multipart::Form::new().text("basic_profile", profile.to_string());
        let update = site.anybody().bearer(&token).request(Method::POST, "/update-basic-profile").multipart(form);
        Answer::read(update.send().await.unwrap()).await.says(500, "Error on update profile.");
    }
    let site = Installation::start().await;
    let token = signed_in(&site, 1).await;
    site.damage_store();
    site.anybody().bearer(&token).get("/basic-profile").await.says(500, "Internal error");
}

#[tokio::test]
async fn the_public_keys_are_published() {
    let site = Installation::start().await;
    let answer = site.anybody().get("/.well-known/jwks.json").await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.json()["keys"].as_array().unwrap().len(), 1);
    assert_eq!(answer.header("cache-control"), "no-store");
}

#[tokio::test]
async fn a_rotated_key_is_published_before_it_signs_and_nobody_is_signed_out() {
    let site = Installation::start().await;
    let before = signed_in(&site, 1).await;
    let key_of = |token: &str| token.split('.').next().unwrap().to_owned();
    let sign_in = async || sign_in(&site, "siti 1", "rahasia sekali").await.json()["token"].as_str().unwrap().to_owned();
    site.stored_keys().rotate(Duration::from_secs(60)).await.unwrap();
    site.accounts().keys().reload().await.unwrap();
    let published = site.anybody().get("/.well-known/jwks.json").await.json();
    assert_eq!(published["keys"].as_array().unwrap().len(), 2);
    assert_eq!(key_of(&sign_in().await), key_of(&before));
    site.clock.advance(ANNOUNCED);
    let after = sign_in().await;
    assert_ne!(key_of(&after), key_of(&before));
    for token in [before, after] {
        assert_eq!(site.anybody().bearer(&token).get("/basic-profile").await.status, 200);
    }
}

#[tokio::test]
async fn the_inbox_lists_what_was_sent_newest_first_and_filters() {
    let site = Installation::start().await;
    started(&site, &applicant(1, "LINK")).await;
    site.only_message("siti1@example.test").await;
    started(&site, &applicant(2, "OTP")).await;
    site.only_message("+6281000000002").await;
    let read = |query: &str| {
        let (caller, path) = (site.anybody(), format!("/dev/inbox.json{query}"));
        async move { caller.get(&path).await.json().as_array().unwrap().clone() }
    };
    let all = read("").await;
    assert_eq!((all.len(), &all[0]["channel"], &all[1]["channel"]), (2, &json!("sms"), &json!("email")));
    let mut names: Vec<_> = all[0].as_object().unwrap().keys().cloned().collect();
    names.sort_unstable();
    assert_eq!(names, ["channel", "html", "id", "sent_at", "subject", "text", "to"]);
    assert_eq!(read("?channel=email").await.len(), 1);
    for to in ["siti1@example.test", "SITI1@example.test"] {
        assert_eq!(read(&format!("?to={to}")).await[0]["to"], "siti1@example.test");
    }
    for to in ["6281000000002", "+6281000000002", "%2B6281000000002"] {
        assert_eq!(read(&format!("?to={to}&channel=sms")).await.len(), 1, "{to}");
    }
    assert_eq!(read("?to=nobody@example.test").await.len(), 0);
    for nonsense in ["?to=a%00b", "?channel=pigeon"] {
        assert_eq!(site.anybody().get(&format!("/dev/inbox.json{nonsense}")).await.status, 400, "{nonsense}");
    }
}

#[tokio::test]
async fn without_an_inbox_transport_there_is_no_inbox() {
    let site = Installation::builder().without_inbox().start().await;
    for path in ["/dev/inbox", "/dev/inbox.json"] {
        assert_eq!(site.anybody().get(path).await.status, 404);
    }
}

#[tokio::test]
async fn metrics_count_what_was_sent_and_what_waits() {
    let site = Installation::start().await;
    started(&site, &applicant(1, "OTP")).await;
    site.all_sent().await;
    let answer = site.anybody().get("/metrics").await;
    assert_eq!((answer.status.as_u16(), answer.header("content-type")), (200, "text/plain; version=0.0.4; charset=utf-8"));
    for line in [
        "daftar_send_attempts_total{channel=\"sms\",route=\"inbox\",country=\"ID\",answer=\"accepted\"} 1",
        "daftar_message_accepted_seconds_count{channel=\"sms\",route=\"inbox\",country=\"ID\"} 1",
        "daftar_outbox_waiting{channel=\"sms\"} 0",
        "daftar_outbox_waiting{channel=\"email\"} 0",
        "daftar_outbox_oldest_seconds{channel=\"sms\"} 0",
    ] {
        assert!(answer.text.lines().any(|there| there == line), "{line} is missing in {}", answer.text);
    }
    assert!(!answer.text.contains("81000000001"));
    // They are needed most when the store is away.
    site.break_store();
    let answer = site.anybody().get("/metrics").await;
    assert!(answer.status == 200 && answer.text.contains("daftar_send_attempts_total"), "{answer:?}");
}

#[tokio::test]
async fn metrics_tell_of_a_queue_that_nobody_empties() {
    let site = Installation::builder().without_workers().start().await;
    started(&site, &applicant(1, "OTP")).await;
    site.clock.advance(Duration::from_secs(90));
    let text = site.anybody().get("/metrics").await.text;
    for line in ["daftar_outbox_waiting{channel=\"sms\"} 1", "daftar_outbox_oldest_seconds{channel=\"sms\"} 90"] {
        assert!(text.lines().any(|there| there == line), "{line} is missing in {text}");
    }
}
