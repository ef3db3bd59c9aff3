//! Starting a registration, and sending its code and link anew.

use crate::challenge::{Draft, minutes, seconds};
use crate::client::ClientId;
use crate::code::{Challenge, Purpose};
use crate::limit::NotSent;
use crate::limit::look_ups::Asker;
use crate::limit::sending::Receiver;
use crate::message::{Content, Envelope, Message, Recipient};
use crate::password::{PasswordRecord, Scheme};
use crate::ports::{Claimed, Once, new_id};
use crate::repeat::{Repeat, Repeated};
use crate::secret::RandomSecret;
use crate::service::{Accounts, Fault};
use crate::token::{RegistrationClaims, TokenKind, whole_seconds};

use super::{
    Mode, NewRegistration, Proves, RegisterError, Registration, RegistrationId, RegistrationState, Resend, ResendError, Resent, SignUp, Started,
};
use crate::account::Surface;

impl Accounts {
    /// Starts a registration: checks that nothing it asks for is taken, and that its password is not too common, hashes the password, sends a code and perhaps a link.
    ///
    /// # Errors
    /// [`RegisterError`].
    pub async fn start_registration(&self, sign_up: SignUp, repeat: Option<Repeat>) -> Result<Started, RegisterError> {
        if self.is_common(&sign_up.password, &sign_up.whom()).await? {
            return Err(RegisterError::CommonPassword);
        }
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
            password: PasswordRecord { scheme: Scheme::Argon2id, phc: String::new() },
            first_name: sign_up.first_name,
            last_name: sign_up.last_name,
            platform: sign_up.platform,
            locale: sign_up.locale,
            state: RegistrationState::Pending,
            created_at: now,
            expires_at,
        };
        if let Some(kept) = self.refuse_taken(&registration.claims(), repeat.as_ref()).await? {
            return Ok(serde_json::from_slice(&kept).map_err(Fault::broken)?);
        }
        let to = Recipient::try_from(registration.destination()).map_err(Fault::broken)?;
        let fare = match self.postage_once(&[to], &registration.client, repeat.as_ref(), now).await? {
            Ok(fare) => fare,
            Err(kept) => return Ok(serde_json::from_slice(&kept).map_err(Fault::broken)?),
        };
        registration.password = self.hash_new(&sign_up.password).await.map_err(Fault::from)?;
        let (challenge, envelope) = self.compose(&registration).await?;
        let started = self.started(&registration, &challenge)?;
        let once = repeat.map(|repeat| Ok::<_, Fault>(Once { repeat, answer: serde_json::to_vec(&started).map_err(Fault::broken)? })).transpose()?;
        let new = NewRegistration { registration, challenge, sending: self.sending([envelope], fare) };
        match self.store().start_registration(new, once).await.map_err(Fault::from)? {
            Repeated::First(Claimed::Done(charged)) => {
                self.sent(&charged, now)?;
                Ok(started)
            }
            Repeated::First(Claimed::Taken(kind)) => Err(RegisterError::Taken(kind)),
            Repeated::Again(kept) => Ok(serde_json::from_slice(&kept).map_err(Fault::broken)?),
            Repeated::Different => Err(RegisterError::RepeatedDifferently),
        }
    }

    /// How a registration was started by this very call before; then there is nothing to check and nothing to do.
    ///
    /// # Errors
    /// [`RegisterError::RepeatedDifferently`] when its key was used for another call, or a fault.
    pub async fn started_before(&self, repeat: &Repeat) -> Result<Option<Started>, RegisterError> {
        let kept = self.kept_of(repeat).await?;
        Ok(kept.map(|kept| serde_json::from_slice(&kept)).transpose().map_err(Fault::broken)?)
    }

    /// Sends a pending registration's code (and link) anew; the old ones are dead.
    ///
    /// # Errors
    /// [`ResendError`].
    pub async fn resend_registration(&self, token: &str, surface: Surface, client: &ClientId) -> Result<Started, ResendError> {
        let now = self.now();
        let id = self.registration_named(token, surface).await?.ok_or(ResendError::Unknown)?;
        let registration = self.store().registration(id).await.map_err(Fault::from)?.filter(|r| r.client == *client);
        let registration = registration.ok_or(ResendError::Unknown)?;
        registration.resendable(now).map_err(ResendError::from)?;
        // What it asks for may be somebody's by now, perhaps the very person's: another code would lead nowhere.
        if let Some(kind) = self.store().first_taken(&registration.claims(), None).await.map_err(Fault::from)? {
            return Err(ResendError::Taken(kind));
        }
        let to = Recipient::try_from(registration.destination()).map_err(Fault::broken)?;
        let fare = self.postage::<ResendError>(&[to], Receiver::Anybody, &Asker::Client(client.clone()), now).await?;
        let (challenge, envelope) = self.compose(&registration).await?;
        let started = self.started(&registration, &challenge)?;
        let sending = self.sending([envelope], fare);
        match self.store().resend_registration(Resend { registration: id, challenge, sending, now }).await.map_err(Fault::from)? {
            Resent::Sent => {
                self.ring();
                Ok(started)
            }
            Resent::Spent(exhausted) => Err(NotSent::from(self.too_often(&exhausted, now)).into()),
            refused @ (Resent::Complete | Resent::Dead) => Err(refused.into()),
        }
    }

    fn started(&self, registration: &Registration, challenge: &Challenge) -> Result<Started, Fault> {
        let kind = TokenKind::Registration(registration.surface);
        let registered = self.keys().registered(kind, registration.id.0, registration.created_at, registration.expires_at);
        let mode = registration.mode.name().to_owned();
        let claims = RegistrationClaims { registered, username: registration.username.as_str().to_owned(), mode };
        Ok(Started {
            token: self.keys().sign(&claims, self.now()).map_err(Fault::broken)?,
            expires_at: registration.expires_at.as_second(),
            code_seconds: seconds(challenge.created_at, challenge.expires_at),
            by_mail: registration.mode == Mode::Link,
        })
    }

    /// Draws a code (and a link) for a registration and writes the message that carries them.
    async fn compose(&self, registration: &Registration) -> Result<(Challenge, Envelope), Fault> {
        let now = self.now();
        let destination = registration.destination();
        let link = (registration.mode == Mode::Link).then(|| RandomSecret::draw(self.entropy()));
        let links = self.policy().links_of(registration.platform.as_deref());
        let draft = Draft {
            purpose: Purpose::UsapiSignup,
            subject: registration.id.0,
            destination: destination.clone(),
            link: link.as_ref().map(|secret| self.link_mac(secret.expose())),
            prefix: None,
            expires_at: (now + self.policy().registrations.code).min(registration.expires_at),
        };
        let (challenge, code) = self.draw_challenge(draft, now).await?;
        let content = Content::SignupCode {
            name: registration.first_name.as_str().to_owned(),
            code: code.expose().to_owned(),
            code_minutes: minutes(now, challenge.expires_at),
            link: link.as_ref().map(|secret| format!("{}{}", links.signup, secret.expose())),
            link_minutes: minutes(now, registration.expires_at),
        };
        let to = Recipient::try_from(destination).map_err(Fault::broken)?;
        let message = Message { to, locale: registration.locale, platform: registration.platform.clone(), content };
        // An expired code is never sent, not even beside a link that would still work.
        let envelope = self.sealer().seal(message, now, challenge.expires_at).map_err(Fault::broken)?;
        Ok((challenge, envelope))
    }
}
