//! Threat row 60: who is registered may be asked thirty times a minute from one address, over all calls that tell; machine clients have a limit of their own.

use std::time::Duration;

use daftar_core::limit::look_ups::LookUpLimits;
use daftar_core::limit::{Gcra, Limits};
use daftar_testkit::{Answer, Caller, Installation};
use futures_util::future::join_all;
use serde_json::json;

use super::{TOO_MANY, at};
use crate::app::{self, LOGIN, SIGNUP};
use crate::invas;
use crate::usapi::registered;

const MINUTE: Duration = Duration::from_secs(60);

/// A call that tells anybody who is registered.
#[derive(Debug, Clone, Copy)]
enum Question {
    CheckEmail,
    AccountCheck,
    UsernameInfo,
    LoginCode,
    SignupCode,
}

const QUESTIONS: [Question; 5] = [Question::CheckEmail, Question::AccountCheck, Question::UsernameInfo, Question::LoginCode, Question::SignupCode];

impl Question {
    /// Asks about somebody; where it would send something, nobody gets anything.
    async fn ask(self, caller: &Caller) -> Answer {
        match self {
            Self::CheckEmail => caller.post("/check/email", &json!({"email": "siti1@example.test"})).await,
            Self::AccountCheck => caller.post("/app/auth/account/check", &json!({"loginID": "siti1@example.test"})).await,
            Self::UsernameInfo => caller.post("/app/auth/username/info", &json!({"username": "siti 1"})).await,
            Self::LoginCode => app::ask(caller, LOGIN, "nobody@example.test", 0).await,
            Self::SignupCode => app::ask(caller, SIGNUP, "siti1@example.test", 0).await,
        }
    }

    /// What it answers as long as it is answered.
    const fn status(self) -> u16 {
        match self {
            Self::AccountCheck | Self::UsernameInfo => 200,
            Self::LoginCode => 404,
            Self::CheckEmail | Self::SignupCode => 409,
        }
    }

    #[track_caller]
    fn is_refused(self, answer: &Answer, seconds: u64) {
        match self {
            Self::CheckEmail => {
                answer.says(429, "Too many attempts, please try again later");
            }
            Self::AccountCheck | Self::UsernameInfo | Self::LoginCode | Self::SignupCode => app::refused(answer, 429, TOO_MANY),
        }
        assert_eq!(answer.header("retry-after"), seconds.to_string(), "{self:?}");
    }
}

/// Asks so many questions in turn, which are all answered.
async fn answered(caller: &Caller, count: usize) {
    for question in QUESTIONS.into_iter().cycle().take(count) {
        assert_eq!(question.ask(caller).await.status.as_u16(), question.status(), "{question:?}");
    }
}

async fn refused(caller: &Caller, seconds: u64) {
    for question in QUESTIONS {
        question.is_refused(&question.ask(caller).await, seconds);
    }
}

#[tokio::test]
async fn row_60_thirty_a_minute_from_one_address_over_all_calls_and_the_next_waits() {
    let site = Installation::builder().limits().behind_proxy().start().await;
    registered(&site, 1).await;
    let caller = at(&site, "198.51.100.1");
    answered(&caller, 30).await;
    refused(&caller, 2).await;
    // Another address is another's.
    answered(&at(&site, "198.51.100.2"), 30).await;
    // One comes back every two seconds, and after a minute all.
    site.clock.advance(Duration::from_secs(1));
    refused(&caller, 1).await;
    site.clock.advance(Duration::from_secs(1));
    answered(&caller, 1).await;
    refused(&caller, 2).await;
    site.clock.advance(MINUTE);
    answered(&caller, 30).await;
    refused(&caller, 2).await;
}

#[tokio::test]
async fn row_60_an_ipv6_network_is_one_address() {
    let site = Installation::builder().limits().behind_proxy().start().await;
    registered(&site, 1).await;
    for n in 0..30 {
        answered(&at(&site, &format!("2001:db8:1:2:{n:x}::{n:x}")), 1).await;
    }
    refused(&at(&site, "2001:db8:1:2:ffff::1"), 2).await;
    answered(&at(&site, "2001:db8:1:3::1"), 5).await;
}

#[tokio::test]
async fn row_60_what_is_refused_tells_nothing() {
    let site = Installation::with_limits().await;
    registered(&site, 1).await;
    let caller = app::english(&site);
    answered(&caller, 30).await;
    for (path, name) in [("/check/email", "email"), ("/app/auth/account/check", "loginID")] {
        let ask = async |address: &str| caller.post(path, &json!({ name: address })).await.text;
        assert_eq!(ask("siti1@example.test").await, ask("nobody@example.test").await);
    }
    // What is no question does not count, and is told of as ever.
    caller.post("/check/email", &json!({"email": "nobody"})).await.says(400, "Invalid email format");
}

