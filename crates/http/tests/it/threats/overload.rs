//! Fault 3: ten times what fits.

use std::time::Duration;

use daftar_testkit::{Answer, Installation};
use futures_util::future::join_all;
use serde_json::json;
use tokio::time::Instant;

use crate::usapi::{applicant, person, registered, sign_in};

/// What the hasher's queue holds; ten times that comes.
const FITS: u32 = 64;
/// How long what is admitted may take: two seconds in the queue, and then itself, on a machine that has other things to do.
const QUICK: Duration = Duration::from_secs(6);
/// How soon everything is well again.
const RECOVERS_WITHIN: Duration = Duration::from_secs(5);

async fn timed(call: impl Future<Output = Answer>) -> (Answer, Duration) {
    let began = Instant::now();
    (call.await, began.elapsed())
}

#[tokio::test]
async fn fault_3_of_ten_times_what_fits_some_is_admitted_and_quick_and_the_rest_told_to_come_again() {
    let site = Installation::builder().costly_hashes().start().await;
    registered(&site, 1).await;
    let (shop, anybody) = (site.shop(), site.anybody());
    let crowd = join_all((0..10 * FITS).map(|n| {
        let (shop, anybody) = (&shop, &anybody);
        timed(async move {
            match n % 4 {
                0 => shop.post("/internal/register", &person(1000 + n)).await,
                1 => shop.post("/signup", &applicant(5000 + n, "OTP")).await,
                2 => anybody.post("/auth", &json!({"username": "siti 1", "password": "rahasia sekali"})).await,
                _ => anybody.post("/app/auth/login", &json!({"loginID": "siti 1", "password": "rahasia sekali", "deviceToken": "x"})).await,
            }
        })
    }));
    let cheap = async {
        let mut slowest = Duration::ZERO;
        for _ in 0..20 {
            let (answer, took) = timed(anybody.post("/check/email", &json!({"email": "nobody@example.test"}))).await;
            assert_eq!(answer.status, 200);
            slowest = slowest.max(took);
        }
        slowest
    };
    let (answers, cheap) = tokio::join!(crowd, cheap);
    assert!(cheap < QUICK, "what costs nothing took {cheap:?}");
    let (admitted, refused): (Vec<_>, Vec<_>) = answers.iter().partition(|(answer, _)| answer.status == 200);
    assert!(refused.iter().all(|(answer, _)| answer.status == 503), "{:?}", refused.iter().find(|(answer, _)| answer.status != 503));
    assert!(refused.iter().all(|(answer, _)| answer.header("retry-after").parse::<u32>().is_ok_and(|seconds| seconds >= 1)));
    assert!(!admitted.is_empty() && !refused.is_empty(), "{} admitted, {} refused", admitted.len(), refused.len());
    let slowest = answers.iter().map(|(_, took)| *took).max().unwrap_or_default();
    assert!(slowest < QUICK, "an answer took {slowest:?}");

    // What was promised is there, and nothing is in anybody's way any more.
    let began = Instant::now();
    while sign_in(&site, "siti 1", "rahasia sekali").await.status == 503 {
        assert!(began.elapsed() < RECOVERS_WITHIN, "not well again after {RECOVERS_WITHIN:?}");
    }
    for (n, (answer, _)) in answers.iter().enumerate().filter(|(n, _)| n % 4 == 0).take(40) {
        let known = sign_in(&site, &format!("siti {}", 1000 + n), "rahasia sekali").await;
        assert_eq!(known.status == 200, answer.status == 200, "registration {n}: {answer:?}");
    }
}
