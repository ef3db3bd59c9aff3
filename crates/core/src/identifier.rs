//! Login identifiers: usernames, e-mail addresses, phone numbers, and the one classification that tells
//! them apart (contract `common.md`, *Identifiers*). Parsing happens here, once; a value of these types
//! needs no second check.

use std::fmt;
use std::sync::LazyLock;

use rlibphonenumber::{PhoneNumberFormat, PhoneNumberUtil, Region};
use unicode_normalization::UnicodeNormalization as _;

/// Longest username, in characters (contract `common.md`).
pub const USERNAME_MAX: usize = 64;
/// Longest e-mail address, in characters (RFC 5321 §4.5.3.1.3).
pub const EMAIL_MAX: usize = 254;
/// Longest part before the `@`, in characters (RFC 5321 §4.5.3.1.1).
const EMAIL_LOCAL_MAX: usize = 64;
/// Digits of a phone number, country code included: seven for the shortest that classifies as one, seventeen
/// for USAPI's longest, which is two more than E.164 would allow.
const PHONE_DIGITS: std::ops::RangeInclusive<usize> = 7..=17;

/// Letters and digits that nobody confuses with one another, for usernames that we make up.
const UNAMBIGUOUS: &[u8] = b"ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789";

/// Why a text is not the identifier that it was meant to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum IdentifierError {
    /// Nothing is left after trimming.
    #[error("the identifier is empty")]
    Empty,
    /// Longer than its rule allows.
    #[error("the identifier has more than {max} characters")]
    TooLong {
        /// The most characters that the rule allows.
        max: usize,
    },
    /// Not of the form that its kind demands.
    #[error("the identifier has the wrong form")]
    Malformed,
}

/// Which of the three kinds an identifier is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum IdentifierKind {
    /// A chosen or generated name.
    Username,
    /// An e-mail address.
    Email,
    /// A phone number.
    Phone,
}

impl IdentifierKind {
    /// The stable name under which the kind is stored.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Username => "username",
            Self::Email => "email",
            Self::Phone => "phone",
        }
    }
}

/// A username as its owner wrote it, unique ignoring case.
#[derive(Clone, PartialEq, Eq)]
pub struct Username {
    shown: String,
    key: String,
}

impl Username {
    /// Takes a username from a person: 1 to 64 characters after trimming, no control or invisible characters,
    /// and nothing that [`LoginId::classify`] would read as an e-mail address or a phone number.
    ///
    /// # Errors
    /// [`IdentifierError`] naming which of these does not hold.
    pub fn parse(text: &str) -> Result<Self, IdentifierError> {
        let name = Self::lenient(text)?;
        if name.shown.chars().any(|c| c.is_control() || is_invisible(c)) {
            return Err(IdentifierError::Malformed);
        }
        if name.key.contains('@') || looks_like_phone(&name.key) {
            return Err(IdentifierError::Malformed);
        }
        Ok(name)
    }

    /// A random eight-character name for an account that registered without one.
    #[must_use]
    pub fn generate(entropy: &dyn crate::ports::Entropy) -> Self {
        let shown: String = (0..8).map(|_| char::from(crate::secret::pick(entropy, UNAMBIGUOUS))).collect();
        Self { key: fold(&shown), shown }
    }

    /// The length rule alone: enough to look somebody up, not to make somebody.
    fn lenient(text: &str) -> Result<Self, IdentifierError> {
        let shown = text.trim();
        if shown.is_empty() {
            return Err(IdentifierError::Empty);
        }
        if shown.chars().count() > USERNAME_MAX {
            return Err(IdentifierError::TooLong { max: USERNAME_MAX });
        }
        Ok(Self { key: fold(shown), shown: shown.to_owned() })
    }

    /// As its owner wrote it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.shown
    }
}

/// An e-mail address: the part before the `@` as written, the domain lower-case and in IDNA form.
#[derive(Clone, PartialEq, Eq)]
pub struct EmailAddress {
    shown: String,
    key: String,
}

