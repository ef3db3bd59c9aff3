//! Brands with addresses of their own: where their links lead, who decides that, and that everything behind them works there (threat row 38).

use daftar_core::brand::{Brand, Brands};
use daftar_testkit::Installation;
use serde_json::json;

use crate::invas::{EMAIL, customer, host, registered};
use crate::usapi::{applicant, sign_in, started, with};

const PATH: &str = "/signup/confirm";

/// ONMART is reached at another name of this machine, shows a logo, and lets phones offer its codes there.
fn rebranded(brands: &mut Brands, url: &str) {
    let base = url.replace("127.0.0.1", "localhost");
    for (name, brand) in &mut brands.platforms {
        if name == "ONMART" {
            *brand = Brand {
                logo: Some("https://cdn.example.test/a;b.png".to_owned()),
                links: Some(daftar_http::links(&base)),
                autofill_domain: Some("shop.example.test".to_owned()),
                ..brand.clone()
            };
        }
    }
}

async fn site() -> Installation {
    Installation::builder().rebrand(rebranded).start().await
}

#[tokio::test]
async fn row_38_a_brands_links_lead_where_the_configuration_says_whatever_a_request_says() {
    let site = site().await;
    let usual = site.url().to_owned();
    let own = usual.replace("127.0.0.1", "localhost");
    let forged = [("host", "evil.example"), ("x-forwarded-host", "evil.example"), ("x-forwarded-proto", "https"), ("forwarded", "host=evil.example")];
    for (n, header) in (1..).zip(forged) {
        for (n, platform, base) in [(n * 2, "ONMART", &own), (n * 2 + 1, "OSAS", &usual)] {
            let body = with(&applicant(n, "LINK"), "platform", platform);
            let answer = site.shop().request(reqwest::Method::POST, "/signup").header(header.0, header.1).json(&body).send().await.unwrap();
            assert_eq!(answer.status(), 200, "{header:?} {platform}");
            let mail = site.only_message(&format!("siti{n}@example.test")).await;
            assert!(mail.text.contains(&format!("\n{base}{PATH}?key=")), "{platform}: {}", mail.text);
            assert!(mail.html.unwrap().contains(&format!("href=\"{base}{PATH}?key=")));
            assert!(!mail.text.contains("evil"));
        }
    }
}

#[tokio::test]
async fn the_page_behind_a_brands_link_works_at_the_brands_own_address() {
    let site = site().await;
    started(&site, &applicant(1, "LINK")).await;
    let link = site.link_for("siti1@example.test").await;
    assert!(link.starts_with("http://localhost:"), "{link}");
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let page = client.get(&link).send().await.unwrap();
    assert_eq!(page.status(), 200);
    let policy = page.headers()["content-security-policy"].to_str().unwrap().to_owned();
    assert!(policy.contains("img-src data: https://cdn.example.test; form-action 'self'"), "{policy}");
    let html = page.text().await.unwrap();
    assert!(html.contains("<img class=\"logo\" src=\"https://cdn.example.test/a;b.png\" alt=\"ONMART\">"), "{html}");
    // Forms name a path alone, so they stay on the host that the reader is on.
    assert_eq!(html.matches("<form method=\"post\" action=\"/signup/confirm\">").count(), 2, "{html}");
    let (base, key) = link.split_once("?key=").unwrap();
    let form = format!("key={key}&decision=confirm");
    let confirmed = client.post(base).header("content-type", "application/x-www-form-urlencoded").body(form).send().await.unwrap();
    assert_eq!(confirmed.status(), 200);
    assert_eq!(sign_in(&site, "siti 1", "rahasia sekali").await.status, 200);
}

#[tokio::test]
async fn a_brand_without_a_logo_allows_pictures_from_nowhere() {
    let site = site().await;
    started(&site, &with(&applicant(1, "LINK"), "platform", "OSAS")).await;
    let link = site.link_for("siti1@example.test").await;
    let page = site.anybody().get(link.strip_prefix(site.url()).unwrap()).await;
    assert!(page.header("content-security-policy").contains("img-src data:; form-action 'self'"));
}

#[tokio::test]
async fn customers_belong_to_no_brand() {
    let site = site().await;
    registered(&host(&site).await, &customer()).await;
    assert!(site.link_for(EMAIL).await.starts_with(site.url()));
}

#[tokio::test]
async fn a_code_ends_with_the_line_that_phones_read_where_the_brand_has_a_domain() {
    let site = site().await;
    let token = started(&site, &applicant(1, "OTP")).await;
    let code = site.code_for("+6281000000001").await;
    let text = site.only_message("+6281000000001").await.text;
    assert_eq!(text.lines().last(), Some(format!("@shop.example.test #{code}").as_str()), "{text}");
    started(&site, &with(&applicant(2, "OTP"), "platform", "OSAS")).await;
    assert_eq!(site.only_message("+6281000000002").await.text.lines().count(), 1);
    let verified = site.shop().post("/signup/verify", &json!({"token": token, "otp": code})).await;
    assert_eq!(verified.status, 200);
}
