//! Passwords: what a person typed, what a client made of it, what a new one must be like, and the record that is kept of it.

pub mod common;

use md5::{Digest as _, Md5};
use secrecy::{ExposeSecret as _, SecretString};
use zeroize::Zeroizing;

use crate::named::named;
use crate::ports::Entropy;
use crate::secret::{UNMISTAKABLE, pick};

/// A password as somebody typed it, counted in characters and hashed as exact bytes (threat row 23). It cannot be printed.
#[derive(Clone)]
pub struct Password(SecretString);

impl Password {
    /// What somebody typed to sign in; no rule applies to it.
    #[must_use]
    pub fn typed(text: &str) -> Self {
        Self(SecretString::from(text))
    }

    /// The password, for the message that carries one that we made up.
    pub(crate) fn expose(&self) -> &str {
        self.0.expose_secret()
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        self.0.expose_secret().as_bytes()
    }
}

impl std::fmt::Debug for Password {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Password(..)")
    }
}

/// Hexadecimal digits of an MD5 digest.
const MD5_DIGITS: usize = 32;
/// What a client makes of no password at all.
const MD5_OF_NOTHING: &str = "D41D8CD98F00B204E9800998ECF8427E";

/// What an INVAS client sends in place of a new password: `UPPERCASE(HEX(MD5(password)))` (contract `common.md`, *Passwords*). It cannot be printed, and it is
/// no [`Password`]: whoever types it signs in nowhere (threat row 22).
#[derive(Clone)]
pub struct PreHashedPassword(SecretString);

/// Why a text is no pre-hashed password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PreHashedPasswordError {
    /// Something else than 32 upper-case hexadecimal digits.
    #[error("a pre-hashed password is 32 upper-case hexadecimal digits")]
    Malformed,
    /// What MD5 makes of the empty text.
    #[error("the password that was hashed is empty")]
    Empty,
}

impl PreHashedPassword {
    /// Takes what a client sent for a new password.
    ///
    /// # Errors
    /// [`PreHashedPasswordError`].
    pub fn parse(text: &str) -> Result<Self, PreHashedPasswordError> {
        if text.len() != MD5_DIGITS || !text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'A'..=b'F')) {
            return Err(PreHashedPasswordError::Malformed);
        }
        if text == MD5_OF_NOTHING {
            return Err(PreHashedPasswordError::Empty);
        }
        Ok(Self(SecretString::from(text)))
    }

    /// The digits that a client makes of this password.
    pub(crate) fn of(password: &Password) -> Self {
        let digest = Zeroizing::new(<[u8; 16]>::from(Md5::digest(password.bytes())));
        let digit = |nibble: u8| char::from_digit(u32::from(nibble), 16).unwrap_or_default().to_ascii_uppercase();
        let mut digits = String::with_capacity(MD5_DIGITS);
        digits.extend(digest.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]));
        Self(SecretString::from(digits))
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        self.0.expose_secret().as_bytes()
    }

    /// What the digits stand for.
    fn digest(&self) -> [u8; 16] {
        u128::from_str_radix(self.0.expose_secret(), 16).unwrap_or_default().to_be_bytes()
    }
}

impl std::fmt::Debug for PreHashedPassword {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PreHashedPassword(..)")
    }
}

/// Most characters of a password on App (contract `app-auth.md`).
const APP_MAX: usize = 40;
/// Characters of a password that we make up: about 70 bits.
const MADE_UP: usize = 12;

/// What a new password must be like (contract `common.md`, *Passwords*).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PasswordPolicy {
    /// The fewest characters.
    pub min: usize,
    /// The most characters.
    pub max: usize,
    /// Whether white space and control characters may be among them.
    pub blanks: bool,
    /// The fewest guesses after which somebody may come to it (see [`common::guesses`]); 0: what is easy to guess is taken, too.
    pub min_guesses: u32,
}

impl Default for PasswordPolicy {
    fn default() -> Self {
        Self { min: 6, max: 128, blanks: true, min_guesses: 0 }
    }
}

