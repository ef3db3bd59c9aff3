//! What is sent, as data with stable names: who reads it, in which language and brand, and what it says. Delivery turns it into
//! text; the outbox keeps it sealed, because it holds codes and links (threat row 54).

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::identifier::{EmailAddress, IdentifierError, IdentifierKind, LoginId, PhoneNumber};
use crate::limit::sending::NoticeRules;
use crate::limit::{Fare, Sending};
use crate::locale::Locale;
use crate::named::named;
use crate::ports::{Entropy, Timestamp};
use crate::secret::{SealKey, Unsealable};

/// How long a notice is worth sending.
const NOTICE_WORTH: Duration = Duration::from_secs(24 * 60 * 60);

/// Names a message for ever; its `Message-ID`, and the key under which a gateway may recognise a repeat.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct MessageId(pub Uuid);

named! {
    /// The way a message goes.
    Channel {
        /// Electronic mail.
        Email = "email",
        /// Short messages to a phone.
        Sms = "sms",
    }
}

/// Who a message is for: exactly one address or number (threat row 40).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Recipient {
    /// By mail.
    Email(EmailAddress),
    /// By short message.
    Sms(PhoneNumber),
}

impl Recipient {
    /// The way to this recipient.
    #[must_use]
    pub const fn channel(&self) -> Channel {
        match self {
            Self::Email(_) => Channel::Email,
            Self::Sms(_) => Channel::Sms,
        }
    }

    /// The address or number.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Email(address) => address.as_str(),
            Self::Sms(number) => number.as_e164(),
        }
    }

    /// The recipient that a row names.
    ///
    /// # Errors
    /// [`IdentifierError`] when the row is damaged.
    pub fn from_stored(channel: Channel, text: &str) -> Result<Self, IdentifierError> {
        match channel {
            Channel::Email => EmailAddress::parse(text).map(Self::Email),
            Channel::Sms => PhoneNumber::from_e164(text).map(Self::Sms),
        }
    }
}

impl From<Recipient> for LoginId {
    fn from(recipient: Recipient) -> Self {
        match recipient {
            Recipient::Email(address) => Self::Email(address),
            Recipient::Sms(number) => Self::Phone(number),
        }
    }
}

impl TryFrom<LoginId> for Recipient {
    type Error = IdentifierError;

    /// # Errors
    /// A username cannot be written to.
    fn try_from(id: LoginId) -> Result<Self, IdentifierError> {
        match id {
            LoginId::Email(address) => Ok(Self::Email(address)),
            LoginId::Phone(number) => Ok(Self::Sms(number)),
            LoginId::Username(_) => Err(IdentifierError::Malformed),
        }
    }
}

/// Which contact a notice is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ContactKind {
    /// The e-mail address.
    Email,
    /// The phone number.
    Phone,
}

impl ContactKind {
    /// The kind of contact that an identifier is; a username is none.
    #[must_use]
    pub const fn of(kind: IdentifierKind) -> Option<Self> {
        match kind {
            IdentifierKind::Email => Some(Self::Email),
            IdentifierKind::Phone => Some(Self::Phone),
            IdentifierKind::Username => None,
        }
    }
}

/// What a code that somebody asked for is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CodeUse {
    /// Signing in.
    SignIn,
    /// Choosing a new password for one that is forgotten.
    ResetPassword,
    /// Putting this address or number on the account.
    ChangeContact,
}

/// What a message says. The variants' names are stored: add, never rename.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Content {
    /// The code that finishes a registration, and by mail a link that does.
    SignupCode {
        /// The first name of whoever registered.
        name: String,
        /// The code.
        code: String,
        /// How many minutes the code works.
        code_minutes: u64,
        /// The link, where there is one.
        link: Option<String>,
        /// How many minutes the link works.
        link_minutes: u64,
    },
    /// A link by which a customer whom a host registers proves the address.
    CustomerLink {
        /// The customer's name.
        name: String,
        /// The link.
        link: String,
        /// How many minutes the link works.
        link_minutes: u64,
    },
    /// A code that somebody asked for who has an account.
    Code {
        /// What it is good for.
        good_for: CodeUse,
        /// The code.
        code: String,
        /// How many minutes the code works.
        code_minutes: u64,
    },
    /// A password that was made up for somebody who chose none.
    GeneratedPassword {
        /// The password.
        password: String,
    },
    /// Somebody else proved a contact that this account never proved; it has left the account.
    ContactLost {
        /// Which contact.
        contact: ContactKind,
        /// The contact itself, masked.
        masked: String,
    },
    /// A contact of this account was changed; told to the old one (threat row 57).
    ContactChanged {
        /// Which contact.
        contact: ContactKind,
    },
}

impl Content {
    /// The stable name of what it says, for the outbox and its metrics.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::SignupCode { .. } => "signup_code",
            Self::CustomerLink { .. } => "customer_link",
            Self::Code { good_for: CodeUse::SignIn, .. } => "sign_in_code",
            Self::Code { good_for: CodeUse::ResetPassword, .. } => "reset_code",
            Self::Code { good_for: CodeUse::ChangeContact, .. } => "contact_code",
            Self::GeneratedPassword { .. } => "generated_password",
            Self::ContactLost { .. } => "contact_lost",
            Self::ContactChanged { .. } => "contact_changed",
        }
    }

    /// The code or token that it carries.
    #[must_use]
    pub fn code(&self) -> Option<&str> {
        match self {
            Self::SignupCode { code, .. } | Self::Code { code, .. } => Some(code),
            Self::CustomerLink { .. } | Self::GeneratedPassword { .. } | Self::ContactLost { .. } | Self::ContactChanged { .. } => None,
        }
    }
}

