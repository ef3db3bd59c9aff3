//! The shield against floods: so many requests of any kind from one address, and no more; each process for itself.

use std::time::Duration;

use daftar_core::limit::Gcra;
use daftar_testkit::{Answer, Caller, Installation};
use serde_json::json;

use super::at;
use crate::{app, invas, oauth};

/// So many at once, and one a second.
const LIMIT: Gcra = Gcra { burst: 6, period: Duration::from_secs(6) };
const FLOODER: &str = "198.51.100.1";

async fn site() -> Installation {
    Installation::builder().behind_proxy().shield(LIMIT).start().await
}

/// The last one that passes, and then no more.
async fn flood(caller: &Caller) {
    for _ in 0..LIMIT.burst {
        assert_eq!(caller.get("/.well-known/jwks.json").await.status, 200);
    }
    assert_eq!(caller.get("/.well-known/jwks.json").await.status, 429);
}

#[track_caller]
fn waits_a_second(answer: &Answer) {
    assert_eq!((answer.header("retry-after"), answer.header("cache-control")), ("1", "no-store"), "{answer:?}");
    assert!(!answer.header("x-request-id").is_empty());
}

#[tokio::test]
async fn a_flood_from_one_address_is_told_so_in_each_surfaces_shape() {
    let site = site().await;
    let flooder = at(&site, FLOODER);
    flood(&flooder).await;
    for (path, body) in
        [("/auth", json!({})), ("/check/email", json!({"email": "a@example.test"})), ("/nothing", json!({})), ("/healthz/", json!({}))]
    {
        let answer = flooder.post(path, &body).await;
        answer.says(429, "Too many requests, please try again later");
        waits_a_second(&answer);
    }
    for path in ["/b2b/customer/register", "/b2b/customer/nothing", "/admin/messages"] {
        let answer = flooder.post(path, &json!({})).await;
        invas::problem(&answer, 429, "TOO_MANY_REQUESTS", None);
        waits_a_second(&answer);
    }
    for path in ["/app/auth/otp", "/app/auth/nothing"] {
        let answer = flooder.post(path, &json!({})).await;
        app::refused(&answer, 429, super::TOO_MANY);
        waits_a_second(&answer);
    }
    let answer = flooder.post_form("/oauth/token", &[("grant_type", "client_credentials")]).await;
    oauth::refused(&answer, 429, "temporarily_unavailable");
    waits_a_second(&answer);
    // Whoever waits is served; others never were not.
    site.clock.advance(Duration::from_secs(1));
    flooder.post("/check/email", &json!({"email": "a@example.test"})).await.is(200, &json!({"status": true, "message": "Email is not registered"}));
    flooder.get("/.well-known/jwks.json").await.says(429, "Too many requests, please try again later");
    flood(&at(&site, "198.51.100.2")).await;
    let metrics = site.anybody().get("/metrics").await.text;
    assert!(metrics.contains(r#"daftar_limited_total{limit="requests.address"}"#), "{metrics}");
}

#[tokio::test]
async fn what_floods_reaches_no_store_and_no_body_is_read() {
    let site = site().await;
    let flooder = at(&site, FLOODER);
    flood(&flooder).await;
    let hashes = site.hashes();
    site.break_store();
    let sign_in = json!({"username": "siti 1", "password": "rahasia sekali"});
    assert_eq!(flooder.post("/auth", &sign_in).await.status, 429);
    assert_eq!(at(&site, "198.51.100.3").post("/auth", &sign_in).await.status, 503);
    // Not even what is no JSON, or of another type.
    assert_eq!(flooder.post_raw("/auth", "text/plain", "{").await.status, 429);
    assert_eq!(site.hashes(), hashes);
}

#[tokio::test]
async fn operators_and_this_machine_are_never_shielded_against() {
    let site = site().await;
    let flooder = at(&site, FLOODER);
    flood(&flooder).await;
    for path in ["/healthz", "/readyz"] {
        assert_eq!(flooder.get(path).await.status, 200, "{path}");
    }
    for _ in 0..40 {
        assert_eq!(site.anybody().get("/.well-known/jwks.json").await.status, 200);
    }
    // Whoever only looks at those uses up nothing.
    let other = at(&site, "198.51.100.2");
    for _ in 0..40 {
        assert_eq!(other.get("/healthz").await.status, 200);
    }
    flood(&other).await;
}

#[tokio::test]
async fn always_ok_makes_no_success_of_a_flood() {
    let site = Installation::builder().behind_proxy().shield(LIMIT).app_always_ok().start().await;
    let flooder = at(&site, FLOODER);
    flood(&flooder).await;
    app::refused(&flooder.post("/app/auth/login", &json!({})).await, 429, super::TOO_MANY);
}

#[tokio::test]
async fn without_limits_there_is_no_shield() {
    let site = Installation::builder().behind_proxy().start().await;
    let caller = at(&site, FLOODER);
    for _ in 0..100 {
        assert_eq!(caller.get("/.well-known/jwks.json").await.status, 200);
    }
}