/// Why a new password is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PasswordError {
    /// Fewer characters than the policy demands.
    #[error("the password has fewer than {min} characters")]
    TooShort {
        /// The fewest characters.
        min: usize,
    },
    /// More characters than the policy allows.
    #[error("the password has more than {max} characters")]
    TooLong {
        /// The most characters.
        max: usize,
    },
    /// White space or a control character, where the policy allows none.
    #[error("the password has white space or control characters")]
    Blank,
}

impl PasswordPolicy {
    /// The policy of App: at most 40 characters, none of them blank; no shorter than everywhere.
    #[must_use]
    pub fn app(self) -> Self {
        Self { max: self.max.min(APP_MAX).max(self.min), blanks: false, ..self }
    }

    /// Makes up a password that the policy takes.
    #[must_use]
    pub fn make_up(&self, entropy: &dyn Entropy) -> Password {
        let length = MADE_UP.min(self.max).max(self.min);
        let text: Zeroizing<String> = Zeroizing::new((0..length).map(|_| char::from(pick(entropy, UNMISTAKABLE))).collect());
        Password::typed(&text)
    }

    /// Takes a new password of the right length. Whether it is too common is found out when it is set.
    ///
    /// # Errors
    /// [`PasswordError`] when it is not what the policy demands.
    pub fn accept(&self, text: &str) -> Result<Password, PasswordError> {
        match text.chars().count() {
            n if n < self.min => Err(PasswordError::TooShort { min: self.min }),
            n if n > self.max => Err(PasswordError::TooLong { max: self.max }),
            _ if !self.blanks && text.chars().any(|c| c.is_whitespace() || c.is_control()) => Err(PasswordError::Blank),
            _ => Ok(Password::typed(text)),
        }
    }
}

named! {
    /// How a kept password was made.
    Scheme {
        /// Argon2id over the peppered password.
        Argon2id = "argon2id",
        /// Argon2id over the peppered 32 digits that an INVAS client made of the password.
        Md5Argon2id = "md5+argon2id",
        /// As other software made it, who knows how slowly (see [`crate::foreign`]).
        Foreign = "foreign",
        /// Argon2id over the peppered output of a fast hash that other software made.
        ForeignArgon2id = "foreign+argon2id",
    }
}

/// A password as it is kept.
#[derive(Clone, PartialEq, Eq)]
pub struct PasswordRecord {
    /// How it was made.
    pub scheme: Scheme,
    /// The hash: as a PHC string where we made it, behind the recipe of a foreign one and a blank where it is over that, else as
    /// [`ForeignHash::text`].
    ///
    /// [`ForeignHash::text`]: crate::foreign::ForeignHash::text
    pub phc: String,
}

impl std::fmt::Debug for PasswordRecord {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "PasswordRecord({})", self.scheme.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn row_23_length_is_counted_in_characters() {
        let policy = PasswordPolicy::default();
        assert!(policy.accept("日本語日本語").is_ok());
        assert_eq!(policy.accept("日本語日本").map(|_| ()), Err(PasswordError::TooShort { min: 6 }));
        assert!(policy.accept(&"é".repeat(128)).is_ok());
        assert_eq!(policy.accept(&"é".repeat(129)).map(|_| ()), Err(PasswordError::TooLong { max: 128 }));
    }

    #[test]
    fn app_takes_6_to_40_characters_without_blanks() {
        let policy = PasswordPolicy::default().app();
        for good in ["abcde1", "p@$$w0rd!", "密碼密碼密碼", &"é".repeat(40)] {
            assert!(policy.accept(good).is_ok(), "{good}");
        }
        assert_eq!(policy.accept("abcd5").map(|_| ()), Err(PasswordError::TooShort { min: 6 }));
        assert_eq!(policy.accept(&"x".repeat(41)).map(|_| ()), Err(PasswordError::TooLong { max: 40 }));
        for blank in ["abc def", " abcdef", "abcdef\t", "abc\u{a0}def", "abc\u{3000}def", "abc\u{7f}def", "abc\u{85}def"] {
            assert_eq!(policy.accept(blank).map(|_| ()), Err(PasswordError::Blank), "{blank:?}");
        }
        let upward = PasswordPolicy { min: 12, max: 30, ..PasswordPolicy::default() }.app();
        assert_eq!((upward.min, upward.max), (12, 30));
        assert_eq!(PasswordPolicy { min: 50, max: 128, ..PasswordPolicy::default() }.app().max, 50);
    }

