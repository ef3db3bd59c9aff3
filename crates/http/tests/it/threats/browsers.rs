//! Rows 33 and 59: what every refusal says and does not say, and what browsers and caches are told.

use daftar_testkit::{Answer, Caller, Installation};
use reqwest::Method;
use serde_json::json;

use super::{Cast, send};
use crate::app::english;
use crate::usapi::registered;

const JSON: &str = "application/json";

/// Demands what every answer must carry, and that it lets no script of another origin read it.
#[track_caller]
fn is_sealed(answer: &Answer, what: &str) {
    assert_eq!((answer.header("cache-control"), answer.header("x-content-type-options")), ("no-store", "nosniff"), "{what}");
    assert!(!answer.header("x-request-id").is_empty(), "{what}");
    let of_cors = answer.headers.keys().find(|name| name.as_str().starts_with("access-control-"));
    assert!(of_cors.is_none(), "{what}: {of_cors:?}");
    assert!(answer.headers.get("server").is_none() && answer.headers.get("x-powered-by").is_none(), "{what}");
}

#[tokio::test]
async fn row_33_without_credentials_every_body_is_answered_alike_and_row_59_with_their_scheme() {
    let cast = Cast::gather().await;
    let callers = |scheme: &str| {
        let anybody = english(&cast.site);
        let wrong =
            [anybody.basic("nobody", "nothing"), anybody.bearer("a.b.c"), anybody.with("authorization", scheme), anybody.with("authorization", "x")];
        [anybody].into_iter().chain(wrong)
    };
    for (method, path, scheme) in Cast::guarded_calls() {
        let mut told = Vec::new();
        for caller in callers(scheme) {
            let caller = caller.with("origin", "https://evil.example");
            for (content_type, body) in [
                (JSON, "{}".to_owned()),
                (JSON, "{".to_owned()),
                (JSON, "x".repeat(100_000)),
                ("text/plain", "x".to_owned()),
                ("application/x-www-form-urlencoded", "client_id=x&client_secret=y&grant_type=nonsense".to_owned()),
                ("multipart/form-data", "no boundary".to_owned()),
                (JSON, json!({"username": "siti 1", "email": "siti1@example.test", "phone": "081234567890", "password": "x"}).to_string()),
            ] {
                // Without Basic, a client may say who it is in the form: only there is it read.
                if path.starts_with("/oauth") && !content_type.ends_with("urlencoded") && caller_has_no_basic(&caller) {
                    continue;
                }
                let answer = send(&caller, method.clone(), path, content_type, body).await;
                assert_eq!(answer.status, 401, "{method} {path} with {content_type}: {answer:?}");
                assert!(answer.header("www-authenticate").starts_with(scheme), "{method} {path}: {:?}", answer.header("www-authenticate"));
                is_sealed(&answer, path);
                told.push(answer.text);
            }
        }
        told.dedup();
        assert_eq!(told.len(), 1, "{method} {path}: {told:?}");
    }
}

/// Whether a caller shows no credentials of its own.
fn caller_has_no_basic(caller: &Caller) -> bool {
    !caller.request(Method::GET, "/").build().unwrap().headers().contains_key("authorization")
}

#[tokio::test]
async fn row_59_no_answer_of_any_surface_is_kept_or_read_by_scripts_of_others() {
    let cast = Cast::gather().await;
    for (method, path, caller) in cast.json_calls() {
        let caller = caller.with("origin", "https://evil.example");
        for body in
            ["{", "{}", "{\"email\":\"nobody@example.test\",\"loginID\":\"68098227\",\"username\":\"siti 1\",\"password\":\"wrong password\"}"]
        {
            let answer = send(&caller, method.clone(), path, JSON, body).await;
            is_sealed(&answer, path);
        }
        let preflight = caller.with("access-control-request-method", method.as_str()).request(Method::OPTIONS, path);
        let answer = Answer::read(preflight.send().await.unwrap()).await;
        assert_eq!(answer.status, 405, "{path}");
        is_sealed(&answer, path);
    }
    for path in
        ["/nothing", "/app/auth/nothing", "/b2b/customer/nothing", "/oauth/nothing", "/healthz", "/readyz", "/.well-known/jwks.json", "/metrics"]
    {
        is_sealed(&cast.anybody.with("origin", "https://evil.example").get(path).await, path);
    }
}

#[tokio::test]
async fn row_59_who_has_to_wait_is_told_for_how_long_on_every_surface() {
    let seconds = |answer: &Answer| answer.header("retry-after").parse::<u32>().unwrap_or_default();
    let limited = Installation::with_limits().await;
    registered(&limited, 1).await;
    for _ in 0..10 {
        assert_eq!(crate::usapi::sign_in(&limited, "siti 1", "wrong password").await.status, 401);
    }
    for answer in [crate::usapi::sign_in(&limited, "siti 1", "x").await, crate::app::sign_in(&limited, "siti 1", "x").await] {
        assert!(answer.status == 429 && seconds(&answer) > 0, "{answer:?}");
    }
    let cast = Cast::gather().await;
    cast.site.break_store();
    let customer = crate::invas::customer();
    let answers = [
        cast.anybody.post("/auth", &json!({"username": "siti 1", "password": "x"})).await,
        cast.shop.post("/signup", &crate::usapi::applicant(7, "OTP")).await,
        cast.on_usapi.get("/basic-profile").await,
        cast.anybody.post("/app/auth/otp", &json!({"nature": 1, "loginID": "68098227", "sendType": 0})).await,
        cast.on_app.get("/app/auth/info").await,
        cast.host.post("/b2b/customer/register", &customer).await,
        cast.shop.post_form("/oauth/token", &[("grant_type", "client_credentials")]).await,
        cast.anybody.get("/signup/confirm?key=x").await,
        cast.anybody.get("/b2b/customer/register/authorize?key=x").await,
        cast.anybody.get("/readyz").await,
    ];
    for answer in answers {
        assert!(answer.status == 503 && seconds(&answer) > 0, "{answer:?}");
    }
}

#[tokio::test]
async fn row_59_where_an_origin_is_configured_that_one_alone_may_call_and_never_with_cookies() {
    let site = Installation::builder().cors_origin("https://shop.example").start().await;
    let calls = ["/auth", "/check/email", "/app/auth/login", "/app/auth/otp", "/b2b/customer/register", "/oauth/token", "/internal/register"];
    for path in calls {
        for (origin, is_allowed) in [
            ("https://shop.example", true),
            ("http://shop.example", false),
            ("https://shop.example:8443", false),
            ("https://shop.example.evil.example", false),
            ("https://evil-shop.example", false),
            ("https://sub.shop.example", false),
            ("HTTPS://SHOP.EXAMPLE", false),
            ("null", false),
        ] {
            let caller = english(&site).with("origin", origin);
            let preflight =
                caller.with("access-control-request-method", "POST").with("access-control-request-headers", "authorization, content-type");
            let preflight = Answer::read(preflight.request(Method::OPTIONS, path).send().await.unwrap()).await;
            let simple = caller.post(path, &json!({})).await;
            for answer in [preflight, simple] {
                let allowed = answer.header("access-control-allow-origin");
                assert_eq!(allowed, if is_allowed { origin } else { "" }, "{path} for {origin}");
                assert_eq!(answer.header("access-control-allow-credentials"), "", "{path}");
                assert!(answer.header("vary").to_lowercase().contains("origin"), "{path}: {:?}", answer.headers);
            }
        }
    }
}
