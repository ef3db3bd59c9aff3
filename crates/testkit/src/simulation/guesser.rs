//! Whoever wants one account, from 10,000 addresses, all day: codes to both its contacts, every guess that they allow, and passwords. And its owner, who goes on using it.

use daftar_core::code::{Purpose, Verdict};
use daftar_core::limit::ClientAddress;
use daftar_core::limit::look_ups::Asker;
use daftar_core::message::Recipient;

use super::crowd::{Member, Network, address};
use super::dice::Dice;
use super::world::{Side, Typed, Wish, World};
use super::{Ms, at};

/// The guesser, at one contact or at the password.
#[derive(Debug)]
pub struct Guesser {
    victim: Member,
    contact: Option<Recipient>,
    addresses: usize,
    next: usize,
}

impl Guesser {
    /// Guesses at codes that go to `contact`, or at the password.
    #[must_use]
    pub const fn new(victim: Member, contact: Option<Recipient>, addresses: usize) -> Self {
        Self { victim, contact, addresses, next: 0 }
    }

    /// At whose account.
    #[must_use]
    pub const fn victim(&self) -> &Member {
        &self.victim
    }

    /// Guesses; when he goes on.
    pub fn step(&mut self, now: Ms, world: &mut World) -> Option<Ms> {
        self.next += 1;
        let from = address(Network::Guesser, self.next % self.addresses);
        let Some(contact) = &self.contact else {
            return Some(now + world.sign_in(self.victim.id, false, from, Side::Guesser, at(now)).map_or_else(|no| no.wait, |_| 1000));
        };
        let purpose = if self.next.is_multiple_of(2) { Purpose::AppSignIn } else { Purpose::AppReset };
        let wish = Wish { purpose, subject: self.victim.id.0, to: vec![contact.clone()], asker: Asker::Person(from), side: Side::Guesser };
        let ticket = match world.ask(&wish, at(now)) {
            Ok(ticket) => ticket,
            Err(no) => return Some(now + no.wait),
        };
        while let Verdict::Wrong { left: 1.. } = world.show(ticket, Typed::Guess, from, Side::Guesser, at(now)) {}
        Some(now + 1000)
    }
}

/// How the owner signs in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// With the password.
    Password,
    /// By a code.
    Code,
}

/// The owner, once.
#[derive(Debug)]
pub struct Owner {
    victim: Member,
    /// How.
    pub way: Way,
    /// From where they signed in before, or not.
    pub is_known: bool,
    from: ClientAddress,
    code: Option<usize>,
    /// Refusals before they got in.
    pub refused: u32,
    /// When they began, and when they got in.
    pub began: Option<Ms>,
    /// When they got in.
    pub got_in: Option<Ms>,
}

impl Owner {
    /// Signs in so, from there.
    #[must_use]
    pub const fn new(victim: Member, way: Way, from: ClientAddress, is_known: bool) -> Self {
        Self { victim, way, is_known, from, code: None, refused: 0, began: None, got_in: None }
    }

    /// Does the next thing; when they go on.
    pub fn step(&mut self, now: Ms, world: &mut World, dice: &Dice) -> Option<Ms> {
        self.began.get_or_insert(now);
        match (self.way, self.code.take()) {
            (Way::Password, _) => match world.sign_in(self.victim.id, true, self.from, Side::Owner, at(now)) {
                Ok(_) => self.got_in = Some(now),
                Err(no) => return Some(self.refuse(now, no.wait, dice)),
            },
            (Way::Code, None) => {
                let (to, asker) = (self.victim.contacts[usize::from(self.refused % 2 == 1)].clone(), Asker::Person(self.from));
                let wish = Wish { purpose: Purpose::AppSignIn, subject: self.victim.id.0, to: vec![to], asker, side: Side::Owner };
                match world.ask(&wish, at(now)) {
                    Ok(ticket) => {
                        self.code = Some(ticket);
                        return Some(now + dice.seconds(10, 45));
                    }
                    Err(no) => return Some(self.refuse(now, no.wait, dice)),
                }
            }
            (Way::Code, Some(ticket)) => match world.show(ticket, Typed::Right, self.from, Side::Owner, at(now)) {
                Verdict::Right => self.got_in = Some(now),
                Verdict::Wrong { .. } | Verdict::Odd { .. } | Verdict::Expired | Verdict::Dead => return Some(self.refuse(now, 20_000, dice)),
            },
        }
        None
    }

    fn refuse(&mut self, now: Ms, wait: Ms, dice: &Dice) -> Ms {
        self.refused += 1;
        // The other contact is tried soon, the same one again as told.
        let wait = if self.way == Way::Code && self.refused % 2 == 1 { wait.min(60_000) } else { wait };
        now + wait + dice.seconds(1, 20)
    }
}
