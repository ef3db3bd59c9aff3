//! Hashes that are computed in no time: MD5, SHA-1 and SHA-2, plain, salted and keyed, and phpass. Their output is what is left of the password, so
//! it is kept only under Argon2id; what stays legible is the [`Recipe`] by which a password is turned into such an output again.

use ::hmac::{Hmac, KeyInit as _, Mac as _};
use aws_lc_rs::{digest, hmac};
use md5::{Digest as _, Md5};
use zeroize::Zeroizing;

use super::{ForeignHashError, bytes_of, fields, same};
use crate::named::named;
use crate::password::Password;

/// What Kratos calls the salting format, where the salt and the password go.
const SALT: &str = "{SALT}";
const PASSWORD: &str = "{PASSWORD}";
/// Longest such format, in bytes.
const FORMAT_MAX: usize = 128;
/// Longest salt or key, in bytes.
const SALT_MAX: usize = 512;
/// Most doublings of phpass's MD5: a million rounds.
const PHPASS_MAX: u8 = 20;
const PHPASS_SALT: usize = 8;

named! {
    /// A digest.
    Digest {
        /// 16 bytes.
        Md5 = "md5",
        /// 20 bytes.
        Sha1 = "sha1",
        /// 28 bytes.
        Sha224 = "sha224",
        /// 32 bytes.
        Sha256 = "sha256",
        /// 48 bytes.
        Sha384 = "sha384",
        /// 64 bytes.
        Sha512 = "sha512",
    }
}

impl Digest {
    const fn length(self) -> usize {
        match self {
            Self::Md5 => 16,
            Self::Sha1 => 20,
            Self::Sha224 => 28,
            Self::Sha256 => 32,
            Self::Sha384 => 48,
            Self::Sha512 => 64,
        }
    }

    fn of(self, bytes: &[u8]) -> Vec<u8> {
        let algorithm = match self {
            Self::Md5 => return Md5::digest(bytes).to_vec(),
            Self::Sha1 => &digest::SHA1_FOR_LEGACY_USE_ONLY,
            Self::Sha224 => &digest::SHA224,
            Self::Sha256 => &digest::SHA256,
            Self::Sha384 => &digest::SHA384,
            Self::Sha512 => &digest::SHA512,
        };
        digest::digest(algorithm, bytes).as_ref().to_vec()
    }

    fn keyed(self, key: &[u8], bytes: &[u8]) -> Vec<u8> {
        let algorithm = match self {
            // A key of any length is one that HMAC takes.
            Self::Md5 => {
                let mac = Hmac::<Md5>::new_from_slice(key).map(|mac| mac.chain_update(bytes).finalize().into_bytes().to_vec());
                return mac.unwrap_or_default();
            }
            Self::Sha1 => hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY,
            Self::Sha224 => hmac::HMAC_SHA224,
            Self::Sha256 => hmac::HMAC_SHA256,
            Self::Sha384 => hmac::HMAC_SHA384,
            Self::Sha512 => hmac::HMAC_SHA512,
        };
        hmac::sign(&hmac::Key::new(algorithm, key), bytes).as_ref().to_vec()
    }
}

/// How a password is turned into the output of a fast hash.
#[derive(Clone, PartialEq, Eq)]
pub enum Recipe {
    /// A digest over password and salt.
    Plain {
        /// The digest.
        digest: Digest,
        /// Where the password and the salt go; `None`: the password alone.
        salting: Option<Salting>,
    },
    /// HMAC over the password.
    Keyed {
        /// The digest.
        digest: Digest,
        /// The key.
        key: Vec<u8>,
    },
    /// phpass's portable hash: MD5 over the salt and the password, then over that and the password, again and again.
    Phpass {
        /// `2^log_rounds` times.
        log_rounds: u8,
        /// The salt, eight digits of crypt(3).
        salt: String,
    },
}

/// A salt and where it goes.
#[derive(Clone, PartialEq, Eq)]
pub struct Salting {
    format: String,
    salt: Vec<u8>,
}

impl Salting {
    fn parse(format: Vec<u8>, salt: Vec<u8>) -> Option<Self> {
        let format = String::from_utf8(format).ok()?;
        let fits = format.len() <= FORMAT_MAX && salt.len() <= SALT_MAX && format.matches(PASSWORD).count() == 1 && format.matches(SALT).count() <= 2;
        fits.then_some(Self { format, salt })
    }

    /// The salt before the password, or behind it.
    fn beside(salt: Vec<u8>, is_before: bool) -> Option<Self> {
        let format = if is_before { [SALT, PASSWORD] } else { [PASSWORD, SALT] };
        Self::parse(format.concat().into_bytes(), salt)
    }

    fn apply(&self, password: &[u8]) -> Zeroizing<Vec<u8>> {
        let mut bytes = Zeroizing::new(Vec::with_capacity(self.format.len() + 2 * self.salt.len() + password.len()));
        for (n, around) in self.format.split(PASSWORD).enumerate() {
            if n > 0 {
                bytes.extend_from_slice(password);
            }
            for (n, literal) in around.split(SALT).enumerate() {
                if n > 0 {
                    bytes.extend_from_slice(&self.salt);
                }
                bytes.extend_from_slice(literal.as_bytes());
            }
        }
        bytes
    }
}

