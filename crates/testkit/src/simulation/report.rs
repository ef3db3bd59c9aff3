//! What each side got of a day.

use std::collections::BTreeMap;
use std::fmt;

use daftar_core::limit::LimitKind;
use daftar_core::price::Price;

use super::guesser::{Owner, Way};
use super::people::Visit;
use super::world::{Side, Tally};
use super::{Day, Ms};

/// Guesses that it takes on average to find a password that people choose: 2 to the power of SP 800-63-1's 18 bits for eight characters.
const PASSWORDS: f64 = 262_144.0;

/// What became of honest people.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Crowd {
    /// Who wanted to finish.
    pub people: u64,
    /// Finished at the first try …
    pub first: u64,
    /// … at the second …
    pub second: u64,
    /// … later.
    pub later: u64,
    /// Not in the day.
    pub never: u64,
    /// Of those, people who have an account …
    pub locked_out: u64,
    /// … and are where they signed in before …
    pub at_home: u64,
    /// … and people whose number is in a prefix that was pumped.
    pub never_in_pumped: u64,
    /// Finished by their other contact.
    pub went_round: u64,
    /// Asked for a code and left.
    pub left: u64,
    /// What refused how often.
    pub refused: BTreeMap<&'static str, u64>,
    /// What refused those who did not finish.
    pub kept_out_by: BTreeMap<&'static str, u64>,
}

impl Crowd {
    /// The share that finished at the first or second try.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "counts of people")]
    pub fn soon(&self) -> f64 {
        (self.first + self.second) as f64 / self.people.max(1) as f64
    }
}

/// One sign-in of the owner.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Attempted {
    /// How.
    pub way: Way,
    /// From an address of before.
    pub is_known: bool,
    /// After so many refusals.
    pub refused: u32,
    /// After so long; `None`: not in the day.
    pub after: Option<Ms>,
}

/// What each side got.
#[derive(Debug, Clone)]
pub struct Report {
    /// The seed of the day.
    pub seed: u64,
    /// Honest people.
    pub crowd: Crowd,
    /// What they did.
    pub honest: Tally,
    /// The pumper.
    pub pumper: Tally,
    /// The sprayer.
    pub sprayer: Tally,
    /// Who tries passwords.
    pub stuffer: Tally,
    /// The guesser.
    pub guesser: Tally,
    /// The owner at whose account is guessed.
    pub owner: Vec<Attempted>,
    /// What all short messages cost, and what they may.
    pub cost: (u64, u64),
    /// Prefixes that were paused, and those of them that were pumped.
    pub paused: (usize, usize),
    /// The most lost codes of an hour.
    pub most_lost: u32,
    /// Guesses that a password is worth.
    pub passwords: f64,
    /// What happened, as events.
    pub events: u64,
}

impl Report {
    /// Of a day that is over.
    #[must_use]
    pub fn of(day: &Day) -> Self {
        let mut crowd = Crowd::default();
        for person in &day.people {
            for kind in &person.refused_by {
                *crowd.refused.entry(kind.name()).or_default() += 1;
            }
            let Some(result) = person.result() else {
                crowd.left += 1;
                continue;
            };
            crowd.people += 1;
            crowd.went_round += u64::from(person.went_round && result != Visit::Waiting);
            match result {
                Visit::Done(1) => crowd.first += 1,
                Visit::Done(2) => crowd.second += 1,
                Visit::Done(_) => crowd.later += 1,
                Visit::Waiting => {
                    crowd.never += 1;
                    crowd.locked_out += u64::from(person.has_account());
                    crowd.at_home += u64::from(person.has_account() && day.world.knows(person.member.id, person.from));
                    let last = person.refused_by.last().map_or("nothing", |kind: &LimitKind| kind.name());
                    *crowd.kept_out_by.entry(last).or_default() += 1;
                    let is_in_pumped =
                        person.member.contacts.iter().any(|to| day.pumped.iter().any(|prefix| to.as_str().starts_with(prefix.as_str())));
                    crowd.never_in_pumped += u64::from(is_in_pumped);
                }
            }
        }
        let attempted = |owner: &Owner| Attempted {
            way: owner.way,
            is_known: owner.is_known,
            refused: owner.refused,
            after: owner.got_in.zip(owner.began).map(|(got_in, began)| got_in - began),
        };
        let of = |side| day.world.tally(side);
        let (honest, pumper, sprayer, stuffer, guesser) =
            (of(Side::Honest), of(Side::Pumper), of(Side::Sprayer), of(Side::Stuffer), of(Side::Guesser));
        let pumped = day.world.paused.iter().filter(|prefix| day.pumped.contains(prefix)).count();
        Self {
            seed: day.seed,
            crowd,
            honest,
            pumper,
            sprayer,
            stuffer,
            guesser,
            owner: day.owners.iter().map(attempted).collect(),
            cost: (honest.cost + pumper.cost + sprayer.cost + guesser.cost + of(Side::Owner).cost, day.cap),
            paused: (day.world.paused.len(), pumped),
            most_lost: day.world.most_lost,
            passwords: worth(day.world.rules().min_guesses),
            events: day.events,
        }
    }
}

