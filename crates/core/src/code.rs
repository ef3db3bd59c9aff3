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

use uuid::Uuid;

use crate::identifier::LoginId;
use crate::named::named;
use crate::ports::{Entropy, Timestamp};
use crate::secret::{Mac, MacKey, pick};

/// Wrong codes for one subject since its last success after which new codes grow (threat row 3).
pub const GROW_AFTER: u32 = 6;
/// Wrong codes in an hour in the whole installation after which new short codes grow (threat row 5).
pub const GROW_AFTER_INSTALLATION: u32 = 300;
/// Digits of a grown code.
pub const GROWN_DIGITS: u8 = 8;
/// Codes of up to this many digits are short: three tries, and none once their subject is under attack.
const SHORT_DIGITS: u8 = 5;
/// How many digits a code may have, whoever sends it.
const DIGITS: RangeInclusive<usize> = 4..=8;

/// A code as somebody typed it: four to eight ASCII digits. Anything else is refused before it can cost an attempt (row 8).
#[derive(Clone)]
pub struct Code(zeroize::Zeroizing<String>);

/// The text is not a code at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a code is four to eight digits")]
pub struct NotACode;

impl Code {
    /// Takes exactly four to eight ASCII digits, with nothing around them.
    ///
    /// # Errors
    /// [`NotACode`].
    pub fn parse(text: &str) -> Result<Self, NotACode> {
        if DIGITS.contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit()) {
            Ok(Self(zeroize::Zeroizing::new(text.to_owned())))
        } else {
            Err(NotACode)
        }
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

    fn drawn(first: &[u8], digits: u8, entropy: &dyn Entropy) -> Self {
        let draw = |place| char::from(pick(entropy, if place == 0 { first } else { b"0123456789" }));
        Self(zeroize::Zeroizing::new((0..digits).map(draw).collect()))
    }

    /// The digits, for the message that carries them.
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

named! {
    /// What a challenge is for, surface included. A code is good for its own purpose only (row 6); the name is stored and part of the MAC.
    Purpose {
        /// Finishing a registration on USAPI.
        UsapiSignup = "usapi.signup",
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

/// How much wrong guessing there has been; counted by the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Pressure {
    /// Wrong codes since the last success for the account or for the destination, whichever has met more.
    pub subject: u32,
    /// Wrong codes in the whole installation in the last hour.
    pub installation: u32,
}

impl Pressure {
    /// How many digits a new code gets where `usual` is the custom (rows 3 and 5).
    #[must_use]
    pub const fn digits(self, usual: u8) -> u8 {
        let sprayed = usual <= SHORT_DIGITS && self.installation >= GROW_AFTER_INSTALLATION;
        let attacked = self.subject >= GROW_AFTER || sprayed;
        if attacked && usual < GROWN_DIGITS { GROWN_DIGITS } else { usual }
    }
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
}

/// What an attempt came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The right code: the challenge is used up.
    Right,
    /// A wrong code: the attempt is counted.
    Wrong,
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

    /// One attempt with a code. A short code whose subject has met [`GROW_AFTER`] wrong guesses is dead, whatever tries it has left: so guesses
    /// against short codes between two successes stay under that number, also when sends and guesses race (row 3).
    pub fn attempt(&mut self, shown: &Shown, pressure: Pressure, now: Timestamp) -> Verdict {
        if self.state != ChallengeState::Open || self.tries_left == 0 {
            return Verdict::Dead;
        }
        if now >= self.expires_at {
            return Verdict::Expired;
        }
        if self.digits <= SHORT_DIGITS && pressure.subject >= GROW_AFTER {
            return Verdict::Dead;
        }
        // A code of another length is no guess at this one: it is refused as an odd form, and costs nothing (row 8).
        if shown.code.expose().len() != usize::from(self.digits) {
            return Verdict::Dead;
        }
        self.tries_left -= 1;
        let parts = self.bound(shown.purpose, shown.by.unwrap_or(self.subject), &shown.code);
        if shown.key.verifies(&parts.each_ref().map(Vec::as_slice), &self.code_mac) {
            self.state = ChallengeState::Used;
            Verdict::Right
        } else {
            Verdict::Wrong
        }
    }
}

/// What wrong codes for `purpose` are counted against; see [`Challenge::counted_against`].
#[must_use]
pub fn counted_against(purpose: Purpose, subject: Uuid, destination: &LoginId) -> Vec<String> {
    let contact = || format!("{}/{}", destination.kind().name(), destination.key());
    let account = || format!("account/{subject}");
    match purpose {
        Purpose::UsapiSignup | Purpose::AppSignup => vec![contact()],
        Purpose::AppSignIn | Purpose::AppReset => vec![account()],
        Purpose::AppEmail | Purpose::AppPhone => vec![account(), contact()],
    }
}

#[cfg(test)]
#[expect(clippy::string_slice, reason = "the texts are ASCII and ours")]
mod tests {
    use super::*;
    use crate::ports::testing::CountingEntropy;
    use crate::secret::Secrets;
    use jiff::ToSpan as _;
    use proptest::prelude::*;

