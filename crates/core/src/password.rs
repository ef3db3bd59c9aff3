//! Passwords: what a person typed, what a new one must be like, and the record that is kept of it.

use secrecy::{ExposeSecret as _, SecretString};

use crate::named::named;

/// A password as somebody typed it, counted in characters and hashed as exact bytes (threat row 23). It cannot be printed.
#[derive(Clone)]
pub struct Password(SecretString);

impl Password {
    /// What somebody typed to sign in; no rule applies to it.
    #[must_use]
    pub fn typed(text: &str) -> Self {
        Self(SecretString::from(text))
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

/// How long a new password must and may be, in characters (contract `common.md`, *Passwords*).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PasswordPolicy {
    /// The fewest characters.
    pub min: usize,
    /// The most characters.
    pub max: usize,
}

impl Default for PasswordPolicy {
    fn default() -> Self {
        Self { min: 6, max: 128 }
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
}

impl PasswordPolicy {
    /// Takes a new password.
    ///
    /// # Errors
    /// [`PasswordError`] when its length is not what the policy demands.
    pub fn accept(&self, text: &str) -> Result<Password, PasswordError> {
        match text.chars().count() {
            n if n < self.min => Err(PasswordError::TooShort { min: self.min }),
            n if n > self.max => Err(PasswordError::TooLong { max: self.max }),
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
    fn row_52_passwords_do_not_print() {
        let record = PasswordRecord { scheme: Scheme::Argon2id, phc: "$argon2id$hash".into() };
        assert_eq!(format!("{:?} {record:?}", Password::typed("hunter2")), "Password(..) PasswordRecord(argon2id)");
    }
}
