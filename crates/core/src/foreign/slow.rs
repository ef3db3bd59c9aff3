//! Hashes that are made to take their time: bcrypt, Argon2, scrypt and Firebase's change of it, PBKDF2, SHA-crypt. They are kept as they came.

use std::num::NonZeroU32;

use argon2_rust::{Algorithm, Argon2, Error, Params, Version};
use aws_lc_rs::cipher::{AES_256, AES_CTR_IV_LEN, DecryptingKey, DecryptionContext, UnboundCipherKey};
use aws_lc_rs::iv::FixedLength;
use aws_lc_rs::{digest, pbkdf2};
use sha_crypt::{PasswordHashRef, PasswordVerifier as _, ShaCrypt};
use zeroize::Zeroizing;

use super::{ForeignHashError, bytes_of, fields, same};
use crate::password::Password;

mod read;

/// What checking one hash may take: about two seconds of a core, and this much memory, in KiB.
const MEMORY_MAX_KIB: u64 = 256 * 1024;
/// Argon2: KiB times passes.
const ARGON2_WORK_MAX: u64 = 1024 * 1024;
const ARGON2_LANES_MAX: u32 = 16;
/// bcrypt: doublings.
const BCRYPT_MAX: u32 = 14;
/// scrypt: N·r·p.
const SCRYPT_WORK_MAX: u64 = 1 << 21;
/// PBKDF2: iterations, for each block of output.
const PBKDF2_WORK_MAX: u64 = 4_000_000;
/// SHA-crypt: rounds.
const SHA_CRYPT_MAX: u32 = 1_000_000;
/// SHA-crypt's rounds where a text says nothing of them.
const SHA_CRYPT_USUAL: u32 = 5000;
/// The most bytes of a password that bcrypt looks at, a zero at its end included.
const BCRYPT_PASSWORD: usize = 72;

/// The digest of a PBKDF2 or a SHA-crypt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Prf {
    Sha1,
    Sha256,
    Sha512,
}

impl Prf {
    const ALL: [Self; 3] = [Self::Sha1, Self::Sha256, Self::Sha512];

    const fn name(self) -> &'static str {
        match self {
            Self::Sha1 => "sha1",
            Self::Sha256 => "sha256",
            Self::Sha512 => "sha512",
        }
    }

    fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|prf| prf.name() == name)
    }

    const fn length(self) -> usize {
        match self {
            Self::Sha1 => 20,
            Self::Sha256 => 32,
            Self::Sha512 => 64,
        }
    }

    const fn pbkdf2(self) -> pbkdf2::Algorithm {
        match self {
            Self::Sha1 => pbkdf2::PBKDF2_HMAC_SHA1,
            Self::Sha256 => pbkdf2::PBKDF2_HMAC_SHA256,
            Self::Sha512 => pbkdf2::PBKDF2_HMAC_SHA512,
        }
    }
}

/// The costs of scrypt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct ScryptCost {
    log_n: u8,
    r: u32,
    p: u32,
}

/// A hash that is made to take its time. Its costs are within bounds.
#[derive(Clone, PartialEq, Eq)]
pub struct SlowHash(Kind);

#[derive(Clone, PartialEq, Eq)]
enum Kind {
    Bcrypt {
        cost: u32,
        salt: [u8; 16],
        output: Vec<u8>,
        /// Whether bcrypt saw the SHA-256 of the password, in hexadecimal digits (Django).
        of_sha256: bool,
    },
    Argon2 {
        algorithm: Algorithm,
        version: Version,
        params: Params,
        salt: Vec<u8>,
        output: Vec<u8>,
    },
    Scrypt {
        cost: ScryptCost,
        salt: Vec<u8>,
        output: Vec<u8>,
    },
    Firebase {
        cost: ScryptCost,
        salt: Vec<u8>,
        separator: Vec<u8>,
        signer_key: Vec<u8>,
        output: Vec<u8>,
    },
    Pbkdf2 {
        prf: Prf,
        iterations: NonZeroU32,
        salt: Vec<u8>,
        output: Vec<u8>,
    },
    ShaCrypt {
        prf: Prf,
        rounds: u32,
        salt: String,
        output: String,
    },
}

impl SlowHash {
    /// Takes the text of a slow hash; `None`: it is of another kind.
    pub(super) fn parse(text: &str) -> Result<Option<Self>, ForeignHashError> {
        Ok(read::any(text)?.map(Self))
    }

