//! Passwords: what a person typed, what a new one must be like, and the record that is kept of it.

use secrecy::{ExposeSecret as _, SecretString};

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

/// Most characters of a password on App (contract `app-auth.md`).
const APP_MAX: usize = 40;
/// Characters of a password that we make up: about 70 bits.
const MADE_UP: usize = 12;

/// How long a new password must and may be, in characters, and of what (contract `common.md`, *Passwords*).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PasswordPolicy {
    /// The fewest characters.
    pub min: usize,
    /// The most characters.
    pub max: usize,
    /// Whether white space and control characters may be among them.
    pub blanks: bool,
}

impl Default for PasswordPolicy {
    fn default() -> Self {
        Self { min: 6, max: 128, blanks: true }
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
        Self { min: self.min, max: self.max.min(APP_MAX).max(self.min), blanks: false }
    }

    /// Makes up a password that the policy takes.
    #[must_use]
    pub fn make_up(&self, entropy: &dyn Entropy) -> Password {
        let length = MADE_UP.min(self.max).max(self.min);
        let text: zeroize::Zeroizing<String> = zeroize::Zeroizing::new((0..length).map(|_| char::from(pick(entropy, UNMISTAKABLE))).collect());
        Password::typed(&text)
    }

    /// Takes a new password.
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
    }
}

/// A password as it is kept.
#[derive(Clone, PartialEq, Eq)]
pub struct PasswordRecord {
    /// How it was made.
    pub scheme: Scheme,
    /// The hash, as a PHC string.
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
        let upward = PasswordPolicy { min: 12, max: 30, blanks: true }.app();
        assert_eq!((upward.min, upward.max), (12, 30));
        assert_eq!(PasswordPolicy { min: 50, max: 128, blanks: true }.app().max, 50);
    }

    #[test]
    fn a_password_that_we_make_up_is_one_that_the_policy_takes() {
        let entropy = crate::ports::testing::CountingEntropy::default();
        for (min, max, length) in [(6, 40, 12), (20, 40, 20), (6, 8, 8)] {
            let policy = PasswordPolicy { min, max, blanks: false };
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
    }
}
