//! How long a token is good: until its hour is over, its client is disabled or gets another secret, or its key is revoked.

use std::time::Duration;

use daftar_core::client::Scope;
use daftar_core::token::ANNOUNCED;
use daftar_testkit::Installation;

use super::{Machine, admits, host, refused};

const HOUR: Duration = Duration::from_secs(60 * 60);
const SECOND: Duration = Duration::from_secs(1);

#[tokio::test]
async fn a_token_lasts_an_hour() {
    let site = Installation::start().await;
    let machine = host(&site).await;
    let token = machine.token(&site).await;
    site.clock.advance(HOUR - SECOND);
    assert!(admits(&site, &token, Scope::B2b).await && machine.sees(&site, &token).await);
    site.clock.advance(SECOND);
    assert!(!admits(&site, &token, Scope::B2b).await && !machine.sees(&site, &token).await);
    assert!(admits(&site, &machine.token(&site).await, Scope::B2b).await);
}

#[tokio::test]
async fn row_29_the_tokens_of_a_rotated_client_are_over_at_once_on_every_replica_and_after_a_restart() {
    let site = Installation::start().await;
    let replica = site.replica().await;
    let (machine, other) = (host(&site).await, host(&site).await);
    let (token, of_other) = (machine.token(&site).await, other.token(&site).await);
    assert!(admits(&replica, &token, Scope::B2b).await);
    let secret = site.clients().rotate(&machine.id).await.unwrap().unwrap();
    let rotated = Machine { secret: secret.expose().to_owned(), ..machine.clone() };
    for at in [&site, &replica] {
        assert!(!admits(at, &token, Scope::B2b).await && !rotated.sees(at, &token).await);
        assert!(admits(at, &of_other, Scope::B2b).await);
        refused(&machine.ask(at).await, 401, "invalid_client");
    }
    let anew = rotated.token(&replica).await;
    drop(replica);
    let site = site.restarted().await;
    assert!(!admits(&site, &token, Scope::B2b).await && admits(&site, &anew, Scope::B2b).await);
}

#[tokio::test]
async fn row_29_the_tokens_of_a_disabled_client_are_over_at_once_on_every_replica_and_after_a_restart() {
    let site = Installation::start().await;
    let replica = site.replica().await;
    let (machine, admin) = (host(&site).await, Machine::new(&site, &[Scope::Admin]).await);
    let token = machine.token(&site).await;
    assert!(admits(&replica, &token, Scope::B2b).await && admin.sees(&replica, &token).await);
    assert!(site.clients().disable(&machine.id).await.unwrap());
    for at in [&site, &replica] {
        assert!(!admits(at, &token, Scope::B2b).await && !admin.sees(at, &token).await);
        refused(&machine.ask(at).await, 401, "invalid_client");
        refused(&machine.revoke(at, &token).await, 401, "invalid_client");
    }
    drop(replica);
    let site = site.restarted().await;
    assert!(!admits(&site, &token, Scope::B2b).await);
}

#[tokio::test]
async fn a_rotated_key_ends_no_token_and_a_revoked_one_all() {
    let site = Installation::start().await;
    let machine = host(&site).await;
    let token = machine.token(&site).await;
    site.stored_keys().rotate(Duration::ZERO).await.unwrap();
    site.accounts().keys().reload().await.unwrap();
    site.clock.advance(ANNOUNCED + SECOND);
    assert!(admits(&site, &token, Scope::B2b).await, "its key checks as long as it lives");
    assert!(admits(&site, &machine.token(&site).await, Scope::B2b).await);
    site.stored_keys().revoke().await.unwrap();
    site.accounts().keys().reload().await.unwrap();
    assert!(!admits(&site, &token, Scope::B2b).await);
    assert!(admits(&site, &machine.token(&site).await, Scope::B2b).await);
}
