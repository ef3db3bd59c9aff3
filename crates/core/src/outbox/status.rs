//! What an operator is told of messages: where one stands, every attempt, every receipt (contract `operations.md`, `daftar outbox`).

use serde::Serialize;

use super::{Answer, KeptReceipt, MessageState, TriedAttempt};
use crate::account::AccountId;
use crate::identifier::{Country, LoginId, mask};
use crate::message::{Channel, MessageId, Recipient};
use crate::ports::{Queue, Store, Timestamp};
use crate::price::Price;
use crate::service::{Accounts, Fault};

/// Which messages are wanted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MessageFilter {
    /// Those to one of these; `None`: to anybody.
    pub to: Option<Vec<Recipient>>,
    /// Those that stand so; empty: however they stand.
    pub states: Vec<MessageState>,
    /// Those that went this way.
    pub channel: Option<Channel>,
    /// Those older than this one, for the next page.
    pub before: Option<MessageId>,
}

/// All that is known of a message but what it says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessageStatus {
    /// Its name.
    pub id: MessageId,
    /// Who it is for.
    pub to: Recipient,
    /// The stable name of what it says.
    pub kind: String,
    /// Where it stands.
    pub state: MessageState,
    /// Why it was not sent the last time, or was given up.
    pub reason: Option<String>,
    /// When it was queued.
    pub created_at: Timestamp,
    /// When it is not worth sending any more.
    pub expires_at: Timestamp,
    /// When it is tried again, or another route is, if it waits and that is before it expires.
    pub next_at: Option<Timestamp>,
    /// How often it was claimed. More than there are attempts: it is under way, was cut off by the end of a process, or found no route.
    pub claims: u32,
    /// Whether it could be sent once more: its letter is still there.
    pub has_letter: bool,
    /// Every attempt that came to an end, oldest first.
    pub attempts: Vec<TriedAttempt>,
}

impl MessageStatus {
    /// What it has cost so far.
    #[must_use]
    pub fn cost(&self) -> Price {
        self.attempts.iter().fold(Price::default(), |sum, tried| sum.plus(tried.attempt.cost()))
    }

    /// As operators read it; `whole`: with the whole contact, for those who know whose it is.
    #[must_use]
    pub fn told(&self, whole: bool) -> Told {
        let contact = self.to.as_str();
        Told {
            id: self.id.0.to_string(),
            channel: self.to.channel().name(),
            to: if whole { contact.to_owned() } else { mask(contact) },
            kind: self.kind.clone(),
            status: self.state.told(),
            reason: self.reason.clone(),
            created_at: written(self.created_at),
            expires_at: written(self.expires_at),
            next_at: self.next_at.map(written),
            can_retry: self.has_letter,
            without_answer: self.claims.saturating_sub(u32::try_from(self.attempts.len()).unwrap_or(u32::MAX)),
            cost: self.cost().to_string(),
            attempts: self.attempts.iter().map(ToldAttempt::from).collect(),
        }
    }
}

impl MessageState {
    /// The name by which operators know it: whether a receipt is still waited for is no state of its own to them.
    #[must_use]
    pub const fn told(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Awaiting | Self::Sent => "accepted",
            Self::Delivered => "delivered",
            Self::Failed => "failed",
        }
    }

    /// The states behind such a name; none for a name that there is not.
    #[must_use]
    pub fn of_told(name: &str) -> Vec<Self> {
        Self::ALL.iter().copied().filter(|state| state.told() == name).collect()
    }
}

/// A time to the millisecond, so that times sort as texts, too.
pub(crate) fn written(at: Timestamp) -> String {
    format!("{at:.3}")
}

/// A message as operators read it, on the command line and over HTTP alike.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Told {
    /// Its name.
    pub id: String,
    /// `email` or `sms`.
    pub channel: &'static str,
    /// Who it is for, masked unless asked for with the account.
    pub to: String,
    /// What it says: `signup_code`, `reset_code`, …
    pub kind: String,
    /// `queued`, `accepted` (a gateway has it), `delivered`, `failed`.
    pub status: &'static str,
    /// Why it was not sent the last time, or was given up.
    pub reason: Option<String>,
    /// When it was queued.
    pub created_at: String,
    /// When it is not worth sending any more.
    pub expires_at: String,
    /// When it is tried again; of an accepted one, when another route is tried unless a receipt comes.
    pub next_at: Option<String>,
    /// Whether it can be sent once more.
    pub can_retry: bool,
    /// How often it was taken up without an attempt that came to an end: under way, cut off by the end of a server, or without a route.
    pub without_answer: u32,
    /// What it has cost so far.
    pub cost: String,
    /// Every attempt that came to an end, oldest first.
    pub attempts: Vec<ToldAttempt>,
}

/// An attempt as operators read it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ToldAttempt {
    /// Which one, counted from 1.
    pub number: u32,
    /// The route.
    pub route: String,
    /// `email`, `sms` or `whatsapp`.
    pub channel: &'static str,
    /// When it began.
    pub started_at: String,
    /// When the answer was there.
    pub ended_at: String,
    /// `accepted`, `refused` or `put_off`.
    pub answer: &'static str,
    /// Why it was not accepted.
    pub reason: Option<String>,
    /// How the gateway calls the message.
    pub reference: Option<String>,
    /// What it cost.
    pub cost: String,
    /// The receipt, if there was one.
    pub receipt: Option<ToldReceipt>,
}

