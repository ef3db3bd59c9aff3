//! Machine clients: the app back ends, partner hosts and administrators that call with an id and a secret.

use crate::account::named;
use crate::ports::{Entropy, Timestamp};
use crate::secret::{Mac, MacKey, RandomSecret, pick};

/// Longest name of a machine client, in characters.
pub const CLIENT_NAME_MAX: usize = 100;
/// No vowels, so that no id spells a word, and no look-alikes.
const ID_SYMBOLS: &[u8] = b"bcdfghjkmnpqrstvwxz23456789";

/// Names a machine client; the user-id of its Basic authentication.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ClientId(String);

impl ClientId {
    /// Draws a new one.
    #[must_use]
    pub fn draw(entropy: &dyn Entropy) -> Self {
        Self((0..16).map(|_| char::from(pick(entropy, ID_SYMBOLS))).collect())
    }

    /// Takes an id from outside: 1 to 64 letters, digits, `-` and `_`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let plain = (1..=64).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'));
        plain.then(|| Self(text.to_owned()))
    }

    /// The id.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for ClientId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

named! {
    /// What a machine client may do (contract `common.md`, *Tokens and sessions*).
    Scope {
        /// Call USAPI with Basic authentication.
        Usapi = "usapi",
        /// Call INVAS.
        B2b = "b2b",
        /// Administer the installation.
        Admin = "admin",
    }
}

/// A machine client as it is kept: never with its secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MachineClient {
    /// Its name for ever.
    pub id: ClientId,
    /// What its owner calls it.
    pub name: String,
    /// What it may do.
    pub scopes: Vec<Scope>,
    /// Its secret, as a MAC under a key that is not in the database.
    pub secret_mac: Mac,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was disabled; `None`: it may call.
    pub disabled_at: Option<Timestamp>,
}

impl MachineClient {
    /// The MAC under which `secret` is kept for `id`. The secret is random, so a fast function is enough.
    #[must_use]
    pub fn mac(id: &ClientId, secret: &RandomSecret, key: &MacKey) -> Mac {
        key.sign(&[id.as_str().as_bytes(), secret.expose().as_bytes()])
    }

    /// Whether it may call with `secret` for `scope`.
    #[must_use]
    pub fn admits(&self, secret: &str, scope: Scope, key: &MacKey) -> bool {
        let right = key.verifies(&[self.id.as_str().as_bytes(), secret.as_bytes()], &self.secret_mac);
        right && self.disabled_at.is_none() && self.scopes.contains(&scope)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ports::testing::CountingEntropy;
    use crate::secret::Secrets;

    #[test]
    fn a_client_is_admitted_with_its_secret_in_its_scope_while_enabled() {
        let (entropy, key) = (CountingEntropy::default(), Secrets::derive(&[1; 32]).clients);
        let (id, secret) = (ClientId::draw(&entropy), RandomSecret::draw(&entropy));
        let secret_mac = MachineClient::mac(&id, &secret, &key);
        let mut client =
            MachineClient { id, name: "shop".into(), scopes: vec![Scope::Usapi], secret_mac, created_at: Timestamp::UNIX_EPOCH, disabled_at: None };
        assert!(client.admits(secret.expose(), Scope::Usapi, &key));
        assert!(!client.admits(secret.expose(), Scope::B2b, &key));
        assert!(!client.admits("another", Scope::Usapi, &key));
        client.disabled_at = Some(Timestamp::UNIX_EPOCH);
        assert!(!client.admits(secret.expose(), Scope::Usapi, &key));
    }
}
