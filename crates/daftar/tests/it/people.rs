//! People who register, sign in, recover and sign out, each step by several clients at once, and what was seen of them: a history of every person, which must be possible.
//!
//! A person's clients race for the name, for the code, for the new password; whoever calls does not wait for the others.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use daftar_testkit::history::{History, Object};
use serde_json::{Value, json};

use super::program::Client;

/// The passwords of one person: who registers has one of the first two, who recovers gets one of the others.
const PASSWORDS: std::ops::Range<u8> = 0..4;
/// The first of the sessions that are opened only to see which password is right.
const LOOKING: u8 = 100;
/// How long a message may take to come.
const COMES_WITHIN: Duration = Duration::from_secs(20);

/// A person, as simply as can be. Sessions and codes have numbers that the clients gave them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub(crate) struct Person {
    password: Option<u8>,
    sessions: BTreeSet<u8>,
    spent: BTreeSet<u8>,
    recovery: Option<u8>,
}

#[derive(Debug, Clone, Copy)]
pub(crate) enum Deed {
    Register { password: u8 },
    SignIn { password: u8, session: u8 },
    Use { session: u8 },
    End { session: u8 },
    Redeem { code: u8 },
    Change { code: u8, password: u8 },
}

impl Object for Person {
    type Call = Deed;
    /// Whether it succeeded.
    type Answer = bool;

    fn take(&mut self, deed: Deed) -> bool {
        match deed {
            Deed::Register { password } => self.password.is_none() && self.password.replace(password).is_none(),
            Deed::SignIn { password, session } => self.password == Some(password) && self.sessions.insert(session),
            Deed::Use { session } => self.sessions.contains(&session),
            Deed::End { session } => {
                self.sessions.remove(&session);
                // To end what has ended is no fault.
                true
            }
            Deed::Redeem { code } => self.spent.insert(code) && self.recovery.replace(code) != Some(code),
            Deed::Change { code, password } => {
                let may = self.recovery.take_if(|recovery| *recovery == code).is_some();
                if may {
                    (self.password, self.sessions) = (Some(password), BTreeSet::new());
                }
                may
            }
        }
    }
}

/// Everybody, the servers that they call in turn, and what was seen.
pub(crate) struct People {
    http: reqwest::Client,
    bases: Vec<String>,
    turn: AtomicUsize,
    shop: Client,
    pub(crate) history: History<Person>,
    /// Tokens of sessions.
    tokens: Mutex<BTreeMap<(u32, u8), String>>,
    /// Phones to which a message was promised.
    promised: Mutex<BTreeSet<String>>,
    /// Answers that nobody should get.
    odd: Mutex<Vec<String>>,
}

fn name_of(person: u32) -> String {
    format!("person{person}")
}

fn phone_of(person: u32) -> String {
    format!("62812{person:08}")
}

fn secret(password: u8) -> String {
    format!("rahasia-sekali-{password}")
}

impl People {
    /// Nobody yet; `shop` registers them.
    pub(crate) fn of(bases: Vec<String>, shop: &Client) -> Self {
        let http = reqwest::Client::builder().timeout(Duration::from_secs(30)).build().unwrap();
        Self {
            http,
            bases,
            turn: AtomicUsize::new(0),
            shop: shop.clone(),
            history: History::default(),
            tokens: Mutex::default(),
            promised: Mutex::default(),
            odd: Mutex::default(),
        }
    }

    /// The same people, now at another server.
    pub(crate) fn at(self, base: &str) -> Self {
        Self { bases: vec![base.to_owned()], ..self }
    }

