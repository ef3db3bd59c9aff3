//! Limits from outside (`threats.md`, rows 3, 5, 14–16, 42, 43, 58 and 60): on every surface, over replicas, after a restart, and with a clock that jumps.

mod breaker;
mod clock;
mod codes;
mod countries;
mod destination;
mod look_ups;
mod owners;
mod passwords;
mod prefix;
mod races;
mod repeats;
mod shield;
mod test_contacts;

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use daftar_testkit::{Answer, Caller, Installation};
use serde_json::{Value, json};

use crate::app::{self, SIGNUP, UPDATE_EMAIL, UPDATE_PHONE, english};
use crate::invas;
use crate::oauth::{self, Machine};
use crate::usapi::{self, applicant, registered, with};

/// A call that sends a message to a contact that has no account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Way {
    UsapiSignup,
    UsapiResend,
    InvasRegister,
    InvasResend,
    AppSignup,
    AppChange,
}

/// All of them.
const WAYS: [Way; 6] = [Way::UsapiSignup, Way::UsapiResend, Way::InvasRegister, Way::InvasResend, Way::AppSignup, Way::AppChange];
/// Those that need nothing before them.
const FRESH: [Way; 4] = [Way::UsapiSignup, Way::InvasRegister, Way::AppSignup, Way::AppChange];

/// Which contact of a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Contact {
    Phone,
    Email,
}

impl Contact {
    /// As messages to person `n` have it.
    fn of(self, n: u32) -> String {
        match self {
            Self::Phone => format!("+62810{n:08}"),
            Self::Email => format!("siti{n}@example.test"),
        }
    }
}

/// The account that asks for changes of its contacts.
const ASKER: u32 = 99_990_000;

/// Whoever sends: a shop, a host, people with apps. Where the installation is behind a proxy, the app of each person is at an address of its own.
struct Senders {
    host: Machine,
    session: String,
    /// What was answered, that a code is shown with.
    tokens: Mutex<HashMap<(Way, Contact, u32), String>>,
}

impl Senders {
    async fn on(site: &Installation) -> Self {
        registered(site, ASKER).await;
        let session = app::access(&app::sign_in(site, &format!("siti {ASKER}"), "rahasia sekali").await);
        Self { host: oauth::host(site).await, session, tokens: Mutex::default() }
    }

    /// The host, with a token of its own.
    async fn host(&self, site: &Installation) -> Caller {
        site.anybody().bearer(&self.host.token(site).await)
    }

    /// Sends a message to person `n`.
    async fn send(&self, site: &Installation, way: Way, contact: Contact, n: u32) -> Answer {
        let app = english(site).with("x-forwarded-for", &address(n));
        let phones = json!({"username": Contact::Phone.of(n), "phone": Contact::Phone.of(n)});
        let (answer, token) = match (way, contact) {
            (Way::UsapiSignup, Contact::Phone) => (site.shop().post("/signup", &applicant(n, "OTP")).await, "token"),
            (Way::UsapiSignup, Contact::Email) => (site.shop().post("/signup", &applicant(n, "LINK")).await, "token"),
            (Way::UsapiResend, _) => {
                let token = self.token(Way::UsapiSignup, contact, n);
                (site.shop().post("/signup/resend", &json!({ "token": token })).await, "token")
            }
            (Way::InvasRegister, _) => (self.host(site).await.post("/b2b/customer/register", &customer(contact, n)).await, "id"),
            (Way::InvasResend, Contact::Phone) => (self.host(site).await.post("/b2b/customer/resend/registration/sms", &phones).await, "id"),
            (Way::InvasResend, Contact::Email) => (self.host(site).await.post("/b2b/customer/resend/registration/email", &phones).await, "id"),
            (Way::AppSignup, _) => (app::ask(&app, SIGNUP, &contact.of(n), 0).await, "otpToken"),
            (Way::AppChange, Contact::Phone) => (app::ask(&app.bearer(&self.session), UPDATE_PHONE, &contact.of(n), 0).await, "otpToken"),
            (Way::AppChange, Contact::Email) => (app::ask(&app.bearer(&self.session), UPDATE_EMAIL, &contact.of(n), 0).await, "otpToken"),
        };
        let body = answer.json();
        if let Some(token) = body[token].as_str().or_else(|| body["data"][token].as_str()) {
            self.tokens.lock().unwrap_or_else(PoisonError::into_inner).insert((way, contact, n), token.to_owned());
        }
        answer
    }

