//! What becomes of a message once it is queued: who tried to send it and when, by which route, what the gateway said, and what its receipt said later. The
//! answer to "where is my code?".
//!
//! ```text
//!            ┌───────────── retry, or no receipt in time ────────────┐
//!            ▼                                                       │
//! queued ──claimed──► a gateway took it ──► awaiting its receipt ────┤
//!    │                       │                                      ▼
//!    │                       └──► sent (no other route to try) ──► delivered, by a receipt at whatever time
//!    └──► failed (every route refused it, or it expired)
//! ```
//!
//! | module | what lives there |
//! |---|---|
//! | this one | attempts, and what a worker says of a message that it had claimed |
//! | [`receipt`] | delivery receipts, and what they change |
//! | [`status`] | what an operator is told |

pub mod receipt;
pub mod status;

use crate::message::{Envelope, MessageId, Recipient};
use crate::named::named;
use crate::ports::Timestamp;
use crate::price::Price;

pub use receipt::{Hook, HookError, Receipt, ReceiptOutcome, Receipted};

/// The name of a route, as an operator writes it: 1 to 40 letters, digits, `-` and `_`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RouteName(String);

impl RouteName {
    /// Takes a name.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let is_plain = text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'));
        ((1..=40).contains(&text.len()) && is_plain).then(|| Self(text.to_owned()))
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

named! {
    /// How a message travels by a route. A message to a phone can go by either of the latter two.
    Way {
        /// Electronic mail.
        Email = "email",
        /// A short message.
        Sms = "sms",
        /// A message of WhatsApp.
        Whatsapp = "whatsapp",
    }
}

named! {
    /// Where a message stands, by the names under which it is kept.
    MessageState {
        /// Queued: to be sent, or to be tried again.
        Queued = "waiting",
        /// A gateway took it; if no receipt comes in time, another route is tried.
        Awaiting = "accepted",
        /// A gateway took it, and nothing more will be tried.
        Sent = "sent",
        /// A receipt says that it has arrived.
        Delivered = "delivered",
        /// Given up.
        Failed = "failed",
    }
}

/// What a gateway or mail server said, or that it said nothing that counts. Reasons hold no address, no code, and nothing that a remote party wrote freely.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// It took the message.
    Accepted {
        /// How it calls the message, where it says so.
        reference: Option<String>,
    },
    /// It will not take this message, now or later.
    Refused {
        /// Why.
        reason: String,
    },
    /// Not now: no answer, none that makes sense, or "later". It may have taken the message all the same.
    PutOff {
        /// Why.
        reason: String,
    },
}

impl Answer {
    /// The stable name under which it is kept.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Accepted { .. } => "accepted",
            Self::Refused { .. } => "refused",
            Self::PutOff { .. } => "put_off",
        }
    }
}

/// One attempt to send a message, that came to an end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// Which one, counted from 1. A number that is missing was cut off by the end of its process.
    pub number: u32,
    /// By which route.
    pub route: RouteName,
    /// How.
    pub way: Way,
    /// When it began.
    pub started_at: Timestamp,
    /// When the answer was there.
    pub ended_at: Timestamp,
    /// The answer.
    pub answer: Answer,
    /// What it costs if it was taken.
    pub price: Price,
}

impl Attempt {
    /// Whether it was taken.
    #[must_use]
    pub const fn is_accepted(&self) -> bool {
        matches!(self.answer, Answer::Accepted { .. })
    }

    /// What it cost: what was not taken costs nothing.
    #[must_use]
    pub const fn cost(&self) -> Price {
        if self.is_accepted() { self.price } else { Price(0) }
    }
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

impl TriedAttempt {
    /// Whether it was taken and may still arrive, or has arrived.
    #[must_use]
    pub fn may_arrive(&self) -> bool {
        self.attempt.is_accepted() && self.receipt.as_ref().is_none_or(|receipt| receipt.outcome == ReceiptOutcome::Delivered)
    }
}

/// A message that a worker has claimed.
#[derive(Debug, Clone)]
pub struct ClaimedMessage {
    /// The message.
    pub envelope: Envelope,
    /// Earlier claims since it was queued or, later, taken up again by an operator, cut-off ones included.
    pub attempts: u32,
    /// The number of the attempt that this claim is for.
    pub number: u32,
    /// The attempts among the earlier claims that came to an end, oldest first.
    pub tried: Vec<TriedAttempt>,
}

impl ClaimedMessage {
    /// Attempts that were cut off by the end of their process.
    #[must_use]
    pub fn cut_off(&self) -> u32 {
        self.attempts.saturating_sub(u32::try_from(self.tried.len()).unwrap_or(u32::MAX))
    }
}

/// A message that was given up without another try.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GivenUp {
    /// Its name.
    pub id: MessageId,
    /// Who it was for.
    pub to: Recipient,
    /// The stable name of what it says.
    pub kind: String,
    /// Why.
    pub reason: String,
}

/// What came of looking for messages to send.
#[derive(Debug, Clone, Default)]
pub struct Claims {
    /// Those that are the worker's now, oldest first.
    pub messages: Vec<ClaimedMessage>,
    /// Those that were given up on the way.
    pub given_up: Vec<GivenUp>,
}

/// What a worker says of a message that it had claimed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settled {
    /// The claim that it is about. Of a message that was claimed again since, nothing changes but what is known of the attempt.
    pub number: u32,
    /// The attempt, if there was one.
    pub attempt: Option<Attempt>,
    /// What is to become of the message.
    pub settlement: Settlement,
}

/// What is to become of a message that a worker had claimed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Settlement {
    /// Sent: its letter is wiped.
    Sent,
    /// Taken by a gateway. Unless a receipt says that it has arrived, it is claimed again at the given time, for another route.
    Awaiting {
        /// When.
        until: Timestamp,
    },
    /// Not sent: try again at the given time.
    Retry {
        /// When.
        at: Timestamp,
        /// Why, without secrets and contacts.
        reason: String,
    },
    /// Given up. Its letter is kept until it expires, for an operator who mends what was wrong.
    Failed {
        /// Why, without secrets and contacts.
        reason: String,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_route_is_named_so_that_it_can_stand_in_a_path() {
        for name in ["a", "twilio-hk", "Zenziva_2", &"a".repeat(40)] {
            assert_eq!(RouteName::parse(name).unwrap().as_str(), name);
        }
        for name in ["", " ", "a b", "a/b", "ä", "a?", "..", &"a".repeat(41)] {
            assert_eq!(RouteName::parse(name), None, "{name}");
        }
    }
}
