//! `POST /app/auth/update-email/verify` and `/app/auth/update-phone/verify`.

use daftar_testkit::Installation;
use serde_json::{Value, json};

use super::{
    E164, EMAIL, INVALID_CODE, LOGIN, NOT_SIGNED_IN, PHONE, RESET, UPDATE_EMAIL, UPDATE_PHONE, asked, by_mail, by_phone, data, done, english,
    is_live, me, refused, show, sign_in,
};
use crate::usapi::{applicant, registered, started, verify};

/// Changes a contact; `count` messages to it bring the code.
async fn change(site: &Installation, access: &str, nature: u8, login_id: &str, to: &str, count: usize) -> daftar_testkit::Answer {
    let token = asked(&me(site, access), nature, login_id, 0).await;
    show(&me(site, access), nature, &token, &site.newest_code(count, to).await).await
}

async fn info(site: &Installation, access: &str) -> Value {
    data(&me(site, access).get("/app/auth/info").await)
}

#[tokio::test]
async fn a_contact_is_linked_where_there_was_none_and_nobody_is_told() {
    let site = Installation::start().await;
    let access = by_phone(&site).await;
    change(&site, &access, UPDATE_EMAIL, EMAIL, EMAIL, 1).await.is(200, &done());
    assert_eq!(info(&site, &access).await, json!({"email": EMAIL, "phone": PHONE}));
    site.all_sent().await;
    assert_eq!(site.messages().await.len(), 2, "the two codes");
}

#[tokio::test]
async fn row_57_a_changed_contact_is_told_to_the_old_one() {
    let site = Installation::start().await;
    let access = by_mail(&site).await;
    change(&site, &access, UPDATE_EMAIL, "new@example.test", "new@example.test", 1).await.is(200, &done());
    let told = site.nth_message(2, EMAIL).await;
    assert!(told.text.contains("has just been changed"), "{}", told.text);
    let access = by_phone(&site).await;
    change(&site, &access, UPDATE_PHONE, "51234567", "+85251234567", 1).await.is(200, &done());
    let told = site.nth_message(2, E164).await;
    assert!(told.text.contains("was changed"), "{}", told.text);
    assert_eq!(info(&site, &access).await["phone"], json!("51234567"));
    // The old ones are free again.
    signed_up_again(&site).await;
}

async fn signed_up_again(site: &Installation) {
    for (login_id, to) in [(EMAIL, EMAIL), (PHONE, E164)] {
        let token = asked(&english(site), super::SIGNUP, login_id, 0).await;
        data(&show(&english(site), super::SIGNUP, &token, &site.newest_code(3, to).await).await);
    }
}

#[tokio::test]
async fn row_13_codes_that_went_to_the_old_contact_are_dead() {
    let site = Installation::start().await;
    let access = by_mail(&site).await;
    let login = asked(&english(&site), LOGIN, EMAIL, 0).await;
    let login_code = site.newest_code(2, EMAIL).await;
    let reset = asked(&english(&site), RESET, EMAIL, 0).await;
    let reset_code = site.newest_code(3, EMAIL).await;
    change(&site, &access, UPDATE_EMAIL, "new@example.test", "new@example.test", 1).await.is(200, &done());
    refused(&show(&english(&site), LOGIN, &login, &login_code).await, 400, INVALID_CODE);
    refused(&show(&english(&site), RESET, &reset, &reset_code).await, 400, INVALID_CODE);
}

#[tokio::test]
async fn row_13_a_reset_that_the_old_contact_paid_for_is_over() {
    let site = Installation::start().await;
    let access = by_mail(&site).await;
    let reset = asked(&english(&site), RESET, EMAIL, 0).await;
    let recovery = super::access(&show(&english(&site), RESET, &reset, &site.newest_code(2, EMAIL).await).await);
    change(&site, &access, UPDATE_EMAIL, "new@example.test", "new@example.test", 1).await.is(200, &done());
    refused(&me(&site, &recovery).put("/app/auth/password", &json!({"password": "another"})).await, 401, NOT_SIGNED_IN);
    assert!(is_live(&site, &access).await);
}