    /// The same, and it must be sent; and is, before the clock moves on.
    async fn sends(&self, site: &Installation, way: Way, contact: Contact, n: u32) {
        let answer = self.send(site, way, contact, n).await;
        assert_eq!(answer.status, 200, "{way:?} to {contact:?} {n}: {answer:?}");
        site.all_sent().await;
    }

    fn token(&self, way: Way, contact: Contact, n: u32) -> String {
        self.tokens.lock().unwrap_or_else(PoisonError::into_inner)[&(way, contact, n)].clone()
    }

    /// Shows the code of the newest message to person `n`, which went out in this way.
    async fn show(&self, site: &Installation, way: Way, contact: Contact, n: u32) -> Answer {
        let to = contact.of(n);
        site.all_sent().await;
        let count = site.messages().await.iter().filter(|message| message.to == to).count();
        let app = english(site).with("x-forwarded-for", &address(n));
        match (way, contact) {
            (Way::UsapiSignup | Way::UsapiResend, _) => {
                usapi::verify(site, &self.token(Way::UsapiSignup, contact, n), &site.newest_code(count, &to).await).await
            }
            (Way::InvasRegister | Way::InvasResend, Contact::Phone) => {
                let token = invas::newest_token(site, count, &to).await;
                self.host(site).await.post("/b2b/customer/register/confirm", &with(&invas::confirmation(&token), "username", to)).await
            }
            // A link, which is opened.
            (Way::InvasRegister | Way::InvasResend, Contact::Email) => {
                let text = site.nth_message(count, &to).await.text;
                let link = text.split_whitespace().find_map(|word| word.strip_prefix(site.url())).unwrap().to_owned();
                site.anybody().get(&link).await
            }
            (Way::AppSignup, _) => app::show(&app, SIGNUP, &self.token(way, contact, n), &site.newest_code(count, &to).await).await,
            (Way::AppChange, Contact::Phone) => {
                app::show(&app.bearer(&self.session), UPDATE_PHONE, &self.token(way, contact, n), &site.newest_code(count, &to).await).await
            }
            (Way::AppChange, Contact::Email) => {
                app::show(&app.bearer(&self.session), UPDATE_EMAIL, &self.token(way, contact, n), &site.newest_code(count, &to).await).await
            }
        }
    }
}

/// Person `n` as a host registers one: with an address only where that is what it is about.
fn customer(contact: Contact, n: u32) -> Value {
    let email = match contact {
        Contact::Phone => Value::Null,
        Contact::Email => Contact::Email.of(n).into(),
    };
    with(&with(&invas::customer(), "phone", Contact::Phone.of(n)), "email", email)
}

/// Where person `n` is.
fn address(n: u32) -> String {
    let [_, b, c, d] = n.to_be_bytes();
    format!("10.{b}.{c}.{d}")
}

/// Somebody at an address, where the installation is behind a proxy.
fn at(site: &Installation, address: &str) -> Caller {
    english(site).with("x-forwarded-for", address)
}

/// Demands that a sending was refused in its surface's own shape, for so many seconds.
#[track_caller]
fn too_many(way: Way, answer: &Answer, seconds: u64) {
    match way {
        Way::UsapiSignup | Way::UsapiResend => {
            answer.says(429, "Too many attempts, please try again later");
        }
        Way::InvasRegister | Way::InvasResend => invas::problem(answer, 429, "TOO_MANY_REQUESTS", None),
        Way::AppSignup | Way::AppChange => app::refused(answer, 429, TOO_MANY),
    }
    assert_eq!(answer.header("retry-after"), seconds.to_string(), "{way:?}");
}

/// How long a refusal says to wait.
#[track_caller]
fn wait(answer: &Answer) -> u64 {
    assert_eq!(answer.status, 429, "{answer:?}");
    answer.header("retry-after").parse().unwrap()
}

/// What App says of too much.
const TOO_MANY: &str = "Too many attempts. Please try again later.";
