//! One-time codes: a registration on USAPI by SMS, a customer's on INVAS, a sign-up on App by SMS, and a sign-in on App.

use std::time::Duration;

use daftar_core::client::Scope;
use daftar_core::identifier::{Country, LoginId};
use daftar_core::ports::Store as _;
use daftar_testkit::{Answer, Installation};
use futures_util::future::join_all;
use serde_json::{Value, json};

use super::door::{Door, RIGHT, app, app_account, text};
use super::table::{NONE, Section, Situation, Stage, all_said, said, situation};
use crate::invas;
use crate::usapi::{self, applicant, person, registered, started, with};

/// What a code is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Flow {
    Usapi,
    Invas,
    AppSignUp,
    AppLogin,
}

const FLOWS: [(&str, Flow); 4] = [
    ("USAPI /signup (OTP)", Flow::Usapi),
    ("INVAS register", Flow::Invas),
    ("App, nature SIGNUP", Flow::AppSignUp),
    ("App, nature LOGIN", Flow::AppLogin),
];

/// A code that was sent, and the token that names it; on INVAS that is the host's own, and the customer's phone.
struct Sent {
    token: String,
    code: String,
}

fn phone(n: u32) -> String {
    format!("+62810{n:08}")
}

impl Flow {
    /// Asks for person `n`'s first code.
    async fn begin(self, site: &Installation, n: u32) -> Sent {
        if self == Self::AppLogin {
            registered(site, n).await;
        }
        self.ask(site, n, 0).await
    }

    /// Asks for a code for person `n`, who has got `sent` so far.
    async fn ask(self, site: &Installation, n: u32, sent: usize) -> Sent {
        let otp = async |nature: u8| text(&app(site, "/otp", &json!({"nature": nature, "loginID": phone(n), "sendType": 0})).await, "otpToken");
        let token = match self {
            Self::Usapi => started(site, &applicant(n, "OTP")).await,
            Self::Invas => {
                let token = host_of(site, n).await;
                let customer = with(&with(&invas::customer(), "phone", phone(n)), "email", Value::Null);
                invas::registered(&site.anybody().bearer(&token), &customer).await;
                let token = format!("{token} {}", phone(n));
                return Sent { token, code: invas::newest_token(site, sent + 1, &phone(n)).await };
            }
            Self::AppSignUp => otp(2).await,
            Self::AppLogin => otp(1).await,
        };
        Sent { token, code: site.newest_code(sent + 1, &phone(n)).await }
    }

    /// Asks for codes for person `n` until one is another than `than`: chance repeats a short code now and then.
    async fn other(self, site: &Installation, n: u32, sent: usize, than: &str) -> Sent {
        let mut other = self.ask(site, n, sent).await;
        for again in 1.. {
            if other.code != than {
                break;
            }
            other = self.ask(site, n, sent + again).await;
        }
        other
    }

    /// Shows a code.
    async fn show(self, site: &Installation, token: &str, code: impl Into<Value>) -> Answer {
        let code = code.into();
        match self {
            Self::Usapi => site.shop().post("/signup/verify", &json!({"token": token, "otp": code})).await,
            Self::Invas => {
                let (token, phone) = token.split_once(' ').unwrap_or((token, "081000000000"));
                let body = json!({"username": phone, "password": invas::PRE_HASHED, "token": code});
                site.anybody().bearer(token).post("/b2b/customer/register/confirm", &body).await
            }
            Self::AppSignUp => app(site, "/signup/verify", &json!({"otpToken": token, "otp": code})).await,
            Self::AppLogin => app(site, "/login/verify", &json!({"otpToken": token, "otp": code})).await,
        }
    }

    /// How many wrong codes count against person `n`.
    async fn counted(self, site: &Installation, n: u32) -> u32 {
        let subject = match self {
            Self::Usapi | Self::Invas | Self::AppSignUp => format!("phone/{}", phone(n)),
            Self::AppLogin => {
                let account = site.store().find_account(&LoginId::classify(&phone(n), &Country::indonesia()).unwrap()).await.unwrap().unwrap();
                format!("account/{}", account.id.0)
            }
        };
        site.wrong_codes(&subject).await
    }

