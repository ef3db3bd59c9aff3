//! Where a code is, and sending it once more, beside a running server.

use daftar_testkit::smtp::{Behaviour, SmtpSink};
use serde_json::{Value, json};

use super::program::{Client, Home, Server};

/// Starts a registration by mail.
async fn sign_up(server: &Server, client: &Client, name: &str) {
    let body = json!({
        "username": name, "password": "correct horse", "first_name": "Siti", "last_name": "Rahma",
        "phone_number": "6281234567890", "email": format!("{name}@example.test"), "mode": "LINK",
    });
    let signup = reqwest::Client::new().post(format!("{}/signup", server.base)).basic_auth(&client.id, Some(&client.secret)).json(&body);
    assert_eq!(signup.send().await.unwrap().status(), 200);
}

/// The one message to `to`, once it stands at `status`.
fn until(home: &Home, to: &str, status: &str) -> Value {
    for _ in 0..200 {
        let found = home.json(&["outbox", "list", "--to", to, "--status", status, "--json"]);
        if let [message] = found.as_array().unwrap().as_slice() {
            return message.clone();
        }
    }
    unreachable!("no message to {to} is {status}: {}", home.run(&["outbox", "list"]).out)
}

// The mail server answers while the test waits for a command.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_that_every_route_refused_is_seen_and_sent_once_more() {
    let sink = SmtpSink::start();
    sink.behave(Behaviour::Refuse(550));
    let home = Home::for_development()
        .with("DAFTAR_EMAIL__TRANSPORT", "smtp")
        .with("DAFTAR_EMAIL__URL", &sink.url())
        .with("DAFTAR_EMAIL__FROM", "accounts@example.test");
    let (client, server) = (home.client(), home.start(&["serve"]));
    assert!(home.run(&["outbox", "list"]).ok().contains("there are no such messages"));
    sign_up(&server, &client, "siti").await;
    let failed = until(&home, "Siti@Example.test", "failed");
    assert_eq!((&failed["to"], &failed["can_retry"]), (&json!("s***@example.test"), &json!(true)), "{failed}");
    assert_eq!(failed["reason"], "the mail server answered 550 5.7.1");
    let id = failed["id"].as_str().unwrap();
    let screen = home.run(&["outbox", "show", id]).ok();
    for line in
        ["status    failed", "says      signup_code", "by smtp (email), refused: the mail server answered 550 5.7.1", &format!("outbox retry {id}")]
    {
        assert!(screen.contains(line), "{line} is missing in {screen}");
    }
    assert_eq!(home.json(&["outbox", "show", id, "--json"]), failed);

    sink.behave(Behaviour::Accept);
    assert!(home.run(&["outbox", "retry", id]).ok().contains("is due now"));
    assert_eq!(sink.received(1).await.len(), 1);
    let sent = until(&home, "siti@example.test", "accepted");
    assert_eq!((sent["attempts"].as_array().unwrap().len(), &sent["can_retry"]), (2, &json!(false)));
    assert!(home.run(&["outbox", "retry", id]).failed().contains("was sent"));
    assert!(server.stop().success());
}

#[tokio::test]
async fn contacts_are_whole_for_whoever_names_the_account() {
    let home = Home::for_development();
    let (client, server) = (home.client(), home.start(&["serve"]));
    let http = reqwest::Client::new();
    assert_eq!(server.register(&http, &client, "siti", 1).await.unwrap(), 200);
    let body = json!({"nature": 1, "loginID": "siti@example.com", "sendType": 0});
    let otp = http.post(format!("{}/app/auth/otp", server.base)).json(&body).send().await.unwrap();
    assert_eq!(otp.status(), 200);
    let masked = until(&home, "siti@example.com", "accepted");
    assert_eq!(masked["to"], "s***@example.com");
    let own = home.json(&["outbox", "list", "--account", "siti", "--json"]);
    assert_eq!((&own[0]["to"], &own[0]["id"]), (&json!("siti@example.com"), &masked["id"]));
    assert!(home.run(&["outbox", "list", "--channel", "email"]).ok().contains("s***@example.com"));
}

#[test]
fn what_cannot_be_found_is_explained() {
    let home = Home::for_development();
    assert!(home.run(&["outbox", "show", "1"]).failed().contains("is not the id of a message"));
    let nobodys = "00000000-0000-4000-8000-000000000000";
    for command in ["show", "retry"] {
        assert!(home.run(&["outbox", command, nobodys]).failed().contains("there is no message"));
    }
    assert!(home.run(&["outbox", "list", "--to", "siti"]).failed().contains("neither an e-mail address nor a phone number"));
    assert!(home.run(&["outbox", "list", "--account", "siti"]).failed().contains("no account siti"));
    assert_eq!(home.run(&["outbox", "list", "--status", "lost"]).status, Some(2));
}

#[tokio::test]
async fn metrics_can_have_an_address_of_their_own() {
    let home = Home::for_development().with("DAFTAR_METRICS__LISTEN", "127.0.0.1:0");
    let (server, line) = home.start_and(&["serve"], "metrics at http://");
    let apart = line.split("metrics at ").nth(1).unwrap().trim().to_owned();
    let http = reqwest::Client::new();
    let answer = http.get(&apart).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    assert!(answer.text().await.unwrap().contains("daftar_outbox_waiting{channel=\"sms\"} 0"));
    assert_eq!(http.get(format!("{}/metrics", server.base)).send().await.unwrap().status(), 404);
    assert_eq!(http.get(apart.replace("/metrics", "/healthz")).send().await.unwrap().status(), 404);
    assert!(server.stop().success());
}
