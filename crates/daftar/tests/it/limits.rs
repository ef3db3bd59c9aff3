//! Who has used up what, and starting a limit anew, beside a running server.

use serde_json::{Value, json};

use super::program::{Home, Server};

/// A home where everything is limited.
fn limited() -> Home {
    Home::for_development().with("DAFTAR_LIMITS__ENABLED", "true")
}

/// The status with which a wrong password is answered.
async fn wrong_password(server: &Server, name: &str) -> u16 {
    let body = json!({"username": name, "password": "wrong"});
    reqwest::Client::new().post(format!("{}/auth", server.base)).json(&body).send().await.unwrap().status().as_u16()
}

/// The status with which it is answered that somebody who signs up on App asks for a code.
async fn code(server: &Server, contact: &str) -> u16 {
    code_for(server, 2, contact).await
}

/// The same, for what `nature` says.
async fn code_for(server: &Server, nature: u8, contact: &str) -> u16 {
    let body = json!({"nature": nature, "loginID": contact, "sendType": 0});
    reqwest::Client::new().post(format!("{}/app/auth/otp", server.base)).json(&body).send().await.unwrap().status().as_u16()
}

fn listed(home: &Home, arguments: &[&str]) -> Vec<Value> {
    home.json(&[&["limits", "list", "--json"], arguments].concat()).as_array().unwrap().clone()
}

#[tokio::test]
async fn row_14_whoever_is_kept_out_by_wrong_passwords_is_seen_and_let_in_again() {
    let home = limited();
    let (client, server, http) = (home.client(), home.start(&["serve"]), reqwest::Client::new());
    assert_eq!(home.run(&["limits", "list"]).ok(), "nothing is used\n");
    assert_eq!(server.register(&http, &client, "siti", 1).await.unwrap(), 200);
    for tries in 0..11 {
        assert_eq!(wrong_password(&server, "siti").await, if tries < 10 { 401 } else { 429 });
    }
    let id = home.json(&["account", "show", "siti", "--json"])["id"].as_str().unwrap().to_owned();
    let spent = listed(&home, &["--spent"]);
    assert_eq!((spent.len(), &spent[0]["limit"], &spent[0]["of"]), (1, &json!("password.account_address"), &json!(id)), "{spent:?}");
    let screen = home.run(&["limits", "list", "--spent"]).ok();
    for text in ["password.account_address", &format!("{id} from 127.0.0.1"), "10 of 10 in 15m", "spent, free in "] {
        assert!(screen.contains(text), "{text} is missing in {screen}");
    }
    assert_eq!(server.sign_in(&http, "siti").await, Err(429));
    let reset = |arguments: &[&str]| home.run(&[&["limits", "reset", "password.account_address"], arguments].concat());
    assert!(reset(&["siti", "--from", "192.0.2.1"]).failed().contains("there was nothing to reset"));
    assert_eq!(reset(&["+62 812-0000-0001", "--from", "::ffff:127.0.0.1"]).ok(), "1 limit reset\n");
    assert!(server.sign_in(&http, "siti").await.is_ok());
    assert_eq!(wrong_password(&server, "siti").await, 401);
    assert_eq!(reset(&[&id]).ok(), "1 limit reset\n");
    assert!(reset(&["Siti@Example.com"]).failed().contains("`daftar limits list --limit password.account_address`"));
    assert_eq!(home.run(&["limits", "list", "--spent"]).ok(), "nothing is spent\n");
    assert!(server.stop().success());
}

