//! The hot paths against the limit of the machine, in one run: sign-in against the raw hash rate, `/check/email` against a bare handler of the same
//! stack, and `/check/email` while sign-ins saturate the hasher.
//!
//! `cargo bench -p daftar-benches` prints the figures; `-- --write` also writes them to `docs/benchmarks.md`.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a benchmark that cannot go on should stop")]

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use argon2_rust::{Algorithm, Argon2, Params, Version};
use axum::Router;
use axum::routing::post;
use daftar_benches::load::{self, Run};
use daftar_benches::rounds::Series;
use daftar_core::account::{AccountId, Claim, NewAccount, Origin, Profile, Standing, Surface};
use daftar_core::identifier::{EmailAddress, Username};
use daftar_core::locale::Locale;
use daftar_core::password::{PasswordRecord, Scheme};
use daftar_core::ports::{Clock as _, Store as _, new_id};
use daftar_testkit::{Installation, OsEntropy};
use tokio::runtime::Runtime;

const ROUNDS: usize = 7;
const ACCOUNTS: u32 = 10_000;
const TIME: Duration = Duration::from_secs(3);
const LOOKUP_CONNECTIONS: usize = 16;
const SIGN_IN_CONNECTIONS: usize = 16;
const PASSWORD: &str = "correct horse battery";

fn main() {
    // `cargo test --benches` runs this, too: there is nothing to test here.
    if std::env::args().any(|argument| argument == "--test") {
        return;
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let site = runtime.block_on(Installation::builder().production_hashes().limits().start());
    println!("filling the store with {ACCOUNTS} accounts …");
    runtime.block_on(fill(&site));
    let bare = bare_handler(&runtime, axum::Json(serde_json::json!({"status": false, "message": "Email is already registered"})));
    let lookups = Arc::new((0..ACCOUNTS).map(|n| load::post("/check/email", &format!("{{\"email\":\"user{n}@example.test\"}}"))).collect::<Vec<_>>());
    let sign_in = |n| load::post("/auth", &format!("{{\"username\":\"user {n}\",\"password\":\"{PASSWORD}\"}}"));
    let sign_ins = Arc::new((0..ACCOUNTS).map(sign_in).collect::<Vec<_>>());

    let mut figures = Figures::default();
    for round in 1..=ROUNDS {
        println!("round {round} of {ROUNDS} …");
        let raw = raw_hash_rate();
        let signing = checked(load::run(site.address(), &sign_ins, SIGN_IN_CONNECTIONS, TIME, 200));
        let handler = checked(load::run(bare, &lookups, LOOKUP_CONNECTIONS, TIME, 200));
        let looking = checked(load::run(site.address(), &lookups, LOOKUP_CONNECTIONS, TIME, 409));
        let (address, saturating) = (site.address(), Arc::clone(&sign_ins));
        let saturation = std::thread::spawn(move || load::run(address, &saturating, SIGN_IN_CONNECTIONS, TIME + TIME / 3, 200));
        let besides = checked(load::run(site.address(), &lookups, 4, TIME, 409));
        checked(saturation.join().unwrap());
        figures.raw.push(raw);
        figures.sign_in.push(signing.rate);
        figures.sign_in_share.push(signing.rate / raw);
        figures.bare.push(handler.rate);
        figures.look_up.push(looking.rate);
        figures.look_up_share.push(looking.rate / handler.rate);
        figures.besides_p50.push(besides.percentile(0.50).as_secs_f64() * 1e3);
        figures.besides_p99.push(besides.percentile(0.99).as_secs_f64() * 1e3);
    }
    let report = figures.report();
    println!("\n{report}");
    if std::env::args().any(|argument| argument == "--write") {
        std::fs::write(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/benchmarks.md"), report).unwrap();
    }
}

#[derive(Default)]
struct Figures {
    raw: Series,
    sign_in: Series,
    sign_in_share: Series,
    bare: Series,
    look_up: Series,
    look_up_share: Series,
    besides_p50: Series,
    besides_p99: Series,
}

impl Figures {
    fn report(&self) -> String {
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let mut text = format!(
            "# Benchmarks\n\nWritten by `cargo bench -p daftar-benches -- --write`: {ROUNDS} rounds in turn, medians and ranges, on {cores} cores that the\n\
             server, the hashing pool and the load generator share; SQLite, {ACCOUNTS} accounts, limits on, Argon2id m=19456 t=2 p=1.\n\n\
             | measured | median (range) | aim |\n|---|---|---|\n"
        );
        let rows = [
            ("raw Argon2id on all cores, hashes/s", self.raw.shown(0), ""),
            ("`POST /auth`, sign-ins/s", self.sign_in.shown(0), ""),
            ("**sign-in against the raw hash rate**", self.sign_in_share.shown(2), "0.9"),
            ("a bare handler of the same stack, calls/s", self.bare.shown(0), ""),
            ("`POST /check/email`, calls/s", self.look_up.shown(0), ""),
            ("**look-up against the bare handler**", self.look_up_share.shown(2), "0.6"),
            ("look-up while sign-ins saturate the hasher, median ms", self.besides_p50.shown(2), ""),
            ("**look-up while sign-ins saturate the hasher, p99 ms**", self.besides_p99.shown(2), "10"),
        ];
        for (what, figure, aim) in rows {
            writeln!(text, "| {what} | {figure} | {aim} |").unwrap();
        }
        text
    }
}

fn checked(run: Run) -> Run {
    assert_eq!(run.unexpected, 0, "every answer must be the expected one, or the figure means nothing");
    run
}

/// Hashes on every core, without pool, queue or HTTP.
fn raw_hash_rate() -> f64 {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let threads: Vec<_> = (0..cores)
        .map(|_| {
            std::thread::spawn(|| {
                let mut hasher = Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::default()).hasher();
                let (mut tag, mut done, begin) = ([0; 32], 0_u32, load::now());
                while begin.elapsed() < TIME {
                    hasher.hash_into(PASSWORD.as_bytes(), b"0123456789abcdef", &mut tag).unwrap();
                    done += 1;
                }
                f64::from(done) / begin.elapsed().as_secs_f64()
            })
        })
        .collect();
    threads.into_iter().map(|thread| thread.join().unwrap()).sum()
}

/// The same server with a handler that does nothing but answer.
fn bare_handler(runtime: &Runtime, answer: axum::Json<serde_json::Value>) -> SocketAddr {
    let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).unwrap();
    let address = listener.local_addr().unwrap();
    let router = Router::new().route("/check/email", post(move || std::future::ready(answer.clone())));
    runtime.spawn(async move { daftar_http::server::serve(listener, router, std::future::pending(), Duration::ZERO).await });
    address
}

async fn fill(site: &Installation) {
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::default());
    let peppered = site.secrets().passwords.sign(&[PASSWORD.as_bytes()]);
    let record = PasswordRecord { scheme: Scheme::Argon2id, phc: argon2.hash_encoded(&peppered.0, b"0123456789abcdef").unwrap() };
    for n in 0..ACCOUNTS {
        let now = site.clock.now();
        let account = NewAccount {
            id: AccountId(new_id(now, &OsEntropy)),
            claims: vec![
                Claim::new(Username::parse(&format!("user {n}")).unwrap(), Standing::Vouched),
                Claim::new(EmailAddress::parse(&format!("user{n}@example.test")).unwrap(), Standing::Vouched),
            ],
            password: record.clone(),
            profile: Profile::default(),
            origin: Origin { surface: Surface::Usapi, client: None, platform: None },
            locale: Locale::English,
            created_at: now,
        };
        site.store().create_account(account, None).await.unwrap();
    }
}
