//! `POST /b2b/customer/register`.

use std::time::Duration;

use daftar_core::ports::{Clock as _, Timestamp};
use daftar_testkit::Installation;
use serde_json::json;

use super::{EMAIL, NUMBER, PHONE, at_fault, confirm, customer, host, newest_token, problem, registered, token};
use crate::usapi::{self, with, without};

#[tokio::test]
async fn a_registration_answers_as_documented() {
    let site = Installation::start().await;
    let host = host(&site).await;
    let answer = registered(&host, &customer()).await;
    let token = token(&site).await;
    assert_eq!(answer["id"].as_str().unwrap().len(), 36, "{answer}");
    let times = ["requestTimestamp", "expiryTimestamp"].map(|name| answer[name].as_str().unwrap().parse::<Timestamp>().unwrap());
    assert!(answer["requestTimestamp"].as_str().unwrap().ends_with('Z'));
    assert_eq!(times[1].duration_since(times[0]).as_secs(), 600);
    assert_eq!(times[0].as_second(), site.clock.now().as_second());
    let expected = json!({
        "id": answer["id"],
        "username": PHONE,
        "phone": PHONE,
        "tokenType": "REGISTRATION",
        "tokenPrefix": &token[..3],
        "active": true,
        "attempt": 1,
        "requestTimestamp": answer["requestTimestamp"],
        "expiryTimestamp": answer["expiryTimestamp"],
        "expiryMinutes": 10,
        "accountGroupId": "01",
    });
    assert_eq!(answer, expected);
    assert_eq!(token.len(), 7, "{token}");
}

#[tokio::test]
async fn the_token_goes_by_short_message_and_a_link_by_mail() {
    let site = Installation::start().await;
    registered(&host(&site).await, &customer()).await;
    let mail = site.only_message(EMAIL).await;
    assert!(mail.text.contains(&format!("{}/b2b/customer/register/authorize?key=", site.url())), "{}", mail.text);
    let token = token(&site).await;
    assert!(!mail.text.contains(&token) && !mail.html.unwrap().contains(&token), "the address does not prove the phone");
    assert!(!site.only_message(NUMBER).await.text.contains("http"));
}

#[tokio::test]
async fn without_an_address_there_is_no_mail() {
    let site = Installation::start().await;
    let host = host(&site).await;
    for (n, none) in [without(&customer(), "email"), with(&customer(), "email", json!(null))].into_iter().enumerate() {
        registered(&host, &none).await;
        newest_token(&site, n + 1, NUMBER).await;
    }
    site.all_sent().await;
    assert_eq!(site.messages().await.len(), 2);
}

#[tokio::test]
async fn every_required_property_is_told_of_when_it_is_absent_null_or_of_another_type() {
    let site = Installation::start().await;
    let host = host(&site).await;
    for name in ["phone", "name", "birthDate", "birthPlace", "gender", "countryId", "accountGroupId"] {
        let odd =
            [without(&customer(), name), with(&customer(), name, json!(null)), with(&customer(), name, 7), with(&customer(), name, json!([PHONE]))];
        for body in odd {
            at_fault(&host.post("/b2b/customer/register", &body).await, name);
        }
        if name != "gender" {
            for empty in ["", " ", "\t"] {
                at_fault(&host.post("/b2b/customer/register", &with(&customer(), name, empty)).await, name);
            }
        }
    }
    for name in ["email", "sourceId"] {
        at_fault(&host.post("/b2b/customer/register", &with(&customer(), name, 7)).await, name);
    }
    site.all_sent().await;
    assert!(site.messages().await.is_empty());
}

#[tokio::test]
async fn every_property_has_its_rule() {
    let site = Installation::start().await;
    let host = host(&site).await;
    let long = |length| "é".repeat(length);
    for (name, value) in [
        ("name", json!(long(201))),
        ("birthPlace", json!(long(201))),
        ("sourceId", json!(long(65))),
        ("accountGroupId", json!(long(65))),
        ("birthDate", json!("1899-12-31")),
        ("birthDate", json!("2999-01-01")),
        ("birthDate", json!("1990-02-30")),
        ("birthDate", json!("31-12-1990")),
        ("gender", json!("true")),
        ("gender", json!(1)),
        ("email", json!("nobody")),
        ("email", json!("")),
        ("email", json!("a@x,b@y")),
        ("countryId", json!("XX")),
        ("countryId", json!("id")),
        ("countryId", json!("IDN")),
        ("countryId", json!("62")),
    ] {
        at_fault(&host.post("/b2b/customer/register", &with(&customer(), name, value)).await, name);
    }
    let longest = [("name", 200), ("birthPlace", 200), ("sourceId", 64), ("accountGroupId", 64)];
    let body = longest.into_iter().fold(customer(), |body, (name, length)| with(&body, name, long(length)));
    assert_eq!(registered(&host, &body).await["accountGroupId"], long(64), "as it was sent");
}

