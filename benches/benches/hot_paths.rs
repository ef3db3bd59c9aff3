//! The hot paths against the limit of the machine, in one run and on both engines: sign-in against the raw hash rate, `/check/email` against a bare
//! handler of the same stack, against the database alone and against itself without limits, `/check/email` while sign-ins saturate the hasher, and two replicas against one.
//!
//! `cargo bench -p daftar-benches` prints the figures; `-- --write` also writes them to `docs/benchmarks.md`, `-- --rounds 3` takes less time. It needs PostgreSQL's server and
//! `pgbench`, which `./scripts/test` installs.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a benchmark that cannot go on should stop")]

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use daftar_benches::limits::{bare_handler, pgbench, raw_hash_rate};
use daftar_benches::load::{self, Requests, Run};
use daftar_benches::people::{self, PASSWORD};
use daftar_benches::rounds::Series;
use daftar_core::limit::Gcra;
use daftar_testkit::Installation;
use daftar_testkit::database::Engine;
use tokio::runtime::Runtime;

/// How many rounds there are, unless `--rounds` says otherwise.
const ROUNDS: usize = 7;
const ACCOUNTS: u32 = 10_000;
const TIME: Duration = Duration::from_secs(3);
const CONNECTIONS: usize = 16;
/// From how many addresses is looked up: so many that none of them does so more than a few times in a run, as people do.
const CLIENTS: u32 = 60_000;
/// As it is by default.
const SHIELD: Gcra = Gcra { burst: 5000, period: Duration::from_secs(5) };

