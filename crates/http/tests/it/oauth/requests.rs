//! What holds for every request to these endpoints (contract `common.md`, *HTTP*; threat rows 33 and 52).

use daftar_testkit::{Answer, Installation};
use reqwest::Method;

use super::{Machine, host, refused};

/// Every endpoint, and a form that it takes.
const ENDPOINTS: [(&str, &str); 3] =
    [("/oauth/token", "grant_type=client_credentials"), ("/oauth/introspect", "token=x"), ("/oauth/revoke", "token=x")];
const FORM: &str = "application/x-www-form-urlencoded";

#[tokio::test]
async fn what_is_not_a_form_is_refused_in_the_documented_shape() {
    let site = Installation::start().await;
    let caller = host(&site).await.caller(&site);
    for (path, form) in ENDPOINTS {
        for odd in ["application/json", "text/plain", "multipart/form-data; boundary=x", ""] {
            refused(&caller.post_raw(path, odd, form).await, 415, "invalid_request");
        }
        let charset = caller.post_raw(path, "Application/X-WWW-Form-Urlencoded; charset=UTF-8", form).await;
        assert_eq!(charset.status, 200, "{charset:?}");
        for size in [64 * 1024 + 1, 1_000_000] {
            refused(&caller.post_raw(path, FORM, format!("{form}&x={}", "x".repeat(size))).await, 413, "invalid_request");
        }
        for empty in ["", "&", "=", "x"] {
            refused(&caller.post_raw(path, FORM, empty).await, 400, "invalid_request");
        }
        let not_text = caller.post_raw(path, FORM, b"token=%ff%00&grant_type=\xff\xfe".to_vec()).await;
        assert!(not_text.status == 200 || not_text.status == 400, "{not_text:?}");
    }
}

#[tokio::test]
async fn a_repeated_parameter_is_refused() {
    let site = Installation::start().await;
    let machine = host(&site).await;
    let Machine { id, secret } = &machine;
    for (path, form) in ENDPOINTS {
        for twice in [format!("{form}&{form}"), format!("{form}&scope=b2b&scope=b2b"), format!("{form}&x&x"), format!("{form}&scope=&scope=b2b")] {
            refused(&machine.caller(&site).post_raw(path, FORM, twice).await, 400, "invalid_request");
        }
        let twice = format!("{form}&client_id={id}&client_secret={secret}&client_id={id}");
        refused(&site.anybody().post_raw(path, FORM, twice).await, 400, "invalid_request");
    }
}

#[tokio::test]
async fn row_33_who_does_not_authenticate_learns_nothing_from_the_bodys_other_checks() {
    let site = Installation::start().await;
    let id = host(&site).await.id;
    let wrong = site.anybody().basic(id.as_str(), "wrong");
    for (path, form) in ENDPOINTS {
        let expected = wrong.post_raw(path, FORM, form).await;
        refused(&expected, 401, "invalid_client");
        for body in ["", "grant_type=password", "scope=nonsense", "scope=a&scope=b", "client_id=x&client_secret=y"] {
            let answers = [
                wrong.post_raw(path, FORM, body).await,
                wrong.post_raw(path, "application/json", body).await,
                site.anybody().post_raw(path, FORM, format!("client_secret=wrong&{body}").replace("client_secret=y", "a=b")).await,
            ];
            for answer in answers {
                refused(&answer, 401, "invalid_client");
                assert_eq!(answer.text, expected.text, "{body}");
            }
        }
        refused(&wrong.post_raw(path, FORM, "x".repeat(100_000)).await, 401, "invalid_client");
    }
}

#[tokio::test]
async fn paths_and_methods_that_are_none_are_told_in_the_documented_shape() {
    let site = Installation::start().await;
    let caller = host(&site).await.caller(&site);
    for path in ["/oauth/authorize", "/oauth/token/", "/oauth/token/x", "/oauth//token", "/oauth/%ff"] {
        refused(&caller.get(path).await, 404, "invalid_request");
    }
    for (path, _) in ENDPOINTS {
        for method in [Method::GET, Method::PUT, Method::DELETE, Method::PATCH, Method::OPTIONS] {
            let answer = Answer::read(caller.request(method, path).send().await.unwrap()).await;
            refused(&answer, 405, "invalid_request");
            assert_eq!(answer.header("allow"), "POST", "{path}");
        }
    }
    let form = [("grant_type", "client_credentials")];
    let in_the_address = caller.request(Method::POST, "/oauth/token?grant_type=client_credentials").form(&[("scope", "b2b")]).send().await.unwrap();
    refused(&Answer::read(in_the_address).await, 400, "invalid_request");
    let overridden = caller.with("x-http-method-override", "GET").post_form("/oauth/token", &form).await;
    assert_eq!(overridden.status, 200);
}

#[tokio::test]
async fn a_store_that_is_away_is_503_and_a_broken_one_500() {
    for (path, form) in ENDPOINTS {
        let site = Installation::start().await;
        let machine = host(&site).await;
        let form = form.replace("token=x", &format!("token={}", machine.token(&site).await));
        let ask = async || machine.caller(&site).post_raw(path, FORM, form.clone()).await;
        site.break_store();
        let away = ask().await;
        refused(&away, 503, "temporarily_unavailable");
        assert!(!away.header("retry-after").is_empty());
        site.damage_store();
        refused(&ask().await, 500, "server_error");
        site.damage_writes();
        match path {
            "/oauth/introspect" => assert_eq!(ask().await.json()["active"], true),
            _ => refused(&ask().await, 500, "server_error"),
        }
    }
}

#[tokio::test]
async fn row_52_no_secret_and_no_token_reaches_a_log_at_trace_level() {
    let site = Installation::start().await;
    let log = daftar_testkit::log::capture();
    let machine = host(&site).await;
    let Machine { id, secret } = &machine;
    let token = machine.token(&site).await;
    site.anybody().post_raw("/oauth/introspect", FORM, format!("client_id={id}&client_secret={secret}&token={token}")).await;
    site.damage_writes();
    refused(&machine.revoke(&site, &token).await, 500, "server_error");
    site.break_store();
    refused(&machine.ask(&site).await, 503, "temporarily_unavailable");
    let text = log.text();
    assert!(text.contains("answered"), "the log was on: {} bytes", text.len());
    for secret in [secret, &token, token.rsplit('.').next().unwrap()] {
        assert!(!text.contains(secret), "the log holds {secret}");
    }
}
