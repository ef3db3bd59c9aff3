//! Whatever a guesser does, short codes get six wrong guesses between two successes (threat rows 1, 3, 4 and 6): random sequences of sends, tries and waits
//! against one account on App, followed step by step by a model of the contract; then the same over three replicas, some of it at once.
//!
//! A failure prints the shortest sequence found and the seed; `PROPTEST_RNG_SEED` runs it again.

mod model;

use std::collections::BTreeMap;
use std::time::Duration;

use daftar_core::identifier::{Country, LoginId};
use daftar_core::ports::Store as _;
use daftar_testkit::{Answer, Caller, Installation};
use futures_util::future::{OptionFuture, join_all};
use proptest::prelude::*;
use proptest::test_runner::{Config, RngSeed, TestCaseError, TestRunner};
use serde_json::json;

use crate::usapi::{registered, wrong};
use model::{ENOUGH, LONG, Model, Nature, Outcome, SHORT};

/// To whom a code is sent.
#[derive(Debug, Clone, Copy)]
enum Way {
    Email,
    Phone,
    NameToEmail,
    NameToPhone,
}

#[derive(Debug, Clone, Copy)]
enum Guess {
    Right,
    Wrong,
    /// Of another length, with the right one in it.
    Odd,
}

/// A code that is shown.
#[derive(Debug, Clone, Copy)]
struct Try {
    /// For which one: the newest, the one before it, …
    back: usize,
    guess: Guess,
    /// At which endpoint; 0 is its own.
    at: usize,
}

#[derive(Debug, Clone)]
enum Step {
    Send(Nature, Way),
    Show(Try),
    /// Several at once, perhaps while another code is asked for.
    Race(Vec<Try>, Option<(Nature, Way)>),
    Wait(u64),
}

/// The endpoints that take codes; the first two are those of the natures.
const ENDPOINTS: [&str; 4] = ["login", "forgot-password", "signup", "update-email"];

fn sends() -> impl Strategy<Value = (Nature, Way)> {
    let ways = [Way::Email, Way::Phone, Way::NameToEmail, Way::NameToPhone];
    (prop::sample::select(&[Nature::Login, Nature::Reset][..]), prop::sample::select(ways.to_vec()))
}

fn tries() -> impl Strategy<Value = Try> {
    let back = prop_oneof![4 => Just(0_usize), 2 => Just(1), 2 => Just(2), 1 => 3..8_usize];
    let guess = prop_oneof![4 => Just(Guess::Right), 10 => Just(Guess::Wrong), 1 => Just(Guess::Odd)];
    let at = prop_oneof![6 => Just(0), 1 => 1..ENDPOINTS.len()];
    (back, guess, at).prop_map(|(back, guess, at)| Try { back, guess, at })
}

fn steps(races: u32) -> impl Strategy<Value = Vec<Step>> {
    let wait = prop_oneof![3 => 1..90_u64, 1 => Just(599), 1 => Just(600), 1 => 90..=660_u64];
    let race = (prop::collection::vec(tries(), 2..12), prop::option::weighted(0.3, sends()));
    let step = prop_oneof![
        6 => sends().prop_map(|(nature, way)| Step::Send(nature, way)),
        14 => tries().prop_map(Step::Show),
        races => race.prop_map(|(tries, send)| Step::Race(tries, send)),
        1 => wait.prop_map(Step::Wait),
    ];
    prop::collection::vec(step, 10..50)
}

/// What was seen, over all sequences: that the property is about something.
#[derive(Debug, Default)]
struct Seen {
    /// Long codes sent.
    grown: u32,
    /// Right codes accepted.
    accepted: u32,
    /// Right codes refused, since they were dead.
    ignored_right: u32,
}

/// Somebody at whose account is guessed, and the model of it.
struct Attack<'a> {
    replicas: &'a [(Installation, Caller)],
    turn: usize,
    account: String,
    person: u32,
    session: String,
    messages: BTreeMap<String, usize>,
    model: Model,
}

impl<'a> Attack<'a> {
    async fn on(replicas: &'a [(Installation, Caller)], person: u32) -> Self {
        let (site, anybody) = &replicas[0];
        // What others guessed in the last hour makes codes grow, too (row 5).
        site.clock.advance(Duration::from_secs(3660));
        registered(site, person).await;
        let name = format!("siti {person}");
        let account = site.store().find_account(&LoginId::classify(&name, &Country::indonesia()).unwrap()).await.unwrap().unwrap();
        let body = json!({"loginID": name, "password": "rahasia sekali", "deviceToken": "a device"});
        let session = anybody.post("/app/auth/login", &body).await.json()["data"]["accessToken"].as_str().unwrap().to_owned();
        let account = format!("account/{}", account.id.0);
        Self { replicas, turn: 0, account, person, session, messages: BTreeMap::new(), model: Model::default() }
    }

