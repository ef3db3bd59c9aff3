//! Row 31: who somebody is comes from the token or the credentials, never from what else a request says.

use daftar_core::device::DeviceToken;
use daftar_core::ports::{Clock as _, Store as _};
use daftar_testkit::{Caller, Installation};
use reqwest::Method;
use serde_json::{Value, json};

use crate::app::{
    E164, EMAIL, PHONE, RESET, UPDATE_EMAIL, VERIFY, access, asked, by_mail, by_phone, data, done, english, is_live, me, show, sign_in,
};
use crate::oauth::{self, Machine};
use crate::usapi::{claims, signed_in};
use crate::{invas, usapi};

/// `body`, and every name under which a request could claim to be somebody else.
fn claiming(body: &Value, other: &str) -> Value {
    let mut body = body.clone();
    for name in ["sub", "id", "accountId", "account_id", "userId", "user_id", "username", "loginID", "email", "phone", "owner", "as"] {
        body[name] = json!(other);
    }
    body
}

/// The same caller with headers by which other services let somebody be somebody else.
fn posing(caller: &Caller, other: &str) -> Caller {
    let caller = caller.with("x-user-id", other).with("x-account-id", other).with("x-remote-user", other);
    caller.with("x-authenticated-user", other).with("x-client-id", other).with("cookie", &format!("session={other}; token={other}; sub={other}"))
}

