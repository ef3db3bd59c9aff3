//! `POST /app/auth/forgot-password/verify` and `PUT /app/auth/password`.

use std::time::Duration;

use daftar_testkit::Installation;
use futures_util::future::join_all;
use serde_json::json;

use super::{
    BAD_CREDENTIALS, DISABLED, E164, EMAIL, NOT_SIGNED_IN, PASSWORD, PHONE, RESET, UPDATE_EMAIL, access, asked, by_phone, data, done, english,
    is_live, me, refused, show, sign_in, with_password,
};

const PATH: &str = "/app/auth/password";

/// Proves who it is, by the `count`th message to the phone; the token for a new password.
async fn recovering(site: &Installation, count: usize) -> String {
    let token = asked(&english(site), RESET, PHONE, 0).await;
    access(&show(&english(site), RESET, &token, &site.newest_code(count, E164).await).await)
}

#[tokio::test]
async fn row_12_a_new_password_replaces_the_old_and_ends_every_session_of_every_surface() {
    let site = Installation::start().await;
    let first = by_phone(&site).await;
    with_password(&site, &first).await;
    let second = access(&sign_in(&site, PHONE, PASSWORD).await);
    let usapi = crate::usapi::sign_in(&site, E164, PASSWORD).await.json()["token"].as_str().unwrap().to_owned();
    let recovery = recovering(&site, 2).await;
    me(&site, &recovery).put(PATH, &json!({"password": "NewOne99"})).await.is(200, &done());
    assert!(!is_live(&site, &first).await && !is_live(&site, &second).await);
    site.anybody().bearer(&usapi).get("/basic-profile").await.says(401, "Unauthorized");
    refused(&sign_in(&site, PHONE, PASSWORD).await, 401, BAD_CREDENTIALS);
    access(&sign_in(&site, PHONE, "NewOne99").await);
    let replica = site.replica().await;
    assert!(!is_live(&replica, &first).await && !is_live(&replica, &second).await, "on every replica");
    drop(replica);
    let site = site.restarted().await;
    assert!(!is_live(&site, &first).await, "after a restart, too");
}

#[tokio::test]
async fn it_sets_a_password_where_there_was_none() {
    let site = Installation::start().await;
    by_phone(&site).await;
    let recovery = recovering(&site, 2).await;
    me(&site, &recovery).put(PATH, &json!({"password": "NewOne99"})).await.is(200, &done());
    access(&sign_in(&site, PHONE, "NewOne99").await);
}

#[tokio::test]
async fn row_11_a_reset_token_is_good_once() {
    let site = Installation::start().await;
    by_phone(&site).await;
    let recovery = recovering(&site, 2).await;
    let racing = (0..16).map(|n| {
        let caller = me(&site, &recovery);
        async move { (n, caller.put(PATH, &json!({"password": format!("password{n}")})).await.status) }
    });
    let answers = join_all(racing).await;
    let won: Vec<_> = answers.iter().filter(|(_, status)| *status == 200).collect();
    assert_eq!(won.len(), 1);
    access(&sign_in(&site, PHONE, &format!("password{}", won[0].0)).await);
    refused(&me(&site, &recovery).put(PATH, &json!({"password": "again99"})).await, 401, NOT_SIGNED_IN);
}

#[tokio::test]
async fn row_11_a_reset_token_is_good_for_ten_minutes() {
    let site = Installation::start().await;
    by_phone(&site).await;
    let recovery = recovering(&site, 2).await;
    site.clock.advance(Duration::from_secs(600));
    refused(&me(&site, &recovery).put(PATH, &json!({"password": "NewOne99"})).await, 401, NOT_SIGNED_IN);
    let recovery = recovering(&site, 3).await;
    site.clock.advance(Duration::from_secs(598));
    me(&site, &recovery).put(PATH, &json!({"password": "NewOne99"})).await.is(200, &done());
}

#[tokio::test]
async fn a_newer_reset_or_a_new_password_voids_an_older_token() {
    let site = Installation::start().await;
    let session = by_phone(&site).await;
    let (older, newer) = (recovering(&site, 2).await, recovering(&site, 3).await);
    refused(&me(&site, &older).put(PATH, &json!({"password": "NewOne99"})).await, 401, NOT_SIGNED_IN);
    with_password(&site, &session).await;
    refused(&me(&site, &newer).put(PATH, &json!({"password": "NewOne99"})).await, 401, NOT_SIGNED_IN);
    access(&sign_in(&site, PHONE, PASSWORD).await);
}

