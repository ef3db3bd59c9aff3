//! Threat row 32 between hosts: none sees, finishes, resends or counts what another registered.

use daftar_testkit::Installation;
use serde_json::{Value, json};

use super::{EMAIL, NUMBER, PHONE, confirm, customer, host, newest_token, problem, registered, token, wrong};
use crate::oauth::Machine;
use crate::usapi::{signed_in, with};
use daftar_core::client::Scope;

#[tokio::test]
async fn row_32_another_hosts_registration_is_not_there() {
    let site = Installation::start().await;
    let (one, other) = (host(&site).await, host(&site).await);
    let before = registered(&one, &customer()).await;
    let token = token(&site).await;
    let phones = json!({"username": PHONE, "phone": PHONE});
    for guess in [&token, &wrong(&token), &wrong(&token), &wrong(&token), &wrong(&token)] {
        problem(&confirm(&other, guess).await, 404, "REGISTRATION_NOT_FOUND", None);
    }
    for path in ["/b2b/customer/resend/registration/sms", "/b2b/customer/resend/registration/email"] {
        problem(&other.post(path, &phones).await, 404, "REGISTRATION_NOT_FOUND", None);
    }
    site.all_sent().await;
    assert_eq!(site.messages().await.len(), 2);
    assert_eq!(site.wrong_codes("phone/+6281234567890").await, 0, "not even a try");
    one.post("/b2b/customer/resend/registration/email", &phones).await.is(200, &before);
    assert_eq!(confirm(&one, &token).await.status, 200);
}

#[tokio::test]
async fn row_32_two_hosts_register_one_phone_and_neither_kills_the_others_token() {
    let site = Installation::start().await;
    let (one, other) = (host(&site).await, host(&site).await);
    let first = registered(&one, &customer()).await;
    let token_of_one = token(&site).await;
    let second = registered(&other, &with(&customer(), "accountGroupId", "02")).await;
    let token_of_other = newest_token(&site, 2, NUMBER).await;
    assert_eq!((first["attempt"].as_u64(), second["attempt"].as_u64()), (Some(1), Some(1)), "each counts its own");
    problem(&confirm(&other, &token_of_one).await, 400, "TOKEN_INVALID", None);
    let phones = json!({"username": PHONE, "phone": PHONE});
    let told: Value = one.post("/b2b/customer/resend/registration/email", &phones).await.json();
    assert_eq!((&told["id"], &told["active"], &told["accountGroupId"]), (&first["id"], &json!(true), &json!("01")));
    assert_eq!(confirm(&one, &token_of_one).await.status, 200);
    problem(&confirm(&other, &token_of_other).await, 409, "USERNAME_EXISTS", None);
}

#[tokio::test]
async fn row_32_an_address_buys_no_strangers_phone() {
    let site = Installation::start().await;
    let (one, other) = (host(&site).await, host(&site).await);
    registered(&one, &customer()).await;
    assert_eq!(confirm(&one, &token(&site).await).await.status, 200);
    let path = "/b2b/customer/auth/verifyEmail?email=septian@example.test";
    one.get(path).await.is(200, &json!({"email": EMAIL, "username": NUMBER, "exists": true}));
    other.get(path).await.is(200, &json!({"email": EMAIL, "username": null, "exists": true}));
}

#[tokio::test]
async fn row_32_no_other_kind_of_caller_is_let_in() {
    let site = Installation::start().await;
    let shop = Machine::new(&site, &[Scope::Usapi, Scope::Admin]).await;
    let person = signed_in(&site, 1).await;
    let host = crate::oauth::host(&site).await;
    let callers = [
        site.anybody(),
        shop.caller(&site),
        host.caller(&site),
        site.anybody().bearer(&shop.token(&site).await),
        site.anybody().bearer(&person),
        site.anybody().bearer("x.y.z"),
        site.anybody().bearer(""),
    ];
    for caller in callers {
        for path in ["/register", "/register/confirm", "/resend/registration/sms", "/resend/registration/email"] {
            // Row 33: whatever the body is.
            let path = format!("/b2b/customer{path}");
            for answer in
                [caller.post(&path, &customer()).await, caller.post(&path, &json!({})).await, caller.post_raw(&path, "text/plain", "{").await]
            {
                problem(&answer, 401, "UNAUTHORIZED", None);
                assert_eq!(answer.header("www-authenticate"), "Bearer");
            }
        }
        for path in ["verifyUsername", "verifyEmail", "verifyUsername?username=081234567890", "verifyEmail?email=x"] {
            problem(&caller.get(&format!("/b2b/customer/auth/{path}")).await, 401, "UNAUTHORIZED", None);
        }
    }
    site.all_sent().await;
    assert!(site.messages().await.is_empty());
}

#[tokio::test]
async fn a_host_that_is_disabled_or_rotated_stops_at_once_on_every_replica() {
    let site = Installation::start().await;
    let replica = site.replica().await;
    for rotate in [true, false] {
        let machine = crate::oauth::host(&site).await;
        let token = machine.token(&site).await;
        let hosts = [site.anybody().bearer(&token), replica.anybody().bearer(&token)];
        for host in &hosts {
            assert_eq!(host.get("/b2b/customer/auth/verifyUsername?username=081234567890").await.status, 200);
        }
        if rotate {
            site.clients().rotate(&machine.id).await.unwrap().unwrap();
        } else {
            assert!(site.clients().disable(&machine.id).await.unwrap());
        }
        for host in &hosts {
            problem(&host.post("/b2b/customer/register", &customer()).await, 401, "UNAUTHORIZED", None);
        }
    }
}