/// The id of the account that a token speaks for.
fn subject(token: &str) -> String {
    claims(token)["sub"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn row_31_on_app_no_body_query_or_header_makes_me_somebody_else() {
    let site = Installation::start().await;
    let (mine, theirs) = (by_mail(&site).await, by_phone(&site).await);
    let them = subject(&theirs);
    let caller = posing(&me(&site, &mine), &them);
    let query = format!("?loginID=68098227&accountId={them}&sub={them}&token={theirs}&access_token={theirs}");

    assert_eq!(data(&caller.get(&format!("/app/auth/info{query}")).await), json!({"email": EMAIL, "phone": null}));
    let device = DeviceToken::parse("phone 1").unwrap();
    caller.put(&format!("/app/auth/device-token{query}"), &claiming(&json!({"deviceToken": "phone 1"}), &them)).await.is(200, &done());
    let (session, _) = site.store().session_of_device(&device, site.clock.now()).await.unwrap().unwrap();
    assert_eq!(session.0.to_string(), claims(&mine)["jti"].as_str().unwrap());

    caller.post(&format!("/app/auth/password{query}"), &claiming(&json!({"password": "OfMine99"}), E164)).await.is(200, &done());
    access(&sign_in(&site, EMAIL, "OfMine99").await);
    assert_eq!(sign_in(&site, PHONE, "OfMine99").await.status, 401);

    let change = asked(&caller, UPDATE_EMAIL, "new@example.test", 0).await;
    let shown = json!({"otpToken": change, "otp": site.code_for("new@example.test").await});
    caller.post(&format!("{}{query}", VERIFY[usize::from(UPDATE_EMAIL)]), &claiming(&shown, &them)).await.is(200, &done());
    assert_eq!(data(&me(&site, &theirs).get("/app/auth/info").await), json!({"email": null, "phone": PHONE}));

    // A recovery is for the account that proved itself.
    let code = asked(&english(&site), RESET, "new@example.test", 0).await;
    let recovery = access(&show(&english(&site), RESET, &code, &site.newest_code(2, "new@example.test").await).await);
    let recovering = posing(&me(&site, &recovery), &them);
    recovering.put(&format!("/app/auth/password{query}"), &claiming(&json!({"password": "Newer999"}), E164)).await.is(200, &done());
    assert_eq!(sign_in(&site, PHONE, "Newer999").await.status, 401);
    let mine = access(&sign_in(&site, "new@example.test", "Newer999").await);

    let body = claiming(&json!({}), &them);
    let out = posing(&me(&site, &mine), &them).request(Method::DELETE, &format!("/app/auth/logout{query}")).json(&body).send().await.unwrap();
    assert_eq!(out.status(), 200);
    assert!(!is_live(&site, &mine).await && is_live(&site, &theirs).await);
}

#[tokio::test]
async fn row_31_on_usapi_no_body_query_or_header_makes_me_somebody_else() {
    let site = Installation::start().await;
    let (mine, theirs) = (signed_in(&site, 1).await, signed_in(&site, 2).await);
    let them = subject(&theirs);
    let caller = posing(&site.anybody().bearer(&mine), &them);
    let query = format!("?username=siti%202&account_id={them}&sub={them}&access_token={theirs}");
    assert_eq!(caller.get(&format!("/basic-profile{query}")).await.json()["username"], "siti 1");
    let profile = claiming(&json!({"date_of_birth": "1996-10-18", "gender": "Perempuan", "phone_number": "6281777777777"}), &them);
    let form =
        ["username", "sub", "account_id", "email"].into_iter().fold(reqwest::multipart::Form::new(), |form, name| form.text(name, them.clone()));
    let form = form.text("basic_profile", profile.to_string());
    let answer = caller.request(Method::POST, &format!("/update-basic-profile{query}")).multipart(form).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    let phone_of = async |token: &str| site.anybody().bearer(token).get("/basic-profile").await.json()["phone_number"].clone();
    assert_eq!((phone_of(&mine).await, phone_of(&theirs).await), (json!("6281777777777"), json!("6281000000002")));
    // A token in the query alone is none, and of two none counts.
    assert_eq!(site.anybody().get(&format!("/basic-profile{query}")).await.status, 401);
    let both = site.anybody().request(Method::GET, "/basic-profile").bearer_auth(&mine).bearer_auth(&theirs);
    assert_eq!(both.send().await.unwrap().status(), 401);
}

#[tokio::test]
async fn row_31_a_host_is_whose_token_it_shows() {
    let site = Installation::start().await;
    let (one, other) = (oauth::host(&site).await, oauth::host(&site).await);
    let (mine, theirs) = (site.anybody().bearer(&one.token(&site).await), site.anybody().bearer(&other.token(&site).await));
    let mut customer = invas::customer();
    for name in ["hostId", "host", "clientId", "client_id", "sub"] {
        customer[name] = json!(other.id.as_str());
    }
    let posing = posing(&mine, other.id.as_str());
    let path = format!("/b2b/customer/register?client_id={}&hostId={}", other.id, other.id);
    assert_eq!(posing.post(&path, &customer).await.status, 200);
    let token = invas::token(&site).await;
    assert_eq!(invas::confirm(&theirs, &token).await.status, 404, "it is not the other host's");
    assert_eq!(invas::confirm(&posing, &token).await.status, 200);
    let phone = mine.get("/b2b/customer/auth/verifyEmail?email=septian@example.test").await.json()["username"].clone();
    let phone_for_others = theirs.get(&format!("/b2b/customer/auth/verifyEmail?email=septian@example.test&client_id={}", one.id)).await;
    assert_eq!((phone, &phone_for_others.json()["username"]), (json!(invas::NUMBER), &json!(null)));
}

#[tokio::test]
async fn row_31_a_machine_client_is_whose_secret_it_knows() {
    let site = Installation::start().await;
    let (one, other) = (oauth::host(&site).await, oauth::host(&site).await);
    let theirs = other.token(&site).await;
    let caller = one.caller(&site);
    let grant = ("grant_type", "client_credentials");
    for form in [vec![grant, ("client_id", other.id.as_str())], vec![grant, ("client_id", other.id.as_str()), ("client_secret", &other.secret)]] {
        oauth::refused(&caller.post_form("/oauth/token", &form).await, 400, "invalid_request");
    }
    let posing = posing(&caller, other.id.as_str());
    let path = format!("/oauth/token?client_id={}", other.id);
    let made = posing.post_form(&path, &[grant, ("sub", other.id.as_str())]).await.json()["access_token"].as_str().unwrap().to_owned();
    assert_eq!(claims(&made)["client_id"], one.id.as_str());
    // What a shop may finish is what it started itself, whatever it says of itself.
    let registration = usapi::started(&site, &usapi::applicant(1, "OTP")).await;
    let code = site.code_for("+6281000000001").await;
    let stranger = site.client_with(&["usapi"]).await;
    let body = json!({"token": registration, "otp": code, "client_id": "shop", "client": "shop"});
    stranger.with("x-client-id", "shop").post("/signup/verify", &body).await.says(400, "Invalid verification code");
    assert_eq!(usapi::verify(&site, &registration, &code).await.status, 200);
    assert!(Machine::sees(&other, &site, &theirs).await, "the other's token is as it was");
}
