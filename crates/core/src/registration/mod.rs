//! Pending registrations: start, resend, finish by code or by link, disown (contract `usapi.md`, `/signup` and *Finishing a registration*).
//!
//! This file holds the data and the decisions, which the store calls in its transactions; `start` and `finish` hold the use cases.
//!
//! A registration reserves nothing. What it asks for is checked when it starts, so that most people hear at once that a name is taken, and
//! decided when it finishes, by the unique index. What was proven is remembered here, on the server, and never taken from a token (row 10).

mod finish;
mod start;

use std::time::Duration;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::account::{AccountId, Claim, NewAccount, Origin, Standing, Surface};
use crate::client::ClientId;
use crate::code::{Challenge, ChallengeState, Shown};
use crate::identifier::{EmailAddress, IdentifierKind, LoginId, PhoneNumber, Username};
use crate::limit::{Exhausted, NotSent, Sending, TooOften};
use crate::locale::Locale;
use crate::message::Sealer;
use crate::named::named;
use crate::password::common::Whom;
use crate::password::{Password, PasswordRecord};
use crate::person::{PersonName, Profile};
use crate::ports::Timestamp;
use crate::secret::Mac;
use crate::service::{Accounts, Fault};
use crate::token::{RegistrationClaims, TokenError, TokenKind};

/// Names a registration; the `jti` of its token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct RegistrationId(pub Uuid);

named! {
    /// How a registration is verified; the names are USAPI's.
    Mode {
        /// By mail, with a link and a code: proves the e-mail address.
        Link = "LINK",
        /// By short message, with a code: proves the phone number.
        Otp = "OTP",
    }
}

named! {
    /// Where a registration stands.
    RegistrationState {
        /// Waiting for its proof.
        Pending = "pending",
        /// Finished: its account exists.
        Complete = "complete",
        /// Disowned by whoever reads the address's mail.
        Disowned = "disowned",
    }
}

/// Whom to write to, and so what will be proven.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Proves {
    /// The address, by a link or a code; a phone number may be said along with it.
    Email {
        /// The phone number that was said.
        phone: Option<PhoneNumber>,
    },
    /// The phone number, by a code.
    Phone(PhoneNumber),
}

/// Everything that a person registers with.
#[derive(Debug, Clone)]
pub struct SignUp {
    /// Where.
    pub surface: Surface,
    /// Through which machine client.
    pub client: ClientId,
    /// The wanted username.
    pub username: Username,
    /// The password.
    pub password: Password,
    /// The e-mail address.
    pub email: EmailAddress,
    /// What will be proven.
    pub proves: Proves,
    /// First name.
    pub first_name: PersonName,
    /// Last name.
    pub last_name: PersonName,
    /// USAPI's platform, which chooses the brand.
    pub platform: Option<String>,
    /// The language to write in.
    pub locale: Locale,
}

impl SignUp {
    /// Whose the password is.
    fn whom(&self) -> Whom<'_> {
        let phone = match &self.proves {
            Proves::Email { phone } => phone.as_ref(),
            Proves::Phone(phone) => Some(phone),
        };
        let (username, email) = (Some(&self.username), Some(&self.email));
        Whom { username, email, phone, first_name: Some(&self.first_name), last_name: Some(&self.last_name), full_name: None }
    }
}

/// A registration as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Registration {
    /// Its name.
    pub id: RegistrationId,
    /// Where it was made.
    pub surface: Surface,
    /// Through which machine client: no other may finish it.
    pub client: ClientId,
    /// The wanted username.
    pub username: Username,
    /// The e-mail address.
    pub email: EmailAddress,
    /// The phone number, if one was given.
    pub phone: Option<PhoneNumber>,
    /// How it is verified.
    pub mode: Mode,
    /// The password, hashed.
    pub password: PasswordRecord,
    /// First name.
    pub first_name: PersonName,
    /// Last name.
    pub last_name: PersonName,
    /// USAPI's platform.
    pub platform: Option<String>,
    /// The language to write in.
    pub locale: Locale,
    /// Where it stands.
    pub state: RegistrationState,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it ends, its links with it.
    pub expires_at: Timestamp,
}

