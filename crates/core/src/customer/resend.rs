//! Sending a customer's token or link anew. Neither moves the registration's end.

use super::{Applicant, FindError, PendingCustomer, PhoneAsSent, ResendLink, ResendToken};
use crate::client::ClientId;
use crate::code::TokenPrefix;
use crate::identifier::IdentifierKind;
use crate::limit::look_ups::Asker;
use crate::limit::sending::Receiver;
use crate::limit::{Charged, NotSent};
use crate::message::Recipient;
use crate::service::{Accounts, Fault};

/// Why nothing was sent anew.
#[derive(Debug, thiserror::Error)]
pub enum ResendCustomerError {
    /// The host has no such registration that waits.
    #[error("there is no such registration")]
    Unknown,
    /// The two phones that were named are not the same number.
    #[error("the two phones are not the same number")]
    Differ,
    /// The registration has no e-mail address.
    #[error("the registration has no e-mail address")]
    NoEmail,
    /// An identifier was taken meanwhile: sending would lead nowhere.
    #[error("the {} is taken", .0.name())]
    Taken(IdentifierKind),
    /// Its message may not be sent, now or there.
    #[error(transparent)]
    NotSent(#[from] NotSent),
    /// It could not be done.
    #[error(transparent)]
    Fault(#[from] Fault),
}

impl From<FindError> for ResendCustomerError {
    fn from(error: FindError) -> Self {
        match error {
            FindError::Unknown => Self::Unknown,
            FindError::Fault(fault) => Self::Fault(fault),
        }
    }
}

impl Accounts {
    /// Sends a new token; the old one is dead.
    ///
    /// # Errors
    /// [`ResendCustomerError`].
    pub async fn resend_customer_token(
        &self,
        host: &ClientId,
        username: &PhoneAsSent,
        phone: &PhoneAsSent,
    ) -> Result<PendingCustomer, ResendCustomerError> {
        let Applicant { mut registration, .. } = self.resendable(host, username, phone).await?;
        registration.prefix = TokenPrefix::draw(self.entropy());
        let (id, prefix, now) = (registration.id, registration.prefix.clone(), self.now());
        let to = Recipient::Sms(registration.customer.phone.clone());
        let fare = self.postage::<ResendCustomerError>(&[to], Receiver::Anybody, &Asker::Client(host.clone()), now).await?;
        let (token, envelope) = self.compose_token(&registration).await?;
        let sending = self.sending([envelope], fare);
        let resend = ResendToken { id, host: host.clone(), prefix, token: token.clone(), sending, now };
        let resent = self.store().resend_token(resend).await.map_err(Fault::from)?.ok_or(ResendCustomerError::Unknown)?;
        registration.sends = resent.map_err(|exhausted| NotSent::from(self.too_often(&exhausted, now)))?;
        self.ring();
        Ok(Applicant { registration, token }.told(now))
    }

    /// Sends a new link; the old one is dead. The token stays as it is.
    ///
    /// # Errors
    /// [`ResendCustomerError`].
    pub async fn resend_customer_link(
        &self,
        host: &ClientId,
        username: &PhoneAsSent,
        phone: &PhoneAsSent,
    ) -> Result<PendingCustomer, ResendCustomerError> {
        let applicant = self.resendable(host, username, phone).await?;
        let (link, envelope) = self.compose_link(&applicant.registration)?.ok_or(ResendCustomerError::NoEmail)?;
        let (id, now) = (applicant.registration.id, self.now());
        let fare =
            self.postage::<ResendCustomerError>(std::slice::from_ref(&envelope.to), Receiver::Anybody, &Asker::Client(host.clone()), now).await?;
        let resend = ResendLink { id, host: host.clone(), link, sending: self.sending([envelope], fare), now };
        let charged: Charged = self.store().resend_link(resend).await.map_err(Fault::from)?.ok_or(ResendCustomerError::Unknown)?;
        self.sent(&charged, now)?;
        Ok(applicant.told(now))
    }

    /// The registration that both phones mean, if what it asks for can still be had.
    async fn resendable(&self, host: &ClientId, username: &PhoneAsSent, phone: &PhoneAsSent) -> Result<Applicant, ResendCustomerError> {
        if !username.may_be(phone) {
            return Err(ResendCustomerError::Differ);
        }
        let applicant = self.applicant(host, username, None).await?;
        if !phone.is_of(&applicant.registration.customer) {
            return Err(ResendCustomerError::Differ);
        }
        match self.store().first_taken(&applicant.registration.claims(), None).await.map_err(Fault::from)? {
            Some(kind) => Err(ResendCustomerError::Taken(kind)),
            None => Ok(applicant),
        }
    }
}
