//! `/admin/messages`: where is my code?

use daftar_core::client::Scope;
use daftar_core::identifier::{Country, LoginId};
use daftar_core::ports::Store as _;
use daftar_testkit::{Answer, Caller, Installation};
use serde_json::{Value, json};

use super::{administrator, strangers_are_refused};
use crate::app::{LOGIN, asked, english};
use crate::invas::{at_fault, problem};
use crate::oauth::Machine;
use crate::usapi::{applicant, person, registered, signed_in, started};

const PHONE: &str = "+6281000000001";

/// The messages that a query finds.
async fn found(caller: &Caller, query: &str) -> Vec<Value> {
    let answer = caller.get(&format!("/admin/messages?{query}")).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.json()["messages"].as_array().unwrap().clone()
}

#[tokio::test]
async fn a_message_is_told_with_its_attempt_and_without_what_it_says() {
    let site = Installation::start().await;
    let admin = administrator(&site).await;
    started(&site, &applicant(1, "OTP")).await;
    site.all_sent().await;
    let code = site.code_for(PHONE).await;
    let answer = admin.get("/admin/messages?to=%2B6281000000001").await;
    let body = answer.json();
    let message = &body["messages"][0];
    let told = |key: &str| message[key].as_str().unwrap_or_default().to_owned();
    assert_eq!(
        (told("channel"), told("to"), told("kind"), told("status")),
        ("sms".into(), "+62*****001".into(), "signup_code".into(), "accepted".into())
    );
    assert_eq!(
        (&message["reason"], &message["next_at"], &message["can_retry"], &message["without_answer"]),
        (&Value::Null, &Value::Null, &json!(false), &json!(0))
    );
    let attempt = &message["attempts"][0];
    assert_eq!(
        (&attempt["number"], &attempt["route"], &attempt["channel"], &attempt["answer"]),
        (&json!(1), &json!("inbox"), &json!("sms"), &json!("accepted"))
    );
    assert_eq!(message["attempts"].as_array().unwrap().len(), 1);
    assert_eq!(body["next"], Value::Null);
    assert!(!answer.text.contains(&code) && !answer.text.contains("81000000001"), "{}", answer.text);
}

#[tokio::test]
async fn a_contact_is_found_however_it_is_written() {
    let site = Installation::start().await;
    let admin = administrator(&site).await;
    started(&site, &applicant(1, "OTP")).await;
    site.shop().post("/signup", &applicant(2, "LINK")).await;
    for to in ["%2B6281000000001", "+6281000000001", "6281000000001", "081000000001", "%2B62+810-0000-0001"] {
        assert_eq!(found(&admin, &format!("to={to}")).await.len(), 1, "{to}");
    }
    for to in ["siti2@example.test", "SITI2@Example.Test"] {
        assert_eq!(found(&admin, &format!("to={to}")).await.len(), 1, "{to}");
    }
    assert_eq!(found(&admin, "to=%2B6281000000009").await, Vec::<Value>::new());
    for to in ["siti", "a@b", "%00", "a%40x%0d%0aBcc:"] {
        at_fault(&admin.get(&format!("/admin/messages?to={to}")).await, "to");
    }
}

#[tokio::test]
async fn row_52_contacts_are_whole_only_for_whoever_names_the_account() {
    let site = Installation::start().await;
    let admin = administrator(&site).await;
    registered(&site, 1).await;
    let token = signed_in(&site, 2).await;
    let profile = json!({"gender": "Laki-Laki", "phone_number": "6287654321", "date_of_birth": "1996-10-18"});
    let form = reqwest::multipart::Form::new().text("basic_profile", profile.to_string());
    let update = site.anybody().bearer(&token).request(reqwest::Method::POST, "/update-basic-profile").multipart(form);
    assert_eq!(Answer::read(update.send().await.unwrap()).await.status, 200);
    let id = |name: &'static str| {
        let site = &site;
        async move {
            let id = LoginId::classify(name, &Country::indonesia()).unwrap();
            site.store().find_account(&id).await.unwrap().unwrap().id.to_string()
        }
    };
    // The old number was told; the account has another one by now, and its mail has got nothing.
    assert_eq!(found(&admin, "to=%2B6281000000002").await[0]["to"], "+62*****002");
    assert_eq!(found(&admin, &format!("account={}", id("siti 2").await)).await, Vec::<Value>::new());
    asked(&english(&site), LOGIN, "siti1@example.test", 0).await;
    let own = found(&admin, &format!("account={}", id("siti 1").await)).await;
    assert_eq!((own.len(), &own[0]["to"]), (1, &json!("siti1@example.test")));
    let other = found(&admin, &format!("account={}&to=siti2@example.test", id("siti 1").await)).await;
    assert_eq!(other, Vec::<Value>::new(), "only its own contacts");
}

