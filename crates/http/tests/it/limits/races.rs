//! What is allowed is allowed exactly, however many ask at once and of whichever replica (threat rows 42 and 43).

use std::time::Duration;

use daftar_core::limit::sending::SendingLimits;
use daftar_core::limit::{Budget, Gcra, Limits};
use daftar_core::price::Price;
use daftar_testkit::Installation;
use futures_util::future::join_all;

use super::{Contact, FRESH, Senders, Way};

/// A limit, to whom a hundred messages are asked for, and how many of them are sent.
struct Case {
    name: &'static str,
    limits: fn() -> SendingLimits,
    /// The person of the call with this number.
    person: fn(u32) -> u32,
    allowed: usize,
}

const CASES: [Case; 4] = [
    Case { name: "a number", limits: SendingLimits::default, person: |_| 1, allowed: 1 },
    Case { name: "a prefix", limits: SendingLimits::default, person: |n| n, allowed: 20 },
    Case {
        name: "the hour",
        limits: || SendingLimits { sms_by_hour: SendingLimits::by_hour(7), ..SendingLimits::default() },
        person: |n| n * 10_000,
        allowed: 7,
    },
    Case {
        name: "the money of a day",
        limits: || SendingLimits {
            cost_by_day: SendingLimits::by_day(Price(500_000)),
            price: Price(55_000),
            per_prefix: Budget::of(1000, Duration::from_secs(3600), Duration::ZERO),
            ..SendingLimits::default()
        },
        person: |n| n * 10_000,
        allowed: 9,
    },
];

/// A hundred at once, spread over the surfaces and over `sites`: who is sent something.
async fn race(case: &Case, sites: &[&Installation], senders: &Senders) {
    let calls = (0..100_u32).map(|n| {
        let site = sites[usize::try_from(n).unwrap() % sites.len()];
        // Not in step with the sites.
        let way = FRESH[usize::try_from(n / 3).unwrap() % FRESH.len()];
        senders.send(site, way, Contact::Phone, (case.person)(n + 1))
    });
    let answers = join_all(calls).await;
    let sent = answers.iter().filter(|answer| answer.status == 200).count();
    let refused = answers.iter().filter(|answer| answer.status == 429 && !answer.header("retry-after").is_empty()).count();
    assert_eq!((sent, refused), (case.allowed, 100 - case.allowed), "{}: {answers:?}", case.name);
    let site = sites[0];
    site.all_sent().await;
    assert_eq!(site.messages().await.len(), case.allowed, "{}", case.name);
}

async fn start(case: &Case) -> Installation {
    let limits = Limits { sending: (case.limits)(), ..Limits::default() };
    Installation::builder().limited(limits).behind_proxy().start().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_42_and_row_43_of_100_at_once_exactly_the_allowed_are_sent_and_none_after_a_restart() {
    for case in &CASES {
        let site = start(case).await;
        let senders = Senders::on(&site).await;
        race(case, &[&site], &senders).await;
        let site = site.restarted().await;
        for (n, way) in (101..).zip(FRESH) {
            let answer = senders.send(&site, way, Contact::Phone, (case.person)(n)).await;
            assert_eq!(answer.status, 429, "{}: {answer:?}", case.name);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_42_and_row_43_of_100_at_once_on_three_replicas_exactly_the_allowed_are_sent() {
    for case in &CASES {
        let site = start(case).await;
        let (second, third) = (site.replica().await, site.replica().await);
        let senders = Senders::on(&site).await;
        race(case, &[&site, &second, &third], &senders).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_42_and_row_43_one_asker_gets_no_more_than_his_own_however_many_he_writes_to() {
    let hour = Duration::from_secs(3600);
    let sending = SendingLimits {
        per_address: Gcra { burst: 6, period: hour },
        per_client: Gcra { burst: 9, period: hour },
        per_prefix: Budget::of(1000, hour, Duration::ZERO),
        ..SendingLimits::default()
    };
    // Without a proxy everybody's app is at one address.
    let site = Installation::builder().limited(Limits { sending, ..Limits::default() }).start().await;
    let replica = site.replica().await;
    let senders = Senders::on(&site).await;
    for (allowed, way, first) in [(6, Way::AppChange, 1), (9, Way::InvasRegister, 101), (9, Way::UsapiSignup, 201)] {
        let calls = (first..first + 40).map(|n| {
            let site = if n % 2 == 0 { &site } else { &replica };
            let contact = if way == Way::InvasRegister || n % 3 == 0 { Contact::Phone } else { Contact::Email };
            // A customer is told by short message alone, so that each costs one.
            senders.send(site, way, contact, n)
        });
        let answers = join_all(calls).await;
        let sent = answers.iter().filter(|answer| answer.status == 200).count();
        assert_eq!(sent, allowed, "{way:?}: {:?}", answers.iter().map(|answer| answer.status).collect::<Vec<_>>());
        assert!(answers.iter().all(|answer| [200, 429].contains(&answer.status.as_u16())));
    }
}
