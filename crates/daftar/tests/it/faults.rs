//! An answer is a promise (`threats.md`, *Faults* 1): what was answered 200 is there after a restart and after a kill.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

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