    fn now() -> Timestamp {
        Timestamp::UNIX_EPOCH + 24.hours()
    }

    fn key() -> MacKey {
        Secrets::derive(&[1; 32]).codes
    }

    fn code(text: &str) -> Code {
        Code::parse(text).unwrap()
    }

    fn shown(text: &str) -> Shown {
        Shown { purpose: Purpose::UsapiSignup, by: None, code: code(text), key: key() }
    }

    fn challenge(right: &str) -> Challenge {
        let digits = u8::try_from(right.len()).unwrap();
        let mut challenge = Challenge {
            id: ChallengeId(Uuid::from_u128(1)),
            purpose: Purpose::UsapiSignup,
            subject: Uuid::from_u128(2),
            destination: LoginId::classify("siti@example.test", "ID").unwrap(),
            digits,
            code_mac: Mac([0; 32]),
            link_mac: None,
            tries_left: Challenge::tries(digits),
            state: ChallengeState::Open,
            created_at: now(),
            expires_at: now() + 10.minutes(),
        };
        challenge.code_mac = challenge.mac(&code(right), &key());
        challenge
    }

    #[test]
    fn row_1_a_code_dies_after_its_tries_and_then_refuses_the_right_one_too() {
        for (right, wrong, tries) in [("1234", "4321", 3), ("12345", "54321", 3), ("123456", "654321", 5), ("12345678", "87654321", 5)] {
            let mut challenge = challenge(right);
            for _ in 0..tries {
                assert_eq!(challenge.attempt(&shown(wrong), Pressure::default(), now()), Verdict::Wrong);
            }
            assert_eq!(challenge.attempt(&shown(right), Pressure::default(), now()), Verdict::Dead);
        }
    }

    #[test]
    fn row_3_codes_grow_after_six_wrong_ones_and_short_ones_die() {
        assert_eq!(Pressure { subject: 5, installation: 299 }.digits(6), 6);
        assert_eq!(Pressure { subject: 6, installation: 0 }.digits(4), 8);
        assert_eq!(Pressure { subject: 6, installation: 0 }.digits(6), 8);
        // Row 5: spraying pays against short codes only.
        assert_eq!(Pressure { subject: 0, installation: 300 }.digits(4), 8);
        assert_eq!(Pressure { subject: 0, installation: 300 }.digits(6), 6);
        let attacked = Pressure { subject: 6, installation: 0 };
        assert_eq!(challenge("1234").attempt(&shown("1234"), attacked, now()), Verdict::Dead);
        assert_eq!(challenge("123456").attempt(&shown("123456"), attacked, now()), Verdict::Right);
    }

    #[test]
    fn row_6_a_code_is_bound_to_its_challenge_purpose_subject_and_destination() {
        let right = challenge("123456");
        let mut moved = [right.clone(), right.clone(), right.clone()];
        moved[0].id = ChallengeId(Uuid::from_u128(9));
        moved[1].subject = Uuid::from_u128(9);
        moved[2].destination = LoginId::classify("budi@example.test", "ID").unwrap();
        for mut challenge in moved {
            assert_eq!(challenge.attempt(&shown("123456"), Pressure::default(), now()), Verdict::Wrong);
            assert_eq!(challenge.tries_left, 4, "the try counts");
        }
    }

    #[test]
    fn row_6_a_right_code_shown_for_another_purpose_or_by_another_account_is_a_wrong_one() {
        let right = challenge("123456");
        let owner = Shown { by: Some(right.subject), ..shown("123456") };
        assert_eq!(right.clone().attempt(&owner, Pressure::default(), now()), Verdict::Right);
        let others = Purpose::ALL.iter().filter(|purpose| **purpose != right.purpose);
        let others = others.map(|purpose| Shown { purpose: *purpose, ..shown("123456") });
        for swapped in others.chain([Shown { by: Some(Uuid::from_u128(9)), ..shown("123456") }]) {
            let mut challenge = right.clone();
            assert_eq!(challenge.attempt(&swapped, Pressure::default(), now()), Verdict::Wrong, "{swapped:?}");
            assert_eq!(challenge.tries_left, 4, "the try counts");
        }
    }

