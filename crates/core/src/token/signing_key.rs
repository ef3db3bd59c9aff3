//! Keys that sign and check tokens: made, read, named, published.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jsonwebtoken::jwk::{Jwk, PublicKeyUse, ThumbprintHash};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey};

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
    /// The key is no text.
    #[error("a signing key is PKCS #8 PEM text")]
    NotText,
    /// The random key could not be made.
    #[error("no key could be generated")]
    NotGenerated,
}

/// A key that signs and checks tokens, under one algorithm.
pub struct SigningKey {
    pub(super) kid: String,
    pub(super) algorithm: Algorithm,
    pub(super) encoding: EncodingKey,
    pub(super) decoding: DecodingKey,
    pub(super) public: Option<Jwk>,
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
        let body = STANDARD.encode(pkcs8.as_ref());
        let lines: Vec<&str> = body.as_bytes().chunks(64).filter_map(|line| std::str::from_utf8(line).ok()).collect();
        Ok(zeroize::Zeroizing::new(format!("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n", lines.join("\n"))))
    }

    /// Its name in a token's header.
    #[must_use]
    pub fn kid(&self) -> &str {
        &self.kid
    }
}
