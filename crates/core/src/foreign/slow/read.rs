//! Reading the texts of slow hashes: self-describing ones as they are, and what Django, Keycloak, ASP.NET Identity, Node and Firebase's exports hold.

use std::num::NonZeroU32;

use argon2_rust::params::{Memory, TagLen};
use argon2_rust::{Algorithm, Params, Version};
use serde_json::Value;

use super::super::{ForeignHashError, fields};
use super::{
    ARGON2_LANES_MAX, ARGON2_WORK_MAX, BCRYPT_MAX, Kind, MEMORY_MAX_KIB, PBKDF2_WORK_MAX, Prf, SCRYPT_WORK_MAX, SHA_CRYPT_MAX, SHA_CRYPT_USUAL,
    ScryptCost,
};

/// Bytes of an output: fewer are no hash, more are none that is known.
const OUTPUT: std::ops::RangeInclusive<usize> = 16..=128;
/// Longest salt, in bytes.
const SALT_MAX: usize = 512;

type Read = Result<Kind, ForeignHashError>;

/// Reads a text of any form; `None`: it is none of them.
pub(super) fn any(text: &str) -> Result<Option<Kind>, ForeignHashError> {
    // Django writes its own name for an algorithm before what the algorithm calls itself.
    let (django, inner) = text.split_once('$').unwrap_or_default();
    let read = match django {
        "pbkdf2_sha256" => django_pbkdf2(inner, Prf::Sha256),
        "pbkdf2_sha1" => django_pbkdf2(inner, Prf::Sha1),
        "scrypt" => django_scrypt(inner),
        "argon2" => argon2(inner),
        "bcrypt" => bcrypt(inner, false),
        "bcrypt_sha256" => bcrypt(inner, true),
        "" if text.starts_with("$2") => bcrypt(text, false),
        "" if text.starts_with("$argon2") => argon2(inner),
        "" if text.starts_with("$scrypt$") => scrypt(text),
        "" if text.starts_with("$firescrypt$") => firebase(text),
        "" if text.starts_with("$pbkdf2") => pbkdf2(text),
        "" if text.starts_with("$5$") => sha_crypt(text, Prf::Sha256),
        "" if text.starts_with("$6$") => sha_crypt(text, Prf::Sha512),
        "" if text.starts_with('{') => keycloak(text),
        "" => return node(text).or_else(|| asp_net(text)).transpose(),
        _ => return Ok(None),
    };
    read.map(Some)
}

/// `$2b$12$` with 22 characters of salt and 31 of output.
fn bcrypt(text: &str, of_sha256: bool) -> Read {
    let malformed = ForeignHashError::Malformed("bcrypt");
    let rest = ["$2a$", "$2b$", "$2y$"].iter().find_map(|id| text.strip_prefix(id)).ok_or(malformed)?;
    let (cost, rest) = rest.split_once('$').ok_or(malformed)?;
    let cost = Some(cost).filter(|cost| cost.len() == 2 && cost.bytes().all(|byte| byte.is_ascii_digit())).and_then(|cost| cost.parse().ok());
    let cost = cost.filter(|cost| (4..=31).contains(cost)).ok_or(malformed)?;
    if cost > BCRYPT_MAX {
        return Err(ForeignHashError::TooCostly("bcrypt"));
    }
    let (salt, output) = rest.split_at_checked(22).ok_or(malformed)?;
    let salt = fields::bcrypt64(salt).and_then(|salt| salt.try_into().ok()).ok_or(malformed)?;
    let output = fields::bcrypt64(output).filter(|output| output.len() == 23).ok_or(malformed)?;
    Ok(Kind::Bcrypt { cost, salt, output, of_sha256 })
}

/// `argon2id$v=19$m=19456,t=2,p=1$SALT$OUTPUT`; without `v` it is of the version before.
fn argon2(text: &str) -> Read {
    let malformed = ForeignHashError::Malformed("Argon2");
    let mut parts = text.split('$');
    let algorithm = match parts.next() {
        Some("argon2id") => Algorithm::Argon2id,
        Some("argon2i") => Algorithm::Argon2i,
        Some("argon2d") => Algorithm::Argon2d,
        _ => return Err(malformed),
    };
    let rest: Vec<_> = parts.collect();
    let (version, costs, salt, output) = match rest.as_slice() {
        ["v=19", costs, salt, output] => (Version::V0x13, costs, salt, output),
        ["v=16", costs, salt, output] | [costs, salt, output] => (Version::V0x10, costs, salt, output),
        _ => return Err(malformed),
    };
    let [memory, passes, lanes] = fields::numbers(costs, ["m", "t", "p"]).ok_or(malformed)?;
    let (salt, output) = (salt_of(salt).ok_or(malformed)?, output_of(output).ok_or(malformed)?);
    argon2_of(algorithm, version, [memory, passes, lanes], salt, output)
}

