//! Honest people: they come by day, mistype, ask again when a message is late, sit in offices behind one address, and come back. Told to wait, they wait as told.
//!
//! A *try* is asking for a code, or beginning to type a password. It fails by a refusal, by a code that is dead, or by a message that does not come in time.
//! Mistyping and typing again is one try, as long as the code lives.

use daftar_core::client::ClientId;
use daftar_core::code::{Purpose, Verdict};
use daftar_core::limit::ClientAddress;
use daftar_core::limit::look_ups::Asker;
use daftar_core::message::Recipient;
use uuid::Uuid;

use super::crowd::Member;
use super::dice::Dice;
use super::world::{Side, Ticket, Typed, Wish, World};
use super::{HOUR, Ms, at};

/// How long somebody waits before looking for another way in.
const PATIENCE: Ms = HOUR;
/// The time after which an app lets somebody ask for another code.
const APART: Ms = 61_000;

/// What somebody comes for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Errand {
    /// To sign in by a code.
    SignIn,
    /// To sign up by a code.
    SignUp,
    /// To choose a new password.
    Reset,
    /// To sign in with a password.
    Password,
    /// To register with a shop.
    Shop,
    /// To be registered by a host.
    Host,
}

impl Errand {
    /// Draws one.
    #[must_use]
    pub fn draw(dice: &Dice) -> Self {
        match dice.below(100) {
            0..38 => Self::SignIn,
            38..52 => Self::SignUp,
            52..57 => Self::Reset,
            57..80 => Self::Password,
            80..92 => Self::Shop,
            _ => Self::Host,
        }
    }

    /// Whether it takes an account.
    #[must_use]
    pub const fn has_account(self) -> bool {
        matches!(self, Self::SignIn | Self::Reset | Self::Password)
    }

    /// What a code is for that it takes.
    #[must_use]
    pub const fn purpose(self) -> Purpose {
        match self {
            Self::SignIn | Self::Password => Purpose::AppSignIn,
            Self::SignUp => Purpose::AppSignup,
            Self::Reset => Purpose::AppReset,
            Self::Shop => Purpose::UsapiSignup,
            Self::Host => Purpose::InvasSignup,
        }
    }
}

/// What somebody does next.
#[derive(Debug, Clone, Copy)]
enum Next {
    Begin,
    Ask,
    AskAgain,
    Type(Ticket),
    Password,
    Nothing,
}

/// How a visit went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Visit {
    /// They got in, after so many tries.
    Done(u32),
    /// They were still waiting at the end.
    Waiting,
}

/// Somebody honest.
#[derive(Debug, Clone)]
pub struct Person {
    /// Who.
    pub member: Member,
    errand: Errand,
    /// When they come, and come back.
    pub visits: Vec<Ms>,
    /// From where.
    pub from: ClientAddress,
    /// Where they are after asking, if they move.
    moves_to: Option<ClientAddress>,
    next: Next,
    slips: u8,
    clumsiness: usize,
    /// A code that came after another one had been asked for.
    stale: Option<Ticket>,
    is_late: bool,
    /// Asks and never comes back for the code.
    pub leaves: bool,
    asked_at: Ms,
    was_sent: bool,
    tries: u32,
    contact: usize,
    /// Whether they went another way than they wanted.
    pub went_round: bool,
    /// Visits that came to an end.
    pub done: Vec<Visit>,
    /// What refused them.
    pub refused_by: Vec<daftar_core::limit::LimitKind>,
}

impl Person {
    /// Somebody who comes from `from`.
    #[must_use]
    pub fn new(member: Member, errand: Errand, visits: Vec<Ms>, from: ClientAddress, moves_to: Option<ClientAddress>, dice: &Dice) -> Self {
        Self {
            member,
            errand,
            visits,
            from,
            moves_to,
            next: Next::Begin,
            slips: 0,
            clumsiness: 1,
            stale: None,
            is_late: false,
            leaves: errand != Errand::Password && dice.chance(4.0),
            asked_at: 0,
            was_sent: false,
            tries: 0,
            contact: 0,
            went_round: false,
            done: Vec::new(),
            refused_by: Vec::new(),
        }
    }

    /// The same, who mistype so many times as often as others.
    #[must_use]
    pub fn clumsy(self, clumsiness: usize) -> Self {
        Self { clumsiness, ..self }
    }

    /// Where their messages go first.
    #[must_use]
    pub fn contact(&self) -> &Recipient {
        &self.member.contacts[self.contact]
    }

    /// Whether they have an account.
    #[must_use]
    pub const fn has_account(&self) -> bool {
        self.errand.has_account()
    }

    /// How it went, once the day is over; `None`: they left by themselves.
    #[must_use]
    pub fn result(&self) -> Option<Visit> {
        if self.leaves {
            return None;
        }
        let worst = self.done.iter().map(|visit| match visit {
            Visit::Done(tries) => *tries,
            Visit::Waiting => u32::MAX,
        });
        match worst.max() {
            Some(tries) if tries < u32::MAX && self.done.len() == self.visits.len() => Some(Visit::Done(tries)),
            _ => Some(Visit::Waiting),
        }
    }

    /// Does what they do at `now`; when they do the next thing.
    pub fn step(&mut self, now: Ms, world: &mut World, dice: &Dice) -> Option<Ms> {
        match self.next {
            Next::Begin => {
                self.tries = 0;
                self.slips = match dice.below(1000 / self.clumsiness) {
                    0..2 => 3,
                    2..14 => 2,
                    14..50 => 1,
                    _ => 0,
                };
                self.is_late = self.errand != Errand::Password && dice.chance(5.0);
                self.next = if self.errand == Errand::Password { Next::Password } else { Next::Ask };
                if self.errand == Errand::Password {
                    self.tries = 1;
                }
                Some(now)
            }
            Next::Ask => self.ask(now, world, dice),
            Next::AskAgain => self.ask(now, world, dice),
            Next::Type(ticket) => self.type_code(ticket, now, world, dice),
            Next::Password => self.type_password(now, world, dice),
            Next::Nothing => None,
        }
    }