    #[test]
    fn row_3_wrong_codes_count_against_whoever_is_guessed_at() {
        let against = |purpose| Challenge { purpose, ..challenge("1234") }.counted_against();
        let (account, contact) = (format!("account/{}", Uuid::from_u128(2)), "email/siti@example.test".to_owned());
        assert_eq!(against(Purpose::UsapiSignup), [contact.as_str()]);
        assert_eq!(against(Purpose::AppSignup), [contact.as_str()]);
        assert_eq!(against(Purpose::AppSignIn), [account.as_str()]);
        assert_eq!(against(Purpose::AppReset), [account.as_str()]);
        assert_eq!(against(Purpose::AppEmail), [account.clone(), contact.clone()]);
        assert_eq!(against(Purpose::AppPhone), [account, contact]);
    }

    #[test]
    fn a_number_does_not_begin_with_zero_and_has_every_other_first_digit() {
        let entropy = CountingEntropy::default();
        let first: std::collections::BTreeSet<_> = (0..500).map(|_| Code::draw_number(4, &entropy).expose().as_bytes()[0]).collect();
        assert_eq!(first.into_iter().collect::<Vec<_>>(), b"123456789");
        assert!((0..500).any(|_| Code::draw_number(4, &entropy).expose().ends_with('0')));
    }

    #[test]
    fn a_code_works_until_the_moment_it_expires() {
        let mut late = challenge("123456");
        let end = late.expires_at;
        assert_eq!(late.clone().attempt(&shown("123456"), Pressure::default(), end - 1.millisecond()), Verdict::Right);
        assert_eq!(late.attempt(&shown("123456"), Pressure::default(), end), Verdict::Expired);
        assert_eq!(late.tries_left, 5);
    }

    #[test]
    fn row_8_a_code_of_another_length_costs_no_try() {
        let mut challenge = challenge("123456");
        for other in ["1234", "12345", "1234567", "12345678"] {
            assert_eq!(challenge.attempt(&shown(other), Pressure::default(), now()), Verdict::Dead);
        }
        assert_eq!(challenge.tries_left, 5);
        assert_eq!(challenge.attempt(&shown("123456"), Pressure::default(), now()), Verdict::Right);
    }

    #[test]
    fn row_8_odd_forms_are_no_codes() {
        for odd in [" 1234", "1234 ", "１２３４", "1234.0", "-1", "+1234", "", "123", "123456789", "12a4", "1234\n"] {
            assert_eq!(Code::parse(odd).map(|_| ()), Err(NotACode), "{odd:?}");
        }
    }

    #[test]
    fn every_digit_is_drawn_about_equally_often() {
        let entropy = CountingEntropy::default();
        let mut seen = [0_u32; 10];
        for _ in 0..10_000 {
            for byte in Code::draw(6, &entropy).expose().bytes() {
                seen[usize::from(byte - b'0')] += 1;
            }
        }
        // 6,000 each on average; five standard deviations are 367.
        assert!(seen.iter().all(|&n| (5_633..6_367).contains(&n)), "{seen:?}");
    }

    proptest! {
        /// Whatever is tried in whatever order, a challenge says `Right` at most once and compares at most `tries` codes.
        #[test]
        fn at_most_one_success_and_no_more_comparisons_than_tries(
            attempts in prop::collection::vec((0_u32..4, 0_i64..900), 1..40), digits in 4_usize..=8,
        ) {
            let right = &"12345678"[..digits];
            let mut challenge = challenge(right);
            let (mut rights, mut compared) = (0, 0);
            for (guess, seconds) in attempts {
                let guess = if guess == 0 { shown(right) } else { shown(&"87654321"[..digits]) };
                match challenge.attempt(&guess, Pressure::default(), now() + seconds.seconds()) {
                    Verdict::Right => { rights += 1; compared += 1; }
                    Verdict::Wrong => compared += 1,
                    Verdict::Expired | Verdict::Dead => {}
                }
            }
            prop_assert!(rights <= 1);
            prop_assert!(compared <= Challenge::tries(challenge.digits));
        }
    }
}
