//! An answer is a promise (`threats.md`, *Faults* 1): what was answered 200 is there after a restart and after a kill.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use serde_json::{Value, json};
use tokio::sync::Mutex;
use tokio::task::JoinSet;

use super::program::{Client, Home, Server, register};

/// Registers people from 32 clients until the server is gone; the names that were answered 200, in a list that grows meanwhile.
pub(crate) fn load(server: &Server, client: &Client) -> (Arc<Mutex<Vec<String>>>, JoinSet<Vec<u16>>) {
    let (answered, number) = (Arc::new(Mutex::new(Vec::new())), Arc::new(AtomicU32::new(1)));
    let mut people = JoinSet::new();
    for _ in 0..32 {
        let (answered, number, client, base) = (Arc::clone(&answered), Arc::clone(&number), client.clone(), server.base.clone());
        people.spawn(async move {
            let (http, mut others) = (reqwest::Client::new(), Vec::new());
            loop {
                let number = number.fetch_add(1, Ordering::Relaxed);
                let name = format!("person{number}");
                match register(&http, &base, &client, &name, number).await {
                    Ok(200) => answered.lock().await.push(name),
                    Ok(other) => others.push(other),
                    Err(_) => return others,
                }
            }
        });
    }
    (answered, people)
}

/// Waits until `count` registrations were answered.
pub(crate) async fn until_answered(answered: &Mutex<Vec<String>>, count: usize) {
    let enough = async {
        while answered.lock().await.len() < count {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(30), enough).await.expect("enough registrations in time");
}

/// Everybody who was answered can sign in.
pub(crate) async fn all_can_sign_in(server: &Server, names: &[String]) {
    let http = reqwest::Client::new();
    for name in names {
        assert!(server.sign_in(&http, name).await.is_ok(), "{name} was answered 200 and is gone");
    }
}

#[tokio::test]
async fn fault_1_after_a_kill_everybody_who_was_answered_can_sign_in() {
    let home = Home::for_development();
    let (client, server) = (home.client(), home.start(&["serve"]));
    let (answered, people) = load(&server, &client);
    until_answered(&answered, 100).await;
    server.kill();
    people.join_all().await;
    let names = answered.lock().await.clone();
    all_can_sign_in(&home.start(&["serve"]), &names).await;
}

/// Signs up by mail and signs in from 16 clients until the server is gone: who was told that a mail is on its way, and the tokens that were handed out.
async fn sign_ups_and_sign_ins(server: &Server, client: &Client, until: usize) -> (JoinSet<()>, Arc<Mutex<(Vec<String>, Vec<String>)>>) {
    let (promised, number) = (Arc::new(Mutex::new((Vec::new(), Vec::new()))), Arc::new(AtomicU32::new(1)));
    let mut people = JoinSet::new();
    for _ in 0..16 {
        let (promised, number, client, base) = (Arc::clone(&promised), Arc::clone(&number), client.clone(), server.base.clone());
        people.spawn(async move {
            let http = reqwest::Client::new();
            loop {
                let number = number.fetch_add(1, Ordering::Relaxed);
                let email = format!("mail{number}@example.test");
                let body = json!({
                    "username": format!("mail {number}"), "password": "correct horse", "first_name": "Siti", "last_name": "Rahma", "email": email,
                });
                let started = http.post(format!("{base}/signup")).basic_auth(&client.id, Some(&client.secret)).json(&body).send();
                match started.await.map(|answer| answer.status().as_u16()) {
                    Ok(status) => assert_eq!(status, 200),
                    Err(_) => return,
                }
                promised.lock().await.0.push(email);
                let credentials = json!({"username": "siti", "password": "correct horse"});
                let Ok(answer) = http.post(format!("{base}/auth")).json(&credentials).send().await else { return };
                let Ok(signed_in) = answer.json::<Value>().await else { return };
                promised.lock().await.1.push(signed_in["token"].as_str().unwrap().to_owned());
            }
        });
    }
    let enough = async {
        while promised.lock().await.1.len() < until {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(30), enough).await.expect("enough sign-ins in time");
    (people, promised)
}

#[tokio::test]
async fn fault_1_after_a_kill_every_session_and_every_mail_that_was_promised_is_there() {
    // What the killed server had taken on is the next one's after this.
    let home = Home::for_development().with("DAFTAR_OUTBOX__SEND_TIMEOUT", "1s").with("DAFTAR_OUTBOX__LEASE", "3s");
    let (client, server, http) = (home.client(), home.start(&["serve"]), reqwest::Client::new());
    assert_eq!(server.register(&http, &client, "siti", 1).await.unwrap(), 200);
    let (people, promised) = sign_ups_and_sign_ins(&server, &client, 50).await;
    server.kill();
    people.join_all().await;
    let server = home.start(&["serve"]);
    let (mails, sessions) = promised.lock().await.clone();
    for token in &sessions {
        // A store that is slow, on a machine that is busy, may say to come again; what it must not say is that there is no such session.
        let mut status = server.profile(&http, token).await;
        for _ in 0..50 {
            if status != 503 {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
            status = server.profile(&http, token).await;
        }
        assert_eq!(status, 200, "a session was handed out and is gone");
    }
    let arrived = async |email: &str| {
        let url = format!("{}/dev/inbox.json?to={email}", server.base);
        http.get(url).send().await.unwrap().json::<Value>().await.unwrap().as_array().unwrap().len()
    };
    for email in &mails {
        let coming = async {
            while arrived(email).await == 0 {
                tokio::time::sleep(std::time::Duration::from_millis(50)).await;
            }
        };
        tokio::time::timeout(std::time::Duration::from_secs(40), coming).await.unwrap_or_else(|_| panic!("{email} was promised a mail and got none"));
        assert!(arrived(email).await <= 2, "{email} got it more than once for one crash");
    }
}

#[tokio::test]
async fn a_restart_keeps_accounts_sessions_and_clients() {
    let home = Home::for_development();
    let (client, http) = (home.client(), reqwest::Client::new());
    let server = home.start(&["serve"]);
    assert_eq!(server.register(&http, &client, "siti", 1).await.unwrap(), 200);
    let token = server.sign_in(&http, "siti").await.unwrap();
    assert!(server.stop().success());
    let server = home.start(&["serve"]);
    assert_eq!(server.profile(&http, &token).await, 200);
    assert!(server.sign_in(&http, "siti").await.is_ok());
    assert_eq!(server.register(&http, &client, "siti", 2).await.unwrap(), 400, "the name is still taken");
}

#[tokio::test]
async fn two_servers_on_one_database_know_the_same_people() {
    let home = Home::for_development();
    let (client, http) = (home.client(), reqwest::Client::new());
    let (one, other) = (home.start(&["serve"]), home.start(&["serve"]));
    assert_eq!(one.register(&http, &client, "siti", 1).await.unwrap(), 200);
    let token = other.sign_in(&http, "siti").await.unwrap();
    assert_eq!(one.profile(&http, &token).await, 200);
}
