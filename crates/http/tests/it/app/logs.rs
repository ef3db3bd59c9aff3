//! What operators read, and what nobody must read there.

use daftar_testkit::Installation;
use serde_json::json;

use super::{E164, EMAIL, LOGIN, PHONE, RESET, SIGNUP, UPDATE_EMAIL, access, ask, asked, by_phone, data, done, english, me, show, sign_in};

#[tokio::test]
async fn row_52_no_secret_and_no_whole_contact_reaches_a_log_at_trace_level() {
    let site = Installation::start().await;
    let log = daftar_testkit::log::capture();
    let sign_up = asked(&english(&site), SIGNUP, PHONE, 0).await;
    let sign_up_code = site.code_for(E164).await;
    let session = access(&show(&english(&site), SIGNUP, &sign_up, &sign_up_code).await);
    let mei = me(&site, &session);
    mei.put("/app/auth/device-token", &json!({"deviceToken": "D2fdAbE5e9bcAFDB"})).await.is(200, &done());
    mei.post("/app/auth/password", &json!({})).await.is(200, &done());
    let password = site.nth_message(2, E164).await.text.split_whitespace().next().unwrap().to_owned();
    let again = access(&sign_in(&site, PHONE, &password).await);
    let change = asked(&mei, UPDATE_EMAIL, EMAIL, 0).await;
    let change_code = site.code_for(EMAIL).await;
    data(&show(&mei, UPDATE_EMAIL, &change, &change_code).await);
    let reset = asked(&english(&site), RESET, EMAIL, 0).await;
    let recovery = access(&show(&english(&site), RESET, &reset, &site.newest_code(2, EMAIL).await).await);
    me(&site, &recovery).put("/app/auth/password", &json!({"password": "gdfhdjo33"})).await.is(200, &done());
    site.break_store();
    for caller in [me(&site, &session), english(&site)] {
        assert_eq!(ask(&caller, LOGIN, PHONE, 0).await.status, 503);
        assert_eq!(show(&caller, LOGIN, &sign_up, &sign_up_code).await.status, 503);
        assert_eq!(sign_in(&site, EMAIL, "gdfhdjo33").await.status, 503);
    }
    let text = log.text();
    assert!(text.contains("answered"), "the log was on: {} bytes", text.len());
    let codes = [&sign_up_code, &change_code].map(|code| format!(" {code}"));
    let secrets = [&sign_up, &change, &reset, &session, &again, &recovery, &password, &codes[0], &codes[1]].map(String::as_str);
    for secret in secrets.into_iter().chain(["gdfhdjo33", PHONE, EMAIL, "D2fdAbE5e9bcAFDB", "$argon2id$"]) {
        assert!(!text.contains(secret), "the log holds {secret}: {}", text.lines().find(|line| line.contains(secret)).unwrap_or_default());
    }
}

#[tokio::test]
async fn row_5_operators_are_told_of_spraying_once_a_minute() {
    let site = Installation::start().await;
    let log = daftar_testkit::log::capture();
    let told = || log.text().lines().filter(|line| line.contains("WARN") && line.contains("many wrong codes in the last hour")).count();
    by_phone(&site).await;
    for n in 0..100 {
        let contact = format!("mei{n}@example.test");
        let token = asked(&english(&site), SIGNUP, &contact, 0).await;
        let wrong = super::wrong(&site.code_for(&contact).await);
        for _ in 0..3 {
            assert_eq!(show(&english(&site), SIGNUP, &token, &wrong).await.status, 400);
        }
    }
    assert_eq!(told(), 0);
    for _ in 0..3 {
        asked(&english(&site), LOGIN, PHONE, 0).await;
    }
    assert_eq!(told(), 1);
    site.clock.advance(std::time::Duration::from_secs(61));
    asked(&english(&site), LOGIN, PHONE, 0).await;
    assert_eq!(told(), 2);
}
