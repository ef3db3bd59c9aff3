//! A limit that refills evenly (the generic cell rate algorithm): the store keeps one moment for it, its *theoretical arrival time*, at which all of it is
//! free again.

use std::time::Duration;

use super::{Full, Room, Usage};
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
    /// Uses `amount`: what to keep.
    ///
    /// A clock that jumped back must not freeze anybody: no debt is ever believed to be more than one whole period ahead, and where it was, that is kept.
    ///
    /// # Errors
    /// [`Full`] when the burst is spent.
    pub fn charge(self, used: Option<&Usage>, amount: u64, now: Timestamp) -> Result<Usage, Full> {
        let debt = self.debt(used, now);
        let after = debt.saturating_add(self.worth(amount));
        if after <= self.period {
            return Ok(owing(after, now));
        }
        // More than there ever is takes for ever; a period is as good a moment as any to ask again.
        let wait = (after - self.period).min(self.period);
        let mended = used.filter(|used| used.free_at > now + debt).map(|_| owing(debt, now));
        Err(Full { wait, mended })
    }

    /// Uses `amount`, whether or not there is room.
    #[must_use]
    pub fn note(self, used: Option<&Usage>, amount: u64, now: Timestamp) -> Usage {
        owing(self.debt(used, now).saturating_add(self.worth(amount)).min(self.period), now)
    }

    /// Gives `amount` back; `None`: nothing is spent any more, nothing to keep.
    #[must_use]
    pub fn refund(self, used: Option<&Usage>, amount: u64, now: Timestamp) -> Option<Usage> {
        let debt = self.debt(used, now).saturating_sub(self.worth(amount));
        (!debt.is_zero()).then(|| owing(debt, now))
    }

    /// How much is free.
    #[must_use]
    pub fn room(self, used: Option<&Usage>, now: Timestamp) -> Room {
        let debt = self.debt(used, now);
        let free = self.period.saturating_sub(debt);
        let left = free.as_nanos().checked_div(self.interval().as_nanos()).unwrap_or_default();
        Room { left: u64::try_from(left).unwrap_or(u64::MAX), wait: debt.saturating_add(self.interval()).saturating_sub(self.period) }
    }

    /// The time in which one is refilled.
    fn interval(self) -> Duration {
        self.period / self.burst.max(1)
    }

    fn worth(self, amount: u64) -> Duration {
        u32::try_from(amount).ok().and_then(|amount| self.interval().checked_mul(amount)).unwrap_or(Duration::MAX)
    }

    fn debt(self, used: Option<&Usage>, now: Timestamp) -> Duration {
        used.and_then(|used| Duration::try_from(used.free_at.duration_since(now)).ok()).unwrap_or_default().min(self.period)
    }
}