    pub(super) fn text(&self) -> String {
        let b64 = fields::to_base64;
        match &self.0 {
            Kind::Bcrypt { cost, salt, output, of_sha256 } => {
                let first = if *of_sha256 { "bcrypt_sha256$" } else { "" };
                format!("{first}$2b${cost:02}${}{}", fields::to_bcrypt64(salt), fields::to_bcrypt64(output))
            }
            Kind::Argon2 { algorithm, version, params, salt, output } => {
                let costs = format!("m={},t={},p={}", params.memory_kib(), params.passes(), params.lanes());
                format!("${}$v={}${costs}${}${}", algorithm.as_str(), version.as_u32(), b64(salt), b64(output))
            }
            Kind::Scrypt { cost: ScryptCost { log_n, r, p }, salt, output } => {
                format!("$scrypt$ln={log_n},r={r},p={p}${}${}", b64(salt), b64(output))
            }
            Kind::Firebase { cost: ScryptCost { log_n, r, p }, salt, separator, signer_key, output } => {
                format!("$firescrypt$ln={log_n},r={r},p={p}${}${}${}${}", b64(salt), b64(output), b64(separator), b64(signer_key))
            }
            Kind::Pbkdf2 { prf, iterations, salt, output } => {
                format!("$pbkdf2-{}$i={iterations},l={}${}${}", prf.name(), output.len(), b64(salt), b64(output))
            }
            Kind::ShaCrypt { prf, rounds, salt, output } => {
                let id = if *prf == Prf::Sha512 { 6 } else { 5 };
                format!("${id}$rounds={rounds}${salt}${output}")
            }
        }
    }

    pub(super) fn verify(&self, password: &Password) -> Result<bool, argon2_rust::Error> {
        let Some(password) = bytes_of(password) else { return Ok(false) };
        Ok(match &self.0 {
            Kind::Bcrypt { cost, salt, output, of_sha256: false } => same(&bcrypt_of(password, *cost, *salt), output),
            Kind::Bcrypt { cost, salt, output, of_sha256: true } => {
                let sum = digest::digest(&digest::SHA256, password);
                let digits: Zeroizing<String> = Zeroizing::new(sum.as_ref().iter().map(|byte| format!("{byte:02x}")).collect());
                same(&bcrypt_of(digits.as_bytes(), *cost, *salt), output)
            }
            Kind::Argon2 { algorithm, version, params, salt, output } => {
                match Argon2::new(*algorithm, *version, *params).verify(password, salt, output) {
                    Ok(()) => true,
                    Err(Error::VerifyMismatch) => false,
                    Err(error) => return Err(error),
                }
            }
            Kind::Scrypt { cost, salt, output } => scrypt_of(password, salt, *cost, output.len()).is_some_and(|key| same(&key, output)),
            Kind::Firebase { cost, salt, separator, signer_key, output } => {
                let key = scrypt_of(password, &[salt.as_slice(), separator].concat(), *cost, 32);
                key.and_then(|key| firebase_of(&key, signer_key)).is_some_and(|made| same(&made, output))
            }
            Kind::Pbkdf2 { prf, iterations, salt, output } => pbkdf2::verify(prf.pbkdf2(), *iterations, salt, password, output).is_ok(),
            Kind::ShaCrypt { .. } => is_sha_crypt_of(password, &self.text()),
        })
    }
}

fn bcrypt_of(password: &[u8], cost: u32, salt: [u8; 16]) -> [u8; 23] {
    let mut key: Zeroizing<Vec<u8>> = Zeroizing::new(password.iter().copied().take(BCRYPT_PASSWORD).collect());
    if key.len() < BCRYPT_PASSWORD {
        key.push(0);
    }
    let mut kept = [0; 23];
    // The last byte is not written into any hash.
    kept.iter_mut().zip(bcrypt::bcrypt(cost, salt, &key)).for_each(|(to, from)| *to = from);
    kept
}

fn scrypt_of(password: &[u8], salt: &[u8], ScryptCost { log_n, r, p }: ScryptCost, length: usize) -> Option<Zeroizing<Vec<u8>>> {
    let params = scrypt::Params::new(log_n, r, p).ok()?;
    let mut key = Zeroizing::new(vec![0; length]);
    scrypt::scrypt(password, salt, &params, &mut key).ok()?;
    Some(key)
}

/// The project's key, enciphered under what scrypt makes of the password.
fn firebase_of(key: &[u8], signer_key: &[u8]) -> Option<Vec<u8>> {
    let cipher = DecryptingKey::ctr(UnboundCipherKey::new(&AES_256, key).ok()?).ok()?;
    let mut text = signer_key.to_vec();
    // Both ways are one in counter mode; this one takes the counter that Firebase begins with.
    cipher.decrypt(&mut text, DecryptionContext::Iv128(FixedLength::from([0; AES_CTR_IV_LEN]))).ok()?;
    Some(text)
}

fn is_sha_crypt_of(password: &[u8], text: &str) -> bool {
    PasswordHashRef::new(text).is_ok_and(|hash| ShaCrypt::default().verify_password(password, hash).is_ok())
}
