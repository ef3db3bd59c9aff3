//! What an operator is told of limits of which something is used: `daftar limits list` and `GET /admin/limits`.

use std::fmt;
use std::time::Duration;

use serde::Serialize;

use super::{Budget, Limit, LimitKey, LimitKind, Limits, Usage, whom};
use crate::outbox::status::written;
use crate::ports::{Store, StoreError, Timestamp};
use crate::price::Price;
use crate::service::{Accounts, Fault};

/// How many limits of each kind are looked at for those that are spent, longest first.
const LOOKED_AT: u32 = 10_000;

/// Which limits are wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// Those of this kind; `None`: of all.
    pub kind: Option<LimitKind>,
    /// Those that have no room alone.
    pub spent: bool,
    /// How many at most.
    pub most: u32,
}

/// How a limit stands. Where it has several windows, the one speaks that lets nothing through for longest, else the one that is fullest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// How much is used.
    pub used: u64,
    /// How much may be.
    pub most: u64,
    /// In what time.
    pub period: Duration,
    /// How long until there is room again; zero if there is.
    pub wait: Duration,
}

impl Standing {
    /// How `limit` stands, if the least that is ever asked of it is `least`.
    #[must_use]
    pub fn of(limit: &Limit, used: Option<&Usage>, least: u64, now: Timestamp) -> Self {
        let of = |limit: &Limit, period| {
            let most = limit.at_once();
            let left = limit.room(used, now).left.min(most);
            let wait = limit.charge(used, least, now).err().map(|full| full.wait).unwrap_or_default();
            Self { used: most - left, most, period, wait }
        };
        match limit {
            Limit::Refilling(gcra) => of(limit, gcra.period),
            Limit::Counted(budget) => {
                let windows = budget.windows.iter().map(|window| of(&Limit::Counted(Budget { windows: vec![*window], ..*budget }), window.period));
                windows.max_by_key(|standing| (standing.wait, standing.thousandths())).unwrap_or_else(|| of(limit, Duration::ZERO))
            }
        }
    }

    fn thousandths(&self) -> u64 {
        self.used.saturating_mul(1000).checked_div(self.most).unwrap_or_default()
    }
}

impl Limits {
    /// How the limit of a key stands.
    #[must_use]
    pub fn standing(&self, kind: LimitKind, used: Option<&Usage>, now: Timestamp) -> Standing {
        // A day's money is spent when it pays for no message any more.
        let least = if kind == LimitKind::SmsDay { self.sending.cheapest().0.max(1) } else { 1 };
        Standing::of(&self.behind(kind), used, least, now)
    }

    /// A limit as operators read it.
    #[must_use]
    pub fn told(&self, key: &LimitKey, used: &Usage, now: Timestamp) -> Told {
        let kind = key.kind();
        let standing = self.standing(kind, Some(used), now);
        let amount = |amount| if kind == LimitKind::SmsDay { Amount::Money(Price(amount).to_string()) } else { Amount::Count(amount) };
        let (of, from) = whose(key);
        Told {
            limit: kind.name(),
            of,
            from,
            used: amount(standing.used),
            most: amount(standing.most),
            left: amount(standing.most - standing.used),
            period: standing.period.as_secs(),
            free_in: standing.wait.as_secs() + u64::from(standing.wait.subsec_nanos() > 0),
            resets_at: written(used.free_at),
        }
    }
}

/// Of whom, and, if he is counted by address, from which.
pub(super) fn whose(key: &LimitKey) -> (String, Option<String>) {
    let of = key.of();
    match key.kind() {
        LimitKind::PasswordAccountAddress => {
            let (from, who) = of.split_once('/').unwrap_or(("", of));
            (whom::told(who), Some(from.to_owned()))
        }
        LimitKind::PasswordStrangers | LimitKind::SendDestination | LimitKind::SendStrangers => (whom::told(of), None),
        LimitKind::PasswordAddress
        | LimitKind::SendAddress
        | LimitKind::SendClient
        | LimitKind::SendPrefix
        | LimitKind::SendOwners
        | LimitKind::SendPause
        | LimitKind::SmsHour
        | LimitKind::SmsDay
        | LimitKind::LookUpAddress
        | LimitKind::LookUpClient => (of.to_owned(), None),
    }
}

/// A limit as operators read it, on the command line and over HTTP alike.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Told {
    /// Its kind: `send.destination`, `sms.day`, …
    pub limit: &'static str,
    /// Of whom: a masked contact, an account's id, an address, a prefix, a client's id, or `all`.
    pub of: String,
    /// From which address, for wrong passwords of one account from one address.
    pub from: Option<String>,
    /// How much is used.
    pub used: Amount,
    /// How much may be …
    pub most: Amount,
    /// … and how much still may.
    pub left: Amount,
    /// In how many seconds.
    pub period: u64,
    /// How many seconds until something is free; 0 if something is.
    pub free_in: u64,
    /// When all of it is free.
    pub resets_at: String,
}

