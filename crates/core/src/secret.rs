//! The installation's master key and what is derived from it: one purpose, one key. The master key lives
//! outside the database (threat row 54), so a stolen copy holds nothing from which a code, a link, a password or a message can be
//! computed or checked.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::{digest, hmac};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use zeroize::Zeroizing;

use crate::ports::Entropy;

/// Bytes of the master key.
pub const MASTER_KEY_LEN: usize = 32;

/// A keyed message authentication code (HMAC-SHA-256), 32 bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Mac(pub [u8; 32]);

/// A key that can only make and check [`Mac`]s.
#[derive(Clone)]
pub struct MacKey(std::sync::Arc<hmac::Key>);

impl std::fmt::Debug for MacKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("MacKey(..)")
    }
}

impl MacKey {
    /// The MAC over `parts`, each preceded by its length so that no two lists of parts give the same input.
    #[must_use]
    pub fn sign(&self, parts: &[&[u8]]) -> Mac {
        let mut context = hmac::Context::with_key(&self.0);
        for part in parts {
            context.update(&(part.len() as u64).to_be_bytes());
            context.update(part);
        }
        let mut mac = [0; 32];
        mac.iter_mut().zip(context.sign().as_ref()).for_each(|(to, from)| *to = *from);
        Mac(mac)
    }

    /// Whether `mac` is the MAC over `parts`, in time that does not depend on where they differ.
    #[must_use]
    pub fn verifies(&self, parts: &[&[u8]], mac: &Mac) -> bool {
        aws_lc_rs::constant_time::verify_slices_are_equal(&self.sign(parts).0, &mac.0).is_ok()
    }
}

/// A key that seals what must not lie open in the database (AES-256-GCM).
#[derive(Clone)]
pub struct SealKey(std::sync::Arc<LessSafeKey>);

/// A sealed text could not be opened: made under another master key, or damaged.
#[derive(Debug, thiserror::Error)]
#[error("the sealed text was made under another master key or is damaged")]
pub struct Unsealable;

impl SealKey {
    /// Seals `plain` for the row named by `context`; the answer begins with its random nonce.
    ///
    /// # Errors
    /// [`Unsealable`] only if the text is longer than the cipher allows (64 GiB).
    pub fn seal(&self, plain: &[u8], context: &[u8], entropy: &dyn Entropy) -> Result<Vec<u8>, Unsealable> {
        let mut nonce = [0; NONCE_LEN];
        entropy.fill(&mut nonce);
        let mut text = plain.to_vec();
        self.0.seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(context), &mut text).map_err(|_| Unsealable)?;
        Ok([nonce.as_slice(), &text].concat())
    }

    /// Opens what [`SealKey::seal`] made for the same `context`.
    ///
    /// # Errors
    /// [`Unsealable`].
    pub fn open(&self, sealed: &[u8], context: &[u8]) -> Result<Zeroizing<Vec<u8>>, Unsealable> {
        let (nonce, text) = sealed.split_at_checked(NONCE_LEN).ok_or(Unsealable)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| Unsealable)?;
        let mut text = Zeroizing::new(text.to_vec());
        let plain = self.0.open_in_place(nonce, Aad::from(context), &mut text).map_err(|_| Unsealable)?;
        Ok(Zeroizing::new(plain.to_vec()))
    }
}

/// The keys of one installation.
#[derive(Clone)]
pub struct Secrets {
    /// Peppers passwords before they are hashed.
    pub passwords: MacKey,
    /// Signs one-time codes.
    pub codes: MacKey,
    /// Signs the secrets of links.
    pub links: MacKey,
    /// Signs machine clients' secrets.
    pub clients: MacKey,
    /// Fingerprints the bodies of idempotent calls, which hold passwords.
    pub repeats: MacKey,
    /// Makes the tokens by which gateways that sign nothing are known.
    pub receipts: MacKey,
    /// Signs the addresses from which people signed in, and the names that nobody has.
    pub addresses: MacKey,
    /// Seals the outbox.
    pub outbox: SealKey,
    /// Seals the keys that sign tokens.
    pub signing_keys: SealKey,
    /// Tells one master key from another without giving it away; the store remembers it so that a lost key is
    /// noticed at start and not at somebody's sign-in.
    pub fingerprint: Mac,
}

impl std::fmt::Debug for Secrets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secrets(..)")
    }
}

