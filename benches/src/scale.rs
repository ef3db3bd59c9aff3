//! What a look-up and a sign-in cost where there are few accounts and where there are many.

use std::sync::Arc;
use std::time::Duration;

use daftar_core::limit::Limits;
use daftar_testkit::database::Engine;

use crate::load::{self, Requests};
use crate::people;
use crate::site::Site;
use crate::table::{Aim, Measure, Table};

const TIME: Duration = Duration::from_secs(3);
const CONNECTIONS: usize = 16;
/// How many of the accounts are asked for.
const ASKED: u32 = 60_000;
/// How many of them sign in.
const SIGNING_IN: u32 = 10_000;

type Row = Measure<2>;

const AIM: Aim = Aim::AtLeast(0.9);
/// Few accounts, and many, with what is measured of them.
const SIZES: [(u32, Row, Row); 3] = [
    (10_000, Row::new("look-up at 10,000 accounts, calls/s", 0), Row::new("sign-in at 10,000 accounts, calls/s", 0)),
    (1_000_000, Row::new("look-up at a million against that at 10,000", 2), Row::new("sign-in at a million against that at 10,000", 2)),
    (
        10_000_000,
        Row::aiming("**look-up at ten million against that at 10,000**", 2, AIM),
        Row::new("sign-in at ten million against that at 10,000", 2),
    ),
];

/// Installations of every size.
pub struct Scale {
    sizes: Vec<Size>,
    table: Table<2>,
}

struct Size {
    sites: [Site; 2],
    look_ups: Arc<Requests>,
    sign_ins: Arc<Requests>,
    rows: (Row, Row),
}

impl Scale {
    /// Fills them, up to so many accounts.
    #[must_use]
    pub fn prepare(most: u32) -> Self {
        let start = |accounts| [Engine::Sqlite, Engine::Postgres].map(|engine| Site::start(engine, accounts, Some(Limits::default())));
        let sizes = SIZES.into_iter().filter(|(accounts, ..)| *accounts <= most).map(|(accounts, look_up, sign_in)| Size {
            sites: start(accounts),
            look_ups: look_ups(accounts),
            sign_ins: Arc::new(people::sign_ins(accounts, SIGNING_IN)),
            rows: (look_up, sign_in),
        });
        Self { sizes: sizes.collect(), table: Table::new("accounts", ["SQLite", "PostgreSQL"]) }
    }

    /// Measures every size once.
    pub fn measure(&mut self) {
        for column in 0..2 {
            let mut fewest = None;
            for Size { sites, look_ups, sign_ins, rows } in &self.sizes {
                let site = &sites[column];
                let (look_up, sign_in) = (self::look_up(site, look_ups, TIME), rate(site, sign_ins, TIME, 200));
                let (one, other) = match fewest {
                    None => (look_up, sign_in),
                    Some((few_look_up, few_sign_in)) => (look_up / few_look_up, sign_in / few_sign_in),
                };
                fewest = fewest.or(Some((look_up, sign_in)));
                self.table.push(rows.0, column, one);
                self.table.push(rows.1, column, other);
            }
        }
    }

    /// What it came to.
    #[must_use]
    pub fn table(&self) -> &Table<2> {
        &self.table
    }
}

/// Look-ups of some of so many accounts, all over them.
#[must_use]
pub fn look_ups(accounts: u32) -> Arc<Requests> {
    Arc::new(people::look_ups(accounts, ASKED))
}

/// Makes them for a while; how many a second.
#[must_use]
pub fn look_up(site: &Site, look_ups: &Arc<Requests>, time: Duration) -> f64 {
    site.later(1);
    rate(site, look_ups, time, 409)
}

fn rate(site: &Site, requests: &Arc<Requests>, time: Duration, status: u16) -> f64 {
    let run = load::run(&[site.installation.address()], requests, CONNECTIONS, time, status);
    assert_eq!(run.unexpected, 0, "every answer must be the expected one, or the figure means nothing");
    run.rate
}
