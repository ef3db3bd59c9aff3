//! DKIM (RFC 6376, RFC 8463): mail is signed for the domain that it is from, so that receivers can tell it from forged mail.
//!
//! Ours, and small, because it signs and nothing else: lettre's own brings the `rsa` crate with its open advisory (RUSTSEC-2023-0071),
//! `mail-auth` a resolver. The keys are aws-lc's. What is signed is checked by software of others in the tests.

mod canonical;
mod key;

use aws_lc_rs::digest;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use daftar_core::ports::Timestamp;

use canonical::Parts;
use key::SigningKey;

/// The fields that are signed, where they are there.
const SIGNED: [&str; 12] = [
    "From",
    "To",
    "Subject",
    "Date",
    "Message-ID",
    "MIME-Version",
    "Content-Type",
    "Content-Transfer-Encoding",
    "Content-Language",
    "Auto-Submitted",
    "Reply-To",
    "Cc",
];
/// Those that are signed once more than they are there, so that nobody can add another one (RFC 6376 §8.15).
const SEALED: [&str; 6] = ["From", "To", "Subject", "Date", "Reply-To", "Cc"];
/// The length of the lines of a signature.
const LINE: usize = 72;

/// Why mail cannot be signed. No text of it repeats the key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DkimError {
    /// The domain is none.
    #[error("allowed is the domain that signs, in ASCII, such as \"example.com\"")]
    Domain,
    /// The selector is none.
    #[error("allowed is one or more labels of letters, digits and hyphens, such as \"daftar-2026\"")]
    Selector,
    /// The file holds no key of the right kind.
    #[error("it must hold a private key in PEM, unencrypted: RSA of 2048 bits or more, or Ed25519")]
    Key,
}

/// Signs mail for one domain and those below it.
pub struct Dkim {
    domain: String,
    selector: String,
    key: SigningKey,
}

// It holds a private key (threat row 52).
impl std::fmt::Debug for Dkim {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Dkim").field("domain", &self.domain).field("selector", &self.selector).finish_non_exhaustive()
    }
}

/// What must be published in the DNS for signatures to hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DkimRecord {
    /// The record's name.
    pub name: String,
    /// The text of the TXT record. Longer than 255 characters it is split into several strings, which most DNS providers do by themselves.
    pub text: String,
}

impl Dkim {
    /// Signs for `domain` with the private key in `pem`, whose public half is published under `selector`.
    ///
    /// # Errors
    /// [`DkimError`].
    pub fn new(domain: &str, selector: &str, pem: &[u8]) -> Result<Self, DkimError> {
        if !is_name(domain) || !domain.contains('.') {
            return Err(DkimError::Domain);
        }
        if !is_name(selector) {
            return Err(DkimError::Selector);
        }
        Ok(Self { domain: domain.to_ascii_lowercase(), selector: selector.to_owned(), key: SigningKey::from_pem(pem)? })
    }

    /// Whether mail from this domain is signed: only a signature of the sender's own domain, or one above it, counts for the sender (DMARC).
    #[must_use]
    pub fn signs_for(&self, domain: &str) -> bool {
        let domain = domain.to_ascii_lowercase();
        domain.strip_suffix(&self.domain).is_some_and(|below| below.is_empty() || below.ends_with('.'))
    }

    /// What must be published.
    #[must_use]
    pub fn record(&self) -> DkimRecord {
        DkimRecord { name: format!("{}._domainkey.{}", self.selector, self.domain), text: format!("v=DKIM1; {}", self.key.published()) }
    }

    /// The signature of a mail as a header field with the end of its line, to stand before all others; `None` if the library fails.
    pub(super) fn sign(&self, mail: &str, now: Timestamp) -> Option<String> {
        let parts = Parts::of(mail);
        let (mut names, mut signed) = (Vec::new(), String::new());
        for name in SIGNED {
            let values: Vec<_> = (0..).map_while(|nth| parts.nth_from_below(name, nth)).collect();
            names.resize(names.len() + values.len() + usize::from(SEALED.contains(&name)), name);
            values.into_iter().for_each(|value| signed.extend([canonical::header(name, value).as_str(), "\r\n"]));
        }
        let hash = STANDARD.encode(digest::digest(&digest::SHA256, canonical::body(parts.body).as_bytes()));
        let Self { domain, selector, key } = self;
        let unsigned = format!(
            " v=1; a={}; c=relaxed/relaxed; t={};\r\n d={domain}; s={selector};\r\n h={};\r\n bh={hash};\r\n b=",
            key.algorithm(),
            now.as_second(),
            folded(&names.join(":"), ':'),
        );
        signed.push_str(&canonical::header("DKIM-Signature", &unsigned));
        let signature = key.sign(signed.as_bytes())?;
        Some(format!("DKIM-Signature:{unsigned}{}\r\n", wrapped(&signature)))
    }
}

