//! Signed tokens: keys, claims, and what makes a token acceptable (contract `common.md`, *Tokens and sessions*; threat rows 9 and 25–28).
//!
//! A token carries an allow-list of claims and nothing secret. Each kind of token has its own `aud`; the endpoint names the kind
//! it takes, the key named by `kid` names its one algorithm, and everything else is refused in the same way.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::jwk::{Jwk, JwkSet, PublicKeyUse, ThumbprintHash};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::account::{AccountId, Surface};
use crate::ports::Timestamp;

/// Fewest bytes of an HS256 secret: as many as the hash has (RFC 7518 §3.2).
pub const SHARED_SECRET_MIN: usize = 32;

/// Why a key cannot be used, or a token not be signed.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The key is not what its algorithm needs.
    #[error("the signing key cannot be used")]
    Unusable(#[from] jsonwebtoken::errors::Error),
    /// No key was given.
    #[error("there is no signing key")]
    Missing,
    /// An HS256 secret is too short.
    #[error("a shared signing secret needs at least {SHARED_SECRET_MIN} bytes")]
    TooShort,
    /// The random key could not be made.
    #[error("no key could be generated")]
    NotGenerated,
}

/// A key that signs and checks tokens, under one algorithm.
pub struct SigningKey {
    kid: String,
    algorithm: Algorithm,
    encoding: EncodingKey,
    decoding: DecodingKey,
    public: Option<Jwk>,
}

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SigningKey({} {:?})", self.kid, self.algorithm)
    }
}

impl SigningKey {
    /// An ES256 key from its PKCS #8 PEM text; its `kid` is its JWK thumbprint (RFC 7638).
    ///
    /// # Errors
    /// [`KeyError::Unusable`].
    pub fn es256(pem: &str) -> Result<Self, KeyError> {
        let encoding = EncodingKey::from_ec_pem(pem.as_bytes())?;
        let mut public = Jwk::from_encoding_key(&encoding, Algorithm::ES256)?;
        let kid = public.thumbprint(ThumbprintHash::SHA256)?;
        public.common.key_id = Some(kid.clone());
        public.common.public_key_use = Some(PublicKeyUse::Signature);
        let decoding = DecodingKey::from_jwk(&public)?;
        Ok(Self { kid, algorithm: Algorithm::ES256, encoding, decoding, public: Some(public) })
    }

    /// An HS256 key, for deployments whose other services share a secret. It is not published.
    ///
    /// # Errors
    /// [`KeyError::TooShort`] under [`SHARED_SECRET_MIN`] bytes.
    pub fn hs256(secret: &[u8]) -> Result<Self, KeyError> {
        if secret.len() < SHARED_SECRET_MIN {
            return Err(KeyError::TooShort);
        }
        let mut kid = URL_SAFE_NO_PAD.encode(crate::secret::sha256(&[b"daftar/kid/1".as_slice(), secret].concat()));
        kid.truncate(16);
        Ok(Self {
            kid,
            algorithm: Algorithm::HS256,
            encoding: EncodingKey::from_secret(secret),
            decoding: DecodingKey::from_secret(secret),
            public: None,
        })
    }

    /// Makes a new ES256 key and returns its PKCS #8 PEM text.
    ///
    /// # Errors
    /// [`KeyError::NotGenerated`].
    pub fn generate() -> Result<zeroize::Zeroizing<String>, KeyError> {
        use aws_lc_rs::{rand::SystemRandom, signature};
        let rules = &signature::ECDSA_P256_SHA256_FIXED_SIGNING;
        let pkcs8 = signature::EcdsaKeyPair::generate_pkcs8(rules, &SystemRandom::new()).map_err(|_| KeyError::NotGenerated)?;
        let body = base64::engine::general_purpose::STANDARD.encode(pkcs8.as_ref());
        let lines: Vec<&str> = body.as_bytes().chunks(64).filter_map(|line| std::str::from_utf8(line).ok()).collect();
        Ok(zeroize::Zeroizing::new(format!("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n", lines.join("\n"))))
    }

    /// Its name in a token's header.
    #[must_use]
    pub fn kid(&self) -> &str {
        &self.kid
    }
}

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

/// A signature's lifetime in tokens is counted in whole seconds; so are sessions and registrations.
#[must_use]
pub fn whole_seconds(now: Timestamp, lifetime: Duration) -> Timestamp {
    Timestamp::from_second((now + lifetime).as_second()).unwrap_or(now)
}

// ECDSA has a twin for every signature: (r, n − s) verifies where (r, s) does. Only the one with the smaller s is ours, so that no byte of a
// token can be changed (row 28).