/// Kept in whole milliseconds, rounded up: else what refills faster than that would never be spent.
fn owing(debt: Duration, now: Timestamp) -> Usage {
    let free_at = now + debt;
    let up = free_at.duration_since(Timestamp::UNIX_EPOCH).subsec_nanos().rem_euclid(1_000_000);
    let free_at = if up > 0 { free_at + Duration::from_nanos(1_000_000 - u64::try_from(up).unwrap_or_default()) } else { free_at };
    Usage { free_at, log: Vec::new() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::ToSpan as _;
    use proptest::prelude::*;

    const TEN: Gcra = Gcra { burst: 10, period: Duration::from_secs(900) };

    fn start() -> Timestamp {
        Timestamp::UNIX_EPOCH + 1000.hours()
    }

    fn spent(gcra: Gcra, now: Timestamp) -> Option<Usage> {
        (0..gcra.burst).fold(None, |used, _| Some(gcra.charge(used.as_ref(), 1, now).unwrap()))
    }

    fn wait(gcra: Gcra, used: Option<&Usage>, now: Timestamp) -> Duration {
        gcra.charge(used, 1, now).map_or_else(|full| full.wait, |_| Duration::ZERO)
    }

    #[test]
    fn row_14_ten_pass_and_the_eleventh_waits_for_a_refill() {
        let used = spent(TEN, start());
        assert_eq!(wait(TEN, used.as_ref(), start()), Duration::from_secs(90));
        assert_eq!(TEN.room(used.as_ref(), start()), Room { left: 0, wait: Duration::from_secs(90) });
        assert!(TEN.charge(used.as_ref(), 1, start() + 90.seconds()).is_ok());
        assert_eq!(TEN.room(used.as_ref(), start() + 181.seconds()).left, 2);
    }

    #[test]
    fn a_refund_makes_room_for_exactly_one() {
        let used = TEN.refund(spent(TEN, start()).as_ref(), 1, start());
        let used = TEN.charge(used.as_ref(), 1, start()).unwrap();
        assert!(TEN.charge(Some(&used), 1, start()).is_err());
        assert_eq!(TEN.refund(None, 1, start()), None);
    }

    #[test]
    fn what_is_more_than_there_ever_is_never_passes() {
        let full = TEN.charge(None, 11, start()).unwrap_err();
        assert_eq!(full.wait, Duration::from_secs(90));
        assert_eq!(TEN.charge(None, u64::MAX, start()).unwrap_err().wait, TEN.period);
        let used = TEN.note(None, u64::MAX, start());
        assert_eq!(TEN.room(Some(&used), start()).left, 0);
        assert!(TEN.charge(Some(&used), 1, start() + 90.seconds()).is_ok(), "what is noted beyond the burst is not owed for longer than a period");
    }

    #[test]
    fn what_refills_faster_than_a_millisecond_is_spent_all_the_same() {
        let fine = Gcra { burst: 6_000_000, period: Duration::from_secs(60) };
        let used = fine.charge(None, 1, start()).unwrap();
        assert_eq!(used.free_at, start() + Duration::from_millis(1));
    }

    #[test]
    fn fault_6_a_clock_an_hour_back_neither_frees_nor_freezes() {
        let used = spent(TEN, start());
        let earlier = start() - 1.hour();
        let full = TEN.charge(used.as_ref(), 1, earlier).unwrap_err();
        assert_eq!(full.wait, Duration::from_secs(90));
        let mended = full.mended.expect("what is kept is an hour too far ahead");
        assert!(TEN.charge(Some(&mended), 1, earlier + 89.seconds()).is_err());
        let used = TEN.charge(Some(&mended), 1, earlier + 90.seconds()).unwrap();
        let full = TEN.charge(Some(&used), 1, earlier + 90.seconds()).unwrap_err();
        assert_eq!(full.mended, None, "what is right is not written again");
    }

    proptest! {
        #[test]
        fn never_more_than_the_burst_and_the_refill(gaps in prop::collection::vec(0_i64..200, 1..80)) {
            let (mut used, mut now, mut passed) = (None, start(), 0_u32);
            for gap in &gaps {
                now += gap.seconds();
                if let Ok(next) = TEN.charge(used.as_ref(), 1, now) {
                    used = Some(next);
                    passed += 1;
                }
            }
            let refilled = u32::try_from(gaps.iter().sum::<i64>() / 90).unwrap();
            prop_assert!(passed <= 10 + refilled + 1);
        }

        #[test]
        fn whoever_waits_as_long_as_told_gets_in(before in prop::collection::vec(0_i64..100, 1..40), jump in -7200_i64..7200) {
            let (mut used, mut now) = (None, start());
            for gap in before {
                now += gap.seconds();
                used = TEN.charge(used.as_ref(), 1, now).ok().or(used);
            }
            now += jump.seconds();
            if let Err(Full { wait, mended }) = TEN.charge(used.as_ref(), 1, now) {
                prop_assert!(wait <= TEN.period);
                let kept = mended.or(used);
                prop_assert!(TEN.charge(kept.as_ref(), 1, now + wait).is_ok());
            }
        }

        #[test]
        fn room_says_what_charging_does(spent in 0_u32..10, later in 0_i64..900, amount in 1_u64..12) {
            let used = (0..spent).fold(None, |used: Option<Usage>, _| Some(TEN.charge(used.as_ref(), 1, start()).unwrap()));
            let now = start() + later.seconds();
            let room = TEN.room(used.as_ref(), now);
            prop_assert_eq!(TEN.charge(used.as_ref(), amount, now).is_ok(), amount <= room.left);
        }
    }
}
