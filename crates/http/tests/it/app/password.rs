//! `POST /app/auth/password`: the first password.

use daftar_testkit::Installation;
use futures_util::future::join_all;
use serde_json::json;

use super::{
    E164, EMAIL, NOT_SIGNED_IN, PASSWORD, PHONE, RESET, access, asked, by_mail, by_phone, done, english, is_live, me, refused, show, sign_in,
    with_password,
};

const PATH: &str = "/app/auth/password";
const IS_SET: &str = "This account already has a password. Use \"forgot password\" to change it.";

#[tokio::test]
async fn the_first_password_signs_in_and_ends_no_session() {
    let site = Installation::start().await;
    let token = by_phone(&site).await;
    with_password(&site, &token).await;
    assert!(is_live(&site, &token).await);
    access(&sign_in(&site, PHONE, PASSWORD).await);
}

#[tokio::test]
async fn there_is_one_first_password() {
    let site = Installation::start().await;
    let token = by_phone(&site).await;
    with_password(&site, &token).await;
    refused(&me(&site, &token).post(PATH, &json!({"password": "another"})).await, 409, IS_SET);
    refused(&me(&site, &token).post(PATH, &json!({})).await, 409, IS_SET);
    access(&sign_in(&site, PHONE, PASSWORD).await);
    let site = Installation::start().await;
    let token = by_phone(&site).await;
    let racing = (0..16).map(|n| {
        let caller = me(&site, &token);
        async move { caller.post(PATH, &json!({"password": format!("password{n}")})).await.status }
    });
    let statuses = join_all(racing).await;
    assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 1);
    assert!(statuses.iter().all(|status| *status == 200 || *status == 409));
}

#[tokio::test]
async fn an_absent_password_is_made_up_and_sent_to_the_verified_contact() {
    let json = Some("application/json");
    for (content_type, body) in [(json, "{}"), (json, r#"{"password": null}"#), (json, ""), (None, "")] {
        let site = Installation::start().await;
        let token = by_phone(&site).await;
        let mut request = me(&site, &token).request(reqwest::Method::POST, PATH).body(body);
        if let Some(content_type) = content_type {
            request = request.header("content-type", content_type);
        }
        daftar_testkit::Answer::read(request.send().await.unwrap()).await.is(200, &done());
        let password = site.nth_message(2, E164).await.text.split_whitespace().next().unwrap().to_owned();
        assert!((6..=40).contains(&password.chars().count()), "{password}");
        access(&sign_in(&site, PHONE, &password).await);
    }
    let site = Installation::start().await;
    let token = by_mail(&site).await;
    me(&site, &token).post(PATH, &json!({})).await.is(200, &done());
    let mail = site.nth_message(2, EMAIL).await;
    let mut signed_in = 0;
    for word in mail.text.lines().filter(|line| line.len() == 12 && !line.contains(' ')) {
        signed_in += usize::from(sign_in(&site, EMAIL, word).await.status == 200);
    }
    assert_eq!(signed_in, 1, "{}", mail.text);
}

#[tokio::test]
async fn row_23_a_password_of_40_characters_is_hashed_whole() {
    let site = Installation::start().await;
    let token = by_phone(&site).await;
    // 120 bytes.
    let long = "\u{5bc6}".repeat(40);
    me(&site, &token).post(PATH, &json!({"password": long})).await.is(200, &done());
    access(&sign_in(&site, PHONE, &long).await);
    for other in ["\u{5bc6}".repeat(39), format!("{}x", "\u{5bc6}".repeat(39)), format!("{long}\u{5bc6}"), format!("{long} "), format!(" {long}")] {
        refused(&sign_in(&site, PHONE, &other).await, 401, super::BAD_CREDENTIALS);
    }
}

#[tokio::test]
async fn it_has_6_to_40_characters_none_of_them_blank() {
    let site = Installation::start().await;
    let token = by_phone(&site).await;
    let message = "The password must have 6 to 40 letters, digits or special characters, without spaces.";
    for bad in ["", "abcd5", &"x".repeat(41), "abc def", "abcdef ", "abc\tdef", "abc\u{3000}def", "abc\ndef"] {
        refused(&me(&site, &token).post(PATH, &json!({"password": bad})).await, 400, message);
    }
    refused(&me(&site, &token).post(PATH, &json!({"password": 123_456})).await, 400, "password must be of type string.");
    for (n, good) in ["abcde6", &"x".repeat(40), "p@$$w0rd!", "密碼密碼密碼"].into_iter().enumerate() {
        let mail = format!("mei{n}@example.test");
        let token = super::signed_up(&site, &mail, &mail).await;
        me(&site, &token).post(PATH, &json!({"password": good})).await.is(200, &done());
        access(&sign_in(&site, &mail, good).await);
    }
}

#[tokio::test]
async fn row_33_who_is_not_signed_in_learns_nothing_from_the_body() {
    let site = Installation::start().await;
    by_phone(&site).await;
    let reset = asked(&english(&site), RESET, PHONE, 0).await;
    let recovery = access(&show(&english(&site), RESET, &reset, &site.newest_code(2, E164).await).await);
    for caller in [english(&site), me(&site, "nonsense"), me(&site, &recovery)] {
        for body in [json!({"password": "x"}), json!({"password": PASSWORD})] {
            refused(&caller.post(PATH, &body).await, 401, NOT_SIGNED_IN);
        }
    }
}