impl Recipe {
    /// Takes the text of a recipe: that of a hash whose output is left out.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        read(text).ok().flatten().filter(|(_, output)| output.is_empty()).map(|(recipe, _)| recipe)
    }

    /// The text, which [`Recipe::parse`] reads again. It has no blank in it.
    #[must_use]
    pub fn text(&self) -> String {
        self.with("")
    }

    /// What becomes of a password.
    #[must_use]
    pub fn output(&self, password: &Password) -> Option<Zeroizing<Vec<u8>>> {
        let password = bytes_of(password)?;
        Some(Zeroizing::new(match self {
            Self::Plain { digest, salting: None } => digest.of(password),
            Self::Plain { digest, salting: Some(salting) } => digest.of(&salting.apply(password)),
            Self::Keyed { digest, key } => digest.keyed(key, password),
            Self::Phpass { log_rounds, salt } => {
                let first = Md5::new().chain_update(salt).chain_update(password).finalize();
                let rounds = 1_u32 << log_rounds;
                (0..rounds).fold(first, |hash, _| Md5::new().chain_update(hash).chain_update(password).finalize()).to_vec()
            }
        }))
    }

    const fn length(&self) -> usize {
        match self {
            Self::Plain { digest, .. } | Self::Keyed { digest, .. } => digest.length(),
            Self::Phpass { .. } => 16,
        }
    }

    fn with(&self, output: &str) -> String {
        match self {
            Self::Plain { digest, salting: None } => format!("${}${output}", digest.name()),
            Self::Plain { digest, salting: Some(Salting { format, salt }) } => {
                let (format, salt) = (fields::to_base64(format.as_bytes()), fields::to_base64(salt));
                format!("${}$pf={format}${salt}${output}", digest.name())
            }
            Self::Keyed { digest, key } => format!("$hmac-{}${output}${}", digest.name(), fields::to_base64(key)),
            Self::Phpass { log_rounds, salt } => {
                format!("$P${}{salt}{output}", fields::to_crypt64(&[*log_rounds]).chars().take(1).collect::<String>())
            }
        }
    }
}

/// A hash that is computed in no time.
#[derive(Clone, PartialEq, Eq)]
pub struct FastHash {
    recipe: Recipe,
    output: Vec<u8>,
}

impl FastHash {
    /// Takes the text of a fast hash; `None`: it is of another kind.
    pub(super) fn parse(text: &str) -> Result<Option<Self>, ForeignHashError> {
        let Some((recipe, output)) = read(text)? else { return Ok(None) };
        if output.len() == recipe.length() { Ok(Some(Self { recipe, output })) } else { Err(ForeignHashError::Malformed("a digest")) }
    }

    /// How it was made.
    #[must_use]
    pub const fn recipe(&self) -> &Recipe {
        &self.recipe
    }

    /// What is left of the password.
    #[must_use]
    pub fn output(&self) -> &[u8] {
        &self.output
    }

    /// The digits that an INVAS client makes of the password, if this is that: MD5 over the password alone.
    #[must_use]
    pub fn pre_hashed(&self) -> Option<String> {
        let is_that = self.recipe == Recipe::Plain { digest: Digest::Md5, salting: None };
        is_that.then(|| self.output.iter().map(|byte| format!("{byte:02X}")).collect())
    }

    pub(super) fn text(&self) -> String {
        match self.recipe {
            Recipe::Phpass { .. } => self.recipe.with(&fields::to_crypt64(&self.output)),
            Recipe::Plain { .. } | Recipe::Keyed { .. } => self.recipe.with(&fields::to_base64(&self.output)),
        }
    }

    pub(super) fn verify(&self, password: &Password) -> bool {
        self.recipe.output(password).is_some_and(|output| same(&output, &self.output))
    }
}

/// A recipe and its output, which may be missing; `None`: the text is of another kind.
fn read(text: &str) -> Result<Option<(Recipe, Vec<u8>)>, ForeignHashError> {
    if text.len() == 32 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'A'..=b'F')) {
        let output = fields::hex(text).unwrap_or_default();
        return Ok(Some((Recipe::Plain { digest: Digest::Md5, salting: None }, output)));
    }
    if let Some(rest) = text.strip_prefix("$P$").or_else(|| text.strip_prefix("$H$")) {
        return phpass(rest).map(Some);
    }
    if let Some((name, encoded)) = text.strip_prefix('{').and_then(|text| text.split_once('}')) {
        return ldap(name, encoded);
    }
    if let Some(rest) = text.strip_prefix('$')
        && let Some((name, rest)) = rest.split_once('$')
    {
        return match name.strip_prefix("hmac-") {
            Some(name) => Digest::from_name(name).map(|digest| keyed(digest, rest)).transpose(),
            None => Digest::from_name(name).map(|digest| plain(digest, rest)).transpose(),
        };
    }
    match text.split_once('$').and_then(|(name, rest)| Some((Digest::from_name(name)?, rest))) {
        Some((digest @ (Digest::Md5 | Digest::Sha1), rest)) => django(digest, rest).map(Some),
        _ => Ok(None),
    }
}