/// The order n of P-256, and its half, big-endian (SEC 2, §2.4.2).
const ORDER: [u8; 32] = [
    0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xbc, 0xe6, 0xfa, 0xad, 0xa7, 0x17, 0x9e, 0x84,
    0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51,
];
const HALF_ORDER: [u8; 32] = [
    0x7f, 0xff, 0xff, 0xff, 0x80, 0x00, 0x00, 0x00, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xde, 0x73, 0x7d, 0x56, 0xd3, 0x8b, 0xcf, 0x42,
    0x79, 0xdc, 0xe5, 0x61, 0x7e, 0x31, 0x92, 0xa8,
];

fn signature_of(token: &str) -> Option<(&str, Vec<u8>)> {
    let (message, signature) = token.rsplit_once('.')?;
    Some((message, URL_SAFE_NO_PAD.decode(signature).ok().filter(|bytes| bytes.len() == 64)?))
}

fn has_low_s(token: &str) -> bool {
    signature_of(token).and_then(|(_, signature)| signature.get(32..).map(|s| *s <= HALF_ORDER[..])).unwrap_or(false)
}

fn with_low_s(token: String) -> String {
    if has_low_s(&token) {
        return token;
    }
    let Some((message, mut signature)) = signature_of(&token) else { return token };
    let mut borrow = 0_i16;
    for (s, n) in signature.iter_mut().skip(32).zip(ORDER).rev() {
        let difference = i16::from(n) - i16::from(*s) - borrow;
        borrow = i16::from(difference < 0);
        *s = difference.rem_euclid(256).to_le_bytes()[0];
    }
    format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature))
}

#[cfg(test)]
#[expect(clippy::string_slice, reason = "the texts are ASCII and ours")]
mod tests {
    use super::*;
    use jiff::ToSpan as _;
    use proptest::prelude::*;
    use serde_json::json;

    const KIND: TokenKind = TokenKind::Session(Surface::Usapi);

    fn now() -> Timestamp {
        Timestamp::from_second(1_790_000_000).unwrap()
    }

    fn ring() -> KeyRing {
        KeyRing::new("https://id.example", vec![SigningKey::es256(&SigningKey::generate().unwrap()).unwrap()]).unwrap()
    }

    fn claims(ring: &KeyRing) -> SessionClaims {
        SessionClaims { registered: ring.registered(KIND, Uuid::from_u128(1), now(), now() + 1.hour()), sub: Uuid::from_u128(2) }
    }

    fn accepts(ring: &KeyRing, token: &str) -> bool {
        ring.check::<SessionClaims>(token, KIND, now()).is_ok()
    }

    #[test]
    fn a_token_of_ours_is_accepted_until_it_ends() {
        let ring = ring();
        let token = ring.sign(&claims(&ring)).unwrap();
        assert_eq!(ring.check::<SessionClaims>(&token, KIND, now()), Ok(claims(&ring)));
        assert!(ring.check::<SessionClaims>(&token, KIND, now() + 59.minutes()).is_ok());
        assert_eq!(ring.check::<SessionClaims>(&token, KIND, now() + 1.hour()), Err(InvalidToken));
    }

    #[test]
    fn row_25_only_the_keys_own_algorithm_counts() {
        let ring = ring();
        let good = ring.sign(&claims(&ring)).unwrap();
        let (header, payload) = (good.split('.').next().unwrap(), good.split('.').nth(1).unwrap());
        let kid = ring.signing.kid.clone();
        let encode = |value: serde_json::Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let none = format!("{}.{payload}.", encode(json!({"alg": "none", "typ": "JWT", "kid": kid})));
        assert!(!accepts(&ring, &none));
        let public = serde_json::to_vec(&ring.jwks().keys[0]).unwrap();
        let confused = Header { kid: Some(kid.clone()), ..Header::new(Algorithm::HS256) };
        assert!(!accepts(&ring, &jsonwebtoken::encode(&confused, &claims(&ring), &EncodingKey::from_secret(&public)).unwrap()));
        for odd in ["", "../../dev/null", "' OR 1=1", "unknown"] {
            let header = Header { kid: Some(odd.into()), ..Header::new(Algorithm::ES256) };
            assert!(!accepts(&ring, &jsonwebtoken::encode(&header, &claims(&ring), &ring.signing.encoding).unwrap()));
        }
        let led_astray = Header { jku: Some("https://evil.example/jwks".into()), kid: Some(kid), ..Header::new(Algorithm::ES256) };
        assert!(!accepts(&ring, &with_low_s(jsonwebtoken::encode(&led_astray, &claims(&ring), &ring.signing.encoding).unwrap())));
        assert!(!accepts(&ring, &format!("{header}.{payload}.")));
    }

