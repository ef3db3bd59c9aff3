//! Signed tokens: claims, and what makes a token acceptable (contract `common.md`, *Tokens and sessions*; threat rows 9 and 25–28).
//!
//! A token carries an allow-list of claims and nothing secret. Each kind of token has its own `aud`; the endpoint names the kind
//! it takes, the key named by `kid` names its one algorithm, and everything else is refused in the same way.
//!
//! Keys come from the configuration, or from the store, which every replica then follows (`stored.rs`, `ring.rs`).

mod low_s;
mod ring;
#[cfg(test)]
mod rotation_tests;
mod seen;
mod signing_key;
mod stored;
#[cfg(test)]
mod tests;

use std::time::Duration;

use arc_swap::ArcSwap;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, Header};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::account::{AccountId, Surface};
use crate::ports::Timestamp;
use crate::service::Fault;
use low_s::{has_low_s, with_low_s};
use ring::{Keys, Source};
use seen::Fingerprint;

pub use signing_key::{KeyError, SHARED_SECRET_MIN, SigningKey};
pub use stored::{ANNOUNCED, KeyInfo, KeyState, Others, Rotation, SealedKey, StoredKeyError, StoredKeys, Term};

/// What a token is for: its `aud`, and the only endpoints that take it (threat row 27).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenKind {
    /// A person signed in on a surface.
    Session(Surface),
    /// A pending registration on a surface; proves nothing.
    Registration(Surface),
    /// A code that was sent; proves nothing.
    Code(Surface),
    /// The right to choose a new password on a surface, once.
    Recovery(Surface),
    /// A machine client.
    Access,
}

impl TokenKind {
    fn audience(self) -> String {
        let (whose, what) = self.names();
        format!("{whose}{what}")
    }

    /// Whether this is the kind's `aud`.
    fn is_called(self, audience: &str) -> bool {
        let (whose, what) = self.names();
        audience.strip_prefix(whose) == Some(what)
    }

    const fn names(self) -> (&'static str, &'static str) {
        match self {
            Self::Session(surface) => (surface.name(), ""),
            Self::Registration(surface) => (surface.name(), "/signup"),
            Self::Code(surface) => (surface.name(), "/otp"),
            Self::Recovery(surface) => (surface.name(), "/password"),
            Self::Access => ("clients", ""),
        }
    }

    fn all() -> impl Iterator<Item = Self> {
        let on = |surface: &Surface| [Self::Session(*surface), Self::Registration(*surface), Self::Code(*surface), Self::Recovery(*surface)];
        std::iter::once(Self::Access).chain(Surface::ALL.iter().flat_map(on))
    }

    /// The kind that a token says it is. It only tells as what to [`KeyRing::check`] it: whoever made the token up chose it.
    #[must_use]
    pub fn claimed_by(token: &str) -> Option<Self> {
        #[derive(Deserialize)]
        struct Claimed {
            aud: String,
        }
        let claims = URL_SAFE_NO_PAD.decode(token.split('.').nth(1)?).ok()?;
        let claimed: Claimed = serde_json::from_slice(&claims).ok()?;
        Self::all().find(|kind| kind.is_called(&claimed.aud))
    }
}

/// The claims that every token has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Registered {
    /// Who signed it.
    pub iss: String,
    /// What it is for.
    pub aud: String,
    /// When it was signed, in seconds since 1970.
    pub iat: i64,
    /// When it ends, in seconds since 1970.
    pub exp: i64,
    /// What on the server it stands for.
    pub jti: Uuid,
}

/// The claims of a token that speaks for an account: a session's, or a recovery's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountClaims {
    /// What every token has; `jti` is the session, or the recovery.
    #[serde(flatten)]
    pub registered: Registered,
    /// The account.
    pub sub: Uuid,
}

/// The claims of a machine client's token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessClaims {
    /// What every token has; `jti` is the grant.
    #[serde(flatten)]
    pub registered: Registered,
    /// The client.
    pub sub: String,
    /// The client once more, under the name that services of its kind expect (RFC 7662 §2.2).
    pub client_id: String,
    /// What the token is for: names with a blank between them.
    pub scope: String,
}

/// The claims of a pending registration's token (contract `usapi.md`, `/signup`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RegistrationClaims {
    /// What every token has; `jti` is the registration.
    #[serde(flatten)]
    pub registered: Registered,
    /// The username that was asked for.
    pub username: String,
    /// `LINK` or `OTP`.
    pub mode: String,
}