    /// Shows a code for person `n`; what is said, and how many wrong ones count now.
    async fn tried(self, site: &Installation, n: u32, token: &str, code: impl Into<Value>) -> String {
        let said = said(&self.show(site, token, code).await);
        with_count(said, self.counted(site, n).await)
    }

    /// A flow of the other surface.
    fn elsewhere(self) -> Self {
        match self {
            Self::Usapi => Self::AppSignUp,
            Self::Invas | Self::AppSignUp | Self::AppLogin => Self::Usapi,
        }
    }
}

/// An access token of person `n`'s host.
async fn host_of(site: &Installation, n: u32) -> String {
    let name = format!("host {n}");
    let known = site.clients().list().await.unwrap().into_iter().find(|client| client.name == name);
    let host = match known {
        Some(host) => host,
        None => site.clients().create(&name, vec![Scope::B2b], Country::indonesia()).await.unwrap().0,
    };
    site.accounts().issue_access(&host, None).await.unwrap().token
}

/// The letters with which INVAS's tokens begin, and the digits.
fn parts(code: &str) -> (&str, &str) {
    code.split_at(code.bytes().take_while(u8::is_ascii_alphabetic).count())
}

/// A code that is not `right`, with the same letters.
fn wrong(right: &str) -> String {
    let (letters, digits) = parts(right);
    format!("{letters}{}", usapi::wrong(digits))
}

/// What is said, and how many wrong codes count by then, if any do.
fn with_count(said: String, wrong: u32) -> String {
    if wrong == 0 { said } else { format!("{said} [{wrong} counted]") }
}

/// Somebody has got a code, and shows something made from it.
fn shown(what: &str, form: fn(&str) -> Value) -> Situation<Flow> {
    situation(what, move |stage: Stage, flow: Flow| async move {
        let (site, n) = stage.enter();
        let sent = flow.begin(&site, n).await;
        flow.tried(&site, n, &sent.token, form(&sent.code)).await
    })
}

/// Somebody shows the right code so many seconds later.
fn late(what: &str, seconds: u64) -> Situation<Flow> {
    situation(what, move |_, flow: Flow| async move {
        let site = Installation::start().await;
        let sent = flow.begin(&site, 1).await;
        site.clock.advance(Duration::from_secs(seconds));
        flow.tried(&site, 1, &sent.token, sent.code).await
    })
}

/// The right code, and the token of something else.
fn foreign<F: Future<Output = String> + Send>(
    what: &str,
    token: impl Fn(Flow, Stage, String) -> F + Send + Sync + Copy + 'static,
) -> Situation<Flow> {
    situation(what, move |stage: Stage, flow: Flow| async move {
        let (site, n) = stage.enter();
        let sent = flow.begin(&site, n).await;
        let token = token(flow, stage, sent.code.clone()).await;
        let foreign = flow.tried(&site, n, &token, sent.code.clone()).await;
        assert_eq!(flow.show(&site, &sent.token, sent.code).await.status, 200, "{flow:?}: the code is good still");
        foreign
    })
}

fn whole(code: &str) -> i64 {
    parts(code).1.trim_start_matches('0').parse().unwrap()
}

fn full_width(code: &str) -> Value {
    code.chars().map(|digit| char::from_u32(u32::from(digit) - u32::from('0') + u32::from('０')).unwrap()).collect::<String>().into()
}

