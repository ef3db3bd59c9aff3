//! Asking for a one-time code: whose it is, where it goes, how long it is, and the token that names it (contract `app-auth.md`, *One-time codes*).
//! Every code that is drawn, a registration's included, is drawn here, so that all of them grow alike under attack (threat rows 3 and 5).
//! What a code then pays for is in `redemption.rs`.

use uuid::Uuid;

use crate::account::{Account, AccountId, AccountStatus, Claim, Standing, Surface};
use crate::code::{Challenge, ChallengeId, ChallengeState, Code, Pressure, Purpose, TokenPrefix, counted_against};
use crate::identifier::{IdentifierKind, LoginId, Username};
use crate::limit::look_ups::Asker;
use crate::limit::sending::Receiver;
use crate::limit::{NotSent, TooOften};
use crate::locale::Locale;
use crate::measure;
use crate::message::{Channel, CodeUse, Content, Message, Recipient};
use crate::ports::{Entropy, Timestamp, new_id};
use crate::secret::Mac;
use crate::service::{Accounts, Alarm, Fault};
use crate::token::{CodeClaims, TokenKind, rfc3339, whole_seconds};

/// Digits of a registration's code on USAPI while nobody is guessing (contract `usapi.md`).
const USAPI_DIGITS: u8 = 6;
/// Digits of a registration's token on INVAS while nobody is guessing (contract `invas.md`).
const INVAS_DIGITS: u8 = 4;

/// Whose code is asked for, and where it goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Addressee {
    /// Whoever has proven this contact; there.
    At(Recipient),
    /// Whoever is known by this name; at the contact that the account has proven for this channel.
    Named(Username, Channel),
}

/// What a code is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CodeWish {
    /// To sign in.
    SignIn(Addressee),
    /// To choose a new password.
    ResetPassword(Addressee),
    /// To make an account that has proven this contact.
    SignUp(Recipient),
    /// To put this contact on the account that asks.
    ChangeContact(AccountId, Recipient),
}

/// What a code's token says of it in the words of its surface.
#[derive(Clone)]
pub struct CodeLabel {
    /// The identifier as it was given.
    pub login_id: String,
    /// The number by which the surface knows what the code is for.
    pub nature: u8,
}

// The identifier is a whole contact (threat row 52).
impl std::fmt::Debug for CodeLabel {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "CodeLabel({})", self.nature)
    }
}

