//! Sessions of people, as administrators see and end them; and accounts by how something of theirs begins.

use daftar_testkit::{Caller, Installation};
use serde_json::{Value, json};

use super::{administrator, strangers_are_refused};
use crate::invas::{at_fault, problem};
use crate::usapi::{registered, sign_in, signed_in};

/// An id that nobody has.
const NOBODY: &str = "01938f6e-9b1a-7c44-8a5e-3f2b9d1c7e60";

async fn id_of(admin: &Caller, whom: &str) -> String {
    admin.get(&format!("/admin/accounts?whom={whom}")).await.json()["accounts"][0]["id"].as_str().unwrap().to_owned()
}

async fn sessions(admin: &Caller, id: &str) -> Vec<Value> {
    admin.get(&format!("/admin/accounts/{id}/sessions")).await.json()["sessions"].as_array().unwrap().clone()
}

#[tokio::test]
async fn row_12_a_session_is_seen_and_ended_on_every_server_at_once() {
    let site = Installation::start().await;
    let admin = administrator(&site).await;
    let first = signed_in(&site, 1).await;
    let username = site.username_of("siti1@example.test").await;
    let second = sign_in(&site, &username, "rahasia sekali").await.json()["token"].as_str().unwrap().to_owned();
    let id = id_of(&admin, &username).await;
    let found = sessions(&admin, &id).await;
    assert_eq!(found.len(), 2);
    assert_eq!((&found[0]["surface"], &found[0]["account"]), (&json!("usapi"), &json!(id)));
    let replica = site.replica().await;
    let live = async |token: &str| replica.anybody().bearer(token).get("/basic-profile").await.status.as_u16();
    let newest = crate::usapi::claims(&second)["jti"].as_str().unwrap().to_owned();
    admin.delete(&format!("/admin/sessions/{newest}")).await.is(200, &json!({"ended": 1}));
    assert_eq!((live(&first).await, live(&second).await), (200, 401));
    problem(&admin.delete(&format!("/admin/sessions/{newest}")).await, 404, "SESSION_NOT_FOUND", None);
    admin.delete(&format!("/admin/accounts/{id}/sessions")).await.is(200, &json!({"ended": 1}));
    assert_eq!(live(&first).await, 401);
    assert_eq!(sessions(&admin, &id).await, Vec::<Value>::new());
    assert_eq!(sign_in(&site, &username, "rahasia sekali").await.status, 200, "whoever has the password signs in again");
}

#[tokio::test]
async fn nobody_has_no_sessions() {
    let site = Installation::start().await;
    let admin = administrator(&site).await;
    for id in [NOBODY, "siti"] {
        problem(&admin.get(&format!("/admin/accounts/{id}/sessions")).await, 404, "ACCOUNT_NOT_FOUND", None);
        problem(&admin.delete(&format!("/admin/accounts/{id}/sessions")).await, 404, "ACCOUNT_NOT_FOUND", None);
        problem(&admin.delete(&format!("/admin/sessions/{id}")).await, 404, "SESSION_NOT_FOUND", None);
    }
}

#[tokio::test]
async fn accounts_are_found_by_how_something_of_theirs_begins() {
    let site = Installation::start().await;
    let admin = administrator(&site).await;
    for n in [1, 2, 10] {
        registered(&site, n).await;
    }
    let found = async |query: &str| {
        let answer = admin.get(&format!("/admin/accounts?{query}")).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        let emails =
            answer.json()["accounts"].as_array().unwrap().iter().map(|account| account["email"].as_str().unwrap().to_owned()).collect::<Vec<_>>();
        emails.join(" ")
    };
    assert_eq!(found("beginning=SITI1").await, "siti10@example.test siti1@example.test");
    assert_eq!(found("beginning=siti2@").await, "siti2@example.test");
    assert_eq!(found("beginning=+62810000000").await, "siti1@example.test siti2@example.test siti10@example.test");
    assert_eq!(found("beginning=siti&limit=1").await.split(' ').count(), 1);
    assert_eq!(found("beginning=nobody").await, "");
    at_fault(&admin.get("/admin/accounts?beginning=siti&whom=siti").await, "beginning");
    at_fault(&admin.get("/admin/accounts?beginning=siti&limit=101").await, "limit");
}

#[tokio::test]
async fn row_33_nobody_else_sees_or_ends_a_session() {
    let site = Installation::start().await;
    let calls = [
        ("GET", format!("/admin/accounts/{NOBODY}/sessions")),
        ("DELETE", format!("/admin/accounts/{NOBODY}/sessions")),
        ("DELETE", format!("/admin/sessions/{NOBODY}")),
        ("GET", "/admin/accounts?beginning=siti".to_owned()),
    ];
    strangers_are_refused(&site, &calls).await;
}