#[tokio::test]
async fn row_44_the_phone_is_a_mobile_phone_of_the_country() {
    let site = Installation::start().await;
    let host = host(&site).await;
    for phone in [
        "+85268098227",
        "68098227",
        "0213505555",
        "08091234567",
        "112",
        "08123",
        "0081234567890123456",
        "081234567890;ext=5",
        "081234567890x5",
        "081234567890,1",
        "０８１２３４５６７８９０",
        "tel:081234567890",
        "siti",
        "siti@example.test",
    ] {
        at_fault(&host.post("/b2b/customer/register", &with(&customer(), "phone", phone)).await, "phone");
    }
    at_fault(&host.post("/b2b/customer/register", &with(&customer(), "countryId", "HK")).await, "phone");
    site.all_sent().await;
    assert!(site.messages().await.is_empty());
    let abroad = with(&with(&customer(), "countryId", "HK"), "phone", "6809 8227");
    let answer = registered(&host, &abroad).await;
    assert_eq!((answer["username"].as_str(), answer["phone"].as_str()), (Some("6809 8227"), Some("6809 8227")));
    newest_token(&site, 1, "+85268098227").await;
}

#[tokio::test]
async fn a_phone_or_an_address_that_has_an_account_is_409() {
    let site = Installation::start().await;
    let host = host(&site).await;
    usapi::registered(&site, 1).await;
    let phone_taken = with(&customer(), "phone", "081000000001");
    let email_taken = with(&customer(), "email", "SITI1@Example.test");
    problem(&host.post("/b2b/customer/register", &phone_taken).await, 409, "USERNAME_EXISTS", None);
    problem(&host.post("/b2b/customer/register", &email_taken).await, 409, "EMAIL_EXISTS", None);
    let both = with(&phone_taken, "email", "siti1@example.test");
    problem(&host.post("/b2b/customer/register", &both).await, 409, "USERNAME_EXISTS", None);
    site.all_sent().await;
    assert!(site.messages().await.is_empty());
}

#[tokio::test]
async fn a_second_registration_of_a_pending_phone_replaces_the_first() {
    let site = Installation::start().await;
    let host = host(&site).await;
    let first = registered(&host, &customer()).await;
    let old = token(&site).await;
    // Its letter, too, or that may come after the next one.
    site.all_sent().await;
    let second = registered(&host, &with(&customer(), "phone", "+62 812-3456-7890")).await;
    let new = newest_token(&site, 2, NUMBER).await;
    assert_ne!(first["id"], second["id"]);
    assert_eq!((second["attempt"].as_u64(), second["tokenPrefix"].as_str()), (Some(1), Some(&new[..3])));
    problem(&confirm(&host, &old).await, 400, "TOKEN_INVALID", None);
    let key = super::key(&site, 2).await;
    let first_key = site.messages().await.into_iter().rfind(|m| m.to == EMAIL).unwrap().text;
    let first_key = first_key.split_whitespace().find_map(|word| word.split_once("?key=")).unwrap().1;
    assert_ne!(first_key, key);
    assert_eq!(site.anybody().get(&format!("/b2b/customer/register/authorize?key={first_key}")).await.status, 410);
    assert_eq!(confirm(&host, &new).await.status, 200);
}

#[tokio::test]
async fn a_registration_lives_half_an_hour() {
    let site = Installation::start().await;
    let host = host(&site).await;
    registered(&host, &customer()).await;
    site.all_sent().await;
    site.clock.advance(Duration::from_secs(25 * 60));
    let resent = host.post("/b2b/customer/resend/registration/sms", &json!({"username": PHONE, "phone": PHONE})).await.json();
    assert_eq!(resent["expiryMinutes"], 5, "no longer than the registration: {resent}");
    let token = newest_token(&site, 2, NUMBER).await;
    site.clock.advance(Duration::from_secs(5 * 60));
    problem(&confirm(&host, &token).await, 404, "REGISTRATION_NOT_FOUND", None);
}

#[tokio::test]
async fn messages_are_in_the_language_that_the_host_passes_on() {
    let site = Installation::start().await;
    registered(&host(&site).await.with("accept-language", "id"), &customer()).await;
    assert!(site.only_message(EMAIL).await.text.contains("Halo"), "{}", site.only_message(EMAIL).await.text);
}
