//! SIGTERM again and again, at any moment under load (`threats.md`, *Faults* 5): whatever was answered is there afterwards, what was ended stays ended, every mail that was promised comes,
//! and nobody is told anything but yes.
//!
//! It ends the server 5 times; `TEST_ENDINGS` says otherwise.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::Mutex;
use tokio::task::JoinSet;

use super::program::{Client, Home, Server};

const CLIENTS: u32 = 16;
const PASSWORD: &str = "correct horse";

/// What was answered with yes since the last start.
#[derive(Debug, Default)]
struct Promises {
    /// People who were registered.
    names: Vec<String>,
    /// Tokens of sessions that live …
    live: Vec<String>,
    /// … and of those that were ended.
    ended: Vec<String>,
    /// Addresses to which a mail was promised.
    mails: Vec<String>,
    /// Whatever was no yes.
    others: Vec<String>,
}

impl Promises {
    fn count(&self) -> usize {
        self.names.len() + self.live.len() + self.ended.len() + self.mails.len()
    }
}

/// The server is gone: a call was not answered.
struct Gone;

/// One client, until the server is gone.
struct Caller {
    http: reqwest::Client,
    base: String,
    shop: Client,
    promises: Arc<Mutex<Promises>>,
}

impl Caller {
    /// The body of the answer, if it says yes; anything else is noted and ends the person's visit with no promise.
    async fn ask(&self, request: reqwest::RequestBuilder) -> Result<Option<Value>, Gone> {
        let answer = request.send().await.map_err(|_| Gone)?;
        let (status, text) = (answer.status(), answer.text().await.map_err(|_| Gone)?);
        if status != 200 {
            self.promises.lock().await.others.push(format!("{status} {text}"));
            return Ok(None);
        }
        Ok(Some(serde_json::from_str(&text).unwrap_or_default()))
    }

    fn as_shop(&self, path: &str) -> reqwest::RequestBuilder {
        self.http.post(format!("{}{path}", self.base)).basic_auth(&self.shop.id, Some(&self.shop.secret))
    }

    /// Registers, signs in twice, and signs out of the second session; asks for a mail.
    async fn visit(&self, number: u32) -> Result<(), Gone> {
        let name = format!("person{number}");
        let mut body = json!({
            "username": name, "password": PASSWORD, "first_name": "Siti", "last_name": "Rahma",
            "phone_number": format!("62812{number:08}"), "email": format!("{name}@example.test"),
        });
        if self.ask(self.as_shop("/internal/register").json(&body)).await?.is_some() {
            self.promises.lock().await.names.push(name.clone());
            if let Some(token) = self.signed_in(&name).await? {
                self.promises.lock().await.live.push(token);
            }
            // Promised only once it has ended: until then nobody knows what it will be.
            if let Some(token) = self.signed_in(&name).await?
                && self.ask(self.as_shop("/oauth/revoke").form(&[("token", &token)])).await?.is_some()
            {
                self.promises.lock().await.ended.push(token);
            }
        }
        let email = format!("mail{number}@example.test");
        (body["username"], body["email"], body["mode"]) = (json!(format!("mail{number}")), json!(email), json!("LINK"));
        body.as_object_mut().unwrap().remove("phone_number");
        if self.ask(self.as_shop("/signup").json(&body)).await?.is_some() {
            self.promises.lock().await.mails.push(email);
        }
        Ok(())
    }

    async fn signed_in(&self, name: &str) -> Result<Option<String>, Gone> {
        let request = self.http.post(format!("{}/auth", self.base)).json(&json!({"username": name, "password": PASSWORD}));
        Ok(self.ask(request).await?.map(|answer| answer["token"].as_str().unwrap().to_owned()))
    }
}

/// Lets people come until the server is gone.
fn load(server: &Server, shop: &Client, numbers: &Arc<AtomicU32>) -> (Arc<Mutex<Promises>>, JoinSet<()>) {
    let promises = Arc::new(Mutex::new(Promises::default()));
    let mut clients = JoinSet::new();
    for _ in 0..CLIENTS {
        let caller = Caller { http: reqwest::Client::new(), base: server.base.clone(), shop: shop.clone(), promises: Arc::clone(&promises) };
        let numbers = Arc::clone(numbers);
        clients.spawn(async move { while caller.visit(numbers.fetch_add(1, Ordering::Relaxed)).await.is_ok() {} });
    }
    (promises, clients)
}

async fn wait_for(what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    let so = async {
        while !is_so().await {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    assert!(tokio::time::timeout(Duration::from_secs(60), so).await.is_ok(), "{what}");
}

/// Demands that everything is as it was promised.
async fn are_kept(server: &Server, promises: &Promises) {
    let http = reqwest::Client::new();
    assert!(promises.others.is_empty(), "who was heard was told yes: {:?}", promises.others);
    for name in &promises.names {
        assert!(server.sign_in(&http, name).await.is_ok(), "{name} was registered and is gone");
    }
    for token in &promises.live {
        assert_eq!(server.profile(&http, token).await, 200, "a session that was opened is gone");
    }
    for token in &promises.ended {
        assert_eq!(server.profile(&http, token).await, 401, "a session that was ended lives");
    }
    for email in &promises.mails {
        let url = format!("{}/dev/inbox.json?to={email}", server.base);
        let there = async || http.get(&url).send().await.unwrap().json::<Value>().await.unwrap().as_array().is_some_and(|mails| !mails.is_empty());
        wait_for(&format!("the mail to {email} that was promised"), there).await;
    }
}

#[tokio::test]
async fn fault_5_however_often_it_is_ended_under_load_no_answer_is_lost() {
    let endings = std::env::var("TEST_ENDINGS").map_or(5, |text| text.parse().unwrap());
    let home = Home::for_development();
    let (shop, numbers) = (home.client(), Arc::new(AtomicU32::new(1)));
    let (mut server, mut kept) = (home.start(&["serve"]), 0);
    for ending in 0..endings {
        let (promises, clients) = load(&server, &shop, &numbers);
        // At another moment each time, in the middle of everything.
        let enough = 5 + ending * 37 % 150;
        wait_for("answers", async || promises.lock().await.count() >= enough).await;
        assert_eq!(server.stop().code(), Some(0), "ending {ending}");
        clients.join_all().await;
        server = home.start(&["serve"]);
        let promises = promises.lock().await;
        are_kept(&server, &promises).await;
        kept += promises.count();
    }
    println!("{endings} endings under load, {kept} promises kept");
    assert_eq!(server.stop().code(), Some(0));
}
