//! `POST /oauth/token`.

use daftar_core::client::Scope;
use daftar_testkit::Installation;
use serde_json::json;

use super::{Machine, admits, host, refused};
use crate::usapi::claims;

const PATH: &str = "/oauth/token";
const GRANT: (&str, &str) = ("grant_type", "client_credentials");

#[tokio::test]
async fn a_client_gets_a_token_for_everything_that_it_may_do() {
    let site = Installation::start().await;
    let machine = Machine::new(&site, &[Scope::Usapi, Scope::B2b]).await;
    let answer = machine.ask(&site).await;
    let body = answer.json();
    let token = body["access_token"].as_str().unwrap();
    answer.is(200, &json!({"access_token": token, "token_type": "Bearer", "expires_in": 3600, "scope": "b2b usapi"}));
    assert_eq!((answer.header("cache-control"), answer.header("pragma")), ("no-store", "no-cache"));
    assert!(admits(&site, token, Scope::B2b).await && admits(&site, token, Scope::Usapi).await);
    assert!(!admits(&site, token, Scope::Admin).await);
}

#[tokio::test]
async fn row_9_a_token_holds_its_allowed_claims_and_nothing_else() {
    let site = Installation::start().await;
    let machine = host(&site).await;
    let claims = claims(&machine.token(&site).await);
    let now = site.accounts().now().as_second();
    assert_eq!(
        claims,
        json!({
            "iss": "https://accounts.example.test", "aud": "clients", "sub": machine.id.as_str(), "client_id": machine.id.as_str(), "scope": "b2b",
            "iat": now, "exp": now + 3600, "jti": claims["jti"],
        })
    );
}

#[tokio::test]
async fn a_client_authenticates_by_basic_or_in_the_form() {
    let site = Installation::start().await;
    let Machine { id, secret } = host(&site).await;
    let (id, secret) = (id.as_str(), secret.as_str());
    let named = [GRANT, ("client_id", id)];
    let whole = [GRANT, ("client_id", id), ("client_secret", secret)];
    let basic = site.anybody().basic(id, secret);
    assert_eq!(site.anybody().post_form(PATH, &whole).await.status, 200);
    assert_eq!(basic.post_form(PATH, &named).await.status, 200, "who names itself twice authenticates once");
    // Each half is encoded like a form's value (RFC 6749 §2.3.1).
    let encoded = |text: &str| text.bytes().map(|b| format!("%{b:02X}")).collect::<String>();
    assert_eq!(site.anybody().basic(&encoded(id), &encoded(secret)).post_form(PATH, &[GRANT]).await.status, 200);

    refused(&basic.post_form(PATH, &whole).await, 400, "invalid_request");
    refused(&basic.post_form(PATH, &[GRANT, ("client_secret", secret)]).await, 400, "invalid_request");
    refused(&basic.post_form(PATH, &[GRANT, ("client_id", "another")]).await, 400, "invalid_request");
}

#[tokio::test]
async fn who_does_not_authenticate_is_refused_alike() {
    let site = Installation::start().await;
    let machine = host(&site).await;
    let gone = host(&site).await;
    site.clients().disable(&gone.id).await.unwrap();
    let (id, secret) = (machine.id.as_str(), machine.secret.as_str());
    let with = |header: &str| site.anybody().with("authorization", header);
    let mut answers = vec![site.anybody().post_form(PATH, &[GRANT]).await, gone.ask(&site).await];
    for (id, secret) in [(id, "wrong"), (id, ""), ("nobody", secret), ("", secret), ("with blank", secret), (&"x".repeat(1000), secret)] {
        answers.push(site.anybody().basic(id, secret).post_form(PATH, &[GRANT]).await);
        answers.push(site.anybody().post_form(PATH, &[GRANT, ("client_id", id), ("client_secret", secret)]).await);
    }
    for odd in ["Basic", "Basic !!!", "Basic eA==", "Bearer a.b.c", "", "Digest x"] {
        answers.push(with(odd).post_form(PATH, &[GRANT, ("client_id", id), ("client_secret", secret)]).await);
    }
    let first = answers[0].text.clone();
    for answer in answers {
        refused(&answer, 401, "invalid_client");
        assert_eq!(answer.text, first);
    }
}

#[tokio::test]
async fn a_token_is_for_what_was_asked_for_as_far_as_the_client_may() {
    let site = Installation::start().await;
    let machine = Machine::new(&site, &[Scope::Usapi, Scope::B2b]).await;
    let ask = async |scope: &str| machine.caller(&site).post_form(PATH, &[GRANT, ("scope", scope)]).await;
    for (asked, got) in [("b2b", "b2b"), ("usapi", "usapi"), ("usapi b2b", "b2b usapi"), ("b2b b2b", "b2b"), ("", "b2b usapi")] {
        assert_eq!(ask(asked).await.json()["scope"], got, "{asked:?}");
    }
    let token = ask("b2b").await.json()["access_token"].as_str().unwrap().to_owned();
    assert!(admits(&site, &token, Scope::B2b).await && !admits(&site, &token, Scope::Usapi).await);
    for odd in ["admin", "b2b admin", "everything", "B2B", " b2b", "b2b ", "b2b  usapi", "b2b,usapi", "b2b\tusapi", "b2b\0", " "] {
        refused(&ask(odd).await, 400, "invalid_scope");
    }
    refused(&Machine::new(&site, &[]).await.ask(&site).await, 400, "invalid_scope");
}

#[tokio::test]
async fn only_client_credentials_are_taken() {
    let site = Installation::start().await;
    let caller = host(&site).await.caller(&site);
    for odd in ["password", "authorization_code", "refresh_token", "CLIENT_CREDENTIALS", "client_credentials "] {
        refused(&caller.post_form(PATH, &[("grant_type", odd), ("scope", "b2b")]).await, 400, "unsupported_grant_type");
    }
    for missing in [vec![], vec![("grant_type", "")], vec![("scope", "b2b")]] {
        refused(&caller.post_form(PATH, &missing).await, 400, "invalid_request");
    }
}

#[tokio::test]
async fn unknown_parameters_are_ignored() {
    let site = Installation::start().await;
    let answer = host(&site).await.caller(&site).post_form(PATH, &[GRANT, ("audience", "x"), ("resource", "https://x.example")]).await;
    assert_eq!(answer.status, 200);
}
