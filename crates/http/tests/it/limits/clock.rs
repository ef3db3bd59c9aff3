//! Faults, 6: a clock that is an hour off, forward or back, in the middle of it. Limits neither freeze nor begin anew.

use std::time::Duration;

use daftar_core::limit::Limits;
use daftar_core::limit::sending::SendingLimits;
use daftar_testkit::Installation;
use serde_json::json;

use super::{Contact, FRESH, Senders, Way, at, too_many, wait};
use crate::app::{self, english};
use crate::usapi::registered;

const HOUR: Duration = Duration::from_secs(3600);
const MINUTE: Duration = Duration::from_secs(60);

/// Whoever was refused waits as long as told, and is let in then and no sooner.
async fn waits(site: &Installation, senders: &Senders, way: Way, n: u32, at_most: u64) {
    let told = wait(&senders.send(site, way, Contact::Phone, n).await);
    assert!(told <= at_most, "{told}");
    site.clock.advance(Duration::from_secs(told - 1));
    too_many(way, &senders.send(site, way, Contact::Phone, n).await, 1);
    site.clock.advance(Duration::from_secs(1));
    senders.sends(site, way, Contact::Phone, n).await;
}

#[tokio::test]
async fn fault_6_a_contacts_budget_with_a_clock_an_hour_off() {
    let site = Installation::with_limits().await;
    let senders = Senders::on(&site).await;
    senders.sends(&site, Way::AppSignup, Contact::Phone, 1).await;
    site.clock.set_back(HOUR);
    // Neither at once nor in an hour.
    too_many(Way::UsapiSignup, &senders.send(&site, Way::UsapiSignup, Contact::Phone, 1).await, 60);
    waits(&site, &senders, Way::UsapiSignup, 1, 60).await;
    // Three have been sent, however the clock jumps; then it is ten minutes for the fourth.
    site.clock.advance(MINUTE);
    senders.sends(&site, Way::InvasRegister, Contact::Phone, 1).await;
    site.clock.set_back(HOUR);
    waits(&site, &senders, Way::AppSignup, 1, 600).await;
    // The day's eight survive an hour forward and back.
    for _ in 0..4 {
        site.clock.advance(10 * MINUTE);
        senders.sends(&site, Way::AppSignup, Contact::Phone, 1).await;
    }
    for jump in [HOUR, HOUR] {
        site.clock.advance(jump);
        assert!(wait(&senders.send(&site, Way::AppSignup, Contact::Phone, 1).await) > 20 * 3600);
    }
    site.clock.set_back(HOUR);
    waits(&site, &senders, Way::AppSignup, 1, 24 * 3600).await;
}

#[tokio::test]
async fn fault_6_the_budget_of_a_prefix_with_a_clock_an_hour_back() {
    let site = Installation::with_limits().await;
    let senders = Senders::on(&site).await;
    for (n, way) in (1..=20).zip(FRESH.into_iter().cycle()) {
        senders.sends(&site, way, Contact::Phone, n).await;
        if n <= 4 {
            assert_eq!(senders.show(&site, way, Contact::Phone, n).await.status, 200);
        }
    }
    site.clock.set_back(HOUR);
    for way in FRESH {
        too_many(way, &senders.send(&site, way, Contact::Phone, 21).await, 3600);
    }
    waits(&site, &senders, Way::InvasRegister, 21, 3600).await;
}

#[tokio::test]
async fn fault_6_the_cap_of_an_hour_with_a_clock_an_hour_back() {
    let sending = SendingLimits { sms_by_hour: SendingLimits::by_hour(3), ..SendingLimits::default() };
    let site = Installation::builder().limited(Limits { sending, ..Limits::default() }).start().await;
    let senders = Senders::on(&site).await;
    for n in 1..=3 {
        senders.sends(&site, Way::AppSignup, Contact::Phone, n * 10_000).await;
    }
    site.clock.set_back(HOUR);
    waits(&site, &senders, Way::AppSignup, 40_000, 3660).await;
    // Three to an hour again, and no more.
    let replica = site.replica().await;
    for n in 5..=6 {
        senders.sends(&replica, Way::AppSignup, Contact::Phone, n * 10_000).await;
    }
    assert!(wait(&senders.send(&replica, Way::AppSignup, Contact::Phone, 70_000).await) <= 3660);
}

