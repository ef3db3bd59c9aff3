//! Whether a message may be sent right now, and what it takes. Asked twice: before anything is drawn or hashed, so that a refusal costs nothing, and
//! again in the transaction that queues the message, whose word is exact. A pause is looked at before alone: who has passed it by then is still sent to, within the
//! budget of the prefix.

use std::time::Duration;

use super::conversion::{Conversion, ConversionLimit};
use super::look_ups::Asker;
use super::sending::Receiver;
use super::told::whose;
use super::{Charge, Charged, Exhausted, LimitKey, LimitKind, TooOften};
use crate::client::ClientId;
use crate::identifier::PhoneNumber;
use crate::measure;
use crate::message::{Envelope, Recipient};
use crate::ports::Timestamp;
use crate::registration::RegisterError;
use crate::repeat::Repeat;
use crate::service::{Accounts, Alarm, Fault};

/// Why a message is not sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotSent {
    /// Short messages do not go to the country of this number (threat row 42).
    #[error("short messages are not sent to this country")]
    CountryNotServed,
    /// A budget is spent.
    #[error(transparent)]
    TooOften(#[from] TooOften),
}

/// What pays for a message.
#[derive(Debug, Clone, Default)]
pub struct Fare {
    /// The budgets that pay, all or none.
    pub charges: Vec<Charge>,
    /// Whether the prefix of its number is judged by what becomes of its code.
    pub is_judged: bool,
}

/// What goes out with a challenge, and what pays for it.
#[derive(Debug, Clone, Default)]
pub struct Sending {
    /// The letters to queue; none to contacts for tests.
    pub letters: Vec<Envelope>,
    /// What pays.
    pub fare: Fare,
}

impl Sending {
    /// The prefix that is judged by whether its code is verified.
    #[must_use]
    pub fn judged(&self) -> Option<&str> {
        number_of(self.letters.iter().map(|letter| &letter.to)).filter(|_| self.fare.is_judged).map(PhoneNumber::prefix)
    }
}

impl From<Envelope> for Sending {
    /// A letter to anybody, for which nothing pays.
    fn from(letter: Envelope) -> Self {
        Self { letters: vec![letter], fare: Fare { charges: Vec::new(), is_judged: true } }
    }
}

/// How the limits of a sending stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SendingStanding {
    /// Whether its charges have room.
    pub charged: Charged,
    /// Whether a clock that has jumped back has left one of those that have none too far ahead.
    pub is_ahead: bool,
    /// What became of the codes that were sent to its prefix.
    pub conversion: Conversion,
    /// Those of everybody's limits that are nearly spent.
    pub nearly: Vec<LimitKey>,
}

/// What is done about a sending.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Postage {
    /// It may be sent.
    Due,
    /// A budget is spent.
    Spent(Exhausted),
    /// Its prefix is paused from now on.
    Paused {
        /// What keeps the pause.
        pause: Charge,
        /// What whoever asks is told.
        told: Exhausted,
    },
}

impl SendingStanding {
    /// What is done about it. `pause` is what would pause its prefix, where one is judged.
    #[must_use]
    pub fn decide(self, conversion: ConversionLimit, pause: Option<Charge>) -> Postage {
        if let Charged::Refused(exhausted) = self.charged {
            return Postage::Spent(exhausted);
        }
        match pause.filter(|_| conversion.trips(self.conversion)) {
            Some(pause) => Postage::Paused { told: Exhausted { retry_after: conversion.pause, spent: vec![pause.key.clone()] }, pause },
            None => Postage::Due,
        }
    }
}

/// The first number of some recipients.
fn number_of<'a>(to: impl IntoIterator<Item = &'a Recipient>) -> Option<&'a PhoneNumber> {
    to.into_iter().find_map(|recipient| match recipient {
        Recipient::Sms(number) => Some(number),
        Recipient::Email(_) => None,
    })
}

