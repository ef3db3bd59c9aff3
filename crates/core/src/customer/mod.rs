//! Customers whom partner hosts register (contract `invas.md`): the host says who they are, the customer proves the phone by a token that came by short
//! message, the e-mail address by a link, or both, and the account is made when the host confirms.
//!
//! This file holds the data and the decisions, which the store calls in its transactions; the use cases live beside it:
//!
//! | file | use case |
//! |---|---|
//! | `apply` | registering, and which of the host's registrations a call means |
//! | `resend` | sending the token or the link anew |
//! | `confirm` | making the account |
//! | `authorise` | the page behind the link |
//!
//! ```text
//!             confirmed by token, or after the link
//!   ┌─────────┐ ───────────────────────────────────► complete
//!   │ pending │ ── "this was not me" ──────────────► disowned
//!   │         │ ── a newer one for the same phone ─► replaced
//!   └─────────┘ ── now ≥ expires_at ───────────────► over
//!     ▲  │ the link's button: authorised, still pending
//!     └──┘
//! ```
//!
//! A host sees and finishes only what it registered itself (threat row 32). A registration reserves nothing.

mod apply;
mod authorise;
mod confirm;
mod resend;
#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::account::{AccountId, Claim, NewAccount, Origin, Standing, Surface};
use crate::challenge::minutes;
use crate::client::ClientId;
use crate::code::{Challenge, Shown, TokenPrefix, Verdict};
use crate::identifier::{Country, EmailAddress, IdentifierKind, LoginId, PhoneNumber, Username};
use crate::limit::Sending;
use crate::locale::Locale;
use crate::message::{Recipient, Sealer};
use crate::named::named;
use crate::password::PasswordRecord;
use crate::person::{BirthDate, FullName, Gender, PlaceName, Profile};
use crate::ports::Timestamp;
use crate::secret::Mac;

pub use apply::{Application, FindError, PhoneAsSent};
pub use confirm::{ConfirmError, Confirmation, TypedToken};
pub use resend::ResendCustomerError;

/// Names a customer's registration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct CustomerId(pub Uuid);

named! {
    /// Where a customer's registration stands.
    CustomerState {
        /// Waiting to be confirmed.
        Pending = "pending",
        /// Its account exists.
        Complete = "complete",
        /// Disowned by whoever reads the address's mail.
        Disowned = "disowned",
        /// Its host has registered the same phone anew.
        Replaced = "replaced",
    }
}

/// What a host says of a customer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Customer {
    /// The phone number, which is what the customer is known by.
    pub phone: PhoneNumber,
    /// The same, as the host wrote it.
    pub phone_as_sent: String,
    /// The whole name.
    pub name: FullName,
    /// Day of birth.
    pub birth_date: BirthDate,
    /// Place of birth.
    pub birth_place: PlaceName,
    /// The e-mail address, if there is one.
    pub email: Option<EmailAddress>,
    /// Gender.
    pub gender: Gender,
    /// The country in which the phone number is read.
    pub country: Country,
    /// Where the host has the customer from, in its own words.
    pub source: Option<String>,
    /// The group of accounts to which the customer belongs, in the host's own words.
    pub group: String,
}

/// A customer's registration as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CustomerRegistration {
    /// Its name.
    pub id: CustomerId,
    /// The host that made it: no other sees it.
    pub host: ClientId,
    /// Who it is about.
    pub customer: Customer,
    /// The language to write in.
    pub locale: Locale,
    /// Where it stands.
    pub state: CustomerState,
    /// What the newest token begins with.
    pub prefix: TokenPrefix,
    /// How many tokens were sent.
    pub sends: u32,
    /// The secret of the newest link, as a MAC.
    pub link: Option<Mac>,
    /// When a link's button was pressed: the address is proven.
    pub authorised_at: Option<Timestamp>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it ends, its link with it.
    pub expires_at: Timestamp,
}

/// Why a link does nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DeadLink {
    /// Its button was pressed before.
    #[error("the link was used before")]
    Used,
    /// The account exists.
    #[error("the registration is complete")]
    Complete,
    /// Its time is over.
    #[error("the link has expired")]
    Expired,
    /// There is nothing that it could authorise, perhaps not any more.
    #[error("the link leads nowhere")]
    Refused,
}

