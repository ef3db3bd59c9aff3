//! The calls that are made most, on both engines and with every layer on, against what limits them: each is measured between two measurements of its limit, so that both see
//! the same machine.

use std::cell::Cell;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use daftar_core::limit::Limits;
use daftar_testkit::database::Engine;
use serde_json::Value;
use tokio::runtime::Runtime;

use crate::limits::{bare_handler, commits, pgbench, raw_hash_rate};
use crate::load::{self, Requests, Run, Visitor};
use crate::people::{self, PASSWORD};
use crate::site::{Site, runtime};
use crate::table::{Aim, Measure, Table};

/// How long each is measured.
const TIME: Duration = Duration::from_secs(3);
/// How long its limit is measured before and after it.
const LIMIT_TIME: Duration = Duration::from_millis(1500);
const CONNECTIONS: usize = 16;
const ACCOUNTS: u32 = 20_000;
/// From how many addresses is looked up: so many that none of them does so more than a few times in a run, as people do.
const CLIENTS: u32 = 60_000;
/// How many are signed in.
const SESSIONS: usize = 5_000;

type Row = Measure<2>;

const RAW: Row = Row::new("the limit: raw Argon2id on all cores, hashes/s", 0);
const BARE: Row = Row::new("the limit: a bare handler of the same server, calls/s", 0);
const COMMITS: Row = Row::new("the limit: one writer, a commit for each row, rows/s", 0);
const QUERIES: Row = Row::new("the limit: the look-up's query by `pgbench`, queries/s", 0);
const SIGN_IN: Row = Row::new("sign-in, `POST /auth`, calls/s", 0);
const SIGN_IN_SHARE: Row = Row::aiming("**sign-in against the raw hash rate**", 2, Aim::AtLeast(0.95));
const SIGN_UP: Row = Row::new("sign-up, `POST /internal/register`, calls/s", 0);
const SIGN_UP_SHARE: Row = Row::new("sign-up against the raw hash rate", 2);
const LOOK_UP: Row = Row::new("look-up, `POST /check/email`, calls/s", 0);
const SHARES: [Option<Aim>; 2] = [Some(Aim::AtLeast(0.65)), Some(Aim::AtLeast(0.40))];
const LOOK_UP_SHARE: Row = Row { what: "**look-up against the bare handler**", digits: 2, aims: SHARES };
const LOOK_UP_AGAINST_QUERY: Row = Row { what: "**look-up against `pgbench`**", digits: 2, aims: [None, Some(Aim::AtLeast(0.5))] };
const LIMITS_COST: Row = Row::aiming("**look-up with limits against the same without**", 2, Aim::AtLeast(0.9));
const CHECK: Row = Row::new("session check, `GET /app/auth/info`, calls/s", 0);
const CHECK_SHARE: Row = Row { what: "**session check against the bare handler**", digits: 2, aims: SHARES };
const PAIRS: Row = Row::new("code sent and verified, `/app/auth/otp` and `/login/verify`, both/s", 0);
const PAIRS_SHARE: Row = Row::aiming("**code sent and verified against a commit for each row**", 2, Aim::AtLeast(5.0));
const BESIDES_P50: Row = Row::new("look-up while sign-ins saturate the hasher, median ms", 2);
const BESIDES_P99: Row = Row::aiming("**look-up while sign-ins saturate the hasher, p99 ms**", 2, Aim::AtMost(10.0));
const REPLICAS: Row = Row::new("look-up, two replicas against one", 2);

/// Everything that is measured, ready to go.
pub struct Calls {
    places: [Place; 2],
    replica: Site,
    _runtime: Runtime,
    bare: SocketAddr,
    look_ups: Arc<Requests>,
    sign_ins: Arc<Requests>,
    table: Table<2>,
    round: u32,
}

/// An installation, the same without limits, and how far it was used.
struct Place {
    site: Site,
    unlimited: Site,
    session_checks: Arc<Requests>,
    /// Who is next to sign in by a code.
    next: Cell<u32>,
    /// Who is next to sign up.
    newcomers: Cell<u32>,
}

impl Calls {
    /// Starts all installations.
    #[must_use]
    pub fn prepare() -> Self {
        let runtime = runtime();
        let bare = bare_handler(&runtime, axum::Json(serde_json::json!({"status": false, "message": "Email is already registered"})));
        let places = [Place::start(Engine::Sqlite), Place::start(Engine::Postgres)];
        Self {
            replica: places[1].site.replica(),
            places,
            _runtime: runtime,
            bare,
            look_ups: Arc::new(people::look_ups(ACCOUNTS, CLIENTS)),
            sign_ins: Arc::new(people::sign_ins(ACCOUNTS, ACCOUNTS)),
            table: Table::new("calls", ["SQLite", "PostgreSQL"]),
            round: 0,
        }
    }

    /// Measures everything once.
    pub fn measure(&mut self) {
        self.round += 1;
        for column in 0..2 {
            self.hashing(column);
            self.reading(column);
            self.writing(column);
            self.besides(column);
            self.limits_cost(column);
        }
        let one = self.look_up(&[&self.places[1].site]);
        let two = self.look_up(&[&self.places[1].site, &self.replica]);
        self.table.push(REPLICAS, 1, two / one);
    }

    /// What it came to.
    #[must_use]
    pub fn table(&self) -> &Table<2> {
        &self.table
    }