    /// One person's life. `None`: a call was not answered, and it went no further.
    pub(crate) async fn visit(&self, person: u32) -> Option<()> {
        let messages = if person.is_multiple_of(2) { self.register_at_once(person).await? } else { self.register_by_code(person).await? };
        let (first, second) = tokio::join!(self.sign_in(person, 0, 0), self.sign_in(person, 1, 1));
        let (session, password) = if first? { (0, 0) } else { (1, u8::from(second?)) };
        self.sign_in(person, password, 2).await?;
        let (before, ended, after) = tokio::join!(self.uses(person, 2), self.end(person, 2), self.uses(person, 2));
        before.and(ended).and(after)?;
        self.uses(person, 2).await?;

        let (token, code) = self.recovering(person, messages + 1).await?;
        let (one, other, third) =
            tokio::join!(self.redeem(person, &token, &code), self.redeem(person, &token, &code), self.redeem(person, &token, &code));
        let recovery = [one?, other?, third?].into_iter().flatten().next()?;
        let (one, other, meanwhile) = tokio::join!(self.change(person, &recovery, 2), self.change(person, &recovery, 3), self.uses(person, session));
        one.and(other).and(meanwhile)?;
        self.uses(person, session).await?;
        let (one, other) = tokio::join!(self.sign_in(person, 2, 3), self.sign_in(person, 3, 4));
        one.and(other).map(|_| ())
    }

    /// Looks which of somebody's passwords is right, and which of his sessions live.
    pub(crate) async fn look_at(&self, person: u32) {
        for password in PASSWORDS {
            self.sign_in(person, password, LOOKING + password).await;
        }
        let sessions: Vec<u8> = self.tokens.lock().unwrap().range((person, 0)..=(person, LOOKING)).map(|((_, session), _)| *session).collect();
        for session in sessions {
            self.uses(person, session).await;
        }
    }

    /// Demands that everything that was seen can have been.
    pub(crate) fn are_possible(&self) {
        assert_eq!(*self.odd.lock().unwrap(), Vec::<String>::new());
        let impossible = self.history.impossible();
        assert!(impossible.is_empty(), "{}", impossible.join("\n"));
    }

    /// Demands that every message that was promised is there.
    pub(crate) async fn have_their_messages(&self) -> usize {
        let promised = self.promised.lock().unwrap().clone();
        for phone in &promised {
            assert!(self.messages(phone, 1).await.is_some(), "{phone} was promised a message and got none");
        }
        promised.len()
    }

    /// Two clients at once want the same name for themselves; how many messages it took.
    async fn register_at_once(&self, person: u32) -> Option<usize> {
        let register = async |password| {
            let call = self.as_shop("/internal/register").json(&self.form(person, password));
            self.seen(person, Deed::Register { password }, call, 400).await.map(|_| ())
        };
        let (one, other) = tokio::join!(register(0), register(1));
        one.and(other).map(|()| 0)
    }

    /// The code of one registration is entered twice at once.
    async fn register_by_code(&self, person: u32) -> Option<usize> {
        let (_, started) = self.answered(self.as_shop("/signup").json(&self.form(person, 0))).await.filter(|(status, _)| *status == 200)?;
        self.promised.lock().unwrap().insert(phone_of(person));
        let code = self.code(person, 1, 6).await?;
        let verify = async || {
            let call = self.as_shop("/signup/verify").json(&json!({"token": started["token"], "otp": code}));
            self.seen(person, Deed::Register { password: 0 }, call, 400).await.map(|_| ())
        };
        let (one, other) = tokio::join!(verify(), verify());
        one.and(other).map(|()| 1)
    }

    async fn sign_in(&self, person: u32, password: u8, session: u8) -> Option<bool> {
        let call = self.post("/auth").json(&json!({"username": name_of(person), "password": secret(password)}));
        let opened = self.seen(person, Deed::SignIn { password, session }, call, 401).await?;
        if let Some(token) = opened.as_ref().and_then(|answer| answer["token"].as_str()) {
            self.tokens.lock().unwrap().insert((person, session), token.to_owned());
        }
        Some(opened.is_some())
    }

    async fn uses(&self, person: u32, session: u8) -> Option<()> {
        // Who was not let in has nothing to use.
        let Some(token) = self.token(person, session) else { return Some(()) };
        let call = self.http.get(self.url("/basic-profile")).bearer_auth(token);
        self.seen(person, Deed::Use { session }, call, 401).await.map(|_| ())
    }

    async fn end(&self, person: u32, session: u8) -> Option<()> {
        let Some(token) = self.token(person, session) else { return Some(()) };
        self.seen(person, Deed::End { session }, self.as_shop("/oauth/revoke").form(&[("token", token)]), 401).await.map(|_| ())
    }