impl CustomerRegistration {
    /// Whether it still waits to be confirmed at `now`.
    #[must_use]
    pub fn is_pending(&self, now: Timestamp) -> bool {
        self.state == CustomerState::Pending && now < self.expires_at
    }

    /// Whether it is `host`'s and still waits at `now`: only then does the host see it.
    #[must_use]
    pub fn is_open_to(&self, host: &ClientId, now: Timestamp) -> bool {
        self.host == *host && self.is_pending(now)
    }

    /// Whether the link still works; if not, why.
    ///
    /// # Errors
    /// [`DeadLink`].
    pub fn link_is_live(&self, now: Timestamp) -> Result<(), DeadLink> {
        match self.state {
            CustomerState::Complete => Err(DeadLink::Complete),
            CustomerState::Disowned | CustomerState::Replaced => Err(DeadLink::Refused),
            CustomerState::Pending if self.authorised_at.is_some() => Err(DeadLink::Used),
            CustomerState::Pending if now >= self.expires_at => Err(DeadLink::Expired),
            CustomerState::Pending => Ok(()),
        }
    }

    /// What the account will claim once the customer has proven what registering is about, in the order in which a taken one is reported: the phone,
    /// which an account that never proved it does not keep; the address, which any holder does.
    #[must_use]
    pub fn claims(&self) -> Vec<Claim> {
        self.claims_of(Standing::Proven, Standing::Said).collect()
    }

    fn claims_of(&self, phone: Standing, email: Standing) -> impl Iterator<Item = Claim> + use<> {
        let phone = Claim::new(self.customer.phone.clone(), phone);
        let email = self.customer.email.clone().map(|address| Claim::new(address, email));
        std::iter::once(phone).chain(email)
    }

    /// The account that it becomes: the token proves the phone, the link proves the address.
    #[must_use]
    pub fn account(&self, new: &NewCustomer, by_token: bool, now: Timestamp) -> NewAccount {
        let customer = &self.customer;
        let proven = |is_proven| if is_proven { Standing::Proven } else { Standing::Said };
        let name = Claim::new(new.username.clone(), Standing::Vouched);
        NewAccount {
            id: new.account,
            claims: self.claims_of(proven(by_token), proven(self.authorised_at.is_some())).chain([name]).collect(),
            password: Some(new.password.clone()),
            profile: Profile {
                full_name: Some(customer.name.clone()),
                birth_date: Some(customer.birth_date),
                birth_place: Some(customer.birth_place.clone()),
                gender: Some(customer.gender),
                country: Some(customer.country.clone()),
                ..Profile::default()
            },
            origin: Origin {
                client: Some(self.host.clone()),
                source: customer.source.clone(),
                group: Some(customer.group.clone()),
                ..Origin::of(Surface::Invas)
            },
            locale: self.locale,
            created_at: now,
        }
    }

    /// Who is written to when it begins.
    #[must_use]
    pub fn recipients(&self) -> Vec<Recipient> {
        let link = self.customer.email.clone().map(Recipient::Email);
        [Recipient::Sms(self.customer.phone.clone())].into_iter().chain(link).collect()
    }

    /// Where its token goes.
    #[must_use]
    pub fn destination(&self) -> LoginId {
        self.customer.phone.clone().into()
    }
}

/// A registration, and the newest token that was sent for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Applicant {
    /// The registration.
    pub registration: CustomerRegistration,
    /// Its token.
    pub token: Challenge,
}

/// A pending registration as its host hears of it, and as a repeat gets it again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PendingCustomer {
    /// The registration.
    pub id: CustomerId,
    /// The phone number as the host wrote it when it registered.
    pub phone_as_sent: String,
    /// What the token begins with.
    pub prefix: String,
    /// Whether the token can be used.
    pub is_active: bool,
    /// How many tokens were sent.
    pub sends: u32,
    /// When the token was asked for.
    pub requested_at: Timestamp,
    /// When the token ends.
    pub expires_at: Timestamp,
    /// The group of accounts, as the host wrote it.
    pub group: String,
}