#[tokio::test]
async fn row_43_a_contact_that_has_got_too_many_messages_can_get_one_more() {
    let home = limited();
    let server = home.start(&["serve"]);
    for (contact, spellings) in [("mei@example.test", ["MEI@example.test", "mei@Example.Test"]), ("68098227", ["+852 6809 8227", "68098227"])] {
        assert_eq!(code(&server, contact).await, 200);
        for spelling in spellings {
            assert_eq!(code(&server, contact).await, 429);
            assert_eq!(home.run(&["limits", "reset", "send.destination", spelling]).ok(), "1 limit reset\n");
            assert_eq!(code(&server, contact).await, 200);
        }
    }
    let destinations = listed(&home, &["--limit", "send.destination"]);
    let of: Vec<_> = destinations.iter().map(|told| told["of"].as_str().unwrap()).collect();
    assert_eq!(of, ["+85*****227", "m***@example.test"], "longest first");
    assert_eq!(home.run(&["limits", "reset", "send.destination", "--all"]).ok(), "2 limits reset\n");
    assert_eq!(listed(&home, &["--limit", "send.destination"]), Vec::<Value>::new());
    let used = |kind: &str| listed(&home, &["--limit", kind])[0]["used"].clone();
    assert_eq!((used("send.prefix"), used("sms.hour"), used("sms.day"), used("send.address")), (json!(3), json!(3), json!("0.15"), json!(6)));
    for reset in [&["send.prefix", "+852 6809 8227"][..], &["sms.hour"], &["sms.day", "all"], &["send.address", "127.0.0.1"]] {
        assert_eq!(home.run(&[&["limits", "reset"], reset].concat()).ok(), "1 limit reset\n", "{reset:?}");
    }
    assert_eq!(code(&server, "68098227").await, 200);
    assert_eq!(home.run(&["limits", "reset", "send.prefix", "+8526809"]).ok(), "1 limit reset\n");
}

#[tokio::test]
async fn row_43_strangers_who_bomb_an_account_are_seen_and_can_be_let_in_again() {
    let home = limited().with("DAFTAR_LIMITS__SEND_STRANGERS_DAILY", "1");
    let (client, server, http) = (home.client(), home.start(&["serve"]), reqwest::Client::new());
    assert_eq!(server.register(&http, &client, "siti", 1).await.unwrap(), 200);
    assert_eq!(code_for(&server, 1, "siti@example.com").await, 200);
    assert_eq!(code_for(&server, 1, "siti@example.com").await, 429);
    let strangers = listed(&home, &["--limit", "send.strangers"]);
    assert_eq!((strangers.len(), &strangers[0]["of"], &strangers[0]["most"]), (1, &json!("s***@example.com"), &json!(1)));
    // Whoever signed in before has the rest of the day's messages.
    assert!(server.sign_in(&http, "siti").await.is_ok());
    assert_eq!(home.run(&["limits", "reset", "send.destination", "siti@example.com"]).ok(), "1 limit reset\n");
    assert_eq!(code_for(&server, 1, "siti@example.com").await, 200);
    assert_eq!(home.run(&["limits", "reset", "send.strangers", "SITI@example.com"]).ok(), "1 limit reset\n");
    assert_eq!(listed(&home, &["--limit", "send.strangers"]), Vec::<Value>::new());
    let told = server.logs("send.strangers");
    assert!(told.contains("WARN") && told.contains("s***@example.com") && !told.contains("siti@example.com"), "row 52: {told}");
}

#[test]
fn what_cannot_be_reset_is_explained() {
    let home = limited();
    let failed = |arguments: &[&str]| home.run(&[&["limits", "reset"], arguments].concat()).failed();
    for (arguments, why) in [
        (&["send.destination"][..], "say of whom send.destination is to be reset, or --all"),
        (&["send.destination", "siti"], "\"siti\", which is not an e-mail address or a phone number"),
        (&["send.prefix", "siti"], "is not a phone number or the beginning of one"),
        (&["password.address", "siti"], "is not an IP address"),
        (&["look_up.client", "no client"], "is not the id of a machine client"),
        (&["sms.day", "siti"], "is not \"all\": this limit is everybody's"),
        (&["password.strangers", "siti", "--from", "127.0.0.1"], "--from goes with password.account_address"),
        (&["password.strangers", "siti"], "there was nothing to reset: `daftar limits list --limit password.strangers`"),
        (&["sms.day"], "there was nothing to reset"),
    ] {
        let said = failed(arguments);
        assert!(said.contains(why), "{arguments:?}: {said}");
    }
    let unknown = home.run(&["limits", "reset", "sms", "siti"]);
    assert!(unknown.status == Some(2) && unknown.err.contains("send.destination"), "{unknown:?}");
    assert_eq!(home.run(&["limits", "reset", "send.destination", "siti@example.test", "--all"]).status, Some(2));
    assert!(home.run(&["limits", "reset", "--help"]).ok().contains("What all short messages of a day cost"));
}