impl Registration {
    /// What the account will claim, in the order in which a taken one is reported.
    #[must_use]
    pub fn claims(&self) -> Vec<Claim> {
        let (phone, email) = match self.mode {
            Mode::Otp => (Standing::Proven, Standing::Said),
            Mode::Link => (Standing::Said, Standing::Proven),
        };
        let phone = self.phone.clone().map(|number| Claim::new(number, phone));
        // A username cannot be proven or not: it is its holder's.
        let username = Claim::new(self.username.clone(), Standing::Vouched);
        phone.into_iter().chain([username, Claim::new(self.email.clone(), email)]).collect()
    }

    /// Where its code goes.
    #[must_use]
    pub fn destination(&self) -> LoginId {
        match (self.mode, &self.phone) {
            (Mode::Otp, Some(phone)) => phone.clone().into(),
            (Mode::Otp | Mode::Link, _) => self.email.clone().into(),
        }
    }

    /// Whether it still waits for its proof at `now`.
    #[must_use]
    pub fn is_pending(&self, now: Timestamp) -> bool {
        self.state == RegistrationState::Pending && now < self.expires_at
    }

    /// Whether a code that `client` shows for it at `now` is looked at at all: another client's is not even a try (threat row 32).
    ///
    /// # Errors
    /// What showing it comes to instead.
    pub fn takes_codes_from(&self, client: &ClientId, now: Timestamp) -> Result<(), Finished> {
        match self.state {
            _ if self.client != *client => Err(Finished::Refused),
            RegistrationState::Complete => Err(Finished::Complete),
            RegistrationState::Pending if self.is_pending(now) => Ok(()),
            RegistrationState::Pending | RegistrationState::Disowned => Err(Finished::Refused),
        }
    }

    /// Whether its code can be sent anew at `now`; if not, what to say instead.
    ///
    /// # Errors
    /// [`Resent::Complete`] or [`Resent::Dead`].
    pub fn resendable(&self, now: Timestamp) -> Result<(), Resent> {
        match self.state {
            RegistrationState::Complete => Err(Resent::Complete),
            RegistrationState::Pending if self.is_pending(now) => Ok(()),
            RegistrationState::Pending | RegistrationState::Disowned => Err(Resent::Dead),
        }
    }

    /// The account that it becomes.
    #[must_use]
    pub fn account(&self, id: AccountId, now: Timestamp) -> NewAccount {
        NewAccount {
            id,
            claims: self.claims(),
            password: Some(self.password.clone()),
            profile: Profile { first_name: Some(self.first_name.clone()), last_name: Some(self.last_name.clone()), ..Profile::default() },
            origin: Origin { client: Some(self.client.clone()), platform: self.platform.clone(), ..Origin::of(self.surface) },
            locale: self.locale,
            created_at: now,
        }
    }
}

/// A registration to keep, with the challenge and the message that go out with it.
#[derive(Debug, Clone)]
pub struct NewRegistration {
    /// The registration.
    pub registration: Registration,
    /// Its challenge.
    pub challenge: Challenge,
    /// Its message.
    pub sending: Sending,
}

/// A registration whose code and link are sent anew.
#[derive(Debug, Clone)]
pub struct Resend {
    /// The registration.
    pub registration: RegistrationId,
    /// The new challenge.
    pub challenge: Challenge,
    /// The new message.
    pub sending: Sending,
    /// Now.
    pub now: Timestamp,
}

/// What came of sending anew.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Resent {
    /// Queued.
    Sent,
    /// A budget is spent: nothing was done.
    Spent(Exhausted),
    /// The registration is finished already.
    Complete,
    /// There is no such registration any more.
    Dead,
}

/// What somebody shows to finish a registration.
#[derive(Debug, Clone)]
pub enum Proof {
    /// The code, along with the registration's token.
    Code {
        /// The registration that the token names.
        registration: RegistrationId,
        /// Who asks: only the client that started it may.
        client: ClientId,
        /// The code.
        shown: Shown,
    },
    /// The secret of the link, as a MAC.
    Link(Mac),
}

/// A registration to finish.
#[derive(Debug, Clone)]
pub struct FinishRegistration {
    /// What is shown.
    pub proof: Proof,
    /// The new account's name.
    pub account: AccountId,
    /// Seals what is told to an account that loses a contact by this.
    pub sealer: Sealer,
    /// Now.
    pub now: Timestamp,
}

