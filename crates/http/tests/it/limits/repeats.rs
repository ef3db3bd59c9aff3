//! Threat row 58 with limits on: a call that is repeated with its key gets its first answer, and not that it comes too often.

use std::time::Duration;

use daftar_testkit::{Answer, Caller, Installation};
use futures_util::future::join_all;
use serde_json::{Value, json};

use super::{Contact, Senders, Way, customer, too_many};
use crate::usapi::{applicant, with};

/// The calls that can be repeated and send something.
const CALLS: [(Way, &str); 2] = [(Way::UsapiSignup, "/signup"), (Way::InvasRegister, "/b2b/customer/register")];

async fn caller(site: &Installation, senders: &Senders, way: Way) -> Caller {
    match way {
        Way::InvasRegister => senders.host(site).await,
        _ => site.shop(),
    }
}

fn body(way: Way, n: u32) -> Value {
    match way {
        Way::InvasRegister => with(&customer(Contact::Phone, n), "email", json!(null)),
        _ => applicant(n, "OTP"),
    }
}

#[track_caller]
fn same(answers: &[Answer]) {
    let first = &answers[0];
    assert_eq!(first.status, 200, "{first:?}");
    for answer in answers {
        assert_eq!((answer.status, &answer.text), (first.status, &first.text));
    }
}

#[tokio::test]
async fn row_58_a_repeat_gets_the_first_answer_though_its_contact_has_had_its_message() {
    for (way, path) in CALLS {
        let site = Installation::with_limits().await;
        let senders = Senders::on(&site).await;
        let plain = caller(&site, &senders, way).await;
        let keyed = plain.with("idempotency-key", "order-1");
        let mut answers = Vec::new();
        for _ in 0..5 {
            answers.push(keyed.post(path, &body(way, 1)).await);
        }
        site.all_sent().await;
        same(&answers);
        // With another key, or none, it is another call.
        too_many(way, &plain.post(path, &body(way, 1)).await, 60);
        too_many(way, &plain.with("idempotency-key", "order-2").post(path, &body(way, 1)).await, 60);
        // The day's eight are spent; the repeat is still answered.
        site.clock.advance(Duration::from_secs(1800));
        for _ in 0..7 {
            senders.sends(&site, way, Contact::Phone, 1).await;
            site.clock.advance(Duration::from_secs(600));
        }
        assert_eq!(senders.send(&site, way, Contact::Phone, 1).await.status, 429);
        let site = site.restarted().await;
        let keyed = caller(&site, &senders, way).await.with("idempotency-key", "order-1");
        answers.push(keyed.post(path, &body(way, 1)).await);
        same(&answers);
        site.all_sent().await;
        assert_eq!(site.messages().await.len(), 8);
        assert_eq!(keyed.post(path, &body(way, 2)).await.status, 422, "and its key is still its own");
    }
}

#[tokio::test]
async fn row_58_what_was_refused_is_not_kept() {
    for (way, path) in CALLS {
        let site = Installation::with_limits().await;
        let senders = Senders::on(&site).await;
        senders.sends(&site, Way::AppSignup, Contact::Phone, 1).await;
        let keyed = caller(&site, &senders, way).await.with("idempotency-key", "order-1");
        too_many(way, &keyed.post(path, &body(way, 1)).await, 60);
        site.clock.advance(Duration::from_secs(60));
        same(&[keyed.post(path, &body(way, 1)).await, keyed.post(path, &body(way, 1)).await]);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_58_racing_repeats_on_three_replicas_are_one_call_and_one_message() {
    for (way, path) in CALLS {
        let site = Installation::with_limits().await;
        let (second, third) = (site.replica().await, site.replica().await);
        let senders = Senders::on(&site).await;
        let mut callers = Vec::new();
        for site in [&site, &second, &third] {
            callers.push(caller(site, &senders, way).await.with("idempotency-key", "order-1"));
        }
        let body = body(way, 1);
        same(&join_all(callers.iter().cycle().take(30).map(|caller| caller.post(path, &body))).await);
        site.all_sent().await;
        assert_eq!(site.messages().await.len(), 1);
    }
}
