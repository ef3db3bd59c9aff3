//! Threat row 43, for whoever has an account: strangers may have codes sent to its contacts, but not so many that its owner gets none.

use std::time::Duration;

use daftar_core::limit::Limits;
use daftar_core::limit::sending::SendingLimits;
use daftar_core::ports::Clock as _;
use daftar_testkit::{Answer, Installation};
use futures_util::future::join_all;
use serde_json::json;

use super::{TOO_MANY, at, wait};
use crate::app::{LOGIN, RESET, SIGNUP, access, ask, asked, refused, show};
use crate::usapi::registered;

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3600);
const DAY: u64 = 24 * 3600;
/// Where the owner is.
const HOME: &str = "203.0.113.7";
/// Where the owner has never been.
const AWAY: &str = "203.0.113.8";
/// Person 1's number and address, as they are typed and as messages have them.
const CONTACTS: [(&str, &str); 2] = [("+62 810-0000-0001", "+6281000000001"), ("Siti1@example.test", "siti1@example.test")];

/// Behind a proxy, with an account whose owner signed in at home.
async fn site() -> Installation {
    let site = Installation::builder().limits().behind_proxy().start().await;
    registered(&site, 1).await;
    let body = json!({"loginID": "siti 1", "password": "rahasia sekali", "deviceToken": "a device"});
    access(&at(&site, HOME).post("/app/auth/login", &body).await);
    site
}

/// Somebody at the `n`th of many addresses asks for a code.
async fn stranger_asks(site: &Installation, n: usize, login_id: &str) -> Answer {
    let nature = [LOGIN, RESET][n % 2];
    ask(&at(site, &format!("198.51.100.{n}")), nature, login_id, 0).await
}

/// Strangers have sent what they can, as soon as they can; how many they were. Afterwards all that is spent is theirs.
async fn besieged(site: &Installation, login_id: &str) -> usize {
    let began = site.clock.now();
    let mut sent = 0;
    for n in 0..100 {
        let answer = stranger_asks(site, n, login_id).await;
        if answer.status == 200 {
            sent += 1;
            site.all_sent().await;
            continue;
        }
        refused(&answer, 429, TOO_MANY);
        let told = Duration::from_secs(wait(&answer));
        if told > HOUR {
            let passed = site.clock.now().duration_since(began);
            assert_eq!(told.as_secs(), DAY - u64::try_from(passed.as_secs()).unwrap(), "until the first of them is a day old");
            break;
        }
        site.clock.advance(told);
    }
    // The last of theirs is a minute old, and the owner's turn comes whatever they do.
    site.clock.advance(MINUTE);
    sent
}

/// Signs in by a code, which is asked for at one address and shown at another.
async fn sign_in_by_code(site: &Installation, asking: &str, showing: &str, (login_id, to): (&str, &str)) {
    let token = asked(&at(site, asking), LOGIN, login_id, 0).await;
    site.all_sent().await;
    access(&show(&at(site, showing), LOGIN, &token, &site.newest_code(sent_to(site, to).await, to).await).await);
}

/// How many messages somebody has got.
async fn sent_to(site: &Installation, to: &str) -> usize {
    site.messages().await.iter().filter(|message| message.to == to).count()
}

#[tokio::test]
async fn row_43_strangers_use_up_five_of_eight_and_the_owner_has_the_rest() {
    for (login_id, to) in CONTACTS {
        let site = site().await;
        assert_eq!(besieged(&site, login_id).await, 5, "{to}");
        // On every server, and after a restart.
        let replica = site.replica().await;
        assert!(wait(&stranger_asks(&replica, 200, login_id).await) > DAY / 2);
        let site = site.restarted().await;
        assert!(wait(&ask(&at(&site, AWAY), LOGIN, login_id, 0).await) > DAY / 2, "who was never there is a stranger");
        // A code that was right makes the next address known.
        for (asking, showing) in [(HOME, HOME), (HOME, AWAY), (AWAY, AWAY)] {
            sign_in_by_code(&site, asking, showing, (login_id, to)).await;
            site.clock.advance(HOUR);
        }
        // Eight a day it is, all in all.
        for from in [HOME, AWAY] {
            let left = wait(&ask(&at(&site, from), LOGIN, login_id, 0).await);
            assert!(left > DAY / 2 && left < DAY, "{from}: {left}");
        }
        assert_eq!(sent_to(&site, to).await, 8);
        // The next day is another one.
        site.clock.advance(Duration::from_secs(DAY));
        sign_in_by_code(&site, AWAY, AWAY, (login_id, to)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_43_of_30_strangers_at_once_on_three_replicas_exactly_five_are_sent_a_code() {
    let destination = SendingLimits::destination([(100, MINUTE), (100, MINUTE), (100, HOUR)]);
    let sending = SendingLimits { per_destination: destination, ..SendingLimits::default() };
    let site = Installation::builder().limited(Limits { sending, ..Limits::default() }).behind_proxy().start().await;
    registered(&site, 1).await;
    let sites = [&site, &site.replica().await, &site.replica().await];
    let answers = join_all((0..30).map(|n| stranger_asks(sites[n % 3], n, CONTACTS[0].0))).await;
    let of = |status: u16| answers.iter().filter(|answer| answer.status == status).count();
    assert_eq!((of(200), of(429)), (5, 25), "{answers:?}");
    site.all_sent().await;
    assert_eq!(sent_to(&site, CONTACTS[0].1).await, 5);
}

#[tokio::test]
async fn row_43_a_contact_that_nobody_has_proven_has_no_strangers() {
    let site = Installation::builder().limits().behind_proxy().start().await;
    let mut sent = 0;
    for n in 0..40 {
        let answer = ask(&at(&site, &format!("198.51.100.{n}")), SIGNUP, "mei@example.test", 0).await;
        if answer.status == 200 {
            sent += 1;
            site.all_sent().await;
            continue;
        }
        let told = wait(&answer);
        if told > 3600 {
            break;
        }
        site.clock.advance(Duration::from_secs(told));
    }
    assert_eq!(sent, 8);
}
