//! Whoever earns by short messages: he has codes sent to numbers of networks that share the fee with him, from 500 addresses to 20 prefixes, all day, as fast as he is
//! let. Told to wait, he comes back at that very moment, and looks in every hour.

use daftar_core::code::Purpose;
use daftar_core::identifier::PhoneNumber;
use daftar_core::limit::look_ups::Asker;
use daftar_core::message::Recipient;
use uuid::Uuid;

use super::crowd::{Network, address};
use super::dice::Dice;
use super::world::{Side, Typed, Wish, World};
use super::{HOUR, Ms, at};

/// How he pumps.
#[derive(Debug, Clone, Copy)]
pub struct Pumping {
    /// From so many addresses …
    pub addresses: usize,
    /// … to so many prefixes …
    pub prefixes: usize,
    /// … of which so many are in everybody's hands.
    pub hot: usize,
    /// Every so many-th code he verifies, with numbers of his own, to look honest.
    pub verifies: Option<u32>,
}

/// One prefix of his.
#[derive(Debug)]
pub struct Pump {
    prefix: String,
    numbers: usize,
    sent: u32,
    pumping: Pumping,
}

impl Pump {
    /// Begins with a prefix.
    #[must_use]
    pub const fn new(prefix: String, pumping: Pumping) -> Self {
        Self { prefix, numbers: 0, sent: 0, pumping }
    }

    /// Has one message sent; when he comes again.
    pub fn step(&mut self, now: Ms, world: &mut World, dice: &Dice) -> Option<Ms> {
        let number = format!("{}{:04}", self.prefix, self.numbers % 10_000);
        let from = address(Network::Pumper, dice.below(self.pumping.addresses));
        let to = Recipient::Sms(PhoneNumber::from_e164(&number).unwrap());
        let subject = Uuid::from_u128(u128::from(dice.roll()));
        let wish = Wish { purpose: Purpose::AppSignup, subject, to: vec![to], asker: Asker::Person(from), side: Side::Pumper };
        match world.ask(&wish, at(now)) {
            Ok(ticket) => {
                self.numbers += 1;
                self.sent += 1;
                if self.pumping.verifies.is_some_and(|every| self.sent.is_multiple_of(every)) {
                    world.show(ticket, Typed::Right, from, Side::Pumper, at(now));
                }
                Some(now + 1000)
            }
            Err(no) => Some(now + no.wait.min(HOUR)),
        }
    }
}
