//! Signed tokens: claims, and what makes a token acceptable (contract `common.md`, *Tokens and sessions*; threat rows 9 and 25–28).
//!
//! A token carries an allow-list of claims and nothing secret. Each kind of token has its own `aud`; the endpoint names the kind
//! it takes, the key named by `kid` names its one algorithm, and everything else is refused in the same way.

mod low_s;
mod signing_key;
#[cfg(test)]
mod tests;

use std::time::Duration;

use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, Header, Validation};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::account::{AccountId, Surface};
use crate::ports::Timestamp;
use low_s::{has_low_s, with_low_s};

pub use signing_key::{KeyError, SHARED_SECRET_MIN, SigningKey};

/// What a token is for: its `aud`, and the only endpoints that take it (threat row 27).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenKind {
    /// A person signed in on a surface.
    Session(Surface),
    /// A pending registration on a surface; proves nothing.
    Registration(Surface),
}

impl TokenKind {
    fn audience(self) -> String {
        match self {
            Self::Session(surface) => surface.name().to_owned(),
            Self::Registration(surface) => format!("{}/signup", surface.name()),
        }
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

/// The claims of a session's token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionClaims {
    /// What every token has; `jti` is the session.
    #[serde(flatten)]
    pub registered: Registered,
    /// The account.
    pub sub: Uuid,
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

/// Claims that can be checked.
pub trait Claims: Serialize + DeserializeOwned {
    /// What every token has.
    fn registered(&self) -> &Registered;
}

impl Claims for SessionClaims {
    fn registered(&self) -> &Registered {
        &self.registered
    }
}

impl Claims for RegistrationClaims {
    fn registered(&self) -> &Registered {
        &self.registered
    }
}

/// The token is not one that we signed for this use, or its time is over. Deliberately one error: it says nothing about why.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the token is not valid here")]
pub struct InvalidToken;

/// The keys of one installation: the first signs, all of them check.
#[derive(Debug)]
pub struct KeyRing {
    issuer: String,
    signing: SigningKey,
    checking: Vec<SigningKey>,
}

impl KeyRing {
    /// A ring for tokens issued by `issuer`. The first of `keys` signs.
    ///
    /// # Errors
    /// [`KeyError::Missing`] without any key.
    pub fn new(issuer: impl Into<String>, keys: Vec<SigningKey>) -> Result<Self, KeyError> {
        let mut keys = keys.into_iter();
        let signing = keys.next().ok_or(KeyError::Missing)?;
        Ok(Self { issuer: issuer.into(), signing, checking: keys.collect() })
    }

    /// The public keys, for `/.well-known/jwks.json`.
    #[must_use]
    pub fn jwks(&self) -> JwkSet {
        JwkSet { keys: self.keys().filter_map(|key| key.public.clone()).collect() }
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
    pub fn sign<C: Claims>(&self, claims: &C) -> Result<String, KeyError> {
        let header = Header { kid: Some(self.signing.kid.clone()), ..Header::new(self.signing.algorithm) };
        let token = jsonwebtoken::encode(&header, claims, &self.signing.encoding)?;
        Ok(if self.signing.algorithm == Algorithm::ES256 { with_low_s(token) } else { token })
    }

    /// Checks a token of `kind`.
    ///
    /// # Errors
    /// [`InvalidToken`].
    pub fn check<C: Claims>(&self, token: &str, kind: TokenKind, now: Timestamp) -> Result<C, InvalidToken> {
        let header = jsonwebtoken::decode_header(token).map_err(|_| InvalidToken)?;
        // Keys and their whereabouts come from us alone, never from the token (row 25).
        let foreign = header.jku.is_some() || header.jwk.is_some() || header.x5u.is_some() || header.x5c.is_some() || header.crit.is_some();
        let kid = header.kid.as_deref().ok_or(InvalidToken)?;
        let key = self.keys().find(|key| key.kid == kid).ok_or(InvalidToken)?;
        if foreign || header.alg != key.algorithm || header.typ.as_deref() != Some("JWT") {
            return Err(InvalidToken);
        }
        if key.algorithm == Algorithm::ES256 && !has_low_s(token) {
            return Err(InvalidToken);
        }
        let mut validation = Validation::new(key.algorithm);
        // `exp` and `aud` are checked below: by our own clock, and as exactly one string.
        validation.validate_exp = false;
        validation.validate_aud = false;
        validation.required_spec_claims.clear();
        let claims: C = jsonwebtoken::decode(token, &key.decoding, &validation).map_err(|_| InvalidToken)?.claims;
        let registered = claims.registered();
        let ours = registered.iss == self.issuer && registered.aud == kind.audience();
        if ours && now.as_second() < registered.exp { Ok(claims) } else { Err(InvalidToken) }
    }

    /// Signs a session's token.
    ///
    /// # Errors
    /// [`KeyError`] when the key refuses to.
    pub fn sign_session(&self, session: &crate::session::Session, now: Timestamp) -> Result<String, KeyError> {
        let registered = self.registered(TokenKind::Session(session.surface), session.id.0, now, session.expires_at);
        self.sign(&SessionClaims { registered, sub: session.account.0 })
    }

    /// The session and account that a session's token names.
    ///
    /// # Errors
    /// [`InvalidToken`].
    pub fn check_session(&self, token: &str, surface: Surface, now: Timestamp) -> Result<(crate::session::SessionId, AccountId), InvalidToken> {
        let claims: SessionClaims = self.check(token, TokenKind::Session(surface), now)?;
        Ok((crate::session::SessionId(claims.registered.jti), AccountId(claims.sub)))
    }

    fn keys(&self) -> impl Iterator<Item = &SigningKey> {
        std::iter::once(&self.signing).chain(&self.checking)
    }
}

/// The end of what lasts `lifetime` from `now`, on a whole second: tokens count in seconds, and what they stand for ends with them.
#[must_use]
pub fn whole_seconds(now: Timestamp, lifetime: Duration) -> Timestamp {
    Timestamp::from_second((now + lifetime).as_second()).unwrap_or(now)
}
