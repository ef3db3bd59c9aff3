//! Row 56: where an installation refuses what guessers try first, no surface takes it for a new password, and everything else is as it was.

use std::io::Write as _;
use std::path::Path;

use daftar_testkit::{Caller, Installation};
use serde_json::{Value, json};
use tempfile::NamedTempFile;

use crate::app::{self, E164, by_phone, done, english, me};
use crate::usapi::{applicant, person, sign_in, started, verify, with};
use crate::{invas, usapi};

const FORMAT: &str = "Invalid password format";
const TOO_EASY: &str = "This password is too easy to guess. Please choose another one.";
/// Nobody guesses it soon.
const GOOD: &str = "hxqv-trkz-wn";

fn list(lines: &str) -> NamedTempFile {
    let mut file = NamedTempFile::new().unwrap();
    file.write_all(lines.as_bytes()).unwrap();
    file
}

fn created() -> Value {
    json!({"message": "Account has been created", "status": true})
}

async fn careful() -> Installation {
    Installation::builder().min_guesses(1_000_000_000).start().await
}

async fn listing(list: &Path) -> Installation {
    Installation::builder().password_list(list).start().await
}

fn choosing(body: &Value, password: &str) -> Value {
    with(body, "password", password)
}

#[tokio::test]
async fn row_56_usapi_takes_no_password_that_is_guessed_soon() {
    let site = careful().await;
    for easy in [
        "123456",
        "P@ssw0rd1",
        "Password-123456",
        "siti 1",
        "Siti Rahma",
        "rahma.siti",
        "siti1@example.test",
        "081000000001",
        "daftar",
        "ONMART 2026",
    ] {
        for (path, body) in [("/internal/register", person(1)), ("/signup", applicant(1, "OTP")), ("/signup", applicant(1, "LINK"))] {
            site.shop().post(path, &choosing(&body, easy)).await.says(400, FORMAT);
        }
    }
    site.shop().post("/internal/register", &choosing(&person(1), GOOD)).await.is(200, &created());
    assert_eq!(sign_in(&site, "siti 1", GOOD).await.status, 200);
    let token = started(&site, &choosing(&applicant(2, "OTP"), GOOD)).await;
    verify(&site, &token, &site.newest_code(1, "+6281000000002").await).await.is(200, &created());
    assert_eq!(site.messages().await.len(), 1, "nothing was sent for what was refused");
}

#[tokio::test]
async fn row_56_formats_come_first_and_then_the_password_and_then_who_has_it() {
    let site = careful().await;
    site.shop().post("/internal/register", &choosing(&person(1), GOOD)).await.is(200, &created());
    let easy = choosing(&person(1), "123456");
    site.shop().post("/internal/register", &with(&easy, "email", "nobody")).await.says(400, "Invalid email format");
    site.shop().post("/internal/register", &easy).await.says(400, FORMAT);
    site.shop().post("/internal/register", &choosing(&person(1), GOOD)).await.says(400, "Phone number already exist");
}

#[tokio::test]
async fn row_56_app_takes_none_for_a_first_password_or_a_new_one() {
    let site = careful().await;
    let token = by_phone(&site).await;
    let set = async |caller: &Caller, put: bool, password: &str| {
        let body = json!({"password": password});
        if put { caller.put("/app/auth/password", &body).await } else { caller.post("/app/auth/password", &body).await }
    };
    let mine = me(&site, &token);
    for easy in ["123456", "qwerty2024", "68098227", "+85268098227"] {
        app::refused(&set(&mine, false, easy).await, 400, TOO_EASY);
    }
    let told = mine.with("accept-language", "id").post("/app/auth/password", &json!({"password": "123456"})).await;
    app::refused(&told, 400, "Kata sandi ini terlalu mudah ditebak. Silakan pilih yang lain.");
    set(&mine, false, GOOD).await.is(200, &done());
    let code = app::asked(&english(&site), app::RESET, app::PHONE, 0).await;
    let recovering = app::access(&app::show(&english(&site), app::RESET, &code, &site.newest_code(2, E164).await).await);
    let recovering = me(&site, &recovering);
    app::refused(&set(&recovering, true, "123456").await, 400, TOO_EASY);
    app::access(&app::sign_in(&site, app::PHONE, GOOD).await);
    set(&recovering, true, "wn-zktr-vqxh").await.is(200, &done());
    app::access(&app::sign_in(&site, app::PHONE, "wn-zktr-vqxh").await);
}

