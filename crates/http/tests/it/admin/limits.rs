//! `/admin/limits`: who has used up what?

use std::time::Duration;

use daftar_core::client::Scope;
use daftar_core::identifier::{Country, LoginId};
use daftar_core::limit::{Charge, Gcra, LimitKey, LimitKind};
use daftar_core::ports::{Clock as _, Store as _};
use daftar_testkit::{Caller, Installation};
use serde_json::{Value, json};

use super::{administrator, strangers_are_refused};
use crate::app::{LOGIN, PHONE, SIGNUP, ask, asked, english};
use crate::invas::{at_fault, problem};
use crate::oauth::Machine;
use crate::usapi::{registered, sign_in, signed_in};

/// The limits that a query finds.
async fn found(caller: &Caller, query: &str) -> Vec<Value> {
    let answer = caller.get(&format!("/admin/limits?{query}")).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.json()["limits"].as_array().unwrap().clone()
}

/// The one limit that a query finds.
async fn only(caller: &Caller, query: &str) -> Value {
    let found = found(caller, query).await;
    assert_eq!(found.len(), 1, "{found:?}");
    found[0].clone()
}

#[tokio::test]
async fn row_42_and_row_43_what_is_used_is_told_with_how_much_is_left_and_until_when() {
    let site = Installation::with_limits().await;
    let admin = administrator(&site).await;
    assert_eq!(found(&admin, "").await, Vec::<Value>::new());
    asked(&english(&site), SIGNUP, PHONE, 0).await;
    let free = |seconds| format!("{:.3}", site.clock.now() + Duration::from_secs(seconds));
    let told = |limit: &str, of: &str, used: Value, most: Value, left: Value, period: u64, free_in: u64, resets_at: &str| {
        json!({
            "limit": limit, "of": of, "from": null, "used": used, "most": most, "left": left,
            "period": period, "free_in": free_in, "resets_at": resets_at,
        })
    };
    let destination = only(&admin, "limit=send.destination").await;
    assert_eq!(destination, told("send.destination", "+85*****227", json!(1), json!(1), json!(0), 60, 60, &free(86_400)));
    let prefix = only(&admin, "limit=send.prefix").await;
    assert_eq!(prefix, told("send.prefix", "+8526809", json!(1), json!(20), json!(19), 3600, 0, &free(3600)));
    let day = only(&admin, "limit=sms.day").await;
    assert_eq!((&day["of"], &day["used"], &day["most"], &day["left"]), (&json!("all"), &json!("0.05"), &json!("100"), &json!("99.95")));
    let all = admin.get("/admin/limits").await;
    assert!(!all.text.contains("68098227"), "{}", all.text);
    let free: Vec<_> = all.json()["limits"].as_array().unwrap().iter().map(|told| told["resets_at"].as_str().unwrap().to_owned()).collect();
    assert!(free.len() >= 5 && free.is_sorted_by(|one, other| one >= other), "longest first: {free:?}");
    assert_eq!(found(&admin, "max=2").await.len(), 2);
}

#[tokio::test]
async fn a_limit_that_is_spent_is_found_among_a_thousand_that_are_not() {
    let site = Installation::with_limits().await;
    let admin = administrator(&site).await;
    let used = |n: u32| {
        Charge::one(LimitKey::new(LimitKind::SendClient, format_args!("client{n}")), Gcra { burst: 3000, period: Duration::from_secs(3600) })
    };
    let many = (0..1000).map(|n| Charge { amount: 2000, ..used(n) }).collect();
    site.store().note_usage(many, site.clock.now()).await.unwrap();
    assert_eq!(found(&admin, "spent=true").await, Vec::<Value>::new());
    // It is free long before those that are not spent.
    for tries in 0..11 {
        assert_eq!(sign_in(&site, "nobody", "wrong").await.status, if tries < 10 { 401 } else { 429 });
    }
    assert_eq!(only(&admin, "spent=true").await["limit"], "password.account_address");
    assert_eq!(found(&admin, "spent=true&limit=sms.hour").await, Vec::<Value>::new());
    assert_eq!(found(&admin, "spent=false&limit=send.client&max=1000").await.len(), 1000);
    site.clock.advance(Duration::from_secs(90));
    assert_eq!(found(&admin, "spent=true").await, Vec::<Value>::new());
}

#[tokio::test]
async fn row_14_wrong_passwords_are_told_by_account_and_address() {
    let site = Installation::builder().limits().behind_proxy().start().await;
    let admin = administrator(&site).await;
    registered(&site, 1).await;
    let thief = site.anybody().with("x-forwarded-for", "203.0.113.7");
    for (name, tries) in [("SITI1@example.test", 11), ("rahasia sekali", 1)] {
        for _ in 0..tries {
            thief.post("/auth", &json!({"username": name, "password": "wrong"})).await;
        }
    }
    let siti = LoginId::classify("siti 1", &Country::indonesia()).unwrap();
    let id = site.store().find_account(&siti).await.unwrap().unwrap().id.to_string();
    let spent = only(&admin, "spent=true").await;
    assert_eq!(
        (&spent["limit"], &spent["of"], &spent["from"], &spent["used"], &spent["free_in"]),
        (&json!("password.account_address"), &json!(id), &json!("203.0.113.7"), &json!(10), &json!(90))
    );
    let address = only(&admin, "limit=password.address").await;
    assert_eq!((&address["of"], &address["used"], &address["from"]), (&json!("203.0.113.7"), &json!(11), &Value::Null));
    let strangers = found(&admin, "limit=password.strangers").await;
    assert_eq!((&strangers[0]["of"], &strangers[0]["used"]), (&json!(id), &json!(10)));
    // What was typed as a name may be somebody's password.
    assert_eq!((&strangers[1]["of"], &strangers[1]["used"]), (&json!("***"), &json!(1)));
}

