//! Which tokens were found to be signed by which of our keys lately. Checking an elliptic curve's signature takes longer than everything else that a session's check
//! does; whoever shows the same token again is spared it.
//!
//! It is remembered that a signature is good, and nothing else: what the token says, whether its time is over, its key still checks, and its session still lives
//! is asked at every call. What is kept of a token is its hash, and a token that anybody else could write is never kept: only good signatures get in. The memory is part of one
//! set of keys, and gone with it.

use std::sync::{Mutex, PoisonError};

use crate::secret::sha256;

/// Tokens that are remembered at most; each has one place, where it replaces another.
const PLACES: usize = 16 * 1024;

/// The memory.
pub(super) struct Seen(Box<[Mutex<Option<Entry>>]>);

#[derive(Clone, Copy)]
struct Entry {
    token: Fingerprint,
    key: u32,
}

/// The hash of a token, signature and all.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Fingerprint([u8; 32]);

impl Fingerprint {
    pub(super) fn of(token: &str) -> Self {
        Self(sha256(token.as_bytes()))
    }
}

impl Default for Seen {
    fn default() -> Self {
        Self(std::iter::repeat_with(|| Mutex::new(None)).take(PLACES).collect())
    }
}

impl Seen {
    /// Which key, by its place among all, signed the token; `None`: not known.
    pub(super) fn signer(&self, token: Fingerprint) -> Option<usize> {
        let entry = (*self.place(token)?.lock().unwrap_or_else(PoisonError::into_inner))?;
        (entry.token == token).then_some(entry.key as usize)
    }

    /// The token was found to be signed by the `key`th of all keys.
    pub(super) fn remember(&self, token: Fingerprint, key: usize) {
        let Ok(key) = u32::try_from(key) else { return };
        if let Some(place) = self.place(token) {
            *place.lock().unwrap_or_else(PoisonError::into_inner) = Some(Entry { token, key });
        }
    }

    fn place(&self, Fingerprint([first, second, ..]): Fingerprint) -> Option<&Mutex<Option<Entry>>> {
        self.0.get(usize::from(u16::from_be_bytes([first, second])) % PLACES)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_known_by_all_of_it() {
        let seen = Seen::default();
        seen.remember(Fingerprint::of("a.b.c"), 2);
        assert_eq!(seen.signer(Fingerprint::of("a.b.c")), Some(2));
        assert_eq!(seen.signer(Fingerprint::of("a.b.d")), None);
    }

    #[test]
    fn who_takes_a_place_is_not_taken_for_whoever_had_it() {
        let seen = Seen::default();
        let (mut one, mut other) = ([7; 32], [7; 32]);
        (one[31], other[31]) = (1, 2);
        seen.remember(Fingerprint(one), 0);
        assert_eq!(seen.signer(Fingerprint(other)), None);
        seen.remember(Fingerprint(other), 1);
        assert_eq!((seen.signer(Fingerprint(one)), seen.signer(Fingerprint(other))), (None, Some(1)));
    }
}