fn single_codes() -> Vec<Situation<Flow>> {
    vec![
        shown("right", |code| code.into()),
        shown("wrong", |code| wrong(code).into()),
        shown("right, as an integer", |code| whole(code).into()),
        shown("with a blank before it", |code| format!(" {code}").into()),
        shown("in full-width digits", full_width),
        shown("with a fraction, 1234.0", |_| 1234.0.into()),
        shown("in a list", |code| json!([code])),
        shown("negative, -1", |_| (-1).into()),
        shown("null", |_| Value::Null),
        shown("empty", |_| "".into()),
        shown("letters", |_| "abcd".into()),
        shown("of too few digits, 123", |_| "123".into()),
        shown("of another length, with the right one in it", |code| format!("{code}0").into()),
        late("right, 9 min 59 s later", 599),
        late("right, 10 min later", 600),
        late("right, 30 min later", 1800),
        situation("right, a second time", |stage: Stage, flow: Flow| async move {
            let (site, n) = stage.enter();
            let sent = flow.begin(&site, n).await;
            assert_eq!(flow.show(&site, &sent.token, sent.code.clone()).await.status, 200);
            flow.tried(&site, n, &sent.token, sent.code).await
        }),
        situation("right, after all its tries", |stage: Stage, flow: Flow| async move {
            let (site, n) = stage.enter();
            let sent = flow.begin(&site, n).await;
            for _ in 0..6 {
                flow.show(&site, &sent.token, wrong(&sent.code)).await;
            }
            flow.tried(&site, n, &sent.token, sent.code).await
        }),
        situation("digits of the next code, after 6 wrong", |stage: Stage, flow: Flow| async move {
            let (site, n) = stage.enter();
            let mut sent = flow.begin(&site, n).await;
            for so_far in 1..=2 {
                for _ in 0..3 {
                    flow.show(&site, &sent.token, wrong(&sent.code)).await;
                }
                sent = flow.ask(&site, n, so_far).await;
            }
            parts(&sent.code).1.len().to_string()
        }),
    ]
}

fn other_codes() -> Vec<Situation<Flow>> {
    vec![
        situation("of an older send, with the older token", |stage: Stage, flow: Flow| async move {
            let (site, n) = stage.enter();
            let old = flow.begin(&site, n).await;
            flow.other(&site, n, 1, &old.code).await;
            flow.tried(&site, n, &old.token, old.code).await
        }),
        situation("of an older send, with the newer token", |stage: Stage, flow: Flow| async move {
            let (site, n) = stage.enter();
            let old = flow.begin(&site, n).await;
            let new = flow.other(&site, n, 1, &old.code).await;
            flow.tried(&site, n, &new.token, old.code).await
        }),
        situation("of the newer send, with the older token", |stage: Stage, flow: Flow| async move {
            let (site, n) = stage.enter();
            let old = flow.begin(&site, n).await;
            let new = flow.other(&site, n, 1, &old.code).await;
            flow.tried(&site, n, &old.token, new.code).await
        }),
        situation("with the token of another person's (counted there)", |stage: Stage, flow: Flow| async move {
            let (site, n) = stage.enter();
            let mine = flow.begin(&site, n).await;
            let other = stage.person();
            flow.begin(&site, other).await;
            let theirs = flow.other(&site, other, 1, &mine.code).await;
            flow.tried(&site, other, &theirs.token, mine.code).await
        }),
        foreign("with a token of the other surface's code", |flow, stage: Stage, code: String| async move {
            let (site, n) = stage.enter();
            flow.elsewhere().other(&site, n, 0, &code).await.token
        }),
        foreign("with a session's token", |_, stage: Stage, _| async move {
            let (site, n) = stage.enter();
            registered(&site, n).await;
            Door::Usapi.session(&site, n).await
        }),
        foreign("with a session's token of the other surface", |_, stage: Stage, _| async move {
            let (site, n) = stage.enter();
            registered(&site, n).await;
            Door::App.session(&site, n).await
        }),
        foreign("with a forged token", |_, _, _| async move { "a.b.c".to_owned() }),
        situation("right, but the phone was taken meanwhile", |stage: Stage, flow: Flow| async move {
            let (site, n) = stage.enter();
            let sent = flow.begin(&site, n).await;
            if flow == Flow::AppLogin {
                return NONE.to_owned();
            }
            let taken = with(&person(stage.person()), "phone_number", Door::Usapi.phone(n));
            assert_eq!(site.shop().post("/internal/register", &taken).await.status, 200);
            flow.tried(&site, n, &sent.token, sent.code).await
        }),
        situation("right, but the other surface gave it away", |stage: Stage, flow: Flow| async move {
            let (site, n) = stage.enter();
            let sent = flow.begin(&site, n).await;
            match flow {
                Flow::AppLogin => return NONE.to_owned(),
                Flow::Usapi | Flow::Invas => {
                    app_account(&site, &phone(n), 1).await;
                }
                Flow::AppSignUp => {
                    let other = Flow::Usapi.ask(&site, n, 1).await;
                    assert_eq!(Flow::Usapi.show(&site, &other.token, other.code).await.status, 200);
                }
            }
            flow.tried(&site, n, &sent.token, sent.code).await
        }),
        situation("right, but the account was disabled", |stage: Stage, flow: Flow| async move {
            if flow != Flow::AppLogin {
                return NONE.to_owned();
            }
            let (site, n) = stage.enter();
            let sent = flow.begin(&site, n).await;
            site.disable(&format!("siti {n}")).await;
            flow.tried(&site, n, &sent.token, sent.code).await
        }),
    ]
}

