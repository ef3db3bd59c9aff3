//! `GET /b2b/customer/auth/verifyUsername` and `…/verifyEmail`.

use daftar_core::identifier::Country;
use daftar_testkit::Installation;
use serde_json::json;

use super::{NUMBER, PHONE, at_fault, confirm, customer, host, registered, token};
use crate::usapi;

#[tokio::test]
async fn a_phone_is_known_however_it_is_written_once_it_has_an_account() {
    let site = Installation::start().await;
    let host = host(&site).await;
    let spellings = [
        ("081234567890", "081234567890"),
        ("6281234567890", "6281234567890"),
        ("%2B62%20812-3456-7890", "+62 812-3456-7890"),
        ("(0812)%203456-7890", "(0812) 3456-7890"),
        ("0812+3456+7890", "0812 3456 7890"),
    ];
    let asked = async |exists: bool| {
        for (written, read) in spellings {
            let answer = host.get(&format!("/b2b/customer/auth/verifyUsername?username={written}")).await;
            answer.is(200, &json!({"username": read, "exists": exists}));
        }
    };
    asked(false).await;
    registered(&host, &customer()).await;
    asked(false).await;
    assert_eq!(confirm(&host, &token(&site).await).await.status, 200);
    asked(true).await;
}

#[tokio::test]
async fn an_address_is_known_once_it_has_an_account_and_its_phone_to_its_own_host_alone() {
    let site = Installation::start().await;
    let host = host(&site).await;
    let ask = |address: &str| format!("/b2b/customer/auth/verifyEmail?email={address}");
    host.get(&ask("nobody@example.test")).await.is(200, &json!({"email": "nobody@example.test", "username": null, "exists": false}));
    usapi::registered(&site, 1).await;
    host.get(&ask("SITI1@example.test")).await.is(200, &json!({"email": "SITI1@example.test", "username": null, "exists": true}));
    registered(&host, &customer()).await;
    assert_eq!(confirm(&host, &token(&site).await).await.status, 200);
    let own = json!({"email": "Septian@example.test", "username": NUMBER, "exists": true});
    host.get(&ask("Septian@example.test")).await.is(200, &own);
}

#[tokio::test]
async fn a_national_number_is_read_in_the_hosts_country() {
    let site = Installation::start().await;
    let machine = crate::oauth::host(&site).await;
    let host = site.anybody().bearer(&machine.token(&site).await);
    registered(&host, &usapi::with(&usapi::with(&customer(), "countryId", "HK"), "phone", "68098227")).await;
    let token = super::newest_token(&site, 1, "+85268098227").await;
    let body = usapi::with(&super::confirmation(&token), "username", "68098227");
    assert_eq!(host.post("/b2b/customer/register/confirm", &body).await.status, 200);
    let ask = "/b2b/customer/auth/verifyUsername?username=68098227";
    assert_ne!(host.get(ask).await.text, json!({"username": "68098227", "exists": true}).to_string());
    assert!(site.clients().set_country(&machine.id, Country::hong_kong()).await.unwrap());
    host.get(ask).await.is(200, &json!({"username": "68098227", "exists": true}));
    host.get("/b2b/customer/auth/verifyUsername?username=%2B85268098227").await.is(200, &json!({"username": "+85268098227", "exists": true}));
}

#[tokio::test]
async fn a_missing_or_malformed_parameter_is_told_of() {
    let site = Installation::start().await;
    let host = host(&site).await;
    for query in
        ["", "?", "?phone=081234567890", "?username=", "?username=%20", "?username=siti", "?username=112", "?username=08%00", "?username=%ff"]
    {
        at_fault(&host.get(&format!("/b2b/customer/auth/verifyUsername{query}")).await, "username");
    }
    for query in ["", "?username=x", "?email=", "?email=siti", "?email=a@x,b@y", "?email=a%EF%BC%A0b.example"] {
        at_fault(&host.get(&format!("/b2b/customer/auth/verifyEmail{query}")).await, "email");
    }
    assert_eq!(host.get(&format!("/b2b/customer/auth/verifyUsername?username={PHONE}")).await.status, 200);
}
