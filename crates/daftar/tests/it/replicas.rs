//! Several servers on one PostgreSQL: whichever is asked, the answer is the installation's.

use std::collections::{BTreeMap, HashSet};
use std::time::Duration;

use daftar_testkit::postgres::Database;
use daftar_testkit::smtp::{Behaviour, SmtpSink};
use futures_util::future::join_all;
use serde_json::{Value, json};

use super::program::{Client, Home, Server};

/// A home for each replica on one database, all of them sending through one mail server.
fn homes(count: usize, database: &str, mail: &SmtpSink) -> Vec<Home> {
    let home = || {
        Home::of_a_replica(database)
            .with("DAFTAR_EMAIL__TRANSPORT", "smtp")
            .with("DAFTAR_EMAIL__URL", &mail.url())
            .with("DAFTAR_EMAIL__FROM", "accounts@example.test")
            .with("DAFTAR_OUTBOX__SEND_TIMEOUT", "1s")
            .with("DAFTAR_OUTBOX__LEASE", "3s")
    };
    (0..count).map(|_| home()).collect()
}

/// Starts a registration by mail; the status and the answer.
async fn sign_up(http: &reqwest::Client, server: &Server, client: &Client, name: &str, key: Option<&str>) -> (u16, Value) {
    let number = name.bytes().fold(0_u32, |sum, byte| sum.wrapping_mul(31).wrapping_add(byte.into()));
    let body = json!({
        "username": name, "password": "correct horse", "first_name": "Siti", "last_name": "Rahma",
        "phone_number": format!("62812{:08}", number % 100_000_000), "email": format!("{name}@example.test"), "mode": "LINK",
    });
    let mut call = http.post(format!("{}/signup", server.base)).basic_auth(&client.id, Some(&client.secret)).json(&body);
    if let Some(key) = key {
        call = call.header("idempotency-key", key);
    }
    let answer = call.send().await.unwrap();
    (answer.status().as_u16(), answer.json().await.unwrap())
}

async fn call(http: &reqwest::Client, server: &Server, client: &Client, path: &str, body: &Value) -> u16 {
    let call = http.post(format!("{}{path}", server.base)).basic_auth(&client.id, Some(&client.secret)).json(body);
    call.send().await.unwrap().status().as_u16()
}

