//! What is asked of an installation, by whom, and what is counted of it.

use daftar_core::code::Purpose;
use daftar_core::limit::guesses::GuessLimits;
use daftar_core::limit::look_ups::Asker;
use daftar_core::limit::{LimitKind, Limits};
use daftar_core::message::Recipient;
use uuid::Uuid;

/// What an installation decides.
#[derive(Debug, Clone)]
pub struct Rules {
    /// Limits.
    pub limits: Limits,
    /// When codes grow.
    pub guesses: GuessLimits,
    /// Digits of App's codes.
    pub app_digits: u8,
    /// How many guesses a new password must be worth; 0: that is not asked.
    pub min_guesses: u32,
}

/// On whose account something is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Side {
    /// People who want to get in.
    Honest,
    /// Whoever earns by messages.
    Pumper,
    /// Whoever tries a few codes at many accounts.
    Sprayer,
    /// Whoever tries a few passwords at many accounts.
    Stuffer,
    /// Whoever tries much at one.
    Guesser,
    /// The one at whose account is guessed.
    Owner,
}

/// Somebody asks for a code.
#[derive(Debug, Clone)]
pub struct Wish {
    /// What for.
    pub purpose: Purpose,
    /// The account or registration.
    pub subject: Uuid,
    /// Where messages go; the code goes to the first.
    pub to: Vec<Recipient>,
    /// Who pays.
    pub asker: Asker,
    /// On whose account.
    pub side: Side,
}

/// Something was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct No {
    /// Try again after so many milliseconds.
    pub wait: i64,
    /// What was spent.
    pub spent: Vec<LimitKind>,
}

/// Names a code that was sent.
pub type Ticket = usize;

/// What somebody types.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Typed {
    /// The code in the message.
    Right,
    /// That, with a wrong digit.
    Slip,
    /// The next guess of somebody who knows how many digits it has, and none of them twice.
    Guess,
}

/// What a side got.
#[derive(Debug, Clone, Copy, Default)]
pub struct Tally {
    /// Codes that were asked for and sent.
    pub codes: u64,
    /// Short messages among them.
    pub short: u64,
    /// What they cost, in millionths.
    pub cost: u64,
    /// Refusals to send.
    pub refused: u64,
    /// Codes that were compared and wrong.
    pub wrong: u64,
    /// Takeovers to be expected of guesses at codes that were compared.
    pub by_code: f64,
    /// Wrong passwords that were compared.
    pub passwords: u64,
    /// Passwords that were not.
    pub throttled: u64,
}
