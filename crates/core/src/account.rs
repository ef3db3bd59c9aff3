//! An account: who it is, what it may be called, where it came from, and whether it may sign in.

use uuid::Uuid;

use crate::client::ClientId;
use crate::identifier::{EmailAddress, LoginId, PhoneNumber, Username, mask};
use crate::locale::Locale;
use crate::message::{Channel, ContactKind, Content, Message, Recipient};
use crate::named::named;
use crate::password::PasswordRecord;
use crate::person::Profile;
use crate::ports::Timestamp;

/// Names an account, for ever; the `sub` of its tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AccountId(pub Uuid);

impl std::fmt::Display for AccountId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

named! {
    /// Whether an account may sign in.
    AccountStatus {
        /// It may.
        Active = "active",
        /// It may not, and has no sessions.
        Disabled = "disabled",
    }
}

named! {
    /// A wire surface: where an account, a session or a code belongs.
    Surface {
        /// Web shops and apps.
        Usapi = "usapi",
        /// Business-to-business customer registration.
        Invas = "invas",
        /// Mobile apps.
        App = "app",
    }
}

/// Where an account came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// The surface that made it.
    pub surface: Surface,
    /// The machine client that asked for it, if one did.
    pub client: Option<ClientId>,
    /// USAPI's `platform`, if one was named.
    pub platform: Option<String>,
    /// INVAS's `sourceId`, if one was given.
    pub source: Option<String>,
    /// INVAS's `accountGroupId`, if one was given.
    pub group: Option<String>,
}

impl Origin {
    /// From `surface`, of which nothing more is known.
    #[must_use]
    pub const fn of(surface: Surface) -> Self {
        Self { surface, client: None, platform: None, source: None, group: None }
    }
}

/// An e-mail address or phone number on an account, and since when it is proven to be its person's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contact<T> {
    /// The address or number.
    pub id: T,
    /// When it was verified; `None`: never.
    pub verified_at: Option<Timestamp>,
}

/// A whole account, as one look-up reads it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Its name for ever.
    pub id: AccountId,
    /// Whether it may sign in.
    pub status: AccountStatus,
    /// Its username.
    pub username: Option<Username>,
    /// Its e-mail address.
    pub email: Option<Contact<EmailAddress>>,
    /// Its phone number.
    pub phone: Option<Contact<PhoneNumber>>,
    /// Whether it has a password.
    pub has_password: bool,
    /// What it says of its person.
    pub profile: Profile,
    /// Where it came from.
    pub origin: Origin,
    /// The language in which it is written to.
    pub locale: Locale,
    /// When it was made.
    pub created_at: Timestamp,
}

impl Account {
    /// The contact of a kind that this account holds, proven or not.
    #[must_use]
    pub fn contact(&self, kind: ContactKind) -> Option<Contact<LoginId>> {
        let phone = self.phone.as_ref().map(|phone| Contact { id: phone.id.clone().into(), verified_at: phone.verified_at });
        let email = self.email.as_ref().map(|email| Contact { id: email.id.clone().into(), verified_at: email.verified_at });
        match kind {
            ContactKind::Email => email,
            ContactKind::Phone => phone,
        }
    }

    /// Whether this account is known by `id` and, where that can be proven, has proven it: only then does it count (threat row 34).
    #[must_use]
    pub fn has_proven(&self, id: &LoginId) -> bool {
        match ContactKind::of(id.kind()) {
            Some(kind) => self.contact(kind).is_some_and(|contact| contact.verified_at.is_some() && contact.id.is_same(id)),
            None => self.username.as_ref().is_some_and(|name| LoginId::from(name.clone()).is_same(id)),
        }
    }

    /// Where this account can be reached by `channel`: at a contact that it has proven.
    #[must_use]
    pub fn proven_contact(&self, channel: Channel) -> Option<Recipient> {
        match channel {
            Channel::Email => self.email.as_ref().filter(|email| email.verified_at.is_some()).map(|email| Recipient::Email(email.id.clone())),
            Channel::Sms => self.phone.as_ref().filter(|phone| phone.verified_at.is_some()).map(|phone| Recipient::Sms(phone.id.clone())),
        }
    }

    /// Where this account can be reached at all: by mail first, which costs nothing.
    #[must_use]
    pub fn any_proven_contact(&self) -> Option<Recipient> {
        self.proven_contact(Channel::Email).or_else(|| self.proven_contact(Channel::Sms))
    }

    /// What this account is told when somebody else proved `lost`, which it never did; `None`: there is nowhere left to tell it.
    #[must_use]
    pub fn contact_lost(&self, lost: &LoginId) -> Option<Message> {
        let content = Content::ContactLost { contact: ContactKind::of(lost.kind())?, masked: mask(lost.shown()) };
        Some(self.told(Recipient::try_from(self.notice_contact(lost)?).ok()?, content))
    }

    /// What a contact that this account gives up is told (threat row 57); `None` where it was never proven to be anybody's.
    #[must_use]
    pub fn contact_changed(&self, contact: ContactKind) -> Option<Message> {
        let old = match contact {
            ContactKind::Email => self.proven_contact(Channel::Email),
            ContactKind::Phone => self.proven_contact(Channel::Sms),
        };
        Some(self.told(old?, Content::ContactChanged { contact }))
    }

    /// A message to this account, in its language and brand.
    fn told(&self, to: Recipient, content: Content) -> Message {
        Message { to, locale: self.locale, platform: self.origin.platform.clone(), content }
    }

    /// A verified contact first, else one that is left, never `lost` itself.
    fn notice_contact(&self, lost: &LoginId) -> Option<LoginId> {
        let held = [ContactKind::Email, ContactKind::Phone].map(|kind| self.contact(kind));
        let others: Vec<_> = held.into_iter().flatten().filter(|contact| !contact.id.is_same(lost)).collect();
        others.iter().find(|contact| contact.verified_at.is_some()).or_else(|| others.first()).map(|contact| contact.id.clone())
    }
}

/// On what ground an identifier is claimed (contract `common.md`, *Verified beats unverified*).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Just proven by a code or a link: takes the identifier from an account that never proved it.
    Proven,
    /// Vouched for by a trusted caller: verified, yet every holder counts as taken.
    Vouched,
    /// Only said: unverified, every holder counts as taken.
    Said,
}

impl Standing {
    /// Whether the identifier is verified once it is written.
    #[must_use]
    pub const fn is_verified(self) -> bool {
        matches!(self, Self::Proven | Self::Vouched)
    }

    /// Whether a holder stands in the way.
    #[must_use]
    pub const fn blocked_by(self, holder_is_verified: bool) -> bool {
        match self {
            Self::Proven => holder_is_verified,
            Self::Vouched | Self::Said => true,
        }
    }
}

/// An identifier that an account wants to hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// The identifier.
    pub id: LoginId,
    /// On what ground.
    pub standing: Standing,
}

impl Claim {
    /// Claims `id` on the ground of `standing`.
    #[must_use]
    pub fn new(id: impl Into<LoginId>, standing: Standing) -> Self {
        Self { id: id.into(), standing }
    }
}

/// An account about to be written.
#[derive(Debug, Clone)]
pub struct NewAccount {
    /// Its name for ever.
    pub id: AccountId,
    /// What it wants to be known by, in the order in which a taken one is reported.
    pub claims: Vec<Claim>,
    /// Its password, hashed, if it has one.
    pub password: Option<PasswordRecord>,
    /// What it says of its person.
    pub profile: Profile,
    /// Where it came from.
    pub origin: Origin,
    /// The language in which it is written to.
    pub locale: Locale,
    /// When it is made.
    pub created_at: Timestamp,
}
