//! A limit of so much in any stretch of time, exactly: the store keeps a short log of what was used when. Several windows over one log say such things as
//! "60 seconds apart, three in ten minutes, eight a day".

use std::time::Duration;

use super::{Full, Room, Spend, Usage};
use crate::ports::Timestamp;

/// At most `most` in any stretch of `period`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// How much.
    pub most: u64,
    /// In what time.
    pub period: Duration,
}

/// Windows over one log; all of them hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Budget {
    /// The windows.
    pub windows: Vec<Window>,
    /// What is used within so much time is one entry of the log, and leaves it together, when the last of it must: this keeps the log of a big budget
    /// short, and never lets more through. Zero: every use is an entry.
    pub grain: Duration,
}

impl Budget {
    /// A budget of one window.
    #[must_use]
    pub fn of(most: u64, period: Duration, grain: Duration) -> Self {
        Self { windows: vec![Window { most, period }], grain }
    }

    /// Uses `amount`: what to keep.
    ///
    /// # Errors
    /// [`Full`] when a window has no room.
    pub fn charge(&self, used: Option<&Usage>, amount: u64, now: Timestamp) -> Result<Usage, Full> {
        let (log, mended) = self.log(used, now);
        let wait = self.windows.iter().map(|window| self.wait(*window, &log, amount, now)).max().unwrap_or_default();
        if wait.is_zero() {
            return Ok(self.with(log, amount, now));
        }
        Err(Full { wait, mended: mended.then(|| self.usage(log, now)) })
    }

    /// Uses `amount`, whether or not there is room.
    #[must_use]
    pub fn note(&self, used: Option<&Usage>, amount: u64, now: Timestamp) -> Usage {
        let (log, _) = self.log(used, now);
        self.with(log, amount, now)
    }

    /// Gives `amount` back, the newest first; `None`: nothing to keep.
    #[must_use]
    pub fn refund(&self, used: Option<&Usage>, amount: u64, now: Timestamp) -> Option<Usage> {
        let (mut log, _) = self.log(used, now);
        let mut amount = amount;
        while let Some(newest) = log.last_mut() {
            let back = newest.amount.min(amount);
            newest.amount -= back;
            amount -= back;
            if newest.amount > 0 {
                break;
            }
            log.pop();
        }
        (!log.is_empty()).then(|| self.usage(log, now))
    }

    /// How much is free.
    #[must_use]
    pub fn room(&self, used: Option<&Usage>, now: Timestamp) -> Room {
        let (log, _) = self.log(used, now);
        let left = |window: &Window| window.most.saturating_sub(self.within(*window, &log, now).map(|spend| spend.amount).sum());
        Room {
            left: self.windows.iter().map(left).min().unwrap_or(u64::MAX),
            wait: self.windows.iter().map(|window| self.wait(*window, &log, 1, now)).max().unwrap_or_default(),
        }
    }

    /// How much may be used at once when nothing has been.
    #[must_use]
    pub fn at_once(&self) -> u64 {
        self.windows.iter().map(|window| window.most).min().unwrap_or(u64::MAX)
    }

    /// What still matters of a log, and whether a clock that has jumped back made it end sooner. What seems to be used in the future was used now at the latest: so
    /// such a clock neither frees anything nor holds it for longer than its window.
    fn log(&self, used: Option<&Usage>, now: Timestamp) -> (Vec<Spend>, bool) {
        let longest = self.longest();
        let kept = used.map(|used| used.log.as_slice()).unwrap_or_default();
        let mended = kept.iter().any(|spend| spend.at > now);
        let log = kept.iter().map(|spend| Spend { at: spend.at.min(now), ..*spend }).filter(|spend| self.leaves(spend, longest) > now).collect();
        (log, mended)
    }

    fn with(&self, mut log: Vec<Spend>, amount: u64, now: Timestamp) -> Usage {
        let at = self.grained(now);
        match log.last_mut() {
            Some(newest) if newest.at >= at && !self.grain.is_zero() => newest.amount = newest.amount.saturating_add(amount),
            _ if amount == 0 => {}
            _ => log.push(Spend { at, amount }),
        }
        self.usage(log, now)
    }

