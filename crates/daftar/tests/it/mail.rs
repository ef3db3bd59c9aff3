//! Mail through the whole program, to a real SMTP server.

use daftar_testkit::smtp::{Behaviour, SmtpSink};
use serde_json::{Value, json};

use super::program::Home;

#[tokio::test]
async fn the_mail_of_a_registration_arrives_and_its_link_opens_the_account() {
    let sink = SmtpSink::start();
    let home = Home::for_development()
        .with("DAFTAR_EMAIL__TRANSPORT", "smtp")
        .with("DAFTAR_EMAIL__URL", &sink.url())
        .with("DAFTAR_EMAIL__FROM", "accounts@example.test");
    let (client, http) = (home.client(), reqwest::Client::new());
    let server = home.start(&["serve"]);

    let body = json!({
        "username": "siti", "password": "correct horse", "first_name": "Siti", "last_name": "Rahma",
        "phone_number": "6281234567890", "email": "siti@example.test", "mode": "LINK",
    });
    let signup = http.post(format!("{}/signup", server.base)).basic_auth(&client.id, Some(&client.secret)).json(&body);
    let answer = signup.send().await.unwrap();
    let (status, answer) = (answer.status().as_u16(), answer.json::<Value>().await.unwrap());
    assert_eq!(status, 200, "{answer}");

    let mails = sink.received(1).await;
    let mail = &mails[0];
    assert_eq!((mail.to.concat(), mail.from.as_str()), ("siti@example.test".to_owned(), "accounts@example.test"));
    let code = mail.text.lines().find(|line| line.len() == 6 && line.bytes().all(|b| b.is_ascii_digit()));
    assert!(code.is_some(), "{}", mail.text);
    let link = mail.text.lines().find(|line| line.starts_with(&server.base)).unwrap_or_else(|| panic!("no link to {}: {}", server.base, mail.text));

    assert_eq!(http.get(link).send().await.unwrap().status(), 200);
    assert_eq!(server.sign_in(&http, "siti").await, Err(401), "looking at the page opens nothing");
    let (page, key) = link.split_once("?key=").unwrap();
    assert_eq!(http.post(page).form(&[("key", key), ("decision", "confirm")]).send().await.unwrap().status(), 200);
    let token = server.sign_in(&http, "siti").await.unwrap();
    assert_eq!(server.profile(&http, &token).await, 200);

    assert!(server.stop().success());
    assert_eq!(sink.mails().len(), 1);
}

#[tokio::test]
async fn row_45_a_first_mail_server_that_hangs_holds_up_no_request_and_the_mail_goes_by_the_second() {
    let (first, second) = (SmtpSink::start(), SmtpSink::start());
    first.behave(Behaviour::Hang);
    let servers = format!(r#"[{{name = "first", url = "{}", timeout = "2s"}}, {{name = "second", url = "{}"}}]"#, first.url(), second.url());
    let home = Home::for_development()
        .with("DAFTAR_EMAIL__TRANSPORT", "smtp")
        .with("DAFTAR_EMAIL__SERVERS", &servers)
        .with("DAFTAR_EMAIL__FROM", "accounts@example.test");
    let (client, http) = (home.client(), reqwest::Client::new());
    let server = home.start(&["serve"]);
    let body = json!({
        "username": "siti", "password": "correct horse", "first_name": "Siti", "last_name": "Rahma",
        "phone_number": "6281234567890", "email": "siti@example.test", "mode": "LINK",
    });
    let signup = http.post(format!("{}/signup", server.base)).basic_auth(&client.id, Some(&client.secret)).json(&body);
    assert_eq!(signup.send().await.unwrap().status(), 200);
    assert!(second.mails().is_empty(), "the answer did not wait for the first server");
    assert_eq!(second.received(1).await[0].to, ["siti@example.test"]);
    assert!(first.counts().connections == 1 && server.stop().success());
    assert_eq!((first.mails().len(), second.mails().len()), (0, 1));
}
