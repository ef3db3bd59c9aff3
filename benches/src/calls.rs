//! The calls that are made most, on both engines and with every layer on, against what limits them: each is measured between two measurements of its limit, so that both see
//! the same machine.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use daftar_core::limit::Limits;
use daftar_testkit::database::Engine;
use tokio::runtime::Runtime;

use crate::limits::{bare_handler, commits, pgbench, raw_hash_rate};
use crate::load::{self, Requests};
use crate::people::{self, PASSWORD};
use crate::place::{ACCOUNTS, CONNECTIONS, Place, checked};
use crate::site::{Site, runtime};
use crate::table::{Aim, Measure, Table};

/// How long each is measured.
const TIME: Duration = Duration::from_secs(3);
/// How long its limit is measured before and after it.
const LIMIT_TIME: Duration = Duration::from_millis(1500);

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
    unlimited: [Place; 2],
    replica: Site,
    _runtime: Runtime,
    bare: SocketAddr,
    bare_calls: Arc<Requests>,
    table: Table<2>,
    round: u32,
}

impl Calls {
    /// Starts all installations.
    #[must_use]
    pub fn prepare() -> Self {
        let runtime = runtime();
        let bare = bare_handler(&runtime, axum::Json(serde_json::json!({"status": false, "message": "Email is already registered"})));
        let engines = [Engine::Sqlite, Engine::Postgres];
        let places = engines.map(|engine| Place::start(engine, Some(Limits::default())));
        Self {
            replica: places[1].site.replica(),
            places,
            unlimited: engines.map(|engine| Place::start(engine, None)),
            _runtime: runtime,
            bare,
            bare_calls: Arc::new(people::look_ups(ACCOUNTS, ACCOUNTS)),
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
        let one = self.places[1].look_up(TIME, &[]);
        let two = self.places[1].look_up(TIME, &[&self.replica]);
        self.table.push(REPLICAS, 1, two / one);
    }

    /// What it came to.
    #[must_use]
    pub fn table(&self) -> &Table<2> {
        &self.table
    }

    fn hashing(&mut self, column: usize) {
        let place = &self.places[column];
        let raw = || raw_hash_rate(PASSWORD, LIMIT_TIME);
        let (before, signing) = (raw(), place.sign_in(TIME));
        let (between, registering) = (raw(), place.sign_up(TIME));
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
        let bare = || checked(load::run(&[self.bare], &self.bare_calls, CONNECTIONS, LIMIT_TIME, 200)).rate;
        let place = &self.places[column];
        let (before, looked) = (bare(), place.look_up(TIME, &[]));
        let (between, checks) = (bare(), place.check_sessions(TIME));
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
        let besides = self.places[column].look_up_beside_sign_ins(TIME);
        self.table.push(BESIDES_P50, column, besides.percentile(0.50).as_secs_f64() * 1e3);
        self.table.push(BESIDES_P99, column, besides.percentile(0.99).as_secs_f64() * 1e3);
    }

    /// Look-ups with limits against the same without, one after the other, each first in turn.
    fn limits_cost(&mut self, column: usize) {
        let [with, without] = [&self.places[column], &self.unlimited[column]].map(|place| move || place.look_up(TIME, &[]));
        let (with, without) = if self.round.is_multiple_of(2) {
            let with = with();
            (with, without())
        } else {
            let without = without();
            (with(), without)
        };
        self.table.push(LIMITS_COST, column, with / without);
    }
}
