//! Forged machine tokens: threat rows 25, 26 and 28.

use daftar_core::client::Scope;
use daftar_testkit::Installation;
use serde_json::json;

use super::{Machine, admits, host};
use crate::forged;
use crate::usapi::claims;

async fn none_is_taken(site: &Installation, machine: &Machine, tokens: Vec<String>) {
    assert!(!tokens.is_empty());
    for token in tokens {
        assert!(!admits(site, &token, Scope::B2b).await, "{token}");
        assert!(!machine.sees(site, &token).await, "{token}");
    }
}

#[tokio::test]
async fn row_25_no_algorithm_but_the_keys_own() {
    let site = Installation::start().await;
    let machine = host(&site).await;
    none_is_taken(&site, &machine, forged::under_another_header(&machine.token(&site).await)).await;
}

#[tokio::test]
async fn row_26_every_claim_is_required_and_of_its_type() {
    let site = Installation::start().await;
    let machine = host(&site).await;
    let token = machine.token(&site).await;
    assert!(admits(&site, &forged::signed(&site, claims(&token)), Scope::B2b).await, "what is forged otherwise is good");
    let names = ["iss", "aud", "iat", "exp", "jti", "sub"];
    none_is_taken(&site, &machine, forged::with_odd_claims(&site, &token, &names)).await;
    let without: Vec<_> = ["client_id", "scope"].map(|name| crate::usapi::without(&claims(&token), name)).into();
    none_is_taken(&site, &machine, without.into_iter().map(|claims| forged::signed(&site, claims)).collect()).await;
}

#[tokio::test]
async fn row_28_a_changed_token_is_refused() {
    let site = Installation::start().await;
    let machine = host(&site).await;
    let token = machine.token(&site).await;
    none_is_taken(&site, &machine, forged::changed(&token)).await;
    assert!(admits(&site, &token, Scope::B2b).await);
}

#[tokio::test]
async fn what_a_token_may_do_is_what_the_store_says() {
    let site = Installation::start().await;
    let (machine, other) = (host(&site).await, host(&site).await);
    let token = machine.token(&site).await;
    let mut greedy = claims(&token);
    greedy["scope"] = json!("admin b2b usapi");
    let greedy = forged::signed(&site, greedy);
    assert!(!admits(&site, &greedy, Scope::Admin).await && !admits(&site, &greedy, Scope::Usapi).await);
    assert_eq!(machine.introspect(&site, &greedy).await["scope"], "b2b");
    let mut foreign = claims(&token);
    foreign["sub"] = json!(other.id.as_str());
    foreign["client_id"] = json!(other.id.as_str());
    let foreign = forged::signed(&site, foreign);
    assert!(!admits(&site, &foreign, Scope::B2b).await && !other.sees(&site, &foreign).await && !machine.sees(&site, &foreign).await);
}