    fn ask(&mut self, now: Ms, world: &mut World, dice: &Dice) -> Option<Ms> {
        self.tries += 1;
        let (to, asker) = match self.errand {
            // The link goes out once; a token is sent anew alone.
            Errand::Host if self.was_sent => (vec![self.contact().clone()], Asker::Client(host(self.member.contacts.len()))),
            Errand::Host => (self.member.contacts.clone(), Asker::Client(host(self.member.contacts.len()))),
            Errand::Shop => (vec![self.contact().clone()], Asker::Client(shop())),
            Errand::SignIn | Errand::SignUp | Errand::Reset | Errand::Password => (vec![self.contact().clone()], Asker::Person(self.from)),
        };
        // Whoever signs up has no name yet: each code is of somebody new.
        let subject = if self.errand == Errand::SignUp { Uuid::from_u128(u128::from(dice.roll())) } else { self.member.id.0 };
        let wish = Wish { purpose: self.errand.purpose(), subject, to, asker, side: Side::Honest };
        match world.ask(&wish, at(now)) {
            Ok(ticket) => {
                (self.asked_at, self.was_sent) = (now, true);
                if self.leaves {
                    // Some try a code that is wrong before they give up.
                    self.next = if dice.chance(10.0) { Next::Type(ticket) } else { Next::Nothing };
                    return Some(now + dice.seconds(20, 60));
                }
                if std::mem::take(&mut self.is_late) {
                    // It comes after all, when it is too late, and some type it.
                    self.stale = (now % 3 == 0).then_some(ticket);
                    self.next = Next::AskAgain;
                    return Some(now + dice.seconds(61, 120));
                }
                self.next = Next::Type(ticket);
                Some(now + if dice.chance(90.0) { dice.seconds(10, 45) } else { dice.seconds(45, 180) })
            }
            Err(no) => {
                self.refused_by.extend(&no.spent);
                if self.leaves {
                    return None;
                }
                let other = (self.contact + 1) % self.member.contacts.len();
                if no.wait >= PATIENCE && self.errand != Errand::Host && other != self.contact && !self.went_round {
                    (self.contact, self.went_round) = (other, true);
                    return Some(now + dice.seconds(10, 60));
                }
                Some(now + no.wait + dice.seconds(1, 30))
            }
        }
    }

    fn type_code(&mut self, ticket: Ticket, now: Ms, world: &mut World, dice: &Dice) -> Option<Ms> {
        let from = self.moves_to.unwrap_or(self.from);
        if self.leaves {
            world.show(ticket, Typed::Slip, from, Side::Honest, at(now));
            self.next = Next::Nothing;
            return None;
        }
        if let Some(stale) = self.stale.take() {
            return match world.show(stale, Typed::Right, from, Side::Honest, at(now)) {
                Verdict::Right => self.finish(now, world, dice),
                Verdict::Wrong { .. } | Verdict::Odd { .. } | Verdict::Expired | Verdict::Dead => Some(now + dice.seconds(5, 20)),
            };
        }
        let typed = if self.slips > 0 { Typed::Slip } else { Typed::Right };
        self.slips = self.slips.saturating_sub(1);
        match world.show(ticket, typed, from, Side::Honest, at(now)) {
            Verdict::Right => self.finish(now, world, dice),
            Verdict::Wrong { left } | Verdict::Odd { left } if left > 0 => Some(now + dice.seconds(5, 20)),
            Verdict::Wrong { .. } | Verdict::Odd { .. } | Verdict::Expired | Verdict::Dead => {
                self.next = Next::AskAgain;
                Some((now + dice.seconds(5, 20)).max(self.asked_at + APART))
            }
        }
    }

    fn type_password(&mut self, now: Ms, world: &mut World, dice: &Dice) -> Option<Ms> {
        let is_right = self.slips == 0;
        match world.sign_in(self.member.id, is_right, self.from, Side::Honest, at(now)) {
            Ok(true) => self.finish(now, world, dice),
            Ok(false) => {
                self.slips -= 1;
                Some(now + dice.seconds(5, 20))
            }
            Err(no) => {
                self.refused_by.extend(&no.spent);
                self.tries += 1;
                Some(now + no.wait + dice.seconds(1, 30))
            }
        }
    }

    fn finish(&mut self, now: Ms, world: &mut World, dice: &Dice) -> Option<Ms> {
        self.done.push(Visit::Done(self.tries));
        self.next = Next::Begin;
        if self.errand == Errand::SignUp {
            // Whoever signed up is signed in.
            world.know(self.member.id, self.moves_to.unwrap_or(self.from));
        }
        // Whoever signed up signs in when they come back.
        if let Errand::SignUp | Errand::Reset = self.errand {
            self.errand = Errand::SignIn;
        }
        if let Errand::Shop | Errand::Host = self.errand {
            self.errand = Errand::Password;
        }
        let again = self.visits.get(self.done.len()).copied();
        // Whoever was kept waiting comes back later, too.
        again.map(|again| again.max(now) + dice.seconds(1, 60))
    }
}

/// The shop's client.
fn shop() -> ClientId {
    ClientId::parse("shop").unwrap()
}

/// Two hosts.
fn host(n: usize) -> ClientId {
    ClientId::parse(if n == 1 { "host-a" } else { "host-b" }).unwrap()
}