    /// Somebody who calls the replica whose turn it is.
    fn caller(&mut self) -> &'a Caller {
        self.turn += 1;
        &self.replicas[self.turn % self.replicas.len()].1
    }

    fn site(&self) -> &'a Installation {
        &self.replicas[0].0
    }

    async fn counted(&self) -> u32 {
        self.site().wrong_codes(&self.account).await
    }

    /// Asks for a code; where it goes, and its token.
    fn ask(&mut self, nature: Nature, way: Way) -> impl Future<Output = (String, String)> + use<'a> {
        let (caller, n) = (self.caller(), self.person);
        let (name, email, phone) = (format!("siti {n}"), format!("siti{n}@example.test"), format!("+62810{n:08}"));
        let (login_id, send_type, to) = match way {
            Way::Email => (email.clone(), 0, email),
            Way::Phone => (phone.clone(), 0, phone),
            Way::NameToEmail => (name, 1, email),
            Way::NameToPhone => (name, 2, phone),
        };
        let nature = match nature {
            Nature::Login => 1,
            Nature::Reset => 3,
        };
        async move {
            let asked = caller.post("/app/auth/otp", &json!({"nature": nature, "loginID": login_id, "sendType": send_type})).await;
            (to, asked.json()["data"]["otpToken"].as_str().unwrap().to_owned())
        }
    }

    /// Reads the code that was sent, and tells the model.
    async fn receive(&mut self, nature: Nature, to: &str, token: &str, seen: &mut Seen) -> usize {
        let count = self.messages.entry(to.to_owned()).or_default();
        *count += 1;
        let code = self.replicas[0].0.newest_code(*count, to).await;
        self.model.sent(nature, to, &code, token);
        seen.grown += u32::from(code.len() == LONG);
        code.len()
    }

    /// Which code a try is about, what it shows, and whether at the endpoint that it is for.
    fn meant(&self, a_try: Try) -> Option<(usize, String, bool)> {
        let which = self.model.codes.len().checked_sub(1 + a_try.back)?;
        let right = &self.model.codes[which].code;
        let code = match a_try.guess {
            Guess::Right => right.clone(),
            Guess::Wrong => wrong(right),
            Guess::Odd => format!("{right}0"),
        };
        Some((which, code, a_try.at == 0))
    }

    fn show(&mut self, which: usize, code: &str, at: usize) -> impl Future<Output = Answer> + use<'a> {
        let caller = self.caller().bearer(&self.session);
        let sent = &self.model.codes[which];
        let path = format!("/app/auth/{}/verify", ENDPOINTS[(sent.nature as usize + at) % ENDPOINTS.len()]);
        let body = json!({"otpToken": sent.token, "otp": code});
        async move { caller.post(&path, &body).await }
    }

    async fn step(&mut self, step: &Step, seen: &mut Seen) -> Result<(), TestCaseError> {
        match step {
            Step::Send(nature, way) => {
                let digits = self.model.digits();
                let (to, token) = self.ask(*nature, *way).await;
                prop_assert_eq!(self.receive(*nature, &to, &token, seen).await, digits, "digits after {} wrong ones", self.model.wrong);
            }
            Step::Show(a_try) => self.show_one(*a_try, seen).await?,
            Step::Race(tries, send) => self.race(tries, *send, seen).await?,
            Step::Wait(seconds) => {
                self.site().clock.advance(Duration::from_secs(*seconds));
                self.model.now += seconds;
            }
        }
        // The bound itself.
        prop_assert!(self.model.wrong_on_short <= 6, "{} wrong guesses at short codes since the last success", self.model.wrong_on_short);
        prop_assert_eq!(self.counted().await, self.model.wrong, "counted, and by the model");
        Ok(())
    }

    async fn show_one(&mut self, a_try: Try, seen: &mut Seen) -> Result<(), TestCaseError> {
        let Some((which, code, at_its_own)) = self.meant(a_try) else { return Ok(()) };
        let mut expected = self.model.expected(which, &code, at_its_own);
        let answer = self.show(which, &code, a_try.at).await;
        let counted = self.counted().await;
        let sent = &self.model.codes[which];
        if !sent.sure && expected != Outcome::Ignored {
            // It may have lost its tries in a race: then it is dead.
            let is_dead = answer.status != 200 && counted == self.model.wrong;
            expected = if is_dead { Outcome::Ignored } else { expected };
        }
        prop_assert_eq!(answer.status.as_u16(), if expected == Outcome::Accepted { 200 } else { 400 }, "{:?}: {:?}", expected, answer);
        match expected {
            Outcome::Accepted => seen.accepted += 1,
            Outcome::Ignored => seen.ignored_right += u32::from(code == sent.code && at_its_own),
            Outcome::Counted => {}
        }
        self.model.happened(which, expected);
        Ok(())
    }

    /// Several tries at once: only what holds in any order can be said of them, and the model learns from what was counted.
    async fn race(&mut self, tries: &[Try], send: Option<(Nature, Way)>, seen: &mut Seen) -> Result<(), TestCaseError> {
        let meant: Vec<_> = tries.iter().filter_map(|a_try| Some((*a_try, self.meant(*a_try)?))).collect();
        let before = self.model.wrong;
        let mut wrong_at = BTreeMap::new();
        let mut calls = Vec::new();
        for (a_try, (which, code, at_its_own)) in &meant {
            let sent = &self.model.codes[*which];
            if code.len() == sent.code.len() && !(*at_its_own && *code == sent.code) {
                *wrong_at.entry(*which).or_insert(0) += 1;
            }
            calls.push(self.show(*which, code, a_try.at));
        }
        let wrong_at: Vec<(usize, u32)> = wrong_at.into_iter().collect();
        let ask = send.map(|(nature, way)| self.ask(nature, way));
        let (answers, asked) = tokio::join!(join_all(calls), OptionFuture::from(ask));
        let counted = self.counted().await;

        let mut won = Vec::new();
        for (answer, (_, (which, code, at_its_own))) in answers.iter().zip(&meant) {
            prop_assert!([200, 400].contains(&answer.status.as_u16()), "{:?}", answer);
            if answer.status == 200 {
                prop_assert!(*at_its_own && *code == self.model.codes[*which].code, "a wrong one was accepted");
                prop_assert!(self.model.can_live(*which) && !won.contains(which), "a dead one was accepted");
                won.push(*which);
            }
        }
        // Since a success in the race, or since the one before it. Which length was guessed at is not seen: the benefit of the doubt is the product's.
        let forgiven = !won.is_empty();
        let so_far = if forgiven { 0 } else { before };
        let (short, long) = self.model.at_most(&wrong_at, so_far);
        let new = counted.checked_sub(so_far).ok_or_else(|| TestCaseError::fail("wrong guesses were forgotten"))?;
        prop_assert!(new <= short + long, "{} of {:?} were compared, {} before", new, wrong_at, before);
        if forgiven {
            self.model.wrong_on_short = 0;
        }
        self.model.wrong_on_short += new.saturating_sub(long);
        self.model.wrong = counted;
        for (_, (which, ..)) in &meant {
            self.model.codes[*which].sure = false;
        }
        for which in won {
            seen.accepted += 1;
            self.model.codes[which].tries = 0;
        }
        if let (Some((nature, _)), Some((to, token))) = (send, asked) {
            let digits = self.receive(nature, &to, &token, seen).await;
            prop_assert!([SHORT, LONG].contains(&digits));
            // The count that it was drawn by lies between the two, if nothing was forgiven.
            let is_plain = !forgiven && (before >= ENOUGH || counted < ENOUGH);
            prop_assert!(!is_plain || digits == self.model.digits(), "{} digits after {} to {} wrong ones", digits, before, counted);
        }
        Ok(())
    }
}

