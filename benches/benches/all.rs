//! What the service does a second against what the machine could do at most, in one run and on both engines; what it takes to start and to be there; whether
//! many accounts make it slower; and what others do who are for the same.
//!
//! `cargo bench -p daftar-benches` prints the figures; `-- --write` also writes them to `docs/benchmarks.md`. `--rounds 3` takes less time, and so do `--only calls` (or `scale`,
//! `program`, `peers`; several with commas between them) and `--most 1000000` (accounts). It needs PostgreSQL's programs, which `./scripts/test` installs, for ten million accounts
//! 20 GB on the disk, and for the others Node 20 with npm, Python 3.11 with venv, and their registries the first time.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a benchmark that cannot go on should stop")]

use std::fmt::Write as _;

use daftar_benches::beside::Beside;
use daftar_benches::calls::Calls;
use daftar_benches::program::{self, Programs};
use daftar_benches::scale::Scale;

/// How many rounds there are, unless `--rounds` says otherwise.
const ROUNDS: usize = 7;
/// How many accounts there are at most, unless `--most` says otherwise.
const MOST: u32 = 10_000_000;

fn main() {
    // `cargo test --benches` runs this, too: there is nothing to test here.
    if std::env::args().any(|argument| argument == "--test") {
        return;
    }
    let rounds = argument("--rounds").and_then(|rounds| rounds.parse().ok()).unwrap_or(ROUNDS);
    let most = argument("--most").and_then(|most| most.parse().ok()).unwrap_or(MOST);
    let only = argument("--only");
    let wanted = |what: &str| only.as_deref().is_none_or(|only| only.split(',').any(|wanted| wanted == what));

    let mut parts = Vec::new();
    if wanted("calls") {
        let mut calls = Calls::prepare();
        in_rounds(rounds, || calls.measure());
        parts.push(("The calls that are made most", calls.table().shown()));
    }
    if wanted("scale") {
        let mut scale = Scale::prepare(most);
        in_rounds(rounds, || scale.measure());
        parts.push(("Few accounts and many", scale.table().shown()));
    }
    if wanted("program") {
        program::build();
        let mut programs = Programs::prepare();
        in_rounds(rounds, || programs.measure());
        parts.push(("Starting, being there, moving in", programs.table().shown()));
    }
    if wanted("peers") {
        let mut beside = Beside::prepare();
        in_rounds(rounds, || beside.measure());
        parts.push(("Beside others", beside.table().shown()));
    }
    let report = report(rounds, &parts);
    println!("\n{report}");
    if std::env::args().any(|argument| argument == "--write") {
        std::fs::write(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/benchmarks.md"), report).unwrap();
    }
}

/// Measures in turn, so that a machine whose speed drifts drifts for all.
fn in_rounds(rounds: usize, mut measure: impl FnMut()) {
    for round in 1..=rounds {
        println!("round {round} of {rounds} …");
        measure();
    }
}

fn report(rounds: usize, parts: &[(&str, String)]) -> String {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let mut text = format!(
        "# Benchmarks\n\nWritten by `cargo bench -p daftar-benches -- --write`: {rounds} rounds in turn, medians and ranges, on {cores} cores that the\n\
         server, the hashing pool, PostgreSQL and the load generator share. Limits on, Argon2id m=19456 t=2 p=1, 16 callers on connections that are kept.\n\
         A ratio is taken within a round, between two measurements of its limit: it tells more than the figures, which are this machine's at that moment.\n"
    );
    for (title, table) in parts {
        write!(text, "\n## {title}\n\n{table}").unwrap();
    }
    text
}

/// What follows a name on the command line.
fn argument(name: &str) -> Option<String> {
    std::env::args().skip_while(|argument| argument != name).nth(1)
}