impl std::fmt::Debug for Content {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Content({})", self.name())
    }
}

/// A message: one recipient, one thing to say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Who it is for.
    pub to: Recipient,
    /// In which language.
    pub locale: Locale,
    /// In which brand: USAPI's `platform`, `None` for the installation's own.
    pub platform: Option<String>,
    /// What it says.
    pub content: Content,
}

/// A message as the outbox keeps it.
#[derive(Clone, PartialEq, Eq)]
pub struct Envelope {
    /// Its name.
    pub id: MessageId,
    /// Who it is for.
    pub to: Recipient,
    /// The stable name of what it says.
    pub kind: String,
    /// Everything else, sealed.
    pub sealed: Vec<u8>,
    /// When it was written.
    pub created_at: Timestamp,
    /// When it is not worth sending any more.
    pub expires_at: Timestamp,
}

impl std::fmt::Debug for Envelope {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Envelope").field("id", &self.id).field("to", &self.to).field("kind", &self.kind).finish_non_exhaustive()
    }
}

/// What is inside an envelope.
#[derive(Serialize, Deserialize)]
struct Letter {
    locale: String,
    platform: Option<String>,
    content: Content,
}

/// Why an envelope cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum EnvelopeError {
    /// Sealed under another key, or damaged.
    #[error(transparent)]
    Unsealable(#[from] Unsealable),
    /// Its letter is of a form that this version does not know.
    #[error("the letter has an unknown form")]
    Unreadable(#[from] serde_json::Error),
}

/// Seals messages for the outbox and opens them for the sender.
#[derive(Clone)]
pub struct Sealer {
    key: SealKey,
    entropy: Arc<dyn Entropy>,
    notices: Arc<NoticeRules>,
}

impl std::fmt::Debug for Sealer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Sealer(..)")
    }
}

impl Sealer {
    /// Seals under `key`.
    #[must_use]
    pub fn new(key: SealKey, entropy: Arc<dyn Entropy>) -> Self {
        Self { key, entropy, notices: Arc::default() }
    }

    /// The same, with these rules for notices.
    #[must_use]
    pub fn with(self, notices: NoticeRules) -> Self {
        Self { notices: Arc::new(notices), ..self }
    }

    /// Puts `message` into an envelope that is worth sending until `expires_at`.
    ///
    /// # Errors
    /// [`EnvelopeError`], which a message of sane size never meets.
    pub fn seal(&self, message: Message, now: Timestamp, expires_at: Timestamp) -> Result<Envelope, EnvelopeError> {
        let id = MessageId(crate::ports::new_id(now, &*self.entropy));
        let kind = message.content.name().to_owned();
        let letter = Letter { locale: message.locale.tag().to_owned(), platform: message.platform, content: message.content };
        let plain = zeroize::Zeroizing::new(serde_json::to_vec(&letter)?);
        let sealed = self.key.seal(&plain, id.0.as_bytes(), &*self.entropy)?;
        Ok(Envelope { id, to: message.to, kind, sealed, created_at: now, expires_at })
    }

    /// Puts a message into an envelope that no code's end makes worthless: it is worth a day of trying. It goes out whatever has been sent before, because people
    /// must hear of it; what it costs counts all the same.
    ///
    /// # Errors
    /// [`EnvelopeError`], which a message of sane size never meets.
    pub fn notice(&self, message: Message, now: Timestamp) -> Result<Sending, EnvelopeError> {
        if self.notices.test_contacts.code_of(&message.to.clone().into()).is_some() {
            return Ok(Sending::default());
        }
        let charges = match (&message.to, &self.notices.sending) {
            (Recipient::Sms(number), Some(limits)) => limits.money(number).into(),
            (Recipient::Sms(_), None) | (Recipient::Email(_), _) => Vec::new(),
        };
        let fare = Fare { charges, is_judged: false };
        Ok(Sending { letters: vec![self.seal(message, now, now + NOTICE_WORTH)?], fare })
    }

    /// Reads the message in an envelope.
    ///
    /// # Errors
    /// [`EnvelopeError`].
    pub fn open(&self, envelope: &Envelope) -> Result<Message, EnvelopeError> {
        let plain = self.key.open(&envelope.sealed, envelope.id.0.as_bytes())?;
        let letter: Letter = serde_json::from_slice(&plain)?;
        let locale = Locale::from_tag(&letter.locale).unwrap_or_default();
        Ok(Message { to: envelope.to.clone(), locale, platform: letter.platform, content: letter.content })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ports::testing::CountingEntropy;
    use crate::secret::Secrets;

    #[test]
    fn row_54_an_envelope_shows_neither_code_nor_link() {
        let sealer = Sealer::new(Secrets::derive(&[1; 32]).outbox, Arc::new(CountingEntropy::default()));
        let content = Content::SignupCode {
            name: "Siti".into(),
            code: "123456".into(),
            code_minutes: 10,
            link: Some("https://x/key".into()),
            link_minutes: 30,
        };
        let to = Recipient::Email(EmailAddress::parse("siti@example.test").unwrap());
        let message = Message { to, locale: Locale::Indonesian, platform: Some("ONMART".into()), content };
        let envelope = sealer.seal(message.clone(), Timestamp::UNIX_EPOCH, Timestamp::UNIX_EPOCH).unwrap();
        let raw = String::from_utf8_lossy(&envelope.sealed).into_owned() + &format!("{envelope:?} {message:?}");
        assert!(!raw.contains("123456") && !raw.contains("https") && !raw.contains("siti@"), "{raw}");
        assert_eq!(sealer.open(&envelope).unwrap(), message);
    }
}
