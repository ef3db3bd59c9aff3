//! `POST /app/auth/signup/verify`: an account by a code alone.

use daftar_testkit::Installation;
use futures_util::future::join_all;
use serde_json::json;

use super::{E164, EMAIL, INVALID_CODE, LOGIN, PHONE, SIGNUP, ask, asked, by_mail, by_phone, data, english, is_live, me, refused, show, signed_up};
use crate::usapi::{applicant, registered, started, verify};

#[tokio::test]
async fn it_makes_an_account_without_a_password_its_contact_proven_and_its_username_drawn() {
    let site = Installation::start().await;
    let (by_phone, by_mail) = (by_phone(&site).await, by_mail(&site).await);
    assert!(is_live(&site, &by_phone).await && is_live(&site, &by_mail).await);
    for (login_id, account_type) in [(PHONE, 3), (EMAIL, 2)] {
        let check = english(&site).post("/app/auth/account/check", &json!({"loginID": login_id})).await;
        assert_eq!(data(&check), json!({"accountType": account_type, "exists": true, "setPassword": false}));
    }
    let names = [site.username_of(E164).await, site.username_of(EMAIL).await];
    assert!(names.iter().all(|name| name.len() == 8 && name.bytes().all(|b| b.is_ascii_alphanumeric())), "{names:?}");
    assert_ne!(names[0], names[1]);
}

#[tokio::test]
async fn row_10_the_token_alone_makes_nothing_and_speaks_for_nobody() {
    let site = Installation::start().await;
    let token = asked(&english(&site), SIGNUP, PHONE, 0).await;
    assert!(!is_live(&site, &token).await);
    assert_eq!(ask(&english(&site), LOGIN, PHONE, 0).await.status, 404, "there is no account yet");
}

#[tokio::test]
async fn a_contact_taken_between_code_and_verify_is_told_and_the_code_is_not_spent() {
    let site = Installation::start().await;
    let late = asked(&english(&site), SIGNUP, "siti1@example.test", 0).await;
    let code = site.code_for("siti1@example.test").await;
    registered(&site, 1).await;
    for _ in 0..4 {
        refused(&show(&english(&site), SIGNUP, &late, &code).await, 409, "This e-mail address already has an account.");
    }
    assert_eq!(site.wrong_codes("email/siti1@example.test").await, 0);
}

#[tokio::test]
async fn row_34_proving_a_contact_takes_it_from_an_account_that_never_did() {
    let site = Installation::start().await;
    let token = started(&site, &applicant(1, "LINK")).await;
    assert_eq!(verify(&site, &token, &site.code_for("siti1@example.test").await).await.status, 200);
    let owner = signed_up(&site, "6281000000001", "+6281000000001").await;
    assert_eq!(data(&me(&site, &owner).get("/app/auth/info").await)["phone"], json!("+6281000000001"));
    // The account that lost it is told where it still can be.
    let told = site.nth_message(2, "siti1@example.test").await;
    assert!(told.text.contains("was removed from your account"), "{}", told.text);
    let answer = crate::usapi::sign_in(&site, "6281000000001", "rahasia sekali").await;
    assert_eq!(answer.status, 401, "the number is another account's now");
}

#[tokio::test]
async fn row_34_what_was_proven_here_is_taken_on_usapi() {
    let site = Installation::start().await;
    signed_up(&site, "6281000000001", "+6281000000001").await;
    site.shop().post("/signup", &applicant(1, "OTP")).await.says(400, "Phone number already exist");
}

#[tokio::test]
async fn row_34_a_proof_on_usapi_takes_a_contact_that_an_account_of_this_surface_only_said() {
    let site = Installation::start().await;
    let access = by_mail(&site).await;
    super::with_password(&site, &access).await;
    // The app's account says a number on USAPI, and never proves it.
    let session = crate::usapi::sign_in(&site, EMAIL, super::PASSWORD).await.json()["token"].as_str().unwrap().to_owned();
    let said = json!({"date_of_birth": "1996-10-18", "gender": "Perempuan", "phone_number": "6281000000001"});
    let form = reqwest::multipart::Form::new().text("basic_profile", said.to_string());
    let request = site.anybody().bearer(&session).request(reqwest::Method::POST, "/update-basic-profile").multipart(form);
    assert_eq!(request.send().await.unwrap().status(), 200);
    assert_eq!(data(&me(&site, &access).get("/app/auth/info").await)["phone"], json!("+6281000000001"));
    // Its owner does, on USAPI.
    let token = started(&site, &applicant(1, "OTP")).await;
    assert_eq!(verify(&site, &token, &site.code_for("+6281000000001").await).await.status, 200);
    assert_eq!(data(&me(&site, &access).get("/app/auth/info").await), json!({"email": EMAIL, "phone": null}));
    assert!(site.nth_message(2, EMAIL).await.text.contains("was removed from your account"));
}

#[tokio::test]
async fn of_64_racing_sign_ups_for_one_phone_one_makes_the_account() {
    let site = Installation::start().await;
    let token = asked(&english(&site), SIGNUP, PHONE, 0).await;
    let code = site.code_for(E164).await;
    let answers = join_all((0..64).map(|_| async { show(&english(&site), SIGNUP, &token, &code).await })).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 200).count(), 1);
    assert!(answers.iter().filter(|answer| answer.status != 200).all(|answer| answer.status == 400));
    refused(&show(&english(&site), SIGNUP, &token, &code).await, 400, INVALID_CODE);
}

#[tokio::test]
async fn an_account_is_written_to_in_the_language_in_which_it_was_made() {
    let site = Installation::start().await;
    // In Traditional Chinese, where none is asked for.
    let token = asked(&site.anybody(), SIGNUP, PHONE, 0).await;
    assert!(site.only_message(E164).await.text.contains("驗證碼"));
    let code = site.code_for(E164).await;
    data(&show(&site.anybody(), SIGNUP, &token, &code).await);
    asked(&english(&site), LOGIN, PHONE, 0).await;
    assert!(site.nth_message(2, E164).await.text.contains("驗證碼"), "the account's language, not the call's");
    let indonesian = site.anybody().with("accept-language", "fr, id;q=0.8, en;q=0.5");
    let token = asked(&indonesian, SIGNUP, EMAIL, 0).await;
    assert!(site.only_message(EMAIL).await.text.contains("Halo"));
    let code = site.code_for(EMAIL).await;
    data(&show(&indonesian, SIGNUP, &token, &code).await);
    asked(&english(&site), LOGIN, EMAIL, 0).await;
    assert!(site.nth_message(2, EMAIL).await.text.contains("Halo"));
}
