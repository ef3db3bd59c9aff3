//! Guessing over many codes: they grow under attack, and nobody is locked out (threat rows 3 and 5).

use daftar_core::service::AppPolicy;
use daftar_testkit::Installation;

use super::{
    E164, EMAIL, INVALID_CODE, LOGIN, PHONE, RESET, SIGNUP, UPDATE_EMAIL, UPDATE_PHONE, asked, by_mail, by_phone, data, english, me, refused, show,
    signed_up, wrong,
};

/// Asks for a code and shows `tries` wrong ones.
async fn guess(site: &Installation, nature: u8, login_id: &str, to: &str, count: usize, tries: usize) {
    let token = asked(&english(site), nature, login_id, 0).await;
    let code = site.newest_code(count, to).await;
    for _ in 0..tries {
        refused(&show(&english(site), nature, &token, &wrong(&code)).await, 400, INVALID_CODE);
    }
}

#[tokio::test]
async fn row_3_after_six_wrong_codes_an_accounts_new_codes_have_eight_digits_until_one_is_verified() {
    let site = Installation::start().await;
    by_phone(&site).await;
    // Whatever they are for.
    guess(&site, LOGIN, PHONE, E164, 2, 3).await;
    guess(&site, RESET, PHONE, E164, 3, 3).await;
    let token = asked(&english(&site), LOGIN, PHONE, 0).await;
    let code = site.newest_code(4, E164).await;
    assert_eq!(code.len(), 8);
    // Its owner, who reads the message, is not locked out.
    data(&show(&english(&site), LOGIN, &token, &code).await);
    asked(&english(&site), LOGIN, PHONE, 0).await;
    assert_eq!(site.newest_code(5, E164).await.len(), 4);
}

#[tokio::test]
async fn row_1_a_code_of_eight_digits_has_five_tries() {
    let site = Installation::start().await;
    by_phone(&site).await;
    guess(&site, LOGIN, PHONE, E164, 2, 3).await;
    guess(&site, LOGIN, PHONE, E164, 3, 3).await;
    let token = asked(&english(&site), LOGIN, PHONE, 0).await;
    let code = site.newest_code(4, E164).await;
    for _ in 0..4 {
        refused(&show(&english(&site), LOGIN, &token, &wrong(&code)).await, 400, INVALID_CODE);
    }
    data(&show(&english(&site), LOGIN, &token, &code).await);
    guess(&site, LOGIN, PHONE, E164, 5, 3).await;
    guess(&site, LOGIN, PHONE, E164, 6, 3).await;
    let token = asked(&english(&site), LOGIN, PHONE, 0).await;
    let code = site.newest_code(7, E164).await;
    for _ in 0..5 {
        refused(&show(&english(&site), LOGIN, &token, &wrong(&code)).await, 400, INVALID_CODE);
    }
    refused(&show(&english(&site), LOGIN, &token, &code).await, 400, INVALID_CODE);
}

#[tokio::test]
async fn row_1_a_code_of_five_digits_has_three_tries_and_one_of_six_or_seven_has_five() {
    for (digits, tries) in [(5, 3), (6, 5), (7, 5)] {
        let site = Installation::builder().app(AppPolicy { code_digits: digits, ..AppPolicy::default() }).start().await;
        for (count, wrong_ones, works) in [(1, tries - 1, true), (2, tries, false)] {
            let nature = if count == 1 { SIGNUP } else { LOGIN };
            let token = asked(&english(&site), nature, PHONE, 0).await;
            let code = site.newest_code(count, E164).await;
            assert_eq!(code.len(), usize::from(digits));
            for _ in 0..wrong_ones {
                refused(&show(&english(&site), nature, &token, &wrong(&code)).await, 400, INVALID_CODE);
            }
            let answer = show(&english(&site), nature, &token, &code).await;
            assert_eq!(answer.status == 200, works, "{digits} digits after {wrong_ones} wrong ones: {answer:?}");
        }
    }
}

#[tokio::test]
async fn row_3_codes_that_were_sent_before_the_sixth_wrong_one_are_dead_after_it() {
    let site = Installation::start().await;
    let access = by_phone(&site).await;
    let mei = me(&site, &access);
    let change = asked(&mei, UPDATE_EMAIL, EMAIL, 0).await;
    data(&show(&mei, UPDATE_EMAIL, &change, &site.code_for(EMAIL).await).await);
    let mailed = asked(&english(&site), LOGIN, EMAIL, 0).await;
    let code = site.newest_code(2, EMAIL).await;
    guess(&site, LOGIN, PHONE, E164, 2, 3).await;
    guess(&site, LOGIN, PHONE, E164, 3, 3).await;
    refused(&show(&english(&site), LOGIN, &mailed, &code).await, 400, INVALID_CODE);
}

#[tokio::test]
async fn row_3_where_there_is_no_account_yet_the_destination_counts_over_all_surfaces() {
    let site = Installation::start().await;
    guess(&site, SIGNUP, "siti1@example.test", "siti1@example.test", 1, 3).await;
    guess(&site, SIGNUP, "siti1@example.test", "siti1@example.test", 2, 3).await;
    asked(&english(&site), SIGNUP, "siti1@example.test", 0).await;
    assert_eq!(site.newest_code(3, "siti1@example.test").await.len(), 8);
    crate::usapi::started(&site, &crate::usapi::applicant(1, "LINK")).await;
    assert_eq!(site.newest_code(4, "siti1@example.test").await.len(), 8);
}

#[tokio::test]
async fn row_3_a_contact_change_counts_against_the_account_and_against_the_contact() {
    let site = Installation::start().await;
    let (one, other) = (by_mail(&site).await, signed_up(&site, "ana@example.test", "ana@example.test").await);
    // Two accounts guess at one number: it has met six.
    for (count, access) in [(1, &one), (2, &other)] {
        let caller = me(&site, access);
        let token = asked(&caller, UPDATE_PHONE, PHONE, 0).await;
        let code = site.newest_code(count, E164).await;
        for _ in 0..3 {
            refused(&show(&caller, UPDATE_PHONE, &token, &wrong(&code)).await, 400, INVALID_CODE);
        }
    }
    let third = signed_up(&site, "eva@example.test", "eva@example.test").await;
    asked(&me(&site, &third), UPDATE_PHONE, PHONE, 0).await;
    assert_eq!(site.newest_code(3, E164).await.len(), 8);
    // One account guesses at another number: it has met six, too.
    let caller = me(&site, &one);
    let token = asked(&caller, UPDATE_PHONE, "51234567", 0).await;
    let code = site.code_for("+85251234567").await;
    for _ in 0..3 {
        refused(&show(&caller, UPDATE_PHONE, &token, &wrong(&code)).await, 400, INVALID_CODE);
    }
    asked(&caller, UPDATE_PHONE, "61234567", 0).await;
    assert_eq!(site.code_for("+85261234567").await.len(), 8);
}

#[tokio::test]
async fn row_5_over_300_wrong_codes_an_hour_every_new_code_has_eight_digits_until_it_calms_down() {
    let site = Installation::start().await;
    for n in 0..100 {
        let contact = format!("mei{n}@example.test");
        guess(&site, SIGNUP, &contact, &contact, 1, 3).await;
    }
    asked(&english(&site), SIGNUP, PHONE, 0).await;
    assert_eq!(site.code_for(E164).await.len(), 8);
    site.clock.advance(std::time::Duration::from_secs(3700));
    asked(&english(&site), SIGNUP, PHONE, 0).await;
    assert_eq!(site.newest_code(2, E164).await.len(), 4);
}
