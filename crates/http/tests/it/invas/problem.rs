//! What holds for every refusal: it is a problem (RFC 9457), whatever went wrong.

use daftar_testkit::Installation;
use reqwest::Method;
use serde_json::json;

use super::{customer, host, problem};

#[tokio::test]
async fn a_body_that_cannot_be_read_is_told_in_the_surfaces_shape() {
    let site = Installation::start().await;
    let host = host(&site).await;
    for path in ["/register", "/register/confirm", "/resend/registration/sms", "/resend/registration/email"] {
        let path = format!("/b2b/customer{path}");
        problem(&host.post_raw(&path, "text/plain", "{}").await, 415, "UNSUPPORTED_MEDIA_TYPE", None);
        problem(&host.post_raw(&path, "application/json", vec![b' '; 65 * 1024]).await, 413, "PAYLOAD_TOO_LARGE", None);
        // Row 51.
        for odd in ["", "{", "[]", "null", "\"x\"", "{\"phone\":\"\\u0000\"}", "{\"a\":1,\"a\":2}"] {
            problem(&host.post_raw(&path, "application/json", odd).await, 400, "VALIDATION", None);
        }
    }
}

#[tokio::test]
async fn what_is_not_there_is_told_in_the_surfaces_shape() {
    let site = Installation::start().await;
    let host = host(&site).await;
    for path in ["/b2b/customer", "/b2b/customer/nothing", "/b2b/customer/register/", "/b2b/customer//register", "/b2b/customer/auth/verifyusername"]
    {
        problem(&host.get(path).await, 404, "NOT_FOUND", None);
    }
    let answer = host.get("/b2b/customer/register").await;
    problem(&answer, 405, "METHOD_NOT_ALLOWED", None);
    assert_eq!(answer.header("allow"), "POST");
    let posted = daftar_testkit::Answer::read(host.request(Method::POST, "/b2b/customer/auth/verifyEmail").send().await.unwrap()).await;
    problem(&posted, 405, "METHOD_NOT_ALLOWED", None);
}

#[tokio::test]
async fn a_store_that_is_away_is_503_and_one_that_is_damaged_500() {
    let site = Installation::start().await;
    let host = host(&site).await;
    site.break_store();
    let answer = host.post("/b2b/customer/register", &customer()).await;
    problem(&answer, 503, "UNAVAILABLE", None);
    assert!(answer.header("retry-after").parse::<u32>().unwrap() > 0);
    site.damage_store();
    problem(&host.get("/b2b/customer/auth/verifyUsername?username=081234567890").await, 500, "INTERNAL", None);
    site.damage_writes();
    problem(&host.post("/b2b/customer/register", &customer()).await, 500, "INTERNAL", None);
}

#[tokio::test]
async fn unknown_properties_are_ignored() {
    let site = Installation::start().await;
    let mut body = customer();
    body["referrer"] = json!({"a": [1, 2]});
    assert_eq!(host(&site).await.post("/b2b/customer/register", &body).await.status, 200);
}
