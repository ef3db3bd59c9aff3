//! One phone is one account, however it is written and on whichever surface (contract `common.md`, *Identifiers* and *Accounts*).

use daftar_core::identifier::{Country, LoginId};
use daftar_core::password::Scheme;
use daftar_core::ports::Store as _;
use daftar_core::secret::Mac;
use daftar_testkit::{Answer, Caller, Installation};
use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::invas::{self, NUMBER, PASSWORD, PHONE, PRE_HASHED};
use crate::usapi::{person, sign_in, with};

/// Five ways of writing it, none of which is another's way alone.
const SPELLINGS: [&str; 5] = ["6281234567890", "081234567890", "+62 812-3456-7890", "(0812) 3456 7890", "+6281234567890"];

/// A surface, and a way of registering on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    Internal,
    SignUp,
    Invas,
    App,
}

const WAYS: [Way; 4] = [Way::Internal, Way::SignUp, Way::Invas, Way::App];

/// Everything that it takes to finish, by one of many who want the phone.
struct Ready {
    caller: Caller,
    path: &'static str,
    body: Value,
}

impl Way {
    /// Asks for the phone, and gets as far as the last call; `n` tells the askers apart, `sent` is how many short messages went out before.
    async fn ready(self, site: &Installation, host: &Caller, n: u32, sent: usize) -> Ready {
        let usapi = with(&person(n), "phone_number", "6281234567890");
        match self {
            Self::Internal => Ready { caller: site.shop(), path: "/internal/register", body: usapi },
            Self::SignUp => {
                let token = crate::usapi::started(site, &with(&usapi, "mode", "OTP")).await;
                let otp = site.newest_code(sent + 1, NUMBER).await;
                Ready { caller: site.shop(), path: "/signup/verify", body: json!({"token": token, "otp": otp}) }
            }
            Self::Invas => {
                let customer = with(&with(&invas::customer(), "phone", SPELLINGS[n as usize % 5]), "email", Value::Null);
                invas::registered(host, &customer).await;
                let body = invas::confirmation(&invas::newest_token(site, sent + 1, NUMBER).await);
                Ready { caller: host.clone(), path: "/b2b/customer/register/confirm", body }
            }
            Self::App => {
                let app = site.anybody().with("accept-language", "en");
                let asked = app.post("/app/auth/otp", &json!({"nature": 2, "loginID": "+62 812-3456-7890"})).await;
                let token = asked.json()["data"]["otpToken"].as_str().unwrap().to_owned();
                let otp = site.newest_code(sent + 1, NUMBER).await;
                Ready { caller: app, path: "/app/auth/signup/verify", body: json!({"otpToken": token, "otp": otp}) }
            }
        }
    }

    const fn sends(self) -> bool {
        !matches!(self, Self::Internal)
    }

    /// Whether the answer is the one that this surface documents for a phone that has an account.
    fn says_taken(self, answer: &Answer) -> bool {
        let (status, body) = (answer.status.as_u16(), answer.json());
        match self {
            Self::Internal | Self::SignUp => status == 400 && body["message"] == "Phone number already exist",
            Self::Invas => status == 409 && body["code"] == "USERNAME_EXISTS",
            Self::App => status == 409 && body["message"] == "This phone number already has an account.",
        }
    }

    /// Whether it is what a code gets that was spent, or belongs to a registration that is complete.
    fn says_spent(self, answer: &Answer) -> bool {
        match self {
            Self::Internal => false,
            Self::SignUp => answer.json()["message"] == "Registration is already complete",
            Self::Invas => answer.json()["code"] == "REGISTRATION_NOT_FOUND",
            Self::App => answer.status == 400,
        }
    }
}

async fn finish(ready: &Ready) -> Answer {
    ready.caller.post(ready.path, &ready.body).await
}

async fn accounts(site: &Installation) -> usize {
    let held = site.store().find_account(&LoginId::classify(NUMBER, &Country::indonesia()).unwrap()).await.unwrap();
    usize::from(held.is_some())
}

