//! What signed receipts have in common. Every check takes the same time wherever a signature differs.

use aws_lc_rs::{constant_time, digest, hmac};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde::de::DeserializeOwned;

/// The claims of a JWT that was signed with `key`, in one of the three ways that share a secret. Its times are the caller's to check, who knows the clock.
pub(super) fn claims<C: DeserializeOwned>(token: &str, key: &str) -> Option<C> {
    let mut validation = Validation::new(Algorithm::HS256);
    validation.algorithms = vec![Algorithm::HS256, Algorithm::HS384, Algorithm::HS512];
    validation.required_spec_claims.clear();
    (validation.validate_exp, validation.validate_nbf, validation.validate_aud) = (false, false, false);
    jsonwebtoken::decode(token, &DecodingKey::from_secret(key.as_bytes()), &validation).ok().map(|token| token.claims)
}

/// Whether `hash` is the SHA-256 of `bytes` in hexadecimal digits.
pub(super) fn is_sha256(hash: &str, bytes: &[u8]) -> bool {
    let expected: String = digest::digest(&digest::SHA256, bytes).as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
    same(hash.to_ascii_lowercase().as_bytes(), expected.as_bytes())
}

/// The HMAC-SHA-1 of `bytes` in base64. SHA-1 is what Twilio signs with; as a MAC it holds.
pub(super) fn hmac_sha1(key: &str, bytes: &[u8]) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, key.as_bytes());
    STANDARD.encode(hmac::sign(&key, bytes))
}

/// Whether two texts are the same.
pub(super) fn same(one: &[u8], other: &[u8]) -> bool {
    constant_time::verify_slices_are_equal(one, other).is_ok()
}

/// The header field of a user and a password (RFC 7617).
pub(super) fn basic(user: &str, password: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{user}:{password}")))
}
