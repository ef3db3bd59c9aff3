//! `GET` and `POST /b2b/customer/register/authorize` as a client without a browser sees it; the browser's view is in `browser`.

use std::time::Duration;

use daftar_testkit::{Caller, Installation};
use futures_util::future::join_all;
use reqwest::Method;
use serde_json::json;

use super::{EMAIL, PHONE, confirm, confirmation, customer, host, key, newest_token, problem, registered, token};
use crate::usapi::{applicant, started, with, without};

const PATH: &str = "/b2b/customer/register/authorize";

/// Whether the host may confirm without a token.
async fn is_authorised(host: &Caller) -> bool {
    let body = with(&without(&confirmation(""), "token"), "password", "no password");
    // Refused for its password at the latest, so that asking changes nothing.
    assert_eq!(host.post("/b2b/customer/register/confirm", &body).await.status, 400);
    let body = without(&confirmation(""), "token");
    let answer = host.post("/b2b/customer/register/confirm", &body).await;
    if answer.status == 200 {
        return true;
    }
    problem(&answer, 400, "TOKEN_REQUIRED", None);
    false
}

async fn press(site: &Installation, key: &str, decision: &str) -> u16 {
    site.anybody().post_form(PATH, &[("key", key), ("decision", decision)]).await.status.as_u16()
}

#[tokio::test]
async fn row_39_loading_the_page_changes_nothing_and_its_button_works_once() {
    let site = Installation::start().await;
    let host = host(&site).await;
    registered(&host, &customer()).await;
    let key = key(&site, 1).await;
    let link = format!("{PATH}?key={key}");
    for purpose in ["prefetch", "preview", ""] {
        let page = site.anybody().with("purpose", purpose).with("sec-purpose", purpose).get(&link).await;
        assert_eq!((page.status.as_u16(), page.header("content-type")), (200, "text/html; charset=utf-8"));
        assert_eq!(site.anybody().request(Method::HEAD, &link).send().await.unwrap().status(), 200);
    }
    assert!(!is_authorised(&host).await);
    assert_eq!(press(&site, &key, "confirm").await, 200);
    assert_eq!((press(&site, &key, "confirm").await, press(&site, &key, "reject").await), (410, 410));
    let again = site.anybody().get(&link).await;
    assert_eq!(again.status, 410);
    assert!(again.text.contains("Your address is confirmed already"), "{}", again.text);
    assert!(is_authorised(&host).await);
    let complete = site.anybody().get(&link).await;
    assert!(complete.status == 410 && complete.text.contains("The registration is complete"), "{}", complete.text);
}

#[tokio::test]
async fn row_34_this_was_not_me_kills_the_registration_and_its_token() {
    let site = Installation::start().await;
    let host = host(&site).await;
    registered(&host, &customer()).await;
    let (key, token) = (key(&site, 1).await, token(&site).await);
    assert_eq!(press(&site, &key, "reject").await, 200);
    problem(&confirm(&host, &token).await, 404, "REGISTRATION_NOT_FOUND", None);
    let phones = json!({"username": PHONE, "phone": PHONE});
    problem(&host.post("/b2b/customer/resend/registration/email", &phones).await, 404, "REGISTRATION_NOT_FOUND", None);
    assert_eq!((press(&site, &key, "confirm").await, press(&site, &key, "reject").await), (410, 410));
    // The host may begin anew.
    registered(&host, &customer()).await;
    assert_eq!(confirm(&host, &newest_token(&site, 2, super::NUMBER).await).await.status, 200);
}

#[tokio::test]
async fn row_34_the_page_names_the_registration_and_keeps_the_phone_from_strangers() {
    let site = Installation::start().await;
    registered(&host(&site).await, &customer()).await;
    let page = site.anybody().get(&format!("{PATH}?key={}", key(&site, 1).await)).await.text;
    assert!(page.contains("Septian Cahyo") && page.contains(EMAIL) && page.contains("******90"), "{page}");
    assert!(!page.contains("1234567") && !page.contains("Jakarta") && !page.contains("1990"), "{page}");
}

#[tokio::test]
async fn a_forged_replaced_expired_or_foreign_link_is_gone() {
    let site = Installation::start().await;
    let host = host(&site).await;
    registered(&host, &customer()).await;
    let replaced = key(&site, 1).await;
    registered(&host, &customer()).await;
    started(&site, &applicant(1, "LINK")).await;
    let of_a_sign_up = site.link_for("siti1@example.test").await.rsplit_once("key=").unwrap().1.to_owned();
    for dead in ["", "x", &"A".repeat(43), "%00", "../..", &replaced, &of_a_sign_up] {
        assert_eq!(site.anybody().get(&format!("{PATH}?key={dead}")).await.status, 410, "{dead}");
        assert_eq!((press(&site, dead, "confirm").await, press(&site, dead, "reject").await), (410, 410), "{dead}");
    }
    assert_eq!(site.anybody().get(PATH).await.status, 410);
    let live = key(&site, 2).await;
    assert_eq!(site.anybody().get(&format!("/signup/confirm?key={live}")).await.status, 410, "row 6: a sign-up is another matter");
    assert_eq!(site.anybody().post_form("/signup/confirm", &[("key", &live)]).await.status, 410);
    site.clock.advance(Duration::from_secs(1799));
    assert_eq!(site.anybody().get(&format!("{PATH}?key={live}")).await.status, 200);
    site.clock.advance(Duration::from_secs(1));
    assert_eq!(site.anybody().get(&format!("{PATH}?key={live}")).await.status, 410);
    assert_eq!(press(&site, &live, "confirm").await, 410);
    // The sign-up went its own way.
    assert_eq!(site.anybody().get(&format!("/signup/confirm?key={of_a_sign_up}")).await.status, 410, "expired by now");
}

