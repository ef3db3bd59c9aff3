//! The database server goes away, hangs or is slow, and comes back (`threats.md`, *Faults* 4): callers are told to come again, nobody is told anything false, and
//! everything goes on by itself.

use std::time::Duration;

use daftar_testkit::postgres;
use daftar_testkit::proxy::Proxy;
use serde_json::json;

use super::program::{Client, Home, Server, are_told_to_come_again};

/// How soon `/readyz` must turn.
const TURNS_WITHIN: Duration = Duration::from_secs(2);
/// How soon all must be well again.
const RECOVERS_WITHIN: Duration = Duration::from_secs(5);

struct Site {
    database_server: postgres::Server,
    server: Server,
    client: Client,
    http: reqwest::Client,
    token: String,
    _home: Home,
}

impl Site {
    async fn start() -> Self {
        let database_server = postgres::Server::start(&postgres::Settings::default());
        let url = database_server.database().await.url();
        Self::at(database_server, &url).await
    }

    /// The same, behind a proxy.
    async fn behind_a_proxy() -> (Self, Proxy) {
        let database_server = postgres::Server::start(&postgres::Settings::default());
        let proxy = Proxy::to(database_server.port()).await;
        let url = database_server.database().await.url().replace(&format!(":{}/", database_server.port()), &format!(":{}/", proxy.port()));
        (Self::at(database_server, &url).await, proxy)
    }

    async fn at(database_server: postgres::Server, url: &str) -> Self {
        let home = Home::of_a_replica(url);
        let (client, server, http) = (home.client(), home.start(&["serve"]), reqwest::Client::new());
        assert_eq!(server.register(&http, &client, "siti", 1).await.unwrap(), 200);
        let token = server.sign_in(&http, "siti").await.unwrap();
        Self { database_server, server, client, http, token, _home: home }
    }

    async fn ready(&self) -> u16 {
        self.http.get(format!("{}/readyz", self.server.base)).send().await.unwrap().status().as_u16()
    }

    /// Waits until `/readyz` says `status`, but no longer than it may take.
    async fn turns(&self, status: u16, within: Duration) {
        let turning = async {
            while self.ready().await != status {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(within, turning).await.unwrap_or_else(|_| panic!("/readyz did not turn to {status} within {within:?}"));
    }

    /// Every kind of call is answered 503 with `retry-after`, and in time.
    async fn everybody_is_told_to_come_again(&self) {
        let url = |path: &str| format!("{}{path}", self.server.base);
        let person = json!({
            "username": "budi", "password": "correct horse", "first_name": "Budi", "last_name": "Santoso",
            "phone_number": "6281299999999", "email": "budi@example.com", "mode": "LINK",
        });
        let shop = |path: &str| self.http.post(url(path)).basic_auth(&self.client.id, Some(&self.client.secret)).json(&person);
        let calls = [
            ("a look-up", self.http.post(url("/check/email")).json(&json!({"email": "siti@example.com"}))),
            ("a sign-in", self.http.post(url("/auth")).json(&json!({"username": "siti", "password": "correct horse"}))),
            ("a session", self.http.get(url("/basic-profile")).bearer_auth(&self.token)),
            ("an account", shop("/internal/register")),
            ("a registration", shop("/signup")),
        ];
        are_told_to_come_again(calls).await;
        assert_eq!(self.http.get(url("/healthz")).send().await.unwrap().status(), 200);
    }

    /// All of it works again, without a restart.
    async fn everything_works_again(&self, name: &str, number: u32) {
        self.turns(200, RECOVERS_WITHIN).await;
        assert_eq!(self.server.profile(&self.http, &self.token).await, 200);
        assert_eq!(self.server.register(&self.http, &self.client, name, number).await.unwrap(), 200);
        let token = self.server.sign_in(&self.http, name).await.unwrap();
        assert_eq!(self.server.profile(&self.http, &token).await, 200);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fault_4_a_database_server_that_ends_or_crashes_is_503_until_it_is_back() {
    let site = Site::start().await;
    for (n, how) in ["fast", "immediate", "kill"].into_iter().enumerate() {
        match how {
            "kill" => site.database_server.kill(),
            mode => site.database_server.stop(mode),
        }
        site.turns(503, TURNS_WITHIN).await;
        site.everybody_is_told_to_come_again().await;
        site.database_server.go();
        site.everything_works_again(&format!("budi{n}"), 10 + u32::try_from(n).unwrap()).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fault_4_a_database_server_that_hangs_is_503_until_it_goes_on() {
    let site = Site::start().await;
    site.database_server.signal("STOP");
    site.turns(503, TURNS_WITHIN).await;
    site.everybody_is_told_to_come_again().await;
    site.database_server.signal("CONT");
    site.everything_works_again("budi", 10).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fault_4_a_database_server_that_is_slow_makes_calls_slow_and_nothing_else() {
    let (site, proxy) = Site::behind_a_proxy().await;
    proxy.delay(Duration::from_millis(20));
    site.everything_works_again("budi", 10).await;
    proxy.delay(Duration::ZERO);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fault_4_a_database_server_that_is_too_slow_is_503_until_it_is_quick() {
    let (site, proxy) = Site::behind_a_proxy().await;
    proxy.delay(Duration::from_secs(4));
    site.turns(503, TURNS_WITHIN).await;
    site.everybody_is_told_to_come_again().await;
    proxy.delay(Duration::ZERO);
    site.everything_works_again("budi", 10).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_that_break_between_calls_are_noticed_by_nobody() {
    let site = Site::start().await;
    for number in 10..15 {
        // Every connection of the pool is dead, and the next call finds it out.
        site.database_server.restart();
        assert_eq!(site.server.profile(&site.http, &site.token).await, 200);
        let name = format!("budi{number}");
        assert_eq!(site.server.register(&site.http, &site.client, &name, number).await.unwrap(), 200);
    }
}

#[test]
fn a_server_that_cannot_be_reached_at_the_start_is_named_without_its_password() {
    let home = Home::of_a_replica("postgres://daftar:hunter2@127.0.0.1:1/daftar");
    let error = home.run(&["serve"]).failed();
    assert!(error.contains("`database.url` = \"postgres://daftar:***@127.0.0.1:1/daftar\"") && error.contains("cannot be reached"), "{error}");
}
