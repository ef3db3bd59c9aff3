//! One-time codes: drawing them, keeping them as MACs, and the pure state machine of a *challenge*
//! (contract `common.md`, *One-time codes*; threat rows 1–7 and 13).
//!
//! ```text
//!              right code, in time
//!   ┌──────┐ ───────────────────────► used
//!   │ open │   wrong code
//!   │      │ ──┐ tries_left − 1  ───► exhausted   (tries_left = 0)
//!   └──────┘ ◄─┘
//!       │ now ≥ expires_at ─────────► expired
//!       └ a newer challenge, a changed contact, "this was not me" ─► voided
//! ```
//!
//! Nothing leaves any state but *open*. The store loads a challenge, calls [`Challenge::attempt`], and writes back what
//! came out, all in one transaction: so an attempt is counted before anybody learns of its outcome (row 2),
//! and a success is spent with what it pays for (row 7).

use std::ops::RangeInclusive;
use std::time::Duration;

use uuid::Uuid;

use crate::account::AccountId;
use crate::identifier::LoginId;
use crate::limit::guesses::GuessLimits;
pub use crate::limit::guesses::{GROW_AFTER, Pressure};
use crate::limit::whom;
use crate::named::named;
use crate::ports::{Entropy, Timestamp};
use crate::secret::{Mac, MacKey, pick};

/// Digits of a grown code.
pub const GROWN_DIGITS: u8 = 8;
/// Codes of up to this many digits are short: three tries, and none once their subject is under attack.
const SHORT_DIGITS: u8 = 5;
/// How long before a code another one was sent whose wrong tries are slips of the same person, if it is right.
pub const SLIPPED_WITHIN: Duration = Duration::from_secs(20 * 60);
/// Letters before the digits of INVAS's tokens.
const PREFIX_LETTERS: usize = 3;
/// Letters that nobody mistakes for one another.
const LETTERS: &[u8] = b"ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnpqrstuvwxyz";
/// How many digits a code may have, whoever sends it.
const DIGITS: RangeInclusive<usize> = 4..=8;

/// A code as somebody typed it: four to eight ASCII digits, on INVAS after three letters. Anything else is refused before it can cost an attempt (row 8).
#[derive(Clone)]
pub struct Code(zeroize::Zeroizing<String>);

/// The text is not a code at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a code is four to eight digits, a token has three letters before them")]
pub struct NotACode;

impl Code {
    /// Takes exactly four to eight ASCII digits, with nothing around them.
    ///
    /// # Errors
    /// [`NotACode`].
    pub fn parse(text: &str) -> Result<Self, NotACode> {
        if are_digits(text) { Ok(Self(zeroize::Zeroizing::new(text.to_owned()))) } else { Err(NotACode) }
    }

    /// Takes exactly three ASCII letters and a code after them (contract `invas.md`).
    ///
    /// # Errors
    /// [`NotACode`].
    pub fn parse_token(text: &str) -> Result<Self, NotACode> {
        let (_, digits) = split_token(text).ok_or(NotACode)?;
        if are_digits(digits) { Ok(Self(zeroize::Zeroizing::new(text.to_owned()))) } else { Err(NotACode) }
    }

    /// Draws a code of `digits` digits, every one of them equally likely.
    #[must_use]
    pub fn draw(digits: u8, entropy: &dyn Entropy) -> Self {
        Self::drawn(b"0123456789", digits, entropy)
    }

    /// Draws a code of `digits` digits that is a number: it does not begin with a zero (contract `app-auth.md`, *One-time codes*).
    #[must_use]
    pub fn draw_number(digits: u8, entropy: &dyn Entropy) -> Self {
        Self::drawn(b"123456789", digits, entropy)
    }

    /// The same code as a token that begins with `prefix`, by which a customer sees which message is the right one.
    #[must_use]
    pub fn after(self, prefix: &TokenPrefix) -> Self {
        Self(zeroize::Zeroizing::new(format!("{}{}", prefix.0, self.expose())))
    }

