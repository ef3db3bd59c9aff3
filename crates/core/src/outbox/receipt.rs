//! Delivery receipts: what a gateway reports later of a message that it took (threat row 45). They may come before the answer to the sending itself, late, twice,
//! and from somebody who made them up: whoever reads one has checked first that it is the gateway's.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;

use super::{MessageState, RouteName, Way};
use crate::message::{MessageId, Recipient};
use crate::named::named;
use crate::ports::{ReceiptReader, Timestamp};
use crate::secret::Secrets;
use crate::service::{Accounts, Fault};

named! {
    /// What a receipt says. What is only on its way is no receipt.
    ReceiptOutcome {
        /// The message has arrived.
        Delivered = "delivered",
        /// It will not arrive.
        Undelivered = "undelivered",
    }
}

/// A receipt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// How the gateway calls the message.
    pub reference: String,
    /// What it says.
    pub outcome: ReceiptOutcome,
    /// Why the message will not arrive: a code or word of the gateway's documents, without contacts.
    pub reason: Option<String>,
}

/// A request that brings receipts, as it came in.
#[derive(Clone, PartialEq, Eq)]
pub struct Hook {
    /// The route that its address names.
    pub route: RouteName,
    /// `GET` or `POST`.
    pub method: String,
    /// The whole URL as the gateway knows it: the public URL, the path and the query.
    pub url: String,
    /// Its header fields; names are in lower case.
    pub headers: Vec<(String, String)>,
    /// Its body.
    pub body: Bytes,
}

// The URL may hold the token by which a gateway is known.
impl std::fmt::Debug for Hook {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Hook").field("route", &self.route).field("method", &self.method).finish_non_exhaustive()
    }
}

impl Hook {
    /// The first value of a header field, by its name in lower case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

/// Why a request brings no receipts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum HookError {
    /// There is no such route, or none that has receipts.
    #[error("no route of this name has receipts")]
    Unknown,
    /// Its signature or token is missing or wrong.
    #[error("the signature or token is missing or wrong")]
    Forged,
    /// It is the gateway's, and not what its documents say.
    #[error("the receipt cannot be read")]
    Unreadable,
}

/// A receipt that was new, and the message that it is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipted {
    /// The message.
    pub message: MessageId,
    /// Who it was for.
    pub to: Recipient,
    /// The stable name of what it says.
    pub kind: String,
    /// The route of the attempt.
    pub route: RouteName,
    /// How it went.
    pub way: Way,
    /// What the receipt says.
    pub outcome: ReceiptOutcome,
    /// When the message was queued.
    pub created_at: Timestamp,
    /// When the receipt came.
    pub at: Timestamp,
    /// What it changed of the message.
    pub change: Option<Change>,
}

impl Receipted {
    /// Whether the message goes by another route now.
    #[must_use]
    pub fn goes_on(&self) -> bool {
        self.change == Some(Change::Again)
    }
}

/// What a receipt changes of its message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// It has arrived; its letter is wiped.
    Delivered,
    /// It is to be tried by another route, now.
    Again,
    /// It is given up.
    Failed,
}

/// What a receipt changes of a message that stands at `state`; `newest`: it is about the newest attempt. A message that has arrived by any route has arrived; that it
/// will not arrive matters only while nothing newer is on its way.
#[must_use]
pub const fn change(state: MessageState, newest: bool, outcome: ReceiptOutcome) -> Option<Change> {
    match (outcome, state) {
        (ReceiptOutcome::Delivered, MessageState::Delivered) => None,
        (ReceiptOutcome::Delivered, _) => Some(Change::Delivered),
        (ReceiptOutcome::Undelivered, MessageState::Awaiting) if newest => Some(Change::Again),
        (ReceiptOutcome::Undelivered, MessageState::Sent) if newest => Some(Change::Failed),
        (ReceiptOutcome::Undelivered, _) => None,
    }
}

/// Whether what a receipt says replaces what an earlier one for the same message of the gateway said: arrived is the last word.
#[must_use]
pub fn replaces(earlier: Option<ReceiptOutcome>, outcome: ReceiptOutcome) -> bool {
    match earlier {
        None => true,
        Some(ReceiptOutcome::Delivered) => false,
        Some(ReceiptOutcome::Undelivered) => outcome == ReceiptOutcome::Delivered,
    }
}

/// Why receipts were not taken.
#[derive(Debug, thiserror::Error)]
pub enum NotTaken {
    /// They are none.
    #[error(transparent)]
    Hook(#[from] HookError),
    /// It could not be noted.
    #[error(transparent)]
    Fault(#[from] Fault),
}

/// The token in the address at which the gateway of `route` brings its receipts, by which one that signs nothing is known.
#[must_use]
pub fn token(secrets: &Secrets, route: &RouteName) -> String {
    URL_SAFE_NO_PAD.encode(secrets.receipts.sign(&[route.as_str().as_bytes()]).0)
}

impl Accounts {
    /// Takes the receipts that a gateway brings; those that were new and are about a message of ours.
    ///
    /// # Errors
    /// [`NotTaken`].
    pub async fn take_receipts(&self, hook: &Hook) -> Result<Vec<Receipted>, NotTaken> {
        let mut taken = Vec::new();
        for receipt in self.receipt_reader().read(hook)? {
            if let Some(told) = self.store().note_receipt(&hook.route, receipt, self.now()).await.map_err(Fault::from)? {
                self.receipt_reader().noted(&told);
                taken.push(told);
            }
        }
        if taken.iter().any(Receipted::goes_on) {
            self.ring();
        }
        Ok(taken)
    }
}

/// Knows no route: for installations without gateways.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoReceipts;

impl ReceiptReader for NoReceipts {
    fn read(&self, _hook: &Hook) -> Result<Vec<Receipt>, HookError> {
        Err(HookError::Unknown)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arrived_is_the_last_word_and_may_come_at_any_time() {
        for state in MessageState::ALL.iter().copied() {
            for newest in [true, false] {
                let expected = (state != MessageState::Delivered).then_some(Change::Delivered);
                assert_eq!(change(state, newest, ReceiptOutcome::Delivered), expected);
            }
        }
        assert!(replaces(None, ReceiptOutcome::Undelivered) && replaces(Some(ReceiptOutcome::Undelivered), ReceiptOutcome::Delivered));
        assert!(!replaces(Some(ReceiptOutcome::Delivered), ReceiptOutcome::Undelivered));
        assert!(ReceiptOutcome::ALL.iter().all(|outcome| !replaces(Some(*outcome), *outcome)));
    }

    #[test]
    fn what_will_not_arrive_goes_on_only_while_nothing_newer_is_on_its_way() {
        for state in MessageState::ALL.iter().copied() {
            assert_eq!(change(state, false, ReceiptOutcome::Undelivered), None);
            let expected = match state {
                MessageState::Awaiting => Some(Change::Again),
                MessageState::Sent => Some(Change::Failed),
                MessageState::Queued | MessageState::Delivered | MessageState::Failed => None,
            };
            assert_eq!(change(state, true, ReceiptOutcome::Undelivered), expected);
        }
    }
}
