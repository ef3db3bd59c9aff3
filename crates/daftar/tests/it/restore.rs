//! `daftar restore`: a copy that was made under load, put in place and served from; and everything for which it refuses.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, chown, lchown, symlink};
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};
use serde_json::{Value, json};

use super::program::{Client, Home, Server, mode, register};

const DATABASE: &str = "daftar-data/daftar.db";
const KEY: &str = "daftar-data/master.key";

/// Registers people one after the other and signs each in, until it is told to stop; how many were acknowledged so far is in `done`.
async fn keep_busy(base: String, client: Client, done: Arc<AtomicU32>, stop: Arc<AtomicBool>) {
    let http = reqwest::Client::new();
    while !stop.load(Ordering::Acquire) {
        let n = done.load(Ordering::Acquire);
        assert_eq!(register(&http, &base, &client, &format!("person{n}"), 10_000 + n).await.unwrap(), 200);
        let body = json!({"username": format!("person{n}"), "password": "correct horse"});
        assert_eq!(http.post(format!("{base}/auth")).json(&body).send().await.unwrap().status(), 200);
        done.store(n + 1, Ordering::Release);
    }
}

/// Somebody begins to register by code; the token, and the code that arrives.
async fn begin(server: &Server, client: &Client) -> (String, String) {
    let http = reqwest::Client::new();
    let body = json!({"username": "mei", "password": "correct horse", "email": "mei@example.com", "first_name": "Mei", "last_name": "Lin"});
    let begun = http.post(format!("{}/signup", server.base)).basic_auth(&client.id, Some(&client.secret)).json(&body).send().await.unwrap();
    let token = begun.json::<Value>().await.unwrap()["token"].as_str().unwrap().to_owned();
    let url = format!("{}/dev/inbox.json?to=mei@example.com", server.base);
    loop {
        let inbox: Value = http.get(&url).send().await.unwrap().json().await.unwrap();
        if let Some(text) = inbox[0]["text"].as_str() {
            return (token, text.lines().find(|line| line.len() == 6 && line.bytes().all(|b| b.is_ascii_digit())).unwrap().to_owned());
        }
        tokio::task::yield_now().await;
    }
}

/// Siti signs in to the app on a device; her token.
async fn sign_in_to_the_app(server: &Server, device: &str) -> String {
    let body = json!({"loginID": "siti", "password": "correct horse", "deviceToken": device});
    let answer = reqwest::Client::new().post(format!("{}/app/auth/login", server.base)).json(&body).send().await.unwrap();
    let answer: Value = answer.json().await.unwrap();
    answer["data"]["accessToken"].as_str().unwrap_or_else(|| panic!("{answer}")).to_owned()
}

/// The status with which the app is told who a token is.
async fn who(server: &Server, token: &str) -> u16 {
    reqwest::Client::new().get(format!("{}/app/auth/info", server.base)).bearer_auth(token).send().await.unwrap().status().as_u16()
}

/// The status with which a code is answered.
async fn redeem(server: &Server, client: &Client, (token, code): &(String, String)) -> u16 {
    let call = reqwest::Client::new().post(format!("{}/signup/verify", server.base)).basic_auth(&client.id, Some(&client.secret));
    call.json(&json!({"token": token, "otp": code})).send().await.unwrap().status().as_u16()
}

/// Files beside the database, but for its own.
fn beside(home: &Home) -> Vec<PathBuf> {
    let entries = fs::read_dir(home.path("daftar-data")).unwrap().map(|entry| entry.unwrap().path());
    let mut beside: Vec<_> = entries.filter(|path| path.file_name().unwrap().to_str().unwrap().starts_with("daftar.db.")).collect();
    beside.sort();
    beside
}

fn execute(home: &Home, file: &str, sql: &str) {
    let changed = Connection::open(home.path(file)).unwrap().execute(sql, []).unwrap();
    assert!(changed > 0, "{sql}");
}