    /// The letters before a token's digits; `None`: it is a code without any.
    #[must_use]
    pub fn prefix(&self) -> Option<TokenPrefix> {
        split_token(&self.0).map(|(prefix, _)| TokenPrefix(prefix.to_owned()))
    }

    /// How many digits it has.
    #[must_use]
    pub fn digits(&self) -> usize {
        split_token(&self.0).map_or(self.0.len(), |(_, digits)| digits.len())
    }

    fn drawn(first: &[u8], digits: u8, entropy: &dyn Entropy) -> Self {
        let draw = |place| char::from(pick(entropy, if place == 0 { first } else { b"0123456789" }));
        Self(zeroize::Zeroizing::new((0..digits).map(draw).collect()))
    }

    /// The code, for the message that carries it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Code {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Code(..)")
    }
}

fn are_digits(text: &str) -> bool {
    DIGITS.contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit())
}

/// The letters of a token and what follows them.
fn split_token(text: &str) -> Option<(&str, &str)> {
    let (prefix, digits) = text.split_at_checked(PREFIX_LETTERS)?;
    prefix.bytes().all(|b| b.is_ascii_alphabetic()).then_some((prefix, digits))
}

/// The three letters with which a token begins. They are no secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenPrefix(String);

impl TokenPrefix {
    /// Draws one.
    #[must_use]
    pub fn draw(entropy: &dyn Entropy) -> Self {
        Self((0..PREFIX_LETTERS).map(|_| char::from(pick(entropy, LETTERS))).collect())
    }

    /// Takes exactly three ASCII letters.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        matches!(split_token(text), Some((_, ""))).then(|| Self(text.to_owned()))
    }

    /// The letters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

named! {
    /// What a challenge is for, surface included. A code is good for its own purpose only (row 6); the name is stored and part of the MAC.
    Purpose {
        /// Finishing a registration on USAPI.
        UsapiSignup = "usapi.signup",
        /// Confirming a customer's registration on INVAS.
        InvasSignup = "invas.signup",
        /// Signing in on App.
        AppSignIn = "app.sign_in",
        /// Making an account on App.
        AppSignup = "app.signup",
        /// Choosing a new password on App.
        AppReset = "app.reset",
        /// Changing the account's e-mail address on App.
        AppEmail = "app.email",
        /// Changing the account's phone number on App.
        AppPhone = "app.phone",
    }
}

impl Purpose {
    /// Whether a newer code voids the older ones of its own subject alone, instead of all that went to its destination: on INVAS the purpose includes the
    /// host, so that no host's code kills another's (contract `common.md`, *One-time codes*). A host has one pending registration for a phone.
    #[must_use]
    pub const fn is_of_one_subject(self) -> bool {
        match self {
            Self::InvasSignup => true,
            Self::UsapiSignup | Self::AppSignIn | Self::AppSignup | Self::AppReset | Self::AppEmail | Self::AppPhone => false,
        }
    }

    /// Whether its subject is an account that is there already.
    #[must_use]
    pub const fn is_of_an_account(self) -> bool {
        match self {
            Self::AppSignIn | Self::AppReset | Self::AppEmail | Self::AppPhone => true,
            Self::UsapiSignup | Self::InvasSignup | Self::AppSignup => false,
        }
    }
}

/// Names a challenge.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ChallengeId(pub Uuid);

named! {
    /// Where a challenge stands.
    ChallengeState {
        /// Waiting for its code.
        Open = "open",
        /// Its code was given, or its link used.
        Used = "used",
        /// Replaced by a newer one, or disowned.
        Voided = "voided",
    }
}

/// A code that was sent, and what is left of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Challenge {
    /// Its name.
    pub id: ChallengeId,
    /// What it is for.
    pub purpose: Purpose,
    /// The account or the registration that it belongs to; its own name where it belongs to neither yet.
    pub subject: Uuid,
    /// Where the code went.
    pub destination: LoginId,
    /// How many digits its code has.
    pub digits: u8,
    /// The code, as a MAC bound to this challenge.
    pub code_mac: Mac,
    /// The secret of the link sent along with the code, as a MAC.
    pub link_mac: Option<Mac>,
    /// Attempts left.
    pub tries_left: u8,
    /// Where it stands.
    pub state: ChallengeState,
    /// When the code was sent.
    pub created_at: Timestamp,
    /// When the code stops working. The link lives as long as the registration.
    pub expires_at: Timestamp,
}

