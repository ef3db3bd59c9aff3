//! We beside others: the same people sign in and ask who they are, on the same machine in the same round.

use std::time::Duration;

use daftar_core::limit::Limits;
use daftar_testkit::database::Engine;

use crate::peers::Peer;
use crate::place::Place;
use crate::table::{Aim, Measure, Table};

/// How long each is measured.
const TIME: Duration = Duration::from_secs(3);

type Row = Measure<2>;

const OURS: [Row; 2] = [Row::new("daftar: sign-in, calls/s", 0), Row::new("daftar: session check, calls/s", 0)];
const THEIRS: [[Row; 2]; 2] = [
    [Row::new("better-auth: sign-in, calls/s", 0), Row::new("better-auth: session check, calls/s", 0)],
    [Row::new("django-allauth: sign-in, calls/s", 0), Row::new("django-allauth: session check, calls/s", 0)],
];
const AGAINST: [Row; 2] = [
    Row::aiming("**sign-in against the faster of both**", 2, Aim::AtLeast(1.5)),
    Row::aiming("**session check against the faster of both**", 1, Aim::AtLeast(50.0)),
];

/// All of us, on both engines.
pub struct Beside {
    engines: [(Place, [Peer; 2]); 2],
    table: Table<2>,
}

impl Beside {
    /// Installs, starts and fills everybody.
    #[must_use]
    pub fn prepare() -> Self {
        let start = |engine| (Place::start(engine, Some(Limits::default())), [Peer::better_auth(engine), Peer::allauth(engine)]);
        Self { engines: [Engine::Sqlite, Engine::Postgres].map(start), table: Table::new("calls", ["SQLite", "PostgreSQL"]) }
    }

    /// Measures everybody once.
    pub fn measure(&mut self) {
        for (column, (place, peers)) in self.engines.iter().enumerate() {
            let ours = [place.sign_in(TIME), place.check_sessions(TIME)];
            let mut fastest = [0.0_f64; 2];
            for (peer, rows) in peers.iter().zip(THEIRS) {
                let theirs = [peer.sign_in(TIME), peer.check_sessions(TIME)];
                for (what, row) in rows.into_iter().enumerate() {
                    self.table.push(row, column, theirs[what]);
                    fastest[what] = fastest[what].max(theirs[what]);
                }
            }
            for what in 0..2 {
                self.table.push(OURS[what], column, ours[what]);
                self.table.push(AGAINST[what], column, ours[what] / fastest[what]);
            }
        }
    }

    /// What it came to.
    #[must_use]
    pub fn table(&self) -> &Table<2> {
        &self.table
    }
}
