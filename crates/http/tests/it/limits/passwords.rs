//! Threat rows 14–16 over both surfaces and over replicas: what an address does wrong slows down that address, what strangers do wrong slows down strangers, and
//! whoever signed in from an address before is kept out by nobody.

use std::time::Duration;

use daftar_core::limit::passwords::PasswordLimits;
use daftar_core::limit::{Gcra, Limits};
use daftar_testkit::{Answer, Installation};
use futures_util::future::join_all;
use serde_json::json;

use super::at;
use crate::app::{self, LOGIN};
use crate::usapi::registered;

const RIGHT: &str = "rahasia sekali";
const WRONG: &str = "wrong password";
/// Where the owner is.
const HOME: &str = "203.0.113.7";

/// A surface to sign in at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Door {
    Usapi,
    App,
}

const DOORS: [Door; 2] = [Door::Usapi, Door::App];

impl Door {
    async fn sign_in(self, site: &Installation, from: &str, name: &str, password: &str) -> Answer {
        match self {
            Self::Usapi => at(site, from).post("/auth", &json!({"username": name, "password": password})).await,
            Self::App => {
                let body = json!({"loginID": name, "password": password, "deviceToken": "a device"});
                at(site, from).post("/app/auth/login", &body).await
            }
        }
    }

    /// Demands that somebody has to wait so long.
    #[track_caller]
    fn throttled(self, answer: &Answer, seconds: u64) {
        match self {
            Self::Usapi => {
                answer.says(429, "Too many attempts, please try again later");
            }
            Self::App => app::refused(answer, 429, super::TOO_MANY),
        }
        assert_eq!(answer.header("retry-after"), seconds.to_string());
    }
}

/// The `n`th stranger's address.
fn stranger(n: u32) -> String {
    format!("198.51.{}.{}", 100 + n / 250, n % 250)
}

async fn behind_proxy() -> Installation {
    let site = Installation::builder().limits().behind_proxy().start().await;
    registered(&site, 1).await;
    site
}

/// So many strangers try one wrong password each, at both doors in turn; the status of each.
async fn attack(site: &Installation, name: &str, strangers: std::ops::Range<u32>) -> Vec<u16> {
    let mut statuses = Vec::new();
    for (n, door) in strangers.zip(DOORS.into_iter().cycle()) {
        statuses.push(door.sign_in(site, &stranger(n), name, WRONG).await.status.as_u16());
    }
    statuses
}

#[tokio::test]
async fn row_15_an_attack_from_everywhere_slows_down_strangers_and_never_the_owner() {
    let site = behind_proxy().await;
    assert_eq!(Door::Usapi.sign_in(&site, HOME, "siti 1", RIGHT).await.status, 200);
    assert_eq!(attack(&site, "siti 1", 0..20).await, [401; 20]);
    // Who was never here waits, even with the right password.
    for door in DOORS {
        for password in [WRONG, RIGHT] {
            door.throttled(&door.sign_in(&site, &stranger(900), "siti 1", password).await, 180);
        }
    }
    assert_eq!(attack(&site, "siti 1", 20..60).await, [429; 40]);
    // The owner comes from where she came from before: at once, on both surfaces, by every name, after a restart and at a replica.
    let names = ["siti 1", "SITI1@example.test", "6281000000001"];
    for name in names {
        for door in DOORS {
            assert_eq!(door.sign_in(&site, HOME, name, RIGHT).await.status, 200, "{door:?} {name}");
        }
    }
    let site = site.restarted().await;
    let replica = site.replica().await;
    for site in [&site, &replica] {
        for door in DOORS {
            assert_eq!(door.sign_in(site, HOME, "siti 1", RIGHT).await.status, 200);
            door.throttled(&door.sign_in(site, &stranger(901), "siti 1", RIGHT).await, 180);
        }
    }
    // Nobody else's account is slower for it.
    registered(&site, 2).await;
    assert_eq!(Door::App.sign_in(&site, &stranger(902), "siti 2", RIGHT).await.status, 200);
}

#[tokio::test]
async fn row_15_nobody_is_locked_out_for_good() {
    let site = behind_proxy().await;
    attack(&site, "siti 1", 0..40).await;
    // She has never been here: she waits as long as she is told, and is in; then this place is hers.
    Door::App.throttled(&Door::App.sign_in(&site, HOME, "siti 1", RIGHT).await, 180);
    site.clock.advance(Duration::from_secs(180));
    assert_eq!(Door::App.sign_in(&site, HOME, "siti 1", RIGHT).await.status, 200);
    attack(&site, "siti 1", 100..140).await;
    assert_eq!(Door::Usapi.sign_in(&site, HOME, "siti 1", RIGHT).await.status, 200);
    let account = site.anybody().post("/app/auth/account/check", &json!({"loginID": "siti 1"})).await;
    assert_eq!(account.json()["data"], json!({"accountType": 1, "exists": true, "setPassword": true}));
}

