//! Signing keys that the store keeps, so that every replica has the same: sealed under the master key (threat row 54), made at the first start,
//! rotated by an operator beside running servers.
//!
//! ```text
//!          rotate       10 s later      next rotation, 10 s later      the last token ends
//! new key    |--- next ---->|------- signing ------->|------ checking ------>| gone
//! ```
//!
//! The pause before a new key signs is long enough for every replica to have read it, and for other services to find it published. Revoking,
//! for a key that leaked, knows no pause: the new key is the only one from that moment on.

use std::sync::Arc;
use std::time::Duration;

use zeroize::Zeroizing;

use super::signing_key::{KeyError, SigningKey};
use crate::named::named;
use crate::ports::{Clock, Entropy, SigningKeys, StoreError, Timestamp};
use crate::secret::{SealKey, Secrets, Unsealable};

/// How long a new key is known everywhere before anybody signs with it: several times as long as replicas take to read it.
pub const ANNOUNCED: Duration = Duration::from_secs(10);

/// From when a key signs, and until when it checks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Term {
    /// When it begins to sign, unless a newer one does.
    pub signs_from: Timestamp,
    /// When nothing that it signed is valid any more; `None`: not before it was replaced.
    pub retires_at: Option<Timestamp>,
}

impl Term {
    /// Of a key that the configuration holds: since ever and for ever.
    pub(super) const ALWAYS: Self = Self { signs_from: Timestamp::MIN, retires_at: None };

    pub(super) fn is_over(self, now: Timestamp) -> bool {
        self.retires_at.is_some_and(|at| at <= now)
    }
}

/// Which of `keys`, the newest first, signs at `now`: the newest that may, or, where a clock that is behind says that none may yet, the oldest.
pub(super) fn signing<K>(keys: &[K], term: impl Fn(&K) -> Term, now: Timestamp) -> Option<&K> {
    let mut live = keys.iter().filter(|key| !term(key).is_over(now));
    let oldest = live.clone().next_back();
    live.find(|key| term(key).signs_from <= now).or(oldest)
}

/// A key as the store keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedKey {
    /// Its name in tokens, and the context under which it is sealed.
    pub kid: String,
    /// Its PKCS #8 PEM text, sealed.
    pub sealed: Vec<u8>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it signs and checks.
    pub term: Term,
}

/// A new key takes over.
#[derive(Debug, Clone)]
pub struct Rotation {
    /// The new key.
    pub key: SealedKey,
    /// What becomes of the others.
    pub others: Others,
}

/// What becomes of the keys that a rotation replaces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Others {
    /// They check until what they signed is over, which lasts this long at most.
    Retire(Duration),
    /// They are worth nothing from now on.
    Vanish,
}

impl Rotation {
    /// The keys after the rotation, the newest first. `last_end` is when the last of what was signed so far ends, by the lifetimes that were
    /// configured when it was signed: they may have been longer than today's.
    #[must_use]
    pub fn turn(self, keys: Vec<SealedKey>, last_end: Option<Timestamp>) -> Vec<SealedKey> {
        let Self { mut key, others } = self;
        let Others::Retire(longest) = others else { return vec![key] };
        // One key is the newest, whatever the clocks say of those who rotate: two signers would both have to retire.
        let newest = keys.iter().map(|other| other.term.signs_from + Duration::from_millis(1)).max();
        key.term.signs_from = newest.map_or(key.term.signs_from, |after| after.max(key.term.signs_from));
        let retires_at = last_end.into_iter().fold(key.term.signs_from + longest, Timestamp::max);
        let others = keys.into_iter().map(|other| SealedKey {
            // Whoever was replaced before has signed nothing since.
            term: Term { retires_at: Some(other.term.retires_at.unwrap_or(retires_at)), ..other.term },
            ..other
        });
        std::iter::once(key).chain(others).collect()
    }
}

named! {
    /// What a key is for, right now.
    KeyState {
        /// It is published, and will sign.
        Next = "next",
        /// It signs.
        Signing = "signing",
        /// It checks what it signed.
        Checking = "checking",
    }
}

/// A key as an operator may see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyInfo {
    /// Its name in tokens.
    pub kid: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it signs and checks.
    pub term: Term,
    /// What it is for, right now.
    pub state: KeyState,
}

/// Why the kept keys are not to be had.
#[derive(Debug, thiserror::Error)]
pub enum StoredKeyError {
    /// The store failed.
    #[error("the store does not give the signing keys")]
    Store(#[from] StoreError),
    /// A key cannot be sealed or opened.
    #[error("the signing key {kid} cannot be opened")]
    Sealed {
        /// The key.
        kid: String,
        /// Why.
        source: Unsealable,
    },
    /// A key is no key, or there is none.
    #[error("a signing key cannot be used")]
    Unusable(#[from] KeyError),
}

/// The keys in a store and their administration, which needs less than the whole service: an operator's command does it beside a running server.
#[derive(Clone)]
pub struct StoredKeys {
    store: Arc<dyn SigningKeys>,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    seal: SealKey,
}

impl std::fmt::Debug for StoredKeys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("StoredKeys(..)")
    }
}