/// `$sha256$HASH`, or `$sha256$pf=FORMAT$SALT$HASH`.
fn plain(digest: Digest, rest: &str) -> Result<(Recipe, Vec<u8>), ForeignHashError> {
    let malformed = ForeignHashError::Malformed("a digest");
    let parts: Vec<_> = rest.split('$').collect();
    let (salting, output) = match parts.as_slice() {
        [output] => (None, output),
        [format, salt, output] => {
            let format = format.strip_prefix("pf=").and_then(fields::base64).ok_or(malformed)?;
            (Some(Salting::parse(format, fields::base64(salt).ok_or(malformed)?).ok_or(malformed)?), output)
        }
        _ => return Err(malformed),
    };
    Ok((Recipe::Plain { digest, salting }, output_of(output, digest, "a digest")?))
}

/// `$hmac-sha256$HASH$KEY`.
fn keyed(digest: Digest, rest: &str) -> Result<(Recipe, Vec<u8>), ForeignHashError> {
    let malformed = ForeignHashError::Malformed("an HMAC");
    let (output, key) = rest.split_once('$').ok_or(malformed)?;
    let key = fields::base64(key).filter(|key| key.len() <= SALT_MAX).ok_or(malformed)?;
    Ok((Recipe::Keyed { digest, key }, output_of(output, digest, "an HMAC")?))
}

fn output_of(text: &str, digest: Digest, what: &'static str) -> Result<Vec<u8>, ForeignHashError> {
    if text.is_empty() {
        return Ok(Vec::new());
    }
    fields::digest(text, digest.length()).ok_or(ForeignHashError::Malformed(what))
}

/// Django's `md5$SALT$HEX` and `sha1$SALT$HEX`.
fn django(digest: Digest, rest: &str) -> Result<(Recipe, Vec<u8>), ForeignHashError> {
    let read = || {
        let (salt, output) = rest.split_once('$')?;
        let output = fields::hex(output).filter(|output| output.len() == digest.length())?;
        Some((Recipe::Plain { digest, salting: Some(Salting::beside(salt.as_bytes().to_vec(), true)?) }, output))
    };
    read().ok_or(ForeignHashError::Malformed("a Django hash"))
}

/// `{SSHA}…` of RFC 2307 and its kin: a digest over the password and the salt that follows it.
fn ldap(name: &str, encoded: &str) -> Result<Option<(Recipe, Vec<u8>)>, ForeignHashError> {
    let (digest, is_salted) = match name.to_ascii_uppercase().as_str() {
        "MD5" => (Digest::Md5, false),
        "SMD5" => (Digest::Md5, true),
        "SHA" => (Digest::Sha1, false),
        "SSHA" => (Digest::Sha1, true),
        "SHA256" => (Digest::Sha256, false),
        "SSHA256" => (Digest::Sha256, true),
        "SHA384" => (Digest::Sha384, false),
        "SSHA384" => (Digest::Sha384, true),
        "SHA512" => (Digest::Sha512, false),
        "SSHA512" => (Digest::Sha512, true),
        _ => return Ok(None),
    };
    let read = || {
        let mut output = fields::base64(encoded).filter(|bytes| bytes.len() >= digest.length())?;
        let salt = output.split_off(digest.length());
        // A salted form without a salt, or a plain one with more than its digest, is one that somebody has cut or mistaken.
        let salting = match (is_salted, salt.is_empty()) {
            (true, false) => Some(Salting::beside(salt, false)?),
            (false, true) => None,
            _ => return None,
        };
        Some((Recipe::Plain { digest, salting }, output))
    };
    read().map(Some).ok_or(ForeignHashError::Malformed("an LDAP hash"))
}

/// `$P$` and a digit for the rounds, eight for the salt, 22 for the output, which may be missing.
fn phpass(rest: &str) -> Result<(Recipe, Vec<u8>), ForeignHashError> {
    let malformed = ForeignHashError::Malformed("phpass");
    let log_rounds = rest.bytes().next().and_then(fields::crypt_digit).filter(|rounds| *rounds >= 7).ok_or(malformed)?;
    if log_rounds > PHPASS_MAX {
        return Err(ForeignHashError::TooCostly("phpass"));
    }
    let salt = rest.get(1..=PHPASS_SALT).filter(|salt| fields::is_crypt64(salt)).ok_or(malformed)?;
    let output = rest.get(1 + PHPASS_SALT..).ok_or(malformed)?;
    let output = if output.is_empty() { Vec::new() } else { fields::crypt64(output).filter(|bytes| bytes.len() == 16).ok_or(malformed)? };
    Ok((Recipe::Phpass { log_rounds, salt: salt.to_owned() }, output))
}
