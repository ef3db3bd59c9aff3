//! Rest for a route that fails again and again (threat row 45): it gets no message until its rest is over, then one, to see whether it is well. Where
//! there is no other route, it is asked all the same: see [`crate::routing`].
//!
//! ```text
//! well ──5 failures in a row──► resting ──its time is over──► probed by one message ──taken──► well
//!                                  ▲                                   │
//!                                  └──────── not taken: twice as long ─┘
//! ```

use std::time::Duration;

use daftar_core::ports::Timestamp;

/// Failures in a row after which a route rests.
const FAILURES: u32 = 5;
/// How long it rests the first time.
const FIRST_REST: Duration = Duration::from_secs(10);
/// How long it rests at most.
const LONGEST_REST: Duration = Duration::from_secs(300);

/// How a route is doing, as this process has seen it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Breaker {
    /// It works, as far as is known, after so many failures in a row.
    Well { failures: u32 },
    /// It gets nothing until then.
    Resting { until: Timestamp, rest: Duration },
    /// One message is finding out; until then no other one follows.
    Probed { until: Timestamp, rest: Duration },
}

/// What a result has changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Turn {
    /// It rests from now on, for so long.
    Rests(Duration),
    /// It is well again.
    Recovered,
}

impl Default for Breaker {
    fn default() -> Self {
        Self::Well { failures: 0 }
    }
}

impl Breaker {
    /// Whether it is to be spared.
    pub(crate) fn rests(&self, now: Timestamp) -> bool {
        match *self {
            Self::Well { .. } => false,
            Self::Resting { until, .. } | Self::Probed { until, .. } => now < until,
        }
    }

    /// A message goes by it, and will be back within `patience`.
    pub(crate) fn begin(&mut self, now: Timestamp, patience: Duration) {
        match *self {
            Self::Resting { until, rest } | Self::Probed { until, rest } if now >= until => {
                *self = Self::Probed { until: after(now, patience), rest };
            }
            Self::Well { .. } | Self::Resting { .. } | Self::Probed { .. } => {}
        }
    }

    /// The gateway answered as gateways do: it took a message, or turned that one down.
    pub(crate) fn succeed(&mut self) -> Option<Turn> {
        let was = std::mem::take(self);
        (!matches!(was, Self::Well { .. })).then_some(Turn::Recovered)
    }

    /// It did not.
    pub(crate) fn fail(&mut self, now: Timestamp) -> Option<Turn> {
        let rest = match *self {
            Self::Well { failures } if failures + 1 < FAILURES => {
                *self = Self::Well { failures: failures + 1 };
                return None;
            }
            Self::Well { .. } => FIRST_REST,
            Self::Probed { rest, .. } => (rest * 2).min(LONGEST_REST),
            // Those that were on their way when it went to rest say nothing new.
            Self::Resting { .. } => return None,
        };
        *self = Self::Resting { until: after(now, rest), rest };
        Some(Turn::Rests(rest))
    }
}

fn after(now: Timestamp, by: Duration) -> Timestamp {
    now.checked_add(by).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn second(n: i64) -> Timestamp {
        Timestamp::from_second(n).unwrap()
    }

    fn resting(now: Timestamp) -> Breaker {
        let mut breaker = Breaker::default();
        let turns: Vec<_> = (0..FAILURES).map(|_| breaker.fail(now)).collect();
        assert_eq!(turns, [None, None, None, None, Some(Turn::Rests(FIRST_REST))]);
        breaker
    }

    #[test]
    fn row_45_five_failures_in_a_row_bring_rest_and_a_success_between_them_none() {
        let mut breaker = resting(second(0));
        assert!(breaker.rests(second(9)) && !breaker.rests(second(10)));
        assert_eq!(breaker.fail(second(5)), None, "one that was on its way");
        assert!(!breaker.rests(second(10)));

        let mut breaker = Breaker::default();
        for _ in 0..10 {
            assert_eq!((0..FAILURES - 1).find_map(|_| breaker.fail(second(0))), None);
            assert_eq!(breaker.succeed(), None);
        }
    }

    #[test]
    fn one_message_probes_and_the_others_wait_for_what_it_finds() {
        let mut breaker = resting(second(0));
        breaker.begin(second(10), Duration::from_secs(20));
        assert!(breaker.rests(second(29)) && !breaker.rests(second(30)), "a probe that is lost is replaced");
        assert_eq!(breaker.succeed(), Some(Turn::Recovered));
        assert_eq!(breaker, Breaker::default());
    }

    #[test]
    fn every_failed_probe_doubles_the_rest_up_to_five_minutes() {
        let (mut breaker, mut now) = (resting(second(0)), second(10));
        let mut rests = Vec::new();
        for _ in 0..6 {
            breaker.begin(now, Duration::from_secs(1));
            let Some(Turn::Rests(rest)) = breaker.fail(now) else { unreachable!("a failed probe brings rest") };
            rests.push(rest.as_secs());
            now += rest;
        }
        assert_eq!(rests, [20, 40, 80, 160, 300, 300]);
    }

    #[test]
    fn one_that_is_asked_while_it_rests_and_works_is_well() {
        let mut breaker = resting(second(0));
        breaker.begin(second(1), Duration::from_secs(1));
        assert_eq!(breaker.succeed(), Some(Turn::Recovered));
        assert!(!breaker.rests(second(1)));
    }
}