impl StoredKeys {
    /// The keys in `store`.
    #[must_use]
    pub fn new(store: Arc<dyn SigningKeys>, clock: Arc<dyn Clock>, entropy: Arc<dyn Entropy>, secrets: &Secrets) -> Self {
        Self { store, clock, entropy, seal: secrets.signing_keys.clone() }
    }

    /// Whether there is no key yet.
    ///
    /// # Errors
    /// [`StoredKeyError`].
    pub async fn is_empty(&self) -> Result<bool, StoredKeyError> {
        Ok(self.store.signing_keys().await?.is_empty())
    }

    /// Keeps a first key, if there is none yet: `existing`, from its PKCS #8 PEM text, or a new one.
    ///
    /// # Errors
    /// [`StoredKeyError`].
    pub async fn begin(&self, existing: Option<&str>) -> Result<(), StoredKeyError> {
        if self.is_empty().await? {
            let pem = existing.map_or_else(SigningKey::generate, |pem| Ok(Zeroizing::new(pem.to_owned())))?;
            self.store.first_signing_key(self.seal(&pem, self.clock.now())?).await?;
        }
        Ok(())
    }

    /// Adds a key that takes over in a moment; the others check what they signed until it is over, which lasts `longest` at most.
    ///
    /// # Errors
    /// [`StoredKeyError`].
    pub async fn rotate(&self, longest: Duration) -> Result<(), StoredKeyError> {
        let key = self.seal(&SigningKey::generate()?, self.clock.now() + ANNOUNCED)?;
        Ok(self.store.rotate_signing_keys(Rotation { key, others: Others::Retire(longest) }).await?)
    }

    /// Replaces every key at once: what they signed is worth nothing any more.
    ///
    /// # Errors
    /// [`StoredKeyError`].
    pub async fn revoke(&self) -> Result<(), StoredKeyError> {
        let key = self.seal(&SigningKey::generate()?, self.clock.now())?;
        Ok(self.store.rotate_signing_keys(Rotation { key, others: Others::Vanish }).await?)
    }

    /// Every key that is not over, the newest first.
    ///
    /// # Errors
    /// [`StoredKeyError`].
    pub async fn list(&self) -> Result<Vec<KeyInfo>, StoredKeyError> {
        let (keys, now) = (self.load().await?, self.clock.now());
        let signing = signing(&keys, |key| key.term, now).map(|key| key.kid.clone());
        let info = |SealedKey { kid, created_at, term, .. }| {
            let state = match &signing {
                Some(signing) if *signing == kid => KeyState::Signing,
                _ if term.signs_from > now => KeyState::Next,
                _ => KeyState::Checking,
            };
            KeyInfo { kid, created_at, term, state }
        };
        Ok(keys.into_iter().filter(|key| !key.term.is_over(now)).map(info).collect())
    }

    /// The same, once every key was opened: whether the master key is the right one, and what is kept whole.
    ///
    /// # Errors
    /// [`StoredKeyError`].
    pub async fn check(&self) -> Result<Vec<KeyInfo>, StoredKeyError> {
        for key in self.load().await? {
            self.open(&key)?;
        }
        self.list().await
    }

    /// Every key, the newest first.
    pub(super) async fn load(&self) -> Result<Vec<SealedKey>, StoredKeyError> {
        Ok(self.store.signing_keys().await?)
    }

    fn seal(&self, pem: &str, signs_from: Timestamp) -> Result<SealedKey, StoredKeyError> {
        let kid = SigningKey::es256(pem)?.kid().to_owned();
        let sealed = self.seal.seal(pem.as_bytes(), kid.as_bytes(), &*self.entropy);
        let sealed = sealed.map_err(|source| StoredKeyError::Sealed { kid: kid.clone(), source })?;
        Ok(SealedKey { kid, sealed, created_at: self.clock.now(), term: Term { signs_from, retires_at: None } })
    }

    pub(super) fn open(&self, key: &SealedKey) -> Result<SigningKey, StoredKeyError> {
        let pem = self.seal.open(&key.sealed, key.kid.as_bytes());
        let pem = pem.map_err(|source| StoredKeyError::Sealed { kid: key.kid.clone(), source })?;
        Ok(SigningKey::es256(std::str::from_utf8(&pem).map_err(|_| KeyError::NotText)?)?)
    }
}