#[tokio::test]
async fn row_7_of_100_buttons_of_both_kinds_at_once_one_works() {
    let site = Installation::start().await;
    let host = host(&site).await;
    registered(&host, &customer()).await;
    let key = key(&site, 1).await;
    let presses = (0..100).map(|n| {
        let decision = if n % 2 == 0 { "confirm" } else { "reject" };
        let (site, key) = (&site, &key);
        async move { (decision, press(site, key, decision).await) }
    });
    let answers = join_all(presses).await;
    let worked: Vec<_> = answers.iter().filter(|(_, status)| *status == 200).map(|(decision, _)| *decision).collect();
    assert!(answers.iter().all(|(_, status)| [200, 410].contains(status)));
    assert_eq!(worked.len(), 1, "{answers:?}");
    let answer = host.post("/b2b/customer/register/confirm", &without(&confirmation(""), "token")).await;
    assert_eq!(answer.status, if worked == ["confirm"] { 200 } else { 404 });
}

#[tokio::test]
async fn what_is_no_form_is_refused_with_a_page_and_changes_nothing() {
    let site = Installation::start().await;
    let host = host(&site).await;
    registered(&host, &customer()).await;
    let form = format!("key={}", key(&site, 1).await);
    for (status, content_type, body) in [
        (415, "application/json", form.clone()),
        (413, "application/x-www-form-urlencoded", format!("{form}&filler={}", "x".repeat(64 * 1024))),
        (400, "application/x-www-form-urlencoded", format!("{form}&decision=perhaps")),
    ] {
        let answer = site.anybody().post_raw(PATH, content_type, body).await;
        assert_eq!((answer.status.as_u16(), answer.header("content-type")), (status, "text/html; charset=utf-8"), "{content_type}");
    }
    assert!(!is_authorised(&host).await);
    let posted = site.anybody().request(Method::POST, &format!("{PATH}?{form}")).send().await.unwrap();
    assert_eq!(posted.status(), 200, "the link itself may be posted to");
    assert!(is_authorised(&host).await);
}

#[tokio::test]
async fn a_store_that_is_away_is_a_friendly_503() {
    let site = Installation::start().await;
    registered(&host(&site).await, &customer()).await;
    let key = key(&site, 1).await;
    site.break_store();
    for answer in [site.anybody().get(&format!("{PATH}?key={key}")).await, site.anybody().post_form(PATH, &[("key", &key)]).await] {
        assert!(answer.status == 503 && answer.text.contains("<h1>One moment, please</h1>") && !answer.header("retry-after").is_empty());
    }
}

#[tokio::test]
async fn row_38_no_header_changes_where_the_page_or_its_link_leads() {
    let site = Installation::start().await;
    let poisoned = |caller: Caller| {
        let forwarded = caller.with("x-forwarded-host", "evil.example").with("forwarded", "host=evil.example;proto=http");
        forwarded.with("x-forwarded-proto", "ftp").with("host", "evil.example")
    };
    registered(&poisoned(host(&site).await), &customer()).await;
    let mail = site.only_message(EMAIL).await;
    assert!(!mail.text.contains("evil") && !mail.html.unwrap().contains("evil"));
    let page = poisoned(site.anybody()).get(&format!("{PATH}?key={}", key(&site, 1).await)).await;
    assert!(page.status == 200 && !page.text.contains("evil"));
    // Row 59.
    assert_eq!((page.header("cache-control"), page.header("referrer-policy")), ("no-store", "no-referrer"));
    let policy = page.header("content-security-policy");
    assert!(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'") && !policy.contains("unsafe"), "{policy}");
}

#[tokio::test]
async fn the_page_prefers_the_browsers_language_and_else_the_registrations() {
    let site = Installation::start().await;
    registered(&host(&site).await.with("accept-language", "id"), &customer()).await;
    let link = format!("{PATH}?key={}", key(&site, 1).await);
    for (wish, heading) in [("de", "Apakah ini alamat email Anda?"), ("de, en;q=0.1", "Is this your address?"), ("zh-HK", "這是您的電子郵件地址嗎？")]
    {
        let page = site.anybody().with("accept-language", wish).get(&link).await;
        assert!(page.text.contains(heading), "{wish}: {}", page.text);
    }
}
