//! The keys that this process works with right now, and how they follow the store's.
//!
//! Whoever looks for a key takes a snapshot, without a lock. The snapshot is renewed regularly, and when a token names a key that is not in it:
//! another replica may have signed with a key that is newer than our last look, and refusing its token would be wrong. Such askers wait for a
//! reading that begins after they asked; one serves all who wait, and there is at most one a second, so that a flood of made-up names costs
//! the store nothing.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use arc_swap::ArcSwap;
use jsonwebtoken::jwk::JwkSet;
use tokio::sync::Mutex;
use tokio::time::{Interval, MissedTickBehavior, interval};

use super::seen::{Fingerprint, Seen};
use super::signing_key::{KeyError, SigningKey};
use super::stored::{SealedKey, StoredKeyError, StoredKeys, Term, signing};
use crate::ports::{StoreError, Timestamp};
use crate::service::Fault;

/// The shortest time between two readings for the sake of unknown keys.
const PACE: Duration = Duration::from_secs(1);
/// A stored key's name is a SHA-256 thumbprint (RFC 7638) in base64: nothing else is worth a question.
const KID_LEN: usize = 43;

/// Keys, the newest first; never none.
pub(super) struct Keys {
    all: Vec<(SigningKey, Term)>,
    seen: Seen,
}

impl Keys {
    /// Keys of which the first signs and all check, for ever.
    pub(super) fn lasting(keys: Vec<SigningKey>) -> Result<Self, KeyError> {
        Self::of(keys.into_iter().map(|key| (key, Term::ALWAYS)).collect())
    }

    fn of(keys: Vec<(SigningKey, Term)>) -> Result<Self, KeyError> {
        if keys.is_empty() { Err(KeyError::Missing) } else { Ok(Self { all: keys, seen: Seen::default() }) }
    }

    fn opened(stored: &StoredKeys, sealed: &[SealedKey]) -> Result<Self, StoredKeyError> {
        let keys = sealed.iter().map(|key| Ok((stored.open(key)?, key.term))).collect::<Result<_, StoredKeyError>>()?;
        Ok(Self::of(keys)?)
    }

    /// The key that signs.
    pub(super) fn signing(&self, now: Timestamp) -> Result<&SigningKey, KeyError> {
        signing(&self.all, |(_, term)| *term, now).map(|(key, _)| key).ok_or(KeyError::Missing)
    }

    /// The key of this name, and whether it still checks.
    pub(super) fn find(&self, kid: &str, now: Timestamp) -> Option<(&SigningKey, bool)> {
        self.all.iter().find(|(key, _)| key.kid == kid).map(|(key, term)| (key, !term.is_over(now)))
    }

    /// Whether the token is known to be signed by one of these keys, which still checks.
    pub(super) fn have_signed(&self, token: Fingerprint, now: Timestamp) -> bool {
        let signer = self.seen.signer(token).and_then(|place| self.all.get(place));
        signer.is_some_and(|(_, term)| !term.is_over(now))
    }

    /// Remembers that the token was found to be signed by one of them.
    pub(super) fn remember(&self, token: Fingerprint, key: &SigningKey) {
        if let Some(place) = self.all.iter().position(|(known, _)| std::ptr::eq(known, key)) {
            self.seen.remember(token, place);
        }
    }

    /// The public halves of those that sign, will sign, or check.
    pub(super) fn public(&self, now: Timestamp) -> JwkSet {
        JwkSet { keys: self.all.iter().filter(|(_, term)| !term.is_over(now)).filter_map(|(key, _)| key.public.clone()).collect() }
    }
}

/// The store behind a ring, and what was read of it.
pub(super) struct Source {
    stored: StoredKeys,
    /// How many readings have begun.
    begun: AtomicU64,
    readings: Mutex<Readings>,
}

#[derive(Default)]
struct Readings {
    /// The last reading that came to an end, and how.
    ended: u64,
    failed: Option<Arc<StoredKeyError>>,
    /// What the snapshot was made of, so that it is made anew only when something has changed.
    seen: Vec<SealedKey>,
    pace: Option<Interval>,
}

impl Source {
    /// Reads the store's keys for the first time.
    pub(super) async fn open(stored: StoredKeys) -> Result<(Self, Keys), StoredKeyError> {
        let seen = stored.load().await?;
        let keys = Keys::opened(&stored, &seen)?;
        Ok((Self { stored, begun: AtomicU64::new(0), readings: Mutex::new(Readings { seen, ..Readings::default() }) }, keys))
    }

    /// Reads the store's keys.
    pub(super) async fn read(&self, into: &ArcSwap<Keys>) -> Result<(), Arc<StoredKeyError>> {
        let mut readings = self.readings.lock().await;
        self.read_now(&mut readings, into).await
    }

    /// Reads the store's keys, or takes part in a reading that began after this call.
    pub(super) async fn read_together(&self, into: &ArcSwap<Keys>) -> Result<(), Arc<StoredKeyError>> {
        let asked = self.begun.load(Ordering::SeqCst);
        let mut readings = self.readings.lock().await;
        if readings.ended > asked {
            return readings.failed.clone().map_or(Ok(()), Err);
        }
        readings.pace.get_or_insert_with(paced).tick().await;
        self.read_now(&mut readings, into).await
    }

    async fn read_now(&self, readings: &mut Readings, into: &ArcSwap<Keys>) -> Result<(), Arc<StoredKeyError>> {
        let number = self.begun.fetch_add(1, Ordering::SeqCst) + 1;
        let outcome = self.renew(&mut readings.seen, into).await.map_err(Arc::new);
        readings.ended = number;
        readings.failed = outcome.as_ref().err().cloned();
        outcome
    }

    async fn renew(&self, seen: &mut Vec<SealedKey>, into: &ArcSwap<Keys>) -> Result<(), StoredKeyError> {
        let sealed = self.stored.load().await?;
        if sealed != *seen {
            into.store(Arc::new(Keys::opened(&self.stored, &sealed)?));
            *seen = sealed;
        }
        Ok(())
    }
}

/// Whether a stored key could have this name.
pub(super) fn is_plausible(kid: &str) -> bool {
    kid.len() == KID_LEN && kid.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
}

fn paced() -> Interval {
    let mut pace = interval(PACE);
    pace.set_missed_tick_behavior(MissedTickBehavior::Delay);
    pace
}

/// What a failed reading means for whoever had to know.
pub(super) fn fault(error: Arc<StoredKeyError>) -> Fault {
    match *error {
        StoredKeyError::Store(StoreError::Overloaded) => Fault::Overloaded,
        StoredKeyError::Store(StoreError::Unavailable(_)) => Fault::Unavailable(error.into()),
        StoredKeyError::Store(StoreError::Corrupt { .. } | StoreError::Failed(_)) | StoredKeyError::Sealed { .. } | StoredKeyError::Unusable(_) => {
            Fault::broken(error)
        }
    }
}