/// A receipt as operators read it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ToldReceipt {
    /// `delivered` or `undelivered`.
    pub outcome: &'static str,
    /// Why the message will not arrive.
    pub reason: Option<String>,
    /// When it came.
    pub at: String,
}

impl From<&TriedAttempt> for ToldAttempt {
    fn from(TriedAttempt { attempt, receipt }: &TriedAttempt) -> Self {
        let (reason, reference) = match &attempt.answer {
            Answer::Accepted { reference } => (None, reference.clone()),
            Answer::Refused { reason } | Answer::PutOff { reason } => (Some(reason.clone()), None),
        };
        let told = |receipt: &KeptReceipt| ToldReceipt { outcome: receipt.outcome.name(), reason: receipt.reason.clone(), at: written(receipt.at) };
        Self {
            number: attempt.number,
            route: attempt.route.as_str().to_owned(),
            channel: attempt.way.name(),
            started_at: written(attempt.started_at),
            ended_at: written(attempt.ended_at),
            answer: attempt.answer.name(),
            reason,
            reference,
            cost: attempt.cost().to_string(),
            receipt: receipt.as_ref().map(told),
        }
    }
}

/// What came of the wish to send a message once more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retried {
    /// It is due now, by every route anew.
    Queued,
    /// It was sent or has arrived.
    Done(MessageState),
    /// It is being sent right now.
    Underway,
    /// It was not sent, and its letter is wiped: it has expired.
    Expired,
}

/// What is asked about messages.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Enquiry {
    /// A contact, as an operator types it.
    pub to: Option<String>,
    /// An account, to whose contacts they went.
    pub account: Option<AccountId>,
    /// The rest: its own `to` is not looked at.
    pub filter: MessageFilter,
}

/// Why an enquiry has no answer.
#[derive(Debug, thiserror::Error)]
pub enum EnquiryError {
    /// The contact is neither an e-mail address nor a phone number.
    #[error("the contact is neither an e-mail address nor a phone number")]
    NoContact,
    /// There is no such account.
    #[error("there is no such account")]
    NoAccount,
    /// It could not be found out.
    #[error(transparent)]
    Fault(#[from] Fault),
}

/// Answers an enquiry: the newest `limit` messages, newest first. Contacts are whole where the account is named, since whoever knows it may see them; else masked.
/// A phone number without its country is read in `countries`, USAPI's and App's.
///
/// # Errors
/// [`EnquiryError`].
pub async fn enquire(store: &dyn Store, countries: (&Country, &Country), enquiry: Enquiry, limit: u32) -> Result<Vec<Told>, EnquiryError> {
    let Enquiry { to, account, filter } = enquiry;
    let wanted = match to {
        Some(text) => {
            let contacts: Vec<Recipient> =
                LoginId::readings(&text, countries.0, countries.1).into_iter().filter_map(|id| Recipient::try_from(id).ok()).collect();
            if contacts.is_empty() {
                return Err(EnquiryError::NoContact);
            }
            Some(contacts)
        }
        None => None,
    };
    let whole = account.is_some();
    let to = match account {
        Some(id) => {
            let account = store.account(id).await.map_err(Fault::from)?.ok_or(EnquiryError::NoAccount)?;
            let phone = account.phone.map(|phone| Recipient::Sms(phone.id));
            let own = account.email.map(|email| Recipient::Email(email.id)).into_iter().chain(phone);
            Some(own.filter(|contact| wanted.as_ref().is_none_or(|wanted| wanted.contains(contact))).collect())
        }
        None => wanted,
    };
    let found = store.messages(&MessageFilter { to, ..filter }, limit).await.map_err(Fault::from)?;
    Ok(found.iter().map(|message| message.told(whole)).collect())
}

impl Accounts {
    /// Answers an enquiry about messages, as [`enquire`].
    ///
    /// # Errors
    /// [`EnquiryError`].
    pub async fn messages(&self, enquiry: Enquiry, limit: u32) -> Result<Vec<Told>, EnquiryError> {
        let policy = self.policy();
        enquire(self.store(), (&policy.country, &policy.app.country), enquiry, limit).await
    }

    /// What waits to be sent, by channel.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn queues(&self) -> Result<Vec<Queue>, Fault> {
        Ok(self.store().queues().await?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identifier::PhoneNumber;

    #[test]
    fn row_52_a_contact_is_masked_unless_the_account_is_known() {
        let now = Timestamp::UNIX_EPOCH;
        let message = MessageStatus {
            id: MessageId(uuid::Uuid::nil()),
            to: Recipient::Sms(PhoneNumber::from_e164("+6281234567890").unwrap()),
            kind: "reset_code".to_owned(),
            state: MessageState::Awaiting,
            reason: None,
            created_at: now,
            expires_at: now,
            next_at: Some(now),
            claims: 2,
            has_letter: true,
            attempts: Vec::new(),
        };
        assert_eq!((message.told(true).to.as_str(), message.told(false).to.as_str()), ("+6281234567890", "+62*****890"));
        let told = message.told(false);
        assert_eq!(
            (told.status, told.without_answer, told.cost.as_str(), told.created_at.as_str()),
            ("accepted", 2, "0", "1970-01-01T00:00:00.000Z")
        );
    }

    #[test]
    fn every_state_is_found_by_the_name_that_operators_know() {
        assert_eq!(MessageState::of_told("accepted"), [MessageState::Awaiting, MessageState::Sent]);
        assert!(MessageState::ALL.iter().all(|state| MessageState::of_told(state.told()).contains(state)));
        assert_eq!(MessageState::of_told("waiting"), []);
    }
}