#[tokio::test]
async fn row_56_a_password_that_is_made_up_is_none_that_is_guessed_soon() {
    let site = Installation::builder().min_guesses(1_000_000_000).start().await;
    let token = by_phone(&site).await;
    me(&site, &token).post("/app/auth/password", &json!({})).await.is(200, &done());
    let password = site.nth_message(2, E164).await.text.split_whitespace().next().unwrap().to_owned();
    let again = choosing(&person(1), &password);
    site.shop().post("/internal/register", &again).await.is(200, &created());
}

#[tokio::test]
async fn row_56_what_a_list_has_is_taken_by_no_surface() {
    let plain = list("letmein\nrahasia sekali\n");
    let md5 = list("0D107D09F5BBE40CADE3DE5C71E9E9B7\n381BE4357FD637371F182A65E76B02EB:17\n");
    for list in [&plain, &md5] {
        let site = listing(list.path()).await;
        site.shop().post("/internal/register", &person(1)).await.says(400, FORMAT);
        site.shop().post("/internal/register", &choosing(&person(1), "Rahasia sekali")).await.is(200, &created());
        let token = by_phone(&site).await;
        app::refused(&me(&site, &token).post("/app/auth/password", &json!({"password": "letmein"})).await, 400, TOO_EASY);
        me(&site, &token).post("/app/auth/password", &json!({"password": "123456"})).await.is(200, &done());

        // A host sends the MD5 alone, and nothing is spent.
        let host = invas::host(&site).await;
        invas::registered(&host, &invas::customer()).await;
        let token = invas::newest_token(&site, 1, invas::NUMBER).await;
        for _ in 0..4 {
            invas::at_fault(&invas::confirm(&host, &token).await, "password");
        }
        let other = with(&invas::confirmation(&token), "password", "0123456789ABCDEF0123456789ABCDEF");
        assert_eq!(host.post("/b2b/customer/register/confirm", &other).await.status, 200);
    }
}

#[tokio::test]
async fn row_56_a_list_of_sha_1_knows_what_came_plain() {
    let sha1 = list("5BAA61E4C9B93F3F0682250B6CF8331B7EE68FD8:9545824\n7C4A8D09CA3762AF61E59520943DC26494F8941B:37359195\n");
    let site = listing(sha1.path()).await;
    for listed in ["123456", "password"] {
        site.shop().post("/internal/register", &choosing(&person(1), listed)).await.says(400, FORMAT);
    }
    site.shop().post("/internal/register", &person(1)).await.is(200, &created());
}

#[tokio::test]
async fn row_56_who_has_such_a_password_already_signs_in() {
    let site = Installation::start().await;
    usapi::registered(&site, 1).await;
    let listed = list("rahasia sekali\n");
    let site = site.restarted_with_password_list(listed.path()).await;
    assert_eq!(sign_in(&site, "siti 1", "rahasia sekali").await.status, 200);
}

#[tokio::test]
async fn row_56_a_list_that_cannot_be_read_lets_nobody_past_it() {
    let sha1 = list("5BAA61E4C9B93F3F0682250B6CF8331B7EE68FD8:9545824\n7C4A8D09CA3762AF61E59520943DC26494F8941B:37359195\n");
    let site = listing(sha1.path()).await;
    sha1.as_file().set_len(10).unwrap();
    assert_eq!(site.shop().post("/internal/register", &choosing(&person(1), "123456")).await.status, 500);
    assert_eq!(sign_in(&site, "siti 1", "123456").await.status, 401);
}
