//! `daftar backup`: a copy under load, restored and checked; and `daftar store restored`, for databases that were copied otherwise.

use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use rusqlite::{Connection, OpenFlags};
use serde_json::json;

use super::program::{Client, Home, Server, mode, register};

const DATABASE: &str = "daftar-data/daftar.db";
const KEY: &str = "daftar-data/master.key";

/// Registers people one after the other until it is told to stop; how many were acknowledged so far is in `done`.
async fn keep_registering(base: String, client: Client, done: Arc<AtomicU32>, stop: Arc<AtomicBool>) {
    let http = reqwest::Client::new();
    while !stop.load(Ordering::Acquire) {
        let n = done.load(Ordering::Acquire);
        assert_eq!(register(&http, &base, &client, &format!("person{n}"), 10_000 + n).await.unwrap(), 200);
        done.store(n + 1, Ordering::Release);
    }
}

/// A server on a copy, with the key that belongs to it.
fn restored(from: &Home, copy: &str) -> (Home, Server) {
    let home = Home::with_a_file();
    fs::create_dir_all(home.path("daftar-data")).unwrap();
    fs::copy(from.path(copy), home.path(DATABASE)).unwrap();
    fs::copy(from.path(KEY), home.path(KEY)).unwrap();
    let server = home.start(&["serve"]);
    (home, server)
}