fn argon2_of(algorithm: Algorithm, version: Version, [memory, passes, lanes]: [u32; 3], salt: Vec<u8>, output: Vec<u8>) -> Read {
    if u64::from(memory) > MEMORY_MAX_KIB || u64::from(memory) * u64::from(passes) > ARGON2_WORK_MAX || lanes > ARGON2_LANES_MAX {
        return Err(ForeignHashError::TooCostly("Argon2"));
    }
    let length = TagLen::bytes(output.len() as u64);
    let params = Params::builder().memory(Memory::kib(memory.into())).passes(passes).lanes(lanes).threads(1).tag_len(length).build();
    let params = params.ok().filter(|_| salt.len() >= 8).ok_or(ForeignHashError::Malformed("Argon2"))?;
    Ok(Kind::Argon2 { algorithm, version, params, salt, output })
}

/// `$scrypt$ln=14,r=8,p=1$SALT$OUTPUT`; Kratos writes N itself after `ln`.
fn scrypt(text: &str) -> Read {
    let malformed = ForeignHashError::Malformed("scrypt");
    let [costs, salt, output] = parts(text, "$scrypt$").ok_or(malformed)?;
    let [ln, r, p] = fields::numbers(costs, ["ln", "r", "p"]).ok_or(malformed)?;
    let cost = if ln < 64 { scrypt_cost(Some(ln), r, p) } else { scrypt_cost(log_of(ln), r, p) }?;
    Ok(Kind::Scrypt { cost, salt: salt_of(salt).ok_or(malformed)?, output: output_of(output).ok_or(malformed)? })
}

/// Django's `scrypt$16384$SALT$8$5$OUTPUT`, its salt as it is.
fn django_scrypt(inner: &str) -> Read {
    let malformed = ForeignHashError::Malformed("scrypt");
    let [n, salt, r, p, output] = parts(inner, "").ok_or(malformed)?;
    let number = |text| fields::number(text).ok_or(malformed);
    let cost = scrypt_cost(log_of(number(n)?), number(r)?, number(p)?)?;
    Ok(Kind::Scrypt { cost, salt: plain_salt(salt).ok_or(malformed)?, output: output_of(output).ok_or(malformed)? })
}

/// `$firescrypt$ln=14,r=8,p=1$SALT$OUTPUT$SEPARATOR$SIGNER_KEY`, as Kratos writes what Firebase keeps in several places.
fn firebase(text: &str) -> Read {
    let malformed = ForeignHashError::Malformed("Firebase's scrypt");
    let [costs, salt, output, separator, signer_key] = parts(text, "$firescrypt$").ok_or(malformed)?;
    let [ln, r, p] = fields::numbers(costs, ["ln", "r", "p"]).ok_or(malformed)?;
    let cost = scrypt_cost(Some(ln), r, p)?;
    let (salt, separator) = (salt_of(salt).ok_or(malformed)?, salt_of(separator).ok_or(malformed)?);
    let (output, signer_key) = (output_of(output).ok_or(malformed)?, output_of(signer_key).ok_or(malformed)?);
    if output.len() != signer_key.len() {
        return Err(malformed);
    }
    Ok(Kind::Firebase { cost, salt, separator, signer_key, output })
}

fn log_of(n: u32) -> Option<u32> {
    n.is_power_of_two().then(|| n.trailing_zeros())
}

fn scrypt_cost(log_n: Option<u32>, r: u32, p: u32) -> Result<ScryptCost, ForeignHashError> {
    let log_n = log_n.filter(|log_n| (1..64).contains(log_n) && r > 0 && p > 0).ok_or(ForeignHashError::Malformed("scrypt"))?;
    let blocks = 1_u64.checked_shl(log_n).and_then(|n| n.checked_mul(r.into()));
    let work = blocks.and_then(|blocks| blocks.checked_mul(p.into()));
    // A block is 128 bytes.
    let is_bearable = blocks.is_some_and(|blocks| blocks / 8 <= MEMORY_MAX_KIB) && work.is_some_and(|work| work <= SCRYPT_WORK_MAX);
    let log_n = u8::try_from(log_n).ok().filter(|_| is_bearable).ok_or(ForeignHashError::TooCostly("scrypt"))?;
    Ok(ScryptCost { log_n, r, p })
}

