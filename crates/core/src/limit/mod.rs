//! Limits as data and pure arithmetic, without a clock of their own (threat rows 3, 5, 14–16, 42, 43, 60). What somebody wants to do is a list of [`Charge`]s;
//! the store keeps a [`Usage`] for every key and lets a [`Limit`] move it inside its transaction, all charges or none: so replicas share every limit exactly.
//!
//! | module | what lives there |
//! |---|---|
//! | [`gcra`] | a limit that refills evenly: one number a key |
//! | [`budget`] | a limit of so much in any stretch of time, exactly: a short log a key |
//! | [`address`] | client addresses, as limits count them |
//! | [`passwords`], [`sending`], [`look_ups`], [`guesses`] | what is limited, by how much |
//! | [`conversion`] | the breaker for prefixes whose codes nobody verifies |
//! | `postage` | whether a message may be sent right now, and what it takes |
//! | `tally` | look-ups, counted beside the hot path |
//! | [`recent`] | what one process remembers of many callers |
//! | `weighing` | charging several, all or none |
//! | [`contacts`] | contacts for tests, which nothing is sent to |
//! | [`told`], [`watched`], [`reset`] | what operators are told of limits and watch of them; starting one anew |
//! | `whom` | people, as keys name them |

pub mod address;
pub mod budget;
pub mod contacts;
pub mod conversion;
pub mod gcra;
pub mod guesses;
pub mod look_ups;
pub mod passwords;
mod postage;
pub mod recent;
pub mod reset;
pub mod sending;
mod tally;
pub mod told;
pub mod watched;
mod weighing;
pub(crate) mod whom;

use std::time::Duration;

pub use address::ClientAddress;
pub use budget::{Budget, Window};
pub use gcra::Gcra;
pub use postage::{Fare, NotSent, Postage, Sending, SendingStanding};
pub(crate) use tally::Tally;
pub use weighing::{Weighed, weigh};

use crate::named::named;
use crate::ports::Timestamp;

named! {
    /// What a limit counts.
    LimitKind {
        /// Wrong passwords for an account (or a name that nobody has) from one client address.
        PasswordAccountAddress = "password.account_address",
        /// Wrong passwords from one client address.
        PasswordAddress = "password.address",
        /// Wrong passwords for an account from addresses that never signed in to it.
        PasswordStrangers = "password.strangers",
        /// Messages to one contact.
        SendDestination = "send.destination",
        /// Messages to a contact of an account, asked for from addresses that never signed in to it.
        SendStrangers = "send.strangers",
        /// Messages asked for from one client address.
        SendAddress = "send.address",
        /// Messages asked for by one machine client.
        SendClient = "send.client",
        /// Short messages to numbers with one prefix, but for the next ones.
        SendPrefix = "send.prefix",
        /// Those to accounts that have proven such numbers, where they signed in before.
        SendOwners = "send.owners",
        /// A prefix to which nothing is sent for a while, because nobody verifies the codes; but for accounts that have proven their numbers.
        SendPause = "send.pause",
        /// All short messages, by the hour.
        SmsHour = "sms.hour",
        /// What all short messages cost, by the day, in millionths.
        SmsDay = "sms.day",
        /// Look-ups of who is registered from one client address.
        LookUpAddress = "look_up.address",
        /// The same by one machine client.
        LookUpClient = "look_up.client",
    }
}

impl LimitKind {
    /// Whether it is one for the whole installation.
    #[must_use]
    pub const fn is_of_everybody(self) -> bool {
        matches!(self, Self::SmsHour | Self::SmsDay)
    }
}

/// What one limit counts: its kind, and of whom.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct LimitKey {
    kind: LimitKind,
    /// `kind/of`, as it is stored.
    text: String,
}

impl LimitKey {
    /// The limit of this kind of `of`.
    #[must_use]
    pub fn new(kind: LimitKind, of: impl std::fmt::Display) -> Self {
        Self { kind, text: format!("{}/{of}", kind.name()) }
    }

    /// The limit of this kind that is everybody's.
    #[must_use]
    pub fn of_everybody(kind: LimitKind) -> Self {
        Self::new(kind, "all")
    }

    /// Reads the stored form.
    #[must_use]
    pub fn from_stored(text: &str) -> Option<Self> {
        let (kind, _) = text.split_once('/')?;
        Some(Self { kind: LimitKind::from_name(kind)?, text: text.to_owned() })
    }

