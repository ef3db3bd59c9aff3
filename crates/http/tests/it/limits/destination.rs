//! Threat row 43: nobody is bombed. Every contact has one budget over all endpoints and surfaces: 60 seconds apart, three in ten minutes, eight a day.

use std::time::Duration;

use daftar_core::limit::{LimitKey, Usage};
use daftar_core::ports::{Clock as _, Store as _};
use daftar_testkit::{Answer, Installation};
use serde_json::json;

use super::{Contact, Senders, TOO_MANY, WAYS, Way, too_many, wait};
use crate::app::{LOGIN, RESET, SIGNUP, ask, data, english, refused};
use crate::invas;
use crate::usapi::{applicant, registered, with};

const MINUTE: Duration = Duration::from_secs(60);

/// Registrations of person `n` that wait on USAPI and INVAS, so that something can be sent anew; and by now all their messages are forgiven but for the day.
async fn prepare(site: &Installation, senders: &Senders, contact: Contact, n: u32) {
    senders.sends(site, Way::UsapiSignup, contact, n).await;
    site.clock.advance(MINUTE);
    senders.sends(site, Way::InvasRegister, contact, n).await;
    site.clock.advance(11 * MINUTE);
}

#[tokio::test]
async fn row_43_a_contact_has_one_budget_over_all_endpoints_and_surfaces() {
    for contact in [Contact::Phone, Contact::Email] {
        let site = Installation::with_limits().await;
        let senders = Senders::on(&site).await;
        for (n, (first, next)) in (1..).zip(WAYS.into_iter().zip(WAYS.into_iter().cycle().skip(1))) {
            let n = n * 10_000;
            prepare(&site, &senders, contact, n).await;
            senders.sends(&site, first, contact, n).await;
            for (later, left) in [(0, 60), (59, 1)] {
                site.clock.advance(Duration::from_secs(later));
                for way in WAYS {
                    too_many(way, &senders.send(&site, way, contact, n).await, left);
                }
            }
            site.clock.advance(Duration::from_secs(1));
            senders.sends(&site, next, contact, n).await;
        }
        site.all_sent().await;
        let to = |n: u32| contact.of(n * 10_000);
        let messages = site.messages().await;
        for n in 1..=6 {
            assert_eq!(messages.iter().filter(|message| message.to == to(n)).count(), 4, "{}", to(n));
        }
    }
}

#[tokio::test]
async fn row_43_sixty_seconds_apart_three_in_ten_minutes_eight_a_day_whoever_sends() {
    const TURNS: [Way; 9] = [
        Way::AppSignup,
        Way::UsapiSignup,
        Way::InvasRegister,
        Way::UsapiResend,
        Way::InvasResend,
        Way::AppChange,
        Way::UsapiSignup,
        Way::AppSignup,
        Way::InvasRegister,
    ];
    for contact in [Contact::Phone, Contact::Email] {
        let site = Installation::with_limits().await;
        let senders = Senders::on(&site).await;
        let start = site.clock.now();
        let mut sent_at = Vec::new();
        for way in TURNS {
            if !sent_at.is_empty() {
                // Whoever waits as long as he is told gets in, and nobody sooner.
                let told = wait(&senders.send(&site, way, contact, 1).await);
                site.clock.advance(Duration::from_secs(told - 1));
                too_many(way, &senders.send(&site, way, contact, 1).await, 1);
                site.clock.advance(Duration::from_secs(1));
            }
            senders.sends(&site, way, contact, 1).await;
            sent_at.push(site.clock.now().duration_since(start).as_secs());
        }
        assert_eq!(sent_at, [0, 60, 120, 600, 660, 720, 1200, 1260, 86_400]);
        site.all_sent().await;
        assert_eq!(site.messages().await.iter().filter(|message| message.to == contact.of(1)).count(), 9);
    }
}

#[tokio::test]
async fn row_43_all_codes_of_an_account_come_out_of_the_budget_of_where_they_go() {
    let site = Installation::with_limits().await;
    registered(&site, 1).await;
    let app = english(&site);
    let by_sms = [(LOGIN, "6281000000001", 0), (RESET, "+62 810-0000-0001", 0), (LOGIN, "siti 1", 2), (RESET, "SITI 1", 2)];
    let by_mail = [(LOGIN, "siti1@example.test", 0), (RESET, "SITI1@Example.TEST", 0), (LOGIN, "SITI 1", 1), (RESET, "siti 1", 1)];
    for first in 0..4 {
        for group in [by_sms, by_mail] {
            let (nature, login_id, send_type) = group[first];
            data(&ask(&app, nature, login_id, send_type).await);
            site.all_sent().await;
            for (nature, login_id, send_type) in group {
                let answer = ask(&app, nature, login_id, send_type).await;
                refused(&answer, 429, TOO_MANY);
                // The third in ten minutes is followed by two more.
                assert_eq!(answer.header("retry-after"), if first >= 2 { "120" } else { "60" });
            }
        }
        site.clock.advance(4 * MINUTE);
    }
    site.all_sent().await;
    assert_eq!(site.messages().await.len(), 8);
}