fn one(home: &Home, file: &str, sql: &str) -> i64 {
    let connection = Connection::open_with_flags(home.path(file), OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap();
    connection.query_row(sql, [], |row| row.get(0)).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_copy_made_under_load_holds_all_that_was_acknowledged_and_brings_nothing_back_to_life() {
    let home = Home::with_a_file();
    let server = home.start(&["serve"]);
    let (http, client) = (reqwest::Client::new(), home.client());
    assert_eq!(server.register(&http, &client, "siti", 1).await.unwrap(), 200);
    let before = server.sign_in(&http, "siti").await.unwrap();
    // Somebody has begun to register, and will have finished after the copy.
    let pending = json!({"username": "mei", "password": "correct horse", "email": "mei@example.com", "first_name": "Mei", "last_name": "Lin"});
    let started = http.post(format!("{}/signup", server.base)).basic_auth(&client.id, Some(&client.secret)).json(&pending).send().await.unwrap();
    let token = started.json::<serde_json::Value>().await.unwrap()["token"].as_str().unwrap().to_owned();
    let (done, stop) = (Arc::new(AtomicU32::new(0)), Arc::new(AtomicBool::new(false)));
    let load = tokio::spawn(keep_registering(server.base.clone(), client.clone(), Arc::clone(&done), Arc::clone(&stop)));
    while done.load(Ordering::Acquire) < 20 {
        tokio::task::yield_now().await;
    }
    let at_least = done.load(Ordering::Acquire);
    let said = home.run(&["backup", "copy.db"]).ok();
    let at_most = done.load(Ordering::Acquire) + 1;
    stop.store(true, Ordering::Release);
    load.await.unwrap();
    assert!(said.contains("copy.db") && said.contains("master.key"), "{said}");
    assert!(said.contains("\n  daftar restore --force copy.db"), "{said}");
    assert_eq!(mode(&home.path("copy.db")), 0o600);
    let left: Vec<_> = fs::read_dir(home.path("")).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    assert!(left.iter().all(|name| !name.contains("partial")), "{left:?}");

    let accounts = one(&home, "copy.db", "SELECT count(*) FROM accounts");
    assert!((i64::from(at_least) + 1..=i64::from(at_most) + 1).contains(&accounts), "{at_least} to {at_most}: {accounts}");
    assert_eq!(one(&home, "copy.db", "SELECT count(*) FROM passwords"), accounts, "nothing is half there");
    let code = "SELECT count(*) FROM challenges WHERE state = 'open'";
    assert_eq!(one(&home, "copy.db", code), 0);
    assert_eq!(one(&home, "copy.db", "SELECT count(*) FROM outbox WHERE sealed IS NOT NULL"), 0, "and no message");
    let after = server.sign_in(&http, "siti").await.unwrap();
    assert_eq!(server.profile(&http, &before).await, 200, "who is served from goes on");
    let noted = home.json(&["audit", "--act", "store.backed_up", "--json"]);
    let all = home.json(&["audit", "--json"]);
    let (newest, known) = (all[0].clone(), all[1]["id"].as_str().unwrap());
    assert_eq!(home.json(&["audit", "--after", known, "--json"]), serde_json::json!([newest]), "what is newer than the one before it");
    assert_eq!((noted.as_array().unwrap().len(), noted[0]["actor"].as_str()), (1, Some("operator")));

    let (_second, copy) = restored(&home, "copy.db");
    assert_eq!((copy.profile(&http, &before).await, copy.profile(&http, &after).await), (401, 401));
    let resend = http.post(format!("{}/signup/resend", copy.base)).basic_auth(&client.id, Some(&client.secret)).json(&json!({ "token": token }));
    assert_eq!(resend.send().await.unwrap().status(), 400, "what was begun is over");
    copy.sign_in(&http, "siti").await.unwrap();
    for n in 0..at_least {
        copy.sign_in(&http, &format!("person{n}")).await.unwrap();
    }
    assert!(copy.stop().success() && server.stop().success());
}

#[test]
fn a_copy_never_takes_the_place_of_another_file_unasked() {
    let home = Home::with_a_file();
    assert!(home.run(&["backup", "copy.db"]).failed().contains("there is no database"));
    home.run(&["migrate"]).ok();
    home.write("copy.db", "precious");
    let told = home.run(&["backup", "copy.db"]).failed();
    assert!(told.contains("copy.db is there already") && told.contains("--force"), "{told}");
    assert_eq!(fs::read_to_string(home.path("copy.db")).unwrap(), "precious");
    // What cannot be put in place leaves it, too.
    fs::create_dir_all(home.path("copy.db-wal")).unwrap();
    home.run(&["backup", "copy.db", "--force"]).failed();
    assert_eq!(fs::read_to_string(home.path("copy.db")).unwrap(), "precious");
    fs::remove_dir(home.path("copy.db-wal")).unwrap();
    home.write("copy.db-wal", "the log of another database");
    home.run(&["backup", "copy.db", "--force"]).ok();
    assert!(!home.path("copy.db-wal").exists());
    // What is said to restore it with can be copied into a shell.
    fs::write(home.path("its own.toml"), "").unwrap();
    let told = home.run(&["--config", "its own.toml", "backup", "an other's.db"]).ok();
    assert!(told.contains(r"  daftar --config 'its own.toml' restore --force 'an other'\''s.db'"), "{told}");
    // The database itself is no place for its copy.
    assert!(home.run(&["backup", DATABASE, "--force"]).failed().contains("it is the database itself"));
    assert_eq!(one(&home, "copy.db", "SELECT count(*) FROM accounts"), 0);
    assert!(home.run(&["backup", "nowhere/copy.db"]).failed().contains("nowhere/copy.db"));
}

#[tokio::test]
async fn a_database_that_was_copied_otherwise_is_told_that_it_was_restored() {
    let home = Home::for_development();
    let server = home.start(&["serve"]);
    let (http, client) = (reqwest::Client::new(), home.client());
    server.register(&http, &client, "siti", 1).await.unwrap();
    let token = server.sign_in(&http, "siti").await.unwrap();
    assert!(home.run(&["store", "restored"]).failed().contains("--yes"));
    assert_eq!(server.profile(&http, &token).await, 200);
    let said = home.run(&["store", "restored", "--yes"]).ok();
    assert!(said.contains("Everybody signs in again"), "{said}");
    assert_eq!(server.profile(&http, &token).await, 401);
    server.sign_in(&http, "siti").await.unwrap();
}

#[test]
fn for_postgresql_it_says_what_to_use() {
    let home = Home::with_a_file().with("DAFTAR_DATABASE__URL", "postgres://daftar:hunter22@db.example.com/daftar");
    let told = home.run(&["backup", "copy.dump"]).failed();
    assert!(told.contains("pg_dump") && told.contains("db.example.com/daftar") && told.contains("daftar store restored"), "{told}");
    assert!(!told.contains("hunter22"), "{told}");
}