impl Pressure {
    /// How many digits a new code for `purpose` gets where `usual` is the custom (rows 3 and 5).
    #[must_use]
    pub const fn digits(self, limits: GuessLimits, purpose: Purpose, usual: u8) -> u8 {
        let sprayed = pays_a_sprayer(limits, purpose, usual) && self.on_installation(limits);
        let attacked = self.on_subject(limits) || sprayed;
        if attacked && usual < GROWN_DIGITS { GROWN_DIGITS } else { usual }
    }
}

/// Whether spraying codes of so many digits leads somewhere: short ones always do. Longer ones do where half a million guesses find a right one and that is the way
/// into an account; a registration on USAPI can be finished by the shop that began it alone. The contract knows of short ones only.
const fn pays_a_sprayer(limits: GuessLimits, purpose: Purpose, digits: u8) -> bool {
    let is_a_way_in = match purpose {
        Purpose::AppSignIn | Purpose::AppSignup | Purpose::AppReset | Purpose::AppEmail | Purpose::AppPhone => true,
        Purpose::UsapiSignup | Purpose::InvasSignup => false,
    };
    digits <= SHORT_DIGITS || (is_a_way_in && limits.lost_hourly.is_some())
}

/// A code as somebody shows it, and for what. Used for anything else than it was sent for it is wrong, and the try counts (row 6).
#[derive(Debug, Clone)]
pub struct Shown {
    /// What it is shown for.
    pub purpose: Purpose,
    /// The account that shows it, where somebody who is signed in does.
    pub by: Option<Uuid>,
    /// The code as typed.
    pub code: Code,
    /// The key under which codes are signed.
    pub key: MacKey,
    /// When short codes are not compared any more.
    pub limits: GuessLimits,
}

/// What an attempt came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The right code: the challenge is used up.
    Right,
    /// A wrong code: the attempt is counted.
    Wrong {
        /// How many more tries the code has.
        left: u8,
    },
    /// A code of another length than the one that was sent: no guess at all, nothing was compared (row 8).
    Odd {
        /// How many more tries the code has.
        left: u8,
    },
    /// Too late; nothing was compared.
    Expired,
    /// Used, voided or exhausted; nothing was compared.
    Dead,
}

impl Challenge {
    /// How many tries a code of so many digits gets (row 1).
    #[must_use]
    pub const fn tries(digits: u8) -> u8 {
        if digits <= SHORT_DIGITS { 3 } else { 5 }
    }

    /// What its wrong codes are counted against (row 3): the account; the destination where there is no account yet; both where somebody who is signed in
    /// claims a contact, so that neither many accounts nor many contacts buy more guesses.
    #[must_use]
    pub fn counted_against(&self) -> Vec<String> {
        counted_against(self.purpose, self.subject, &self.destination)
    }

    /// The MAC of a code for this challenge: bound to its name, purpose, subject and destination (row 6).
    #[must_use]
    pub fn mac(&self, code: &Code, key: &MacKey) -> Mac {
        key.sign(&self.bound(self.purpose, self.subject, code).each_ref().map(Vec::as_slice))
    }

    fn bound(&self, purpose: Purpose, subject: Uuid, code: &Code) -> [Vec<u8>; 5] {
        [self.id.0.as_bytes().to_vec(), purpose.name().into(), subject.as_bytes().to_vec(), self.destination.key().into(), code.expose().into()]
    }

    /// What any attempt at `now` comes to, if that is clear from the challenge alone.
    #[must_use]
    pub fn over(&self, now: Timestamp) -> Option<Verdict> {
        match self.state {
            ChallengeState::Open if self.tries_left == 0 => Some(Verdict::Dead),
            ChallengeState::Open => (now >= self.expires_at).then_some(Verdict::Expired),
            ChallengeState::Used | ChallengeState::Voided => Some(Verdict::Dead),
        }
    }

