//! The page behind the link in a customer's mail, as a person with a browser meets it.

use std::time::Duration;

use daftar_testkit::{Caller, Installation};
use fantoccini::Locator;

use super::{Browser, PATIENCE};
use crate::invas::{EMAIL, confirmation, customer, host, registered};
use crate::usapi::{with, without};

/// Registers the customer; its host, and the link in its mail.
async fn linked(site: &Installation) -> (Caller, String) {
    let host = host(site).await;
    registered(&host, &customer()).await;
    (host, site.link_for(EMAIL).await)
}

/// Confirms without a token; the status.
async fn confirmed(host: &Caller) -> u16 {
    host.post("/b2b/customer/register/confirm", &without(&confirmation(""), "token")).await.status.as_u16()
}

#[tokio::test]
async fn row_39_the_page_names_what_is_authorised_and_only_its_button_authorises() {
    let (site, browser) = (Installation::start().await, Browser::open("en-GB,en").await);
    let (host, link) = linked(&site).await;
    for _ in 0..2 {
        browser.goto(&link).await;
        assert_eq!(browser.text("h1").await, "Is this your address?");
        assert_eq!(browser.text("dl").await, "Name\nSeptian Cahyo\nE-mail address\nseptian@example.test\nPhone number\n******90");
        assert_eq!(browser.text(".after").await, "This link works for 30 more minutes.");
        assert_eq!(browser.count("form").await, 2);
    }
    assert_eq!(confirmed(&host).await, 400);
    browser.press("form button", "Your address is confirmed").await;
    assert_eq!(browser.text("h1").await, "Thank you!");
    assert!(browser.text(".next").await.contains("Go on in the app"));
    assert!(!browser.client.current_url().await.unwrap().as_str().contains("key"), "the secret stays out of the history");
    browser.goto(&link).await;
    assert_eq!(browser.text("h1").await, "Your address is confirmed already");
    assert_eq!(browser.count("form").await, 0);
    assert_eq!(confirmed(&host).await, 200);
    browser.goto(&link).await;
    assert_eq!(browser.text("h1").await, "This link is not needed any more");
    assert_eq!(browser.complaints().await, Vec::<String>::new());
    browser.close().await;
}

#[tokio::test]
async fn row_34_a_stranger_says_so_and_the_registration_is_gone() {
    let (site, browser) = (Installation::start().await, Browser::open("id").await);
    let (host, link) = linked(&site).await;
    browser.goto(&link).await;
    assert_eq!(browser.text("h1").await, "Apakah ini alamat email Anda?");
    browser.press(".quiet", "Pendaftaran dihapus").await;
    assert_eq!(confirmed(&host).await, 404);
    browser.goto(&link).await;
    assert_eq!(browser.text("h1").await, "Tautan ini tidak berlaku");
    assert_eq!(browser.complaints().await, Vec::<String>::new());
    browser.close().await;
}

#[tokio::test]
async fn a_link_that_grew_old_says_so_and_what_to_do() {
    let (site, browser) = (Installation::start().await, Browser::open("zh-TW,zh").await);
    let (_, link) = linked(&site).await;
    browser.goto(&link).await;
    assert_eq!(browser.text("h1").await, "這是您的電子郵件地址嗎？");
    site.clock.advance(Duration::from_secs(1800));
    browser.press(".primary", "此連結已過期").await;
    assert!(browser.text(".next").await.contains("重新註冊"));
    browser.close().await;
}

#[tokio::test]
async fn row_40_a_customers_name_made_of_markup_is_shown_as_text_and_runs_nothing() {
    let (site, browser) = (Installation::start().await, Browser::open("en").await);
    let name = "</dd></dl><script>document.title='taken'</script><img src=x onerror=document.title='taken'><style>*{display:none}</style>&amp;";
    registered(&host(&site).await, &with(&customer(), "name", name)).await;
    browser.goto(&site.link_for(EMAIL).await).await;
    assert!(browser.text("dl").await.contains(name));
    assert_eq!((browser.count("script").await, browser.count("img").await, browser.count("style").await), (0, 0, 1));
    browser.press(".primary", "Your address is confirmed").await;
    assert_eq!(browser.complaints().await, Vec::<String>::new());
    browser.close().await;
}

#[tokio::test]
async fn the_address_is_confirmed_without_scripts_and_from_the_keyboard() {
    let (site, browser) = (Installation::start().await, Browser::open("en").await);
    let (host, link) = linked(&site).await;
    browser.set_scripts(false).await;
    browser.goto(&link).await;
    let body = browser.client.find(Locator::Css("body")).await.unwrap();
    body.send_keys("\u{e004}").await.unwrap();
    let focused = browser.client.active_element().await.unwrap();
    assert_eq!(focused.text().await.unwrap(), "Yes, this is my address");
    focused.send_keys("\u{e007}").await.unwrap();
    let authorised = async {
        while confirmed(&host).await != 200 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, authorised).await.expect("the key presses the button");
    browser.close().await;
}