#[tokio::test]
async fn row_43_a_number_is_one_however_it_is_written() {
    let site = Installation::with_limits().await;
    let senders = Senders::on(&site).await;
    let host = senders.host(&site).await;
    assert_eq!(site.shop().post("/signup", &applicant(1, "OTP")).await.status, 200);
    for spelling in ["+62 810 0000 0001", "6281000000001", "62 (810) 0000-0001", "+6281000000001"] {
        too_many(Way::AppSignup, &ask(&english(&site), SIGNUP, spelling, 0).await, 60);
    }
    for spelling in ["081000000001", "+62 810-0000-0001", "6281000000001", "(0810) 0000 0001"] {
        let customer = with(&with(&invas::customer(), "phone", spelling), "email", json!(null));
        too_many(Way::InvasRegister, &host.post("/b2b/customer/register", &customer).await, 60);
    }
    site.all_sent().await;
    assert_eq!(site.messages().await.len(), 1);
}

/// What is used of the sending limits.
async fn used(site: &Installation) -> Vec<(LimitKey, Usage)> {
    let used = site.store().limits_used(None, 1000, site.clock.now()).await.unwrap();
    used.into_iter().filter(|(key, _)| ["send.", "sms."].iter().any(|kind| key.as_str().starts_with(kind))).collect()
}

#[tokio::test]
async fn row_43_a_refused_send_queues_nothing_pays_nothing_and_leaves_the_code_before_it_good() {
    let site = Installation::with_limits().await;
    let senders = Senders::on(&site).await;
    let mails = [Way::UsapiSignup, Way::UsapiResend, Way::InvasResend, Way::AppSignup, Way::AppChange].map(|way| (Contact::Email, way));
    for (n, (contact, way)) in (1..).zip(WAYS.map(|way| (Contact::Phone, way)).into_iter().chain(mails)) {
        let n = n * 10_000;
        prepare(&site, &senders, contact, n).await;
        senders.sends(&site, way, contact, n).await;
        site.all_sent().await;
        let before = (used(&site).await, site.messages().await.len());
        for again in WAYS {
            too_many(again, &senders.send(&site, again, contact, n).await, 60);
        }
        site.all_sent().await;
        assert_eq!((used(&site).await, site.messages().await.len()), before, "{way:?} to {contact:?}");
        let shown = senders.show(&site, way, contact, n).await;
        assert_eq!(shown.status, 200, "{way:?} to {contact:?}: {shown:?}");
    }
}

#[tokio::test]
async fn row_43_of_two_contacts_of_a_registration_neither_pays_if_one_cannot() {
    let site = Installation::with_limits().await;
    let senders = Senders::on(&site).await;
    // The address has had its message, the phone none.
    senders.sends(&site, Way::UsapiSignup, Contact::Email, 1).await;
    let before = used(&site).await;
    too_many(Way::InvasRegister, &senders.send(&site, Way::InvasRegister, Contact::Email, 1).await, 60);
    assert_eq!(used(&site).await, before);
    senders.sends(&site, Way::InvasRegister, Contact::Phone, 1).await;
    // And the other way round.
    site.clock.advance(MINUTE);
    senders.sends(&site, Way::InvasResend, Contact::Phone, 1).await;
    let before = used(&site).await;
    too_many(Way::InvasRegister, &senders.send(&site, Way::InvasRegister, Contact::Email, 1).await, 60);
    assert_eq!(used(&site).await, before);
    senders.sends(&site, Way::AppSignup, Contact::Email, 1).await;
}

#[tokio::test]
async fn row_43_with_always_ok_a_refusal_is_a_200_that_says_how_long_to_wait() {
    let site = Installation::builder().limits().app_always_ok().start().await;
    let ask = async || -> Answer { ask(&english(&site), SIGNUP, "mei@example.test", 0).await };
    data(&ask().await);
    let again = ask().await;
    refused(&again, 200, TOO_MANY);
    assert_eq!(again.header("retry-after"), "60");
}

#[tokio::test]
async fn row_43_a_restart_forgets_nothing() {
    let site = Installation::with_limits().await;
    let senders = Senders::on(&site).await;
    senders.sends(&site, Way::AppSignup, Contact::Phone, 1).await;
    let site = site.restarted().await;
    too_many(Way::UsapiSignup, &senders.send(&site, Way::UsapiSignup, Contact::Phone, 1).await, 60);
    let replica = site.replica().await;
    too_many(Way::InvasRegister, &senders.send(&replica, Way::InvasRegister, Contact::Phone, 1).await, 60);
}