/// Plays `cases` random sequences, each against an account of its own.
fn hold(cases: u32, replicas: usize, steps: impl Strategy<Value = Vec<Step>>) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let sites = runtime.block_on(async {
        let mut sites = vec![Installation::start().await];
        while sites.len() < replicas {
            sites.push(sites[0].replica().await);
        }
        sites
            .into_iter()
            .map(|site| {
                let caller = site.anybody();
                (site, caller)
            })
            .collect::<Vec<_>>()
    });
    let seed = match Config::default().rng_seed {
        RngSeed::Fixed(seed) => seed,
        RngSeed::Random => std::hash::BuildHasher::hash_one(&std::hash::RandomState::new(), ()),
    };
    let config = Config {
        cases,
        failure_persistence: None,
        rng_seed: RngSeed::Fixed(seed),
        max_shrink_iters: 150,
        max_shrink_time: 15_000,
        ..Config::default()
    };
    let played = std::sync::Mutex::new((0, Seen::default()));
    let outcome = TestRunner::new(config).run(&steps, |steps| {
        let (person, seen) = &mut *played.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        *person += 1;
        runtime.block_on(async {
            let mut attack = Attack::on(&sites, *person).await;
            for step in &steps {
                attack.step(step, seen).await?;
            }
            Ok(())
        })
    });
    assert!(outcome.is_ok(), "PROPTEST_RNG_SEED={seed}: {}", outcome.unwrap_err());
    let (_, seen) = played.into_inner().unwrap();
    assert!(seen.grown > 0 && seen.accepted > 0 && seen.ignored_right > 0, "PROPTEST_RNG_SEED={seed}: {seen:?}");
    runtime.block_on(async { drop(sites) });
}

#[test]
fn row_3_between_two_successes_short_codes_get_six_wrong_guesses_and_the_right_one_works_as_long_as_its_code_lives() {
    hold(50, 1, steps(0));
}

#[test]
fn row_3_over_three_replicas_and_in_races_too_short_codes_get_six_wrong_guesses() {
    hold(35, 3, steps(10));
}
