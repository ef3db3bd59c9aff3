//! Configured values that are secret in whole or in part. None of them can print itself: `Debug` hides them, and writing a configuration
//! back writes a mask in their place.

use serde::de::{Deserialize, Deserializer};
use serde::ser::{Serialize, Serializer};
use url::Url;

/// What stands for a secret wherever a configuration is shown.
pub(crate) const MASK: &str = "***";

/// A text that is secret as a whole.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Secret(String);

impl Secret {
    /// The secret itself, for the one place that uses it.
    pub(crate) fn expose(&self) -> &str {
        &self.0
    }
}

impl From<&str> for Secret {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(..)")
    }
}

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        String::deserialize(from).map(Self)
    }
}

impl Serialize for Secret {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(MASK)
    }
}

/// A URL that may carry a password, such as a database's or a mail server's.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct SecretUrl(String);

impl SecretUrl {
    /// The whole URL, for the one place that uses it.
    pub(crate) fn expose(&self) -> &str {
        &self.0
    }

    /// The URL with its password masked.
    pub(crate) fn masked(&self) -> String {
        masked_url(&self.0)
    }
}

impl From<String> for SecretUrl {
    fn from(url: String) -> Self {
        Self(url)
    }
}

impl std::fmt::Debug for SecretUrl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.masked())
    }
}

impl<'de> Deserialize<'de> for SecretUrl {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        String::deserialize(from).map(Self)
    }
}

impl Serialize for SecretUrl {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&self.masked())
    }
}

/// The URL of a gateway. Its path may hold what proves an account, and so may its query: where there is one, all of it is secret.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct GatewayUrl(String);

impl GatewayUrl {
    /// The whole URL, for the one place that uses it.
    pub(crate) fn expose(&self) -> &str {
        &self.0
    }

    fn masked(&self) -> String {
        let bare =
            Url::parse(&self.0).ok().filter(|url| url.has_host() && url.username().is_empty() && url.password().is_none() && url.query().is_none());
        match bare {
            Some(url) if matches!(url.path(), "" | "/") => self.0.clone(),
            Some(url) => format!("{}/{MASK}", url.origin().ascii_serialization()),
            None => MASK.to_owned(),
        }
    }
}

impl std::fmt::Debug for GatewayUrl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.masked())
    }
}

impl<'de> Deserialize<'de> for GatewayUrl {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        String::deserialize(from).map(Self)
    }
}

impl Serialize for GatewayUrl {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&self.masked())
    }
}

/// `url` with the password masked; a text that is no URL, and so may have one anywhere, becomes the mask.
pub(crate) fn masked_url(url: &str) -> String {
    // A local file has no host and no password, and its path must come out as it went in, relative or not.
    if url.starts_with("sqlite:") {
        return url.to_owned();
    }
    let Ok(mut parsed) = Url::parse(url) else { return MASK.to_owned() };
    // `post:hunter2` is a URL, too, of the scheme "post": only a host makes sure where its password is.
    if !parsed.has_host() {
        return MASK.to_owned();
    }
    // PostgreSQL takes it as a parameter, too.
    if parsed.query_pairs().any(|(name, _)| name.contains("password")) {
        return MASK.to_owned();
    }
    if parsed.password().is_none() {
        return url.to_owned();
    }
    if parsed.set_password(Some(MASK)).is_err() { MASK.to_owned() } else { parsed.to_string() }
}

/// Whether `key` (written with dots) may hold a secret, so that errors mask its value: also where somebody writes one in place of the table that it belongs into.
pub(crate) fn is_secret(key: &str) -> bool {
    matches!(key, "tokens" | "tokens.secret" | "secrets" | "secrets.master_key" | "email.url" | "database.url")
        || key.starts_with("email.servers")
        || is_secret_of_a_route(key)
}

