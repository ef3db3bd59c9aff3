//! `POST /app/auth/account/check` and `POST /app/auth/username/info`.

use daftar_testkit::{Answer, Installation};
use serde_json::json;

use super::{EMAIL, PHONE, UPDATE_EMAIL, asked, by_mail, by_phone, data, english, me, refused, show, with_password};
use crate::usapi::{applicant, registered, verify};

async fn check(site: &Installation, login_id: &str) -> Answer {
    english(site).post("/app/auth/account/check", &json!({"loginID": login_id})).await
}

async fn username_info(site: &Installation, username: &str) -> Answer {
    english(site).post("/app/auth/username/info", &json!({"username": username})).await
}

#[tokio::test]
async fn an_unknown_contact_does_not_exist_so_that_the_app_goes_on_to_sign_up() {
    let site = Installation::start().await;
    for (login_id, account_type) in [(EMAIL, 2), (PHONE, 3), ("+62 812-3456-7890", 3), ("6281234567890", 3)] {
        let expected = json!({"accountType": account_type, "exists": false, "setPassword": false});
        assert_eq!(data(&check(&site, login_id).await), expected, "{login_id}");
    }
}

#[tokio::test]
async fn a_known_account_exists_by_each_of_its_names_and_has_a_password_or_not() {
    let site = Installation::start().await;
    let token = by_phone(&site).await;
    let found = |account_type, set_password| json!({"accountType": account_type, "exists": true, "setPassword": set_password});
    assert_eq!(data(&check(&site, PHONE).await), found(3, false));
    with_password(&site, &token).await;
    for spelling in [PHONE, "+852 6809 8227", "85268098227", "6809-8227"] {
        assert_eq!(data(&check(&site, spelling).await), found(3, true), "{spelling}");
    }
    registered(&site, 1).await;
    assert_eq!(data(&check(&site, "SITI1@example.test").await), found(2, true));
    assert_eq!(data(&check(&site, "6281000000001").await), found(3, true));
    assert_eq!(data(&check(&site, "SITI 1").await), found(1, true));
}

#[tokio::test]
async fn an_unknown_username_is_refused_in_the_documents_own_words() {
    let site = Installation::start().await;
    for (path, property) in [("/app/auth/account/check", "loginID"), ("/app/auth/username/info", "username")] {
        let body = json!({property: "OZFQkAz5"});
        let answer = site.anybody().post(path, &body).await;
        answer.is(404, &json!({"success": false, "message": "輸入的用戶名不存在", "data": null}));
        assert_eq!(answer.text, r#"{"success":false,"message":"輸入的用戶名不存在","data":null}"#);
        refused(&english(&site).post(path, &body).await, 404, "The username entered does not exist.");
    }
    for odd in ["nobody@example.test", "68098227", "a\u{200b}b", &"x".repeat(65)] {
        refused(&username_info(&site, odd).await, 404, "The username entered does not exist.");
    }
}

#[tokio::test]
async fn row_34_only_what_was_proven_is_known() {
    let site = Installation::start().await;
    // A LINK sign-up proves the address; the number is only said.
    let body = applicant(1, "LINK");
    let token = crate::usapi::started(&site, &body).await;
    assert_eq!(verify(&site, &token, &site.code_for("siti1@example.test").await).await.status, 200);
    assert_eq!(data(&check(&site, "6281000000001").await)["exists"], json!(false));
    assert_eq!(data(&check(&site, "siti1@example.test").await)["exists"], json!(true));
    assert_eq!(data(&username_info(&site, "siti 1").await), json!({"email": "si*****@*****.test", "phone": null}));
}

#[tokio::test]
async fn row_41_what_is_no_identifier_is_told_as_such() {
    let site = Installation::start().await;
    for odd in ["@", "a@b", "a\u{ff20}b.example", "a@x.test,b@y.test", "a@x.test\r\nBcc: y", "081234567890", "+852 1111", &"x".repeat(65)] {
        let message = "This is not a valid e-mail address, phone number or username.";
        refused(&check(&site, odd).await, 400, message);
    }
}

#[tokio::test]
async fn a_username_shows_its_contacts_blurred() {
    let site = Installation::start().await;
    registered(&site, 27).await;
    assert_eq!(data(&username_info(&site, "siti 27").await), json!({"email": "si*****@*****.test", "phone": "******27"}));
}

#[tokio::test]
async fn a_contact_that_the_account_does_not_have_is_null() {
    let site = Installation::start().await;
    let token = by_mail(&site).await;
    let name = site.username_of(EMAIL).await;
    assert_eq!(data(&username_info(&site, &name).await), json!({"email": "me*****@*****.test", "phone": null}));
    // The fewer characters there are, the fewer are shown.
    let mei = me(&site, &token);
    let change = asked(&mei, UPDATE_EMAIL, "ab@example.test", 0).await;
    data(&show(&mei, UPDATE_EMAIL, &change, &site.code_for("ab@example.test").await).await);
    assert_eq!(data(&username_info(&site, &name).await)["email"], json!("a*****@*****.test"));
}

#[tokio::test]
async fn properties_are_required_of_their_type_and_not_empty() {
    let site = Installation::start().await;
    for (path, property) in [("/app/auth/account/check", "loginID"), ("/app/auth/username/info", "username")] {
        let call = async |body| english(&site).post(path, &body).await;
        refused(&call(json!({})).await, 400, &format!("{property} is missing."));
        refused(&call(json!({property: 1})).await, 400, &format!("{property} must be of type string."));
        refused(&call(json!({property: null})).await, 400, &format!("{property} must be of type string."));
        refused(&call(json!({property: " "})).await, 400, &format!("{property} must not be empty."));
    }
}
