//! `POST /oauth/revoke`, and that what it ends is over at once (threat row 29).

use daftar_core::client::Scope;
use daftar_testkit::{Answer, Installation};

use super::{Machine, admits, host, refused};
use crate::usapi::{applicant, signed_in, started, verify};

fn is_done(answer: &Answer) {
    assert_eq!((answer.status.as_u16(), answer.text.as_str()), (200, ""));
}

#[tokio::test]
async fn row_29_a_revoked_token_is_over_at_once_on_every_replica_and_after_a_restart() {
    let site = Installation::start().await;
    let replica = site.replica().await;
    let machine = host(&site).await;
    let (ended, kept) = (machine.token(&site).await, machine.token(&replica).await);
    assert!(admits(&site, &kept, Scope::B2b).await && admits(&replica, &ended, Scope::B2b).await);
    is_done(&machine.revoke(&site, &ended).await);
    for at in [&site, &replica] {
        assert!(!admits(at, &ended, Scope::B2b).await && !machine.sees(at, &ended).await);
        assert!(admits(at, &kept, Scope::B2b).await && machine.sees(at, &kept).await);
    }
    is_done(&machine.revoke(&replica, &ended).await);
    drop(replica);
    let site = site.restarted().await;
    assert!(!admits(&site, &ended, Scope::B2b).await && admits(&site, &kept, Scope::B2b).await);
}

#[tokio::test]
async fn row_32_another_clients_token_cannot_be_ended_except_by_an_administrator() {
    let site = Installation::start().await;
    let (one, other, admin) = (host(&site).await, host(&site).await, Machine::new(&site, &[Scope::Admin]).await);
    let token = one.token(&site).await;
    refused(&other.revoke(&site, &token).await, 400, "invalid_grant");
    assert!(admits(&site, &token, Scope::B2b).await);
    is_done(&admin.revoke(&site, &token).await);
    assert!(!admits(&site, &token, Scope::B2b).await);
    // Of a token that is over nobody is told whose it was.
    is_done(&other.revoke(&site, &token).await);
}

#[tokio::test]
async fn a_persons_session_ends_with_its_token() {
    let site = Installation::start().await;
    let (ended, kept) = (signed_in(&site, 1).await, signed_in(&site, 2).await);
    is_done(&host(&site).await.revoke(&site, &ended).await);
    assert_eq!(site.anybody().bearer(&ended).get("/basic-profile").await.status, 401);
    assert_eq!(site.anybody().bearer(&kept).get("/basic-profile").await.status, 200);
}

#[tokio::test]
async fn what_is_no_good_token_is_left_as_it_is() {
    let site = Installation::start().await;
    let machine = host(&site).await;
    let registration = started(&site, &applicant(1, "LINK")).await;
    for token in ["x", "a.b.c", "null", &registration] {
        is_done(&machine.revoke(&site, token).await);
    }
    let code = site.code_for("siti1@example.test").await;
    assert_eq!(verify(&site, &registration, &code).await.status, 200, "the registration lives");
}
