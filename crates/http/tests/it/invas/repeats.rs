//! Threat row 58 on INVAS: a registration with an `idempotency-key` happens once.

use daftar_testkit::Installation;
use futures_util::future::join_all;
use serde_json::json;

use super::{confirm, customer, host, problem, token};
use crate::usapi::with;

#[tokio::test]
async fn row_58_a_repeated_registration_gets_the_first_answer_and_one_message_of_each_kind() {
    let site = Installation::start().await;
    let host = host(&site).await.with("idempotency-key", "order-1");
    let body = customer();
    let answers = join_all((0..20).map(|_| host.post("/b2b/customer/register", &body))).await;
    assert!(answers.iter().all(|answer| answer.status == 200 && answer.text == answers[0].text), "{answers:?}");
    site.all_sent().await;
    assert_eq!(site.messages().await.len(), 2);
    assert_eq!(confirm(&host, &token(&site).await).await.status, 200);
    let again = host.post("/b2b/customer/register", &customer()).await;
    assert_eq!((again.status.as_u16(), &again.text), (200, &answers[0].text), "also once its phone has an account");
}

#[tokio::test]
async fn row_58_another_body_is_422_and_a_malformed_key_400() {
    let site = Installation::start().await;
    let host = host(&site).await;
    let repeating = host.with("idempotency-key", "order-1");
    assert_eq!(repeating.post("/b2b/customer/register", &customer()).await.status, 200);
    let other = repeating.post("/b2b/customer/register", &with(&customer(), "name", "Budi")).await;
    problem(&other, 422, "IDEMPOTENCY_KEY_REUSED", None);
    problem(&repeating.post("/b2b/customer/register", &json!({})).await, 422, "IDEMPOTENCY_KEY_REUSED", None);
    for bad in ["", "with blank", &"x".repeat(129)] {
        problem(&host.with("idempotency-key", bad).post("/b2b/customer/register", &customer()).await, 400, "VALIDATION", None);
    }
}

#[tokio::test]
async fn row_58_a_key_is_one_hosts() {
    let site = Installation::start().await;
    let hosts = [host(&site).await, host(&site).await].map(|host| host.with("idempotency-key", "order-1"));
    let body = customer();
    let answers = join_all(hosts.iter().map(|host| host.post("/b2b/customer/register", &body))).await;
    assert!(answers.iter().all(|answer| answer.status == 200));
    assert_ne!(answers[0].json()["id"], answers[1].json()["id"]);
}
