//! Password hashes that other software made, as somebody brings them along who moves here: read once, from one text, into a checked value, and
//! compared with what a person types. `docs/moving.md` shows every form; the names are those that Ory Kratos, Django and the modular crypt format
//! use.
//!
//! | kind | what it is | how it is kept |
//! |---|---|---|
//! | [`FastHash`] | MD5, SHA, HMAC, phpass: a thief tries billions a second | its output hashed by Argon2id under the pepper |
//! | [`SlowHash`] | bcrypt, Argon2, scrypt, PBKDF2, SHA-crypt | as it came |
//!
//! Either is made anew, as our own, when its owner signs in for the first time. A hash is refused when it is read if checking it would take more than
//! about two seconds or 256 MiB: whoever knows such an account's name could make the server work for nothing.

mod fast;
pub(crate) mod fields;
mod slow;
#[cfg(test)]
mod tests;

pub use fast::{FastHash, Recipe};
pub use slow::SlowHash;

use crate::password::Password;

/// Longest text of a hash, in bytes. None that is known comes near.
const TEXT_MAX: usize = 2048;
/// Longest password that is compared with a foreign hash, in bytes: some algorithms take time that grows with its square.
const PASSWORD_MAX: usize = 4096;

/// Why a text is no hash that can be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ForeignHashError {
    /// It is none of the forms that are known.
    #[error("the hash has none of the known forms")]
    Unknown,
    /// It begins like a known form, and goes on otherwise.
    #[error("the hash looks like {0}, but is not well-formed")]
    Malformed(&'static str),
    /// Checking it would take too much time or memory.
    #[error("checking this {0} hash would take too much time or memory")]
    TooCostly(&'static str),
}

/// A password hash that other software made.
#[derive(Clone, PartialEq, Eq)]
pub enum ForeignHash {
    /// One that is computed in no time.
    Fast(FastHash),
    /// One that is made to take its time.
    Slow(SlowHash),
}

impl ForeignHash {
    /// Takes the text of a hash, whatever its form.
    ///
    /// # Errors
    /// [`ForeignHashError`].
    pub fn parse(text: &str) -> Result<Self, ForeignHashError> {
        let text = text.trim();
        if text.len() > TEXT_MAX || !text.is_ascii() {
            return Err(ForeignHashError::Unknown);
        }
        if let Some(fast) = FastHash::parse(text)? {
            return Ok(Self::Fast(fast));
        }
        SlowHash::parse(text)?.map(Self::Slow).ok_or(ForeignHashError::Unknown)
    }

    /// The one text that stands for it here, which [`ForeignHash::parse`] reads again.
    #[must_use]
    pub fn text(&self) -> String {
        match self {
            Self::Fast(fast) => fast.text(),
            Self::Slow(slow) => slow.text(),
        }
    }
}

impl std::fmt::Debug for ForeignHash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let kind = match self {
            Self::Fast(_) => "fast",
            Self::Slow(_) => "slow",
        };
        write!(f, "ForeignHash({kind})")
    }
}

/// Whether this is the password of which the hash was made, in time that does not depend on where they differ.
///
/// # Errors
/// There is no memory to find out.
pub fn verify(password: &Password, hash: &ForeignHash) -> Result<bool, argon2_rust::Error> {
    match hash {
        ForeignHash::Fast(fast) => Ok(fast.verify(password)),
        ForeignHash::Slow(slow) => slow.verify(password),
    }
}

/// The bytes of a password, if it is not too long to be compared.
fn bytes_of(password: &Password) -> Option<&[u8]> {
    Some(password.bytes()).filter(|bytes| bytes.len() <= PASSWORD_MAX)
}

/// Whether both are the same, in time that does not depend on where they differ.
fn same(one: &[u8], other: &[u8]) -> bool {
    !other.is_empty() && aws_lc_rs::constant_time::verify_slices_are_equal(one, other).is_ok()
}