#[tokio::test]
async fn whoever_registers_it_first_has_it_on_every_surface() {
    for first in WAYS {
        let site = Installation::start().await;
        let host = invas::host(&site).await;
        let mut sent = 0;
        let mut ready = Vec::new();
        // The others are ready, too, and come too late.
        for (n, way) in WAYS.into_iter().enumerate() {
            ready.push((way, way.ready(&site, &host, u32::try_from(n).unwrap() + 1, sent).await));
            sent += usize::from(way.sends());
        }
        ready.sort_by_key(|(way, _)| *way != first);
        for (place, (way, ready)) in ready.iter().enumerate() {
            let answer = finish(ready).await;
            assert!(if place == 0 { answer.status == 200 } else { way.says_taken(&answer) }, "{first:?} first, then {way:?}: {answer:?}");
        }
        for spelling in SPELLINGS {
            let taken = host.post("/b2b/customer/register", &with(&invas::customer(), "phone", spelling)).await;
            invas::problem(&taken, 409, "USERNAME_EXISTS", None);
            let known = host.get(&format!("/b2b/customer/auth/verifyUsername?username={}", spelling.replace('+', "%2B"))).await;
            assert_eq!(known.json()["exists"], true, "{spelling}");
            let checked = site.anybody().post("/app/auth/account/check", &json!({"loginID": spelling})).await.json();
            // On App digits without a country are of Hong Kong first: only those that say it are this number.
            assert_eq!(checked["data"]["exists"] == true, !matches!(spelling, "081234567890" | "(0812) 3456 7890"), "{spelling}: {checked}");
        }
    }
}

#[tokio::test]
async fn of_64_registrations_racing_over_all_surfaces_and_two_replicas_one_gets_it() {
    let site = Installation::start().await;
    let replica = site.replica().await;
    let machine = crate::oauth::host(&site).await;
    let token = machine.token(&site).await;
    let hosts = [&site, &replica].map(|at| at.anybody().bearer(&token));
    let mut sent = 0;
    let mut ready = Vec::new();
    for (n, way) in WAYS.into_iter().enumerate() {
        let n = u32::try_from(n).unwrap() + 1;
        let first = way.ready(&site, &hosts[0], n, sent).await;
        sent += usize::from(way.sends());
        ready.push((way, first));
    }
    let calls = (0..64).map(|turn: u32| {
        let (way, Ready { path, body, .. }) = &ready[turn as usize % 4];
        let at = if turn % 8 < 4 { &site } else { &replica };
        let host = &hosts[usize::from(turn % 8 >= 4)];
        let caller = match way {
            Way::Internal | Way::SignUp => at.shop(),
            Way::Invas => host.clone(),
            Way::App => at.anybody().with("accept-language", "en"),
        };
        // Everybody who registers at once has a name and an address of his own.
        let body = if *way == Way::Internal { with(&person(100 + turn), "phone_number", "6281234567890") } else { body.clone() };
        async move { (*way, caller.post(path, &body).await) }
    });
    let answers = join_all(calls).await;
    let made: Vec<_> = answers.iter().filter(|(_, answer)| answer.status == 200).collect();
    assert_eq!(made.len(), 1, "{made:?}");
    for (way, answer) in answers.iter().filter(|(_, answer)| answer.status != 200) {
        let lost = way.says_taken(answer) || (*way == made[0].0 && way.says_spent(answer));
        assert!(lost, "{way:?} after {:?}: {answer:?}", made[0].0);
    }
    assert_eq!(accounts(&site).await, 1);
}

