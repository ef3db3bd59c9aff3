//! Threat rows 3 and 5 while limits are on: codes that nobody gets right are a sprayer's, and thirty of them in an hour are enough to know; then new short codes
//! have eight digits, and after as many again those that are out are dead. With limits off it is the contract's 300, and nothing else.

use std::time::Duration;

use daftar_testkit::{Answer, Installation};

use super::{Contact, Senders, Way, address, at};
use crate::app::{self, INVALID_CODE, SIGNUP, access, asked, refused, show, wrong};
use crate::usapi;

/// Person `n` is sent a code for App by mail; its token.
async fn sent(site: &Installation, n: u32) -> (String, String) {
    let to = Contact::Email.of(n);
    let token = asked(&at(site, &address(n)), SIGNUP, &to, 0).await;
    (token, site.code_for(&to).await)
}

async fn shown(site: &Installation, n: u32, token: &str, code: &str) -> Answer {
    show(&at(site, &address(n)), SIGNUP, token, code).await
}

/// Codes of these people, each of whom shows as many wrong ones as told.
async fn lost(site: &Installation, people: impl Iterator<Item = u32>, tries: u32) {
    for n in people {
        let (token, code) = sent(site, n).await;
        assert_eq!(code.len(), 4);
        for _ in 0..tries {
            refused(&shown(site, n, &token, &wrong(&code)).await, 400, INVALID_CODE);
        }
    }
}

async fn limited() -> Installation {
    Installation::builder().limits().behind_proxy().start().await
}

#[tokio::test]
async fn row_5_thirty_lost_codes_in_an_hour_make_new_codes_long_and_sixty_end_short_ones_that_are_out() {
    let log = daftar_testkit::log::capture();
    let site = limited().await;
    let senders = Senders::on(&site).await;
    let (early, early_code) = sent(&site, 1).await;
    let (out, out_code) = sent(&site, 2).await;
    senders.sends(&site, Way::InvasRegister, Contact::Phone, 3).await;
    senders.sends(&site, Way::UsapiSignup, Contact::Email, 4).await;
    // Twenty-nine: nothing yet.
    lost(&site, 101..110, 3).await;
    lost(&site, 110..111, 2).await;
    let (token, code) = sent(&site, 114).await;
    assert_eq!(code.len(), 4);
    // The thirtieth: new ones are long, those that are out are good.
    refused(&shown(&site, 114, &token, &wrong(&code)).await, 400, INVALID_CODE);
    access(&shown(&site, 1, &early, &early_code).await);
    for n in 115..121 {
        let (token, code) = sent(&site, n).await;
        assert_eq!(code.len(), 8);
        for _ in 0..5 {
            refused(&shown(&site, n, &token, &wrong(&code)).await, 400, INVALID_CODE);
        }
    }
    // The sixtieth: codes of four digits are not compared any more, right or wrong; USAPI's of six are.
    refused(&shown(&site, 2, &out, &out_code).await, 400, INVALID_CODE);
    refused(&shown(&site, 114, &token, &code).await, 400, INVALID_CODE);
    assert_eq!(senders.show(&site, Way::InvasRegister, Contact::Phone, 3).await.status, 410);
    assert_eq!(senders.show(&site, Way::UsapiSignup, Contact::Email, 4).await.status, 200);
    // Nobody is locked out: whoever asks anew gets a long one, on every surface that has short ones, on a replica and after a restart.
    site.clock.advance(Duration::from_secs(60));
    let site = site.restarted().await;
    let replica = site.replica().await;
    let token = asked(&at(&replica, &address(2)), SIGNUP, &Contact::Email.of(2), 0).await;
    let code = site.newest_code(2, &Contact::Email.of(2)).await;
    assert_eq!(code.len(), 8);
    access(&shown(&site, 2, &token, &code).await);
    senders.sends(&site, Way::InvasResend, Contact::Phone, 3).await;
    let token = crate::invas::newest_token(&site, 2, &Contact::Phone.of(3)).await;
    assert_eq!(token.len(), 3 + 8);
    assert_eq!(senders.show(&site, Way::InvasResend, Contact::Phone, 3).await.status, 200);
    senders.sends(&site, Way::UsapiSignup, Contact::Phone, 6).await;
    assert_eq!(site.code_for(&Contact::Phone.of(6)).await.len(), 6, "six digits are long enough");
    assert!(log.text().lines().any(|line| line.contains("WARN") && line.contains("short codes are longer")), "operators are told");
    // An hour later it is over.
    site.clock.advance(Duration::from_secs(3600));
    assert_eq!(sent(&site, 7).await.1.len(), 4);
}

