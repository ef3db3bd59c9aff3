//! `PUT /app/auth/device-token`, `DELETE /app/auth/logout`, and the device that signs in.

use daftar_core::device::{DeviceKind, DeviceToken};
use daftar_core::ports::{Clock as _, Store as _};
use daftar_testkit::Installation;
use serde_json::json;

use super::{
    BAD_CREDENTIALS, E164, LOGIN, NOT_SIGNED_IN, PASSWORD, PHONE, RESET, VERIFY, access, asked, by_mail, by_phone, done, english, is_live, me,
    refused, show, sign_in, with_password,
};
use crate::usapi::{claims, registered};

const PATH: &str = "/app/auth/device-token";

/// The session to which a device is bound, as its token names it, and what it is.
async fn bound(site: &Installation, device: &str) -> Option<(String, Option<DeviceKind>)> {
    let found = site.store().session_of_device(&DeviceToken::parse(device).unwrap(), site.clock.now()).await.unwrap();
    found.map(|(session, kind)| (session.0.to_string(), kind))
}

fn session(token: &str) -> String {
    claims(token)["jti"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_device_belongs_to_one_session_the_newest_and_a_session_has_one_device() {
    let site = Installation::start().await;
    let (one, other) = (by_phone(&site).await, by_mail(&site).await);
    me(&site, &one).put(PATH, &json!({"deviceToken": "phone 1"})).await.is(200, &done());
    assert_eq!(bound(&site, "phone 1").await, Some((session(&one), None)));
    me(&site, &other).put(PATH, &json!({"deviceToken": "phone 1", "deviceType": 1})).await.is(200, &done());
    assert_eq!(bound(&site, "phone 1").await, Some((session(&other), Some(DeviceKind::Android))));
    me(&site, &other).put(PATH, &json!({"deviceToken": "phone 2", "deviceType": 0})).await.is(200, &done());
    assert_eq!(bound(&site, "phone 1").await, None);
    assert_eq!(bound(&site, "phone 2").await, Some((session(&other), Some(DeviceKind::Ios))));
    assert!(is_live(&site, &one).await, "who lost the device stays signed in");
}

#[tokio::test]
async fn signing_in_binds_the_device_that_is_named() {
    let site = Installation::start().await;
    with_password(&site, &by_phone(&site).await).await;
    for (number, kind) in [(0, DeviceKind::Ios), (1, DeviceKind::Android), (2, DeviceKind::AndroidOther)] {
        let body = json!({"loginID": PHONE, "password": PASSWORD, "deviceToken": "phone 1", "deviceType": number});
        let token = access(&english(&site).post("/app/auth/login", &body).await);
        assert_eq!(bound(&site, "phone 1").await, Some((session(&token), Some(kind))));
    }
}

#[tokio::test]
async fn row_29_signing_out_ends_the_session_on_every_replica_and_after_a_restart_and_forgets_its_device() {
    let site = Installation::start().await;
    let (token, other) = (by_phone(&site).await, by_mail(&site).await);
    me(&site, &token).put(PATH, &json!({"deviceToken": "phone 1"})).await.is(200, &done());
    me(&site, &token).delete("/app/auth/logout").await.is(200, &done());
    assert!(!is_live(&site, &token).await);
    assert_eq!(bound(&site, "phone 1").await, None);
    assert!(is_live(&site, &other).await);
    refused(&me(&site, &token).delete("/app/auth/logout").await, 401, NOT_SIGNED_IN);
    let replica = site.replica().await;
    assert!(!is_live(&replica, &token).await);
    assert!(is_live(&replica, &other).await);
    drop(replica);
    let site = site.restarted().await;
    assert!(!is_live(&site, &token).await);
    assert!(is_live(&site, &other).await);
}

#[tokio::test]
async fn a_session_that_a_reset_or_an_operator_ends_has_no_device_any_more() {
    let site = Installation::start().await;
    let token = by_phone(&site).await;
    me(&site, &token).put(PATH, &json!({"deviceToken": "phone 1"})).await.is(200, &done());
    let reset = asked(&english(&site), RESET, PHONE, 0).await;
    let recovery = access(&show(&english(&site), RESET, &reset, &site.newest_code(2, E164).await).await);
    me(&site, &recovery).put("/app/auth/password", &json!({"password": PASSWORD})).await.is(200, &done());
    assert_eq!(bound(&site, "phone 1").await, None);
    let token = access(&sign_in(&site, PHONE, PASSWORD).await);
    assert_eq!(bound(&site, "a device").await.unwrap().0, session(&token));
    site.disable(E164).await;
    assert_eq!(bound(&site, "a device").await, None);
}

#[tokio::test]
async fn row_55_a_device_token_is_no_evidence_of_anything() {
    let site = Installation::start().await;
    registered(&site, 1).await;
    let body = json!({"loginID": "siti 1", "password": "rahasia sekali", "deviceToken": "phone 1"});
    access(&english(&site).post("/app/auth/login", &body).await);
    let body = json!({"loginID": "siti 1", "password": "wrong password", "deviceToken": "phone 1"});
    refused(&english(&site).post("/app/auth/login", &body).await, 401, BAD_CREDENTIALS);
    for caller in [me(&site, "phone 1"), english(&site).with("x-device-token", "phone 1")] {
        refused(&caller.get("/app/auth/info").await, 401, NOT_SIGNED_IN);
    }
    // Whoever binds somebody's device gets its messages, and nothing of the other's account.
    let token = by_phone(&site).await;
    me(&site, &token).put(PATH, &json!({"deviceToken": "phone 1"})).await.is(200, &done());
    assert_eq!(me(&site, &token).get("/app/auth/info").await.json()["data"], json!({"email": null, "phone": PHONE}));
}

#[tokio::test]
async fn row_55_a_known_device_stands_for_no_password_and_no_code_and_buys_no_try() {
    let site = Installation::with_limits().await;
    registered(&site, 1).await;
    let with = async |login_id: &str, password: &str| {
        english(&site).post("/app/auth/login", &json!({"loginID": login_id, "password": password, "deviceToken": "phone 1"})).await
    };
    let session = access(&with("siti 1", "rahasia sekali").await);
    // It is no name, no password, no code, and no proof of one.
    for (login_id, password) in [("phone 1", "rahasia sekali"), ("siti 1", "phone 1"), ("phone 1", "phone 1")] {
        refused(&with(login_id, password).await, 401, BAD_CREDENTIALS);
    }
    for body in [json!({"otp": "phone 1", "otpToken": "phone 1"}), json!({"otp": 1234, "otpToken": "phone 1", "deviceToken": "phone 1"})] {
        for path in &VERIFY[LOGIN.into()..=RESET.into()] {
            assert_eq!(english(&site).post(path, &body).await.status, 400, "{path}");
        }
    }
    for path in ["/app/auth/password", "/app/auth/device-token"] {
        let body = json!({"password": "another1", "deviceToken": "phone 1"});
        refused(&me(&site, "phone 1").put(path, &body).await, 401, NOT_SIGNED_IN);
    }
    site.anybody().bearer("phone 1").get("/basic-profile").await.says(401, "Unauthorized");
    // The device that has signed in before has no more tries than another: one was wrong above.
    for _ in 0..9 {
        refused(&with("siti 1", "wrong password").await, 401, BAD_CREDENTIALS);
    }
    assert_eq!(with("siti 1", "rahasia sekali").await.status, 429);
    // And who takes it over takes nobody's session over.
    let other = by_mail(&site).await;
    me(&site, &other).put(PATH, &json!({"deviceToken": "phone 1"})).await.is(200, &done());
    assert!(is_live(&site, &session).await && is_live(&site, &other).await);
    me(&site, &other).delete("/app/auth/logout").await.is(200, &done());
    assert!(is_live(&site, &session).await);
}

#[tokio::test]
async fn a_device_token_has_1_to_255_characters_and_a_type_that_is_known() {
    let site = Installation::start().await;
    let token = by_phone(&site).await;
    let put = async |body| me(&site, &token).put(PATH, &body).await;
    refused(&put(json!({})).await, 400, "deviceToken is missing.");
    refused(&put(json!({"deviceToken": 1})).await, 400, "deviceToken must be of type string.");
    refused(&put(json!({"deviceToken": ""})).await, 400, "deviceToken must not be empty.");
    refused(&put(json!({"deviceToken": "x".repeat(256)})).await, 400, "deviceToken must have at most 255 characters.");
    refused(&put(json!({"deviceToken": "x", "deviceType": 3})).await, 400, "deviceType must be one of: 0, 1, 2.");
    refused(&put(json!({"deviceToken": "x", "deviceType": "1"})).await, 400, "deviceType must be of type integer.");
    put(json!({"deviceToken": "x".repeat(255), "deviceType": null})).await.is(200, &done());
    put(json!({"deviceToken": "D2fdAbE5e9bcAFDBE5bEeED3b795ecf44B35e99B6D28591429fEE6B7C0BcCed1", "deviceType": 2})).await.is(200, &done());
}

#[tokio::test]
async fn row_33_who_is_not_signed_in_learns_nothing_from_the_body() {
    let site = Installation::start().await;
    refused(&english(&site).put(PATH, &json!({})).await, 401, NOT_SIGNED_IN);
    refused(&english(&site).delete("/app/auth/logout").await, 401, NOT_SIGNED_IN);
}