/// How much of a limit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Amount {
    /// So often.
    Count(u64),
    /// So much money, in the currency of the prices.
    Money(String),
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Count(count) => count.fmt(f),
            Self::Money(price) => price.fmt(f),
        }
    }
}

/// The limits of which something is used at `now`; those that take longest to be free again come first.
///
/// # Errors
/// [`StoreError`].
pub async fn list(store: &dyn Store, limits: &Limits, wanted: &Wanted, now: Timestamp) -> Result<Vec<Told>, StoreError> {
    let mut found = Vec::new();
    if wanted.spent {
        // Kind by kind: thousands that are merely used must not hide one that is spent.
        for kind in LimitKind::ALL.iter().filter(|kind| wanted.kind.is_none_or(|wanted| wanted == **kind)) {
            let used = store.limits_used(Some(*kind), LOOKED_AT, now).await?;
            found.extend(used.into_iter().filter(|(key, usage)| !limits.standing(key.kind(), Some(usage), now).wait.is_zero()));
        }
        found.sort_by_key(|(_, usage)| std::cmp::Reverse(usage.free_at));
        found.truncate(usize::try_from(wanted.most).unwrap_or(usize::MAX));
    } else {
        found = store.limits_used(wanted.kind, wanted.most, now).await?;
    }
    Ok(found.iter().map(|(key, usage)| limits.told(key, usage, now)).collect())
}

impl Accounts {
    /// The limits of which something is used, as [`list`].
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn limits(&self, wanted: &Wanted) -> Result<Vec<Told>, Fault> {
        let limits = self.policy().limits.clone().unwrap_or_default();
        Ok(list(self.store(), &limits, wanted, self.now()).await?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limit::Charge;
    use jiff::ToSpan as _;

    fn start() -> Timestamp {
        Timestamp::UNIX_EPOCH + 1000.hours()
    }

    fn charged(charge: &Charge, times: &[i64]) -> Usage {
        let next = |used: Option<Usage>, second: &i64| charge.limit.charge(used.as_ref(), charge.amount, start() + second.seconds()).ok();
        times.iter().fold(None, next).unwrap()
    }

    fn of(kind: LimitKind, of: &str, amount: u64) -> Charge {
        Charge { key: LimitKey::new(kind, of), limit: Limits::default().behind(kind), amount }
    }

    fn told(charge: &Charge, times: &[i64], now: i64) -> Told {
        Limits::default().told(&charge.key, &charged(charge, times), start() + now.seconds())
    }

    #[test]
    fn the_window_that_lets_nothing_through_speaks_else_the_fullest() {
        let destination = of(LimitKind::SendDestination, "phone/+6281234567890", 1);
        let count = |told: &Told| (told.used.to_string(), told.most.to_string(), told.left.to_string(), told.period, told.free_in);
        let is = |used: u64, most: u64, period, free_in| (used.to_string(), most.to_string(), (most - used).to_string(), period, free_in);
        assert_eq!(count(&told(&destination, &[0], 1)), is(1, 1, 60, 59));
        assert_eq!(count(&told(&destination, &[0], 61)), is(1, 3, 600, 0));
        assert_eq!(count(&told(&destination, &[0, 60, 120], 121)), is(3, 3, 600, 479));
        assert_eq!(count(&told(&destination, &[0, 60, 120], 3600)), is(3, 8, 86_400, 0));
        let last = told(&destination, &[0, 60, 120], 3600);
        assert_eq!((last.of.as_str(), last.from, last.resets_at), ("+62*****890", None, written(start() + 24.hours() + 120.seconds())));
    }

    #[test]
    fn money_is_told_as_a_price_and_is_spent_when_it_pays_for_no_message() {
        let day = |amount| told(&of(LimitKind::SmsDay, "all", amount), &[0], 0);
        let (half, nearly, all) = (day(12_500_000), day(99_960_000), day(100_000_000));
        assert_eq!(half.used, Amount::Money("12.5".to_owned()));
        assert_eq!((half.most.to_string(), half.left.to_string(), half.free_in), ("100".to_owned(), "87.5".to_owned(), 0));
        assert!(nearly.free_in > 0 && all.free_in > 0, "0.04 is less than a message costs");
        assert_eq!(serde_json::to_value(&half.used).unwrap(), "12.5");
    }

    #[test]
    fn an_address_is_told_beside_the_account() {
        let account = uuid::Uuid::from_u128(7).to_string();
        let charge = of(LimitKind::PasswordAccountAddress, &format!("2001:db8:1:2::/account/{account}"), 10);
        let told = told(&charge, &[0], 1);
        assert_eq!((told.of, told.from.as_deref()), (account, Some("2001:db8:1:2::")));
        assert_eq!((told.used, told.left, told.free_in), (Amount::Count(10), Amount::Count(0), 89));
        let half_a_second_later = Limits::default().told(&charge.key, &charged(&charge, &[0]), start() + 1500.milliseconds());
        assert_eq!(half_a_second_later.free_in, 89, "a second that has begun is waited for");
    }
}
