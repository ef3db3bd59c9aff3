//! Login identifiers: usernames, e-mail addresses, phone numbers, and the one classification that tells
//! them apart (contract `common.md`, *Identifiers*). Parsing happens here, once; a value of these types
//! needs no second check.

mod country;
mod email;
mod phone;
#[cfg(test)]
mod phone_tests;
#[cfg(test)]
mod tests;
mod username;

use std::fmt;

use crate::named::named;

pub use country::Country;
pub use email::{EMAIL_MAX, EmailAddress};
pub use phone::PhoneNumber;
pub use username::{USERNAME_MAX, Username};

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

named! {
    /// Which of the three kinds an identifier is.
    IdentifierKind {
        /// A chosen or generated name.
        Username = "username",
        /// An e-mail address.
        Email = "email",
        /// A phone number.
        Phone = "phone",
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
    pub fn classify(text: &str, country: &Country) -> Result<Self, IdentifierError> {
        let text = text.trim();
        if text.contains('@') {
            return EmailAddress::parse(text).map(Self::Email);
        }
        if phone::looks_like_phone(text) {
            return PhoneNumber::parse(text, country).map(Self::Phone);
        }
        Username::lenient(text).map(Self::Username)
    }

    /// The same, read as App reads phone numbers (contract `app-auth.md`): digits without a `+` are a number of `country` if they are one there, else
    /// international. A username must be one that somebody can have.
    ///
    /// # Errors
    /// [`IdentifierError`] when the text is not a well-formed identifier of its kind.
    pub fn classify_app(text: &str, country: &Country) -> Result<Self, IdentifierError> {
        let text = text.trim();
        if text.contains('@') {
            return EmailAddress::parse(text).map(Self::Email);
        }
        if phone::looks_like_phone(text) {
            return PhoneNumber::read(text, country).map(Self::Phone);
        }
        Username::parse(text).map(Self::Username)
    }

    /// What `text` may mean to an operator, who need not say on which surface it was typed: a phone number without its country is read in both countries.
    #[must_use]
    pub fn readings(text: &str, usapi: &Country, app: &Country) -> Vec<Self> {
        let mut readings: Vec<Self> = Vec::new();
        for id in [Self::classify(text, usapi), Self::classify_app(text, app)].into_iter().flatten() {
            if !readings.iter().any(|there| there.is_same(&id)) {
                readings.push(id);
            }
        }
        readings
    }

    /// What the keys begin with of all identifiers that an operator may mean who types the beginning of one. Digits may be a number's with its country's code, or as one writes
    /// it in either country.
    #[must_use]
    pub fn beginnings(text: &str, usapi: &Country, app: &Country) -> Vec<(IdentifierKind, String)> {
        let text = text.trim();
        if text.is_empty() {
            return Vec::new();
        }
        let mut beginnings = vec![(IdentifierKind::Username, username::fold(text)), (IdentifierKind::Email, text.to_lowercase())];
        for phone in PhoneNumber::beginnings(text, [usapi, app]) {
            let phone = (IdentifierKind::Phone, phone);
            if !beginnings.contains(&phone) {
                beginnings.push(phone);
            }
        }
        beginnings
    }

    /// The identifier of a kind that a row shows; `None` when the row is damaged.
    #[must_use]
    pub fn from_stored(kind: IdentifierKind, shown: &str) -> Option<Self> {
        match kind {
            IdentifierKind::Username => Username::parse(shown).map(Self::from).ok(),
            IdentifierKind::Email => EmailAddress::parse(shown).map(Self::from).ok(),
            IdentifierKind::Phone => PhoneNumber::from_e164(shown).map(Self::from).ok(),
        }
    }

    /// Whether it is the same identifier, however it is written.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        self.kind() == other.kind() && self.key() == other.key()
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
            Self::Username(name) => name.key(),
            Self::Email(address) => address.key(),
            Self::Phone(number) => number.as_e164(),
        }
    }

    /// The text to show, and to send to.
    #[must_use]
    pub fn shown(&self) -> &str {
        match self {
            Self::Username(name) => name.as_str(),
            Self::Email(address) => address.as_str(),
            Self::Phone(number) => number.as_e164(),
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
    Username => |name| name.as_str(),
    EmailAddress => |address| address.as_str(),
    PhoneNumber => |number| number.as_e164(),
    LoginId => |id| id.shown(),
);
