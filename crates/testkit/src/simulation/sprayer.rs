//! Whoever tries a little at every account of a list: codes, three guesses each, and passwords that many people choose, two each. He has the list of all accounts, knows
//! the rules and, better than anybody could, how long each code is and how many wrong ones were counted.

use std::collections::VecDeque;

use daftar_core::code::{Purpose, Verdict};
use daftar_core::limit::ClientAddress;
use daftar_core::limit::look_ups::Asker;

use super::crowd::{Member, Network, address};
use super::dice::Dice;
use super::world::{Side, Ticket, Typed, Wish, World};
use super::{HOUR, Ms, at};

/// How he tries codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Spray {
    /// Asks for a code, guesses at it, and goes on to the next account, whatever comes of it.
    Blunt {
        /// Accounts an hour.
        hourly: i64,
    },
    /// Has so many codes sent within eight minutes, then guesses at all of them; so often an hour apart.
    Patient {
        /// Codes at once.
        batch: usize,
        /// How often.
        times: usize,
    },
    /// Never guesses so much that codes grow.
    Under,
}

/// The sprayer of codes.
#[derive(Debug)]
pub struct Sprayer {
    list: Vec<Member>,
    next: usize,
    spray: Spray,
    addresses: usize,
    sent: VecDeque<Ticket>,
    batches: usize,
}

impl Sprayer {
    /// Sprays `list` from so many addresses.
    #[must_use]
    pub const fn new(list: Vec<Member>, spray: Spray, addresses: usize) -> Self {
        Self { list, next: 0, spray, addresses, sent: VecDeque::new(), batches: 0 }
    }

    /// The accounts that he knows.
    #[must_use]
    pub fn list(&self) -> &[Member] {
        &self.list
    }

    /// Does a little; when he goes on.
    pub fn step(&mut self, now: Ms, world: &mut World, dice: &Dice) -> Option<Ms> {
        match self.spray {
            Spray::Blunt { hourly } => {
                if let Some(ticket) = self.ask(now, world, dice)? {
                    self.guess(ticket, u8::MAX, now, world, dice);
                }
                Some(now + HOUR / hourly)
            }
            Spray::Patient { batch, times } => {
                if self.sent.len() < batch
                    && let Some(sent) = self.ask(now, world, dice)
                {
                    self.sent.extend(sent);
                    return Some(now + 8 * 60_000 / i64::try_from(batch).unwrap());
                }
                while let Some(ticket) = self.sent.pop_front() {
                    self.guess(ticket, u8::MAX, now, world, dice);
                }
                self.batches += 1;
                (self.batches < times).then_some(now + HOUR)
            }
            Spray::Under => {
                let pressure = world.pressure(&[], at(now));
                let limits = world.guesses();
                let lost = limits.lost_hourly.unwrap_or(limits.hourly).saturating_sub(pressure.lost);
                let room = lost.min(limits.hourly.saturating_sub(pressure.installation)).saturating_sub(1);
                if room > 0
                    && let Some(ticket) = self.ask(now, world, dice)?
                {
                    self.guess(ticket, u8::try_from(room).unwrap_or(u8::MAX), now, world, dice);
                }
                Some(now + dice.seconds(5, 20))
            }
        }
    }

    /// Asks for a code for the next account. `None`: there is none.
    fn ask(&mut self, now: Ms, world: &mut World, dice: &Dice) -> Option<Option<Ticket>> {
        let member = self.list.get(self.next)?;
        self.next += 1;
        let asker = Asker::Person(self.from(dice));
        // Mail where there is an address: it has the wider budgets.
        let to = member.contacts.iter().max_by_key(|contact| matches!(contact, daftar_core::message::Recipient::Email(_)))?.clone();
        let wish = Wish { purpose: Purpose::AppSignIn, subject: member.id.0, to: vec![to], asker, side: Side::Sprayer };
        Some(world.ask(&wish, at(now)).ok())
    }

    fn guess(&self, ticket: Ticket, most: u8, now: Ms, world: &mut World, dice: &Dice) {
        for _ in 0..most {
            match world.show(ticket, Typed::Guess, self.from(dice), Side::Sprayer, at(now)) {
                Verdict::Wrong { left } if left > 0 => {}
                Verdict::Right | Verdict::Wrong { .. } | Verdict::Odd { .. } | Verdict::Expired | Verdict::Dead => return,
            }
        }
    }

    fn from(&self, dice: &Dice) -> ClientAddress {
        address(Network::Sprayer, dice.below(self.addresses))
    }
}

/// The sprayer of passwords: two at every account, evenly over the day.
#[derive(Debug)]
pub struct Stuffer {
    list: Vec<Member>,
    next: usize,
    addresses: usize,
    apart: Ms,
}

impl Stuffer {
    /// Tries `list` from so many addresses.
    #[must_use]
    pub fn new(list: Vec<Member>, addresses: usize) -> Self {
        let apart = 23 * HOUR / i64::try_from(list.len()).unwrap().max(1);
        Self { list, next: 0, addresses, apart }
    }

    /// Tries the next account; when he goes on.
    pub fn step(&mut self, now: Ms, world: &mut World, dice: &Dice) -> Option<Ms> {
        let member = self.list.get(self.next)?;
        self.next += 1;
        let from = address(Network::Sprayer, dice.below(self.addresses));
        for _ in 0..2 {
            let _ = world.sign_in(member.id, false, from, Side::Stuffer, at(now));
        }
        Some(now + self.apart)
    }
}
