//! What others do a second on this machine: sign-ins at the same cost of a password, and checks of sessions that ask the store.
//!
//! `cargo bench -p daftar-benches --bench peers` prints the figures; `-- --rounds 7` takes longer. It needs Node 20 with npm, Python 3.11 with venv,
//! their registries the first time, and PostgreSQL's programs, which `./scripts/test` installs.

#![expect(clippy::print_stdout, reason = "that is what it is for")]

use std::time::Duration;

use daftar_benches::peers::Peer;
use daftar_benches::table::{Measure, Table};
use daftar_testkit::database::Engine;

/// How many rounds there are, unless `--rounds` says otherwise.
const ROUNDS: usize = 3;
/// How long each is measured.
const TIME: Duration = Duration::from_secs(3);

type Row = Measure<2>;

/// Sign-ins and session checks of each peer.
const ROWS: [(Row, Row); 2] = [
    (Row::new("better-auth: sign-in, calls/s", 0), Row::new("better-auth: session check, calls/s", 0)),
    (Row::new("django-allauth: sign-in, calls/s", 0), Row::new("django-allauth: session check, calls/s", 0)),
];

fn main() {
    // `cargo test --benches` runs this, too: there is nothing to test here.
    if std::env::args().any(|argument| argument == "--test") {
        return;
    }
    let rounds = std::env::args().skip_while(|argument| argument != "--rounds").nth(1);
    let rounds = rounds.and_then(|rounds| rounds.parse().ok()).unwrap_or(ROUNDS);
    let peers = [Engine::Sqlite, Engine::Postgres].map(|engine| [Peer::better_auth(engine), Peer::allauth(engine)]);
    let mut table = Table::new("peers", ["SQLite", "PostgreSQL"]);
    for round in 1..=rounds {
        println!("round {round} of {rounds} …");
        for (column, peers) in peers.iter().enumerate() {
            for (peer, (sign_in, check)) in peers.iter().zip(ROWS) {
                table.push(sign_in, column, peer.sign_in(TIME));
                table.push(check, column, peer.check_sessions(TIME));
            }
        }
    }
    println!("\n{}", table.shown());
}
