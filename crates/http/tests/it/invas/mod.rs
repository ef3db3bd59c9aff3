//! INVAS (contract `invas.md`): every call, rule and error, named.

mod confirm;
mod isolation;
mod logs;
mod look_up;
mod page;
mod problem;
mod register;
mod repeats;
mod resend;

use daftar_testkit::{Answer, Caller, Installation};
use serde_json::{Value, json};

use crate::oauth;

/// The customer's phone, as its host writes it and as it is.
pub(crate) const PHONE: &str = "081234567890";
pub(crate) const NUMBER: &str = "+6281234567890";
/// The customer's address.
pub(crate) const EMAIL: &str = "septian@example.test";
/// The customer's password, and what a host makes of it.
pub(crate) const PASSWORD: &str = "rahasia sekali";
pub(crate) const PRE_HASHED: &str = "381BE4357FD637371F182A65E76B02EB";

/// A partner's host, with a token of its own.
pub(crate) async fn host(site: &Installation) -> Caller {
    site.anybody().bearer(&oauth::host(site).await.token(site).await)
}

/// A customer as a host registers one, with every property.
pub(crate) fn customer() -> Value {
    json!({
        "phone": PHONE,
        "name": "Septian Cahyo",
        "birthDate": "1990-12-31",
        "birthPlace": "Jakarta",
        "email": EMAIL,
        "gender": true,
        "countryId": "ID",
        "sourceId": "01011",
        "accountGroupId": "01",
    })
}

/// Registers a customer; the registration answer.
pub(crate) async fn registered(host: &Caller, customer: &Value) -> Value {
    let answer = host.post("/b2b/customer/register", customer).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.json()
}

/// The token in the newest of `count` short messages to a number.
pub(crate) async fn newest_token(site: &Installation, count: usize, number: &str) -> String {
    let text = site.nth_message(count, number).await.text;
    let is_token =
        |word: &&str| word.len() >= 7 && word.bytes().take(3).all(|b| b.is_ascii_alphabetic()) && word.bytes().skip(3).all(|b| b.is_ascii_digit());
    text.split_whitespace().find(is_token).unwrap_or_else(|| unreachable!("no token in {text:?}")).to_owned()
}

/// The token in the only short message to the customer.
pub(crate) async fn token(site: &Installation) -> String {
    newest_token(site, 1, NUMBER).await
}

/// A token of the same form that is not `right`.
pub(crate) fn wrong(right: &str) -> String {
    format!("{}{}", &right[..3], crate::usapi::wrong(&right[3..]))
}

/// Confirms the customer's registration with a token.
pub(crate) async fn confirm(host: &Caller, token: &str) -> Answer {
    host.post("/b2b/customer/register/confirm", &confirmation(token)).await
}

/// What a host sends to confirm.
pub(crate) fn confirmation(token: &str) -> Value {
    json!({"username": PHONE, "password": PRE_HASHED, "token": token})
}

/// Opens the link in the newest of `count` mails to the customer and presses its button.
pub(crate) async fn authorised(site: &Installation, count: usize) {
    let key = key(site, count).await;
    let answer = site.anybody().post_form("/b2b/customer/register/authorize", &[("key", &key), ("decision", "confirm")]).await;
    assert_eq!(answer.status, 200, "{answer:?}");
}

/// The secret of the link in the newest of `count` mails to the customer.
pub(crate) async fn key(site: &Installation, count: usize) -> String {
    let text = site.nth_message(count, EMAIL).await.text;
    let link = text.split_whitespace().find(|word| word.contains("/b2b/customer/register/authorize?key=")).unwrap();
    link.split_once("?key=").unwrap().1.to_owned()
}

/// Demands a problem (RFC 9457) with this status and code, and this field at fault.
#[track_caller]
pub(crate) fn problem(answer: &Answer, status: u16, code: &str, field: Option<&str>) {
    let body = answer.json();
    assert_eq!((answer.status.as_u16(), body["code"].as_str(), body["field"].as_str()), (status, Some(code), field), "{answer:?}");
    assert_eq!(answer.header("content-type"), "application/problem+json");
    assert_eq!((body["status"].as_u64(), body["type"].as_str()), (Some(u64::from(status)), Some("about:blank")), "{body}");
    assert_eq!(body["title"].as_str(), answer.status.canonical_reason());
    assert!(body["detail"].as_str().unwrap().ends_with('.'), "{body}");
}

/// Demands that a property is told of as the one at fault.
#[track_caller]
pub(crate) fn at_fault(answer: &Answer, field: &str) {
    problem(answer, 400, "VALIDATION", Some(field));
}