impl EmailAddress {
    /// Takes an address of the practical subset of WHATWG and RFC 5321: an ASCII dot-atom of up to 64
    /// characters, one `@`, a domain of at least two labels; at most 254 characters in all. Blanks around it are dropped, anything
    /// else that mail software could read as a second address is refused (threat row 41).
    ///
    /// # Errors
    /// [`IdentifierError`] naming which of these does not hold.
    pub fn parse(text: &str) -> Result<Self, IdentifierError> {
        let text = text.trim_matches([' ', '\t']);
        if text.is_empty() {
            return Err(IdentifierError::Empty);
        }
        if text.chars().count() > EMAIL_MAX {
            return Err(IdentifierError::TooLong { max: EMAIL_MAX });
        }
        let (local, domain) = text.split_once('@').ok_or(IdentifierError::Malformed)?;
        if !is_dot_atom(local) || local.len() > EMAIL_LOCAL_MAX {
            return Err(IdentifierError::Malformed);
        }
        let domain = idna::domain_to_ascii_strict(domain).map_err(|_| IdentifierError::Malformed)?;
        if !is_mail_domain(&domain) {
            return Err(IdentifierError::Malformed);
        }
        let shown = format!("{local}@{domain}");
        if shown.len() > EMAIL_MAX {
            return Err(IdentifierError::TooLong { max: EMAIL_MAX });
        }
        Ok(Self { key: shown.to_ascii_lowercase(), shown })
    }

    /// The address as mail is sent to it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.shown
    }
}

/// A phone number in E.164 form, with its `+`.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct PhoneNumber(String);

static PHONES: LazyLock<Option<PhoneNumberUtil>> = LazyLock::new(|| PhoneNumberUtil::new().ok());

impl PhoneNumber {
    /// USAPI's rule: `62` followed by 7 to 15 digits, digits only (contract `usapi.md`).
    ///
    /// # Errors
    /// [`IdentifierError::Malformed`] for everything else.
    pub fn parse_usapi(text: &str) -> Result<Self, IdentifierError> {
        let national = text.strip_prefix("62").ok_or(IdentifierError::Malformed)?;
        if !(7..=15).contains(&national.len()) || !national.bytes().all(|b| b.is_ascii_digit()) {
            return Err(IdentifierError::Malformed);
        }
        Self::parse(&format!("+{text}"), "ID")
    }

    /// A number as people write it, read in `country` (ISO 3166 code) unless it begins with `+`. Only its form is checked here: whether
    /// the number is assigned is a question for the surface that demands it.
    ///
    /// # Errors
    /// [`IdentifierError::Malformed`] when it cannot be a number there.
    pub fn parse(text: &str, country: &str) -> Result<Self, IdentifierError> {
        if !looks_like_phone(text) {
            return Err(IdentifierError::Malformed);
        }
        let region = Region::from_code(country).ok();
        let util = PHONES.as_ref().ok_or(IdentifierError::Malformed)?;
        let number = util.parse(text, region).map_err(|_| IdentifierError::Malformed)?;
        Self::from_e164(&util.format(&number, PhoneNumberFormat::E164))
    }

    /// A number that is already in E.164 form, as the store keeps it.
    ///
    /// # Errors
    /// [`IdentifierError::Malformed`] when it is not.
    pub fn from_e164(text: &str) -> Result<Self, IdentifierError> {
        let digits = text.strip_prefix('+').ok_or(IdentifierError::Malformed)?;
        if !PHONE_DIGITS.contains(&digits.len()) || !digits.bytes().all(|b| b.is_ascii_digit()) {
            return Err(IdentifierError::Malformed);
        }
        Ok(Self(text.to_owned()))
    }

    /// With its `+`.
    #[must_use]
    pub fn as_e164(&self) -> &str {
        &self.0
    }

    /// Without its `+`, as USAPI shows it.
    #[must_use]
    pub fn digits(&self) -> &str {
        self.0.trim_start_matches('+')
    }
}

/// Any identifier by which a person may be known.
#[derive(Clone, PartialEq, Eq)]
pub enum LoginId {
    /// A username.
    Username(Username),
    /// An e-mail address.
    Email(EmailAddress),
    /// A phone number.
    Phone(PhoneNumber),
}

impl LoginId {
    /// The one classification (contract `common.md`): an `@` makes it an e-mail address; only digits, blanks, `-`, `(`, `)` and a
    /// leading `+` with 7 to 17 digits make it a phone number; everything else is a username.
    ///
    /// # Errors
    /// [`IdentifierError`] when the text is not a well-formed identifier of its kind, which for somebody who signs in
    /// means that no account can have it.
    pub fn classify(text: &str, country: &str) -> Result<Self, IdentifierError> {
        let text = text.trim();
        if text.contains('@') {
            return EmailAddress::parse(text).map(Self::Email);
        }
        if looks_like_phone(text) {
            return PhoneNumber::parse_usapi(text).or_else(|_| PhoneNumber::parse(text, country)).map(Self::Phone);
        }
        Username::lenient(text).map(Self::Username)
    }