#[tokio::test]
async fn a_contact_taken_between_code_and_verify_is_told_and_nothing_is_changed() {
    let site = Installation::start().await;
    let access = by_mail(&site).await;
    let token = asked(&me(&site, &access), UPDATE_EMAIL, "siti1@example.test", 0).await;
    let code = site.code_for("siti1@example.test").await;
    registered(&site, 1).await;
    for _ in 0..4 {
        refused(&show(&me(&site, &access), UPDATE_EMAIL, &token, &code).await, 409, "This e-mail address already has an account.");
    }
    assert_eq!(info(&site, &access).await["email"], json!(EMAIL));
    site.all_sent().await;
    assert!(!site.messages().await.iter().any(|message| message.text.contains("changed")));
}

#[tokio::test]
async fn row_34_a_proof_takes_an_unproven_contact_from_another_account_and_tells_it() {
    let site = Installation::start().await;
    let token = started(&site, &applicant(1, "LINK")).await;
    assert_eq!(verify(&site, &token, &site.code_for("siti1@example.test").await).await.status, 200);
    let access = by_mail(&site).await;
    change(&site, &access, UPDATE_PHONE, "6281000000001", "+6281000000001", 1).await.is(200, &done());
    assert_eq!(info(&site, &access).await["phone"], json!("+6281000000001"));
    assert!(site.nth_message(2, "siti1@example.test").await.text.contains("was removed"));
}

#[tokio::test]
async fn row_34_an_account_can_prove_a_contact_that_it_only_said() {
    let site = Installation::start().await;
    let token = started(&site, &applicant(1, "LINK")).await;
    assert_eq!(verify(&site, &token, &site.code_for("siti1@example.test").await).await.status, 200);
    let access = super::access(&sign_in(&site, "siti 1", "rahasia sekali").await);
    assert_eq!(info(&site, &access).await["phone"], json!("+6281000000001"));
    change(&site, &access, UPDATE_PHONE, "6281000000001", "+6281000000001", 1).await.is(200, &done());
    let login = asked(&english(&site), LOGIN, "6281000000001", 0).await;
    super::access(&show(&english(&site), LOGIN, &login, &site.newest_code(2, "+6281000000001").await).await);
    site.all_sent().await;
    assert!(!site.messages().await.iter().any(|message| message.text.contains("was changed")), "nothing was changed");
}

#[tokio::test]
async fn a_session_that_ended_meanwhile_changes_nothing() {
    let site = Installation::start().await;
    let access = by_mail(&site).await;
    let token = asked(&me(&site, &access), UPDATE_EMAIL, "new@example.test", 0).await;
    let code = site.code_for("new@example.test").await;
    me(&site, &access).delete("/app/auth/logout").await.is(200, &done());
    refused(&show(&me(&site, &access), UPDATE_EMAIL, &token, &code).await, 401, NOT_SIGNED_IN);
}

#[tokio::test]
async fn of_those_who_prove_one_number_at_once_in_three_ways_one_has_it() {
    for _ in 0..8 {
        let site = Installation::start().await;
        let access = by_mail(&site).await;
        let (mei, app) = (me(&site, &access), english(&site));
        // Three codes that live side by side, because they are for three purposes.
        let usapi = started(&site, &applicant(1, "OTP")).await;
        let usapi_code = site.code_for("+6281000000001").await;
        let sign_up = asked(&app, super::SIGNUP, "6281000000001", 0).await;
        let sign_up_code = site.newest_code(2, "+6281000000001").await;
        let update = asked(&mei, UPDATE_PHONE, "6281000000001", 0).await;
        let update_code = site.newest_code(3, "+6281000000001").await;
        let (one, two, three) = tokio::join!(
            verify(&site, &usapi, &usapi_code),
            show(&app, super::SIGNUP, &sign_up, &sign_up_code),
            show(&mei, UPDATE_PHONE, &update, &update_code),
        );
        let statuses = [one.status.as_u16(), two.status.as_u16(), three.status.as_u16()];
        assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 1, "{statuses:?}");
        assert!(statuses.iter().zip([400, 409, 409]).all(|(status, taken)| *status == 200 || *status == taken), "{statuses:?}");
    }
}
