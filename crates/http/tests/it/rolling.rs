//! A newer program takes the place of an older one, on one database and under load (`threats.md`, *Faults* 7): no request fails.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use daftar_testkit::{Caller, History, Installation};
use serde_json::json;
use tokio::task::JoinSet;

use crate::usapi::{applicant, person};

/// People at work: each registers, signs in, reads their profile, looks somebody up and starts another registration, until told to stop.
struct Load {
    people: JoinSet<()>,
    stop: Arc<AtomicBool>,
    done: Arc<AtomicU32>,
}

impl Load {
    fn on(site: &Installation, first: u32) -> Self {
        let (stop, done) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU32::new(0)));
        let mut people = JoinSet::new();
        for lane in 0..4 {
            let (shop, anybody, stop, done) = (site.shop(), site.anybody(), Arc::clone(&stop), Arc::clone(&done));
            people.spawn(async move {
                for n in (first + lane * 100_000).. {
                    if stop.load(Ordering::SeqCst) {
                        break;
                    }
                    one_person(&shop, &anybody, n).await;
                    done.fetch_add(1, Ordering::SeqCst);
                }
            });
        }
        Self { people, stop, done }
    }

    /// Waits until `count` more people are through.
    async fn goes_on(&mut self, count: u32) {
        let target = self.done.load(Ordering::SeqCst) + count;
        while self.done.load(Ordering::SeqCst) < target {
            // Somebody who was refused has panicked.
            assert!(self.people.try_join_next().is_none(), "nobody stops by themselves");
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
    }

    async fn ends(self) {
        self.stop.store(true, Ordering::SeqCst);
        self.people.join_all().await;
    }
}

async fn one_person(shop: &Caller, anybody: &Caller, n: u32) {
    let body = person(n);
    assert_eq!(shop.post("/internal/register", &body).await.status, 200);
    let answer = anybody.post("/auth", &json!({"username": body["username"], "password": body["password"]})).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let token = answer.json()["token"].as_str().unwrap().to_owned();
    assert_eq!(anybody.bearer(&token).get("/basic-profile").await.status, 200);
    assert_eq!(shop.post("/check/email", &json!({"email": body["email"]})).await.status, 409);
    assert_eq!(shop.post("/signup", &applicant(50_000_000 + n, "LINK")).await.status, 200);
}

/// What a release may do while the one before it still serves: columns, indexes and tables more.
fn expanded() -> History {
    History::default().followed_by(
        "expand",
        "ALTER TABLE accounts ADD COLUMN nickname TEXT;
         ALTER TABLE sessions ADD COLUMN device TEXT;
         CREATE INDEX accounts_by_nickname ON accounts (nickname) WHERE nickname IS NOT NULL;
         CREATE TABLE devices (
             id BYTEA PRIMARY KEY NOT NULL,
             account BYTEA NOT NULL REFERENCES accounts (id)
         ); -- by key",
    )
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fault_7_a_newer_program_starts_beside_an_older_one_and_no_request_fails() {
    let old = Installation::start().await;
    let mut on_old = Load::on(&old, 1);
    on_old.goes_on(20).await;

    let new = old.newer_replica(expanded()).await;
    let mut on_new = Load::on(&new, 1_000_000);
    on_old.goes_on(20).await;
    on_new.goes_on(20).await;
    assert_eq!(
        (old.anybody().get("/readyz").await.status, new.anybody().get("/readyz").await.status),
        (reqwest::StatusCode::OK, reqwest::StatusCode::OK)
    );

    // An old one that is killed in the middle of it comes back on the newer schema.
    let again = old.replica().await;
    let mut on_again = Load::on(&again, 2_000_000);
    on_again.goes_on(20).await;

    on_old.ends().await;
    on_again.ends().await;
    on_new.goes_on(20).await;
    on_new.ends().await;
}

#[tokio::test]
async fn fault_7_an_older_program_stops_taking_requests_when_the_schema_says_that_it_must() {
    let old = Installation::start().await;
    let expanded = expanded();
    let contract = format!("UPDATE oldest_program SET known = {};", expanded.known());
    let contracted = expanded.followed_by("contract", &contract);
    let new = old.newer_replica(contracted).await;
    assert_eq!(new.anybody().get("/readyz").await.status, 200);
    assert_eq!(old.anybody().get("/readyz").await.status, 503);
    assert_eq!(old.anybody().get("/healthz").await.status, 200);
}
