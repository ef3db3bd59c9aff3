//! Threat row 42: numbers that differ in their last four digits alone share twenty short messages an hour; all short messages together have a cap by the hour,
//! and one of money by the day. Mail has none of these.

use std::time::Duration;

use daftar_core::identifier::Country;
use daftar_core::limit::Limits;
use daftar_core::limit::sending::SendingLimits;
use daftar_core::price::Price;
use daftar_testkit::{Answer, Installation};
use serde_json::json;

use super::{Contact, FRESH, Senders, TOO_MANY, Way, at, too_many, wait};
use crate::app::{LOGIN, RESET, SIGNUP, ask, data, english, refused};
use crate::usapi::registered;

const HOUR: u64 = 3600;

fn limits(sending: SendingLimits) -> Limits {
    Limits { sending, ..Limits::default() }
}

/// A person whose number has another prefix than all others'.
const fn alone(n: u32) -> u32 {
    n * 10_000
}

/// Every fresh way to person `n`'s phone is refused for so long.
async fn spent(site: &Installation, senders: &Senders, n: u32, seconds: u64) {
    for way in FRESH {
        too_many(way, &senders.send(site, way, Contact::Phone, n).await, seconds);
    }
}

#[tokio::test]
async fn row_42_twenty_an_hour_to_numbers_of_one_prefix_over_all_surfaces() {
    let site = Installation::with_limits().await;
    let senders = Senders::on(&site).await;
    for (n, way) in (1..=20).zip(FRESH.into_iter().cycle()) {
        senders.sends(&site, way, Contact::Phone, n).await;
        // A fifth of them are people.
        if n % 5 == 0 {
            assert_eq!(senders.show(&site, way, Contact::Phone, n).await.status, 200);
        }
    }
    spent(&site, &senders, 21, HOUR).await;
    spent(&site, &senders, 9999, HOUR).await;
    senders.sends(&site, Way::AppSignup, Contact::Phone, 10_000).await;
    senders.sends(&site, Way::AppSignup, Contact::Email, 21).await;
    site.clock.advance(Duration::from_secs(HOUR - 1));
    let site = site.restarted().await;
    spent(&site, &senders, 21, 1).await;
    site.clock.advance(Duration::from_secs(1));
    senders.sends(&site, Way::InvasRegister, Contact::Phone, 21).await;
}

#[tokio::test]
async fn row_42_whoever_takes_every_place_of_a_prefix_takes_none_from_the_owners_of_its_numbers() {
    let site = Installation::builder().limits().behind_proxy().start().await;
    let senders = Senders::on(&site).await;
    let home = |n: u32| at(&site, &format!("203.0.113.{n}"));
    for n in 101..=122 {
        registered(&site, n).await;
        let body = json!({"loginID": Contact::Phone.of(n), "password": "rahasia sekali", "deviceToken": "a device"});
        data(&home(n).post("/app/auth/login", &body).await);
    }
    for (n, way) in (1..=20).zip(FRESH.into_iter().cycle()) {
        senders.sends(&site, way, Contact::Phone, n).await;
    }
    spent(&site, &senders, 21, HOUR).await;
    let full = |answer: &Answer| {
        refused(answer, 429, TOO_MANY);
        assert_eq!(answer.header("retry-after"), HOUR.to_string());
    };
    // Strangers who write to owners share the places of all the others …
    full(&ask(&home(1), LOGIN, &Contact::Phone.of(101), 0).await);
    // … and twenty of them get a code in an hour where they signed in before.
    for (n, nature) in (101..=120).zip([LOGIN, RESET].into_iter().cycle()) {
        data(&ask(&home(n), nature, &Contact::Phone.of(n), 0).await);
    }
    full(&ask(&home(121), LOGIN, &Contact::Phone.of(121), 0).await);
    full(&ask(&home(122), RESET, &Contact::Phone.of(122), 0).await);
    site.clock.advance(Duration::from_secs(HOUR));
    data(&ask(&home(121), LOGIN, &Contact::Phone.of(121), 0).await);
}

#[tokio::test]
async fn row_42_a_cap_by_the_hour_for_all_short_messages() {
    let sending = SendingLimits { sms_by_hour: SendingLimits::by_hour(8), ..SendingLimits::default() };
    let site = Installation::builder().limited(limits(sending)).start().await;
    let senders = Senders::on(&site).await;
    let ways = || FRESH.into_iter().cycle();
    for (n, way) in (1..=8).zip(ways()) {
        senders.sends(&site, way, Contact::Phone, alone(n)).await;
        site.clock.advance(Duration::from_secs(300));
    }
    senders.sends(&site, Way::UsapiSignup, Contact::Email, alone(9)).await;
    let told = wait(&senders.send(&site, Way::AppSignup, Contact::Phone, alone(9)).await);
    // The first of them leaves an hour after it was sent, a minute later at most: the log is kept by the minute.
    let left = HOUR - 8 * 300;
    assert!((left..=left + 60).contains(&told), "{told}");
    spent(&site, &senders, alone(9), told).await;
    site.clock.advance(Duration::from_secs(told - 1));
    spent(&site, &senders, alone(9), 1).await;
    site.clock.advance(Duration::from_secs(1));
    senders.sends(&site, Way::AppSignup, Contact::Phone, alone(9)).await;
    assert_eq!(senders.send(&site, Way::AppSignup, Contact::Phone, alone(10)).await.status, 429, "one has left, so one may go");
    site.all_sent().await;
    assert_eq!(site.messages().await.len(), 10);
}

#[tokio::test]
async fn row_42_a_cap_of_money_by_the_day_each_country_at_its_price() {
    let sending = SendingLimits {
        cost_by_day: SendingLimits::by_day(Price(400_000)),
        prices: vec![(Country::hong_kong(), Price(120_000)), (Country::indonesia(), Price(20_000))],
        ..SendingLimits::default()
    };
    let site = Installation::builder().limited(limits(sending)).start().await;
    let senders = Senders::on(&site).await;
    let app = english(&site);
    for number in ["+85251230001", "+85261230001", "+85291230001"] {
        data(&ask(&app, SIGNUP, number, 0).await);
    }
    // There is money for two to Indonesia, and for none to Hong Kong.
    let told = wait(&ask(&app, SIGNUP, "+85291340001", 0).await);
    assert!((24 * HOUR..=25 * HOUR).contains(&told), "{told}");
    for n in 1..=2 {
        senders.sends(&site, Way::UsapiSignup, Contact::Phone, alone(n)).await;
    }
    spent(&site, &senders, alone(3), told).await;
    for way in [Way::UsapiSignup, Way::AppSignup, Way::AppChange] {
        senders.sends(&site, way, Contact::Email, alone(4)).await;
        site.clock.advance(Duration::from_secs(60));
    }
}

#[tokio::test]
async fn row_42_when_it_is_spent_operators_are_told() {
    let log = daftar_testkit::log::capture();
    let sending = SendingLimits { sms_by_hour: SendingLimits::by_hour(1), ..SendingLimits::default() };
    let site = Installation::builder().limited(limits(sending)).start().await;
    let senders = Senders::on(&site).await;
    for n in 1..=4 {
        senders.send(&site, Way::AppSignup, Contact::Phone, alone(n)).await;
    }
    let told = log.text().lines().filter(|line| line.contains("WARN") && line.contains("a limit is spent") && line.contains("sms.hour")).count();
    assert_eq!(told, 1, "once, and not for everybody who is refused");
    let metrics = site.anybody().get("/metrics").await.text;
    assert!(metrics.contains(r#"daftar_limited_total{limit="sms.hour"} 3"#), "{metrics}");
}
