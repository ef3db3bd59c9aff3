//! `/admin/accounts`: whose account is this, and may it sign in?

use daftar_testkit::Installation;
use serde_json::{Value, json};

use super::{administrator, strangers_are_refused};
use crate::invas::{at_fault, problem};
use crate::usapi::{registered, sign_in, signed_in};

/// An id that nobody has.
const NOBODY: &str = "01938f6e-9b1a-7c44-8a5e-3f2b9d1c7e60";

fn found(answer: &daftar_testkit::Answer) -> Vec<Value> {
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.json()["accounts"].as_array().unwrap().clone()
}

#[tokio::test]
async fn an_account_is_found_by_everything_that_it_is_known_by_and_told_whole() {
    let site = Installation::start().await;
    let (admin, body) = (administrator(&site).await, registered(&site, 1).await);
    registered(&site, 2).await;
    let by_name = found(&admin.get(&format!("/admin/accounts?whom={}", body["username"].as_str().unwrap())).await);
    assert_eq!(by_name.len(), 1);
    let account = &by_name[0];
    let id = account["id"].as_str().unwrap();
    for whom in [id, "SITI1@example.test", "081000000001", "+6281000000001", "%2B62 810-0000-0001"] {
        assert_eq!(found(&admin.get(&format!("/admin/accounts?whom={whom}")).await), by_name, "{whom}");
    }
    assert_eq!(admin.get(&format!("/admin/accounts/{id}")).await.json(), *account);
    let told: Vec<&Value> = ["status", "email", "email_verified", "phone", "has_password", "surface"].iter().map(|name| &account[name]).collect();
    assert_eq!(told, [&json!("active"), &json!("siti1@example.test"), &json!(true), &json!("+6281000000001"), &json!(true), &json!("usapi")]);
    assert_eq!(account["client"].as_str().unwrap(), site.shop_id());
    assert!(found(&admin.get("/admin/accounts?whom=nobody").await).is_empty());
    at_fault(&admin.get("/admin/accounts").await, "whom");
    at_fault(&admin.get("/admin/accounts?whom=+").await, "whom");
}

#[tokio::test]
async fn row_12_a_disabled_account_is_out_at_once_and_may_come_back() {
    let site = Installation::start().await;
    let admin = administrator(&site).await;
    let token = signed_in(&site, 1).await;
    let person = site.anybody().bearer(&token);
    let username = person.get("/basic-profile").await.json()["username"].as_str().unwrap().to_owned();
    let id = found(&admin.get(&format!("/admin/accounts?whom={username}")).await)[0]["id"].as_str().unwrap().to_owned();
    for _ in 0..2 {
        let answer = admin.post(&format!("/admin/accounts/{id}/disable"), &Value::Null).await;
        assert_eq!((answer.status.as_u16(), &answer.json()["status"]), (200, &json!("disabled")));
    }
    assert_eq!(person.get("/basic-profile").await.status, 401);
    assert_eq!(sign_in(&site, &username, "rahasia sekali").await.status, 403);
    let answer = admin.post(&format!("/admin/accounts/{id}/enable"), &Value::Null).await;
    assert_eq!((answer.status.as_u16(), &answer.json()["status"]), (200, &json!("active")));
    assert_eq!(person.get("/basic-profile").await.status, 401, "what has ended stays ended");
    assert_eq!(sign_in(&site, &username, "rahasia sekali").await.status, 200);
}

#[tokio::test]
async fn who_is_nobody_is_not_found() {
    let site = Installation::start().await;
    let admin = administrator(&site).await;
    for id in [NOBODY, "siti", "1"] {
        problem(&admin.post(&format!("/admin/accounts/{id}/disable"), &Value::Null).await, 404, "ACCOUNT_NOT_FOUND", None);
        problem(&admin.post(&format!("/admin/accounts/{id}/enable"), &Value::Null).await, 404, "ACCOUNT_NOT_FOUND", None);
        problem(&admin.get(&format!("/admin/accounts/{id}")).await, 404, "ACCOUNT_NOT_FOUND", None);
    }
}

#[tokio::test]
async fn row_33_nobody_else_learns_or_changes_anything() {
    let site = Installation::start().await;
    let id = NOBODY;
    let calls = [
        ("GET", "/admin/accounts?whom=siti1@example.test".to_owned()),
        ("GET", format!("/admin/accounts/{id}")),
        ("POST", format!("/admin/accounts/{id}/disable")),
        ("POST", format!("/admin/accounts/{id}/enable")),
    ];
    strangers_are_refused(&site, &calls).await;
}