#[tokio::test]
async fn row_15_an_address_is_known_by_a_code_and_by_a_sign_up_too() {
    let site = behind_proxy().await;
    // By the code of an account that has a password.
    let home = at(&site, HOME);
    let token = app::asked(&home, LOGIN, "siti1@example.test", 0).await;
    app::access(&app::show(&home, LOGIN, &token, &site.code_for("siti1@example.test").await).await);
    assert_eq!(attack(&site, "siti 1", 0..21).await[20], 429);
    for door in DOORS {
        assert_eq!(door.sign_in(&site, HOME, "siti 1", RIGHT).await.status, 200);
    }
    // By a sign-up; the password came later.
    let there = at(&site, "203.0.113.8");
    let token = app::asked(&there, app::SIGNUP, app::EMAIL, 0).await;
    let access = app::access(&app::show(&there, app::SIGNUP, &token, &site.code_for(app::EMAIL).await).await);
    app::with_password(&site, &access).await;
    assert_eq!(attack(&site, app::EMAIL, 100..121).await[20], 429);
    for door in DOORS {
        assert_eq!(door.sign_in(&site, "203.0.113.8", app::EMAIL, app::PASSWORD).await.status, 200);
        assert_eq!(door.sign_in(&site, HOME, app::EMAIL, app::PASSWORD).await.status, 429, "another's home is none of hers");
    }
}

#[tokio::test]
async fn row_15_a_wrong_password_or_code_makes_no_address_known() {
    let site = behind_proxy().await;
    let home = at(&site, HOME);
    let token = app::asked(&home, LOGIN, "siti1@example.test", 0).await;
    let code = app::wrong(&site.code_for("siti1@example.test").await);
    app::refused(&app::show(&home, LOGIN, &token, &code).await, 400, app::INVALID_CODE);
    assert_eq!(Door::App.sign_in(&site, HOME, "siti 1", WRONG).await.status, 401);
    assert_eq!(attack(&site, "siti 1", 0..20).await[19], 429);
    Door::Usapi.throttled(&Door::Usapi.sign_in(&site, HOME, "siti 1", RIGHT).await, 180);
}

#[tokio::test]
async fn row_15_and_row_19_a_name_that_nobody_has_behaves_like_one_that_somebody_has() {
    let site = behind_proxy().await;
    let mut told = Vec::new();
    for name in ["siti 1", "nobody"] {
        let mut heard = Vec::new();
        for (n, door) in (0..25).zip(DOORS.into_iter().cycle()) {
            let answer = door.sign_in(&site, &stranger(n), name, WRONG).await;
            heard.push((answer.status, answer.header("retry-after").to_owned(), answer.text));
        }
        // And from one address.
        for door in DOORS.into_iter().cycle().take(12) {
            let answer = door.sign_in(&site, "192.0.2.1", name, WRONG).await;
            heard.push((answer.status, answer.header("retry-after").to_owned(), answer.text));
        }
        told.push(heard);
    }
    assert_eq!(told[0], told[1]);
    assert_eq!(told[0].iter().filter(|(status, ..)| *status == 401).count(), 20);
}

#[tokio::test]
async fn row_14_and_row_15_whoever_is_known_has_ten_wrong_ones_of_his_own() {
    let site = behind_proxy().await;
    assert_eq!(Door::App.sign_in(&site, HOME, "siti 1", RIGHT).await.status, 200);
    attack(&site, "siti 1", 0..40).await;
    for door in DOORS.into_iter().cycle().take(10) {
        assert_eq!(door.sign_in(&site, HOME, "siti 1", WRONG).await.status, 401);
    }
    for door in DOORS {
        door.throttled(&door.sign_in(&site, HOME, "siti 1", RIGHT).await, 90);
    }
    site.clock.advance(Duration::from_secs(90));
    assert_eq!(Door::Usapi.sign_in(&site, HOME, "siti 1", RIGHT).await.status, 200);
}

#[tokio::test]
async fn row_16_one_account_has_one_counter_over_spellings_surfaces_and_replicas() {
    let site = behind_proxy().await;
    let replica = site.replica().await;
    let names = ["siti 1", "SITI 1", "siti1@example.test", "SITI1@Example.TEST", "6281000000001", "+62 810-0000-0001"];
    let sites = [&site, &replica].into_iter().cycle();
    for ((name, door), site) in names.into_iter().cycle().zip([Door::Usapi, Door::App, Door::App].into_iter().cycle()).zip(sites).take(10) {
        assert_eq!(door.sign_in(site, HOME, name, WRONG).await.status, 401, "{door:?} {name}");
    }
    for name in names {
        for door in DOORS {
            for site in [&site, &replica] {
                door.throttled(&door.sign_in(site, HOME, name, RIGHT).await, 90);
            }
        }
    }
    // From elsewhere it is another's counter.
    assert_eq!(Door::Usapi.sign_in(&site, &stranger(1), "siti 1", RIGHT).await.status, 200);
}

