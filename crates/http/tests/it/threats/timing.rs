//! Row 19: neither the work nor the time that a refusal takes tells who exists.

use std::time::Duration;

use daftar_testkit::{Answer, Caller, Installation};
use serde_json::json;
use tokio::time::Instant;

use crate::app::{LOGIN, PHONE, ask, by_phone, english};
use crate::invas;
use crate::usapi::registered;

/// Signs in on one of the surfaces.
async fn sign_in(caller: &Caller, surface: &str, name: &str, password: &str) -> Answer {
    match surface {
        "usapi" => caller.post("/auth", &json!({"username": name, "password": password})).await,
        _ => caller.post("/app/auth/login", &json!({"loginID": name, "password": password, "deviceToken": "x"})).await,
    }
}

#[tokio::test]
async fn row_19_whatever_the_reason_a_refused_password_costs_one_hash_and_is_answered_alike() {
    let site = Installation::start().await;
    registered(&site, 1).await;
    registered(&site, 2).await;
    site.disable("siti 2").await;
    by_phone(&site).await;
    // A customer whose password came as MD5.
    let host = invas::host(&site).await;
    invas::registered(&host, &invas::customer()).await;
    let token = invas::token(&site).await;
    assert_eq!(invas::confirm(&host, &token).await.status, 200);
    let longest = "x".repeat(300);
    for surface in ["usapi", "app"] {
        let expected = sign_in(&english(&site), surface, "siti 1", "wrong password").await;
        assert_eq!(expected.status, 401);
        for name in [
            "siti 1",
            "SITI1@example.test",
            "6281000000001",
            // Disabled, without a password, and pre-hashed.
            "siti 2",
            "+85268098227",
            invas::NUMBER,
            invas::EMAIL,
            // Nobody's: a username, an address, numbers, and what is nothing of that.
            "nobody",
            "nobody@example.test",
            "6281999999999",
            "+999123456",
            "a@b@c",
            &longest,
        ] {
            let before = site.hashes();
            let answer = sign_in(&english(&site), surface, name, "wrong password").await;
            assert_eq!(site.hashes() - before, 1, "{surface}: {name}");
            assert_eq!((answer.status, answer.text), (expected.status, expected.text.clone()), "{surface}: {name}");
        }
    }
}

#[tokio::test]
async fn row_19_an_unknown_name_takes_as_long_as_a_wrong_password() {
    const PAIRS: usize = 15;
    let site = Installation::builder().production_hashes().start().await;
    registered(&site, 1).await;
    let anybody = english(&site);
    for surface in ["usapi", "app"] {
        let time = async |name: &str| {
            let began = Instant::now();
            assert_eq!(sign_in(&anybody, surface, name, "wrong password").await.status, 401);
            began.elapsed()
        };
        time("siti 1").await;
        // Taken in turns, so that what else the machine does meets both.
        let (mut known, mut unknown) = (Vec::new(), Vec::new());
        for n in 0..PAIRS {
            known.push(time("siti 1").await);
            unknown.push(time(&format!("nobody {n}")).await);
        }
        let median = |times: &mut Vec<Duration>| {
            times.sort_unstable();
            times[PAIRS / 2]
        };
        let (known, unknown) = (median(&mut known), median(&mut unknown));
        // Without the hash an unknown name would take a tenth of that.
        assert!(unknown > known / 2 && unknown < known * 2, "{surface}: a wrong password takes {known:?}, an unknown name {unknown:?}");
    }
}

#[tokio::test]
async fn row_19_a_code_is_answered_for_before_anything_is_sent() {
    let site = Installation::builder().without_workers().start().await;
    registered(&site, 1).await;
    assert_eq!(ask(&english(&site), LOGIN, "siti1@example.test", 0).await.status, 200);
    assert_eq!(ask(&english(&site), LOGIN, "siti 1", 2).await.status, 200);
    assert_eq!(ask(&english(&site), LOGIN, PHONE, 0).await.status, 404);
    assert!(site.messages().await.is_empty(), "nobody sends here");
}
