//! `POST /b2b/customer/register/confirm`.

use std::time::Duration;

use daftar_core::ports::{Clock as _, Timestamp};
use daftar_testkit::{Answer, Caller, Installation};
use futures_util::future::join_all;
use serde_json::json;

use super::{
    EMAIL, NUMBER, PASSWORD, PHONE, PRE_HASHED, at_fault, authorised, confirm, confirmation, customer, host, newest_token, problem, registered,
    token, wrong,
};
use crate::usapi::{self, sign_in, with, without};

#[tokio::test]
async fn the_token_makes_the_account() {
    let site = Installation::start().await;
    let host = host(&site).await;
    registered(&host, &customer()).await;
    let answer = confirm(&host, &token(&site).await).await;
    let body = answer.json();
    let id = body["id"].as_str().unwrap();
    let since = body["registeredTimestamp"].as_str().unwrap();
    assert_eq!(since.parse::<Timestamp>().unwrap().as_second(), site.clock.now().as_second());
    answer.is(200, &json!({"id": id, "username": PHONE, "registered": true, "registeredTimestamp": since}));
    let session = sign_in(&site, PHONE, PASSWORD).await.json()["token"].as_str().unwrap().to_owned();
    assert_eq!(usapi::claims(&session)["sub"], json!(id));
    let profile = site.anybody().bearer(&session).get("/basic-profile").await.json();
    assert_eq!((profile["phone_number"].as_str(), &profile["phone_verified"]), (Some("6281234567890"), &json!(true)));
    assert_eq!((profile["email"].as_str(), &profile["email_verified"]), (Some(EMAIL), &json!(false)), "nobody pressed the link's button");
    assert_eq!((profile["first_name"].as_str(), &profile["last_name"]), (Some("Septian Cahyo"), &json!(null)));
    assert_eq!((profile["date_of_birth"].as_str(), profile["gender"].as_str()), (Some("1990-12-31"), Some("Laki-Laki")));
    assert_eq!(profile["username"].as_str().unwrap().len(), 8);
}

#[tokio::test]
async fn the_username_is_read_in_the_registrations_country_however_it_is_written() {
    let site = Installation::start().await;
    let host = host(&site).await;
    registered(&host, &with(&with(&customer(), "countryId", "HK"), "phone", "68098227")).await;
    let token = newest_token(&site, 1, "+85268098227").await;
    for username in ["+852 6809 8227", "6809-8227", "85268098227"] {
        let answer = host.post("/b2b/customer/register/confirm", &with(&confirmation(&wrong(&token)), "username", username)).await;
        problem(&answer, 400, "TOKEN_INVALID", None);
    }
    // Six digits are nothing; a number of nobody's registration is another matter.
    at_fault(&host.post("/b2b/customer/register/confirm", &with(&confirmation(&token), "username", "098227")).await, "username");
    let other = host.post("/b2b/customer/register/confirm", &with(&confirmation(&token), "username", "61098227")).await;
    problem(&other, 404, "REGISTRATION_NOT_FOUND", None);
}

#[tokio::test]
async fn the_same_digits_in_two_countries_are_told_apart_by_the_tokens_prefix() {
    let site = Installation::start().await;
    let host = host(&site).await;
    let digits = "0812345678";
    for (country, email) in [("ID", "septian@example.test"), ("TH", "somchai@example.test")] {
        registered(&host, &with(&with(&with(&customer(), "countryId", country), "phone", digits), "email", email)).await;
    }
    for number in ["+62812345678", "+66812345678"] {
        let token = newest_token(&site, 1, number).await;
        let answer = host.post("/b2b/customer/register/confirm", &with(&confirmation(&token), "username", digits)).await;
        assert_eq!(answer.status, 200, "{number}: {answer:?}");
    }
}

#[tokio::test]
async fn without_a_token_only_the_links_button_helps() {
    let site = Installation::start().await;
    let host = host(&site).await;
    registered(&host, &customer()).await;
    let without_token = [without(&confirmation(""), "token"), with(&confirmation(""), "token", json!(null))];
    for body in &without_token {
        problem(&host.post("/b2b/customer/register/confirm", body).await, 400, "TOKEN_REQUIRED", None);
    }
    let opened = site.anybody().get(&format!("/b2b/customer/register/authorize?key={}", super::key(&site, 1).await)).await;
    assert_eq!(opened.status, 200);
    problem(&host.post("/b2b/customer/register/confirm", &without_token[0]).await, 400, "TOKEN_REQUIRED", None);
    authorised(&site, 1).await;
    assert_eq!(host.post("/b2b/customer/register/confirm", &without_token[0]).await.status, 200);
    let session = sign_in(&site, PHONE, PASSWORD).await.json()["token"].as_str().unwrap().to_owned();
    let profile = site.anybody().bearer(&session).get("/basic-profile").await.json();
    assert_eq!((&profile["phone_verified"], &profile["email_verified"]), (&json!(false), &json!(true)));
}

