//! `/admin/clients`: machine clients, as an operator administers them over HTTP.

use daftar_testkit::Installation;
use serde_json::{Value, json};

use super::{administrator, strangers_are_refused};
use crate::invas::{at_fault, problem};

const LOOK_UP: (&str, &str) = ("/signup/resend", "token");

/// Whether these credentials are a machine client's of USAPI.
async fn is_let_in(site: &Installation, id: &str, secret: &str) -> bool {
    site.anybody().basic(id, secret).post(LOOK_UP.0, &json!({ LOOK_UP.1: "x" })).await.status != 401
}

#[tokio::test]
async fn a_client_is_made_used_given_a_new_secret_and_disabled() {
    let site = Installation::start().await;
    let admin = administrator(&site).await;
    let made = admin.post("/admin/clients", &json!({"name": " Web shop ", "scopes": ["usapi", "b2b", "usapi"], "country": "HK"})).await;
    assert_eq!(made.status, 201, "{made:?}");
    let made = made.json();
    let (id, secret) = (made["id"].as_str().unwrap(), made["secret"].as_str().unwrap());
    assert_eq!((&made["name"], &made["scopes"], &made["country"]), (&json!("Web shop"), &json!(["b2b", "usapi"]), &json!("HK")));
    assert!(is_let_in(&site, id, secret).await);

    let listed = admin.get("/admin/clients").await;
    let there: Vec<Value> = listed.json()["clients"].as_array().unwrap().clone();
    let mut without_secret = made.clone();
    without_secret.as_object_mut().unwrap().remove("secret");
    assert!(there.contains(&without_secret) && !listed.text.contains(secret), "{listed:?}");

    let put = admin.put(&format!("/admin/clients/{id}/country"), &json!({"country": "SG"})).await;
    assert_eq!((put.status.as_u16(), &put.json()["country"]), (200, &json!("SG")));

    let rotated = admin.post(&format!("/admin/clients/{id}/rotate"), &Value::Null).await.json();
    let new = rotated["secret"].as_str().unwrap();
    assert!(!is_let_in(&site, id, secret).await && is_let_in(&site, id, new).await);

    let disabled = admin.post(&format!("/admin/clients/{id}/disable"), &Value::Null).await;
    assert!(disabled.json()["disabled_at"].is_string(), "{disabled:?}");
    assert!(!is_let_in(&site, id, new).await);
    problem(&admin.post(&format!("/admin/clients/{id}/rotate"), &Value::Null).await, 409, "CLIENT_DISABLED", None);
}

#[tokio::test]
async fn an_administrator_who_disables_himself_is_out_at_once() {
    let site = Installation::start().await;
    let admin = administrator(&site).await;
    let clients = admin.get("/admin/clients").await.json();
    let own = clients["clients"].as_array().unwrap().iter().find(|client| client["scopes"] == json!(["admin"])).unwrap()["id"].clone();
    admin.post(&format!("/admin/clients/{}/disable", own.as_str().unwrap()), &Value::Null).await;
    problem(&admin.get("/admin/clients").await, 401, "UNAUTHORIZED", None);
}

#[tokio::test]
async fn what_is_wrong_with_a_new_client_is_named_and_none_is_made() {
    let site = Installation::start().await;
    let admin = administrator(&site).await;
    let before = admin.get("/admin/clients").await.text;
    for (body, field) in [
        (json!({"scopes": ["usapi"]}), "name"),
        (json!({"name": "", "scopes": ["usapi"]}), "name"),
        (json!({"name": "x".repeat(101), "scopes": ["usapi"]}), "name"),
        (json!({"name": "two\nlines", "scopes": ["usapi"]}), "name"),
        (json!({"name": "shop"}), "scopes"),
        (json!({"name": "shop", "scopes": []}), "scopes"),
        (json!({"name": "shop", "scopes": "usapi"}), "scopes"),
        (json!({"name": "shop", "scopes": ["usapi", "root"]}), "scopes"),
        (json!({"name": "shop", "scopes": ["usapi", 1]}), "scopes"),
        (json!({"name": "shop", "scopes": ["b2b"], "country": "Indonesia"}), "country"),
        (json!({"name": "shop", "scopes": ["b2b"], "country": 62}), "country"),
    ] {
        at_fault(&admin.post("/admin/clients", &body).await, field);
    }
    assert_eq!(admin.get("/admin/clients").await.text, before);
    for path in ["rotate", "disable"] {
        problem(&admin.post(&format!("/admin/clients/nobody/{path}"), &Value::Null).await, 404, "CLIENT_NOT_FOUND", None);
    }
    problem(&admin.put("/admin/clients/no%20body/country", &json!({"country": "ID"})).await, 404, "CLIENT_NOT_FOUND", None);
}

#[tokio::test]
async fn row_33_nobody_else_learns_or_changes_anything() {
    let site = Installation::start().await;
    let shop = site.shop_id();
    let calls = [
        ("GET", "/admin/clients".to_owned()),
        ("POST", "/admin/clients".to_owned()),
        ("POST", format!("/admin/clients/{shop}/rotate")),
        ("POST", format!("/admin/clients/{shop}/disable")),
        ("PUT", format!("/admin/clients/{shop}/country")),
    ];
    strangers_are_refused(&site, &calls).await;
    assert!(is_let_in(&site, shop, site.shop_secret()).await);
}
