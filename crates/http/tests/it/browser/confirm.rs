//! The page behind a registration's link, as a person with a browser meets it.

use std::time::Duration;

use daftar_testkit::Installation;

use super::Browser;
use crate::usapi::{applicant, person, sign_in, started, with};

const PASSWORD: &str = "rahasia sekali";

/// Starts registration `n` and returns its link.
async fn link(site: &Installation, n: u32) -> String {
    started(site, &applicant(n, "LINK")).await;
    site.link_for(&format!("siti{n}@example.test")).await
}

#[tokio::test]
async fn row_39_the_page_names_what_is_confirmed_and_only_its_button_confirms() {
    let (site, browser) = (Installation::start().await, Browser::open("en-GB,en").await);
    let link = link(&site, 1).await;
    for _ in 0..2 {
        browser.goto(&link).await;
        assert_eq!(browser.text("h1").await, "Create your ONMART account?");
        assert_eq!(browser.text(".brand").await, "O\nONMART");
        assert_eq!(browser.text("dl").await, "Name\nSiti Rahma\nUsername\nsiti 1\nE-mail address\nsiti1@example.test");
        assert_eq!(browser.text(".after").await, "This link works for 30 more minutes.");
        assert_eq!(browser.count("form").await, 2);
    }
    assert_eq!(sign_in(&site, "siti 1", PASSWORD).await.status, 401);

    browser.press("form button", "Your account is ready").await;
    assert_eq!(browser.text("h1").await, "Welcome, Siti!");
    assert!(browser.text(".next").await.contains("siti 1"));
    assert!(!browser.client.current_url().await.unwrap().as_str().contains("key"), "the secret stays out of the history");
    assert_eq!(sign_in(&site, "siti 1", PASSWORD).await.status, 200);

    browser.goto(&link).await;
    assert_eq!(browser.text("h1").await, "This link was already used");
    assert_eq!(browser.count("form").await, 0);
    assert_eq!(browser.complaints().await, Vec::<String>::new());
    browser.close().await;
}

#[tokio::test]
async fn row_34_this_was_not_me_kills_the_registration() {
    let (site, browser) = (Installation::start().await, Browser::open("id").await);
    let link = link(&site, 1).await;
    browser.goto(&link).await;
    assert_eq!(browser.text("h1").await, "Buat akun ONMART Anda?");
    assert_eq!(browser.text(".quiet").await, "Ini bukan saya");
    browser.press(".quiet", "Pendaftaran dihapus").await;
    browser.goto(&link).await;
    assert_eq!(browser.text("h1").await, "Tautan ini tidak berlaku");
    assert_eq!(browser.text(".brand").await, "O\nONMART", "a dead link still has its brand");
    assert_eq!(sign_in(&site, "siti 1", PASSWORD).await.status, 401);
    assert_eq!(browser.complaints().await, Vec::<String>::new());
    browser.close().await;
}

#[tokio::test]
async fn links_that_lead_nowhere_say_so_and_what_to_do() {
    let (site, browser) = (Installation::start().await, Browser::open("zh-TW,zh").await);
    browser.goto(&format!("{}/signup/confirm?key=forged", site.url())).await;
    assert_eq!(browser.text("h1").await, "此連結無法使用");
    assert_eq!(browser.text(".brand").await, "D\nDaftar");
    let link = link(&site, 1).await;
    browser.goto(&link).await;
    assert_eq!(browser.text("h1").await, "要建立您的 ONMART 帳戶嗎？");
    site.clock.advance(Duration::from_secs(1800));
    browser.press(".primary", "此連結已過期").await;
    assert!(browser.text(".next").await.contains("重新註冊"));
    assert_eq!(browser.complaints().await, Vec::<String>::new());
    browser.close().await;
}

#[tokio::test]
async fn who_comes_second_is_told_that_the_username_is_taken() {
    let (site, browser) = (Installation::start().await, Browser::open("en").await);
    browser.goto(&link(&site, 1).await).await;
    assert_eq!(site.shop().post("/internal/register", &with(&person(9), "username", "siti 1")).await.status, 200);
    browser.press(".primary", "The account was not made").await;
    assert_eq!(browser.text("h1").await, "Somebody was faster");
    assert!(browser.text(".soft").await.contains("siti 1"));
    browser.close().await;
}

#[tokio::test]
async fn row_40_a_name_made_of_markup_is_shown_as_text_and_runs_nothing() {
    let (site, browser) = (Installation::start().await, Browser::open("en").await);
    let first = "</dd></dl><script>document.title='taken'</script><img src=x onerror=document.title='taken'>";
    let last = "<style>*{display:none}</style>&amp;";
    let name = "\"><svg onload=document.title='x'>{{7*7}}";
    let body = with(&with(&applicant(1, "LINK"), "first_name", first), "last_name", last);
    started(&site, &with(&body, "username", name)).await;
    browser.goto(&site.link_for("siti1@example.test").await).await;
    let shown = browser.text("dl").await;
    assert!(shown.contains(first) && shown.contains(name) && shown.contains(last), "{shown}");
    assert_eq!(browser.client.title().await.unwrap(), "Confirm your registration · ONMART");
    assert_eq!((browser.count("script").await, browser.count("img").await, browser.count("style").await), (0, 0, 1));
    browser.press(".primary", "Your account is ready").await;
    assert!(browser.text("h1").await.contains(first));
    assert_eq!(browser.complaints().await, Vec::<String>::new());
    browser.close().await;
}

#[tokio::test]
async fn it_works_without_scripts_and_from_the_keyboard() {
    let (site, browser) = (Installation::start().await, Browser::open("en").await);
    let link = link(&site, 1).await;
    browser.set_scripts(false).await;
    browser.goto(&link).await;
    // The first thing that the Tab key reaches is the button that confirms, and Enter presses it.
    let body = browser.client.find(fantoccini::Locator::Css("body")).await.unwrap();
    body.send_keys("\u{e004}").await.unwrap();
    let focused = browser.client.active_element().await.unwrap();
    assert_eq!(focused.text().await.unwrap(), "Yes, create my account");
    focused.send_keys("\u{e007}").await.unwrap();
    let heading = async {
        while sign_in(&site, "siti 1", PASSWORD).await.status != 200 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(super::PATIENCE, heading).await.expect("the key presses the button");
    browser.close().await;
}
