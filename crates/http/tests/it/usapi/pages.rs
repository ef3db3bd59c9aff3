//! `/signup/confirm` as a client without a browser sees it; the browser's view is in `browser`.

use std::time::Duration;

use daftar_testkit::Installation;
use futures_util::future::join_all;
use serde_json::json;

use super::{applicant, person, sign_in, started, verify, with};

const PATH: &str = "/signup/confirm";

async fn link(site: &Installation, n: u32) -> (String, String) {
    let token = started(site, &applicant(n, "LINK")).await;
    let link = site.link_for(&format!("siti{n}@example.test")).await;
    (token, link.rsplit_once("key=").unwrap().1.to_owned())
}

#[tokio::test]
async fn row_39_loading_the_page_changes_nothing_and_its_button_works_once() {
    let site = Installation::start().await;
    let (token, key) = link(&site, 1).await;
    for _ in 0..3 {
        let page = site.anybody().get(&format!("{PATH}?key={key}")).await;
        assert_eq!((page.status.as_u16(), page.header("content-type")), (200, "text/html; charset=utf-8"));
        assert_eq!(site.anybody().request(reqwest::Method::HEAD, &format!("{PATH}?key={key}")).send().await.unwrap().status(), 200);
    }
    assert_eq!(sign_in(&site, "siti 1", "rahasia sekali").await.status, 401);
    assert_eq!(site.anybody().post_form(PATH, &[("key", &key), ("decision", "confirm")]).await.status, 200);
    assert_eq!(sign_in(&site, "siti 1", "rahasia sekali").await.status, 200);
    assert_eq!(site.anybody().post_form(PATH, &[("key", &key)]).await.status, 410);
    assert_eq!(site.anybody().get(&format!("{PATH}?key={key}")).await.status, 410);
    verify(&site, &token, "123456").await.says(400, "Registration is already complete");
}

#[tokio::test]
async fn row_7_of_100_buttons_at_once_one_works() {
    let site = Installation::start().await;
    let (_, key) = link(&site, 1).await;
    let answers = join_all((0..100).map(|_| async { site.anybody().post_form(PATH, &[("key", &key)]).await.status.as_u16() })).await;
    assert_eq!(answers.iter().filter(|status| **status == 200).count(), 1);
    assert!(answers.iter().all(|status| [200, 410].contains(status)));
}

#[tokio::test]
async fn row_34_this_was_not_me_kills_the_registration() {
    let site = Installation::start().await;
    let (token, key) = link(&site, 1).await;
    let code = site.code_for("siti1@example.test").await;
    assert_eq!(site.anybody().post_form(PATH, &[("key", &key), ("decision", "reject")]).await.status, 200);
    verify(&site, &token, &code).await.says(400, "Invalid verification code");
    site.shop().post("/signup/resend", &json!({"token": token})).await.says(400, "Invalid verification code");
    assert_eq!(site.anybody().post_form(PATH, &[("key", &key)]).await.status, 410);
}

#[tokio::test]
async fn a_forged_expired_or_replaced_link_is_gone() {
    let site = Installation::start().await;
    let (token, key) = link(&site, 1).await;
    for forged in ["", "x", &"A".repeat(43), "%00", "../.."] {
        assert_eq!(site.anybody().get(&format!("{PATH}?key={forged}")).await.status, 410, "{forged}");
        assert_eq!(site.anybody().post_form(PATH, &[("key", forged)]).await.status, 410, "{forged}");
    }
    assert_eq!(site.anybody().get(PATH).await.status, 410);
    site.shop().post("/signup/resend", &json!({"token": token})).await;
    assert_eq!(site.anybody().get(&format!("{PATH}?key={key}")).await.status, 410);
    let (_, late) = link(&site, 2).await;
    site.clock.advance(Duration::from_secs(1799));
    assert_eq!(site.anybody().get(&format!("{PATH}?key={late}")).await.status, 200);
    site.clock.advance(Duration::from_secs(1));
    assert_eq!(site.anybody().get(&format!("{PATH}?key={late}")).await.status, 410);
    assert_eq!(site.anybody().post_form(PATH, &[("key", &late)]).await.status, 410);
}

#[tokio::test]
async fn the_link_outlives_the_code() {
    let site = Installation::start().await;
    let (_, key) = link(&site, 1).await;
    site.clock.advance(Duration::from_secs(1200));
    assert_eq!(site.anybody().post_form(PATH, &[("key", &key)]).await.status, 200);
    assert_eq!(sign_in(&site, "siti 1", "rahasia sekali").await.status, 200);
}

#[tokio::test]
async fn a_name_taken_meanwhile_is_the_outcome_of_a_live_link() {
    let site = Installation::start().await;
    let (_, key) = link(&site, 1).await;
    assert_eq!(site.shop().post("/internal/register", &with(&person(9), "username", "siti 1")).await.status, 200);
    let outcome = site.anybody().post_form(PATH, &[("key", &key)]).await;
    assert_eq!(outcome.status, 200);
    assert_eq!(sign_in(&site, "siti1@example.test", "rahasia sekali").await.status, 401);
}

#[tokio::test]
async fn the_page_speaks_the_readers_language_and_keeps_its_secrets() {
    let site = Installation::start().await;
    let (_, key) = link(&site, 1).await;
    let mut pages = Vec::new();
    for (wish, tag) in [("en", "en"), ("id-ID", "id"), ("zh-TW,en;q=0.5", "zh-Hant")] {
        let page = site.anybody().with("accept-language", wish).get(&format!("{PATH}?key={key}")).await;
        assert!(page.text.contains(&format!("lang=\"{tag}\"")), "{tag}");
        assert!(page.text.contains("siti 1") && page.text.contains("siti1@example.test") && page.text.contains("ONMART"));
        assert_eq!((page.header("cache-control"), page.header("referrer-policy")), ("no-store", "no-referrer"));
        let policy = page.header("content-security-policy");
        assert!(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'") && !policy.contains("unsafe-inline"), "{policy}");
        assert!(!page.text.contains("<script"));
        pages.push(page.text);
    }
    assert!(pages[0] != pages[1] && pages[1] != pages[2]);
}
