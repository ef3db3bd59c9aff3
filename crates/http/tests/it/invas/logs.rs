//! Threat row 52 on INVAS: what nobody must read in a log.

use daftar_testkit::Installation;
use serde_json::json;

use super::{EMAIL, NUMBER, PASSWORD, PHONE, PRE_HASHED, confirm, customer, key, newest_token, registered, token, wrong};
use crate::usapi::sign_in;

#[tokio::test]
async fn row_52_no_secret_and_no_whole_contact_of_a_customer_reaches_a_log_at_trace_level() {
    let site = Installation::start().await;
    let log = daftar_testkit::log::capture();
    let machine = crate::oauth::host(&site).await;
    let access = machine.token(&site).await;
    let host = site.anybody().bearer(&access);
    registered(&host, &customer()).await;
    let (first, key) = (token(&site).await, key(&site, 1).await);
    assert_eq!(confirm(&host, &wrong(&first)).await.status, 400);
    for way in ["sms", "email"] {
        let answer = host.post(&format!("/b2b/customer/resend/registration/{way}"), &json!({"username": PHONE, "phone": PHONE})).await;
        assert_eq!(answer.status, 200, "{answer:?}");
    }
    super::authorised(&site, 2).await;
    let second = newest_token(&site, 2, NUMBER).await;
    assert_eq!(confirm(&host, &second).await.status, 200);
    assert_eq!(sign_in(&site, PHONE, PASSWORD).await.status, 200);
    for path in ["verifyUsername?username=081234567890", "verifyEmail?email=septian@example.test"] {
        assert_eq!(host.get(&format!("/b2b/customer/auth/{path}")).await.status, 200);
    }
    site.damage_writes();
    assert_eq!(host.post("/b2b/customer/register", &json!({"phone": "081234567891", "name": "Septian Cahyo", "birthDate": "1990-12-31", "birthPlace": "Jakarta", "gender": true, "countryId": "ID", "accountGroupId": "01"})).await.status, 500);
    site.break_store();
    assert_eq!(confirm(&host, &second).await.status, 503);
    assert_eq!(site.anybody().get(&format!("/b2b/customer/register/authorize?key={key}")).await.status, 503);
    let text = log.text();
    assert!(text.contains("answered"), "the log was on: {} bytes", text.len());
    let secrets = [&access, &machine.secret, &first, &second, &key].map(String::as_str);
    for secret in secrets.into_iter().chain([PRE_HASHED, PASSWORD, PHONE, NUMBER, "6281234567890", "081234567891", EMAIL, "$argon2id$"]) {
        assert!(!text.contains(secret), "the log holds {secret}: {}", text.lines().find(|line| line.contains(secret)).unwrap_or_default());
    }
}