    /// Which of the three it is.
    #[must_use]
    pub const fn kind(&self) -> IdentifierKind {
        match self {
            Self::Username(_) => IdentifierKind::Username,
            Self::Email(_) => IdentifierKind::Email,
            Self::Phone(_) => IdentifierKind::Phone,
        }
    }

    /// The text that is unique within its kind.
    #[must_use]
    pub fn key(&self) -> &str {
        match self {
            Self::Username(name) => &name.key,
            Self::Email(address) => &address.key,
            Self::Phone(number) => &number.0,
        }
    }

    /// The text to show, and to send to.
    #[must_use]
    pub fn shown(&self) -> &str {
        match self {
            Self::Username(name) => &name.shown,
            Self::Email(address) => &address.shown,
            Self::Phone(number) => &number.0,
        }
    }
}

impl From<Username> for LoginId {
    fn from(name: Username) -> Self {
        Self::Username(name)
    }
}

impl From<EmailAddress> for LoginId {
    fn from(address: EmailAddress) -> Self {
        Self::Email(address)
    }
}

impl From<PhoneNumber> for LoginId {
    fn from(number: PhoneNumber) -> Self {
        Self::Phone(number)
    }
}

/// Hides the middle of a contact so that logs and pages can name it without giving it away: `s***@example.test`, `+62*****890`.
#[must_use]
pub fn mask(contact: &str) -> String {
    if let Some((local, domain)) = contact.split_once('@') {
        let first: String = local.chars().take(1).collect();
        return format!("{first}***@{domain}");
    }
    let count = contact.chars().count();
    if count < 7 {
        return "***".to_owned();
    }
    let head: String = contact.chars().take(3).collect();
    let tail: String = contact.chars().skip(count - 3).collect();
    format!("{head}*****{tail}")
}

// A whole contact address must not reach a log by way of `Debug` (contract `common.md`, *One-time codes*).
macro_rules! masked_debug {
    ($($type:ty => $text:expr),* $(,)?) => {$(
        impl fmt::Debug for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let text: fn(&$type) -> &str = $text;
                f.write_str(&mask(text(self)))
            }
        }
    )*};
}
masked_debug!(
    Username => |name| &name.shown,
    EmailAddress => |address| &address.shown,
    PhoneNumber => |number| &number.0,
    LoginId => |id| id.shown(),
);

/// The form in which two names are the same name: compatibility-composed and lower-case.
fn fold(text: &str) -> String {
    text.nfkc().flat_map(char::to_lowercase).nfkc().collect()
}

fn looks_like_phone(text: &str) -> bool {
    let rest = text.strip_prefix('+').unwrap_or(text);
    let digits = rest.bytes().filter(u8::is_ascii_digit).count();
    PHONE_DIGITS.contains(&digits) && rest.chars().all(|c| c.is_ascii_digit() || matches!(c, ' ' | '-' | '(' | ')'))
}

/// Characters that print nothing and so let two different names look the same.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

