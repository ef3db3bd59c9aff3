//! `POST /app/auth/otp`.

use daftar_core::ports::Clock as _;
use daftar_core::service::AppPolicy;
use daftar_testkit::Installation;
use serde_json::json;

use super::{
    E164, EMAIL, LOGIN, NOT_SIGNED_IN, PHONE, RESET, SIGNUP, UNKNOWN_ACCOUNT, UPDATE_EMAIL, UPDATE_PHONE, ask, asked, by_mail, by_phone, data,
    english, me, refused,
};
use crate::usapi::{applicant, claims, registered, started, verify, with, without};

const PATH: &str = "/app/auth/otp";
const SEND_TYPE: &str = "The code cannot be sent this way: choose sendType 0 for an e-mail address or phone number, 1 or 2 for a username.";

#[tokio::test]
async fn row_9_the_token_holds_its_documented_claims_and_nothing_else() {
    let site = Installation::start().await;
    let token = asked(&english(&site), SIGNUP, "6809 8227", 0).await;
    let claims = claims(&token);
    let mut names: Vec<_> = claims.as_object().unwrap().keys().map(String::as_str).collect();
    names.sort_unstable();
    assert_eq!(names, ["aud", "exp", "expiry", "iat", "iss", "jti", "loginID", "nature"]);
    assert_eq!((&claims["loginID"], &claims["nature"], &claims["aud"]), (&json!("6809 8227"), &json!(2), &json!("app/otp")));
    let exp = claims["exp"].as_i64().unwrap();
    assert_eq!(exp - site.clock.now().as_second(), 600);
    assert_eq!(claims["expiry"], json!(daftar_core::token::rfc3339(daftar_core::ports::Timestamp::from_second(exp).unwrap())));
    assert!(claims["expiry"].as_str().unwrap().ends_with('Z'));
}

#[tokio::test]
async fn a_code_has_four_digits_and_goes_to_the_contact_that_was_named() {
    let site = Installation::start().await;
    asked(&english(&site), SIGNUP, PHONE, 0).await;
    let sms = site.only_message(E164).await;
    assert_eq!((sms.channel.name(), site.code_for(E164).await.len()), ("sms", 4));
    asked(&english(&site), SIGNUP, EMAIL, 0).await;
    assert_eq!((site.only_message(EMAIL).await.channel.name(), site.code_for(EMAIL).await.len()), ("email", 4));
}

#[tokio::test]
async fn a_code_has_no_leading_zero() {
    let site = Installation::start().await;
    let asking = (0..200).map(|n| {
        let caller = english(&site);
        async move { asked(&caller, SIGNUP, &format!("mei{n}@example.test"), 0).await }
    });
    futures_util::future::join_all(asking).await;
    site.all_sent().await;
    for n in 0..200 {
        let code = site.code_for(&format!("mei{n}@example.test")).await;
        assert!(code.len() == 4 && !code.starts_with('0'), "{code}");
    }
}

#[tokio::test]
async fn an_operator_chooses_four_to_eight_digits() {
    for digits in 4..=8 {
        let site = Installation::builder().app(AppPolicy { code_digits: digits, ..AppPolicy::default() }).start().await;
        asked(&english(&site), SIGNUP, PHONE, 0).await;
        assert_eq!(site.code_for(E164).await.len(), usize::from(digits));
    }
}

#[tokio::test]
async fn an_absent_send_type_means_none() {
    let site = Installation::start().await;
    for (n, send_type) in [json!(null), json!(0)].into_iter().enumerate() {
        let body = json!({"nature": 2, "loginID": format!("mei{n}@example.test"), "sendType": send_type});
        data(&english(&site).post(PATH, &body).await);
    }
    data(&english(&site).post(PATH, &json!({"nature": 2, "loginID": PHONE})).await);
}

#[tokio::test]
async fn a_username_has_its_code_sent_to_its_mail_or_its_phone() {
    let site = Installation::start().await;
    registered(&site, 1).await;
    for nature in [LOGIN, RESET] {
        refused(&ask(&english(&site), nature, "siti 1", 0).await, 400, SEND_TYPE);
        asked(&english(&site), nature, "siti 1", 1).await;
        asked(&english(&site), nature, "SITI 1", 2).await;
    }
    site.all_sent().await;
    let to: Vec<_> = site.messages().await.into_iter().map(|message| message.to).collect();
    assert_eq!(to.iter().filter(|to| *to == "siti1@example.test").count(), 2);
    assert_eq!(to.iter().filter(|to| *to == "+6281000000001").count(), 2);
}

#[tokio::test]
async fn a_contact_goes_with_send_type_none_alone() {
    let site = Installation::start().await;
    let token = by_phone(&site).await;
    for send_type in [1, 2] {
        for (nature, login_id) in [(LOGIN, PHONE), (RESET, PHONE), (SIGNUP, EMAIL), (UPDATE_EMAIL, EMAIL), (UPDATE_PHONE, "51234567")] {
            refused(&ask(&me(&site, &token), nature, login_id, send_type).await, 400, SEND_TYPE);
        }
    }
}

#[tokio::test]
async fn a_code_to_sign_in_or_reset_needs_an_account() {
    let site = Installation::start().await;
    for nature in [LOGIN, RESET] {
        for nobody in [EMAIL, PHONE] {
            refused(&ask(&english(&site), nature, nobody, 0).await, 404, UNKNOWN_ACCOUNT);
        }
        for send_type in [1, 2] {
            refused(&ask(&english(&site), nature, "nobody", send_type).await, 404, "The username entered does not exist.");
        }
    }
    site.all_sent().await;
    assert!(site.messages().await.is_empty());
}

