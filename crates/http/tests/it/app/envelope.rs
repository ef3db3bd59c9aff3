//! The envelope, its languages, `app.always_ok`, and failures that are nobody's who called.

use daftar_testkit::Installation;
use serde_json::json;

use super::{BAD_CREDENTIALS, NOT_SIGNED_IN, by_phone, english, me, refused, sign_in, with_password};
use crate::usapi::registered;

const CHECK: &str = "/app/auth/account/check";

/// The message about an unknown username, to a reader who wishes this.
async fn told(site: &Installation, accept_language: &str) -> String {
    let caller = site.anybody().with("accept-language", accept_language);
    caller.post(CHECK, &json!({"loginID": "nobody"})).await.json()["message"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_refusal_is_in_the_language_that_is_wished_most_and_in_traditional_chinese_else() {
    const ENGLISH: &str = "The username entered does not exist.";
    const INDONESIAN: &str = "Nama pengguna yang dimasukkan tidak ada.";
    const CHINESE: &str = "輸入的用戶名不存在";
    let site = Installation::start().await;
    for (wish, expected) in [
        ("en", ENGLISH),
        ("en-GB", ENGLISH),
        ("id-ID,id;q=0.9,en;q=0.8", INDONESIAN),
        ("en;q=0.2, id;q=0.7", INDONESIAN),
        ("zh-TW", CHINESE),
        ("zh-HK, en;q=0.9", CHINESE),
        ("zh, en;q=0.9", CHINESE),
        ("de", CHINESE),
        ("de, en;q=0", CHINESE),
        ("fr, *;q=0.5", CHINESE),
        ("en;q=0.3, *;q=0.8", CHINESE),
        ("", CHINESE),
        (";;;q=x", CHINESE),
    ] {
        assert_eq!(told(&site, wish).await, expected, "{wish}");
    }
    assert_eq!(site.anybody().post(CHECK, &json!({"loginID": "nobody"})).await.json()["message"], json!(CHINESE));
}

#[tokio::test]
async fn what_cannot_be_read_is_told_in_the_envelope() {
    let site = Installation::start().await;
    let caller = english(&site);
    for bad in ["", "[]", "null", "{", "{\"loginID\":\"a\",\"loginID\":\"b\"}", "{\"loginID\":\"a\\u0000\"}"] {
        refused(&caller.post_raw(CHECK, "application/json", bad).await, 400, "The request cannot be read.");
    }
    refused(&caller.post_raw(CHECK, "text/plain", "{}").await, 415, "Content-Type must be application/json.");
    let long = format!("{{\"loginID\":\"{}\"}}", "x".repeat(65 * 1024));
    refused(&caller.post_raw(CHECK, "application/json", long).await, 413, "The request is too large.");
}

#[tokio::test]
async fn unknown_paths_and_methods_are_told_in_the_envelope() {
    let site = Installation::start().await;
    let caller = english(&site);
    for path in ["/app/auth/nothing", "/app/auth/login/", "/app/auth//login", "/app/auth/LOGIN"] {
        refused(&caller.get(path).await, 404, "There is nothing here.");
    }
    for (path, allowed) in [(CHECK, "POST"), ("/app/auth/logout", "DELETE"), ("/app/auth/password", "POST,PUT"), ("/app/auth/device-token", "PUT")] {
        let answer = caller.get(path).await;
        refused(&answer, 405, "This cannot be done this way.");
        assert_eq!(answer.header("allow"), allowed, "{path}");
    }
}

#[tokio::test]
async fn row_59_every_answer_is_json_and_is_not_kept() {
    let site = Installation::start().await;
    let token = by_phone(&site).await;
    let answers =
        [me(&site, &token).get("/app/auth/info").await, english(&site).get("/app/auth/info").await, english(&site).get("/app/auth/x").await];
    for answer in answers {
        assert_eq!((answer.header("content-type"), answer.header("cache-control")), ("application/json", "no-store"));
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
        assert!(!answer.header("x-request-id").is_empty());
    }
}

#[tokio::test]
async fn a_failure_of_ours_is_told_without_its_reason() {
    let site = Installation::start().await;
    let token = by_phone(&site).await;
    site.break_store();
    let answer = me(&site, &token).get("/app/auth/info").await;
    refused(&answer, 503, "The service is busy. Please try again in a moment.");
    assert!(!answer.header("retry-after").is_empty());
    site.damage_store();
    refused(&me(&site, &token).get("/app/auth/info").await, 500, "Something went wrong on our side. Please try again later.");
}

#[tokio::test]
async fn with_always_ok_every_refusal_is_a_200_whose_envelope_says_so() {
    let site = Installation::builder().limits().app_always_ok().start().await;
    let token = by_phone(&site).await;
    with_password(&site, &token).await;
    registered(&site, 1).await;
    let caller = english(&site);
    // 400, 401, 404, 409.
    refused(&caller.post(CHECK, &json!({})).await, 200, "loginID is missing.");
    refused(&caller.post_raw(CHECK, "application/json", "{").await, 200, "The request cannot be read.");
    refused(&caller.get("/app/auth/info").await, 200, NOT_SIGNED_IN);
    refused(&caller.post(CHECK, &json!({"loginID": "nobody"})).await, 200, "The username entered does not exist.");
    let again = me(&site, &token).post("/app/auth/password", &json!({"password": "another"})).await;
    refused(&again, 200, "This account already has a password. Use \"forgot password\" to change it.");
    // 403.
    site.disable("siti 1").await;
    refused(&sign_in(&site, "siti 1", "rahasia sekali").await, 200, super::DISABLED);
    // 429.
    for _ in 0..10 {
        refused(&sign_in(&site, "nobody", "wrong password").await, 200, BAD_CREDENTIALS);
    }
    let throttled = sign_in(&site, "nobody", "wrong password").await;
    refused(&throttled, 200, "Too many attempts. Please try again later.");
    assert_eq!(throttled.header("retry-after"), "90");
    // What is between programs keeps its status, and so does the other surface.
    assert_eq!(caller.post_raw(CHECK, "text/plain", "{}").await.status, 415);
    assert_eq!(caller.get(CHECK).await.status, 405);
    assert_eq!(caller.get("/app/auth/nothing").await.status, 404);
    assert_eq!(crate::usapi::sign_in(&site, "siti 1", "wrong").await.status, 401);
    site.break_store();
    assert_eq!(caller.post(CHECK, &json!({"loginID": "nobody"})).await.status, 503);
}

#[tokio::test]
async fn with_always_ok_a_connection_goes_on_after_a_refusal_that_read_no_body() {
    let site = Installation::builder().app_always_ok().start().await;
    for _ in 0..3 {
        let body = format!("{{\"deviceToken\":\"{}\"}}", "x".repeat(60_000));
        let request = english(&site).request(reqwest::Method::PUT, "/app/auth/device-token").header("content-type", "application/json").body(body);
        refused(&daftar_testkit::Answer::read(request.send().await.unwrap()).await, 200, NOT_SIGNED_IN);
    }
}