/// `$pbkdf2-sha256$i=600000,l=32$SALT$OUTPUT` in its dialects: passlib writes the iterations alone, and no digest for SHA-1.
fn pbkdf2(text: &str) -> Read {
    let malformed = ForeignHashError::Malformed("PBKDF2");
    let [name, costs, salt, output] = parts(text, "$").ok_or(malformed)?;
    let prf = match name.strip_prefix("pbkdf2").ok_or(malformed)? {
        "" => Prf::Sha1,
        digest => digest.strip_prefix('-').and_then(Prf::from_name).ok_or(malformed)?,
    };
    let (salt, output) = (salt_of(salt).ok_or(malformed)?, output_of(output).ok_or(malformed)?);
    let iterations = match (fields::number(costs), fields::numbers(costs, ["i"]), fields::numbers(costs, ["i", "l"])) {
        (Some(iterations), ..) | (_, Some([iterations]), _) => iterations,
        (.., Some([iterations, length])) if length as usize == output.len() => iterations,
        _ => return Err(malformed),
    };
    pbkdf2_of(prf, iterations, salt, output)
}

/// Django's `pbkdf2_sha256$600000$SALT$OUTPUT`, its salt as it is.
fn django_pbkdf2(inner: &str, prf: Prf) -> Read {
    let malformed = ForeignHashError::Malformed("PBKDF2");
    let [iterations, salt, output] = parts(inner, "").ok_or(malformed)?;
    let (salt, output) = (plain_salt(salt).ok_or(malformed)?, output_of(output).ok_or(malformed)?);
    pbkdf2_of(prf, fields::number(iterations).ok_or(malformed)?, salt, output)
}

fn pbkdf2_of(prf: Prf, iterations: u32, salt: Vec<u8>, output: Vec<u8>) -> Read {
    let blocks = output.len().div_ceil(prf.length()) as u64;
    if u64::from(iterations) * blocks > PBKDF2_WORK_MAX {
        return Err(ForeignHashError::TooCostly("PBKDF2"));
    }
    let iterations = NonZeroU32::new(iterations).ok_or(ForeignHashError::Malformed("PBKDF2"))?;
    Ok(Kind::Pbkdf2 { prf, iterations, salt, output })
}

/// `$6$rounds=5000$SALT$OUTPUT`; the rounds may be left out, and the output has its own base64.
fn sha_crypt(text: &str, prf: Prf) -> Read {
    let malformed = ForeignHashError::Malformed("SHA-crypt");
    let rest = text.get(3..).ok_or(malformed)?;
    let (rounds, rest) = match rest.strip_prefix("rounds=") {
        Some(rest) => rest.split_once('$').and_then(|(rounds, rest)| Some((fields::number(rounds)?, rest))).ok_or(malformed)?,
        None => (SHA_CRYPT_USUAL, rest),
    };
    if rounds > SHA_CRYPT_MAX {
        return Err(ForeignHashError::TooCostly("SHA-crypt"));
    }
    let (salt, output) = rest.split_once('$').ok_or(malformed)?;
    let digits = if prf == Prf::Sha512 { 86 } else { 43 };
    let is_whole = rounds >= 1000 && (1..=16).contains(&salt.len()) && output.len() == digits && fields::is_crypt64(output) && is_text(salt);
    if !is_whole {
        return Err(malformed);
    }
    Ok(Kind::ShaCrypt { prf, rounds, salt: salt.to_owned(), output: output.to_owned() })
}

/// What a field of the modular crypt format is made of.
fn is_text(salt: &str) -> bool {
    salt.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"./+=,-".contains(&byte))
}

