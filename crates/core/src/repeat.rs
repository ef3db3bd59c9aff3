//! Repeated calls: `idempotency-key` makes a call that a client sends twice happen once (contract `common.md`, *Limits and repeats*;
//! threat row 58). The first answer is kept in the transaction that made what it tells of, so no crash can part them; only successes are kept.

use std::time::Duration;

use crate::client::ClientId;
use crate::secret::{Mac, MacKey};

/// How long a repeat gets the first answer.
pub const REMEMBERED: Duration = Duration::from_secs(24 * 60 * 60);

/// The most characters of a key.
pub const REPEAT_KEY_MAX: usize = 128;

/// What a client calls its call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RepeatKey(String);

/// The header's value is not a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an idempotency key is 1 to 128 visible ASCII characters")]
pub struct NotARepeatKey;

impl RepeatKey {
    /// Takes 1 to 128 visible ASCII characters.
    ///
    /// # Errors
    /// [`NotARepeatKey`].
    pub fn parse(value: &[u8]) -> Result<Self, NotARepeatKey> {
        if (1..=REPEAT_KEY_MAX).contains(&value.len()) && value.iter().all(u8::is_ascii_graphic) {
            Ok(Self(value.iter().copied().map(char::from).collect()))
        } else {
            Err(NotARepeatKey)
        }
    }

    /// The key.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A call that may be a repeat.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Repeat {
    /// Who calls.
    pub client: ClientId,
    /// What the client calls this call.
    pub key: RepeatKey,
    /// A keyed fingerprint of endpoint and body, which holds a password: a plain hash of it would be worth stealing (row 54).
    pub fingerprint: Mac,
}

impl Repeat {
    /// Describes a call of `client` to `endpoint` with `body`.
    #[must_use]
    pub fn new(client: ClientId, key: RepeatKey, endpoint: &str, body: &[u8], secret: &MacKey) -> Self {
        Self { client, key, fingerprint: secret.sign(&[endpoint.as_bytes(), body]) }
    }
}

/// What the store found under a repeat's key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Repeated<T> {
    /// Nothing: the call was carried out.
    First(T),
    /// The same call: here is what was kept of its outcome.
    Again(Vec<u8>),
    /// Another call: the key is taken.
    Different,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_1_to_128_visible_characters() {
        assert!(RepeatKey::parse(b"a").is_ok());
        assert!(RepeatKey::parse(&[b'~'; 128]).is_ok());
        for bad in [b"".as_slice(), &[b'x'; 129], b"with blank", b"caf\xc3\xa9", b"tab\t"] {
            assert_eq!(RepeatKey::parse(bad), Err(NotARepeatKey));
        }
    }
}