#[tokio::test]
async fn fault_6_a_paused_prefix_with_a_clock_an_hour_back_is_paused_for_a_day_at_most() {
    let site = Installation::with_limits().await;
    let senders = Senders::on(&site).await;
    for n in 1..=20 {
        senders.sends(&site, Way::AppChange, Contact::Phone, n).await;
        site.clock.advance(4 * MINUTE);
    }
    site.clock.advance(10 * MINUTE);
    assert_eq!(wait(&senders.send(&site, Way::AppChange, Contact::Phone, 21).await), 24 * 3600);
    site.clock.set_back(HOUR);
    assert!(wait(&senders.send(&site, Way::AppChange, Contact::Phone, 21).await) <= 24 * 3600);
    site.clock.advance(25 * HOUR);
    senders.sends(&site, Way::AppChange, Contact::Phone, 21).await;
}

#[tokio::test]
async fn fault_6_passwords_with_a_clock_an_hour_off() {
    let site = Installation::builder().limits().behind_proxy().start().await;
    registered(&site, 1).await;
    let sign_in = async |from: &str, password: &str| {
        let body = json!({"loginID": "siti 1", "password": password, "deviceToken": "a device"});
        at(&site, from).post("/app/auth/login", &body).await
    };
    // From an address of its own.
    assert_eq!(sign_in("192.0.2.1", "rahasia sekali").await.status, 200);
    for _ in 0..10 {
        assert_eq!(sign_in("192.0.2.1", "wrong").await.status, 401);
    }
    site.clock.set_back(HOUR);
    assert_eq!(wait(&sign_in("192.0.2.1", "wrong").await), 90);
    site.clock.advance(Duration::from_secs(89));
    assert_eq!(wait(&sign_in("192.0.2.1", "wrong").await), 1);
    site.clock.advance(Duration::from_secs(1));
    assert_eq!(sign_in("192.0.2.1", "wrong").await.status, 401);
    assert_eq!(wait(&sign_in("192.0.2.1", "wrong").await), 90);
    // Strangers, likewise.
    for n in 0..20 {
        assert_eq!(sign_in(&format!("198.51.100.{n}"), "wrong").await.status, 401);
    }
    site.clock.set_back(HOUR);
    assert_eq!(wait(&sign_in("198.51.100.90", "wrong").await), 180);
    site.clock.advance(Duration::from_secs(180));
    assert_eq!(sign_in("198.51.100.91", "wrong").await.status, 401);
    assert_eq!(wait(&sign_in("198.51.100.92", "wrong").await), 180);
    // Forward by mistake, and put right again.
    site.clock.advance(HOUR);
    assert_eq!(sign_in("198.51.100.93", "wrong").await.status, 401);
    site.clock.set_back(HOUR);
    let told = wait(&sign_in("198.51.100.94", "rahasia sekali").await);
    assert!(told <= 180, "{told}");
    site.clock.advance(Duration::from_secs(told));
    assert_eq!(sign_in("198.51.100.94", "rahasia sekali").await.status, 200);
}

#[tokio::test]
async fn fault_6_look_ups_with_a_clock_an_hour_off() {
    let site = Installation::with_limits().await;
    let ask = async || english(&site).post("/app/auth/account/check", &json!({"loginID": "nobody@example.test"})).await;
    for _ in 0..30 {
        app::data(&ask().await);
    }
    assert_eq!(wait(&ask().await), 2);
    site.clock.set_back(HOUR);
    // What passes unpaid may pass anew, and no more.
    let mut passed = 0;
    for _ in 0..40 {
        passed += usize::from(ask().await.status == 200);
    }
    assert!(passed <= 5, "{passed}");
    assert_eq!(wait(&ask().await), 2);
    site.clock.advance(Duration::from_secs(2));
    app::data(&ask().await);
}