    /// What it counts.
    #[must_use]
    pub const fn kind(&self) -> LimitKind {
        self.kind
    }

    /// Of whom.
    #[must_use]
    pub fn of(&self) -> &str {
        self.text.split_once('/').map_or("", |(_, of)| of)
    }

    /// The stored form.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

// It may name a whole contact (threat row 52).
impl std::fmt::Debug for LimitKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "LimitKey({}/..)", self.kind.name())
    }
}

/// How much of a limit has been used, as the store keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Usage {
    /// When all of it is free again; until then the row matters.
    pub free_at: Timestamp,
    /// What was used when, oldest first; a [`Gcra`] needs none.
    pub log: Vec<Spend>,
}

/// So much was used then.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spend {
    /// When.
    pub at: Timestamp,
    /// How much.
    pub amount: u64,
}

/// How much is allowed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Limit {
    /// A burst that refills evenly.
    Refilling(Gcra),
    /// So much in any stretch of time, exactly.
    Counted(Budget),
}

/// A limit has no room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Full {
    /// How long until it has.
    pub wait: Duration,
    /// What to keep instead of what was kept, if a clock that has jumped back makes that too much.
    pub mended: Option<Usage>,
}

/// How much of a limit is free at a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Room {
    /// How much may be used at once.
    pub left: u64,
    /// How long until something is free; zero if something is.
    pub wait: Duration,
}

impl Limit {
    /// Uses `amount` of it: what to keep afterwards.
    ///
    /// # Errors
    /// [`Full`].
    pub fn charge(&self, used: Option<&Usage>, amount: u64, now: Timestamp) -> Result<Usage, Full> {
        match self {
            Self::Refilling(gcra) => gcra.charge(used, amount, now),
            Self::Counted(budget) => budget.charge(used, amount, now),
        }
    }

    /// Uses `amount` of it whether or not there is room: what to keep afterwards.
    #[must_use]
    pub fn note(&self, used: Option<&Usage>, amount: u64, now: Timestamp) -> Usage {
        match self {
            Self::Refilling(gcra) => gcra.note(used, amount, now),
            Self::Counted(budget) => budget.note(used, amount, now),
        }
    }

    /// Gives `amount` back: what to keep afterwards, if anything.
    #[must_use]
    pub fn refund(&self, used: Option<&Usage>, amount: u64, now: Timestamp) -> Option<Usage> {
        match self {
            Self::Refilling(gcra) => gcra.refund(used, amount, now),
            Self::Counted(budget) => budget.refund(used, amount, now),
        }
    }

    /// How much is free.
    #[must_use]
    pub fn room(&self, used: Option<&Usage>, now: Timestamp) -> Room {
        match self {
            Self::Refilling(gcra) => gcra.room(used, now),
            Self::Counted(budget) => budget.room(used, now),
        }
    }

    /// How much may be used at once when nothing has been.
    #[must_use]
    pub fn at_once(&self) -> u64 {
        match self {
            Self::Refilling(gcra) => u64::from(gcra.burst),
            Self::Counted(budget) => budget.at_once(),
        }
    }
}

/// One limit to charge for one act.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Charge {
    /// What it counts.
    pub key: LimitKey,
    /// How much of it is allowed.
    pub limit: Limit,
    /// How much the act takes.
    pub amount: u64,
}

impl Charge {
    /// One of a limit that refills.
    #[must_use]
    pub const fn one(key: LimitKey, gcra: Gcra) -> Self {
        Self { key, limit: Limit::Refilling(gcra), amount: 1 }
    }

    /// So much of a budget.
    #[must_use]
    pub fn of(key: LimitKey, budget: &Budget, amount: u64) -> Self {
        Self { key, limit: Limit::Counted(budget.clone()), amount }
    }

    /// Whether it is everybody's, and more than four fifths of it are used: early enough for operators to do something.
    #[must_use]
    pub fn is_nearly_spent(&self, used: Option<&Usage>, now: Timestamp) -> bool {
        self.key.kind().is_of_everybody() && self.limit.room(used, now).left.saturating_mul(5) < self.limit.at_once()
    }
}

/// What came of charging several limits, all or none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Charged {
    /// Every limit had room.
    Allowed,
    /// At least one had none; nothing was charged.
    Refused(Exhausted),
}

