//! Pending registrations: start, resend, finish by code or by link, disown (contract `usapi.md`, `/signup` and *Finishing a registration*).
//!
//! A registration reserves nothing. What it asks for is checked when it starts, so that most people hear at once that a name is taken, and
//! decided when it finishes, by the unique index. What was proven is remembered here, on the server, and never taken from a token (row 10).

use std::time::Duration;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::account::{AccountId, Claim, NewAccount, Origin, PersonName, Profile, Standing, Surface, named};
use crate::client::ClientId;
use crate::code::{Challenge, ChallengeId, ChallengeState, Code, Pressure, Purpose, Verdict};
use crate::identifier::{EmailAddress, IdentifierKind, LoginId, PhoneNumber, Username};
use crate::locale::Locale;
use crate::message::{Content, Envelope, Message, Recipient, Sealer};
use crate::password::{Password, PasswordRecord};
use crate::ports::{Claimed, Once, Timestamp, new_id};
use crate::repeat::{Repeat, Repeated};
use crate::secret::{Mac, MacKey, RandomSecret};
use crate::service::{Accounts, Fault};
use crate::token::{RegistrationClaims, TokenKind, whole_seconds};

/// Digits of a registration's code while nobody is guessing (contract `usapi.md`).
const DIGITS: u8 = 6;

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

    /// The account that it becomes.
    #[must_use]
    pub fn account(&self, id: AccountId, now: Timestamp) -> NewAccount {
        NewAccount {
            id,
            claims: self.claims(),
            password: self.password.clone(),
            profile: Profile { first_name: Some(self.first_name.clone()), last_name: Some(self.last_name.clone()), ..Profile::default() },
            origin: Origin { surface: self.surface, client: Some(self.client.clone()), platform: self.platform.clone() },
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
    pub envelope: Envelope,
}

/// A registration whose code and link are sent anew.
#[derive(Debug, Clone)]
pub struct Resend {
    /// The registration.
    pub registration: RegistrationId,
    /// The new challenge.
    pub challenge: Challenge,
    /// The new message.
    pub envelope: Envelope,
    /// Now.
    pub now: Timestamp,
}

/// What came of sending anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resent {
    /// Queued.
    Sent,
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
        /// The code as typed.
        code: Code,
        /// The key under which codes are signed.
        key: MacKey,
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

/// Decides an attempt with a code; `challenge` comes out as it must be written back. `Ok` means: make the account.
///
/// # Errors
/// What the attempt comes to instead.
pub fn judge_code(
    registration: &Registration,
    challenge: &mut Challenge,
    client: &ClientId,
    code: &Code,
    key: &MacKey,
    pressure: Pressure,
    now: Timestamp,
) -> Result<(), Finished> {
    if registration.client != *client {
        return Err(Finished::Refused);
    }
    match registration.state {
        RegistrationState::Complete => return Err(Finished::Complete),
        RegistrationState::Disowned => return Err(Finished::Refused),
        RegistrationState::Pending if now >= registration.expires_at => return Err(Finished::Refused),
        RegistrationState::Pending => {}
    }
    match challenge.attempt(code, key, pressure, now) {
        Verdict::Right => Ok(()),
        Verdict::Wrong | Verdict::Dead => Err(Finished::Refused),
        Verdict::Expired => Err(Finished::Expired),
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
    /// The idempotency key was used for another call.
    #[error("the idempotency key was used for another call")]
    RepeatedDifferently,
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
    /// It could not be done.
    #[error(transparent)]
    Fault(#[from] Fault),
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
    /// Starts a registration: checks that nothing it asks for is taken, hashes the password, sends a code and perhaps a link.
    ///
    /// # Errors
    /// [`RegisterError`].
    pub async fn start_registration(&self, sign_up: SignUp, repeat: Option<Repeat>) -> Result<Started, RegisterError> {
        let now = self.now();
        let expires_at = whole_seconds(now, self.policy().registrations.registration);
        let (mode, phone) = match sign_up.proves {
            Proves::Email { phone } => (Mode::Link, phone),
            Proves::Phone(phone) => (Mode::Otp, Some(phone)),
        };
        let mut registration = Registration {
            id: RegistrationId(new_id(now, self.entropy())),
            surface: sign_up.surface,
            client: sign_up.client,
            username: sign_up.username,
            email: sign_up.email,
            phone,
            mode,
            password: PasswordRecord { scheme: crate::password::Scheme::Argon2id, phc: String::new() },
            first_name: sign_up.first_name,
            last_name: sign_up.last_name,
            platform: sign_up.platform,
            locale: sign_up.locale,
            state: RegistrationState::Pending,
            created_at: now,
            expires_at,
        };
        if let Some(again) = self.refuse_taken(&registration.claims(), repeat.as_ref()).await? {
            return Ok(again);
        }
        registration.password = self.hash_new(&sign_up.password).await?;
        let (challenge, envelope) = self.compose(&registration).await?;
        let started = self.started(&registration, &challenge)?;
        let once = repeat.map(|repeat| Ok::<_, Fault>(Once { repeat, answer: serde_json::to_vec(&started).map_err(Fault::broken)? })).transpose()?;
        let new = NewRegistration { registration, challenge, envelope };
        match self.store().start_registration(new, once).await.map_err(Fault::from)? {
            Repeated::First(Claimed::Done(())) => {
                self.ring();
                Ok(started)
            }
            Repeated::First(Claimed::Taken(kind)) => Err(RegisterError::Taken(kind)),
            Repeated::Again(kept) => Ok(serde_json::from_slice(&kept).map_err(Fault::broken)?),
            Repeated::Different => Err(RegisterError::RepeatedDifferently),
        }
    }

    /// Sends a pending registration's code (and link) anew; the old ones are dead.
    ///
    /// # Errors
    /// [`ResendError`].
    pub async fn resend_registration(&self, token: &str, surface: Surface, client: &ClientId) -> Result<Started, ResendError> {
        let now = self.now();
        let id = self.registration_named(token, surface).ok_or(ResendError::Unknown)?;
        let registration = self.store().registration(id).await.map_err(Fault::from)?.filter(|r| r.client == *client);
        let registration = registration.ok_or(ResendError::Unknown)?;
        match registration.state {
            RegistrationState::Complete => return Err(ResendError::Complete),
            RegistrationState::Disowned => return Err(ResendError::Unknown),
            RegistrationState::Pending if !registration.is_pending(now) => return Err(ResendError::Unknown),
            RegistrationState::Pending => {}
        }
        let (challenge, envelope) = self.compose(&registration).await?;
        let started = self.started(&registration, &challenge)?;
        match self.store().resend_registration(Resend { registration: id, challenge, envelope, now }).await.map_err(Fault::from)? {
            Resent::Sent => {
                self.ring();
                Ok(started)
            }
            Resent::Complete => Err(ResendError::Complete),
            Resent::Dead => Err(ResendError::Unknown),
        }
    }

    /// Finishes a registration with the code that was sent. A token that names nothing here is [`Finished::Refused`], as a wrong code is.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn finish_by_code(&self, token: &str, surface: Surface, client: &ClientId, code: Code) -> Result<Finished, Fault> {
        let Some(registration) = self.registration_named(token, surface) else { return Ok(Finished::Refused) };
        self.finish(Proof::Code { registration, client: client.clone(), code, key: self.secrets().codes.clone() }).await
    }

    /// Finishes a registration with the secret of its link.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn finish_by_link(&self, secret: &str) -> Result<Finished, Fault> {
        self.finish(Proof::Link(self.link_mac(secret))).await
    }

    /// The registration behind a link, for a page that names it, and whether the link is live; if not, what trying to finish with it would come to.
    /// `None`: there is no such link. Changes nothing (row 39).
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn registration_behind(&self, secret: &str) -> Result<Option<(Registration, Result<(), Finished>)>, Fault> {
        let linked = self.store().linked_registration(self.link_mac(secret)).await?;
        Ok(linked.map(|linked| {
            let live = linked.live(self.now());
            (linked.registration, live)
        }))
    }

    /// "This was not me": kills the registration behind a link (row 34). Whether there was a live one.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn disown_registration(&self, secret: &str) -> Result<bool, Fault> {
        Ok(self.store().disown_registration(self.link_mac(secret), self.now()).await?)
    }

    async fn finish(&self, proof: Proof) -> Result<Finished, Fault> {
        let now = self.now();
        let account = AccountId(new_id(now, self.entropy()));
        let finished = self.store().finish_registration(FinishRegistration { proof, account, sealer: self.sealer().clone(), now }).await?;
        if matches!(finished, Finished::Created(_)) {
            self.ring();
        }
        Ok(finished)
    }

    /// Stops early, before a hash is spent, when something is taken; unless it was taken by the very call that this one repeats.
    async fn refuse_taken(&self, claims: &[Claim], repeat: Option<&Repeat>) -> Result<Option<Started>, RegisterError> {
        let Some(kind) = self.store().first_taken(claims, None).await.map_err(Fault::from)? else { return Ok(None) };
        let Some(repeat) = repeat else { return Err(RegisterError::Taken(kind)) };
        match self.store().repeated(repeat, self.now()).await.map_err(Fault::from)? {
            Repeated::First(()) => Err(RegisterError::Taken(kind)),
            Repeated::Again(kept) => Ok(Some(serde_json::from_slice(&kept).map_err(Fault::broken)?)),
            Repeated::Different => Err(RegisterError::RepeatedDifferently),
        }
    }

    fn registration_named(&self, token: &str, surface: Surface) -> Option<RegistrationId> {
        let claims: RegistrationClaims = self.keys().check(token, TokenKind::Registration(surface), self.now()).ok()?;
        Some(RegistrationId(claims.registered.jti))
    }

    fn link_mac(&self, secret: &str) -> Mac {
        self.secrets().links.sign(&[secret.as_bytes()])
    }

    fn started(&self, registration: &Registration, challenge: &Challenge) -> Result<Started, Fault> {
        let kind = TokenKind::Registration(registration.surface);
        let registered = self.keys().registered(kind, registration.id.0, registration.created_at, registration.expires_at);
        let mode = registration.mode.name().to_owned();
        let claims = RegistrationClaims { registered, username: registration.username.as_str().to_owned(), mode };
        let code_seconds = challenge.expires_at.duration_since(challenge.created_at).as_secs();
        Ok(Started {
            token: self.keys().sign(&claims).map_err(Fault::broken)?,
            expires_at: registration.expires_at.as_second(),
            code_seconds: u64::try_from(code_seconds).unwrap_or_default(),
            by_mail: registration.mode == Mode::Link,
        })
    }

    /// Draws a code (and a link) for a registration and writes the message that carries them.
    async fn compose(&self, registration: &Registration) -> Result<(Challenge, Envelope), Fault> {
        let now = self.now();
        let destination = registration.destination();
        let pressure = self.store().pressure(&subject_of(&destination), now).await?;
        let digits = pressure.digits(DIGITS);
        let code = Code::draw(digits, self.entropy());
        let link = (registration.mode == Mode::Link).then(|| RandomSecret::draw(self.entropy()));
        let mut challenge = Challenge {
            id: ChallengeId(new_id(now, self.entropy())),
            purpose: Purpose::UsapiSignup,
            subject: registration.id.0,
            destination: destination.clone(),
            digits,
            code_mac: Mac([0; 32]),
            link_mac: link.as_ref().map(|secret| self.link_mac(secret.expose())),
            tries_left: Challenge::tries(digits),
            state: ChallengeState::Open,
            created_at: now,
            expires_at: (now + self.policy().registrations.code).min(registration.expires_at),
        };
        challenge.code_mac = challenge.mac(&code, &self.secrets().codes);
        let content = Content::SignupCode {
            name: registration.first_name.as_str().to_owned(),
            code: code.expose().to_owned(),
            code_minutes: minutes(now, challenge.expires_at),
            link: link.as_ref().map(|secret| format!("{}{}", self.policy().signup_link, secret.expose())),
            link_minutes: minutes(now, registration.expires_at),
        };
        let to = Recipient::try_from(destination).map_err(Fault::broken)?;
        let message = Message { to, locale: registration.locale, platform: registration.platform.clone(), content };
        // The link outlives the code, so a mail is worth sending as long as the registration.
        let worth_until = if link.is_some() { registration.expires_at } else { challenge.expires_at };
        let envelope = self.sealer().seal(message, now, worth_until).map_err(Fault::broken)?;
        Ok((challenge, envelope))
    }
}

/// What wrong codes are counted against where there is no account yet: the destination.
#[must_use]
pub fn subject_of(destination: &LoginId) -> String {
    format!("{}/{}", destination.kind().name(), destination.key())
}

/// Whole minutes from `now` to `end`, at least one: people are told minutes.
fn minutes(now: Timestamp, end: Timestamp) -> u64 {
    u64::try_from(end.duration_since(now).as_secs().div_euclid(60)).unwrap_or_default().max(1)
}
