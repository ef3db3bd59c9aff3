//! `/docs`: the documentation of the calls, as a developer reads and tries it.

use daftar_testkit::Installation;
use fantoccini::Locator;

use super::{Browser, DESK};

#[tokio::test]
async fn a_developer_reads_every_call_and_tries_one_and_nothing_is_asked_of_another_host() {
    let (site, browser) = (Installation::start().await, Browser::open("en").await);
    browser.dress(DESK, false).await;
    browser.goto(&format!("{}/docs", site.url())).await;
    assert!(browser.text(".info .title").await.starts_with("Daftar"));
    browser.text("#operations-USAPI-signIn").await;
    assert_eq!(browser.count(".opblock-tag-section").await, 9);
    assert!(browser.count(".opblock").await > 45);
    browser.picture("docs").await;

    let press = async |css: &str| browser.client.wait().for_element(Locator::Css(css)).await.unwrap().click().await.unwrap();
    press("#operations-USAPI-checkEmail button.opblock-summary-control").await;
    press("#operations-USAPI-checkEmail button.try-out__btn").await;
    press("#operations-USAPI-checkEmail button.execute").await;
    let answered = browser.text("#operations-USAPI-checkEmail .live-responses-table tbody").await;
    assert!(answered.starts_with("200") && answered.contains("Email is not registered"), "{answered}");
    browser.picture("docs-tried").await;
    assert_eq!(browser.complaints().await, Vec::<String>::new());
    browser.close().await;
}
