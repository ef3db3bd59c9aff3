//! `POST /signup/verify`.

use std::time::Duration;

use daftar_testkit::Installation;
use futures_util::future::join_all;
use serde_json::json;

use super::{applicant, person, sign_in, signed_in, started, verify, with, wrong};

const INVALID: &str = "Invalid verification code";
const COMPLETE: &str = "Registration is already complete";
const PHONE: &str = "+6281000000001";

#[tokio::test]
async fn the_right_code_makes_the_account_and_verifies_what_its_mode_proves() {
    let site = Installation::start().await;
    for (n, mode, email_verified, phone_verified) in [(1, "LINK", true, false), (2, "OTP", false, true)] {
        let token = started(&site, &applicant(n, mode)).await;
        let to = if mode == "LINK" { format!("siti{n}@example.test") } else { format!("+62810{n:08}") };
        let code = site.code_for(&to).await;
        verify(&site, &token, &code).await.is(200, &json!({"status": true, "message": "Account has been created"}));
        let session = sign_in(&site, &format!("siti {n}"), "rahasia sekali").await.json()["token"].as_str().unwrap().to_owned();
        let profile = site.anybody().bearer(&session).get("/basic-profile").await.json();
        assert_eq!((&profile["email_verified"], &profile["phone_verified"]), (&json!(email_verified), &json!(phone_verified)));
        assert_eq!((&profile["first_name"], &profile["last_name"]), (&json!("Siti"), &json!("Rahma")));
    }
}

#[tokio::test]
async fn properties_are_checked_in_order() {
    let site = Installation::start().await;
    let shop = site.shop();
    let path = "/signup/verify";
    shop.post(path, &json!({})).await.says(400, "Must have required property 'token'");
    shop.post(path, &json!({"token": "x"})).await.says(400, "Must have required property 'otp'");
    shop.post(path, &json!({"token": 1, "otp": "123456"})).await.says(400, "Property 'token' must be string");
    shop.post(path, &json!({"token": "x", "otp": 123_456})).await.says(400, "Property 'otp' must be string");
    shop.post(path, &json!({"token": "", "otp": "123456"})).await.says(400, "Property 'token' must not be empty");
    shop.post(path, &json!({"token": "x", "otp": ""})).await.says(400, "Property 'otp' must not be empty");
    shop.post(path, &json!({"token": "x", "otp": "123456"})).await.says(400, INVALID);
}

#[tokio::test]
async fn row_1_after_five_wrong_codes_the_right_one_is_refused_too() {
    let site = Installation::start().await;
    let token = started(&site, &applicant(1, "OTP")).await;
    let code = site.code_for(PHONE).await;
    for _ in 0..5 {
        verify(&site, &token, &wrong(&code)).await.says(400, INVALID);
    }
    verify(&site, &token, &code).await.says(400, INVALID);
    // The owner is not locked out: a new code works.
    site.shop().post("/signup/resend", &json!({"token": token})).await;
    assert_eq!(verify(&site, &token, &site.newest_code(2, PHONE).await).await.status, 200);
}

#[tokio::test]
async fn row_2_of_200_racing_guesses_five_are_compared() {
    let site = Installation::start().await;
    let token = started(&site, &applicant(1, "OTP")).await;
    let code = site.code_for(PHONE).await;
    let guess = wrong(&code);
    let answers = join_all((0..200).map(|_| verify(&site, &token, &guess))).await;
    answers.iter().for_each(|answer| {
        answer.says(400, INVALID);
    });
    assert_eq!(site.wrong_codes("phone/+6281000000001").await, 5);
    verify(&site, &token, &code).await.says(400, INVALID);
}

#[tokio::test]
async fn row_7_of_100_right_codes_at_once_one_succeeds() {
    let site = Installation::start().await;
    let token = started(&site, &applicant(1, "OTP")).await;
    let code = site.code_for(PHONE).await;
    let answers = join_all((0..100).map(|_| verify(&site, &token, &code))).await;
    assert_eq!(answers.iter().filter(|a| a.status == 200).count(), 1);
    for answer in answers.iter().filter(|a| a.status != 200) {
        answer.says(400, COMPLETE);
    }
    verify(&site, &token, &wrong(&code)).await.says(400, COMPLETE);
}