#[tokio::test]
async fn messages_are_filtered_and_paged() {
    let site = Installation::start().await;
    let admin = administrator(&site).await;
    for n in 1..=5 {
        started(&site, &applicant(n, "OTP")).await;
    }
    site.shop().post("/signup", &applicant(6, "LINK")).await;
    site.all_sent().await;
    assert_eq!(found(&admin, "").await.len(), 6);
    assert_eq!(found(&admin, "channel=sms").await.len(), 5);
    assert_eq!(found(&admin, "status=accepted&channel=email").await.len(), 1);
    assert_eq!(found(&admin, "status=failed").await, Vec::<Value>::new());
    let (mut seen, mut before) = (Vec::new(), String::new());
    for expected in [2, 2, 2, 0] {
        let page = admin.get(&format!("/admin/messages?limit=2&before={before}")).await.json();
        let messages = page["messages"].as_array().unwrap();
        assert_eq!(messages.len(), expected);
        seen.extend(messages.iter().map(|message| message["id"].as_str().unwrap().to_owned()));
        before = page["next"].as_str().unwrap_or_default().to_owned();
        assert_eq!(before.is_empty(), expected == 0);
        if before.is_empty() {
            break;
        }
    }
    let mut sorted = seen.clone();
    sorted.sort_unstable_by(|a, b| b.cmp(a));
    sorted.dedup();
    assert_eq!((seen.len(), &seen), (6, &sorted), "newest first, each once");
}

#[tokio::test]
async fn a_parameter_that_is_not_what_it_must_be_is_named() {
    let site = Installation::start().await;
    let admin = administrator(&site).await;
    for (query, field) in [
        ("account=siti", "account"),
        ("status=waiting", "status"),
        ("channel=fax", "channel"),
        ("before=1", "before"),
        ("limit=0", "limit"),
        ("limit=101", "limit"),
        ("limit=-1", "limit"),
        ("limit=ten", "limit"),
    ] {
        at_fault(&admin.get(&format!("/admin/messages?{query}")).await, field);
    }
    problem(&admin.get("/admin/messages?account=00000000-0000-4000-8000-000000000000").await, 404, "ACCOUNT_NOT_FOUND", None);
}

#[tokio::test]
async fn row_33_nobody_else_learns_anything() {
    let site = Installation::start().await;
    let person = signed_in(&site, 1).await;
    let host = Machine::new(&site, &[Scope::B2b, Scope::Usapi]).await;
    let host_token = host.token(&site).await;
    for caller in [site.anybody(), site.shop(), site.anybody().bearer(&person), site.anybody().bearer(&host_token), site.anybody().bearer("x")] {
        // Not even that a parameter is wrong.
        for query in ["", "?limit=0"] {
            let answer = caller.get(&format!("/admin/messages{query}")).await;
            problem(&answer, 401, "UNAUTHORIZED", None);
            assert_eq!(answer.header("www-authenticate"), "Bearer");
        }
    }
}

#[tokio::test]
async fn paths_and_methods_that_lead_nowhere_are_problems() {
    let site = Installation::start().await;
    let admin = administrator(&site).await;
    problem(&admin.get("/admin/nothing").await, 404, "NOT_FOUND", None);
    let answer = admin.post("/admin/messages", &person(1)).await;
    problem(&answer, 405, "METHOD_NOT_ALLOWED", None);
    assert!(answer.header("allow").contains("GET"), "{answer:?}");
    site.break_store();
    let answer = admin.get("/admin/messages").await;
    problem(&answer, 503, "UNAVAILABLE", None);
    assert!(!answer.header("retry-after").is_empty());
}

#[tokio::test]
async fn one_message_is_told_and_what_was_sent_is_not_sent_again() {
    let site = Installation::start().await;
    let admin = administrator(&site).await;
    started(&site, &applicant(1, "OTP")).await;
    site.all_sent().await;
    let listed = found(&admin, "").await;
    let path = format!("/admin/messages/{}", listed[0]["id"].as_str().unwrap());
    assert_eq!(admin.get(&path).await.json(), listed[0]);
    problem(&admin.post(&format!("{path}/retry"), &Value::Null).await, 409, "MESSAGE_SENT", None);
    for id in ["01938f6e-9b1a-7c44-8a5e-3f2b9d1c7e60", "x"] {
        problem(&admin.get(&format!("/admin/messages/{id}")).await, 404, "MESSAGE_NOT_FOUND", None);
        problem(&admin.post(&format!("/admin/messages/{id}/retry"), &Value::Null).await, 404, "MESSAGE_NOT_FOUND", None);
    }
    strangers_are_refused(&site, &[("GET", path.clone()), ("POST", format!("{path}/retry"))]).await;
}