/// Limits that had no room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exhausted {
    /// How long until every one has room again, if nobody else comes.
    pub retry_after: Duration,
    /// Which.
    pub spent: Vec<LimitKey>,
}

/// Something is done too often: it may be tried again after this time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("too often: try again in {} s", .0.as_secs())]
pub struct TooOften(pub Duration);

/// Everything that an installation limits.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Limits {
    /// Wrong passwords.
    pub passwords: passwords::PasswordLimits,
    /// What is sent.
    pub sending: sending::SendingLimits,
    /// Who is looked up.
    pub look_ups: look_ups::LookUpLimits,
}

impl Limits {
    /// The limit behind a key, for whoever looks at it from outside.
    #[must_use]
    pub fn behind(&self, kind: LimitKind) -> Limit {
        let refilling = Limit::Refilling;
        let counted = |budget: &Budget| Limit::Counted(budget.clone());
        match kind {
            LimitKind::PasswordAccountAddress => refilling(self.passwords.per_account_and_address),
            LimitKind::PasswordAddress => refilling(self.passwords.per_address),
            LimitKind::PasswordStrangers => refilling(self.passwords.strangers),
            LimitKind::SendDestination => counted(&self.sending.per_destination),
            LimitKind::SendStrangers => counted(&self.sending.strangers),
            LimitKind::SendAddress => refilling(self.sending.per_address),
            LimitKind::SendClient => refilling(self.sending.per_client),
            LimitKind::SendPrefix | LimitKind::SendOwners => counted(&self.sending.per_prefix),
            LimitKind::SendPause => refilling(Gcra { burst: 1, period: self.sending.conversion.pause }),
            LimitKind::SmsHour => counted(&self.sending.sms_by_hour),
            LimitKind::SmsDay => counted(&self.sending.cost_by_day),
            LimitKind::LookUpAddress => refilling(self.look_ups.per_address),
            LimitKind::LookUpClient => refilling(self.look_ups.per_client),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_read_as_it_is_written() {
        for kind in LimitKind::ALL {
            let key = LimitKey::new(*kind, "a/b");
            assert_eq!(LimitKey::from_stored(key.as_str()), Some(key.clone()));
            assert_eq!((key.kind(), key.of()), (*kind, "a/b"));
        }
        assert_eq!(LimitKey::from_stored("password/192.0.2.1"), None, "a key of the program before this one");
        assert_eq!(LimitKey::from_stored("nothing"), None);
    }

    #[test]
    fn operators_are_told_early_of_what_is_everybodys() {
        let (now, hour) = (Timestamp::UNIX_EPOCH, Duration::from_secs(60 * 60));
        let everybodys: Vec<_> = LimitKind::ALL.iter().filter(|kind| kind.is_of_everybody()).collect();
        assert_eq!(everybodys, [&LimitKind::SmsHour, &LimitKind::SmsDay]);
        let budget = Budget::of(10, hour, Duration::ZERO);
        let nearly = |kind, used| Charge::of(LimitKey::of_everybody(kind), &budget, 1).is_nearly_spent(Some(&budget.note(None, used, now)), now);
        assert_eq!([0, 7, 8, 9, 10].map(|used| nearly(LimitKind::SmsHour, used)), [false, false, false, true, true]);
        assert!(!nearly(LimitKind::SendDestination, 10));
    }

    #[test]
    fn what_is_given_back_is_free_again() {
        let (now, hour) = (Timestamp::UNIX_EPOCH, Duration::from_secs(60 * 60));
        for limit in [Limit::Counted(Budget::of(3, hour, Duration::ZERO)), Limit::Refilling(Gcra { burst: 3, period: hour })] {
            let used = limit.charge(None, 3, now).unwrap();
            let less = limit.refund(Some(&used), 1, now).unwrap();
            assert_eq!([limit.room(Some(&used), now).left, limit.room(Some(&less), now).left, limit.at_once()], [0, 1, 3]);
            assert_eq!(limit.refund(Some(&less), 2, now), None, "nothing to keep");
        }
    }

    #[test]
    fn row_52_a_key_does_not_print_whom_it_counts() {
        let key = LimitKey::new(LimitKind::SendDestination, "phone/+6281234567890");
        assert_eq!(format!("{key:?}"), "LimitKey(send.destination/..)");
    }
}