/// The claims of a code's token (contract `app-auth.md`, *One-time codes*).
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CodeClaims {
    /// What every token has; `jti` is the challenge.
    #[serde(flatten)]
    pub registered: Registered,
    /// When the code ends (RFC 3339).
    pub expiry: String,
    /// The identifier that the code was asked for.
    #[serde(rename = "loginID")]
    pub login_id: String,
    /// What the code is for, as its surface counts.
    pub nature: u8,
}

// It names a person (threat row 52).
impl std::fmt::Debug for CodeClaims {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CodeClaims").field("registered", &self.registered).field("nature", &self.nature).finish_non_exhaustive()
    }
}

/// Claims that can be checked.
pub trait Claims: Serialize + DeserializeOwned {
    /// What every token has.
    fn registered(&self) -> &Registered;
}

impl Claims for AccountClaims {
    fn registered(&self) -> &Registered {
        &self.registered
    }
}

impl Claims for AccessClaims {
    fn registered(&self) -> &Registered {
        &self.registered
    }
}

impl Claims for RegistrationClaims {
    fn registered(&self) -> &Registered {
        &self.registered
    }
}

impl Claims for CodeClaims {
    fn registered(&self) -> &Registered {
        &self.registered
    }
}

/// The token is not one that we signed for this use, or its time is over. Deliberately one error: it says nothing about why.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the token is not valid here")]
pub struct InvalidToken;

/// Why a token is not taken.
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    /// It is not valid.
    #[error(transparent)]
    Invalid(#[from] InvalidToken),
    /// Whether it is could not be found out.
    #[error(transparent)]
    Fault(#[from] Fault),
}

/// The keys of one installation, and everything that is done with them.
pub struct KeyRing {
    issuer: String,
    keys: ArcSwap<Keys>,
    /// Where the keys are kept; `None`: in the configuration, which does not change while we run.
    source: Option<Source>,
}

impl std::fmt::Debug for KeyRing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "KeyRing({})", self.issuer)
    }
}

impl KeyRing {
    /// A ring for tokens issued by `issuer`. The first of `keys` signs, all of them check.
    ///
    /// # Errors
    /// [`KeyError::Missing`] without any key.
    pub fn new(issuer: impl Into<String>, keys: Vec<SigningKey>) -> Result<Self, KeyError> {
        Ok(Self { issuer: issuer.into(), keys: ArcSwap::from_pointee(Keys::lasting(keys)?), source: None })
    }

    /// A ring of the keys that a store keeps, which it follows.
    ///
    /// # Errors
    /// [`StoredKeyError`], also when there is no key yet (see [`StoredKeys::begin`]).
    pub async fn stored(issuer: impl Into<String>, keys: StoredKeys) -> Result<Self, StoredKeyError> {
        let (source, keys) = Source::open(keys).await?;
        Ok(Self { issuer: issuer.into(), keys: ArcSwap::from_pointee(keys), source: Some(source) })
    }

    /// Takes over what has changed in the store. Done regularly, it keeps a new key from being met unawares and ends a revoked one.
    ///
    /// # Errors
    /// [`Fault`]; the keys are then those of before.
    pub async fn reload(&self) -> Result<(), Fault> {
        match &self.source {
            Some(source) => source.read(&self.keys).await.map_err(ring::fault),
            None => Ok(()),
        }
    }

    /// The public keys, for `/.well-known/jwks.json`.
    #[must_use]
    pub fn jwks(&self, now: Timestamp) -> JwkSet {
        self.keys.load().public(now)
    }

    /// Who signs: the `iss` of every token.
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// The claims that every token of `kind` has, for one that stands for `jti`.
    #[must_use]
    pub fn registered(&self, kind: TokenKind, jti: Uuid, now: Timestamp, end: Timestamp) -> Registered {
        Registered { iss: self.issuer.clone(), aud: kind.audience(), iat: now.as_second(), exp: end.as_second(), jti }
    }

    /// Signs a token.
    ///
    /// # Errors
    /// [`KeyError`] when the key refuses to.
    pub fn sign<C: Claims>(&self, claims: &C, now: Timestamp) -> Result<String, KeyError> {
        let keys = self.keys.load();
        let key = keys.signing(now)?;
        let header = Header { kid: Some(key.kid.clone()), ..Header::new(key.algorithm) };
        let token = jsonwebtoken::encode(&header, claims, &key.encoding)?;
        Ok(if key.algorithm == Algorithm::ES256 { with_low_s(token) } else { token })
    }