#[tokio::test]
async fn row_22_a_credential_that_came_pre_hashed_is_made_anew_at_the_first_plain_sign_in() {
    for on_app in [true, false] {
        let site = Installation::start().await;
        let host = invas::host(&site).await;
        invas::registered(&host, &invas::customer()).await;
        assert_eq!(invas::confirm(&host, &invas::token(&site).await).await.status, 200);
        let scheme = async || {
            let id = LoginId::classify(PHONE, &Country::indonesia()).unwrap();
            site.store().sign_in_record(&id, Mac([0; 32])).await.unwrap().unwrap().password.unwrap().scheme
        };
        let plain = async |password: &str| {
            if on_app {
                let body = json!({"loginID": NUMBER, "password": password, "deviceToken": "device"});
                site.anybody().post("/app/auth/login", &body).await.status.as_u16()
            } else {
                sign_in(&site, PHONE, password).await.status.as_u16()
            }
        };
        assert_eq!(plain(PRE_HASHED).await, 401);
        assert_eq!(scheme().await, Scheme::Md5Argon2id, "a refused sign-in changes nothing");
        assert_eq!(plain(PASSWORD).await, 200);
        assert_eq!(scheme().await, Scheme::Argon2id);
        assert_eq!((plain(PRE_HASHED).await, plain(&PRE_HASHED.to_lowercase()).await, plain(PASSWORD).await), (401, 401, 200));
    }
}

#[tokio::test]
async fn row_3_wrong_codes_for_a_phone_add_up_over_the_surfaces() {
    let site = Installation::start().await;
    let host = invas::host(&site).await;
    invas::registered(&host, &invas::customer()).await;
    let token = invas::token(&site).await;
    for _ in 0..3 {
        invas::problem(&invas::confirm(&host, &invas::wrong(&token)).await, 400, "TOKEN_INVALID", None);
    }
    let app = Way::App.ready(&site, &host, 1, 1).await;
    let right = app.body["otp"].as_str().unwrap().to_owned();
    for _ in 0..3 {
        let body = with(&app.body, "otp", crate::usapi::wrong(&right).replacen('0', "1", usize::from(crate::usapi::wrong(&right).starts_with('0'))));
        assert_eq!(app.caller.post(app.path, &body).await.status, 400);
    }
    assert_eq!(site.wrong_codes("phone/+6281234567890").await, 6);
    invas::registered(&host, &invas::customer()).await;
    let grown = invas::newest_token(&site, 3, NUMBER).await;
    assert_eq!(grown.len(), 11, "three letters and eight digits: {grown}");
    assert_eq!(invas::confirm(&host, &grown).await.status, 200);
    assert_eq!(site.wrong_codes("phone/+6281234567890").await, 0);
}

#[tokio::test]
async fn row_34_a_phone_that_was_only_said_elsewhere_is_the_customers_once_proven() {
    let site = Installation::start().await;
    let host = invas::host(&site).await;
    // Somebody on USAPI proves an address and says the customer's phone.
    let squatter = with(&with(&person(1), "phone_number", "6281234567890"), "mode", "LINK");
    let token = crate::usapi::started(&site, &squatter).await;
    let code = site.code_for("siti1@example.test").await;
    assert_eq!(crate::usapi::verify(&site, &token, &code).await.status, 200);
    assert_eq!(sign_in(&site, PHONE, PASSWORD).await.status, 200, "a password sign-in with it works");
    invas::registered(&host, &invas::customer()).await;
    // The link alone does not prove the phone.
    invas::authorised(&site, 1).await;
    let by_link = crate::usapi::without(&invas::confirmation(""), "token");
    invas::problem(&host.post("/b2b/customer/register/confirm", &by_link).await, 409, "USERNAME_EXISTS", None);
    let made = invas::confirm(&host, &invas::token(&site).await).await.json();
    let session = sign_in(&site, PHONE, PASSWORD).await.json()["token"].as_str().unwrap().to_owned();
    assert_eq!(crate::usapi::claims(&session)["sub"], made["id"]);
    let told = site.nth_message(2, "siti1@example.test").await;
    assert!(told.text.contains("Somebody else has now proven that it is theirs"), "{}", told.text);
}
