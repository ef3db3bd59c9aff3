//! The private key that signs mail: read from PEM, never shown.

use aws_lc_rs::digest;
use aws_lc_rs::encoding::{AsDer as _, PublicKeyX509Der};
use aws_lc_rs::error::KeyRejected;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _, RSA_PKCS1_SHA256, RsaKeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::pem::PemObject as _;

use super::DkimError;

/// The shortest RSA key that signs, in bytes (RFC 8301 §3.2).
const RSA_MIN: usize = 2048 / 8;

/// A private key.
enum Pair {
    /// RSA, which every receiver checks.
    Rsa(Box<RsaKeyPair>),
    /// Ed25519 (RFC 8463), which many do not check yet.
    Ed25519(Box<Ed25519KeyPair>),
}

/// A key that signs, and its public half.
pub(super) struct SigningKey {
    pair: Pair,
    /// The public half as it is published: `k=…; p=…`.
    published: String,
}

impl SigningKey {
    /// The first private key in a PEM file, as `openssl genpkey`, `openssl genrsa` and `opendkim-genkey` write it.
    pub(super) fn from_pem(pem: &[u8]) -> Result<Self, DkimError> {
        match PrivateKeyDer::from_pem_slice(pem).map_err(|_| DkimError::Key)? {
            PrivateKeyDer::Pkcs1(der) => Self::rsa(RsaKeyPair::from_der(der.secret_pkcs1_der())),
            PrivateKeyDer::Pkcs8(der) => match Ed25519KeyPair::from_pkcs8_maybe_unchecked(der.secret_pkcs8_der()) {
                Ok(pair) => {
                    let published = format!("k=ed25519; p={}", STANDARD.encode(pair.public_key()));
                    Ok(Self { pair: Pair::Ed25519(Box::new(pair)), published })
                }
                Err(_) => Self::rsa(RsaKeyPair::from_pkcs8(der.secret_pkcs8_der())),
            },
            _ => Err(DkimError::Key),
        }
    }

    fn rsa(pair: Result<RsaKeyPair, KeyRejected>) -> Result<Self, DkimError> {
        let pair = pair.ok().filter(|pair| pair.public_modulus_len() >= RSA_MIN).ok_or(DkimError::Key)?;
        let public: PublicKeyX509Der<'_> = pair.public_key().as_der().map_err(|_| DkimError::Key)?;
        let published = format!("k=rsa; p={}", STANDARD.encode(AsRef::<[u8]>::as_ref(&*public)));
        Ok(Self { pair: Pair::Rsa(Box::new(pair)), published })
    }

    /// Its algorithm as a signature names it (`a=`).
    pub(super) const fn algorithm(&self) -> &'static str {
        match &self.pair {
            Pair::Rsa(_) => "rsa-sha256",
            Pair::Ed25519(_) => "ed25519-sha256",
        }
    }

    /// The signature of `text`, in base64; `None` if the library fails.
    pub(super) fn sign(&self, text: &[u8]) -> Option<String> {
        let signature = match &self.pair {
            Pair::Rsa(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), text, &mut signature).ok()?;
                signature
            }
            // RFC 8463 §3: what is signed is the hash.
            Pair::Ed25519(pair) => pair.try_sign(digest::digest(&digest::SHA256, text).as_ref()).ok()?.as_ref().to_vec(),
        };
        Some(STANDARD.encode(signature))
    }

    /// The public half as it is published: `k=…; p=…`.
    pub(super) fn published(&self) -> &str {
        &self.published
    }
}
