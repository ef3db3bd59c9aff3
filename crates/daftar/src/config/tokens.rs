//! `[tokens]` and `[secrets]`: how tokens are signed, and the installation's master key.

use std::path::PathBuf;

use daftar_core::secret::MASTER_KEY_LEN;
use daftar_core::token::SHARED_SECRET_MIN;
use serde::{Deserialize, Serialize};

use super::secret::{Secret, from_hex};

/// How tokens are signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub(crate) enum Algorithm {
    /// With key pairs, whose public halves are published.
    #[default]
    Es256,
    /// With a secret that other services share.
    Hs256,
}

/// `[tokens]`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Tokens {
    /// How tokens are signed.
    pub(crate) algorithm: Algorithm,
    /// The shared secret of HS256.
    pub(crate) secret: Option<Secret>,
    /// Key pairs for ES256 that the operator keeps; the first signs, all check. Empty: the store keeps them.
    pub(crate) key_files: Vec<PathBuf>,
    /// The `iss` of every token; by default the public URL.
    pub(crate) issuer: Option<String>,
}

/// Where the keys that sign tokens are.
#[derive(Debug, Clone, Copy)]
pub(crate) enum KeySource<'a> {
    /// One, in the configuration; it must be set.
    Secret(Option<&'a Secret>),
    /// In files.
    Files(&'a [PathBuf]),
    /// In the store.
    Store,
}

impl Tokens {
    /// Where the keys are.
    pub(crate) fn keys(&self) -> KeySource<'_> {
        match self.algorithm {
            Algorithm::Hs256 => KeySource::Secret(self.secret.as_ref()),
            Algorithm::Es256 if self.key_files.is_empty() => KeySource::Store,
            Algorithm::Es256 => KeySource::Files(&self.key_files),
        }
    }
}

/// What is allowed for `tokens.secret`.
pub(crate) const SHARED_SECRET_RULE: &str = "at least 32 random bytes, the same that your other services use";
const _: () = assert!(SHARED_SECRET_MIN == 32, "the sentence above says so");

/// `[secrets]`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Secrets {
    /// The master key; by default kept in a file of the data directory.
    pub(crate) master_key: Option<Secret>,
}

/// What is allowed for `secrets.master_key`.
pub(crate) const MASTER_KEY_RULE: &str = "32 random bytes as 64 hexadecimal digits or as base64";

/// The bytes of a master key written in hexadecimal or base64.
pub(crate) fn master_key_of(text: &str) -> Option<[u8; MASTER_KEY_LEN]> {
    let text = text.trim();
    from_hex(text).or_else(|| from_base64(text))?.try_into().ok()
}

/// The bytes of a base64 text in either alphabet (RFC 4648 §4, §5), padded or not.
fn from_base64(text: &str) -> Option<Vec<u8>> {
    use base64::Engine as _;
    use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
    let lenient = GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
    [base64::alphabet::STANDARD, base64::alphabet::URL_SAFE].iter().find_map(|alphabet| GeneralPurpose::new(alphabet, lenient).decode(text).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_master_key_is_read_in_hexadecimal_and_in_base64() {
        assert_eq!(master_key_of(&"0b".repeat(32)), Some([11; 32]));
        assert_eq!(master_key_of("CwsLCwsLCwsLCwsLCwsLCwsLCwsLCwsLCwsLCwsLCws="), Some([11; 32]));
        assert_eq!(master_key_of("CwsLCwsLCwsLCwsLCwsLCwsLCwsLCwsLCwsLCwsLCws"), Some([11; 32]));
        for short in ["", "0b", "CwsL", &"0b".repeat(31), &"0b".repeat(33), "zz"] {
            assert_eq!(master_key_of(short), None, "{short}");
        }
    }
}