impl PendingCustomer {
    /// How many minutes the token lives, from when it was asked for.
    #[must_use]
    pub fn token_minutes(&self) -> u64 {
        minutes(self.requested_at, self.expires_at)
    }
}

impl Applicant {
    /// What its host hears of it at `now`.
    #[must_use]
    pub fn told(&self, now: Timestamp) -> PendingCustomer {
        let Self { registration, token } = self;
        PendingCustomer {
            id: registration.id,
            phone_as_sent: registration.customer.phone_as_sent.clone(),
            prefix: registration.prefix.as_str().to_owned(),
            is_active: token.over(now).is_none(),
            sends: registration.sends,
            requested_at: token.created_at,
            expires_at: token.expires_at,
            group: registration.customer.group.clone(),
        }
    }
}

/// A registration to keep, with its token and the messages that go out with it. An older pending one of the same host for the same phone is dead.
#[derive(Debug, Clone)]
pub struct NewCustomerRegistration {
    /// The registration and its token.
    pub applicant: Applicant,
    /// Its messages: the token, and the link where there is an address.
    pub sending: Sending,
}

/// A new token for a pending registration; the old one is dead.
#[derive(Debug, Clone)]
pub struct ResendToken {
    /// The registration.
    pub id: CustomerId,
    /// Whose it must be.
    pub host: ClientId,
    /// What the token begins with.
    pub prefix: TokenPrefix,
    /// The new token.
    pub token: Challenge,
    /// Its message.
    pub sending: Sending,
    /// Now.
    pub now: Timestamp,
}

/// A new link for a pending registration; the old one is dead.
#[derive(Debug, Clone)]
pub struct ResendLink {
    /// The registration.
    pub id: CustomerId,
    /// Whose it must be.
    pub host: ClientId,
    /// The new link's secret, as a MAC.
    pub link: Mac,
    /// Its message.
    pub sending: Sending,
    /// Now.
    pub now: Timestamp,
}

/// What a confirmed registration's account gets that the registration has not.
#[derive(Debug, Clone)]
pub struct NewCustomer {
    /// The account's name for ever.
    pub account: AccountId,
    /// The username that was drawn for it.
    pub username: Username,
    /// The password.
    pub password: PasswordRecord,
}

/// A registration to confirm.
#[derive(Debug, Clone)]
pub struct ConfirmCustomer {
    /// The registration.
    pub id: CustomerId,
    /// Who confirms.
    pub host: ClientId,
    /// The token that the customer typed; `None`: the link must have been used.
    pub shown: Option<Shown>,
    /// What the account gets.
    pub new: NewCustomer,
    /// Seals what is told to an account that loses a contact by this.
    pub sealer: Sealer,
    /// Now.
    pub now: Timestamp,
}

/// What came of confirming.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Confirmed {
    /// The account exists.
    Done,
    /// Nothing was done but perhaps counting the try.
    Refused(NotConfirmed),
}

/// Why a registration was not confirmed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotConfirmed {
    /// The host has no such registration that waits.
    #[error("there is no such registration")]
    Unknown,
    /// Neither a token was shown nor the link used.
    #[error("a token is needed")]
    TokenRequired,
    /// The token is wrong.
    #[error("the token is wrong")]
    Wrong {
        /// How many more tries it has.
        left: u8,
    },
    /// The token's time is over, or it is dead of wrong tries.
    #[error("the token is over")]
    Over,
    /// This identifier was taken meanwhile. Nothing was spent.
    #[error("the {} is taken", .0.name())]
    Taken(IdentifierKind),
}

impl NotConfirmed {
    /// What an attempt with a token comes to, unless it was right.
    ///
    /// # Errors
    /// [`NotConfirmed::Wrong`] and [`NotConfirmed::Over`].
    pub const fn unless_right(verdict: Verdict) -> Result<(), Self> {
        match verdict {
            Verdict::Right => Ok(()),
            Verdict::Wrong { left } | Verdict::Odd { left } => Err(Self::Wrong { left }),
            Verdict::Expired | Verdict::Dead => Err(Self::Over),
        }
    }
}
