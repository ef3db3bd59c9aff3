//! Clocks that are wrong (`threats.md`, *Faults* 6): the program under `faketime`, whose time of day a test sets, and whose steady clock it leaves alone.

use std::time::Duration;

use daftar_testkit::http::Answer;
use daftar_testkit::postgres::Database;
use reqwest::Client as Http;
use serde_json::{Value, json};

use super::program::{Client, Home, Server};

const THROTTLED: u16 = 429;

/// Lets the clock of what runs in `home` be set, even while it runs.
pub(crate) fn with_a_clock(home: Home) -> Home {
    let library = ["/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/lib64", "/usr/lib"]
        .map(|dir| format!("{dir}/faketime/libfaketimeMT.so.1"))
        .into_iter()
        .find(|file| std::path::Path::new(file).exists())
        .expect("libfaketime is not installed (`scripts/test` installs it)");
    let file = home.path("clock").display().to_string();
    let home = home
        .with("LD_PRELOAD", &library)
        .with("FAKETIME_TIMESTAMP_FILE", &file)
        .with("FAKETIME_NO_CACHE", "1")
        .with("FAKETIME_DONT_FAKE_MONOTONIC", "1")
        .with("DONT_FAKE_MONOTONIC", "1")
        .with("DAFTAR_LIMITS__ENABLED", "true");
    set(&home, "+0");
    home
}

/// Sets it; the change is whole, whenever it is read.
pub(crate) fn set(home: &Home, clock: &str) {
    home.write("clock.new", clock);
    std::fs::rename(home.path("clock.new"), home.path("clock")).unwrap();
}

async fn guess(http: &Http, server: &Server) -> Answer {
    let body = json!({"username": "siti", "password": "a wrong one"});
    Answer::read(http.post(format!("{}/auth", server.base)).json(&body).send().await.unwrap()).await
}

/// Guesses as often as is allowed.
async fn spend(http: &Http, server: &Server) {
    for n in 0..10 {
        assert_eq!(guess(http, server).await.status, 401, "guess {n}");
    }
    assert_eq!(guess(http, server).await.status, THROTTLED);
}

/// Calls in the name of a machine client.
async fn call(http: &Http, server: &Server, client: &Client, path: &str, body: &Value) -> Answer {
    let call = http.post(format!("{}{path}", server.base)).basic_auth(&client.id, Some(&client.secret)).json(body);
    Answer::read(call.send().await.unwrap()).await
}

/// Somebody begins to register; his token, and the code that he is sent.
async fn sign_up(http: &Http, server: &Server, client: &Client, name: &str) -> (String, String) {
    let body =
        json!({"username": name, "password": "correct horse", "first_name": "Siti", "last_name": "Rahma", "email": format!("{name}@example.test")});
    let begun = call(http, server, client, "/signup", &body).await;
    assert_eq!(begun.status, 200, "{begun:?}");
    let url = format!("{}/dev/inbox.json?to={name}@example.test", server.base);
    let code = async {
        loop {
            let inbox: Value = http.get(&url).send().await.unwrap().json().await.unwrap();
            if let Some(text) = inbox[0]["text"].as_str() {
                return text.lines().find(|line| line.len() == 6 && line.bytes().all(|b| b.is_ascii_digit())).unwrap().to_owned();
            }
            tokio::task::yield_now().await;
        }
    };
    let code = tokio::time::timeout(Duration::from_secs(20), code).await.unwrap();
    (begun.json()["token"].as_str().unwrap().to_owned(), code)
}

async fn verify(http: &Http, server: &Server, client: &Client, (token, code): &(String, String)) -> Answer {
    call(http, server, client, "/signup/verify", &json!({"token": token, "otp": code})).await
}

async fn access_token(http: &Http, server: &Server, client: &Client) -> String {
    let call = http.post(format!("{}/oauth/token", server.base)).basic_auth(&client.id, Some(&client.secret));
    let answer = Answer::read(call.form(&[("grant_type", "client_credentials")]).send().await.unwrap()).await;
    answer.json()["access_token"].as_str().unwrap().to_owned()
}

async fn is_active(http: &Http, server: &Server, client: &Client, token: &str) -> bool {
    let call = http.post(format!("{}/oauth/introspect", server.base)).basic_auth(&client.id, Some(&client.secret));
    Answer::read(call.form(&[("token", token)]).send().await.unwrap()).await.json()["active"] == json!(true)
}