fn races() -> Vec<Situation<Flow>> {
    vec![
        situation("20 right ones at once (row 7)", |stage: Stage, flow: Flow| async move {
            let (site, n) = stage.enter();
            let sent = flow.begin(&site, n).await;
            all_said(&join_all((0..20).map(|_| flow.show(&site, &sent.token, sent.code.as_str()))).await)
        }),
        situation("50 wrong ones at once (row 2)", |stage: Stage, flow: Flow| async move {
            let (site, n) = stage.enter();
            let sent = flow.begin(&site, n).await;
            let said = all_said(&join_all((0..50).map(|_| flow.show(&site, &sent.token, wrong(&sent.code)))).await);
            with_count(said, flow.counted(&site, n).await)
        }),
        situation("the right one, after 50 wrong at once", |stage: Stage, flow: Flow| async move {
            let (site, n) = stage.enter();
            let sent = flow.begin(&site, n).await;
            join_all((0..50).map(|_| flow.show(&site, &sent.token, wrong(&sent.code)))).await;
            flow.tried(&site, n, &sent.token, sent.code).await
        }),
        situation("30 of all surfaces for one phone at once", |stage: Stage, flow: Flow| async move {
            let (site, n) = stage.enter();
            if flow == Flow::AppLogin {
                return NONE.to_owned();
            }
            // Whose turn is first differs by the column; the outcome does not.
            let flows = match flow {
                Flow::Usapi => [Flow::Usapi, Flow::Invas, Flow::AppSignUp],
                Flow::Invas => [Flow::Invas, Flow::AppSignUp, Flow::Usapi],
                Flow::AppSignUp | Flow::AppLogin => [Flow::AppSignUp, Flow::Usapi, Flow::Invas],
            };
            let mut sent = Vec::new();
            for (so_far, flow) in flows.into_iter().enumerate() {
                sent.push((flow, flow.ask(&site, n, so_far).await));
            }
            let (site, sent) = (&site, &sent);
            let answers = join_all((0..30).map(async |turn| {
                let (flow, sent) = &sent[turn % 3];
                flow.show(site, &sent.token, sent.code.as_str()).await
            }))
            .await;
            let successes = answers.iter().filter(|answer| answer.status == 200).count();
            // The account is whose the first was: on App it has no password.
            let first = flows[answers.iter().position(|answer| answer.status == 200).unwrap() % 3];
            let has_password = Door::Usapi.sign_in(site, &phone(n), RIGHT).await.status == 200;
            assert_eq!(has_password, first != Flow::AppSignUp);
            format!("{successes} × 200, {} × refused", answers.len() - successes)
        }),
    ]
}

pub(super) async fn section() -> Section {
    let situations = single_codes().into_iter().chain(other_codes()).chain(races()).collect();
    Section::played("one-time codes (rows 1–4, 6–8, 34)", &FLOWS, situations).await
}