#[tokio::test]
async fn row_9_the_tokens_hold_their_claims_and_nothing_else() {
    let site = Installation::start().await;
    let (session, recovery) = (by_phone(&site).await, recovering(&site, 2).await);
    for (token, audience, lifetime) in [(session, "app", 30 * 24 * 3600), (recovery, "app/password", 600)] {
        let claims = crate::usapi::claims(&token);
        let mut names: Vec<_> = claims.as_object().unwrap().keys().map(String::as_str).collect();
        names.sort_unstable();
        assert_eq!(names, ["aud", "exp", "iat", "iss", "jti", "sub"]);
        assert_eq!(claims["aud"], json!(audience));
        assert_eq!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(), lifetime);
    }
}

#[tokio::test]
async fn row_27_a_reset_token_is_for_the_new_password_alone_and_nothing_else_is() {
    let site = Installation::start().await;
    let session = by_phone(&site).await;
    let recovery = recovering(&site, 2).await;
    let mei = me(&site, &recovery);
    refused(&mei.get("/app/auth/info").await, 401, NOT_SIGNED_IN);
    refused(&mei.post(PATH, &json!({"password": "NewOne99"})).await, 401, NOT_SIGNED_IN);
    refused(&mei.delete("/app/auth/logout").await, 401, NOT_SIGNED_IN);
    refused(&mei.put("/app/auth/device-token", &json!({"deviceToken": "x"})).await, 401, NOT_SIGNED_IN);
    refused(&super::ask(&mei, UPDATE_EMAIL, EMAIL, 0).await, 401, NOT_SIGNED_IN);
    site.anybody().bearer(&recovery).get("/basic-profile").await.says(401, "Unauthorized");
    let code_token = asked(&english(&site), RESET, PHONE, 0).await;
    for caller in [english(&site), me(&site, &session), me(&site, &code_token), me(&site, "nonsense")] {
        refused(&caller.put(PATH, &json!({"password": "NewOne99"})).await, 401, NOT_SIGNED_IN);
    }
    mei.put(PATH, &json!({"password": "NewOne99"})).await.is(200, &done());
}

#[tokio::test]
async fn row_11_a_refused_password_does_not_use_the_token_up() {
    let site = Installation::start().await;
    by_phone(&site).await;
    let recovery = recovering(&site, 2).await;
    assert_eq!(me(&site, &recovery).put(PATH, &json!({"password": "short"})).await.status, 400);
    me(&site, &recovery).put(PATH, &json!({"password": "NewOne99"})).await.is(200, &done());
}

#[tokio::test]
async fn an_absent_password_is_made_up_and_sent_where_the_code_went() {
    let site = Installation::start().await;
    let session = by_phone(&site).await;
    let mei = me(&site, &session);
    let change = asked(&mei, UPDATE_EMAIL, EMAIL, 0).await;
    data(&super::show(&mei, UPDATE_EMAIL, &change, &site.code_for(EMAIL).await).await);
    let recovery = recovering(&site, 2).await;
    me(&site, &recovery).put(PATH, &json!({})).await.is(200, &done());
    let password = site.nth_message(3, E164).await.text.split_whitespace().next().unwrap().to_owned();
    access(&sign_in(&site, EMAIL, &password).await);
    site.only_message(EMAIL).await;
}

#[tokio::test]
async fn an_account_that_was_disabled_meanwhile_gets_no_new_password() {
    let site = Installation::start().await;
    by_phone(&site).await;
    let recovery = recovering(&site, 2).await;
    site.disable(E164).await;
    refused(&me(&site, &recovery).put(PATH, &json!({"password": "NewOne99"})).await, 403, DISABLED);
    site.enable(E164).await;
    refused(&me(&site, &recovery).put(PATH, &json!({"password": "NewOne99"})).await, 401, NOT_SIGNED_IN);
    refused(&sign_in(&site, PHONE, "NewOne99").await, 401, BAD_CREDENTIALS);
}
