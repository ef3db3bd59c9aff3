//! Machine clients: the app back ends, partner hosts and administrators that call with an id and a secret.

use std::sync::Arc;

use crate::identifier::Country;
use crate::named::named;
use crate::ports::{Clock, Entropy, Store, Timestamp};
use crate::secret::{Mac, MacKey, RandomSecret, Secrets, pick};
use crate::service::Fault;

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

impl Scope {
    /// The names of `scopes` with a blank between them, as tokens and the store write them.
    #[must_use]
    pub fn list(scopes: &[Self]) -> String {
        scopes.iter().map(|scope| scope.name()).collect::<Vec<_>>().join(" ")
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
    /// Where it reads phone numbers without a country (contract `invas.md`).
    pub country: Country,
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

    /// Whether it may call with `secret`.
    #[must_use]
    pub fn admits(&self, secret: &str, key: &MacKey) -> bool {
        let right = key.verifies(&[self.id.as_str().as_bytes(), secret.as_bytes()], &self.secret_mac);
        right && self.disabled_at.is_none()
    }

    /// Whether it may act in `scope`.
    #[must_use]
    pub fn may(&self, scope: Scope) -> bool {
        self.scopes.contains(&scope)
    }
}

/// Why a machine client was not made.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// Its name is empty or too long.
    #[error("a client's name has 1 to {CLIENT_NAME_MAX} characters on one line")]
    Name,
    /// It could not be done.
    #[error(transparent)]
    Fault(#[from] Fault),
}

/// The administration of machine clients, which needs less than the whole service: an operator's command does it beside a running server.
pub struct Clients {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    secrets: Secrets,
}

impl std::fmt::Debug for Clients {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Clients(..)")
    }
}

impl Clients {
    /// Administers the clients in `store`.
    #[must_use]
    pub fn new(store: Arc<dyn Store>, clock: Arc<dyn Clock>, entropy: Arc<dyn Entropy>, secrets: Secrets) -> Self {
        Self { store, clock, entropy, secrets }
    }

    /// Makes a client that reads phone numbers in `country`; its secret is shown this once.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn create(&self, name: &str, mut scopes: Vec<Scope>, country: Country) -> Result<(MachineClient, RandomSecret), ClientError> {
        let name = name.trim();
        if !(1..=CLIENT_NAME_MAX).contains(&name.chars().count()) || name.chars().any(char::is_control) {
            return Err(ClientError::Name);
        }
        scopes.sort_unstable_by_key(|scope| scope.name());
        scopes.dedup();
        let (id, secret) = (ClientId::draw(&*self.entropy), RandomSecret::draw(&*self.entropy));
        let secret_mac = MachineClient::mac(&id, &secret, &self.secrets.clients);
        let client = MachineClient { id, name: name.to_owned(), scopes, country, secret_mac, created_at: self.clock.now(), disabled_at: None };
        self.store.create_client(client.clone()).await.map_err(Fault::from)?;
        Ok((client, secret))
    }

    /// Every client, oldest first.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn list(&self) -> Result<Vec<MachineClient>, Fault> {
        Ok(self.store.clients().await?)
    }

    /// A client, disabled ones included.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn find(&self, id: &ClientId) -> Result<Option<MachineClient>, Fault> {
        Ok(self.store.client(id).await?)
    }

    /// Gives a client a new secret, shown this once; the old one stops at once. `None`: there is no such client.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn rotate(&self, id: &ClientId) -> Result<Option<RandomSecret>, Fault> {
        let secret = RandomSecret::draw(&*self.entropy);
        let found = self.store.rotate_client(id, MachineClient::mac(id, &secret, &self.secrets.clients)).await?;
        Ok(found.then_some(secret))
    }

    /// From now on a client reads phone numbers in `country`. Whether there is such a client.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn set_country(&self, id: &ClientId, country: Country) -> Result<bool, Fault> {
        Ok(self.store.set_client_country(id, country).await?)
    }

    /// Disables a client at once. Whether there is such a client.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn disable(&self, id: &ClientId) -> Result<bool, Fault> {
        Ok(self.store.disable_client(id, self.clock.now()).await?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ports::testing::CountingEntropy;
    use crate::secret::Secrets;

    #[test]
    fn a_client_is_admitted_with_its_secret_while_enabled() {
        let (entropy, key) = (CountingEntropy::default(), Secrets::derive(&[1; 32]).clients);
        let (id, secret) = (ClientId::draw(&entropy), RandomSecret::draw(&entropy));
        let mut client = MachineClient {
            secret_mac: MachineClient::mac(&id, &secret, &key),
            id,
            name: "shop".into(),
            scopes: vec![Scope::Usapi],
            country: Country::indonesia(),
            created_at: Timestamp::UNIX_EPOCH,
            disabled_at: None,
        };
        assert!(client.admits(secret.expose(), &key));
        assert!(!client.admits("another", &key));
        assert!(client.may(Scope::Usapi) && !client.may(Scope::B2b));
        client.disabled_at = Some(Timestamp::UNIX_EPOCH);
        assert!(!client.admits(secret.expose(), &key));
    }
}
