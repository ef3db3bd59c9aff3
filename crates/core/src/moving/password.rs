//! Passwords as they are written in a row: a foreign hash as [`crate::foreign`] reads it, or one of ours, with the name of the pepper that it was
//! made under.

use super::super::hashing;
use crate::foreign::{ForeignHash, ForeignHashError};
use crate::password::{PasswordRecord, Scheme};
use crate::secret::Secrets;

/// What ours begin with.
const OURS: &str = "daftar";

/// The name of a pepper: what tells one master key from another, and nothing of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PepperName(String);

impl PepperName {
    /// The name of an installation's pepper.
    #[must_use]
    pub fn of(secrets: &Secrets) -> Self {
        Self(secrets.fingerprint.0.iter().take(8).map(|byte| format!("{byte:02x}")).collect())
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A password that a row brings along.
#[derive(Clone, PartialEq, Eq)]
pub enum Brought {
    /// A record that we made ourselves, under the same pepper.
    Ours(PasswordRecord),
    /// A hash that other software made.
    Foreign(ForeignHash),
}

impl std::fmt::Debug for Brought {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Ours(record) => record.fmt(f),
            Self::Foreign(hash) => hash.fmt(f),
        }
    }
}

/// Why a password cannot be brought along.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BroughtError {
    /// It is no hash that can be taken.
    #[error(transparent)]
    Foreign(#[from] ForeignHashError),
    /// It was exported under another master key.
    #[error("the hash was exported under another master key, without which nobody can check it: bring that key along first (docs/moving.md)")]
    OtherPepper,
    /// It begins like one of ours, and goes on otherwise.
    #[error("the hash looks like one that was exported here, but is not well-formed")]
    Malformed,
}

impl Brought {
    /// Takes what a row says.
    ///
    /// # Errors
    /// [`BroughtError`].
    pub fn parse(text: &str, pepper: &PepperName) -> Result<Self, BroughtError> {
        let Some(rest) = text.strip_prefix(OURS).and_then(|rest| rest.strip_prefix(':')) else {
            return Ok(Self::Foreign(ForeignHash::parse(text)?));
        };
        let mut parts = rest.splitn(3, ':');
        let (Some(scheme), Some(name), Some(phc)) = (parts.next(), parts.next(), parts.next()) else { return Err(BroughtError::Malformed) };
        let scheme = Scheme::from_name(scheme).ok_or(BroughtError::Malformed)?;
        let record = PasswordRecord { scheme, phc: phc.to_owned() };
        if !hashing::is_ours(&record) {
            return Err(BroughtError::Malformed);
        }
        if name == pepper.0 { Ok(Self::Ours(record)) } else { Err(BroughtError::OtherPepper) }
    }

    /// A record as it is written in a row, which [`Brought::parse`] reads again.
    #[must_use]
    pub fn text(record: &PasswordRecord, pepper: &PepperName) -> String {
        match record.scheme {
            Scheme::Foreign => record.phc.clone(),
            scheme @ (Scheme::Argon2id | Scheme::Md5Argon2id | Scheme::ForeignArgon2id) => {
                format!("{OURS}:{}:{}:{}", scheme.name(), pepper.0, record.phc)
            }
        }
    }
}
