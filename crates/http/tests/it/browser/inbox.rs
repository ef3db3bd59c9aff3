//! The development inbox in a browser: from an empty page to the page behind a mail's link.

use daftar_testkit::Installation;
use fantoccini::Locator;

use super::{Browser, PATIENCE};
use crate::usapi::{applicant, started, with};

#[tokio::test]
async fn a_mails_link_leads_from_the_inbox_to_the_page_that_confirms() {
    let (site, browser) = (Installation::start().await, Browser::open("en").await);
    let inbox = format!("{}/dev/inbox", site.url());
    browser.goto(&inbox).await;
    assert_eq!(browser.text("h2").await, "No messages yet");

    started(&site, &applicant(1, "LINK")).await;
    let code = site.code_for("siti1@example.test").await;
    browser.press("button", "Development inbox").await;
    let card = browser.text("article").await;
    assert!(card.contains("siti1@example.test") && card.contains(&code), "{card}");
    assert_eq!(browser.text(".gist .code").await, code);

    // The mail itself, in its frame.
    let frame = browser.client.find(Locator::Css("iframe")).await.unwrap();
    frame.enter_frame().await.unwrap();
    assert!(browser.text("body").await.contains(&code), "the mail's HTML part is shown");
    browser.client.find(Locator::Css("a[href*='/signup/confirm']")).await.unwrap().click().await.unwrap();
    let opened = async {
        let mut pause = tokio::time::interval(std::time::Duration::from_millis(20));
        loop {
            let windows = browser.client.windows().await.unwrap();
            if let [_, second] = windows.as_slice() {
                return second.clone();
            }
            pause.tick().await;
        }
    };
    let opened = tokio::time::timeout(PATIENCE, opened).await.expect("the link opens beside the inbox");
    browser.client.switch_to_window(opened).await.unwrap();
    assert_eq!(browser.text("h1").await, "Create your ONMART account?");
    browser.press(".primary", "Your account is ready").await;
    assert_eq!(browser.complaints().await, Vec::<String>::new());
    browser.close().await;
}

#[tokio::test]
async fn messages_stand_newest_first_and_a_search_finds_every_spelling() {
    let (site, browser) = (Installation::start().await, Browser::open("en").await);
    started(&site, &applicant(1, "LINK")).await;
    site.only_message("siti1@example.test").await;
    site.clock.advance(std::time::Duration::from_secs(60));
    started(&site, &applicant(2, "OTP")).await;
    let code = site.code_for("+6281000000002").await;
    browser.goto(&format!("{}/dev/inbox", site.url())).await;
    assert_eq!((browser.count("article").await, browser.count("iframe").await), (2, 1));
    let newest = browser.text("article").await;
    assert!(newest.contains("SMS") && newest.contains("+6281000000002"), "{newest}");
    assert_eq!(browser.text(".bubble .code").await, code);

    browser.client.find(Locator::Css("input")).await.unwrap().send_keys("SITI1@example.test").await.unwrap();
    browser.press("button", "Development inbox").await;
    assert_eq!(browser.count("article").await, 1);
    assert!(browser.text("article").await.contains("siti1@example.test"));
    browser.goto(&format!("{}/dev/inbox?to=+6281000000002", site.url())).await;
    assert!(browser.text("article").await.contains("SMS"));
    browser.goto(&format!("{}/dev/inbox?to=nobody@example.test", site.url())).await;
    assert_eq!(browser.text("h2").await, "Nothing for this search");
    assert_eq!(browser.complaints().await, Vec::<String>::new());
    browser.close().await;
}

#[tokio::test]
async fn row_40_a_mail_with_markup_in_its_names_runs_nothing_here_either() {
    let (site, browser) = (Installation::start().await, Browser::open("en").await);
    let name = "<script>top.document.title='taken over'</script><img src=x onerror=alert(1)>";
    started(&site, &with(&applicant(1, "LINK"), "first_name", name)).await;
    site.only_message("siti1@example.test").await;
    browser.goto(&format!("{}/dev/inbox", site.url())).await;
    assert_eq!((browser.count("script").await, browser.count("img").await), (0, 0));
    browser.client.find(Locator::Css("iframe")).await.unwrap().enter_frame().await.unwrap();
    let mail = browser.text("body").await;
    assert!(mail.contains("Hello") && !mail.contains("taken over"), "no mail greets by such a name: {mail}");
    assert_eq!((browser.count("script").await, browser.count("img").await), (0, 0));
    assert!(browser.client.title().await.unwrap().starts_with("Development inbox"));
    assert_eq!(browser.complaints().await, Vec::<String>::new());
    browser.close().await;
}
