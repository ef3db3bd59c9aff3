//! Limits as data and pure arithmetic (GCRA), without a clock of their own. The store keeps one number per key, its *theoretical arrival
//! time*, and calls [`Gcra::charge`] inside its transaction, so that replicas share every limit exactly.
//!
//! Sending and look-up budgets (threat rows 42, 43, 60) will be further [`Charge`]s of the same kind, taken in the
//! transaction that queues a message or before a look-up.

use std::net::{IpAddr, Ipv6Addr};
use std::time::Duration;

use crate::identifier::LoginId;
use crate::ports::Timestamp;

/// At most `burst` at once, refilled evenly over `period`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gcra {
    /// How many may come at once.
    pub burst: u32,
    /// The time in which a spent burst refills.
    pub period: Duration,
}

impl Gcra {
    /// The time that one charge takes to refill.
    fn interval(self) -> Duration {
        self.period / self.burst.max(1)
    }

    /// Charges one. `arrival` is what the last charge left (`None`: nothing spent); the answer is what to keep.
    ///
    /// A clock that jumped back must not freeze anybody: no debt is ever believed to be more than one whole period ahead.
    ///
    /// # Errors
    /// When the burst is spent: how long until one is refilled.
    pub fn charge(self, arrival: Option<Timestamp>, now: Timestamp) -> Result<Timestamp, Duration> {
        let debt = self.debt(arrival, now) + self.interval();
        if debt <= self.period { Ok(now + debt) } else { Err(debt - self.period) }
    }

    /// Gives one charge back; `None`: nothing is spent any more, nothing to keep.
    #[must_use]
    pub fn refund(self, arrival: Option<Timestamp>, now: Timestamp) -> Option<Timestamp> {
        let debt = self.debt(arrival, now).saturating_sub(self.interval());
        (!debt.is_zero()).then(|| now + debt)
    }

    fn debt(self, arrival: Option<Timestamp>, now: Timestamp) -> Duration {
        arrival.and_then(|arrival| Duration::try_from(arrival.duration_since(now)).ok()).unwrap_or_default().min(self.period)
    }
}

/// Names what a limit counts.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LimitKey(pub String);

/// One limit to charge for one act.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Charge {
    /// What it counts.
    pub key: LimitKey,
    /// How much of it is allowed.
    pub limit: Gcra,
}

/// What came of charging several limits, all or none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Charged {
    /// Every limit had room.
    Allowed,
    /// At least one had none; nothing was charged.
    Refused {
        /// How long until every one has room again, if nobody else comes.
        retry_after: Duration,
        /// The limits that had no room.
        spent: Vec<LimitKey>,
    },
}

/// Who is calling, as far as limits care: IPv4-mapped addresses fold into IPv4, IPv6 counts by /64 (threat row 17).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ClientAddress(IpAddr);

impl From<IpAddr> for ClientAddress {
    fn from(address: IpAddr) -> Self {
        Self(match address.to_canonical() {
            IpAddr::V6(v6) => {
                let [a, b, c, d, ..] = v6.segments();
                IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
            }
            v4 @ IpAddr::V4(_) => v4,
        })
    }
}

impl std::fmt::Display for ClientAddress {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// How many wrong passwords are let through (threat row 14).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PasswordLimits {
    /// Per account and client address.
    pub per_account_and_address: Gcra,
    /// Per client address over all accounts.
    pub per_address: Gcra,
}

impl Default for PasswordLimits {
    fn default() -> Self {
        let quarter = Duration::from_secs(15 * 60);
        Self { per_account_and_address: Gcra { burst: 10, period: quarter }, per_address: Gcra { burst: 30, period: quarter } }
    }
}

impl PasswordLimits {
    /// What one password attempt is charged to. An account counts once however it is spelt (row 16); a name that nobody has counts by itself, so
    /// that the limit does not tell who exists.
    #[must_use]
    pub fn charges(&self, account: Option<crate::account::AccountId>, typed: Option<&LoginId>, from: ClientAddress) -> Vec<Charge> {
        let whom = match (account, typed) {
            (Some(account), _) => Some(format!("account/{account}")),
            (None, Some(id)) => Some(format!("{}/{}", id.kind().name(), id.key())),
            (None, None) => None,
        };
        let by_account = whom.map(|whom| Charge { key: LimitKey(format!("password/{from}/{whom}")), limit: self.per_account_and_address });
        let by_address = Charge { key: LimitKey(format!("password/{from}")), limit: self.per_address };
        by_account.into_iter().chain([by_address]).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identifier::Country;
    use jiff::ToSpan as _;
    use proptest::prelude::*;

    const TEN: Gcra = Gcra { burst: 10, period: Duration::from_secs(900) };

    fn start() -> Timestamp {
        Timestamp::UNIX_EPOCH + 1000.hours()
    }

    #[test]
    fn row_14_ten_pass_and_the_eleventh_waits_for_a_refill() {
        let mut arrival = None;
        for _ in 0..10 {
            arrival = Some(TEN.charge(arrival, start()).unwrap());
        }
        assert_eq!(TEN.charge(arrival, start()), Err(Duration::from_secs(90)));
        assert!(TEN.charge(arrival, start() + 90.seconds()).is_ok());
    }

    #[test]
    fn a_refund_makes_room_for_exactly_one() {
        let mut arrival = None;
        for _ in 0..10 {
            arrival = Some(TEN.charge(arrival, start()).unwrap());
        }
        arrival = TEN.refund(arrival, start());
        arrival = Some(TEN.charge(arrival, start()).unwrap());
        assert!(TEN.charge(arrival, start()).is_err());
        assert_eq!(TEN.refund(None, start()), None);
    }

    #[test]
    fn a_clock_an_hour_back_freezes_nobody_for_longer_than_the_period() {
        let mut arrival = None;
        for _ in 0..10 {
            arrival = Some(TEN.charge(arrival, start()).unwrap());
        }
        let earlier = start() - 1.hour();
        assert_eq!(TEN.charge(arrival, earlier), Err(Duration::from_secs(90)));
        assert!(TEN.charge(arrival, earlier + 90.seconds()).is_err(), "not reset either: the debt stays the whole period ahead");
    }

    #[test]
    fn row_17_addresses_fold() {
        let fold = |text: &str| ClientAddress::from(text.parse::<IpAddr>().unwrap()).to_string();
        assert_eq!(fold("::ffff:192.0.2.1"), "192.0.2.1");
        assert_eq!(fold("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::");
        assert_eq!(fold("192.0.2.1"), "192.0.2.1");
    }

    #[test]
    fn row_16_one_account_is_one_counter() {
        let (limits, from) = (PasswordLimits::default(), ClientAddress::from(IpAddr::from([192, 0, 2, 1])));
        let account = crate::account::AccountId(uuid::Uuid::from_u128(1));
        let by = |text: &str| limits.charges(Some(account), LoginId::classify(text, &Country::indonesia()).ok().as_ref(), from);
        assert_eq!(by("siti"), by("SITI@example.test"));
        assert_eq!(by("siti"), by("081234567890"));
    }

    proptest! {
        #[test]
        fn never_more_than_the_burst_and_the_refill(gaps in prop::collection::vec(0_i64..200, 1..80)) {
            let (mut arrival, mut now, mut passed) = (None, start(), 0_u32);
            for gap in &gaps {
                now += gap.seconds();
                if let Ok(next) = TEN.charge(arrival, now) {
                    arrival = Some(next);
                    passed += 1;
                }
            }
            let refilled = u32::try_from(gaps.iter().sum::<i64>() / 90).unwrap();
            prop_assert!(passed <= 10 + refilled + 1);
        }
    }
}