/// A credential as Keycloak exports it, whose two halves are JSON in texts, or JSON; or as it did before version 8.
fn keycloak(text: &str) -> Read {
    let malformed = ForeignHashError::Malformed("a Keycloak credential");
    let credential: Value = serde_json::from_str(text).map_err(|_| malformed)?;
    let half = |name: &str| match credential.get(name) {
        Some(Value::String(text)) => serde_json::from_str(text).ok(),
        Some(half) => Some(half.clone()),
        None => Some(credential.clone()),
    };
    let (secret, kept) = (half("secretData").ok_or(malformed)?, half("credentialData").ok_or(malformed)?);
    let text = |of: &Value, name: &str| of.get(name).and_then(Value::as_str).map(str::to_owned);
    let salt = text(&secret, "salt").as_deref().and_then(salt_of).ok_or(malformed)?;
    let output = text(&secret, "value").or_else(|| text(&secret, "hashedSaltedValue"));
    let output = output.as_deref().and_then(output_of).ok_or(malformed)?;
    let iterations = kept.get("hashIterations").and_then(Value::as_u64).and_then(|n| u32::try_from(n).ok()).ok_or(malformed)?;
    // Every parameter is a list of one text.
    let parameter = |name: &str| kept.get("additionalParameters").and_then(|all| all.get(name)?.get(0)?.as_str());
    let number = |name: &str| parameter(name).and_then(fields::number).ok_or(malformed);
    match text(&kept, "algorithm").as_deref() {
        Some("pbkdf2") => pbkdf2_of(Prf::Sha1, iterations, salt, output),
        Some("pbkdf2-sha256") => pbkdf2_of(Prf::Sha256, iterations, salt, output),
        Some("pbkdf2-sha512") => pbkdf2_of(Prf::Sha512, iterations, salt, output),
        Some("argon2") => {
            let algorithm = match parameter("type") {
                Some("id") => Algorithm::Argon2id,
                Some("i") => Algorithm::Argon2i,
                Some("d") => Algorithm::Argon2d,
                _ => return Err(malformed),
            };
            let version = if parameter("version") == Some("1.0") { Version::V0x10 } else { Version::V0x13 };
            argon2_of(algorithm, version, [number("memory")?, iterations, number("parallelism")?], salt, output)
        }
        _ => Err(malformed),
    }
}

/// `SALT:OUTPUT`, as programs keep what `crypto.scrypt(password, salt, 64)` of Node gives at its usual cost: the salt is the text itself.
fn node(text: &str) -> Option<Read> {
    let (salt, output) = text.split_once(':')?;
    let output = Some(output).filter(|output| output.len() == 128).and_then(fields::hex)?;
    let salt = Some(salt).filter(|salt| !salt.is_empty()).and_then(plain_salt)?;
    Some(Ok(Kind::Scrypt { cost: ScryptCost { log_n: 14, r: 8, p: 1 }, salt, output }))
}

/// A blob of ASP.NET Identity: version 2 begins with a byte 0, version 3 with a byte 1 and its parameters.
fn asp_net(text: &str) -> Option<Read> {
    let blob = fields::base64(text)?;
    let (first, rest) = blob.split_first()?;
    match first {
        0 => {
            let (salt, output) = rest.split_at_checked(16).filter(|(_, output)| output.len() == 32)?;
            Some(pbkdf2_of(Prf::Sha1, 1000, salt.to_vec(), output.to_vec()))
        }
        1 => {
            let (prf, rest) = rest.split_first_chunk()?;
            let (iterations, rest) = rest.split_first_chunk()?;
            let (length, rest) = rest.split_first_chunk()?;
            let prf = match u32::from_be_bytes(*prf) {
                0 => Prf::Sha1,
                1 => Prf::Sha256,
                2 => Prf::Sha512,
                _ => return None,
            };
            let length = usize::try_from(u32::from_be_bytes(*length)).ok().filter(|length| (16..=SALT_MAX).contains(length))?;
            let (salt, output) = rest.split_at_checked(length).filter(|(_, output)| OUTPUT.contains(&output.len()))?;
            Some(pbkdf2_of(prf, u32::from_be_bytes(*iterations), salt.to_vec(), output.to_vec()))
        }
        _ => None,
    }
}

/// The parts between the `$` behind `first`, if there are exactly so many.
fn parts<'t, const N: usize>(text: &'t str, first: &str) -> Option<[&'t str; N]> {
    text.strip_prefix(first)?.split('$').collect::<Vec<_>>().try_into().ok()
}

fn salt_of(text: &str) -> Option<Vec<u8>> {
    fields::base64(text).filter(|salt| salt.len() <= SALT_MAX)
}

fn plain_salt(text: &str) -> Option<Vec<u8>> {
    Some(text.as_bytes().to_vec()).filter(|salt| salt.len() <= SALT_MAX)
}

fn output_of(text: &str) -> Option<Vec<u8>> {
    fields::base64(text).filter(|output| OUTPUT.contains(&output.len()))
}