fn main() {
    // `cargo test --benches` runs this, too: there is nothing to test here.
    if std::env::args().any(|argument| argument == "--test") {
        return;
    }
    let (sqlite, sqlite_unlimited) = (Site::start(Engine::Sqlite, true), Site::start(Engine::Sqlite, false));
    let (postgres, postgres_unlimited) = (Site::start(Engine::Postgres, true), Site::start(Engine::Postgres, false));
    let replica = postgres.replica();
    let runtime = runtime();
    let bare = bare_handler(&runtime, axum::Json(serde_json::json!({"status": false, "message": "Email is already registered"})));
    let (look_ups, sign_ins) = (Arc::new(people::look_ups(ACCOUNTS, CLIENTS)), Arc::new(people::sign_ins(ACCOUNTS)));

    let mut figures = Figures::default();
    for round in 1..=rounds() {
        println!("round {round} of {} …", rounds());
        let raw = raw_hash_rate(PASSWORD, TIME);
        let handler = checked(load::run(&[bare], &look_ups, CONNECTIONS, TIME, 200)).rate;
        let queries = pgbench(&postgres.installation.database_url(), ACCOUNTS, CONNECTIONS, TIME);
        figures.raw.push(raw);
        figures.bare.push(handler);
        figures.queries.push(queries);
        let sites = [(&sqlite, &sqlite_unlimited, &mut figures.sqlite), (&postgres, &postgres_unlimited, &mut figures.postgres)];
        for (site, unlimited, engine) in sites {
            engine.measure(site, &look_ups, &sign_ins, raw, handler);
            engine.compare(site, unlimited, &look_ups, round);
        }
        let one = figures.postgres.look_up.last();
        figures.against_queries.push(one / queries);
        figures.replicas.push(looking(&[&postgres, &replica], &look_ups).rate / one);
    }
    let report = figures.report();
    println!("\n{report}");
    if std::env::args().any(|argument| argument == "--write") {
        std::fs::write(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/benchmarks.md"), report).unwrap();
    }
}

fn rounds() -> usize {
    let mut arguments = std::env::args().skip_while(|argument| argument != "--rounds").skip(1);
    arguments.next().and_then(|rounds| rounds.parse().ok()).unwrap_or(ROUNDS)
}

fn runtime() -> Runtime {
    tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap()
}

/// An installation on a runtime of its own, as a process would have.
struct Site {
    installation: Installation,
    _runtime: Runtime,
}

impl Site {
    fn start(engine: Engine, is_limited: bool) -> Self {
        let runtime = runtime();
        let builder = Installation::builder().production_hashes().behind_proxy().on(engine);
        let builder = if is_limited { builder.limits().shield(SHIELD) } else { builder };
        let installation = runtime.block_on(builder.start());
        println!("filling {engine:?} with {ACCOUNTS} accounts …");
        runtime.block_on(people::fill(&installation, ACCOUNTS));
        Self { installation, _runtime: runtime }
    }

    /// Its clock stands still but for this: nobody has asked for anything for a while.
    fn a_minute_later(&self) {
        self.installation.clock.advance(Duration::from_secs(60));
    }

    fn replica(&self) -> Self {
        let runtime = runtime();
        let installation = runtime.block_on(self.installation.replica());
        Self { installation, _runtime: runtime }
    }
}

/// What was measured on one engine.
#[derive(Default)]
struct OnEngine {
    sign_in: Series,
    sign_in_share: Series,
    look_up: Series,
    look_up_share: Series,
    limits_cost: Series,
    besides_p50: Series,
    besides_p99: Series,
}

impl OnEngine {
    fn measure(&mut self, site: &Site, look_ups: &Arc<Requests>, sign_ins: &Arc<Requests>, raw: f64, handler: f64) {
        let address = site.installation.address();
        let signing = checked(load::run(&[address], sign_ins, CONNECTIONS, TIME, 200));
        let looked = looking(&[site], look_ups);
        let saturating = Arc::clone(sign_ins);
        let saturation = std::thread::spawn(move || load::run(&[address], &saturating, CONNECTIONS, TIME + TIME / 3, 200));
        site.a_minute_later();
        let besides = checked(load::run(&[address], look_ups, 4, TIME, 409));
        checked(saturation.join().unwrap());
        self.sign_in.push(signing.rate);
        self.sign_in_share.push(signing.rate / raw);
        self.look_up.push(looked.rate);
        self.look_up_share.push(looked.rate / handler);
        self.besides_p50.push(besides.percentile(0.50).as_secs_f64() * 1e3);
        self.besides_p99.push(besides.percentile(0.99).as_secs_f64() * 1e3);
    }

    /// Look-ups with limits against the same without, one after the other, each first in turn.
    fn compare(&mut self, limited: &Site, unlimited: &Site, look_ups: &Arc<Requests>, round: usize) {
        let rate = |site| looking(&[site], look_ups).rate;
        let (with, without) = if round.is_multiple_of(2) {
            let with = rate(limited);
            (with, rate(unlimited))
        } else {
            let without = rate(unlimited);
            (rate(limited), without)
        };
        self.limits_cost.push(with / without);
    }
}

#[derive(Default)]
struct Figures {
    raw: Series,
    bare: Series,
    queries: Series,
    sqlite: OnEngine,
    postgres: OnEngine,
    against_queries: Series,
    replicas: Series,
}

impl Figures {
    fn report(&self) -> String {
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let mut text = format!(
            "# Benchmarks\n\nWritten by `cargo bench -p daftar-benches -- --write`: {} rounds in turn, medians and ranges, on {cores} cores that the\n\
             server, the hashing pool, PostgreSQL and the load generator share; {ACCOUNTS} accounts, limits on, Argon2id m=19456 t=2 p=1, {CONNECTIONS} callers.\n\n\
             | the limit | median (range) |\n|---|---|\n\
             | raw Argon2id on all cores, hashes/s | {} |\n| a bare handler of the same stack, calls/s | {} |\n\
             | the look-up's query by `pgbench`, queries/s | {} |\n\n\
             | measured | SQLite | aim | PostgreSQL | aim |\n|---|---|---|---|---|\n",
            rounds(),
            self.raw.shown(0),
            self.bare.shown(0),
            self.queries.shown(0)
        );
        let (one, other) = (&self.sqlite, &self.postgres);
        let rows = [
            ("`POST /auth`, sign-ins/s", one.sign_in.shown(0), "", other.sign_in.shown(0), ""),
            ("**sign-in against the raw hash rate**", one.sign_in_share.shown(2), "0.9", other.sign_in_share.shown(2), "0.9"),
            ("`POST /check/email`, calls/s", one.look_up.shown(0), "", other.look_up.shown(0), ""),
            ("**look-up against the bare handler**", one.look_up_share.shown(2), "0.6", other.look_up_share.shown(2), "0.4"),
            ("**look-up with limits against the same without**", one.limits_cost.shown(2), "0.9", other.limits_cost.shown(2), "0.9"),
            ("**look-up against `pgbench`**", "–".to_owned(), "", self.against_queries.shown(2), "0.5"),
            ("look-up, two replicas against one", "–".to_owned(), "", self.replicas.shown(2), ""),
            ("look-up while sign-ins saturate the hasher, median ms", one.besides_p50.shown(2), "", other.besides_p50.shown(2), ""),
            ("**look-up while sign-ins saturate the hasher, p99 ms**", one.besides_p99.shown(2), "10", other.besides_p99.shown(2), "10"),
        ];
        for (what, sqlite, aim, postgres, its_aim) in rows {
            writeln!(text, "| {what} | {sqlite} | {aim} | {postgres} | {its_aim} |").unwrap();
        }
        text
    }
}

/// Look-ups of people who have not asked for a minute.
fn looking(sites: &[&Site], look_ups: &Arc<Requests>) -> Run {
    sites.iter().for_each(|site| site.a_minute_later());
    let addresses: Vec<_> = sites.iter().map(|site| site.installation.address()).collect();
    checked(load::run(&addresses, look_ups, CONNECTIONS, TIME, 409))
}

fn checked(run: Run) -> Run {
    assert_eq!(run.unexpected, 0, "every answer must be the expected one, or the figure means nothing");
    run
}