#[tokio::test]
async fn row_60_machine_clients_count_by_client_and_not_by_address() {
    let minute = |burst| Gcra { burst, period: MINUTE };
    let look_ups = LookUpLimits { per_address: minute(6), per_client: minute(12) };
    let site = Installation::builder().limited(Limits { look_ups, ..Limits::default() }).start().await;
    registered(&site, 1).await;
    let (one, other) = (invas::host(&site).await, invas::host(&site).await);
    let by_host = async |host: &Caller, n: u32| match n % 2 {
        0 => host.get("/b2b/customer/auth/verifyUsername?username=081000000001").await,
        _ => host.get("/b2b/customer/auth/verifyEmail?email=siti1@example.test").await,
    };
    let by_shop = async || site.shop().post("/check/email", &json!({"email": "siti1@example.test"})).await;
    // Anybody at this address has asked enough; the machines are at the same one.
    answered(&app::english(&site), 6).await;
    refused(&app::english(&site), 10).await;
    for n in 0..12 {
        assert_eq!(by_host(&one, n).await.status, 200);
        assert_eq!(by_shop().await.status, 409);
    }
    for n in 0..2 {
        let answer = by_host(&one, n).await;
        invas::problem(&answer, 429, "TOO_MANY_REQUESTS", None);
        assert_eq!(answer.header("retry-after"), "5");
        assert_eq!(by_host(&other, n).await.status, 200, "another host's is its own");
    }
    let answer = by_shop().await;
    answer.says(429, "Too many attempts, please try again later");
    assert_eq!(answer.header("retry-after"), "5");
    // Whoever is not what he says is anybody, at his address.
    let pretender = app::english(&site).basic("shop", "not its secret");
    let answer = pretender.post("/check/email", &json!({"email": "siti1@example.test"})).await;
    answer.says(429, "Too many attempts, please try again later");
    site.clock.advance(Duration::from_secs(5));
    assert_eq!(by_host(&one, 0).await.status, 200);
}

/// So many at once, in turn at these installations, from one address: how many are answered.
async fn race(callers: &[Caller], count: usize) -> usize {
    let asking = callers.iter().cycle().zip(QUESTIONS.into_iter().cycle()).take(count);
    let answers = join_all(asking.map(|(caller, question)| async move { (question, question.ask(caller).await) })).await;
    for (question, answer) in &answers {
        assert!([question.status(), 429].contains(&answer.status.as_u16()), "{question:?}: {answer:?}");
    }
    answers.iter().filter(|(_, answer)| answer.status != 429).count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_60_of_200_at_once_thirty_are_answered_and_few_more() {
    let site = Installation::with_limits().await;
    registered(&site, 1).await;
    let caller = app::english(&site);
    let passed = race(std::slice::from_ref(&caller), 200).await;
    // A sixth passes before anything is paid.
    assert!((30..=35).contains(&passed), "{passed}");
    assert_eq!(race(std::slice::from_ref(&caller), 20).await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_60_on_three_replicas_thirty_are_answered_and_few_more() {
    let site = Installation::with_limits().await;
    registered(&site, 1).await;
    let replicas = [site.replica().await, site.replica().await];
    let callers: Vec<_> = std::iter::once(&site).chain(&replicas).map(app::english).collect();
    let passed = race(&callers, 200).await;
    assert!((30..=45).contains(&passed), "{passed}");
    assert_eq!(race(&callers, 21).await, 0);
    // Also one after the other: what one replica has answered counts at the next.
    site.clock.advance(2 * MINUTE);
    let mut passed = 0;
    for (caller, question) in callers.iter().cycle().zip(QUESTIONS.into_iter().cycle()).take(90) {
        passed += usize::from(question.ask(caller).await.status != 429);
    }
    assert!((30..=45).contains(&passed), "{passed}");
}

#[tokio::test]
async fn row_60_asking_for_a_contact_of_somebody_elses_is_a_look_up_too() {
    let site = Installation::builder().limits().behind_proxy().start().await;
    registered(&site, 1).await;
    let caller = at(&site, "198.51.100.1");
    let person = crate::app::signed_up(&site, "mei@example.test", "mei@example.test").await;
    let asked = async || crate::app::ask(&caller.bearer(&person), crate::app::UPDATE_EMAIL, "siti1@example.test", 0).await.status;
    for _ in 0..30 {
        assert_eq!(asked().await, 409);
    }
    assert_eq!(asked().await, 429);
}
