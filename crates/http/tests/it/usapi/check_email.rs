//! `POST /check/email`.

use daftar_testkit::Installation;
use serde_json::json;

use super::{applicant, registered, started};

const PATH: &str = "/check/email";

#[tokio::test]
async fn it_tells_whether_an_address_is_registered() {
    let site = Installation::start().await;
    registered(&site, 1).await;
    for known in ["siti1@example.test", "SITI1@Example.TEST", " siti1@example.test "] {
        let answer = site.anybody().post(PATH, &json!({"email": known})).await;
        answer.is(409, &json!({"status": false, "message": "Email is already registered"}));
    }
    let answer = site.anybody().post(PATH, &json!({"email": "siti2@example.test"})).await;
    answer.is(200, &json!({"status": true, "message": "Email is not registered"}));
}

#[tokio::test]
async fn a_pending_registration_reserves_nothing() {
    let site = Installation::start().await;
    started(&site, &applicant(1, "LINK")).await;
    assert_eq!(site.anybody().post(PATH, &json!({"email": "siti1@example.test"})).await.status, 200);
}

#[tokio::test]
async fn bad_input_is_told() {
    let site = Installation::start().await;
    let check = |body| {
        let caller = site.anybody();
        async move { caller.post(PATH, &body).await }
    };
    check(json!({})).await.says(400, "Must have required property 'email'");
    check(json!({"email": null})).await.says(400, "Property 'email' must be string");
    check(json!({"email": ""})).await.says(400, "Property 'email' must not be empty");
    check(json!({"email": "x".repeat(255)})).await.says(400, "Property 'email' must have at most 254 characters");
    for bad in ["nobody", "a@b", "a＠b.example", "a@x,b@y", "@", "a@b.example\r\nBcc: c@d.example"] {
        check(json!({"email": bad})).await.says(400, "Invalid email format");
    }
}
