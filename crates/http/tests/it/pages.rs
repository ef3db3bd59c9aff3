//! What the pages answer to requests that no browser of a person sends, and to faults.

use daftar_testkit::Installation;
use reqwest::Method;

use crate::usapi::{applicant, sign_in, started};

const PATH: &str = "/signup/confirm";

async fn key(site: &Installation, n: u32) -> String {
    started(site, &applicant(n, "LINK")).await;
    site.link_for(&format!("siti{n}@example.test")).await.rsplit_once("key=").unwrap_or_default().1.to_owned()
}

#[tokio::test]
async fn a_post_to_the_link_itself_confirms() {
    let site = Installation::start().await;
    let key = key(&site, 1).await;
    let answer = site.anybody().request(Method::POST, &format!("{PATH}?key={key}")).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    assert_eq!(sign_in(&site, "siti 1", "rahasia sekali").await.status, 200);
}

#[tokio::test]
async fn the_key_in_the_form_goes_before_the_one_in_the_address() {
    let site = Installation::start().await;
    let (first, second) = (key(&site, 1).await, key(&site, 2).await);
    assert_eq!(site.anybody().post_form(&format!("{PATH}?key={second}"), &[("key", &first)]).await.status, 200);
    assert_eq!(sign_in(&site, "siti 1", "rahasia sekali").await.status, 200);
    assert_eq!(sign_in(&site, "siti 2", "rahasia sekali").await.status, 401);
}

#[tokio::test]
async fn what_is_no_form_is_refused_with_a_page_and_changes_nothing() {
    let site = Installation::start().await;
    let key = key(&site, 1).await;
    let form = format!("key={key}");
    let cases = [
        (415, "application/json", form.clone()),
        (415, "text/plain", form.clone()),
        (413, "application/x-www-form-urlencoded", format!("{form}&filler={}", "x".repeat(64 * 1024))),
        (400, "application/x-www-form-urlencoded", format!("{form}&decision=perhaps")),
    ];
    for (status, content_type, body) in cases {
        let answer = site.anybody().post_raw(PATH, content_type, body).await;
        assert_eq!((answer.status.as_u16(), answer.header("content-type")), (status, "text/html; charset=utf-8"), "{content_type}");
        assert!(answer.text.contains("<h1>That did not work</h1>"), "{}", answer.text);
    }
    assert_eq!(sign_in(&site, "siti 1", "rahasia sekali").await.status, 401);
    assert_eq!(site.anybody().get(&format!("{PATH}?key={key}")).await.status, 200);
}

#[tokio::test]
async fn a_store_that_is_away_is_a_friendly_503() {
    let site = Installation::start().await;
    let key = key(&site, 1).await;
    site.break_store();
    let form = [("key", key.as_str()), ("decision", "reject")];
    for answer in [site.anybody().get(&format!("{PATH}?key={key}")).await, site.anybody().post_form(PATH, &form).await] {
        assert_eq!(answer.status, 503);
        assert!(answer.text.contains("<h1>One moment, please</h1>") && !answer.header("retry-after").is_empty());
    }
}

#[tokio::test]
async fn row_38_no_header_changes_where_the_page_or_its_link_leads() {
    let site = Installation::start().await;
    let poisoned = |caller: daftar_testkit::Caller| {
        let forwarded = caller.with("x-forwarded-host", "evil.example").with("forwarded", "host=evil.example;proto=http");
        forwarded.with("x-forwarded-proto", "ftp").with("x-original-url", "/evil.example").with("host", "evil.example")
    };
    assert_eq!(poisoned(site.shop()).post("/signup", &applicant(1, "LINK")).await.status, 200);
    let message = site.only_message("siti1@example.test").await;
    assert!(!message.text.contains("evil") && !message.html.unwrap().contains("evil"));
    let link = site.link_for("siti1@example.test").await;
    let path = link.strip_prefix(site.url()).expect("the link leads to the public URL");
    let page = poisoned(site.anybody()).get(path).await;
    assert!(page.status == 200 && !page.text.contains("evil") && page.headers.values().all(|value| !value.to_str().unwrap().contains("evil")));
}

#[tokio::test]
async fn row_59_a_page_can_be_neither_framed_nor_cached_nor_fed_from_elsewhere() {
    let site = Installation::start().await;
    let key = key(&site, 1).await;
    for path in [format!("{PATH}?key={key}"), format!("{PATH}?key=forged"), "/dev/inbox".to_owned()] {
        let page = site.anybody().get(&path).await;
        let policy = page.header("content-security-policy");
        for rule in ["default-src 'none'", "style-src 'sha256-", "base-uri 'none'", "form-action 'self'", "frame-ancestors 'none'"] {
            assert!(policy.contains(rule), "{rule}: {policy}");
        }
        assert!(!policy.contains("unsafe") && !policy.contains("http"), "{policy}");
        let headers = ["cache-control", "x-content-type-options", "referrer-policy"].map(|name| page.header(name));
        assert_eq!(headers, ["no-store", "nosniff", "no-referrer"], "{path}");
    }
}

#[tokio::test]
async fn the_page_prefers_the_browsers_language_and_else_the_registrations() {
    let site = Installation::start().await;
    let shop = site.shop().with("accept-language", "id");
    assert_eq!(shop.post("/signup", &applicant(1, "LINK")).await.status, 200);
    let link = site.link_for("siti1@example.test").await;
    let path = link.strip_prefix(site.url()).unwrap().to_owned();
    for (wish, heading) in
        [("de", "Buat akun ONMART Anda?"), ("de, en;q=0.1", "Create your ONMART account?"), ("zh-HK", "要建立您的 ONMART 帳戶嗎？")]
    {
        let page = site.anybody().with("accept-language", wish).get(&path).await;
        assert!(page.text.contains(heading), "{wish}: {}", page.text);
        assert!(!page.header("content-language").is_empty() && page.header("vary").contains("accept-language"));
    }
}

#[tokio::test]
async fn a_mail_in_the_inbox_is_served_in_a_sandbox_and_a_short_message_not_at_all() {
    let site = Installation::start().await;
    started(&site, &applicant(1, "LINK")).await;
    started(&site, &applicant(2, "OTP")).await;
    let mail = site.only_message("siti1@example.test").await;
    let sms = site.only_message("+6281000000002").await;
    let answer = site.anybody().get(&format!("/dev/inbox/{}", mail.id.0)).await;
    assert_eq!((answer.status.as_u16(), answer.header("content-type")), (200, "text/html; charset=utf-8"));
    let policy = answer.header("content-security-policy");
    assert!(policy.contains("default-src 'none'") && policy.contains("sandbox allow-popups") && !policy.contains("allow-scripts"), "{policy}");
    for path in [format!("/dev/inbox/{}", sms.id.0), "/dev/inbox/00000000-0000-0000-0000-000000000000".into(), "/dev/inbox/x".into()] {
        site.anybody().get(&path).await.says(404, "Not found");
    }
    site.anybody().get("/dev/inbox.json?channel=fax").await.says(400, "Property 'channel' must be one of: email, sms");
}