    fn usage(&self, log: Vec<Spend>, now: Timestamp) -> Usage {
        let longest = self.longest();
        let free_at = log.last().map_or(now, |newest| self.leaves(newest, longest));
        Usage { free_at, log }
    }

    /// How long until `window` has room for `amount`.
    fn wait(&self, window: Window, log: &[Spend], amount: u64, now: Timestamp) -> Duration {
        let used = self.within(window, log, now).fold(amount, |sum, spend| sum.saturating_add(spend.amount));
        let Some(mut over) = used.checked_sub(window.most).filter(|over| *over > 0) else { return Duration::ZERO };
        for spend in self.within(window, log, now) {
            over = over.saturating_sub(spend.amount);
            if over == 0 {
                return Duration::try_from(self.leaves(spend, window.period).duration_since(now)).unwrap_or_default();
            }
        }
        // More than there ever is takes for ever; a period is as good a moment as any to ask again.
        window.period
    }

    fn within<'l>(&self, window: Window, log: &'l [Spend], now: Timestamp) -> impl Iterator<Item = &'l Spend> {
        let grain = self.grain;
        log.iter().filter(move |spend| spend.at + grain + window.period > now)
    }

    fn leaves(&self, spend: &Spend, period: Duration) -> Timestamp {
        spend.at + self.grain + period
    }

    fn longest(&self) -> Duration {
        self.windows.iter().map(|window| window.period).max().unwrap_or_default()
    }

    /// The beginning of the grain that `now` is in.
    fn grained(&self, now: Timestamp) -> Timestamp {
        match i64::try_from(self.grain.as_millis()) {
            Ok(grain) if grain > 0 => {
                let start = now.as_millisecond().div_euclid(grain).saturating_mul(grain);
                Timestamp::from_millisecond(start).unwrap_or(now)
            }
            _ => now,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::ToSpan as _;
    use proptest::prelude::*;

    const MINUTE: Duration = Duration::from_secs(60);

    fn start() -> Timestamp {
        Timestamp::UNIX_EPOCH + 1000.hours()
    }

    /// As a destination has it.
    fn destination() -> Budget {
        let window = |most, period| Window { most, period };
        Budget { windows: vec![window(1, MINUTE), window(3, 10 * MINUTE), window(8, 24 * 60 * MINUTE)], grain: Duration::ZERO }
    }

    #[test]
    fn row_43_sixty_seconds_apart_three_in_ten_minutes_eight_a_day() {
        let budget = destination();
        let (mut used, mut sent) = (None, Vec::new());
        for second in 0..90_000_i64 {
            if let Ok(next) = budget.charge(used.as_ref(), 1, start() + second.seconds()) {
                used = Some(next);
                sent.push(second);
            }
        }
        assert_eq!(sent.get(..8), Some([0, 60, 120, 600, 660, 720, 1200, 1260].as_slice()));
        assert_eq!(sent.get(8), Some(&86_400), "the ninth of a day waits for the first to leave it");
    }

    #[test]
    fn a_refusal_says_how_long_the_strictest_window_takes() {
        let budget = destination();
        let used = budget.charge(None, 1, start()).unwrap();
        assert_eq!(budget.charge(Some(&used), 1, start() + 1.second()).unwrap_err().wait, Duration::from_secs(59));
        let used = budget.charge(Some(&used), 1, start() + 60.seconds()).unwrap();
        let used = budget.charge(Some(&used), 1, start() + 120.seconds()).unwrap();
        assert_eq!(budget.charge(Some(&used), 1, start() + 180.seconds()).unwrap_err().wait, Duration::from_secs(420));
        assert_eq!(budget.room(Some(&used), start() + 180.seconds()), Room { left: 0, wait: Duration::from_secs(420) });
    }

    #[test]
    fn fault_6_a_clock_an_hour_back_neither_frees_nor_freezes() {
        let budget = Budget::of(2, 10 * MINUTE, Duration::ZERO);
        let used = budget.charge(None, 2, start()).unwrap();
        let earlier = start() - 1.hour();
        let Full { wait, mended } = budget.charge(Some(&used), 1, earlier).unwrap_err();
        assert_eq!(wait, 10 * MINUTE);
        assert!(budget.charge(mended.as_ref(), 1, earlier + 599.seconds()).is_err());
        assert!(budget.charge(mended.as_ref(), 1, earlier + 600.seconds()).is_ok());
    }

    #[test]
    fn a_refund_takes_from_the_newest() {
        let budget = Budget::of(10, 10 * MINUTE, Duration::ZERO);
        let used = budget.charge(None, 4, start()).unwrap();
        let used = budget.charge(Some(&used), 6, start() + 60.seconds()).unwrap();
        let used = budget.refund(Some(&used), 7, start() + 61.seconds()).unwrap();
        assert_eq!(used.log, [Spend { at: start(), amount: 3 }]);
        assert_eq!(budget.refund(Some(&used), 3, start()), None);
        let (older, newer) = (Spend { at: start(), amount: 4 }, Spend { at: start() + 60.seconds(), amount: 3 });
        let used = budget.refund(Some(&Usage { free_at: start(), log: vec![older, newer] }), 5, start() + 61.seconds()).unwrap();
        assert_eq!(used.log, [Spend { amount: 2, ..older }]);
    }

    #[test]
    fn a_log_holds_what_still_counts_and_one_entry_for_each_grain() {
        let budget = Budget::of(2, 10 * MINUTE, Duration::ZERO);
        let used = budget.charge(None, 2, start()).unwrap();
        assert_eq!(budget.charge(Some(&used), 1, start()).unwrap_err().mended, None, "nothing was wrong with the clock");
        let later = start() + 600.seconds();
        assert_eq!(budget.charge(Some(&used), 1, later).unwrap().log, [Spend { at: later, amount: 1 }]);
        let grained = Budget::of(10, 10 * MINUTE, MINUTE);
        let used = grained.charge(None, 1, start() + 10.seconds()).unwrap();
        let used = grained.charge(Some(&used), 2, start() + 59.seconds()).unwrap();
        assert_eq!(used.log, [Spend { at: start(), amount: 3 }]);
    }

    /// What was used in any stretch of a window is at most what it allows.
    fn most_in(uses: &[(i64, u64)], seconds: i64) -> u64 {
        let from = |start: i64| uses.iter().filter(|(at, _)| (start..start + seconds).contains(at)).map(|(_, amount)| amount).sum::<u64>();
        uses.iter().map(|(at, _)| from(*at)).max().unwrap_or_default()
    }

    proptest! {
        #[test]
        fn never_more_than_a_window_allows(
            gaps in prop::collection::vec((0_i64..900, 1_u64..5), 1..120),
            grain in prop::sample::select(vec![0_u64, 60, 300]),
        ) {
            let windows = vec![Window { most: 6, period: 10 * MINUTE }, Window { most: 15, period: 60 * MINUTE }];
            let budget = Budget { windows, grain: Duration::from_secs(grain) };
            let (mut used, mut second, mut uses) = (None, 0, Vec::new());
            for (gap, amount) in gaps {
                second += gap;
                let now = start() + second.seconds();
                let room = budget.room(used.as_ref(), now);
                match budget.charge(used.as_ref(), amount, now) {
                    Ok(next) => {
                        prop_assert!(amount <= room.left);
                        prop_assert!(next.free_at > now);
                        used = Some(next);
                        uses.push((second, amount));
                    }
                    Err(full) => {
                        prop_assert!(amount > room.left);
                        prop_assert!(budget.charge(used.as_ref(), amount, now + full.wait).is_ok(), "whoever waits gets in");
                    }
                }
            }
            prop_assert!(most_in(&uses, 600) <= 6);
            prop_assert!(most_in(&uses, 3600) <= 15);
            let entries = used.map_or(0, |used| used.log.len());
            prop_assert!(entries <= 15);
        }
    }
}