    /// Checks a token of `kind`. Asks the store only for a key that is not known yet.
    ///
    /// # Errors
    /// [`TokenError`].
    pub async fn check<C: Claims>(&self, token: &str, kind: TokenKind, now: Timestamp) -> Result<C, TokenError> {
        let fingerprint = Fingerprint::of(token);
        if !self.keys.load().have_signed(fingerprint, now) {
            self.check_signature(token, fingerprint, now).await?;
        }
        let claims: C = said_by(token).ok_or(InvalidToken)?;
        let registered = claims.registered();
        let ours = registered.iss == self.issuer && kind.is_called(&registered.aud);
        if ours && now.as_second() < registered.exp { Ok(claims) } else { Err(InvalidToken.into()) }
    }

    async fn check_signature(&self, token: &str, fingerprint: Fingerprint, now: Timestamp) -> Result<(), TokenError> {
        let header = jsonwebtoken::decode_header(token).map_err(|_| InvalidToken)?;
        // Keys and their whereabouts come from us alone, never from the token (row 25).
        let foreign = header.jku.is_some() || header.jwk.is_some() || header.x5u.is_some() || header.x5c.is_some() || header.crit.is_some();
        let kid = header.kid.as_deref().ok_or(InvalidToken)?;
        if foreign || header.typ.as_deref() != Some("JWT") {
            return Err(InvalidToken.into());
        }
        let with_known = || self.check_with_known(kid, header.alg, token, fingerprint, now);
        if let Some(outcome) = with_known() {
            return Ok(outcome?);
        }
        let source = self.source.as_ref().filter(|_| ring::is_plausible(kid)).ok_or(InvalidToken)?;
        source.read_together(&self.keys).await.map_err(ring::fault)?;
        Ok(with_known().unwrap_or(Err(InvalidToken))?)
    }

    /// `None`: there is no such key, as far as we know.
    fn check_with_known(
        &self,
        kid: &str,
        algorithm: Algorithm,
        token: &str,
        fingerprint: Fingerprint,
        now: Timestamp,
    ) -> Option<Result<(), InvalidToken>> {
        let keys = self.keys.load();
        let (key, checks) = keys.find(kid, now)?;
        if !checks || algorithm != key.algorithm || !is_signed(token, key) {
            return Some(Err(InvalidToken));
        }
        keys.remember(fingerprint, key);
        Some(Ok(()))
    }

    /// Signs a token that speaks for `account`.
    ///
    /// # Errors
    /// [`KeyError`] when the key refuses to.
    pub fn sign_for(&self, registered: Registered, account: AccountId, now: Timestamp) -> Result<String, KeyError> {
        self.sign(&AccountClaims { registered, sub: account.0 }, now)
    }

    /// What a token of `kind` stands for, and the account that it names.
    ///
    /// # Errors
    /// [`TokenError`].
    pub async fn check_for(&self, token: &str, kind: TokenKind, now: Timestamp) -> Result<(Uuid, AccountId), TokenError> {
        let claims: AccountClaims = self.check(token, kind, now).await?;
        Ok((claims.registered.jti, AccountId(claims.sub)))
    }
}

/// Whether `key` signed the token.
fn is_signed(token: &str, key: &SigningKey) -> bool {
    if key.algorithm == Algorithm::ES256 && !has_low_s(token) {
        return false;
    }
    let Some((message, signature)) = token.rsplit_once('.') else { return false };
    jsonwebtoken::crypto::verify(signature, message.as_bytes(), &key.decoding, key.algorithm).unwrap_or(false)
}

/// The claims of a token, whoever made them up.
fn said_by<C: DeserializeOwned>(token: &str) -> Option<C> {
    let (message, _) = token.rsplit_once('.')?;
    let (_, claims) = message.split_once('.')?;
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).ok()?).ok()
}

/// The end of what lasts `lifetime` from `now`, on a whole second: tokens count in seconds, and what they stand for ends with them.
#[must_use]
pub fn whole_seconds(now: Timestamp, lifetime: Duration) -> Timestamp {
    Timestamp::from_second((now + lifetime).as_second()).unwrap_or(now)
}

/// A moment as RFC 3339 writes it, in UTC, to the second.
#[must_use]
pub fn rfc3339(moment: Timestamp) -> String {
    moment.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}