impl Accounts {
    /// What a message to each of `to` takes.
    ///
    /// # Errors
    /// [`NotSent`], or a fault.
    pub(crate) async fn postage<E: From<NotSent> + From<Fault>>(
        &self,
        to: &[Recipient],
        receiver: Receiver,
        asker: &Asker,
        now: Timestamp,
    ) -> Result<Fare, E> {
        let is_judged = receiver == Receiver::Anybody;
        let fare = |charges| Fare { charges, is_judged };
        let Some(limits) = self.policy().limits.as_ref().map(|limits| &limits.sending) else { return Ok(fare(Vec::new())) };
        let to: Vec<_> = to.iter().filter(|recipient| !self.is_for_tests(recipient)).cloned().collect();
        let number = number_of(&to);
        if number.is_some_and(|number| !limits.serves(number)) {
            measure::not_served();
            return Err(NotSent::CountryNotServed.into());
        }
        let charges = limits.charges(&to, receiver, asker);
        if charges.is_empty() {
            return Ok(fare(charges));
        }
        let judged = receiver.judged(number);
        let pause = judged.map(|prefix| limits.pause_of(prefix));
        let asked: Vec<_> = charges.iter().chain(&pause).cloned().collect();
        let standing = self.store().sending_standing(asked.clone(), judged, now).await.map_err(Fault::from)?;
        self.tell_of_nearly(&standing.nearly, now);
        let (is_ahead, Conversion { over, verified }) = (standing.is_ahead, standing.conversion);
        match standing.decide(limits.conversion, pause) {
            Postage::Due => Ok(fare(charges)),
            Postage::Spent(exhausted) => {
                if is_ahead {
                    // Else it would be found too far ahead again, and nobody who waits would get in before the clock has caught up.
                    let spent = asked.into_iter().filter(|charge| exhausted.spent.contains(&charge.key));
                    let nothing = spent.map(|charge| Charge { amount: 0, ..charge }).collect();
                    self.store().note_usage(nothing, now).await.map_err(Fault::from)?;
                }
                Err(NotSent::from(self.too_often(&exhausted, now)).into())
            }
            Postage::Paused { pause, told } => {
                let key = pause.key.clone();
                if self.store().pause_prefix(pause, now).await.map_err(Fault::from)? {
                    tracing::warn!(prefix = key.of(), over, verified, "hardly any code sent to numbers with this prefix is verified: it is paused");
                }
                Err(NotSent::from(self.too_often(&told, now)).into())
            }
        }
    }

    /// What messages to `to` take; or what was kept of this very call, if it has succeeded meanwhile, which is why another one may not be sent.
    pub(crate) async fn postage_once(
        &self,
        to: &[Recipient],
        client: &ClientId,
        repeat: Option<&Repeat>,
        now: Timestamp,
    ) -> Result<Result<Fare, Vec<u8>>, RegisterError> {
        match (self.postage::<RegisterError>(to, Receiver::Anybody, &Asker::Client(client.clone()), now).await, repeat) {
            (Err(RegisterError::NotSent(refusal)), Some(repeat)) => self.kept_of(repeat).await?.map(Err).ok_or(refusal.into()),
            (postage, _) => postage.map(Ok),
        }
    }

    /// The letters that really go out, and what pays for them.
    pub(crate) fn sending(&self, letters: impl IntoIterator<Item = Envelope>, fare: Fare) -> Sending {
        Sending { letters: letters.into_iter().filter(|letter| !self.is_for_tests(&letter.to)).collect(), fare }
    }

    /// Whether it was sent; counts and tells what was not.
    ///
    /// # Errors
    /// [`NotSent`].
    pub(crate) fn sent(&self, charged: &Charged, now: Timestamp) -> Result<(), NotSent> {
        match charged {
            Charged::Allowed => {
                self.ring();
                Ok(())
            }
            Charged::Refused(exhausted) => Err(self.too_often(exhausted, now).into()),
        }
    }

    /// Tells operators of limits before they are spent.
    fn tell_of_nearly(&self, nearly: &[LimitKey], now: Timestamp) {
        for limit in nearly.iter().map(LimitKey::kind) {
            if self.alarm_is_due(Alarm::Nearly(limit), now) {
                tracing::warn!(limit = limit.name(), "more than four fifths of a limit are used: see `daftar limits list`");
            }
        }
    }

    /// Counts a refusal, and tells operators of one that hits more than the one who asked.
    pub(crate) fn too_often(&self, exhausted: &Exhausted, now: Timestamp) -> TooOften {
        for key in &exhausted.spent {
            measure::limited(key.kind());
            if is_for_operators(key) && self.alarm_is_due(Alarm::Limit(key.kind()), now) {
                let (limit, (of, _)) = (key.kind().name(), whose(key));
                tracing::warn!(limit, of, retry_after = exhausted.retry_after.as_secs(), "a limit is spent: see `daftar limits list`");
            }
        }
        TooOften(exhausted.retry_after.max(Duration::from_secs(1)))
    }

    fn is_for_tests(&self, recipient: &Recipient) -> bool {
        self.policy().test_contacts.code_of(&recipient.clone().into()).is_some()
    }
}

/// Limits that honest people meet when they are spent by others.
const fn is_for_operators(key: &LimitKey) -> bool {
    match key.kind() {
        LimitKind::SmsHour
        | LimitKind::SmsDay
        | LimitKind::PasswordStrangers
        | LimitKind::SendStrangers
        | LimitKind::SendPause
        | LimitKind::SendPrefix
        | LimitKind::SendOwners
        | LimitKind::SendClient
        | LimitKind::LookUpClient => true,
        LimitKind::PasswordAccountAddress
        | LimitKind::PasswordAddress
        | LimitKind::SendDestination
        | LimitKind::SendAddress
        | LimitKind::LookUpAddress => false,
    }
}