#[tokio::test]
async fn without_limits_what_was_used_before_is_told() {
    let site = Installation::start().await;
    let admin = administrator(&site).await;
    asked(&english(&site), SIGNUP, PHONE, 0).await;
    assert_eq!(found(&admin, "").await, Vec::<Value>::new());
    let charge = Charge::one(LimitKey::new(LimitKind::LookUpAddress, "192.0.2.1"), Gcra { burst: 30, period: Duration::from_secs(60) });
    site.store().charge(vec![Charge { amount: 3, ..charge }], site.clock.now()).await.unwrap();
    assert_eq!(only(&admin, "").await["left"], 27);
}

#[tokio::test]
async fn a_parameter_that_is_not_what_it_must_be_is_named() {
    let site = Installation::with_limits().await;
    let admin = administrator(&site).await;
    for (query, field) in
        [("limit=sms", "limit"), ("limit=10", "limit"), ("spent=yes", "spent"), ("max=0", "max"), ("max=1001", "max"), ("max=x", "max")]
    {
        at_fault(&admin.get(&format!("/admin/limits?{query}")).await, field);
    }
    assert_eq!(found(&admin, "limit=&spent=&max=").await, Vec::<Value>::new());
    site.break_store();
    problem(&admin.get("/admin/limits").await, 503, "UNAVAILABLE", None);
}

#[tokio::test]
async fn row_33_nobody_else_learns_what_is_used() {
    let site = Installation::with_limits().await;
    let person = signed_in(&site, 1).await;
    let host = Machine::new(&site, &[Scope::B2b, Scope::Usapi]).await.token(&site).await;
    ask(&english(&site), LOGIN, PHONE, 0).await;
    for caller in [site.anybody(), site.shop(), site.anybody().bearer(&person), site.anybody().bearer(&host)] {
        for query in ["", "?max=0"] {
            problem(&caller.get(&format!("/admin/limits{query}")).await, 401, "UNAUTHORIZED", None);
        }
    }
}

#[tokio::test]
async fn a_limit_is_started_anew_for_one_and_for_all() {
    let site = Installation::with_limits().await;
    let admin = administrator(&site).await;
    let spend = async || {
        for contact in ["mei@example.test", "ana@example.test"] {
            asked(&english(&site), SIGNUP, contact, 0).await;
            assert_eq!(ask(&english(&site), SIGNUP, contact, 0).await.status, 429);
        }
    };
    let reset = async |body: Value| {
        let answer = admin.post("/admin/limits/reset", &body).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.json()["reset"].as_u64().unwrap()
    };
    spend().await;
    assert_eq!(reset(json!({"limit": "send.destination", "of": " MEI@example.test "})).await, 1);
    asked(&english(&site), SIGNUP, "mei@example.test", 0).await;
    assert_eq!(ask(&english(&site), SIGNUP, "ana@example.test", 0).await.status, 429);
    assert_eq!(reset(json!({"limit": "send.destination", "of": "nobody@example.test"})).await, 0);
    assert_eq!(reset(json!({"limit": "send.destination", "all": true, "of": null})).await, 2);
    asked(&english(&site), SIGNUP, "ana@example.test", 0).await;
    assert_eq!(reset(json!({"limit": "sms.hour"})).await, 0);
}

#[tokio::test]
async fn what_is_wrong_with_a_reset_is_named_and_nothing_is_reset() {
    let site = Installation::with_limits().await;
    let admin = administrator(&site).await;
    asked(&english(&site), SIGNUP, "mei@example.test", 0).await;
    let before = found(&admin, "").await;
    for (body, field) in [
        (json!({"of": "mei@example.test"}), "limit"),
        (json!({"limit": "send", "of": "mei@example.test"}), "limit"),
        (json!({"limit": "send.destination"}), "of"),
        (json!({"limit": "send.destination", "of": " "}), "of"),
        (json!({"limit": "send.destination", "of": "mei"}), "of"),
        (json!({"limit": "send.address", "of": "mei@example.test"}), "of"),
        (json!({"limit": "send.destination", "of": "mei@example.test", "all": true}), "all"),
        (json!({"limit": "send.destination", "all": "true"}), "all"),
        (json!({"limit": "send.destination", "of": "mei@example.test", "from": "203.0.113.7"}), "from"),
        (json!({"limit": "password.account_address", "of": "mei@example.test", "from": "here"}), "from"),
    ] {
        at_fault(&admin.post("/admin/limits/reset", &body).await, field);
    }
    assert_eq!(found(&admin, "").await, before);
    strangers_are_refused(&site, &[("POST", "/admin/limits/reset".to_owned())]).await;
}
