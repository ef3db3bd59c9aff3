//! `POST /app/auth/login`.

use std::time::Duration;

use daftar_testkit::Installation;
use futures_util::future::join_all;
use serde_json::json;

use super::{BAD_CREDENTIALS, DISABLED, PASSWORD, PHONE, access, by_phone, english, is_live, refused, sign_in, with_password};
use crate::usapi::{registered, with, without};

const PATH: &str = "/app/auth/login";
const THROTTLED: &str = "Too many attempts. Please try again later.";

#[tokio::test]
async fn the_right_password_gets_a_token_that_works_for_30_days() {
    let site = Installation::start().await;
    with_password(&site, &by_phone(&site).await).await;
    for spelling in [PHONE, "+852 6809 8227", " 68098227 ", &site.username_of("+85268098227").await] {
        let token = access(&sign_in(&site, spelling, PASSWORD).await);
        assert!(is_live(&site, &token).await, "{spelling}");
    }
    let token = access(&sign_in(&site, PHONE, PASSWORD).await);
    site.clock.advance(Duration::from_secs(30 * 24 * 3600 - 2));
    assert!(is_live(&site, &token).await);
    site.clock.advance(Duration::from_secs(3));
    assert!(!is_live(&site, &token).await);
}

#[tokio::test]
async fn unknown_wrong_and_without_a_password_are_one_failure() {
    let site = Installation::start().await;
    by_phone(&site).await;
    registered(&site, 1).await;
    refused(&sign_in(&site, PHONE, PASSWORD).await, 401, BAD_CREDENTIALS);
    refused(&sign_in(&site, "siti 1", "wrong password").await, 401, BAD_CREDENTIALS);
    for nobody in ["nobody", "nobody@example.test", "51234567", "@", "a\u{ff20}b.example", &"x".repeat(300)] {
        refused(&sign_in(&site, nobody, "rahasia sekali").await, 401, BAD_CREDENTIALS);
    }
}

#[tokio::test]
async fn row_19_unknown_and_without_a_password_cost_a_hash_like_a_wrong_one() {
    let site = Installation::start().await;
    by_phone(&site).await;
    registered(&site, 1).await;
    for login_id in ["nobody", "@", PHONE, "siti 1"] {
        let before = site.hashes();
        refused(&sign_in(&site, login_id, "wrong password").await, 401, BAD_CREDENTIALS);
        assert_eq!(site.hashes() - before, 1, "{login_id}");
    }
}

#[tokio::test]
async fn a_disabled_account_is_told_only_to_whoever_knows_its_password() {
    let site = Installation::start().await;
    registered(&site, 1).await;
    let token = access(&sign_in(&site, "siti 1", "rahasia sekali").await);
    site.disable("siti 1").await;
    refused(&sign_in(&site, "siti 1", "rahasia sekali").await, 403, DISABLED);
    refused(&sign_in(&site, "siti 1", "wrong password").await, 401, BAD_CREDENTIALS);
    assert!(!is_live(&site, &token).await);
    site.enable("siti 1").await;
    assert!(!is_live(&site, &token).await, "row 12: it ended for good");
}

#[tokio::test]
async fn row_14_the_eleventh_wrong_password_must_wait_and_every_surface_counts() {
    let site = Installation::with_limits().await;
    registered(&site, 1).await;
    for n in 0..10 {
        match n % 2 {
            0 => refused(&sign_in(&site, "siti1@example.test", "wrong password").await, 401, BAD_CREDENTIALS),
            _ => assert_eq!(crate::usapi::sign_in(&site, "siti 1", "wrong password").await.status, 401),
        }
    }
    let answer = sign_in(&site, "6281000000001", "rahasia sekali").await;
    refused(&answer, 429, THROTTLED);
    assert_eq!(answer.header("retry-after"), "90");
    site.clock.advance(Duration::from_secs(90));
    access(&sign_in(&site, "siti 1", "rahasia sekali").await);
}

#[tokio::test]
async fn row_14_of_200_racing_guesses_ten_are_compared() {
    let site = Installation::with_limits().await;
    registered(&site, 1).await;
    let answers = join_all((0..200).map(|_| sign_in(&site, "siti 1", "wrong password"))).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 401).count(), 10);
    assert!(answers.iter().all(|answer| [401, 429, 503].contains(&answer.status.as_u16())));
}

#[tokio::test]
async fn properties_are_checked_in_table_order() {
    let site = Installation::start().await;
    let call = async |body| english(&site).post(PATH, &body).await;
    let body = json!({"loginID": "x", "password": "y", "deviceToken": "z"});
    refused(&call(json!({})).await, 400, "loginID is missing.");
    for property in ["loginID", "password", "deviceToken"] {
        refused(&call(without(&body, property)).await, 400, &format!("{property} is missing."));
        refused(&call(with(&body, property, 1)).await, 400, &format!("{property} must be of type string."));
        refused(&call(with(&body, property, json!(null))).await, 400, &format!("{property} must be of type string."));
        refused(&call(with(&body, property, "")).await, 400, &format!("{property} must not be empty."));
    }
    refused(&call(with(&body, "deviceToken", "x".repeat(256))).await, 400, "deviceToken must have at most 255 characters.");
    refused(&call(with(&body, "deviceToken", "a\nb")).await, 400, "The device token is not valid.");
    refused(&call(with(&body, "deviceType", "0")).await, 400, "deviceType must be of type integer.");
    refused(&call(with(&body, "deviceType", 1.0)).await, 400, "deviceType must be of type integer.");
    for unknown in [-1, 3] {
        refused(&call(with(&body, "deviceType", unknown)).await, 400, "deviceType must be one of: 0, 1, 2.");
    }
    for known in [json!(0), json!(1), json!(2), json!(null)] {
        refused(&call(with(&body, "deviceType", known)).await, 401, BAD_CREDENTIALS);
    }
    refused(&call(with(&body, "deviceToken", "x".repeat(255))).await, 401, BAD_CREDENTIALS);
}