#[tokio::test]
async fn token_and_link_prove_both() {
    let site = Installation::start().await;
    let host = host(&site).await;
    registered(&host, &customer()).await;
    authorised(&site, 1).await;
    let token = token(&site).await;
    problem(&confirm(&host, &wrong(&token)).await, 400, "TOKEN_INVALID", None);
    assert_eq!(confirm(&host, &token).await.status, 200);
    let session = sign_in(&site, EMAIL, PASSWORD).await.json()["token"].as_str().unwrap().to_owned();
    let profile = site.anybody().bearer(&session).get("/basic-profile").await.json();
    assert_eq!((&profile["phone_verified"], &profile["email_verified"]), (&json!(true), &json!(true)));
}

#[tokio::test]
async fn row_1_three_wrong_tokens_and_the_right_one_is_over() {
    let site = Installation::start().await;
    let host = host(&site).await;
    registered(&host, &customer()).await;
    let token = token(&site).await;
    for left in [2, 1, 0] {
        let answer = confirm(&host, &wrong(&token)).await;
        problem(&answer, 400, "TOKEN_INVALID", None);
        assert_eq!(answer.json()["attemptsLeft"], left);
    }
    for any in [&token, &wrong(&token)] {
        problem(&confirm(&host, any).await, 410, "TOKEN_EXPIRED", None);
    }
    assert_eq!(site.hashes(), 3, "what is clear beforehand costs no hash");
}

/// Confirms, again and again while too much is going on.
async fn until_answered(host: &Caller, token: &str) -> Answer {
    let mut answer = confirm(host, token).await;
    for _ in 0..1000 {
        if answer.status != 503 {
            break;
        }
        assert_eq!(answer.header("retry-after"), "1", "too much is going on, and nothing is broken: {answer:?}");
        answer = confirm(host, token).await;
    }
    answer
}

#[tokio::test]
async fn row_2_of_200_racing_guesses_three_are_compared() {
    let site = Installation::start().await;
    let host = host(&site).await;
    registered(&host, &customer()).await;
    let token = token(&site).await;
    let guess = wrong(&token);
    // More than queues hold: whoever is told to come again does (row 24), and guesses all the same.
    let answers = join_all((0..200).map(|_| until_answered(&host, &guess))).await;
    let invalid = answers.iter().filter(|answer| answer.status == 400).count();
    assert_eq!(invalid, 3, "{answers:?}");
    assert!(answers.iter().all(|answer| matches!(answer.status.as_u16(), 400 | 410)), "{answers:?}");
    assert_eq!(site.wrong_codes("phone/+6281234567890").await, 3);
    problem(&confirm(&host, &token).await, 410, "TOKEN_EXPIRED", None);
}

#[tokio::test]
async fn row_7_of_100_racing_right_tokens_one_makes_the_account() {
    let site = Installation::start().await;
    let replica = site.replica().await;
    let machine = crate::oauth::host(&site).await;
    let bearer = machine.token(&site).await;
    let hosts = [site.anybody().bearer(&bearer), replica.anybody().bearer(&bearer)];
    registered(&hosts[0], &customer()).await;
    let token = token(&site).await;
    let answers = join_all((0..100).map(|n| confirm(&hosts[n % 2], &token))).await;
    let count = |status: u16| answers.iter().filter(|answer| answer.status == status).count();
    assert_eq!((count(200), count(404)), (1, 99), "{answers:?}");
}

#[tokio::test]
async fn row_8_odd_forms_of_a_token_are_400_and_cost_no_try() {
    let site = Installation::start().await;
    let host = host(&site).await;
    registered(&host, &customer()).await;
    let token = token(&site).await;
    let digits = &token[3..];
    for odd in [
        "",
        " ",
        digits,
        &format!(" {token}"),
        &format!("{token} "),
        &format!("{}１２３４", &token[..3]),
        &format!("{token}5"),
        &format!("{token}.0"),
        &format!("{}-{digits}", &token[..3]),
    ] {
        let answer = confirm(&host, odd).await;
        problem(&answer, 400, "TOKEN_INVALID", None);
        assert_eq!(answer.json()["attemptsLeft"], 3, "{odd:?}");
    }
    for odd in [json!(1234), json!(1234.0), json!([token]), json!({"token": token}), json!(true)] {
        at_fault(&host.post("/b2b/customer/register/confirm", &with(&confirmation(""), "token", odd)).await, "token");
    }
    assert_eq!(site.wrong_codes("phone/+6281234567890").await, 0);
    assert_eq!(confirm(&host, &token).await.status, 200);
}