/// What came of trying to finish a registration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Finished {
    /// The account exists.
    Created(AccountId),
    /// The code is wrong, or there is nothing here that it could finish.
    Refused,
    /// The code, or the link's registration, is over.
    Expired,
    /// It was finished before.
    Complete,
    /// This identifier was taken meanwhile.
    Taken(IdentifierKind),
}

/// A registration found by its link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkedRegistration {
    /// The registration.
    pub registration: Registration,
    /// The challenge that was sent along with the link.
    pub challenge: Challenge,
}

impl LinkedRegistration {
    /// Whether the link still works; if not, what trying to finish with it comes to.
    ///
    /// # Errors
    /// [`Finished`], never [`Finished::Created`] or [`Finished::Taken`].
    pub fn live(&self, now: Timestamp) -> Result<(), Finished> {
        match self.registration.state {
            RegistrationState::Complete => Err(Finished::Complete),
            RegistrationState::Disowned => Err(Finished::Refused),
            RegistrationState::Pending if self.challenge.state != ChallengeState::Open => Err(Finished::Refused),
            RegistrationState::Pending if now >= self.registration.expires_at => Err(Finished::Expired),
            RegistrationState::Pending => Ok(()),
        }
    }
}

/// A started registration, as a surface tells of it and as a repeat gets it again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Started {
    /// The token that names it.
    pub token: String,
    /// When it ends, in seconds since 1970.
    pub expires_at: i64,
    /// How many seconds its code works.
    pub code_seconds: u64,
    /// Whether the code went by mail; otherwise by short message.
    pub by_mail: bool,
}

/// Why an account or a registration was not made.
#[derive(Debug, thiserror::Error)]
pub enum RegisterError {
    /// An identifier is another account's.
    #[error("the {} is taken", .0.name())]
    Taken(IdentifierKind),
    /// The password is one that guessers try first.
    #[error("the password is too common")]
    CommonPassword,
    /// The idempotency key was used for another call.
    #[error("the idempotency key was used for another call")]
    RepeatedDifferently,
    /// Its message may not be sent, now or there.
    #[error(transparent)]
    NotSent(#[from] NotSent),
    /// It could not be done.
    #[error(transparent)]
    Fault(#[from] Fault),
}

/// Why nothing was sent anew.
#[derive(Debug, thiserror::Error)]
pub enum ResendError {
    /// The token names no registration that waits for its proof.
    #[error("there is no such registration")]
    Unknown,
    /// The registration is finished.
    #[error("the registration is complete")]
    Complete,
    /// An identifier was taken meanwhile.
    #[error("the {} is taken", .0.name())]
    Taken(IdentifierKind),
    /// Its message may not be sent, now or there.
    #[error(transparent)]
    NotSent(#[from] NotSent),
    /// It could not be done.
    #[error(transparent)]
    Fault(#[from] Fault),
}

impl From<Resent> for ResendError {
    /// What not being sendable comes to; a message that was sent is no error and never asked for.
    fn from(refused: Resent) -> Self {
        match refused {
            Resent::Complete => Self::Complete,
            Resent::Spent(exhausted) => Self::NotSent(TooOften(exhausted.retry_after).into()),
            Resent::Dead | Resent::Sent => Self::Unknown,
        }
    }
}

/// How long registrations and their codes live (contract `common.md`, *One-time codes*).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RegistrationLifetimes {
    /// A registration and its links.
    pub registration: Duration,
    /// A code.
    pub code: Duration,
}

impl Default for RegistrationLifetimes {
    fn default() -> Self {
        Self { registration: Duration::from_secs(30 * 60), code: Duration::from_secs(10 * 60) }
    }
}

impl Accounts {
    async fn registration_named(&self, token: &str, surface: Surface) -> Result<Option<RegistrationId>, Fault> {
        match self.keys().check::<RegistrationClaims>(token, TokenKind::Registration(surface), self.now()).await {
            Ok(claims) => Ok(Some(RegistrationId(claims.registered.jti))),
            Err(TokenError::Invalid(_)) => Ok(None),
            Err(TokenError::Fault(fault)) => Err(fault),
        }
    }

    fn link_mac(&self, secret: &str) -> Mac {
        self.secrets().links.sign(&[secret.as_bytes()])
    }
}
