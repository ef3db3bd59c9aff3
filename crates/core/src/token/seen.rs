//! Which tokens were found to be signed by which of our keys lately. Checking an elliptic curve's signature takes longer than everything else that a session's check
//! does; whoever shows the same token again is spared it.
//!
//! It is remembered that a signature is good, and nothing else: what the token says, whether its time is over, its key still checks, and its session still lives
//! is asked at every call. What is kept of a token is its hash, and a token that anybody else could write is never kept: only good signatures get in. The memory is part of one
//! set of keys, and gone with it.

use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::secret::sha256;

/// Shelves, and the tokens that each has room for: those that came last.
const SHELVES: usize = 8 * 1024;
const ROOM: usize = 4;

/// The memory.
pub(super) struct Seen(Box<[Mutex<Shelf>]>);

type Shelf = [Option<Entry>; ROOM];

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
        Self(std::iter::repeat_with(Mutex::default).take(SHELVES).collect())
    }
}

impl Seen {
    /// Which key, by its place among all, signed the token; `None`: not known.
    pub(super) fn signer(&self, token: Fingerprint) -> Option<usize> {
        let entry = self.shelf(token)?.iter().flatten().find(|entry| entry.token == token)?.key;
        usize::try_from(entry).ok()
    }

    /// The token was found to be signed by the `key`th of all keys.
    pub(super) fn remember(&self, token: Fingerprint, key: usize) {
        let (Ok(key), Some(mut shelf)) = (u32::try_from(key), self.shelf(token)) else { return };
        shelf.rotate_right(1);
        if let Some(first) = shelf.first_mut() {
            *first = Some(Entry { token, key });
        }
    }

    fn shelf(&self, Fingerprint([first, second, ..]): Fingerprint) -> Option<MutexGuard<'_, Shelf>> {
        let shelf = self.0.get(usize::from(u16::from_be_bytes([first, second])) % SHELVES)?;
        Some(shelf.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(number: u8) -> Fingerprint {
        let mut bytes = [7; 32];
        bytes[31] = number;
        Fingerprint(bytes)
    }

    #[test]
    fn a_token_is_known_by_all_of_it() {
        let seen = Seen::default();
        seen.remember(Fingerprint::of("a.b.c"), 2);
        assert_eq!(seen.signer(Fingerprint::of("a.b.c")), Some(2));
        assert_eq!(seen.signer(Fingerprint::of("a.b.d")), None);
    }

    #[test]
    fn a_full_shelf_forgets_who_came_first_and_takes_nobody_for_another() {
        let seen = Seen::default();
        (0..=4).for_each(|number| seen.remember(token(number), usize::from(number)));
        let known: Vec<_> = (0..=5).map(|number| seen.signer(token(number))).collect();
        assert_eq!(known, [None, Some(1), Some(2), Some(3), Some(4), None]);
    }
}