impl Secrets {
    /// Derives every key from the master key.
    #[must_use]
    pub fn derive(master: &[u8; MASTER_KEY_LEN]) -> Self {
        let master = hmac::Key::new(hmac::HMAC_SHA256, master);
        let derive = |purpose: &str| hmac::sign(&master, format!("daftar/{purpose}/1").as_bytes());
        let mac_key = |purpose: &str| MacKey(std::sync::Arc::new(hmac::Key::new(hmac::HMAC_SHA256, derive(purpose).as_ref())));
        let seal_key = |purpose: &str| {
            #[expect(clippy::expect_used, reason = "the HMAC-SHA-256 output is 32 bytes, which is the length of this cipher's key")]
            let unbound = UnboundKey::new(&AES_256_GCM, derive(purpose).as_ref()).expect("a key of the right length");
            SealKey(std::sync::Arc::new(LessSafeKey::new(unbound)))
        };
        Self {
            passwords: mac_key("passwords"),
            codes: mac_key("codes"),
            links: mac_key("links"),
            clients: mac_key("clients"),
            repeats: mac_key("repeats"),
            receipts: mac_key("receipts"),
            addresses: mac_key("addresses"),
            outbox: seal_key("outbox"),
            signing_keys: seal_key("signing-keys"),
            fingerprint: mac_key("fingerprint").sign(&[]),
        }
    }
}

/// A secret that only a link or a machine client holds: 256 random bits, 43 URL-safe characters.
#[derive(Clone)]
pub struct RandomSecret(Zeroizing<String>);

impl RandomSecret {
    /// Draws one.
    #[must_use]
    pub fn draw(entropy: &dyn Entropy) -> Self {
        let mut bytes = Zeroizing::new([0; 32]);
        entropy.fill(bytes.as_mut_slice());
        Self(Zeroizing::new(URL_SAFE_NO_PAD.encode(bytes.as_slice())))
    }

    /// The one moment it is shown.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for RandomSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("RandomSecret(..)")
    }
}

/// Letters and digits that nobody mistakes for one another: without `0`, `1`, `I` and `l`.
pub(crate) const UNMISTAKABLE: &[u8] = b"ABCDEFGHJKLMNOPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789";

/// A random choice out of `symbols` (at most 256 of them) without favouring any.
pub(crate) fn pick(entropy: &dyn Entropy, symbols: &[u8]) -> u8 {
    let count = symbols.len().clamp(1, 256);
    // The largest multiple of `count` that fits a byte's 256 values: bytes above it would favour the first symbols.
    let fair = 256 - 256 % count;
    loop {
        let mut byte = [0];
        entropy.fill(&mut byte);
        let drawn = usize::from(byte[0]);
        if drawn < fair {
            return symbols.get(drawn % count).copied().unwrap_or_default();
        }
    }
}

/// SHA-256, for what is not secret.
#[must_use]
pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    let mut sum = [0; 32];
    sum.iter_mut().zip(digest::digest(&digest::SHA256, bytes).as_ref()).for_each(|(to, from)| *to = *from);
    sum
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ports::testing::CountingEntropy;

    #[test]
    fn a_sealed_text_opens_under_its_own_key_and_context_only() {
        let secrets = Secrets::derive(&[7; 32]);
        let entropy = CountingEntropy::default();
        let sealed = secrets.outbox.seal(b"code 123456", b"row 1", &entropy).unwrap();
        assert!(!sealed.windows(6).any(|w| w == b"123456"));
        assert_eq!(secrets.outbox.open(&sealed, b"row 1").unwrap().as_slice(), b"code 123456");
        assert!(secrets.outbox.open(&sealed, b"row 2").is_err());
        assert!(Secrets::derive(&[8; 32]).outbox.open(&sealed, b"row 1").is_err());
        assert!(secrets.outbox.open(b"short", b"row 1").is_err());
    }

    #[test]
    fn parts_cannot_be_shifted_between_one_another() {
        let key = Secrets::derive(&[7; 32]).codes;
        assert_ne!(key.sign(&[b"ab", b"c"]), key.sign(&[b"a", b"bc"]));
        assert!(key.verifies(&[b"ab", b"c"], &key.sign(&[b"ab", b"c"])));
    }

    #[test]
    fn every_purpose_has_a_key_of_its_own() {
        let secrets = Secrets::derive(&[7; 32]);
        let macs =
            [&secrets.passwords, &secrets.codes, &secrets.links, &secrets.clients, &secrets.repeats, &secrets.receipts].map(|k| k.sign(&[b"x"]));
        for (i, one) in macs.iter().enumerate() {
            assert!(macs.iter().skip(i + 1).all(|other| one != other));
        }
        let sealed = secrets.outbox.seal(b"x", b"row 1", &CountingEntropy::default()).unwrap();
        assert!(secrets.signing_keys.open(&sealed, b"row 1").is_err());
    }
}