#[tokio::test]
async fn row_6_the_digits_with_another_prefix_are_a_wrong_token() {
    let site = Installation::start().await;
    let host = host(&site).await;
    registered(&host, &customer()).await;
    let token = token(&site).await;
    let other = format!("{}{}", if &token[..3] == "AAA" { "BBB" } else { "AAA" }, &token[3..]);
    let answer = confirm(&host, &other).await;
    problem(&answer, 400, "TOKEN_INVALID", None);
    assert_eq!(answer.json()["attemptsLeft"], 2);
}

#[tokio::test]
async fn a_token_expires_after_ten_minutes() {
    let site = Installation::start().await;
    let host = host(&site).await;
    registered(&host, &customer()).await;
    let token = token(&site).await;
    site.clock.advance(Duration::from_secs(600));
    problem(&confirm(&host, &token).await, 410, "TOKEN_EXPIRED", None);
    let resent = host.post("/b2b/customer/resend/registration/sms", &json!({"username": PHONE, "phone": PHONE})).await;
    assert_eq!(resent.status, 200);
    assert_eq!(confirm(&host, &newest_token(&site, 2, NUMBER).await).await.status, 200);
}

#[tokio::test]
async fn nothing_is_found_that_is_not_pending() {
    let site = Installation::start().await;
    let host = host(&site).await;
    problem(&confirm(&host, "UhY1234").await, 404, "REGISTRATION_NOT_FOUND", None);
    registered(&host, &customer()).await;
    let token = token(&site).await;
    assert_eq!(confirm(&host, &token).await.status, 200);
    problem(&confirm(&host, &token).await, 404, "REGISTRATION_NOT_FOUND", None);
}

#[tokio::test]
async fn the_password_is_32_upper_case_digits() {
    let site = Installation::start().await;
    let host = host(&site).await;
    registered(&host, &customer()).await;
    let token = token(&site).await;
    let lower = PRE_HASHED.to_lowercase();
    for odd in [PASSWORD, &lower, &PRE_HASHED[1..], &format!("{PRE_HASHED}0"), &format!(" {}", &PRE_HASHED[1..]), &"G".repeat(32), ""] {
        at_fault(&host.post("/b2b/customer/register/confirm", &with(&confirmation(&token), "password", odd)).await, "password");
    }
    // What MD5 makes of nothing.
    let nothing = "D41D8CD98F00B204E9800998ECF8427E";
    at_fault(&host.post("/b2b/customer/register/confirm", &with(&confirmation(&token), "password", nothing)).await, "password");
    for name in ["username", "password"] {
        for odd in [without(&confirmation(&token), name), with(&confirmation(&token), name, 7), with(&confirmation(&token), name, json!(null))] {
            at_fault(&host.post("/b2b/customer/register/confirm", &odd).await, name);
        }
    }
    assert_eq!(confirm(&host, &token).await.status, 200, "none of that cost a try");
}

#[tokio::test]
async fn what_was_taken_meanwhile_is_409_and_the_token_is_not_spent() {
    let site = Installation::start().await;
    let host = host(&site).await;
    registered(&host, &customer()).await;
    let token = token(&site).await;
    let mut rival = usapi::person(1);
    rival["email"] = json!(EMAIL);
    assert_eq!(site.shop().post("/internal/register", &rival).await.status, 200);
    for _ in 0..4 {
        problem(&confirm(&host, &token).await, 409, "EMAIL_EXISTS", None);
    }
    let mut rival = usapi::person(2);
    rival["phone_number"] = json!("6281234567890");
    assert_eq!(site.shop().post("/internal/register", &rival).await.status, 200);
    problem(&confirm(&host, &token).await, 409, "USERNAME_EXISTS", None);
    let phones = json!({"username": PHONE, "phone": PHONE});
    problem(&host.post("/b2b/customer/resend/registration/sms", &phones).await, 409, "USERNAME_EXISTS", None);
}

#[tokio::test]
async fn row_22_the_digits_sign_nobody_in_and_the_password_does_everywhere() {
    let site = Installation::start().await;
    let host = host(&site).await;
    registered(&host, &customer()).await;
    assert_eq!(confirm(&host, &token(&site).await).await.status, 200);
    let on_app = |password: String| {
        let app = site.anybody();
        async move { app.post("/app/auth/login", &json!({"loginID": NUMBER, "password": password, "deviceToken": "device"})).await.status.as_u16() }
    };
    // Before the first plain sign-in, and after it.
    for _ in 0..2 {
        for digits in [PRE_HASHED.to_owned(), PRE_HASHED.to_lowercase()] {
            assert_eq!(sign_in(&site, PHONE, &digits).await.status, 401);
            assert_eq!(on_app(digits).await, 401);
        }
        assert_eq!(on_app(PASSWORD.to_owned()).await, 200);
        assert_eq!(sign_in(&site, PHONE, PASSWORD).await.status, 200);
    }
}
