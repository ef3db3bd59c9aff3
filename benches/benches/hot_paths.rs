//! What the service does a second against what the machine could do at most, in one run and on both engines.
//!
//! `cargo bench -p daftar-benches` prints the figures; `-- --write` also writes them to `docs/benchmarks.md`, `-- --rounds 3` takes less time. It needs PostgreSQL's server and
//! `pgbench`, which `./scripts/test` installs.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a benchmark that cannot go on should stop")]

use daftar_benches::calls::Calls;

/// How many rounds there are, unless `--rounds` says otherwise.
const ROUNDS: usize = 7;

fn main() {
    // `cargo test --benches` runs this, too: there is nothing to test here.
    if std::env::args().any(|argument| argument == "--test") {
        return;
    }
    let rounds = argument("--rounds").and_then(|rounds| rounds.parse().ok()).unwrap_or(ROUNDS);
    let mut calls = Calls::prepare();
    for round in 1..=rounds {
        println!("round {round} of {rounds} …");
        calls.measure();
    }
    let report = calls.table().shown();
    println!("\n{report}");
    if std::env::args().any(|argument| argument == "--write") {
        std::fs::write(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/benchmarks.md"), report).unwrap();
    }
}

/// What follows a name on the command line.
fn argument(name: &str) -> Option<String> {
    std::env::args().skip_while(|argument| argument != name).nth(1)
}
