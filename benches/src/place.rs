//! An installation that is called: who looks up, checks a session, signs in, signs up, and proves an address there, again and again.

use std::cell::Cell;
use std::sync::Arc;
use std::time::Duration;

use daftar_core::limit::Limits;
use daftar_testkit::database::Engine;
use serde_json::Value;

use crate::load::{self, Requests, Run, Visitor};
use crate::people;
use crate::site::Site;

/// How many call at once.
pub const CONNECTIONS: usize = 16;
/// How many accounts there are.
pub const ACCOUNTS: u32 = 20_000;
/// From how many addresses is looked up: so many that none of them does so more than a few times in a run, as people do.
const CLIENTS: u32 = 60_000;
/// How many are signed in.
const SESSIONS: usize = 5_000;

/// An installation, and how far it was used.
pub struct Place {
    /// The installation.
    pub site: Site,
    look_ups: Arc<Requests>,
    sign_ins: Arc<Requests>,
    session_checks: Arc<Requests>,
    /// Who is next to sign in by a code.
    next: Cell<u32>,
    /// Who is next to sign up.
    newcomers: Cell<u32>,
}

impl Place {
    /// Fills one, and signs people in.
    #[must_use]
    pub fn start(engine: Engine, limits: Option<Limits>) -> Self {
        let mut place = Self {
            site: Site::start(engine, ACCOUNTS, limits),
            look_ups: Arc::new(people::look_ups(ACCOUNTS, CLIENTS)),
            sign_ins: Arc::new(people::sign_ins(ACCOUNTS, ACCOUNTS)),
            session_checks: Arc::default(),
            next: Cell::new(0),
            newcomers: Cell::new(0),
        };
        println!("signing {SESSIONS} people in …");
        let mut tokens = Vec::new();
        while tokens.len() < SESSIONS {
            tokens.extend(place.send_and_verify(Duration::from_secs(1)).1);
        }
        tokens.truncate(SESSIONS);
        place.session_checks = Arc::new(tokens.iter().map(|token| load::get_as(token, "/app/auth/info")).collect());
        place
    }

    /// People who have not asked for a minute look themselves up, here and at replicas of it; how many a second.
    #[must_use]
    pub fn look_up(&self, time: Duration, replicas: &[&Site]) -> f64 {
        self.site.later(1);
        let addresses: Vec<_> = std::iter::once(&self.site).chain(replicas.iter().copied()).map(|site| site.installation.address()).collect();
        checked(load::run(&addresses, &self.look_ups, CONNECTIONS, time, 409)).rate
    }

    /// A few look themselves up while others keep the hasher busy with their sign-ins; how long they wait.
    #[must_use]
    pub fn look_up_beside_sign_ins(&self, time: Duration) -> Run {
        let (address, saturating) = (self.site.installation.address(), Arc::clone(&self.sign_ins));
        let saturation = std::thread::spawn(move || load::run(&[address], &saturating, CONNECTIONS, time + time / 3, 200));
        self.site.later(1);
        let besides = checked(load::run(&[address], &self.look_ups, 4, time, 409));
        checked(saturation.join().unwrap());
        besides
    }

    /// People sign in with their passwords; how many a second.
    #[must_use]
    pub fn sign_in(&self, time: Duration) -> f64 {
        self.site.later(1);
        self.run(&self.sign_ins, time)
    }

    /// People who are signed in ask who they are; how many a second.
    #[must_use]
    pub fn check_sessions(&self, time: Duration) -> f64 {
        self.run(&self.session_checks, time)
    }

    /// A shop registers newcomers; how many a second.
    #[must_use]
    pub fn sign_up(&self, time: Duration) -> f64 {
        const ENOUGH: u32 = 5_000;
        let from = self.newcomers.replace(self.newcomers.get() + ENOUGH);
        let shop = (self.site.installation.shop_id(), self.site.installation.shop_secret());
        self.run(&Arc::new(people::sign_ups(shop, from..from + ENOUGH)), time)
    }

    /// People who have not had a code for a quarter of an hour have one sent to their address and sign in with it; how many a second, and their tokens.
    #[must_use]
    pub fn send_and_verify(&self, time: Duration) -> (f64, Vec<String>) {
        self.site.later(15);
        let (first, courier) = (self.next.get(), Arc::clone(&self.site.courier));
        let (token, signed_in) = std::sync::mpsc::channel();
        let visit = move |visitor: Visitor, mut connection: load::Connection| {
            let (courier, token) = (Arc::clone(&courier), token.clone());
            async move {
                let (mut visits, mut next) = (visitor.visits(), first + u32::try_from(visitor.number).unwrap());
                while let Some(began) = visits.next() {
                    let address = people::email(next % ACCOUNTS);
                    let code = courier.next_code(&address);
                    let wish = load::post_for(next, "/app/auth/otp", &format!("{{\"nature\":1,\"loginID\":\"{address}\"}}"));
                    let name = said(connection.ask(&wish).await, "otpToken");
                    let otp = code.await.unwrap();
                    let proof = load::post_for(next, "/app/auth/login/verify", &format!("{{\"otp\":\"{otp}\",\"otpToken\":\"{name}\"}}"));
                    token.send(said(connection.ask(&proof).await, "accessToken")).unwrap();
                    visits.ended(began, true);
                    next += u32::try_from(visitor.of).unwrap();
                }
                visits
            }
        };
        let run = checked(load::visits(&[self.site.installation.address()], CONNECTIONS, time, visit));
        let tokens: Vec<_> = signed_in.iter().collect();
        // Nobody twice, also where one of the visitors came further than the others.
        let furthest = u32::try_from(tokens.len() * 2 + CONNECTIONS).unwrap();
        self.next.set(first + furthest);
        (run.rate, tokens)
    }

    fn run(&self, requests: &Arc<Requests>, time: Duration) -> f64 {
        checked(load::run(&[self.site.installation.address()], requests, CONNECTIONS, time, 200)).rate
    }
}

/// Something that App says in an answer that must be a success.
fn said(answer: &[u8], what: &str) -> String {
    let body: Value = serde_json::from_slice(&load::body(answer)).unwrap();
    body["data"][what].as_str().unwrap_or_else(|| panic!("{body} has no {what}")).to_owned()
}

/// The same, of which every answer was the expected one.
pub(crate) fn checked(run: Run) -> Run {
    assert_eq!(run.unexpected, 0, "every answer must be the expected one, or the figure means nothing");
    run
}