    /// Asks for a code to recover with, the `nth` message; its token, and the code.
    async fn recovering(&self, person: u32, nth: usize) -> Option<(Value, String)> {
        let call = self.post("/app/auth/otp").json(&json!({"nature": 3, "loginID": format!("+{}", phone_of(person))}));
        let (_, asked) = self.answered(call).await.filter(|(status, _)| *status == 200)?;
        self.promised.lock().unwrap().insert(phone_of(person));
        Some((asked["data"]["otpToken"].clone(), self.code(person, nth, 4).await?))
    }

    /// The token for a new password, if this was the one to whom it is given.
    async fn redeem(&self, person: u32, token: &Value, code: &str) -> Option<Option<String>> {
        let call = self.post("/app/auth/forgot-password/verify").json(&json!({"otp": code, "otpToken": token}));
        let redeemed = self.seen(person, Deed::Redeem { code: 0 }, call, 400).await?;
        Some(redeemed.and_then(|answer| answer["data"]["accessToken"].as_str().map(str::to_owned)))
    }

    async fn change(&self, person: u32, recovery: &str, password: u8) -> Option<()> {
        let call = self.http.put(self.url("/app/auth/password")).bearer_auth(recovery).json(&json!({"password": secret(password)}));
        self.seen(person, Deed::Change { code: 0, password }, call, 401).await.map(|_| ())
    }

    /// Makes a call whose refusal has the status `no`, and notes it; the answer if it said yes. `None`: it was not answered, or not with a yes or no.
    async fn seen(&self, person: u32, deed: Deed, call: reqwest::RequestBuilder, no: u16) -> Option<Option<Value>> {
        let mut said = None;
        let making = async {
            let (status, answer) = self.answered(call).await?;
            let yes = status == 200;
            if !yes && status != no {
                self.odd.lock().unwrap().push(format!("{deed:?}: {status} {answer}"));
                return None;
            }
            said = Some(answer);
            Some(yes)
        };
        let yes = self.history.note(&name_of(person), deed, making).await?;
        Some(said.filter(|_| yes))
    }

    /// The status and the answer; `None` if there was none, or one that says to come again.
    async fn answered(&self, call: reqwest::RequestBuilder) -> Option<(u16, Value)> {
        let answer = call.send().await.ok()?;
        let (status, text) = (answer.status().as_u16(), answer.text().await.ok()?);
        (status != 503).then(|| (status, serde_json::from_str(&text).unwrap_or_default()))
    }

    fn url(&self, path: &str) -> String {
        let turn = self.turn.fetch_add(1, Ordering::Relaxed);
        format!("{}{path}", self.bases[turn % self.bases.len()])
    }

    fn post(&self, path: &str) -> reqwest::RequestBuilder {
        self.http.post(self.url(path))
    }

    fn as_shop(&self, path: &str) -> reqwest::RequestBuilder {
        self.post(path).basic_auth(&self.shop.id, Some(&self.shop.secret))
    }

    fn form(&self, person: u32, password: u8) -> Value {
        let name = name_of(person);
        json!({
            "username": name, "password": secret(password), "first_name": "Siti", "last_name": "Rahma",
            "phone_number": phone_of(person), "email": format!("{name}@example.test"), "mode": "OTP",
        })
    }

    fn token(&self, person: u32, session: u8) -> Option<String> {
        self.tokens.lock().unwrap().get(&(person, session)).cloned()
    }

    /// The code of so many digits in somebody's `nth` message.
    async fn code(&self, person: u32, nth: usize, digits: usize) -> Option<String> {
        let newest = self.messages(&phone_of(person), nth).await?;
        let code = newest.split(|c: char| !c.is_ascii_digit()).find(|word| word.len() == digits);
        Some(code.unwrap_or_else(|| panic!("no code of {digits} digits in {newest:?}")).to_owned())
    }

    /// The newest message to a phone, once there are `count`.
    async fn messages(&self, phone: &str, count: usize) -> Option<String> {
        let coming = async {
            loop {
                let (_, inbox) = self.answered(self.http.get(self.url(&format!("/dev/inbox.json?to=%2B{phone}")))).await?;
                if inbox.as_array().is_some_and(|inbox| inbox.len() >= count) {
                    return Some(inbox[0]["text"].as_str().unwrap_or_default().to_owned());
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(COMES_WITHIN, coming).await.ok().flatten()
    }
}