/// Whether `text` is a name of the DNS: labels of letters, digits, hyphens and underscores.
fn is_name(text: &str) -> bool {
    let is_label = |label: &str| {
        let plain = label.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'));
        plain && (1..=63).contains(&label.len()) && !label.starts_with('-') && !label.ends_with('-')
    };
    text.len() <= 253 && text.split('.').all(is_label)
}

/// A list with lines that end behind a separator.
fn folded(list: &str, separator: char) -> String {
    let mut text = String::with_capacity(list.len());
    let mut length = 0;
    for item in list.split_inclusive(separator) {
        if length + item.len() > LINE {
            text.push_str("\r\n  ");
            length = 0;
        }
        text.push_str(item);
        length += item.len();
    }
    text
}

/// Base64 in lines.
fn wrapped(text: &str) -> String {
    let symbols: Vec<char> = text.chars().collect();
    symbols.chunks(LINE).map(|line| line.iter().collect::<String>()).collect::<Vec<_>>().join("\r\n  ")
}

#[cfg(test)]
mod tests {
    use super::*;

    // RFC 8463 §A.2, in PKCS #8 as `openssl genpkey` writes it.
    const KEY: &str = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n-----END PRIVATE KEY-----\n";

    fn dkim(domain: &str) -> Result<Dkim, DkimError> {
        Dkim::new(domain, "brisbane", KEY.as_bytes())
    }

    #[test]
    fn the_record_is_the_rfcs() {
        let record = dkim("football.example.com").unwrap().record();
        assert_eq!(record.name, "brisbane._domainkey.football.example.com");
        assert_eq!(record.text, "v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=");
    }

    #[test]
    fn it_signs_for_its_domain_and_those_below() {
        let dkim = dkim("Example.com").unwrap();
        for (domain, signs) in [
            ("example.com", true),
            ("EXAMPLE.com", true),
            ("mail.example.com", true),
            ("notexample.com", false),
            ("com", false),
            ("example.com.test", false),
        ] {
            assert_eq!(dkim.signs_for(domain), signs, "{domain}");
        }
    }

    #[test]
    fn row_52_what_is_wrong_is_said_without_the_key() {
        for domain in ["", "localhost", "exa mple.com", "example..com", "-a.example", "例.example", "a@example.com", "example.com;"] {
            assert_eq!(dkim(domain).unwrap_err(), DkimError::Domain, "{domain}");
        }
        for selector in ["", "a b", "a;b", "a."] {
            assert_eq!(Dkim::new("example.com", selector, KEY.as_bytes()).unwrap_err(), DkimError::Selector, "{selector}");
        }
        for pem in ["", "hunter2", &KEY.replace("MC4", "MC5"), &KEY.replace("PRIVATE", "PUBLIC")] {
            assert_eq!(Dkim::new("example.com", "s", pem.as_bytes()).unwrap_err(), DkimError::Key, "{pem}");
        }
        assert!(!format!("{:?}", dkim("example.com").unwrap()).contains("hsZ3v"));
    }

    #[test]
    fn what_could_be_added_is_signed_as_missing() {
        let now = Timestamp::from_second(1_793_865_600).unwrap();
        let field = dkim("example.com").unwrap().sign("From: a@example.com\r\nSubject: s\r\n\r\nbody\r\n", now).unwrap();
        let unfolded = field.replace("\r\n ", "").replace(' ', "");
        assert!(unfolded.contains("h=From:From:To:Subject:Subject:Date:Reply-To:Cc;"), "{field}");
        assert!(field.ends_with("\r\n") && field.split("\r\n").all(|line| line.len() <= 78), "{field}");
        assert!(unfolded.contains("t=1793865600;") && unfolded.contains("a=ed25519-sha256;"), "{field}");
    }
}
