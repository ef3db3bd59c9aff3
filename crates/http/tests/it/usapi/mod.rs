//! USAPI (contract `usapi.md`): every endpoint, rule and error, named.

mod auth;
mod check_email;
mod idempotency;
mod pages;
mod profile;
mod register;
mod signup;
mod tokens;
mod verify;

use base64::Engine as _;
use daftar_testkit::{Answer, Installation};
use serde_json::{Value, json};

/// A body for `/internal/register` whose person is told from others by `n`.
pub(crate) fn person(n: u32) -> Value {
    json!({
        "username": format!("siti {n}"),
        "password": "rahasia sekali",
        "first_name": "Siti",
        "last_name": "Rahma",
        "phone_number": format!("62810{n:08}"),
        "email": format!("siti{n}@example.test"),
    })
}

/// A body for `/signup` whose person is told from others by `n`.
pub(crate) fn applicant(n: u32, mode: &str) -> Value {
    let mut body = person(n);
    body["mode"] = json!(mode);
    body["platform"] = json!("ONMART");
    body
}

/// `body` without one property.
pub(crate) fn without(body: &Value, property: &str) -> Value {
    let mut body = body.clone();
    body.as_object_mut().unwrap().remove(property);
    body
}

/// `body` with one property replaced.
pub(crate) fn with(body: &Value, property: &str, value: impl Into<Value>) -> Value {
    let mut body = body.clone();
    body[property] = value.into();
    body
}

/// Registers person `n` at once.
pub(crate) async fn registered(site: &Installation, n: u32) -> Value {
    let body = person(n);
    site.shop().post("/internal/register", &body).await.is(200, &json!({"status": true, "message": "Account has been created"}));
    body
}

/// Signs somebody in.
pub(crate) async fn sign_in(site: &Installation, username: &str, password: &str) -> Answer {
    site.anybody().post("/auth", &json!({"username": username, "password": password})).await
}

/// Registers person `n` and returns a token for it.
pub(crate) async fn signed_in(site: &Installation, n: u32) -> String {
    let body = registered(site, n).await;
    let answer = sign_in(site, body["username"].as_str().unwrap(), "rahasia sekali").await;
    answer.json()["token"].as_str().unwrap().to_owned()
}

/// Starts a registration and returns its token.
pub(crate) async fn started(site: &Installation, body: &Value) -> String {
    let answer = site.shop().post("/signup", body).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.json()["token"].as_str().unwrap().to_owned()
}

/// Tries to finish a registration.
pub(crate) async fn verify(site: &Installation, token: &str, otp: &str) -> Answer {
    site.shop().post("/signup/verify", &json!({"token": token, "otp": otp})).await
}

/// A well-formed code that is not `right`.
pub(crate) fn wrong(right: &str) -> String {
    right.chars().map(|c| if c == '9' { '0' } else { char::from(c as u8 + 1) }).collect()
}

/// The claims in a token.
pub(crate) fn claims(token: &str) -> Value {
    let payload = token.split('.').nth(1).unwrap();
    serde_json::from_slice(&base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap()
}