    #[test]
    fn row_26_every_registered_claim_is_required_and_of_its_type() {
        let ring = ring();
        let sign = |value: &serde_json::Value| {
            let header = Header { kid: Some(ring.signing.kid.clone()), ..Header::new(Algorithm::ES256) };
            with_low_s(jsonwebtoken::encode(&header, value, &ring.signing.encoding).unwrap())
        };
        let whole = serde_json::to_value(claims(&ring)).unwrap();
        assert!(accepts(&ring, &sign(&whole)));
        for claim in ["iss", "aud", "iat", "exp", "jti", "sub"] {
            for odd in [None, Some(json!(null)), Some(json!([whole[claim]])), Some(json!({})), Some(json!(true)), Some(json!("x"))] {
                let mut changed = whole.clone();
                match odd {
                    None => {
                        changed.as_object_mut().unwrap().remove(claim);
                    }
                    Some(value) => changed[claim] = value,
                }
                assert!(!accepts(&ring, &sign(&changed)), "{changed}");
            }
        }
    }

    #[test]
    fn row_27_one_kind_is_not_taken_for_another() {
        let ring = ring();
        let token = ring.sign(&claims(&ring)).unwrap();
        for kind in [TokenKind::Registration(Surface::Usapi), TokenKind::Session(Surface::App), TokenKind::Session(Surface::Invas)] {
            assert_eq!(ring.check::<SessionClaims>(&token, kind, now()), Err(InvalidToken));
        }
    }

    #[test]
    fn row_28_the_twin_of_a_signature_is_refused() {
        let ring = ring();
        let token = ring.sign(&claims(&ring)).unwrap();
        let (message, mut signature) = signature_of(&token).unwrap();
        let mut borrow = 0_i16;
        for i in (32..64).rev() {
            let difference = i16::from(ORDER[i - 32]) - i16::from(signature[i]) - borrow;
            borrow = i16::from(difference < 0);
            signature[i] = u8::try_from(difference.rem_euclid(256)).unwrap();
        }
        let twin = format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature));
        assert_ne!(twin, token);
        let mathematically = jsonwebtoken::decode::<SessionClaims>(&twin, &ring.signing.decoding, &{
            let mut v = Validation::new(Algorithm::ES256);
            (v.validate_exp, v.validate_aud) = (false, false);
            v
        });
        assert!(mathematically.is_ok(), "the twin is a valid signature, so it takes us to refuse it");
        assert!(!accepts(&ring, &twin));
    }

    #[test]
    fn row_28_no_character_can_be_changed_cut_or_added() {
        let ring = ring();
        let token = ring.sign(&claims(&ring)).unwrap();
        for (i, old) in token.char_indices() {
            for new in ['A', 'B', '.', '=', '~'] {
                if new != old {
                    let changed = format!("{}{new}{}", &token[..i], &token[i + 1..]);
                    assert!(!accepts(&ring, &changed), "{i}: {old} -> {new}");
                }
            }
            assert!(!accepts(&ring, &token[..i]));
        }
        // The last character of 64 bytes in base64 carries four spare bits: only one spelling of it is canonical.
        let last = token.chars().next_back().unwrap();
        for c in "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".chars().filter(|c| *c != last) {
            assert!(!accepts(&ring, &format!("{}{c}", &token[..token.len() - 1])));
        }
        for tail in ["=", "A", ".", " ", "\n"] {
            assert!(!accepts(&ring, &format!("{token}{tail}")));
        }
    }

    #[test]
    fn keys_rotate_without_signing_anybody_out() {
        let (old, new) = (SigningKey::generate().unwrap(), SigningKey::generate().unwrap());
        let before = KeyRing::new("i", vec![SigningKey::es256(&old).unwrap()]).unwrap();
        let after = KeyRing::new("i", vec![SigningKey::es256(&new).unwrap(), SigningKey::es256(&old).unwrap()]).unwrap();
        assert!(accepts(&after, &before.sign(&claims(&before)).unwrap()));
        assert!(!accepts(&before, &after.sign(&claims(&after)).unwrap()));
        assert_eq!(after.jwks().keys.len(), 2);
    }

    #[test]
    fn a_shared_secret_is_long_and_never_published() {
        assert!(matches!(SigningKey::hs256(b"short"), Err(KeyError::TooShort)));
        let ring = KeyRing::new("i", vec![SigningKey::hs256(&[7; 32]).unwrap()]).unwrap();
        assert!(accepts(&ring, &ring.sign(&claims(&ring)).unwrap()));
        assert!(ring.jwks().keys.is_empty());
    }

    #[test]
    fn row_9_the_public_key_is_all_that_is_published() {
        let published = serde_json::to_value(ring().jwks()).unwrap();
        let key = published["keys"][0].as_object().unwrap();
        let mut names: Vec<_> = key.keys().map(String::as_str).collect();
        names.sort_unstable();
        assert_eq!(names, ["alg", "crv", "kid", "kty", "use", "x", "y"]);
    }

    proptest! {
        #[test]
        fn nothing_that_we_did_not_sign_is_accepted(token in "\\PC*") {
            prop_assert!(!accepts(&ring(), &token));
        }
    }
}
