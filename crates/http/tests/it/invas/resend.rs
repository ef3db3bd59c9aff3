//! `POST /b2b/customer/resend/registration/sms` and `…/email`.

use daftar_testkit::{Answer, Caller, Installation};
use serde_json::{Value, json};

use super::{NUMBER, PHONE, at_fault, authorised, confirm, customer, host, key, newest_token, problem, registered, token, wrong};
use crate::usapi::{with, without};

fn phones() -> Value {
    json!({"username": PHONE, "phone": PHONE})
}

async fn by_sms(host: &Caller) -> Answer {
    host.post("/b2b/customer/resend/registration/sms", &phones()).await
}

async fn by_mail(host: &Caller) -> Answer {
    host.post("/b2b/customer/resend/registration/email", &phones()).await
}

#[tokio::test]
async fn row_4_a_new_token_is_another_attempt_and_the_old_one_is_dead() {
    let site = Installation::start().await;
    let host = host(&site).await;
    let first = registered(&host, &customer()).await;
    let old = token(&site).await;
    site.clock.advance(std::time::Duration::from_secs(60));
    let again = by_sms(&host).await;
    assert_eq!(again.status, 200, "{again:?}");
    let again = again.json();
    let new = newest_token(&site, 2, NUMBER).await;
    let changed = ["attempt", "tokenPrefix", "requestTimestamp", "expiryTimestamp"];
    for (name, value) in first.as_object().unwrap().iter().filter(|(name, _)| !changed.contains(&name.as_str())) {
        assert_eq!(&again[name], value, "{name}");
    }
    assert_eq!((again["attempt"].as_u64(), again["tokenPrefix"].as_str()), (Some(2), Some(&new[..3])));
    assert!(again["expiryTimestamp"].as_str() > first["expiryTimestamp"].as_str());
    problem(&confirm(&host, &old).await, 400, "TOKEN_INVALID", None);
    assert_eq!(by_sms(&host).await.json()["attempt"], 3);
    problem(&confirm(&host, &new).await, 400, "TOKEN_INVALID", None);
    assert_eq!(confirm(&host, &newest_token(&site, 3, NUMBER).await).await.status, 200);
    problem(&by_sms(&host).await, 404, "REGISTRATION_NOT_FOUND", None);
}

#[tokio::test]
async fn a_new_link_leaves_the_token_as_it_is_and_kills_the_old_link() {
    let site = Installation::start().await;
    let host = host(&site).await;
    let first = registered(&host, &customer()).await;
    let (token, old) = (token(&site).await, key(&site, 1).await);
    by_mail(&host).await.is(200, &first);
    let new = key(&site, 2).await;
    for (key, status) in [(old, 410), (new, 200)] {
        assert_eq!(site.anybody().get(&format!("/b2b/customer/register/authorize?key={key}")).await.status, status);
    }
    authorised(&site, 2).await;
    assert_eq!(confirm(&host, &token).await.status, 200);
    problem(&by_mail(&host).await, 404, "REGISTRATION_NOT_FOUND", None);
}

#[tokio::test]
async fn the_answer_says_whether_the_token_can_still_be_used() {
    let site = Installation::start().await;
    let host = host(&site).await;
    registered(&host, &customer()).await;
    let token = token(&site).await;
    assert_eq!(by_mail(&host).await.json()["active"], true);
    for _ in 0..3 {
        confirm(&host, &wrong(&token)).await;
    }
    assert_eq!(by_mail(&host).await.json()["active"], false);
    assert_eq!(by_sms(&host).await.json()["active"], true);
    site.clock.advance(std::time::Duration::from_secs(600));
    assert_eq!(by_mail(&host).await.json()["active"], false);
}

#[tokio::test]
async fn a_registration_without_an_address_has_no_link() {
    let site = Installation::start().await;
    let host = host(&site).await;
    registered(&host, &without(&customer(), "email")).await;
    problem(&by_mail(&host).await, 409, "NO_EMAIL", None);
    assert_eq!(by_sms(&host).await.status, 200);
}

#[tokio::test]
async fn username_and_phone_are_required_and_the_same_number() {
    let site = Installation::start().await;
    let host = host(&site).await;
    registered(&host, &customer()).await;
    for path in ["/b2b/customer/resend/registration/sms", "/b2b/customer/resend/registration/email"] {
        for name in ["username", "phone"] {
            for odd in [
                without(&phones(), name),
                with(&phones(), name, json!(null)),
                with(&phones(), name, 7),
                with(&phones(), name, ""),
                with(&phones(), name, "siti"),
            ] {
                at_fault(&host.post(path, &odd).await, name);
            }
        }
        // Another number, and one that only ends alike.
        for other in ["081234567891", "081334567890"] {
            at_fault(&host.post(path, &with(&phones(), "phone", other)).await, "phone");
        }
        let unknown = json!({"username": "081334567890", "phone": "081334567890"});
        problem(&host.post(path, &unknown).await, 404, "REGISTRATION_NOT_FOUND", None);
        let written_otherwise = json!({"username": "+62 812-3456-7890", "phone": "6281234567890"});
        let answer = host.post(path, &written_otherwise).await;
        assert_eq!((answer.status.as_u16(), &answer.json()["username"]), (200, &json!(PHONE)), "as it was sent when it was registered");
    }
}

#[tokio::test]
async fn row_3_after_six_wrong_tokens_new_ones_have_eight_digits_until_one_is_right() {
    let site = Installation::start().await;
    let host = host(&site).await;
    registered(&host, &customer()).await;
    for sent in [1, 2] {
        let token = newest_token(&site, sent, NUMBER).await;
        assert_eq!(token.len(), 7);
        for _ in 0..3 {
            problem(&confirm(&host, &wrong(&token)).await, 400, "TOKEN_INVALID", None);
        }
        by_sms(&host).await;
    }
    let grown = newest_token(&site, 3, NUMBER).await;
    assert_eq!(grown.len(), 11, "{grown}");
    let answer = confirm(&host, &wrong(&grown)).await;
    assert_eq!(answer.json()["attemptsLeft"], 4);
    assert_eq!(confirm(&host, &grown).await.status, 200);
    assert_eq!(site.wrong_codes("phone/+6281234567890").await, 0);
}

#[tokio::test]
async fn row_5_while_the_installation_is_sprayed_new_tokens_have_eight_digits() {
    let site = Installation::start().await;
    let host = host(&site).await;
    // 300 wrong ones, three each at a hundred customers.
    for n in 0..100 {
        let phone = format!("0812345600{n:02}");
        registered(&host, &without(&with(&customer(), "phone", phone.as_str()), "email")).await;
        let token = newest_token(&site, 1, &format!("+62812345600{n:02}")).await;
        for _ in 0..3 {
            let body = json!({"username": phone, "password": super::PRE_HASHED, "token": wrong(&token)});
            problem(&host.post("/b2b/customer/register/confirm", &body).await, 400, "TOKEN_INVALID", None);
        }
    }
    registered(&host, &customer()).await;
    let grown = newest_token(&site, 1, NUMBER).await;
    assert_eq!(grown.len(), 11, "{grown}");
    assert_eq!(confirm(&host, &grown).await.status, 200, "and nobody is locked out");
    site.clock.advance(std::time::Duration::from_secs(3700));
    let calm = with(&without(&customer(), "email"), "phone", "081234567891");
    let host = super::host(&site).await;
    registered(&host, &calm).await;
    assert_eq!(newest_token(&site, 1, "+6281234567891").await.len(), 7);
}
