//! Tokens that begin and end while others do.

use daftar_core::client::Scope;
use daftar_testkit::Installation;
use futures_util::future::join_all;

use super::{Machine, admits, host};

#[tokio::test]
async fn of_64_tokens_that_are_revoked_while_64_are_issued_exactly_those_are_over() {
    let site = Installation::start().await;
    let replica = site.replica().await;
    let machine = host(&site).await;
    let ending = join_all((0..64).map(|_| machine.token(&site))).await;
    // Every one of them is revoked twice, on both replicas.
    let revoking = join_all(ending.iter().flat_map(|token| [machine.revoke(&site, token), machine.revoke(&replica, token)]));
    let (revoked, issued) = tokio::join!(revoking, join_all((0..64).map(|_| machine.token(&replica))));
    assert!(revoked.iter().all(|answer| answer.status == 200), "{revoked:?}");
    for token in &ending {
        assert!(!admits(&replica, token, Scope::B2b).await);
    }
    for token in &issued {
        assert!(admits(&site, token, Scope::B2b).await);
    }
}

#[tokio::test]
async fn of_64_tokens_that_are_issued_beside_a_rotation_none_outlives_it() {
    let site = Installation::start().await;
    let machine = host(&site).await;
    // It comes when the first of them has its token.
    let rotate = async {
        let first = machine.ask(&site).await;
        (first, site.clients().rotate(&machine.id).await.unwrap().unwrap())
    };
    let (answers, (first, secret)) = tokio::join!(join_all((0..64).map(|_| machine.ask(&site))), rotate);
    assert_eq!(first.status, 200);
    for answer in answers.into_iter().chain([first]) {
        if answer.status == 200 {
            assert!(!admits(&site, answer.json()["access_token"].as_str().unwrap(), Scope::B2b).await);
        } else {
            super::refused(&answer, 401, "invalid_client");
        }
    }
    let rotated = Machine { secret: secret.expose().to_owned(), ..machine };
    assert!(admits(&site, &rotated.token(&site).await, Scope::B2b).await);
}
