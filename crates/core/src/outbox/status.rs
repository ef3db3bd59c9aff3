//! What an operator is told of messages: where one stands, every attempt, every receipt (contract `operations.md`, `daftar outbox`).

use super::{Attempt, MessageState, ReceiptOutcome};
use crate::account::AccountId;
use crate::identifier::mask;
use crate::message::{Channel, MessageId, Recipient};
use crate::ports::Timestamp;
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

/// A receipt as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptReceipt {
    /// What it says.
    pub outcome: ReceiptOutcome,
    /// Why the message will not arrive.
    pub reason: Option<String>,
    /// When it came.
    pub at: Timestamp,
}

/// An attempt, and its receipt if there was one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TriedAttempt {
    /// The attempt.
    pub attempt: Attempt,
    /// Its receipt.
    pub receipt: Option<KeptReceipt>,
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
    /// When it is tried again, or another route is, if it waits.
    pub next_at: Option<Timestamp>,
    /// How often it was claimed; more than there are attempts: so many were cut off by the end of their process.
    pub claims: u32,
    /// Whether it could be sent once more: its letter is still there.
    pub has_letter: bool,
    /// Every attempt that came to an end, oldest first.
    pub attempts: Vec<TriedAttempt>,
}

impl MessageStatus {
    /// The recipient with all but a hint left out.
    #[must_use]
    pub fn masked_recipient(&self) -> String {
        mask(self.to.as_str())
    }

    /// What it has cost so far.
    #[must_use]
    pub fn cost(&self) -> Price {
        self.attempts.iter().fold(Price::default(), |sum, tried| sum.plus(tried.attempt.cost()))
    }
}

/// What came of the wish to send a message once more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retried {
    /// It is due now, by every route anew.
    Queued,
    /// It was sent or has arrived.
    Done(MessageState),
    /// It was not sent, and its letter is wiped: it has expired.
    Expired,
}

impl Accounts {
    /// The newest `limit` messages that `filter` lets through, newest first.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn messages(&self, filter: &MessageFilter, limit: u32) -> Result<Vec<MessageStatus>, Fault> {
        Ok(self.store().messages(filter, limit).await?)
    }

    /// The same of those that went to one of an account's contacts. `None`: there is no such account.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn messages_of(&self, account: AccountId, filter: MessageFilter, limit: u32) -> Result<Option<Vec<MessageStatus>>, Fault> {
        let Some(account) = self.store().account(account).await? else { return Ok(None) };
        let phone = account.phone.map(|phone| Recipient::Sms(phone.id));
        let own: Vec<_> = account.email.map(|email| Recipient::Email(email.id)).into_iter().chain(phone).collect();
        let to = match filter.to {
            Some(wanted) => own.into_iter().filter(|contact| wanted.contains(contact)).collect(),
            None => own,
        };
        Ok(Some(self.store().messages(&MessageFilter { to: Some(to), ..filter }, limit).await?))
    }

    /// One message.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn message(&self, id: MessageId) -> Result<Option<MessageStatus>, Fault> {
        Ok(self.store().message_status(id).await?)
    }
}