/// How many guesses a password is worth, where the easiest ones are refused. Of all passwords in the order of how many people have them, the one in place `n` is had by at most one
/// in `n`; and where half the people had one of the refused, and choose again as the others do, it is had by twice as many.
fn worth(min_guesses: u32) -> f64 {
    PASSWORDS.max(f64::from(min_guesses) / 2.0)
}

impl Report {
    /// Takeovers to be expected of the passwords that a side compared.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "counts of guesses")]
    pub fn by_password(&self, tally: &Tally) -> f64 {
        tally.passwords as f64 / self.passwords
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Crowd { people, first, second, later, never, locked_out, at_home, never_in_pumped, went_round, left, refused, kept_out_by } = &self.crowd;
        writeln!(f, "seed {}, {} events", self.seed, self.events)?;
        writeln!(
            f,
            "honest   {people} people: {first} at the first try, {second} at the second, {later} later, {never} not in the day ({locked_out} of them with an account, {at_home} \
             where they signed in before; {never_in_pumped} in pumped prefixes); {:.3} % at the first or second; {went_round} by their other contact; {left} left",
            100.0 * self.crowd.soon()
        )?;
        writeln!(f, "         refused {refused:?}; kept out by {kept_out_by:?}")?;
        let names =
            [("honest", &self.honest), ("pumper", &self.pumper), ("sprayer", &self.sprayer), ("stuffer", &self.stuffer), ("guesser", &self.guesser)];
        for (name, tally) in names {
            let Tally { codes, short, cost, refused, wrong, passwords, throttled, by_code: _ } = tally;
            writeln!(
                f,
                "{name:8} {codes} codes sent ({short} by short message, {}), {refused} refused; compared {wrong} wrong codes and {passwords} wrong passwords; \
                 {throttled} passwords refused",
                Price(*cost)
            )?;
        }
        for (name, tally) in [("sprayer", &self.sprayer), ("stuffer", &self.stuffer), ("guesser", &self.guesser)] {
            writeln!(f, "{name:8} takeovers to be expected: {:.5} by code, {:.5} by password", tally.by_code, self.by_password(tally))?;
        }
        for Attempted { way, is_known, refused, after } in &self.owner {
            let place = if *is_known { "a known address" } else { "a new address" };
            match after {
                Some(after) => writeln!(f, "owner    {way:?} from {place}: in after {refused} refusals, {} s", after / 1000)?,
                None => writeln!(f, "owner    {way:?} from {place}: {refused} refusals, not in")?,
            }
        }
        let (cost, cap) = self.cost;
        writeln!(f, "money    {} of {}", Price(cost), Price(cap))?;
        let (paused, pumped) = self.paused;
        write!(f, "prefixes {paused} paused, {pumped} of them pumped; at most {} lost codes in an hour", self.most_lost)
    }
}