#[tokio::test]
async fn row_6_a_code_is_good_for_its_own_registration_only_and_the_try_counts() {
    let site = Installation::start().await;
    let mine = started(&site, &applicant(1, "OTP")).await;
    let other = started(&site, &applicant(2, "LINK")).await;
    let code = site.code_for(PHONE).await;
    if site.code_for("siti2@example.test").await != code {
        verify(&site, &other, &code).await.says(400, INVALID);
        assert_eq!(site.wrong_codes("email/siti2@example.test").await, 1);
    }
    // Nor does a session's token name a registration.
    let session = signed_in(&site, 3).await;
    verify(&site, &session, &code).await.says(400, INVALID);
    assert_eq!(verify(&site, &mine, &code).await.status, 200);
}

#[tokio::test]
async fn row_8_odd_forms_of_a_code_cost_no_try() {
    let site = Installation::start().await;
    let token = started(&site, &applicant(1, "OTP")).await;
    let code = site.code_for(PHONE).await;
    for _ in 0..3 {
        for odd in [
            json!(format!(" {code}")),
            json!(format!("{code} ")),
            json!("１２３４５６"),
            json!("-12345"),
            json!("1234.0"),
            json!("1234"),
            json!("12345678"),
            json!("123456789"),
            json!("abcdef"),
        ] {
            let answer = site.shop().post("/signup/verify", &json!({"token": token, "otp": odd})).await;
            answer.says(400, INVALID);
        }
        for odd in [json!(123_456), json!(1234.0), json!(["1234"]), json!(-1), json!(null)] {
            let answer = site.shop().post("/signup/verify", &json!({"token": token, "otp": odd})).await;
            answer.says(400, "Property 'otp' must be string");
        }
    }
    assert_eq!(site.wrong_codes("phone/+6281000000001").await, 0);
    assert_eq!(verify(&site, &token, &code).await.status, 200);
}

#[tokio::test]
async fn a_code_expires_after_ten_minutes_and_a_registration_after_thirty() {
    let site = Installation::start().await;
    let token = started(&site, &applicant(1, "OTP")).await;
    let code = site.code_for(PHONE).await;
    site.clock.advance(Duration::from_secs(600));
    verify(&site, &token, &code).await.says(400, "Verification code has expired");
    site.shop().post("/signup/resend", &json!({"token": token})).await;
    let fresh = site.newest_code(2, PHONE).await;
    site.clock.advance(Duration::from_secs(599));
    verify(&site, &token, &wrong(&fresh)).await.says(400, INVALID);
    site.clock.advance(Duration::from_secs(601));
    verify(&site, &token, &fresh).await.says(400, INVALID);
}

#[tokio::test]
async fn row_32_another_client_cannot_finish_a_registration() {
    let site = Installation::start().await;
    let token = started(&site, &applicant(1, "OTP")).await;
    let code = site.code_for(PHONE).await;
    let stranger = site.client_with(&["usapi"]).await;
    stranger.post("/signup/verify", &json!({"token": token, "otp": code})).await.says(400, INVALID);
    assert_eq!(verify(&site, &token, &code).await.status, 200);
}

#[tokio::test]
async fn whoever_finishes_first_gets_the_name() {
    let site = Installation::start().await;
    let slow = started(&site, &applicant(1, "OTP")).await;
    let code = site.code_for(PHONE).await;
    for (property, value, message) in [
        ("email", "siti1@example.test", "Email already exist"),
        ("username", "siti 1", "Username already exist"),
        ("phone_number", "6281000000001", "Phone number already exist"),
    ] {
        let n = 10 + u32::try_from(property.len()).unwrap();
        let quick = with(&person(n), property, value);
        assert_eq!(site.shop().post("/internal/register", &quick).await.status, 200);
        verify(&site, &slow, &code).await.says(400, message);
    }
}