#[tokio::test]
async fn a_username_without_the_contact_is_told_so() {
    let site = Installation::start().await;
    by_mail(&site).await;
    let name = site.username_of(EMAIL).await;
    let message = "This account has no verified e-mail address or phone number to send this to.";
    refused(&ask(&english(&site), LOGIN, &name, 2).await, 400, message);
    asked(&english(&site), LOGIN, &name, 1).await;
}

#[tokio::test]
async fn row_34_an_unverified_contact_gets_no_code_to_sign_in_or_reset() {
    let site = Installation::start().await;
    let token = started(&site, &applicant(1, "LINK")).await;
    assert_eq!(verify(&site, &token, &site.code_for("siti1@example.test").await).await.status, 200);
    for nature in [LOGIN, RESET] {
        refused(&ask(&english(&site), nature, "6281000000001", 0).await, 404, UNKNOWN_ACCOUNT);
        assert_eq!(ask(&english(&site), nature, "siti 1", 2).await.status, 400);
    }
    // It does not keep its owner from signing up either.
    asked(&english(&site), SIGNUP, "6281000000001", 0).await;
}

#[tokio::test]
async fn a_sign_up_needs_a_contact_that_nobody_has() {
    let site = Installation::start().await;
    registered(&site, 1).await;
    refused(&ask(&english(&site), SIGNUP, "siti1@example.test", 0).await, 409, "This e-mail address already has an account.");
    refused(&ask(&english(&site), SIGNUP, "6281000000001", 0).await, 409, "This phone number already has an account.");
    for send_type in 0..=2 {
        let message = "A username cannot be used here: enter an e-mail address or a phone number.";
        refused(&ask(&english(&site), SIGNUP, "mei", send_type).await, 400, message);
    }
}

#[tokio::test]
async fn a_contact_change_needs_a_session_a_free_contact_and_the_right_kind() {
    let site = Installation::start().await;
    let token = by_mail(&site).await;
    registered(&site, 1).await;
    let mei = me(&site, &token);
    for (nature, login_id) in [(UPDATE_EMAIL, "new@example.test"), (UPDATE_PHONE, PHONE)] {
        refused(&ask(&english(&site), nature, login_id, 0).await, 401, NOT_SIGNED_IN);
        refused(&ask(&me(&site, "nonsense"), nature, login_id, 0).await, 401, NOT_SIGNED_IN);
    }
    let kind = "The e-mail address or phone number does not match what is to be changed.";
    refused(&ask(&mei, UPDATE_EMAIL, PHONE, 0).await, 400, kind);
    refused(&ask(&mei, UPDATE_PHONE, "new@example.test", 0).await, 400, kind);
    refused(&ask(&mei, UPDATE_EMAIL, "siti1@example.test", 0).await, 409, "This e-mail address already has an account.");
    refused(&ask(&mei, UPDATE_EMAIL, EMAIL, 0).await, 409, "This e-mail address already has an account.");
    refused(&ask(&mei, UPDATE_PHONE, "6281000000001", 0).await, 409, "This phone number already has an account.");
    assert_eq!(ask(&mei, UPDATE_EMAIL, "mei", 0).await.status, 400);
    asked(&mei, UPDATE_EMAIL, "new@example.test", 0).await;
    asked(&mei, UPDATE_PHONE, PHONE, 0).await;
}

#[tokio::test]
async fn row_33_who_is_not_signed_in_learns_nothing_from_the_checks_of_a_contact_change() {
    let site = Installation::start().await;
    for body in [json!({"nature": 4}), json!({"nature": 5, "loginID": 7}), json!({"nature": 4, "loginID": "@", "sendType": 9})] {
        refused(&english(&site).post(PATH, &body).await, 401, NOT_SIGNED_IN);
    }
}

#[tokio::test]
async fn properties_are_checked_in_table_order() {
    let site = Installation::start().await;
    let call = async |body| english(&site).post(PATH, &body).await;
    let body = json!({"nature": 2, "loginID": EMAIL, "sendType": 0});
    refused(&call(json!({})).await, 400, "nature is missing.");
    for odd in [json!("2"), json!(2.0), json!(null), json!([2])] {
        refused(&call(with(&body, "nature", odd)).await, 400, "nature must be of type integer.");
    }
    for unknown in [-1, 0, 6] {
        refused(&call(with(&body, "nature", unknown)).await, 400, "nature must be one of: 1, 2, 3, 4, 5.");
    }
    refused(&call(without(&body, "loginID")).await, 400, "loginID is missing.");
    refused(&call(with(&body, "loginID", 68_098_227)).await, 400, "loginID must be of type string.");
    refused(&call(with(&body, "loginID", "")).await, 400, "loginID must not be empty.");
    refused(&call(with(&body, "sendType", "0")).await, 400, "sendType must be of type integer.");
    for unknown in [-1, 3] {
        refused(&call(with(&body, "sendType", unknown)).await, 400, "sendType must be one of: 0, 1, 2.");
    }
    let format = "This is not a valid e-mail address, phone number or username.";
    refused(&call(with(&body, "loginID", "a@b")).await, 400, format);
}