/// What this machine's clock is ahead of the database's, as the metrics say.
async fn ahead(http: &Http, server: &Server) -> f64 {
    let text = http.get(format!("{}/metrics", server.base)).send().await.unwrap().text().await.unwrap();
    text.lines().find_map(|line| line.strip_prefix("daftar_clock_ahead_seconds ")).unwrap().parse().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fault_6_three_servers_with_their_clocks_hours_apart_are_one_installation() {
    let (database, http) = (Database::shared().await, Http::new());
    let homes = [0; 3].map(|_| with_a_clock(Home::of_a_replica(&database.url())));
    set(&homes[1], "+1h");
    set(&homes[2], "-1h");
    // Commands beside a server go by the same time.
    let client = homes[1].client();
    let right = homes[0].start(&["serve"]);
    let (ahead_of_it, log) = homes[1].start_and(&["serve"], "the database's time is used");
    assert!(["3600 s ahead of", "3599 s ahead of"].iter().any(|text| log.contains(text)), "{log}");
    let (behind, log) = homes[2].start_and(&["serve"], "the database's time is used");
    assert!(["3600 s behind", "3599 s behind"].iter().any(|text| log.contains(text)), "{log}");
    let servers = [right, ahead_of_it, behind];
    for (server, seconds) in servers.iter().zip([0.0, 3600.0, -3600.0]) {
        assert!((ahead(&http, server).await - seconds).abs() < 2.0);
    }

    // A code and a session of each are good at each.
    for (sender, name) in servers.iter().zip(["budi", "ani", "dewi"]) {
        for (n, taker) in servers.iter().enumerate() {
            let name = format!("{name}{n}");
            let sent = sign_up(&http, sender, &client, &name).await;
            assert_eq!(verify(&http, taker, &client, &sent).await.status, 200);
            let session = sender.sign_in(&http, &name).await.unwrap();
            assert_eq!(taker.profile(&http, &session).await, 200);
            let token = access_token(&http, sender, &client).await;
            assert!(is_active(&http, taker, &client, &token).await);
        }
    }

    // Ten guesses spread over all of them are ten.
    assert_eq!(servers[2].register(&http, &client, "siti", 1).await.unwrap(), 200);
    for n in 0..10 {
        assert_eq!(guess(&http, &servers[n % 3]).await.status, 401, "guess {n}");
    }
    for _ in 0..2 {
        for server in &servers {
            let refused = guess(&http, server).await;
            assert_eq!(refused.status, THROTTLED);
            assert!((80..=90).contains(&refused.header("retry-after").parse::<u64>().unwrap()), "{refused:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fault_6_a_machine_whose_clock_is_set_while_it_serves_goes_by_the_databases() {
    let (database, http) = (Database::shared().await, Http::new());
    let home = with_a_clock(Home::of_a_replica(&database.url()));
    let (client, server) = (home.client(), home.start(&["serve"]));
    assert_eq!(server.register(&http, &client, "siti", 1).await.unwrap(), 200);
    let session = server.sign_in(&http, "siti").await.unwrap();
    spend(&http, &server).await;
    for (clock, says) in [("+13h", "ahead of the database's"), ("-13h", "behind the database's"), ("+0", "agrees with the database's again")] {
        set(&home, clock);
        for _ in 0..20 {
            assert_eq!(server.profile(&http, &session).await, 200, "{clock}");
            assert_eq!(guess(&http, &server).await.status, THROTTLED, "{clock}");
        }
        server.logs(says);
        assert_eq!(server.profile(&http, &session).await, 200, "{clock}");
        assert_eq!(guess(&http, &server).await.status, THROTTLED, "{clock}");
    }
}

/// A home with a database in a file, and a clock.
fn by_itself() -> Home {
    with_a_clock(Home::with_a_file()).with("DAFTAR_SESSIONS__LIFETIME", "15m")
}

/// Stops the server, sets the clock, and starts it again.
fn restart(home: &Home, server: Server, clock: &str) -> Server {
    assert!(server.stop().success());
    set(home, clock);
    home.start(&["serve"])
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fault_6_on_sqlite_a_clock_an_hour_off_neither_frees_a_limit_at_once_nor_keeps_it_for_longer_than_its_period() {
    let (home, http) = (by_itself(), Http::new());
    let (client, server) = (home.client(), home.start(&["serve"]));
    assert_eq!(server.register(&http, &client, "siti", 1).await.unwrap(), 200);
    spend(&http, &server).await;
    // An hour back: still spent, and for no longer than a quarter of an hour.
    let server = restart(&home, server, "-1h");
    assert_eq!(guess(&http, &server).await.status, THROTTLED);
    let server = restart(&home, server, "-44m");
    spend(&http, &server).await;
    // An hour ahead: it is over by then, and spent anew; mended, it is neither free nor spent for an hour.
    let server = restart(&home, server, "+1h");
    spend(&http, &server).await;
    let server = restart(&home, server, "+0");
    assert_eq!(guess(&http, &server).await.status, THROTTLED);
    let server = restart(&home, server, "+16m");
    spend(&http, &server).await;
}

/// What somebody holds: a session, a registration with its code, and an access token.
struct Held {
    session: String,
    signup: (String, String),
    access: String,
}

impl Held {
    async fn by(http: &Http, server: &Server, client: &Client, name: &str) -> Self {
        let session = server.sign_in(http, "siti").await.unwrap();
        assert_eq!(server.profile(http, &session).await, 200);
        Self { session, signup: sign_up(http, server, client, name).await, access: access_token(http, server, client).await }
    }

    /// After twenty minutes session and code are over, and the rest is not.
    async fn are_partly_over(&self, http: &Http, server: &Server, client: &Client) -> bool {
        server.profile(http, &self.session).await == 401
            && verify(http, server, client, &self.signup).await.json() == json!({"message": "Verification code has expired"})
            && is_active(http, server, client, &self.access).await
    }

    /// After two hours everything is.
    async fn are_over(&self, http: &Http, server: &Server, client: &Client) -> bool {
        server.profile(http, &self.session).await == 401
            && verify(http, server, client, &self.signup).await.json() == json!({"message": "Invalid verification code"})
            && !is_active(http, server, client, &self.access).await
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fault_6_what_was_over_stays_over_when_a_server_comes_back_with_its_clock_back() {
    let (home, http) = (by_itself(), Http::new());
    let (client, server) = (home.client(), home.start(&["serve"]));
    assert_eq!(server.register(&http, &client, "siti", 1).await.unwrap(), 200);
    let held = Held::by(&http, &server, &client, "budi").await;
    let server = restart(&home, server, "+20m");
    assert!(held.are_partly_over(&http, &server, &client).await);
    let server = restart(&home, server, "+0");
    assert!(held.are_partly_over(&http, &server, &client).await);
    let server = restart(&home, server, "+2h");
    assert!(held.are_over(&http, &server, &client).await);
    let server = restart(&home, server, "+1h");
    assert!(held.are_over(&http, &server, &client).await);
    let server = restart(&home, server, "-1h");
    assert!(held.are_over(&http, &server, &client).await);
    // What is new works, and its code comes.
    let new = Held::by(&http, &server, &client, "ani").await;
    assert_eq!(verify(&http, &server, &client, &new.signup).await.status, 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fault_6_what_was_over_stays_over_when_the_clock_of_a_server_is_set_back() {
    let (home, http) = (by_itself(), Http::new());
    let (client, server) = (home.client(), home.start(&["serve"]));
    assert_eq!(server.register(&http, &client, "siti", 1).await.unwrap(), 200);
    let held = Held::by(&http, &server, &client, "budi").await;
    set(&home, "+2h");
    let ends = async { while !held.are_over(&http, &server, &client).await {} };
    tokio::time::timeout(Duration::from_secs(10), ends).await.unwrap();
    let later = Held::by(&http, &server, &client, "ani").await;
    set(&home, "+0");
    for _ in 0..20 {
        assert!(held.are_over(&http, &server, &client).await);
    }
    let line = server.logs("what was over stays over");
    assert!(["set back by 7200 s", "set back by 7199 s"].iter().any(|text| line.contains(text)), "{line}");
    assert!(held.are_over(&http, &server, &client).await);
    // What was made in the hours that come again is good, and lasts no longer than it would have.
    assert_eq!(server.profile(&http, &later.session).await, 200);
    set(&home, "+20m");
    let ends = async { while !later.are_partly_over(&http, &server, &client).await {} };
    tokio::time::timeout(Duration::from_secs(10), ends).await.unwrap();
}
