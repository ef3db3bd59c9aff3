//! Threat row 42: a prefix to which twenty codes were sent and under a fifth of them verified is paused for a day. Judged are codes that were verified or can be
//! no more.

use std::time::Duration;

use daftar_core::limit::sending::SendingLimits;
use daftar_core::limit::{Budget, Limits};
use daftar_core::ports::{Clock as _, Store as _};
use daftar_testkit::Installation;

use super::{Contact, FRESH, Senders, TOO_MANY, Way, too_many};
use crate::app::{LOGIN, RESET, ask, asked, english, refused, show};
use crate::usapi::registered;

const DAY: u64 = 24 * 3600;
/// Somebody of the prefix that is pumped who has got nothing yet.
const NEXT: u32 = 500;

/// With so wide a budget for a prefix that the breaker alone is met.
async fn site() -> Installation {
    let per_prefix = Budget::of(1000, Duration::from_secs(3600), Duration::ZERO);
    Installation::builder().limited(Limits { sending: SendingLimits { per_prefix, ..SendingLimits::default() }, ..Limits::default() }).start().await
}

/// Sends to `count` people of one prefix, of whom the first `verified` show their code.
async fn pump(site: &Installation, senders: &Senders, count: u32, verified: u32) {
    for (n, way) in (1..=count).zip(FRESH.into_iter().cycle()) {
        senders.sends(site, way, Contact::Phone, n).await;
        if n <= verified {
            assert_eq!(senders.show(site, way, Contact::Phone, n).await.status, 200);
        }
    }
}

async fn paused(site: &Installation, senders: &Senders, seconds: u64) {
    for (n, way) in (NEXT..).zip(FRESH) {
        too_many(way, &senders.send(site, way, Contact::Phone, n).await, seconds);
    }
}

#[tokio::test]
async fn row_42_a_prefix_whose_codes_nobody_verifies_is_paused_for_a_day() {
    let log = daftar_testkit::log::capture();
    let site = site().await;
    let senders = Senders::on(&site).await;
    pump(&site, &senders, 20, 0).await;
    // As long as their codes live they may be verified.
    site.clock.advance(Duration::from_secs(599));
    senders.sends(&site, Way::AppSignup, Contact::Phone, NEXT - 1).await;
    site.clock.advance(Duration::from_secs(1));
    paused(&site, &senders, DAY).await;
    // Nobody else is, and neither is their mail.
    senders.sends(&site, Way::AppSignup, Contact::Phone, 10_000).await;
    senders.sends(&site, Way::UsapiSignup, Contact::Email, NEXT).await;
    // Operators are told: by name, once.
    let told = log.text().lines().filter(|line| line.contains("WARN") && line.contains("it is paused") && line.contains("+628100000")).count();
    assert_eq!(told, 1);
    assert!(site.anybody().get("/metrics").await.text.contains(r#"daftar_limited_total{limit="send.pause"}"#));
    // It outlives a restart, and holds on replicas.
    site.clock.advance(Duration::from_secs(DAY - 1));
    let site = site.restarted().await;
    paused(&site, &senders, 1).await;
    let replica = site.replica().await;
    paused(&replica, &senders, 1).await;
    // Then everything is forgotten.
    site.clock.advance(Duration::from_secs(1));
    for (n, way) in (NEXT..).zip(FRESH) {
        senders.sends(&site, way, Contact::Phone, n).await;
    }
}

#[tokio::test]
async fn row_42_a_fifth_of_verified_codes_is_enough_and_less_is_not() {
    for (verified, is_paused) in [(4, false), (3, true)] {
        let site = site().await;
        let senders = Senders::on(&site).await;
        pump(&site, &senders, 20, verified).await;
        site.clock.advance(Duration::from_secs(600));
        if is_paused {
            paused(&site, &senders, DAY).await;
        } else {
            senders.sends(&site, Way::UsapiSignup, Contact::Phone, NEXT).await;
        }
    }
}

#[tokio::test]
async fn row_42_a_pause_keeps_no_owner_of_a_number_out() {
    let site = site().await;
    let senders = Senders::on(&site).await;
    registered(&site, NEXT - 1).await;
    let (number, app) = (Contact::Phone.of(NEXT - 1), english(&site));
    pump(&site, &senders, 20, 0).await;
    site.clock.advance(Duration::from_secs(600));
    paused(&site, &senders, DAY).await;
    for (count, nature) in (1..).zip([LOGIN, RESET]) {
        let token = asked(&app, nature, &number, 0).await;
        site.all_sent().await;
        assert_eq!(show(&app, nature, &token, &site.newest_code(count, &number).await).await.status, 200);
        site.clock.advance(Duration::from_secs(60));
    }
    // An account that an operator has disabled is nobody's.
    site.disable(&number).await;
    refused(&ask(&app, LOGIN, &number, 0).await, 429, TOO_MANY);
    // Whoever has no account gets nothing there, still.
    paused(&site, &senders, DAY - 120).await;
}

#[tokio::test]
async fn row_42_codes_to_owners_of_numbers_pause_nobody() {
    let site = site().await;
    let senders = Senders::on(&site).await;
    for n in 1..=21 {
        registered(&site, n).await;
        asked(&english(&site), LOGIN, &Contact::Phone.of(n), 0).await;
    }
    site.clock.advance(Duration::from_secs(600));
    let conversion = site.store().sending_standing(Vec::new(), Some("+628100000"), site.clock.now()).await.unwrap().conversion;
    assert_eq!((conversion.over, conversion.verified), (0, 0));
    senders.sends(&site, Way::AppSignup, Contact::Phone, NEXT).await;
}

#[tokio::test]
async fn row_42_fewer_than_twenty_codes_are_not_judged() {
    let site = site().await;
    let senders = Senders::on(&site).await;
    pump(&site, &senders, 19, 0).await;
    site.clock.advance(Duration::from_secs(600));
    senders.sends(&site, Way::InvasRegister, Contact::Phone, NEXT).await;
}

#[tokio::test]
async fn row_42_a_pumper_gets_twenty_messages_a_day_out_of_a_prefix() {
    let site = Installation::with_limits().await;
    let senders = Senders::on(&site).await;
    let mut sent = 0;
    // Every five minutes for a day, to another number each time.
    for n in 1..=288 {
        let way = FRESH[usize::try_from(n).unwrap() % FRESH.len()];
        sent += u32::from(senders.send(&site, way, Contact::Phone, n).await.status == 200);
        // While its code lives, or it is not sent any more.
        site.all_sent().await;
        site.clock.advance(Duration::from_secs(300));
    }
    // Those of the last minutes before it is paused could have been verified still.
    assert!((20..=22).contains(&sent), "{sent}");
    assert_eq!(site.messages().await.len(), usize::try_from(sent).unwrap());
}
