//! App User Auth (contract `app-auth.md`): every call, rule, failure and enumeration value, named.

mod account;
mod codes;
mod contacts;
mod device_token;
mod envelope;
mod guesses;
mod info;
mod journey;
mod login;
mod logs;
mod otp;
mod password;
mod recovery;
mod signup;

use daftar_testkit::{Answer, Caller, Installation};
use serde_json::{Value, json};

pub(crate) const LOGIN: u8 = 1;
pub(crate) const SIGNUP: u8 = 2;
pub(crate) const RESET: u8 = 3;
pub(crate) const UPDATE_EMAIL: u8 = 4;
pub(crate) const UPDATE_PHONE: u8 = 5;

/// Where each nature's code is shown.
pub(crate) const VERIFY: [&str; 6] = [
    "",
    "/app/auth/login/verify",
    "/app/auth/signup/verify",
    "/app/auth/forgot-password/verify",
    "/app/auth/update-email/verify",
    "/app/auth/update-phone/verify",
];

pub(crate) const PHONE: &str = "68098227";
pub(crate) const E164: &str = "+85268098227";
pub(crate) const EMAIL: &str = "mei@example.test";
pub(crate) const PASSWORD: &str = "PasghWgf";

/// What a call answers that has nothing to tell.
pub(crate) fn done() -> Value {
    json!({"success": true, "message": "", "data": null})
}

/// Demands a refusal with this status and, in English, this text.
#[track_caller]
pub(crate) fn refused(answer: &Answer, status: u16, message: &str) {
    answer.is(status, &json!({"success": false, "message": message, "data": null}));
}

/// Somebody who reads English.
pub(crate) fn english(site: &Installation) -> Caller {
    site.anybody().with("accept-language", "en")
}

/// A signed-in person who reads English.
pub(crate) fn me(site: &Installation, token: &str) -> Caller {
    english(site).bearer(token)
}

/// The `data` of a success.
#[track_caller]
pub(crate) fn data(answer: &Answer) -> Value {
    let body = answer.json();
    assert_eq!((answer.status.as_u16(), &body["success"], &body["message"]), (200, &json!(true), &json!("")), "{answer:?}");
    body["data"].clone()
}

/// The access token of a success.
#[track_caller]
pub(crate) fn access(answer: &Answer) -> String {
    data(answer)["accessToken"].as_str().unwrap().to_owned()
}

/// Asks for a code.
pub(crate) async fn ask(caller: &Caller, nature: u8, login_id: &str, send_type: u8) -> Answer {
    caller.post("/app/auth/otp", &json!({"nature": nature, "loginID": login_id, "sendType": send_type})).await
}

/// Asks for a code and returns its token.
pub(crate) async fn asked(caller: &Caller, nature: u8, login_id: &str, send_type: u8) -> String {
    data(&ask(caller, nature, login_id, send_type).await)["otpToken"].as_str().unwrap().to_owned()
}

/// Shows a code where its nature is shown.
pub(crate) async fn show(caller: &Caller, nature: u8, token: &str, code: &str) -> Answer {
    let code: u64 = code.parse().unwrap();
    caller.post(VERIFY[usize::from(nature)], &json!({"otp": code, "otpToken": token})).await
}

/// Signs up with a contact, the `count`th message to which is its code; the access token.
pub(crate) async fn signed_up(site: &Installation, login_id: &str, to: &str) -> String {
    let token = asked(&english(site), SIGNUP, login_id, 0).await;
    access(&show(&english(site), SIGNUP, &token, &site.code_for(to).await).await)
}

/// An account with a verified phone number, and its access token.
pub(crate) async fn by_phone(site: &Installation) -> String {
    signed_up(site, PHONE, E164).await
}

/// An account with a verified e-mail address, and its access token.
pub(crate) async fn by_mail(site: &Installation) -> String {
    signed_up(site, EMAIL, EMAIL).await
}

/// Gives an account its first password.
pub(crate) async fn with_password(site: &Installation, token: &str) {
    me(site, token).post("/app/auth/password", &json!({"password": PASSWORD})).await.is(200, &done());
}

/// Signs in with a password.
pub(crate) async fn sign_in(site: &Installation, login_id: &str, password: &str) -> Answer {
    let body = json!({"loginID": login_id, "password": password, "deviceToken": "a device"});
    english(site).post("/app/auth/login", &body).await
}

/// Whether a token still speaks for somebody.
pub(crate) async fn is_live(site: &Installation, token: &str) -> bool {
    let status = me(site, token).get("/app/auth/info").await.status;
    assert!(status == 200 || status == 401, "{status}");
    status == 200
}

/// A well-formed code that is not `right`.
pub(crate) fn wrong(right: &str) -> String {
    right.chars().map(|c| if c == '9' { '1' } else { char::from(c as u8 + 1) }).collect()
}

pub(crate) const INVALID_CODE: &str = "The code is wrong or no longer valid. Check it, or ask for a new one.";
pub(crate) const NOT_SIGNED_IN: &str = "Please sign in again.";
pub(crate) const BAD_CREDENTIALS: &str = "The account or the password is not correct.";
pub(crate) const DISABLED: &str = "This account is disabled. Please contact support.";
pub(crate) const UNKNOWN_ACCOUNT: &str = "There is no account with this e-mail address or phone number.";