fn is_dot_atom(local: &str) -> bool {
    local.split('.').all(|atom| !atom.is_empty() && atom.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+/=?^_`{|}~-".contains(&b)))
}

fn is_mail_domain(domain: &str) -> bool {
    let label = |label: &str| !label.is_empty() && label.len() <= 63 && !label.starts_with('-') && !label.ends_with('-');
    let last = domain.rsplit('.').next().unwrap_or_default();
    domain.contains('.') && domain.split('.').all(label) && !last.bytes().all(|b| b.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn email(text: &str) -> Result<String, IdentifierError> {
        EmailAddress::parse(text).map(|address| address.as_str().to_owned())
    }

    #[test]
    fn one_string_is_classified_the_same_way_everywhere() {
        let kind = |text: &str| LoginId::classify(text, "ID").map(|id| id.kind());
        assert_eq!(kind("siti@example.test"), Ok(IdentifierKind::Email));
        assert_eq!(kind("+62 812-3456-7890"), Ok(IdentifierKind::Phone));
        assert_eq!(kind("(0812) 3456 7890"), Ok(IdentifierKind::Phone));
        assert_eq!(kind("123456"), Ok(IdentifierKind::Username));
        assert_eq!(kind("test regis 3"), Ok(IdentifierKind::Username));
        assert_eq!(kind("   "), Err(IdentifierError::Empty));
    }

    #[test]
    fn a_phone_written_in_many_ways_is_one_phone() {
        let expected = Ok("+6281234567890".to_owned());
        let usapi = PhoneNumber::parse_usapi("6281234567890").map(|n| n.as_e164().to_owned());
        assert_eq!(usapi, expected);
        for text in ["081234567890", "+62 812-3456-7890", "6281234567890", "+62(0)81234567890", "0812-3456-7890"] {
            let classified = LoginId::classify(text, "ID").map(|id| id.key().to_owned());
            assert_eq!(classified, expected, "{text}");
        }
    }

    #[test]
    fn usapi_takes_the_documented_numbers_and_no_others() {
        for good in ["62123456789", "621234567891", "6287654321", "621234567", "62123456789012345"] {
            assert!(PhoneNumber::parse_usapi(good).is_ok(), "{good}");
        }
        for bad in ["62123456", "621234567890123456", "0812345678", "+6281234567", "62 81234567", "62812345６7", "62812345abc"] {
            assert_eq!(PhoneNumber::parse_usapi(bad), Err(IdentifierError::Malformed), "{bad}");
        }
    }

    #[test]
    fn row_41_smuggled_addresses_are_refused() {
        for bad in [
            "a＠b.example",
            "a@x,b@y",
            "a@x\r\nBcc: c@d.example",
            "a@b.example\r\n",
            "a b@c.example",
            "@b.example",
            "a@",
            "a@b",
            "a@b..example",
            ".a@b.example",
            "a..b@c.example",
            "a@-b.example",
            "a@127.0.0.1",
            "a@[127.0.0.1]",
            "\"a\"@b.example",
            "a@b.example>",
            "ü@b.example",
            "a@b_c.example",
        ] {
            assert_eq!(email(bad), Err(IdentifierError::Malformed), "{bad:?}");
        }
    }

    #[test]
    fn an_address_keeps_its_local_part_and_lowers_its_domain() {
        assert_eq!(email(" Siti.Rahma+shop@Example.TEST "), Ok("Siti.Rahma+shop@example.test".to_owned()));
        assert_eq!(email("a@bücher.example"), Ok("a@xn--bcher-kva.example".to_owned()));
        let (one, two) = (LoginId::classify("A@B.example", "ID"), LoginId::classify("a@b.EXAMPLE", "ID"));
        assert_eq!(one.map(|id| id.key().to_owned()), two.map(|id| id.key().to_owned()));
    }

    #[test]
    fn a_username_never_looks_like_another_kind() {
        for bad in ["a@b", "0812345678", "+62 812 3456", "a＠b.example", "１２３４５６７８", "tab\there", "zero\u{200b}width"] {
            assert_eq!(Username::parse(bad), Err(IdentifierError::Malformed), "{bad:?}");
        }
        assert_eq!(Username::parse(&"x".repeat(65)), Err(IdentifierError::TooLong { max: 64 }));
        assert_eq!(Username::parse("  Siti R. ").map(|n| n.as_str().to_owned()), Ok("Siti R.".to_owned()));
    }

    #[test]
    fn masks_keep_nothing_that_identifies() {
        assert_eq!(mask("siti@example.test"), "s***@example.test");
        assert_eq!(mask("+6281234567890"), "+62*****890");
        assert_eq!(mask("siti"), "***");
    }

    proptest! {
        #[test]
        fn a_parsed_username_classifies_as_itself(text in "\\PC{1,70}") {
            if let Ok(name) = Username::parse(&text) {
                prop_assert_eq!(LoginId::classify(name.as_str(), "ID"), Ok(LoginId::Username(name)));
            }
        }

        #[test]
        fn nothing_makes_classification_panic(text in any::<String>()) {
            let _ = LoginId::classify(&text, "ID");
        }

        #[test]
        fn parsing_an_address_twice_changes_nothing(text in "[a-zA-Z0-9.+]{1,10}@[a-zA-Z0-9.-]{1,20}") {
            if let Ok(address) = EmailAddress::parse(&text) {
                prop_assert_eq!(EmailAddress::parse(address.as_str()), Ok(address));
            }
        }
    }
}