    /// One attempt with a code. A short code whose subject has met too many wrong guesses is dead, whatever tries it has left: so guesses
    /// against short codes between two successes stay under that number, also when sends and guesses race (row 3). While limits are on, one in an
    /// installation that is being sprayed is dead, too (row 5).
    pub fn attempt(&mut self, shown: &Shown, pressure: Pressure, now: Timestamp) -> Verdict {
        if let Some(over) = self.over(now) {
            return over;
        }
        let left = self.left(pressure, shown.limits);
        if left == 0 {
            return Verdict::Dead;
        }
        if shown.code.digits() != usize::from(self.digits) {
            return Verdict::Odd { left };
        }
        self.tries_left -= 1;
        let parts = self.bound(shown.purpose, shown.by.unwrap_or(self.subject), &shown.code);
        if shown.key.verifies(&parts.each_ref().map(Vec::as_slice), &self.code_mac) {
            self.state = ChallengeState::Used;
            Verdict::Right
        } else {
            Verdict::Wrong { left: left - 1 }
        }
    }

    /// How many more tries it has when there has been so much wrong guessing.
    #[must_use]
    pub fn left(&self, pressure: Pressure, limits: GuessLimits) -> u8 {
        let is_sprayed = self.digits < GROWN_DIGITS && pays_a_sprayer(limits, self.purpose, self.digits) && pressure.ends_codes(limits);
        if is_sprayed {
            return 0;
        }
        if self.digits > SHORT_DIGITS {
            return self.tries_left;
        }
        let until_dead = u8::try_from(limits.per_subject.saturating_sub(pressure.subject)).unwrap_or(u8::MAX);
        self.tries_left.min(until_dead)
    }

    /// How many wrong codes it, which was right just now, shows to have been slips and no guesses: those for itself, and those for `older` ones of its purpose and
    /// destination a little while before, as somebody has them who asks for another code. Each with when its code was sent: then it is forgiven, which is no later than it was
    /// wrong, so that nobody has wrong codes forgiven that count no more. Never more than have been counted since the last success.
    #[must_use]
    pub fn forgives(&self, older: &[Self], pressure: Pressure) -> Vec<(Timestamp, u32)> {
        let is_slip = |other: &&Self| {
            other.id != self.id
                && other.purpose == self.purpose
                && other.destination.is_same(&self.destination)
                && other.created_at + SLIPPED_WITHIN > self.created_at
        };
        let own = (self.created_at, u32::from(self.spent_tries().saturating_sub(1)));
        let slips = older.iter().filter(is_slip).map(|other| (other.created_at, u32::from(other.spent_tries())));
        let mut counted = pressure.subject;
        let forgiven = [own].into_iter().chain(slips).map(|(at, wrong)| {
            let wrong = wrong.min(counted);
            counted -= wrong;
            (at, wrong)
        });
        forgiven.filter(|(_, wrong)| *wrong > 0).collect()
    }

    fn spent_tries(&self) -> u8 {
        Self::tries(self.digits).saturating_sub(self.tries_left)
    }
}

/// What wrong codes for `purpose` are counted against; see [`Challenge::counted_against`].
#[must_use]
pub fn counted_against(purpose: Purpose, subject: Uuid, destination: &LoginId) -> Vec<String> {
    let (contact, account) = (|| whom::name(destination), || whom::account(AccountId(subject)));
    match purpose {
        Purpose::UsapiSignup | Purpose::InvasSignup | Purpose::AppSignup => vec![contact()],
        Purpose::AppSignIn | Purpose::AppReset => vec![account()],
        Purpose::AppEmail | Purpose::AppPhone => vec![account(), contact()],
    }
}

#[cfg(test)]
#[expect(clippy::string_slice, reason = "the texts are ASCII and ours")]
mod tests;