    #[test]
    fn a_password_that_we_make_up_is_one_that_the_policy_takes() {
        let entropy = crate::ports::testing::CountingEntropy::default();
        for (min, max, length) in [(6, 40, 12), (20, 40, 20), (6, 8, 8)] {
            let policy = PasswordPolicy { min, max, blanks: false, min_guesses: 0 };
            let (one, other) = (policy.make_up(&entropy), policy.make_up(&entropy));
            assert!(policy.accept(one.expose()).is_ok());
            assert_eq!(one.expose().len(), length);
            assert_ne!(one.expose(), other.expose());
        }
    }

    #[test]
    fn row_52_passwords_do_not_print() {
        let record = PasswordRecord { scheme: Scheme::Argon2id, phc: "$argon2id$hash".into() };
        assert_eq!(format!("{:?} {record:?}", Password::typed("hunter2")), "Password(..) PasswordRecord(argon2id)");
        assert_eq!(format!("{:?}", PreHashedPassword::of(&Password::typed("hunter2"))), "PreHashedPassword(..)");
    }

    #[test]
    fn a_pre_hashed_password_is_what_md5_makes_of_the_password() {
        // RFC 1321, appendix A.5.
        for (text, digits) in [
            ("a", "0CC175B9C0F1B6A831C399E269772661"),
            ("abc", "900150983CD24FB0D6963F7D28E17F72"),
            ("message digest", "F96B697D7CB7938D525A2F31AAF161D0"),
            ("abcdefghijklmnopqrstuvwxyz", "C3FCD3D76192E4007DFB496CCA67E13B"),
            ("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789", "D174AB98D277D9F5A5611C2C9F419D9F"),
            ("12345678901234567890123456789012345678901234567890123456789012345678901234567890", "57EDF4A22BE3C955AC49DA2E2107B67A"),
        ] {
            let made = PreHashedPassword::of(&Password::typed(text));
            assert_eq!(made.bytes(), digits.as_bytes(), "{text}");
            assert_eq!(PreHashedPassword::parse(digits).unwrap().bytes(), digits.as_bytes(), "{text}");
        }
        assert_eq!(PreHashedPassword::of(&Password::typed("")).bytes(), MD5_OF_NOTHING.as_bytes());
    }

    #[test]
    fn a_pre_hashed_password_is_32_upper_case_digits_and_not_of_nothing() {
        let good = "5EBE2294ECD0E0F08EAB7690D2A6EE69";
        assert!(PreHashedPassword::parse(good).is_ok());
        let odd = [
            &good.to_lowercase(),
            good.strip_prefix('5').unwrap(),
            &format!("{good}0"),
            &format!("{good}\n"),
            &format!(" {}", good.strip_prefix('5').unwrap()),
            &good.replace('E', "G"),
            "",
            "secret",
        ];
        for text in odd {
            assert_eq!(PreHashedPassword::parse(text).map(|_| ()), Err(PreHashedPasswordError::Malformed), "{text:?}");
        }
        // Thirty-two bytes, thirty-two characters: both are counted.
        for text in ["é".repeat(16), "５".repeat(32), "é".repeat(32)] {
            assert_eq!(PreHashedPassword::parse(&text).map(|_| ()), Err(PreHashedPasswordError::Malformed), "{text:?}");
        }
        assert_eq!(PreHashedPassword::parse(MD5_OF_NOTHING).map(|_| ()), Err(PreHashedPasswordError::Empty));
    }
}