#[tokio::test]
async fn row_5_people_who_mistype_and_then_get_it_right_do_not_count() {
    let site = limited().await;
    for n in 1..=50 {
        let (token, code) = sent(&site, n).await;
        assert_eq!(code.len(), 4, "person {n}");
        for _ in 0..n % 3 {
            refused(&shown(&site, n, &token, &wrong(&code)).await, 400, INVALID_CODE);
        }
        access(&shown(&site, n, &token, &code).await);
    }
    assert_eq!(site.wrong_codes_of_everybody().await, 51);
    assert_eq!(sent(&site, 51).await.1.len(), 4);
    // Beside them the sprayer is seen as soon as without them.
    lost(&site, 101..110, 3).await;
    assert_eq!(sent(&site, 52).await.1.len(), 4);
    lost(&site, 120..121, 3).await;
    assert_eq!(sent(&site, 53).await.1.len(), 8);
}

#[tokio::test]
async fn row_5_lost_codes_count_on_all_surfaces_together() {
    let site = limited().await;
    let senders = Senders::on(&site).await;
    for (n, way) in (1..=9).zip([Way::InvasRegister, Way::UsapiSignup, Way::AppSignup].into_iter().cycle()) {
        // Numbers of many prefixes.
        let n = n * 10_000;
        senders.sends(&site, way, Contact::Phone, n).await;
        let to = Contact::Phone.of(n);
        for _ in 0..3 {
            match way {
                Way::InvasRegister => {
                    let token = crate::invas::wrong(&crate::invas::newest_token(&site, 1, &to).await);
                    let body = usapi::with(&crate::invas::confirmation(&token), "username", to.as_str());
                    crate::invas::problem(&senders.host(&site).await.post("/b2b/customer/register/confirm", &body).await, 400, "TOKEN_INVALID", None);
                }
                Way::UsapiSignup => {
                    let code = usapi::wrong(&site.code_for(&to).await);
                    usapi::verify(&site, &senders.token(way, Contact::Phone, n), &code).await.says(400, "Invalid verification code");
                }
                _ => {
                    let code = wrong(&site.code_for(&to).await);
                    refused(&shown(&site, n, &senders.token(way, Contact::Phone, n), &code).await, 400, INVALID_CODE);
                }
            }
        }
    }
    assert_eq!(sent(&site, 500).await.1.len(), 4);
    lost(&site, 501..502, 3).await;
    assert_eq!(sent(&site, 503).await.1.len(), 8);
}

#[tokio::test]
async fn row_5_with_limits_off_it_is_300_and_short_codes_that_are_out_stay_good() {
    let site = Installation::builder().behind_proxy().start().await;
    let (out, out_code) = sent(&site, 1).await;
    lost(&site, 101..200, 3).await;
    lost(&site, 200..201, 2).await;
    assert_eq!(site.wrong_codes_of_everybody().await, 299);
    assert_eq!(sent(&site, 2).await.1.len(), 4);
    lost(&site, 201..202, 1).await;
    let (token, code) = sent(&site, 3).await;
    assert_eq!(code.len(), 8);
    access(&shown(&site, 3, &token, &code).await);
    access(&shown(&site, 1, &out, &out_code).await);
}

#[tokio::test]
async fn row_3_six_wrong_codes_for_one_contact_reach_no_other() {
    let site = limited().await;
    lost(&site, 1..2, 3).await;
    site.clock.advance(Duration::from_secs(60));
    let to = Contact::Email.of(1);
    let token = asked(&at(&site, &address(1)), SIGNUP, &to, 0).await;
    let code = site.newest_code(2, &to).await;
    for _ in 0..3 {
        refused(&shown(&site, 1, &token, &wrong(&code)).await, 400, INVALID_CODE);
    }
    site.clock.advance(Duration::from_secs(60));
    // Also from another address, and on another surface; and it is its owner's as soon as he reads it.
    let token = asked(&at(&site, "203.0.113.1"), SIGNUP, &to, 0).await;
    let grown = site.newest_code(3, &to).await;
    assert_eq!((grown.len(), sent(&site, 2).await.1.len()), (8, 4));
    app::access(&shown(&site, 1, &token, &grown).await);
    assert_eq!(site.wrong_codes(&format!("email/{to}")).await, 0);
}