/// The answers to 500 wrong passwords at once, over these replicas and both doors, and how many were compared.
async fn race(sites: &[&Installation], from: impl Fn(u32) -> String) -> (Vec<Answer>, u64) {
    let done = || sites.iter().map(|site| site.hashes()).sum::<u64>();
    let before = done();
    let calls = (0..500_u32).map(|n| {
        let index = usize::try_from(n).unwrap();
        let (site, door, from) = (sites[index % sites.len()], DOORS[index / 3 % 2], from(n));
        async move { door.sign_in(site, &from, "siti 1", WRONG).await }
    });
    let answers = join_all(calls).await;
    assert!(answers.iter().all(|answer| [401, 429, 503].contains(&answer.status.as_u16())), "{answers:?}");
    assert!(answers.iter().filter(|answer| answer.status != 401).all(|answer| !answer.header("retry-after").is_empty()));
    (answers, done() - before)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_14_of_500_at_once_on_three_replicas_ten_are_compared() {
    let site = behind_proxy().await;
    let replicas = (site.replica().await, site.replica().await);
    let (answers, compared) = race(&[&site, &replicas.0, &replicas.1], |_| HOME.to_owned()).await;
    assert_eq!((answers.iter().filter(|answer| answer.status == 401).count(), compared), (10, 10));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_15_of_500_strangers_at_once_on_three_replicas_twenty_are_compared_and_the_owner_is_let_in() {
    let site = behind_proxy().await;
    let replicas = (site.replica().await, site.replica().await);
    assert_eq!(Door::App.sign_in(&site, HOME, "siti 1", RIGHT).await.status, 200);
    let owner = async { Door::Usapi.sign_in(&replicas.0, HOME, "siti 1", RIGHT).await };
    let sites = [&site, &replicas.0, &replicas.1];
    let ((answers, compared), owner) = tokio::join!(race(&sites, stranger), owner);
    assert_eq!(answers.iter().filter(|answer| answer.status == 401).count(), 20);
    // The owner's own is one of them.
    assert!(compared <= 21, "{compared}");
    // A crowd at the hasher may make her wait, but no limit does.
    assert!([200, 503].contains(&owner.status.as_u16()), "{owner:?}");
    assert_eq!(Door::Usapi.sign_in(&replicas.0, HOME, "siti 1", RIGHT).await.status, 200);
}

#[tokio::test]
async fn row_14_the_right_password_of_a_disabled_account_costs_nothing() {
    let site = behind_proxy().await;
    site.disable("siti 1").await;
    for door in DOORS.into_iter().cycle().take(24) {
        assert_eq!(door.sign_in(&site, HOME, "siti 1", RIGHT).await.status, 403);
    }
    // The ten that the address has are there still.
    for door in DOORS.into_iter().cycle().take(10) {
        assert_eq!(door.sign_in(&site, HOME, "siti 1", WRONG).await.status, 401);
    }
    Door::Usapi.throttled(&Door::Usapi.sign_in(&site, HOME, "siti 1", RIGHT).await, 90);
}

#[tokio::test]
async fn row_14_and_row_15_the_numbers_are_the_operators() {
    let hour = Duration::from_secs(3600);
    let passwords = PasswordLimits {
        per_account_and_address: Gcra { burst: 2, period: hour },
        per_address: Gcra { burst: 5, period: hour },
        strangers: Gcra { burst: 4, period: hour },
    };
    let site = Installation::builder().limited(Limits { passwords, ..Limits::default() }).behind_proxy().start().await;
    registered(&site, 1).await;
    for n in 0..3 {
        for _ in 0..2 {
            let expected = if n < 2 { 401 } else { 429 };
            assert_eq!(Door::App.sign_in(&site, &stranger(n), "siti 1", WRONG).await.status, expected);
        }
    }
    Door::App.throttled(&Door::App.sign_in(&site, &stranger(0), "siti 1", WRONG).await, 1800);
    // Three more for this address, of other names.
    for name in ["a", "b", "c"] {
        assert_eq!(Door::App.sign_in(&site, &stranger(0), name, WRONG).await.status, 401);
    }
    Door::App.throttled(&Door::App.sign_in(&site, &stranger(0), "d", WRONG).await, 720);
}