    fn hashing(&mut self, column: usize) {
        let place = &self.places[column];
        place.site.later(1);
        let raw = || raw_hash_rate(PASSWORD, LIMIT_TIME);
        let (before, signing) = (raw(), place.run(&self.sign_ins, 200));
        let (between, registering) = (raw(), place.sign_up());
        let after = raw();
        for figure in [before, between, after] {
            self.table.push(RAW, column, figure);
        }
        self.table.push(SIGN_IN, column, signing);
        self.table.push(SIGN_IN_SHARE, column, signing / f64::midpoint(before, between));
        self.table.push(SIGN_UP, column, registering);
        self.table.push(SIGN_UP_SHARE, column, registering / f64::midpoint(between, after));
    }

    fn reading(&mut self, column: usize) {
        let bare = || checked(load::run(&[self.bare], &self.look_ups, CONNECTIONS, LIMIT_TIME, 200)).rate;
        let place = &self.places[column];
        let (before, looked) = (bare(), self.look_up(&[&place.site]));
        let (between, checks) = (bare(), place.run(&place.session_checks, 200));
        let after = bare();
        let queries = (column == 1).then(|| pgbench(&place.site.installation.database_url(), ACCOUNTS, CONNECTIONS, TIME));
        for figure in [before, between, after] {
            self.table.push(BARE, column, figure);
        }
        self.table.push(LOOK_UP, column, looked);
        self.table.push(LOOK_UP_SHARE, column, looked / f64::midpoint(before, between));
        self.table.push(CHECK, column, checks);
        self.table.push(CHECK_SHARE, column, checks / f64::midpoint(between, after));
        if let Some(queries) = queries {
            self.table.push(QUERIES, column, queries);
            self.table.push(LOOK_UP_AGAINST_QUERY, column, looked / queries);
        }
    }

    fn writing(&mut self, column: usize) {
        let place = &self.places[column];
        let one_by_one = || commits(&place.site, LIMIT_TIME);
        let (before, pairs, after) = (one_by_one(), place.send_and_verify(TIME).0, one_by_one());
        self.table.push(COMMITS, column, before);
        self.table.push(COMMITS, column, after);
        self.table.push(PAIRS, column, pairs);
        self.table.push(PAIRS_SHARE, column, pairs / f64::midpoint(before, after));
    }

    fn besides(&mut self, column: usize) {
        let site = &self.places[column].site;
        let (address, saturating) = (site.installation.address(), Arc::clone(&self.sign_ins));
        let saturation = std::thread::spawn(move || load::run(&[address], &saturating, CONNECTIONS, TIME + TIME / 3, 200));
        site.later(1);
        let besides = checked(load::run(&[address], &self.look_ups, 4, TIME, 409));
        checked(saturation.join().unwrap());
        self.table.push(BESIDES_P50, column, besides.percentile(0.50).as_secs_f64() * 1e3);
        self.table.push(BESIDES_P99, column, besides.percentile(0.99).as_secs_f64() * 1e3);
    }

    /// Look-ups with limits against the same without, one after the other, each first in turn.
    fn limits_cost(&mut self, column: usize) {
        let Place { site, unlimited, .. } = &self.places[column];
        let (with, without) = if self.round.is_multiple_of(2) {
            let with = self.look_up(&[site]);
            (with, self.look_up(&[unlimited]))
        } else {
            let without = self.look_up(&[unlimited]);
            (self.look_up(&[site]), without)
        };
        self.table.push(LIMITS_COST, column, with / without);
    }

    /// Look-ups of people who have not asked for a minute.
    fn look_up(&self, sites: &[&Site]) -> f64 {
        sites.iter().for_each(|site| site.later(1));
        let addresses: Vec<_> = sites.iter().map(|site| site.installation.address()).collect();
        checked(load::run(&addresses, &self.look_ups, CONNECTIONS, TIME, 409)).rate
    }
}

impl Place {
    fn start(engine: Engine) -> Self {
        let unlimited = Site::start(engine, ACCOUNTS, None);
        let site = Site::start(engine, ACCOUNTS, Some(Limits::default()));
        let mut place = Self { site, unlimited, session_checks: Arc::default(), next: Cell::new(0), newcomers: Cell::new(0) };
        println!("signing {SESSIONS} people in …");
        let mut tokens = Vec::new();
        while tokens.len() < SESSIONS {
            tokens.extend(place.send_and_verify(TIME / 3).1);
        }
        tokens.truncate(SESSIONS);
        place.session_checks = Arc::new(tokens.iter().map(|token| load::get_as(token, "/app/auth/info")).collect());
        place
    }

    fn run(&self, requests: &Arc<Requests>, status: u16) -> f64 {
        checked(load::run(&[self.site.installation.address()], requests, CONNECTIONS, TIME, status)).rate
    }

    /// Newcomers are registered, as many as can be.
    fn sign_up(&self) -> f64 {
        const ENOUGH: u32 = 5_000;
        let from = self.newcomers.replace(self.newcomers.get() + ENOUGH);
        let shop = (self.site.installation.shop_id(), self.site.installation.shop_secret());
        self.run(&Arc::new(people::sign_ups(shop, from..from + ENOUGH)), 200)
    }

    /// People have a code sent to their address and sign in with it; how many a second, and their tokens. Nobody has had a code for a quarter of an hour.
    fn send_and_verify(&self, time: Duration) -> (f64, Vec<String>) {
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
}

/// Something that App says in an answer that must be a success.
fn said(answer: &[u8], what: &str) -> String {
    let body: Value = serde_json::from_slice(load::body(answer)).unwrap();
    body["data"][what].as_str().unwrap_or_else(|| panic!("{body} has no {what}")).to_owned()
}

fn checked(run: Run) -> Run {
    assert_eq!(run.unexpected, 0, "every answer must be the expected one, or the figure means nothing");
    run
}