/// Why no code was sent.
#[derive(Debug, thiserror::Error)]
pub enum SendCodeError {
    /// Nobody is known by this identifier, which is of this kind, or has proven it.
    #[error("nobody has this {}", .0.name())]
    Unknown(IdentifierKind),
    /// The account that asks is not there any more.
    #[error("the account is gone")]
    Gone,
    /// The account has proven no contact of the wanted kind.
    #[error("the account has no such contact")]
    NoContact,
    /// Somebody has proven this contact already, perhaps the very account that asks.
    #[error("the {} is taken", .0.name())]
    Taken(IdentifierKind),
    /// It may not be sent, now or there.
    #[error(transparent)]
    NotSent(#[from] NotSent),
    /// It could not be done.
    #[error(transparent)]
    Fault(#[from] Fault),
}

impl From<TooOften> for SendCodeError {
    fn from(error: TooOften) -> Self {
        Self::NotSent(error.into())
    }
}

/// Who asks for a code, and in which language whoever has no account yet is written to.
#[derive(Debug, Clone)]
pub struct Sender {
    /// Who pays for it.
    pub asker: Asker,
    /// The language.
    pub locale: Locale,
}

/// A challenge to draw.
#[derive(Debug)]
pub(crate) struct Draft {
    pub(crate) purpose: Purpose,
    pub(crate) subject: Uuid,
    pub(crate) destination: LoginId,
    pub(crate) link: Option<Mac>,
    /// What the code begins with; on INVAS alone.
    pub(crate) prefix: Option<TokenPrefix>,
    pub(crate) expires_at: Timestamp,
}

/// Who will read a code, and of whom it is.
struct Reader {
    subject: Uuid,
    to: Recipient,
    locale: Locale,
    receiver: Receiver,
}

impl CodeWish {
    /// The purpose of the challenge that it makes.
    #[must_use]
    pub const fn purpose(&self) -> Purpose {
        match self {
            Self::SignIn(_) => Purpose::AppSignIn,
            Self::ResetPassword(_) => Purpose::AppReset,
            Self::SignUp(_) => Purpose::AppSignup,
            Self::ChangeContact(_, Recipient::Email(_)) => Purpose::AppEmail,
            Self::ChangeContact(_, Recipient::Sms(_)) => Purpose::AppPhone,
        }
    }

    fn content(&self, code: &Code, code_minutes: u64) -> Content {
        let code = code.expose().to_owned();
        let of = |good_for, code| Content::Code { good_for, code, code_minutes };
        match self {
            Self::SignIn(_) => of(CodeUse::SignIn, code),
            Self::ResetPassword(_) => of(CodeUse::ResetPassword, code),
            Self::ChangeContact(..) => of(CodeUse::ChangeContact, code),
            // Nobody has a name yet, and there is no link.
            Self::SignUp(_) => Content::SignupCode { name: String::new(), code, code_minutes, link: None, link_minutes: 0 },
        }
    }
}

impl Accounts {
    /// Sends a code to whom `wish` says; the token that names its challenge, and proves nothing. An account is written to in its own language.
    ///
    /// # Errors
    /// [`SendCodeError`].
    pub async fn send_code(&self, wish: &CodeWish, label: CodeLabel, sender: Sender) -> Result<String, SendCodeError> {
        let now = self.now();
        let Reader { subject, to, locale, receiver } = self.reader_of(wish, &sender, now).await?;
        let fare = self.postage::<SendCodeError>(std::slice::from_ref(&to), receiver, &sender.asker, now).await?;
        let expires_at = whole_seconds(now, self.policy().registrations.code);
        let draft = Draft { purpose: wish.purpose(), subject, destination: to.clone().into(), link: None, prefix: None, expires_at };
        let (challenge, code) = self.draw_challenge(draft, now).await?;
        let claims = CodeClaims {
            registered: self.keys().registered(TokenKind::Code(Surface::App), challenge.id.0, now, expires_at),
            expiry: rfc3339(expires_at),
            login_id: label.login_id,
            nature: label.nature,
        };
        let token = self.keys().sign(&claims, now).map_err(Fault::broken)?;
        let message = Message { to, locale, platform: None, content: wish.content(&code, minutes(now, expires_at)) };
        let envelope = self.sealer().seal(message, now, expires_at).map_err(Fault::broken)?;
        let charged = self.store().send_challenge(challenge, self.sending([envelope], fare)).await.map_err(Fault::from)?;
        let charged = charged.ok_or(SendCodeError::Gone)?;
        self.sent(&charged, now)?;
        Ok(token)
    }

    async fn reader_of(&self, wish: &CodeWish, sender: &Sender, now: Timestamp) -> Result<Reader, SendCodeError> {
        match wish {
            CodeWish::SignIn(addressee) | CodeWish::ResetPassword(addressee) => {
                let (id, channel): (LoginId, _) = match addressee {
                    Addressee::At(contact) => (contact.clone().into(), contact.channel()),
                    Addressee::Named(name, channel) => (name.clone().into(), *channel),
                };
                // That nobody is known by it is told, as by the look-ups (threat row 60).
                let account = self.proven_account::<SendCodeError>(&id, &sender.asker).await?.ok_or(SendCodeError::Unknown(id.kind()))?;
                let to = account.proven_contact(channel).ok_or(SendCodeError::NoContact)?;
                let receiver = self.receiver(&account, &sender.asker).await?;
                Ok(Reader { subject: account.id.0, to, locale: account.locale, receiver })
            }
            CodeWish::SignUp(contact) => {
                self.may_look_up::<SendCodeError>(&sender.asker).await?;
                self.must_be_free(contact, None).await?;
                Ok(Reader { subject: new_id(now, self.entropy()), to: contact.clone(), locale: sender.locale, receiver: Receiver::Anybody })
            }
            CodeWish::ChangeContact(account, contact) => {
                let account: Account = self.store().account(*account).await.map_err(Fault::from)?.ok_or(SendCodeError::Gone)?;
                let id = LoginId::from(contact.clone());
                if account.has_proven(&id) {
                    return Err(SendCodeError::Taken(id.kind()));
                }
                self.may_look_up::<SendCodeError>(&sender.asker).await?;
                self.must_be_free(contact, Some(account.id)).await?;
                Ok(Reader { subject: account.id.0, to: contact.clone(), locale: account.locale, receiver: Receiver::Anybody })
            }
        }
    }

    /// The account, as limits see it: one that is disabled has nothing to lose.
    async fn receiver(&self, account: &Account, asker: &Asker) -> Result<Receiver, Fault> {
        let is_limited = self.policy().limits.is_some();
        match asker {
            _ if account.status == AccountStatus::Disabled => Ok(Receiver::Anybody),
            Asker::Person(from) if is_limited => {
                let is_at_home = self.store().is_known(account.id, from.kept(&self.secrets().addresses)).await?;
                Ok(Receiver::Owner { is_at_home })
            }
            Asker::Person(_) | Asker::Client(_) => Ok(Receiver::Owner { is_at_home: false }),
        }
    }

    /// Whoever has not proven it does not stand in the way (threat row 34).
    async fn must_be_free(&self, contact: &Recipient, except: Option<AccountId>) -> Result<(), SendCodeError> {
        let claim = Claim::new(contact.clone(), Standing::Proven);
        let taken = self.store().first_taken(&[claim], except).await.map_err(Fault::from)?;
        taken.map_or(Ok(()), |kind| Err(SendCodeError::Taken(kind)))
    }

    /// Draws a code and makes its challenge.
    pub(crate) async fn draw_challenge(&self, draft: Draft, now: Timestamp) -> Result<(Challenge, Code), Fault> {
        let Draft { purpose, subject, destination, link, prefix, expires_at } = draft;
        let code = match self.policy().test_contacts.code_of(&destination) {
            Some(code) => code.clone(),
            None => {
                let pressure = self.store().pressure(&counted_against(purpose, subject, &destination), now).await?;
                self.tell_of_spraying(purpose, pressure, now);
                let usual = usual_digits(purpose, self.policy().app.code_digits);
                draw_code(purpose, pressure.digits(self.policy().guesses, purpose, usual), self.entropy())
            }
        };
        let digits = u8::try_from(code.digits()).unwrap_or(u8::MAX);
        let code = match &prefix {
            Some(prefix) => code.after(prefix),
            None => code,
        };
        let mut challenge = Challenge {
            id: ChallengeId(new_id(now, self.entropy())),
            purpose,
            subject,
            destination,
            digits,
            code_mac: Mac([0; 32]),
            link_mac: link,
            tries_left: Challenge::tries(digits),
            state: ChallengeState::Open,
            created_at: now,
            expires_at,
        };
        challenge.code_mac = challenge.mac(&code, &self.secrets().codes);
        Ok((challenge, code))
    }

    /// Tells operators that the installation is being sprayed (threat row 5).
    fn tell_of_spraying(&self, purpose: Purpose, pressure: Pressure, now: Timestamp) {
        measure::drawn(purpose);
        if pressure.on_installation(self.policy().guesses) && self.alarm_is_due(Alarm::Spraying, now) {
            let Pressure { installation, lost, .. } = pressure;
            tracing::warn!(
                wrong_codes = installation,
                lost_codes = lost,
                "many wrong codes in the last hour: short codes are longer until it calms down"
            );
        }
    }
}

/// How many digits a code for `purpose` has while nobody is guessing; App's are for the installation to decide.
#[must_use]
pub const fn usual_digits(purpose: Purpose, of_app: u8) -> u8 {
    match purpose {
        Purpose::UsapiSignup => USAPI_DIGITS,
        Purpose::InvasSignup => INVAS_DIGITS,
        Purpose::AppSignIn | Purpose::AppSignup | Purpose::AppReset | Purpose::AppEmail | Purpose::AppPhone => of_app,
    }
}

/// Draws a code for `purpose`. On App it is a number.
#[must_use]
pub fn draw_code(purpose: Purpose, digits: u8, entropy: &dyn Entropy) -> Code {
    match purpose {
        Purpose::UsapiSignup | Purpose::InvasSignup => Code::draw(digits, entropy),
        Purpose::AppSignIn | Purpose::AppSignup | Purpose::AppReset | Purpose::AppEmail | Purpose::AppPhone => Code::draw_number(digits, entropy),
    }
}

/// Whole minutes from `now` to `end`, rounded up: people are told minutes, and ends are cut to seconds.
pub(crate) fn minutes(now: Timestamp, end: Timestamp) -> u64 {
    seconds(now, end).div_ceil(60)
}

/// Whole seconds from `now` to `end`, rounded up.
pub(crate) fn seconds(now: Timestamp, end: Timestamp) -> u64 {
    u64::try_from(end.duration_since(now).as_millis()).unwrap_or_default().div_ceil(1000)
}
