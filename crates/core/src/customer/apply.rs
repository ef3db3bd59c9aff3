//! Registering a customer, and finding the registration that a host means when it names a phone.

use super::{Applicant, Customer, CustomerId, CustomerRegistration, CustomerState, NewCustomerRegistration, PendingCustomer};
use crate::challenge::{Draft, minutes};
use crate::client::ClientId;
use crate::code::{Challenge, Purpose, TokenPrefix};
use crate::identifier::PhoneNumber;
use crate::locale::Locale;
use crate::message::{Content, Envelope, Message, Recipient};
use crate::ports::{Claimed, Once, Timestamp, new_id};
use crate::registration::RegisterError;
use crate::repeat::{Repeat, Repeated};
use crate::secret::{Mac, RandomSecret};
use crate::service::{Accounts, Fault};
use crate::token::whole_seconds;

/// A customer whom a host wants to register.
#[derive(Debug, Clone)]
pub struct Application {
    /// The host.
    pub host: ClientId,
    /// Who.
    pub customer: Customer,
    /// The language to write in.
    pub locale: Locale,
}

/// A phone number as a host writes it, to be read in the country of the registration that it means.
#[derive(Clone)]
pub struct PhoneAsSent {
    text: String,
    tail: String,
}

// It is a whole contact (threat row 52).
impl std::fmt::Debug for PhoneAsSent {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PhoneAsSent(..)")
    }
}

impl PhoneAsSent {
    /// Takes what looks like a phone number.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        Some(Self { text: text.to_owned(), tail: PhoneNumber::tail_of(text)? })
    }

    /// Whether both can be spellings of one number.
    pub(super) fn may_be(&self, other: &Self) -> bool {
        self.tail == other.tail
    }

    /// Whether it is the phone of this customer.
    pub(super) fn is_of(&self, customer: &Customer) -> bool {
        PhoneNumber::read(&self.text, &customer.country).is_ok_and(|number| number == customer.phone)
    }
}

/// Why a host's registration was not found.
#[derive(Debug, thiserror::Error)]
pub enum FindError {
    /// There is none that waits.
    #[error("there is no such registration")]
    Unknown,
    /// It could not be found out.
    #[error(transparent)]
    Fault(#[from] Fault),
}

impl Accounts {
    /// Registers a customer: checks that nothing is taken, sends a token by short message and, where there is an address, a link by mail.
    ///
    /// # Errors
    /// [`RegisterError`].
    pub async fn register_customer(&self, application: Application, repeat: Option<Repeat>) -> Result<PendingCustomer, RegisterError> {
        let now = self.now();
        let mut registration = CustomerRegistration {
            id: CustomerId(new_id(now, self.entropy())),
            host: application.host,
            customer: application.customer,
            locale: application.locale,
            state: CustomerState::Pending,
            prefix: TokenPrefix::draw(self.entropy()),
            sends: 1,
            link: None,
            authorised_at: None,
            created_at: now,
            expires_at: whole_seconds(now, self.policy().registrations.registration),
        };
        if let Some(kept) = self.refuse_taken(&registration.claims(), repeat.as_ref()).await? {
            return Ok(serde_json::from_slice(&kept).map_err(Fault::broken)?);
        }
        let fare = match self.postage_once(&registration.recipients(), &registration.host, repeat.as_ref(), now).await? {
            Ok(fare) => fare,
            Err(kept) => return Ok(serde_json::from_slice(&kept).map_err(Fault::broken)?),
        };
        let (token, envelope) = self.compose_token(&registration).await?;
        let mut envelopes = vec![envelope];
        if let Some((link, envelope)) = self.compose_link(&registration)? {
            registration.link = Some(link);
            envelopes.push(envelope);
        }
        let applicant = Applicant { registration, token };
        let told = applicant.told(now);
        let once = repeat.map(|repeat| Ok::<_, Fault>(Once { repeat, answer: serde_json::to_vec(&told).map_err(Fault::broken)? })).transpose()?;
        let sending = self.sending(envelopes, fare);
        match self.store().register_customer(NewCustomerRegistration { applicant, sending }, once).await.map_err(Fault::from)? {
            Repeated::First(Claimed::Done(charged)) => {
                self.sent(&charged, now)?;
                Ok(told)
            }
            Repeated::First(Claimed::Taken(kind)) => Err(RegisterError::Taken(kind)),
            Repeated::Again(kept) => Ok(serde_json::from_slice(&kept).map_err(Fault::broken)?),
            Repeated::Different => Err(RegisterError::RepeatedDifferently),
        }
    }