/// Whether a key of `sms.routes` may: whatever is not known to be open.
fn is_secret_of_a_route(key: &str) -> bool {
    const OPEN: [&str; 16] = [
        "name",
        "preset",
        "way",
        "countries",
        "platforms",
        "sender",
        "senders",
        "template",
        "templates",
        "price",
        "prices",
        "timeout",
        "receipt_within",
        "method",
        "secret_file",
        "signing_key_file",
    ];
    let Some(rest) = key.strip_prefix("sms.routes") else { return false };
    // Behind the route's number or name.
    let name = rest.split('.').nth(2).unwrap_or_default();
    !(OPEN.contains(&name) || name.ends_with("_field") || name.ends_with("_values"))
}

/// Whether a secret is one that guides and examples show, or one that nobody drew at random (threat row 53).
pub(crate) fn looks_like_an_example(text: &str) -> bool {
    const WORDS: [&str; 8] = ["example", "change", "secret", "password", "please", "openssl", "default", "daftar"];
    let lower = text.to_ascii_lowercase();
    let mut symbols: Vec<u8> = text.bytes().collect();
    symbols.sort_unstable();
    symbols.dedup();
    // 32 random bytes have, in hexadecimal or base64, more than seven different symbols but once in a universe.
    symbols.len() < 8 || WORDS.iter().any(|word| lower.contains(word)) || counts_up(text)
}

/// Whether every symbol is the one before it plus the same step, as in `0123456789abcdef…`.
fn counts_up(text: &str) -> bool {
    from_hex(text).is_some_and(|bytes| {
        let mut steps = bytes.windows(2).filter_map(|pair| Some(pair.get(1)?.wrapping_sub(*pair.first()?)));
        steps.next().is_some_and(|first| steps.all(|step| step == first))
    }) || text.to_ascii_lowercase().contains("0123456789abcdef")
}

/// The bytes of an even number of hexadecimal digits.
pub(crate) fn from_hex(text: &str) -> Option<Vec<u8>> {
    if !text.bytes().all(|b| b.is_ascii_hexdigit()) || !text.len().is_multiple_of(2) {
        return None;
    }
    text.as_bytes().chunks(2).map(|pair| std::str::from_utf8(pair).ok().and_then(|pair| u8::from_str_radix(pair, 16).ok())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_in_a_url_is_masked_and_the_rest_is_not() {
        assert_eq!(masked_url("smtp://post:hunter2@mail.example:587?tls=required"), "smtp://post:***@mail.example:587?tls=required");
        assert_eq!(masked_url("smtp://mail.example:25"), "smtp://mail.example:25");
        assert_eq!(masked_url("sqlite://daftar-data/daftar.db"), "sqlite://daftar-data/daftar.db");
        assert_eq!(masked_url("post:hunter2"), MASK);
        assert_eq!(masked_url("not a url hunter2"), MASK);
        assert_eq!(format!("{:?}", SecretUrl::from("postgres://u:hunter2@db/x".to_owned())), "postgres://u:***@db/x");
        for hidden in ["postgres://u@db/x?sslmode=require&password=hunter2", "postgres:///x?host=/run/postgresql&password=hunter2"] {
            assert_eq!(masked_url(hidden), MASK);
        }
        assert_eq!(format!("{:?}", Secret::from("hunter2")), "Secret(..)");
    }

    #[test]
    fn row_53_examples_are_recognised_and_random_secrets_are_not() {
        for example in [
            "change-me-change-me-change-me-change-me",
            "at least 32 bytes, from openssl rand -base64 48",
            "00000000000000000000000000000000",
            "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
            "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
            "My-Super-Secret-Key-For-Production",
        ] {
            assert!(looks_like_an_example(example), "{example}");
        }
        for random in ["b1e0f3a7c25d94886f10aa3e5b7cd2914e6608f7391b2d5ac4e8f07162ab93dd", "q3J9vT0mZyX8kL2wN5pR7sB1cD4fG6hJ+aE/uIoPQrM="] {
            assert!(!looks_like_an_example(random), "{random}");
        }
    }
}