/// Waits until nothing is on its way any more.
async fn outbox_is_empty(behind: &tokio_postgres::Client) {
    while behind.query_one("SELECT count(*) FROM outbox WHERE state = 'waiting'", &[]).await.unwrap().get::<_, i64>(0) > 0 {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

fn code_in(text: &str) -> &str {
    text.lines().find(|line| line.len() == 6 && line.bytes().all(|b| b.is_ascii_digit())).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn servers_that_start_together_on_an_empty_database_agree_on_schema_and_keys() {
    let (database, mail) = (Database::empty().await, SmtpSink::start());
    let homes = homes(3, &database.url(), &mail);
    let servers: Vec<_> = std::thread::scope(|scope| {
        let starting: Vec<_> = homes.iter().map(|home| scope.spawn(|| home.start(&["serve"]))).collect();
        starting.into_iter().map(|server| server.join().unwrap()).collect()
    });
    let http = reqwest::Client::new();
    let mut keys = HashSet::new();
    for server in &servers {
        keys.insert(http.get(format!("{}/.well-known/jwks.json", server.base)).send().await.unwrap().text().await.unwrap());
        assert_eq!(http.get(format!("{}/readyz", server.base)).send().await.unwrap().status(), 200);
    }
    assert_eq!(keys.len(), 1, "{keys:?}");
}

#[tokio::test]
async fn a_server_with_another_master_key_is_refused() {
    let database = Database::shared().await;
    Home::of_a_replica(&database.url()).run(&["migrate"]).ok();
    let other = Home::of_a_replica(&database.url()).with("DAFTAR_SECRETS__MASTER_KEY", &"0123456789abcdef".repeat(4));
    let error = other.run(&["serve"]).failed();
    assert!(error.contains("another master key"), "{error}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_one_server_began_any_other_goes_on_with() {
    let (database, mail, http) = (Database::shared().await, SmtpSink::start(), reqwest::Client::new());
    let homes = homes(3, &database.url(), &mail);
    let client = homes[0].client();
    let servers: Vec<_> = homes.iter().map(|home| home.start(&["serve"])).collect();

    // A code: begun on one, sent anew by another, shown to the third.
    let (status, begun) = sign_up(&http, &servers[0], &client, "siti", None).await;
    assert_eq!(status, 200, "{begun}");
    let token = begun["token"].as_str().unwrap();
    mail.received(1).await;
    assert_eq!(call(&http, &servers[1], &client, "/signup/resend", &json!({"token": token})).await, 200);
    let code = code_in(&mail.received(2).await[1].text).to_owned();
    assert_eq!(call(&http, &servers[2], &client, "/signup/verify", &json!({"token": token, "otp": code})).await, 200);
    assert_eq!(call(&http, &servers[0], &client, "/signup/verify", &json!({"token": token, "otp": code})).await, 400, "row 7: it is used up");

    // Rows 12 and 29: a session that one gave, all take, and all end at once.
    let session = servers[1].sign_in(&http, "siti").await.unwrap();
    for server in &servers {
        assert_eq!(server.profile(&http, &session).await, 200);
    }
    homes[2].run(&["account", "disable", "siti"]).ok();
    for server in &servers {
        assert_eq!(server.profile(&http, &session).await, 401);
    }

    // Row 58: one call, repeated at all of them at once.
    let calls = (0..24).map(|n| sign_up(&http, &servers[n % 3], &client, "budi", Some("one-and-the-same")));
    let answers: HashSet<String> = join_all(calls).await.into_iter().map(|(status, answer)| format!("{status} {answer}")).collect();
    assert_eq!(answers.len(), 1, "{answers:?}");
    assert!(answers.iter().all(|answer| answer.starts_with("200")), "{answers:?}");
    let behind = database.connect().await;
    outbox_is_empty(&behind).await;
    let to_budi = mail.mails().iter().filter(|mail| mail.to.concat() == "budi@example.test").count();
    assert_eq!(to_budi, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_14_racing_guesses_over_three_servers_get_no_more_than_ten_comparisons() {
    let (database, mail, http) = (Database::shared().await, SmtpSink::start(), reqwest::Client::new());
    let homes: Vec<_> = homes(3, &database.url(), &mail).into_iter().map(|home| home.with("DAFTAR_LIMITS__ENABLED", "true")).collect();
    let client = homes[0].client();
    let servers: Vec<_> = homes.iter().map(|home| home.start(&["serve"])).collect();
    assert_eq!(servers[0].register(&http, &client, "siti", 1).await.unwrap(), 200);
    let guess = async |n: usize| {
        let body = json!({"username": "siti", "password": format!("guess {n}")});
        http.post(format!("{}/auth", servers[n % 3].base)).json(&body).send().await.unwrap().status().as_u16()
    };
    let statuses = join_all((0..90).map(guess)).await;
    let compared = statuses.iter().filter(|status| **status == 401).count();
    // Whoever was sent away for overload gave his charge back.
    let sent_away = statuses.iter().filter(|status| **status == 503).count();
    assert!(compared <= 10 && compared + sent_away >= 10, "{statuses:?}");
    assert!(statuses.iter().all(|status| matches!(status, 401 | 429 | 503)), "{statuses:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_2_racing_wrong_codes_over_three_servers_get_no_more_than_five_comparisons() {
    let (database, mail, http) = (Database::shared().await, SmtpSink::start(), reqwest::Client::new());
    let homes = homes(3, &database.url(), &mail);
    let client = homes[0].client();
    let servers: Vec<_> = homes.iter().map(|home| home.start(&["serve"])).collect();
    let (_, begun) = sign_up(&http, &servers[0], &client, "siti", None).await;
    let right = code_in(&mail.received(1).await[0].text).to_owned();
    let wrong = if right == "000000" { "000001" } else { "000000" };
    let body = json!({"token": begun["token"], "otp": wrong});
    join_all((0..60).map(|n| call(&http, &servers[n % 3], &client, "/signup/verify", &body))).await;
    let behind = database.connect().await;
    let counted: i64 = behind.query_one("SELECT wrong FROM wrong_codes", &[]).await.unwrap().get(0);
    assert_eq!(counted, 5);
    let right = json!({"token": begun["token"], "otp": right});
    assert_eq!(call(&http, &servers[1], &client, "/signup/verify", &right).await, 400, "the code is dead");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_nobody_crashes_every_message_goes_out_once() {
    const MESSAGES: usize = 240;
    let (database, mail, http) = (Database::shared().await, SmtpSink::start(), reqwest::Client::new());
    let homes = homes(3, &database.url(), &mail);
    let client = homes[0].client();
    let servers: Vec<_> = homes.iter().map(|home| home.start(&["serve"])).collect();
    for some in (0..MESSAGES).collect::<Vec<_>>().chunks(24) {
        let names: Vec<_> = some.iter().map(|n| format!("person{n}")).collect();
        let calls = names.iter().zip(some).map(|(name, n)| sign_up(&http, &servers[n % 3], &client, name, None));
        assert!(join_all(calls).await.iter().all(|(status, _)| *status == 200));
    }
    mail.received(MESSAGES).await;
    outbox_is_empty(&database.connect().await).await;
    let mut copies = BTreeMap::<String, usize>::new();
    for mail in mail.mails() {
        *copies.entry(mail.to.concat()).or_default() += 1;
    }
    assert_eq!((copies.len(), copies.values().max()), (MESSAGES, Some(&1)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_dead_server_had_taken_on_another_sends_when_its_lease_is_over() {
    let (database, mail, http) = (Database::shared().await, SmtpSink::start(), reqwest::Client::new());
    let homes = homes(2, &database.url(), &mail);
    let client = homes[0].client();
    let first = homes[0].start(&["serve"]);
    mail.behave(Behaviour::Hang);
    assert_eq!(sign_up(&http, &first, &client, "siti", None).await.0, 200);
    let behind = database.connect().await;
    while behind.query_one("SELECT count(*) FROM outbox WHERE leased_until > 0", &[]).await.unwrap().get::<_, i64>(0) == 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    first.kill();
    mail.behave(Behaviour::Accept);
    let _second = homes[1].start(&["serve"]);
    let mails = mail.received(1).await;
    assert_eq!(mails[0].to.concat(), "siti@example.test");
}
