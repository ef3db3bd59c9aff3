//! How the pages look: pictures for people, and what a program can check of them — that nothing sticks out sideways, down to the narrowest phone.

use std::time::Duration;

use daftar_testkit::Installation;

use super::{Browser, DESK, PHONE};
use crate::brands::rebranded;
use crate::invas::{EMAIL, customer, host, registered};
use crate::usapi::{applicant, started, with};

/// The narrowest window that must do (WCAG 2.2, 1.4.10).
const NARROW: (u32, u32) = (320, 640);

/// Takes a page's pictures, on a phone and on a desk, in both colour schemes.
async fn portray(browser: &Browser, name: &str) {
    for (window, size) in [("phone", PHONE), ("desk", DESK)] {
        for (scheme, dark) in [("light", false), ("dark", true)] {
            browser.dress(size, dark).await;
            assert!(browser.fits().await, "{name} is wider than a {window}");
            browser.picture(&format!("{name}-{window}-{scheme}")).await;
        }
    }
    browser.dress(NARROW, false).await;
    assert!(browser.fits().await, "{name} is wider than 320 pixels");
    browser.dress(DESK, false).await;
}

#[tokio::test]
async fn the_pages_of_a_registration_fit_every_window() {
    let (site, browser) = (Installation::start().await, Browser::open("en").await);
    started(&site, &applicant(1, "LINK")).await;
    let link = site.link_for("siti1@example.test").await;
    browser.goto(&link).await;
    portray(&browser, "confirm").await;
    browser.press(".primary", "Your account is ready").await;
    portray(&browser, "created").await;
    browser.goto(&link).await;
    portray(&browser, "complete").await;

    started(&site, &applicant(2, "LINK")).await;
    browser.goto(&site.link_for("siti2@example.test").await).await;
    browser.press(".quiet", "Registration deleted").await;
    portray(&browser, "disowned").await;

    started(&site, &applicant(3, "LINK")).await;
    let late = site.link_for("siti3@example.test").await;
    site.clock.advance(Duration::from_secs(1800));
    browser.goto(&late).await;
    portray(&browser, "expired").await;
    browser.close().await;
}

#[tokio::test]
async fn the_pages_of_a_customer_fit_every_window() {
    let (site, browser) = (Installation::start().await, Browser::open("en").await);
    let host = host(&site).await;
    let longest = with(&customer(), "name", "Wolfeschlegelsteinhausenbergerdorff".repeat(6).split_at(200).0);
    registered(&host, &longest).await;
    let link = site.link_for(EMAIL).await;
    browser.goto(&link).await;
    portray(&browser, "customer-longest").await;
    registered(&host, &with(&customer(), "email", "short@example.test")).await;
    browser.goto(&site.link_for("short@example.test").await).await;
    portray(&browser, "customer").await;
    browser.press(".primary", "Your address is confirmed").await;
    portray(&browser, "customer-authorised").await;
    browser.goto(&site.link_for("short@example.test").await).await;
    portray(&browser, "customer-used").await;
    browser.close().await;
}

#[tokio::test]
async fn the_pages_of_a_brand_work_at_its_own_address_and_show_its_name_where_its_logo_does_not_load() {
    let (site, browser) = (Installation::builder().rebrand(rebranded).start().await, Browser::open("en").await);
    started(&site, &applicant(1, "LINK")).await;
    let link = site.link_for("siti1@example.test").await;
    assert!(link.starts_with("http://localhost:"), "{link}");
    browser.goto(&link).await;
    portray(&browser, "confirm-logo").await;
    browser.press(".primary", "Your account is ready").await;
    assert!(browser.client.current_url().await.unwrap().as_str().starts_with("http://localhost:"));
    // The picture's host does not exist; the page's policy would have let it in.
    let complaints = browser.complaints().await;
    assert!(!complaints.is_empty() && complaints.iter().all(|said| said.contains("cdn.example.test") && !said.contains("Policy")), "{complaints:?}");
    browser.close().await;
}

#[tokio::test]
async fn the_longest_names_and_other_languages_fit_too() {
    let site = Installation::start().await;
    let long = "Wolfeschlegelsteinhausenbergerdorff".repeat(3).split_at(100).0.to_owned();
    let body = with(&with(&applicant(1, "LINK"), "first_name", long.as_str()), "last_name", long.as_str());
    let email = format!("{}@{}.example.test", "a".repeat(64), "b".repeat(60));
    started(&site, &with(&with(&body, "username", "W".repeat(64)), "email", email.as_str())).await;
    let link = site.link_for(&email).await;
    for language in ["id", "zh-TW"] {
        let browser = Browser::open(language).await;
        browser.goto(&link).await;
        portray(&browser, &format!("longest-{language}")).await;
        browser.close().await;
    }
}

#[tokio::test]
async fn the_inbox_fits_every_window() {
    let (site, browser) = (Installation::start().await, Browser::open("en").await);
    let inbox = format!("{}/dev/inbox", site.url());
    browser.goto(&inbox).await;
    portray(&browser, "inbox-empty").await;
    started(&site, &applicant(1, "LINK")).await;
    site.only_message("siti1@example.test").await;
    site.clock.advance(Duration::from_secs(95));
    started(&site, &applicant(2, "OTP")).await;
    site.only_message("+6281000000002").await;
    site.clock.advance(Duration::from_secs(12));
    browser.goto(&inbox).await;
    portray(&browser, "inbox").await;
    browser.close().await;
}
