//! Threat row 58: a call with an `idempotency-key` happens once (contract `common.md`, *Limits and repeats*).

use std::time::Duration;

use daftar_testkit::Installation;
use futures_util::future::join_all;
use serde_json::json;

use super::{applicant, person, with};

#[tokio::test]
async fn row_58_a_repeated_registration_gets_the_first_answer_and_makes_one_account() {
    let site = Installation::start().await;
    let shop = site.shop().with("idempotency-key", "order-1");
    for _ in 0..3 {
        shop.post("/internal/register", &person(1)).await.is(200, &json!({"status": true, "message": "Account has been created"}));
    }
    site.shop().post("/internal/register", &person(1)).await.says(400, "Phone number already exist");
}

#[tokio::test]
async fn row_58_a_repeated_sign_up_gets_the_same_token_and_one_message() {
    let site = Installation::start().await;
    let shop = site.shop().with("idempotency-key", "order-1");
    let first = shop.post("/signup", &applicant(1, "LINK")).await;
    site.clock.advance(Duration::from_secs(60));
    let again = shop.post("/signup", &applicant(1, "LINK")).await;
    assert_eq!((first.status.as_u16(), &first.text), (200, &again.text));
    site.all_sent().await;
    assert_eq!(site.messages().await.len(), 1);
}

#[tokio::test]
async fn row_58_racing_repeats_wait_for_the_first() {
    let site = Installation::start().await;
    let shop = site.shop().with("idempotency-key", "order-1");
    for (path, body) in [("/internal/register", person(1)), ("/signup", applicant(2, "OTP"))] {
        let shop = shop.with("idempotency-key", path);
        let answers = join_all((0..20).map(|_| shop.post(path, &body))).await;
        assert!(answers.iter().all(|a| a.status == 200 && a.text == answers[0].text), "{answers:?}");
    }
    site.all_sent().await;
    assert_eq!(site.messages().await.len(), 1);
}

#[tokio::test]
async fn row_58_the_same_key_with_another_body_or_endpoint_is_422() {
    let site = Installation::start().await;
    let shop = site.shop().with("idempotency-key", "order-1");
    assert_eq!(shop.post("/internal/register", &person(1)).await.status, 200);
    assert_eq!(shop.post("/internal/register", &person(2)).await.status, 422);
    assert_eq!(shop.post("/internal/register", &with(&person(1), "password", "another secret")).await.status, 422);
    assert_eq!(shop.post("/signup", &applicant(3, "LINK")).await.status, 422);
    // Also a body that would not have been taken: the key is told of first.
    assert_eq!(shop.post("/internal/register", &json!({})).await.status, 422);
    assert_eq!(shop.post_raw("/internal/register", "application/json", "{").await.status, 422);
    assert_eq!(site.messages().await.len(), 0);
}

#[tokio::test]
async fn row_58_only_successes_are_kept() {
    let site = Installation::start().await;
    let shop = site.shop().with("idempotency-key", "order-1");
    shop.post("/internal/register", &with(&person(1), "password", "short")).await.says(400, "Invalid password format");
    assert_eq!(site.shop().post("/internal/register", &person(2)).await.status, 200);
    shop.post("/internal/register", &person(2)).await.says(400, "Phone number already exist");
    assert_eq!(shop.post("/internal/register", &person(1)).await.status, 200);
}

#[tokio::test]
async fn row_58_a_key_is_one_clients_and_lives_a_day() {
    let site = Installation::start().await;
    let (one, other) = (site.shop(), site.client_with(&["usapi"]).await);
    assert_eq!(one.with("idempotency-key", "order-1").post("/internal/register", &person(1)).await.status, 200);
    assert_eq!(other.with("idempotency-key", "order-1").post("/internal/register", &person(2)).await.status, 200);
    site.clock.advance(Duration::from_secs(24 * 3600 + 1));
    one.with("idempotency-key", "order-1").post("/internal/register", &person(1)).await.says(400, "Phone number already exist");
}

#[tokio::test]
async fn row_58_a_malformed_key_is_400_and_does_nothing() {
    let site = Installation::start().await;
    for bad in ["", "with blank", &"x".repeat(129), "caf\u{e9}"] {
        let answer = site.shop().with("idempotency-key", bad).post("/internal/register", &person(1)).await;
        answer.says(400, "Idempotency-Key must be 1 to 128 visible characters");
    }
    assert_eq!(site.shop().with("idempotency-key", &"x".repeat(128)).post("/internal/register", &person(1)).await.status, 200);
}
