//! `POST /oauth/introspect`.

use daftar_core::client::Scope;
use daftar_testkit::Installation;
use serde_json::{Value, json};

use super::{Machine, host};
use crate::app::{EMAIL, SIGNUP, asked, english};
use crate::usapi::{applicant, claims, signed_in, started};

/// The claims of a token, and that it is good.
fn active(token: &str) -> Value {
    let mut told = claims(token);
    told["active"] = json!(true);
    told
}

#[tokio::test]
async fn a_good_token_is_told_with_its_claims() {
    let site = Installation::start().await;
    let machine = host(&site).await;
    let token = machine.token(&site).await;
    assert_eq!(machine.introspect(&site, &token).await, active(&token));
    let hinted = [("token", token.as_str()), ("token_type_hint", "refresh_token")];
    assert_eq!(machine.caller(&site).post_form("/oauth/introspect", &hinted).await.json(), active(&token), "a hint is only a hint");
}

#[tokio::test]
async fn a_persons_session_token_is_told_to_every_client() {
    let site = Installation::start().await;
    let token = signed_in(&site, 1).await;
    let told = active(&token);
    assert_eq!(told["aud"], "usapi");
    for machine in [host(&site).await, Machine::new(&site, &[Scope::Usapi]).await, Machine::new(&site, &[Scope::Admin]).await] {
        assert_eq!(machine.introspect(&site, &token).await, told);
    }
    site.disable("siti 1").await;
    assert!(!host(&site).await.sees(&site, &token).await);
}

#[tokio::test]
async fn row_32_another_clients_token_is_nothing_to_a_client_unless_it_administers() {
    let site = Installation::start().await;
    let (one, other, admin) = (host(&site).await, host(&site).await, Machine::new(&site, &[Scope::Admin]).await);
    let token = one.token(&site).await;
    assert_eq!(other.introspect(&site, &token).await, json!({"active": false}));
    assert_eq!(admin.introspect(&site, &token).await, active(&token));
    assert_eq!(one.introspect(&site, &admin.token(&site).await).await, json!({"active": false}));
}

#[tokio::test]
async fn row_27_tokens_that_let_nobody_in_are_never_good() {
    let site = Installation::start().await;
    let admin = Machine::new(&site, &[Scope::Admin]).await;
    let registration = started(&site, &applicant(2, "LINK")).await;
    let code = asked(&english(&site), SIGNUP, EMAIL, 0).await;
    for token in [registration.as_str(), &code, "x", "a.b.c", "..", "null", &"x".repeat(5000)] {
        assert!(!admin.sees(&site, token).await, "{token}");
    }
}