    /// What this very call was answered before; then there is nothing to check and nothing to do.
    ///
    /// # Errors
    /// [`RegisterError::RepeatedDifferently`] when its key was used for another call, or a fault.
    pub async fn customer_registered_before(&self, repeat: &Repeat) -> Result<Option<PendingCustomer>, RegisterError> {
        let kept = self.kept_of(repeat).await?;
        Ok(kept.map(|kept| serde_json::from_slice(&kept)).transpose().map_err(Fault::broken)?)
    }

    /// The registration that `host` means by a phone, read in that registration's country. Written without a country, the same digits can be numbers of two:
    /// then it is the one whose token begins with `prefix`, else the newer one.
    pub(super) async fn applicant(&self, host: &ClientId, phone: &PhoneAsSent, prefix: Option<&TokenPrefix>) -> Result<Applicant, FindError> {
        let now = self.now();
        let pending = self.store().applicants(host, &phone.tail, now).await.map_err(Fault::from)?;
        let meant = pending.into_iter().filter(|applicant| phone.is_of(&applicant.registration.customer));
        let begins_so = |applicant: &Applicant| prefix.is_some_and(|prefix| *prefix == applicant.registration.prefix);
        meant.max_by_key(|applicant| (begins_so(applicant), applicant.registration.created_at)).ok_or(FindError::Unknown)
    }

    /// Draws a token that begins with the registration's prefix, and writes the message that carries it.
    pub(super) async fn compose_token(&self, registration: &CustomerRegistration) -> Result<(Challenge, Envelope), Fault> {
        let now = self.now();
        let draft = Draft {
            purpose: Purpose::InvasSignup,
            subject: registration.id.0,
            destination: registration.destination(),
            link: None,
            prefix: Some(registration.prefix.clone()),
            expires_at: whole_seconds(now, self.policy().registrations.code).min(registration.expires_at),
        };
        let (challenge, code) = self.draw_challenge(draft, now).await?;
        let content = Content::SignupCode {
            name: registration.customer.name.as_str().to_owned(),
            code: code.expose().to_owned(),
            code_minutes: minutes(now, challenge.expires_at),
            link: None,
            link_minutes: 0,
        };
        let to = Recipient::Sms(registration.customer.phone.clone());
        let envelope = self.seal_for(registration, to, content, now, challenge.expires_at)?;
        Ok((challenge, envelope))
    }

    /// Draws a link and writes the message that carries it, where there is an address.
    pub(super) fn compose_link(&self, registration: &CustomerRegistration) -> Result<Option<(Mac, Envelope)>, Fault> {
        let now = self.now();
        let Some(address) = registration.customer.email.clone() else { return Ok(None) };
        let secret = RandomSecret::draw(self.entropy());
        let content = Content::CustomerLink {
            name: registration.customer.name.as_str().to_owned(),
            link: format!("{}{}", self.policy().links_of(None).customer, secret.expose()),
            link_minutes: minutes(now, registration.expires_at),
        };
        let envelope = self.seal_for(registration, Recipient::Email(address), content, now, registration.expires_at)?;
        Ok(Some((self.customer_link_mac(secret.expose()), envelope)))
    }

    fn seal_for(
        &self,
        registration: &CustomerRegistration,
        to: Recipient,
        content: Content,
        now: Timestamp,
        worth_until: Timestamp,
    ) -> Result<Envelope, Fault> {
        let message = Message { to, locale: registration.locale, platform: None, content };
        self.sealer().seal(message, now, worth_until).map_err(Fault::broken)
    }
}