fn accounts(home: &Home, file: &str) -> i64 {
    let connection = Connection::open_with_flags(home.path(file), OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap();
    connection.query_row("SELECT count(*) FROM accounts", [], |row| row.get(0)).unwrap()
}

/// A home in which somebody has registered, and its copy in `copy.db`.
async fn with_a_copy() -> (Home, Client) {
    let home = Home::with_a_file();
    let (client, server) = (home.client(), home.start(&["serve"]));
    assert_eq!(server.register(&reqwest::Client::new(), &client, "siti", 1).await.unwrap(), 200);
    home.run(&["backup", "copy.db"]).ok();
    assert!(server.stop().success());
    (home, client)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_copy_made_under_load_is_restored_elsewhere_and_brings_nothing_back_to_life() {
    let home = Home::with_a_file();
    let (client, http) = (home.client(), reqwest::Client::new());
    let server = home.start(&["serve"]);
    assert_eq!(server.register(&http, &client, "siti", 1).await.unwrap(), 200);
    let (ended, open) = (sign_in_to_the_app(&server, "fcm:one").await, sign_in_to_the_app(&server, "fcm:other").await);
    let used = begin(&server, &client).await;
    let (done, stop) = (Arc::new(AtomicU32::new(0)), Arc::new(AtomicBool::new(false)));
    let load = tokio::spawn(keep_busy(server.base.clone(), client.clone(), Arc::clone(&done), Arc::clone(&stop)));
    while done.load(Ordering::Acquire) < 20 {
        tokio::task::yield_now().await;
    }
    let at_least = done.load(Ordering::Acquire);
    home.run(&["backup", "copy.db"]).ok();
    stop.store(true, Ordering::Release);
    load.await.unwrap();
    // After the backup somebody signs out, and a code is used.
    let signed_out = http.delete(format!("{}/app/auth/logout", server.base)).bearer_auth(&ended).send().await.unwrap();
    assert_eq!((signed_out.status(), who(&server, &ended).await, who(&server, &open).await), (reqwest::StatusCode::OK, 401, 200));
    assert_eq!(redeem(&server, &client, &used).await, 200);
    assert!(server.stop().success());

    let elsewhere = Home::with_a_file();
    fs::create_dir(elsewhere.path("daftar-data")).unwrap();
    fs::copy(home.path(KEY), elsewhere.path(KEY)).unwrap();
    let said = elsewhere.run(&["restore", home.path("copy.db").to_str().unwrap()]).ok();
    assert!(said.contains("In it everything had ended") && said.contains("Start the server") && !said.contains("kept"), "{said}");
    assert_eq!((mode(&elsewhere.path(DATABASE)), beside(&elsewhere)), (0o600, vec![]));
    let server = elsewhere.start(&["serve"]);
    for token in [&ended, &open] {
        assert_eq!(who(&server, token).await, 401);
    }
    assert_eq!(redeem(&server, &client, &used).await / 100, 4, "a code that was used is not good again");
    server.sign_in(&http, "siti").await.unwrap();
    for n in 0..at_least {
        server.sign_in(&http, &format!("person{n}")).await.unwrap();
    }
    assert!(server.stop().success());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_open_in_a_copy_that_was_made_otherwise_ends() {
    let home = Home::with_a_file();
    let (client, http, server) = (home.client(), reqwest::Client::new(), home.start(&["serve"]));
    assert_eq!(server.register(&http, &client, "siti", 1).await.unwrap(), 200);
    let token = server.sign_in(&http, "siti").await.unwrap();
    assert!(server.stop().success());
    fs::copy(home.path(DATABASE), home.path("copy.db")).unwrap();
    let said = home.run(&["restore", "copy.db", "--force"]).ok();
    assert!(said.contains("still open in it, and have ended"), "{said}");
    let noted = home.json(&["audit", "--act", "store.restored", "--json"]);
    assert_eq!((noted.as_array().unwrap().len(), &noted[0]["actor"]), (1, &json!("operator")));
    let server = home.start(&["serve"]);
    assert_eq!(server.profile(&http, &token).await, 401);
    server.sign_in(&http, "siti").await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_is_replaced_only_unserved_and_when_it_is_said_and_is_kept() {
    let (home, client) = with_a_copy().await;
    let (http, server) = (reqwest::Client::new(), home.start(&["serve"]));
    assert_eq!(server.register(&http, &client, "budi", 2).await.unwrap(), 200);
    let told = home.run(&["restore", "copy.db"]).failed();
    assert!(told.contains("there is a database at") && told.contains("--force"), "{told}");
    let told = home.run(&["restore", "copy.db", "--force"]).failed();
    assert!(told.contains("somebody has the database open: stop the server"), "{told}");
    server.sign_in(&http, "budi").await.unwrap();
    // What was committed last is in the log alone.
    server.kill();
    assert!(fs::metadata(home.path("daftar-data/daftar.db-wal")).unwrap().len() > 0);
    // Whoever restores, it stays the service's. Only the superuser can give a file away.
    let owner = |file: &str| fs::metadata(home.path(file)).map(|file| (file.uid(), file.gid())).unwrap();
    if owner(KEY).0 == 0 {
        chown(home.path(DATABASE), Some(65534), Some(65534)).unwrap();
    }
    let before = owner(DATABASE);

    let said = home.run(&["restore", "copy.db", "--force"]).ok();
    let kept = beside(&home).into_iter().find(|path| !path.to_str().unwrap().ends_with("-wal")).unwrap();
    assert!(said.contains(kept.to_str().unwrap()) || said.contains(kept.file_name().unwrap().to_str().unwrap()), "{said}");
    assert!(kept.file_name().unwrap().to_str().unwrap().starts_with("daftar.db.replaced-20"), "{kept:?}");
    assert_eq!(owner(DATABASE), before);
    let kept = kept.strip_prefix(home.path("")).unwrap().to_str().unwrap().to_owned();
    assert_eq!((accounts(&home, DATABASE), accounts(&home, &kept)), (1, 2), "its log is kept with it");
    // Whoever took the wrong copy restores again at once, and no database is lost by that.
    home.run(&["restore", "copy.db", "--force"]).ok();
    assert_eq!(beside(&home).iter().filter(|path| path.to_str().unwrap().ends_with('Z')).count(), 2);
    let server = home.start(&["serve"]);
    assert_eq!(server.sign_in(&http, "budi").await, Err(401));
    server.sign_in(&http, "siti").await.unwrap();
    assert!(server.stop().success() && home.path("copy.db").exists());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_damaged_database_is_replaced_as_well() {
    let (home, _client) = with_a_copy().await;
    home.write(DATABASE, "this is no database, however long one looks at it");
    home.run(&["restore", "copy.db", "--force"]).ok();
    let server = home.start(&["serve"]);
    server.sign_in(&reqwest::Client::new(), "siti").await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_no_good_copy_takes_nobodys_place() {
    let (home, _client) = with_a_copy().await;
    let before = fs::read(home.path(DATABASE)).unwrap();
    let copy = |to: &str| fs::copy(home.path("copy.db"), home.path(to)).unwrap();
    home.write("text.db", "this is no database, however long one looks at it");
    copy("damaged.db");
    let whole = fs::read(home.path("damaged.db")).unwrap();
    fs::write(home.path("damaged.db"), &whole[..whole.len() / 2]).unwrap();
    copy("newer.db");
    execute(
        &home,
        "newer.db",
        "UPDATE refinery_schema_history SET version = 1000 WHERE version = (SELECT max(version) FROM refinery_schema_history)",
    );
    copy("anothers.db");
    execute(&home, "anothers.db", "UPDATE settings SET value = randomblob(32) WHERE key = 'master_key'");
    copy("nobodys.db");
    execute(&home, "nobodys.db", "DELETE FROM settings WHERE key = 'master_key'");
    for left in ["-wal", "-shm"] {
        for name in ["newer.db", "anothers.db", "nobodys.db"] {
            assert!(!home.path(&format!("{name}{left}")).exists());
        }
    }
    copy("logged.db");
    home.write("logged.db-wal", "the log of something that is still at work");
    symlink("logged.db", home.path("latest.db")).unwrap();
    for (file, why) in [
        ("nowhere.db", "the copy cannot be read"),
        ("text.db", "not a database that can be read"),
        ("damaged.db", "the copy"),
        ("newer.db", "the copy has schema 1000"),
        ("anothers.db", "made under another master key"),
        ("nobodys.db", "holds no installation"),
        ("logged.db", "there is a log beside the copy"),
        ("latest.db", "there is a log beside the copy"),
        (DATABASE, "it is the database itself"),
    ] {
        let told = home.run(&["restore", file, "--force"]).failed();
        assert!(told.contains(why), "{file}: {told}");
        assert!(beside(&home).is_empty() && fs::read(home.path(DATABASE)).unwrap() == before, "{file}: the database was touched");
    }
    // Where there was none, none is left.
    let elsewhere = Home::with_a_file();
    let anothers = home.path("copy.db");
    let restored = || elsewhere.run(&["restore", anothers.to_str().unwrap()]).failed();
    assert!(restored().contains("there is no master key: put the one that was kept with the backup back"));
    assert!(!elsewhere.path("daftar-data").exists());
    fs::create_dir(elsewhere.path("daftar-data")).unwrap();
    elsewhere.write(KEY, &"0b".repeat(32));
    assert!(restored().contains("made under another master key"));
    assert_eq!(fs::read_dir(elsewhere.path("daftar-data")).unwrap().count(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_link_is_followed_where_whoever_restores_made_it_and_by_root_nobody_elses() {
    let (home, _client) = with_a_copy().await;
    let (link, there) = (home.path(DATABASE), home.path("there.db"));
    fs::rename(&link, &there).unwrap();
    symlink(&there, &link).unwrap();
    let before = fs::metadata(&there).unwrap().ino();
    home.run(&["restore", "copy.db", "--force"]).ok();
    assert!(link.is_symlink() && fs::metadata(&there).unwrap().ino() != before, "what it leads to was replaced");
    if rustix::process::geteuid().is_root() {
        let before = fs::metadata(&there).unwrap().ino();
        lchown(&link, Some(65534), None).unwrap();
        assert!(home.run(&["restore", "copy.db", "--force"]).failed().contains("a link that somebody else made"));
        assert_eq!(fs::metadata(&there).unwrap().ino(), before, "nothing was replaced");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_waits_for_the_database_while_it_is_replaced_gets_the_new_one() {
    let (home, _client) = with_a_copy().await;
    home.run(&["account", "delete", "siti", "--yes"]).ok();
    let lock = Connection::open(home.path(DATABASE)).unwrap();
    lock.execute_batch("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE").unwrap();
    let waiting = home.command(&["account", "show", "siti"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let handles = PathBuf::from(format!("/proc/{}/fd", waiting.id()));
    let has_it_open = || {
        let handles = fs::read_dir(&handles).unwrap();
        handles.filter_map(Result::ok).any(|handle| fs::read_link(handle.path()).is_ok_and(|file| file == home.path(DATABASE)))
    };
    // For longer than it takes to see that it is there.
    let (mut seen, mut pause) = (0, tokio::time::interval(Duration::from_millis(5)));
    while seen < 20 {
        pause.tick().await;
        seen = if has_it_open() { seen + 1 } else { 0 };
    }
    fs::rename(home.path("copy.db"), home.path(DATABASE)).unwrap();
    drop(lock);
    let said = waiting.wait_with_output().unwrap();
    assert!(said.status.success(), "{said:?}");
}

#[test]
fn for_postgresql_it_says_what_to_do() {
    let home = Home::with_a_file().with("DAFTAR_DATABASE__URL", "postgres://daftar:hunter22@db.example.com/daftar");
    let told = home.run(&["restore", "copy.dump"]).failed();
    assert!(told.contains("pg_restore") && told.contains("db.example.com/daftar") && told.contains("daftar store restored"), "{told}");
    assert!(!told.contains("hunter22"), "{told}");
}
