//! Look-ups are counted beside the hot path. The first few of an asker in a period pass at once. Whoever goes on asking owes them, and pays each further one before
//! he is answered, exactly, at the store that all replicas share. So those who look up little, nearly everybody, cost no write and no query, and the few that look up
//! many are held to their limit; a sixth of it passes on each replica that an asker leaves before he owes it anything.
//!
//! It holds counts only, for a period, and of a bounded number of askers: those beyond it pay at once.

use std::time::Duration;

use super::look_ups::{Asker, LookUpLimits};
use super::recent::Recent;
use super::{Charged, Exhausted, TooOften};
use crate::ports::{StoreError, Timestamp};
use crate::service::{Accounts, Fault};

/// What part of a limit passes before it is paid.
const UNPAID: u64 = 6;
/// About how many askers are remembered.
const MOST: usize = 100_000;

/// What has passed.
#[derive(Debug)]
pub(crate) struct Tally {
    limits: LookUpLimits,
    counts: Recent<Asker, Count>,
}

#[derive(Debug)]
struct Count {
    since: Timestamp,
    /// Passed unpaid since then.
    passed: u64,
    /// Of those, what is owed if there are more.
    owed: u64,
    /// There is no room before this moment.
    full_until: Option<Timestamp>,
}

/// What becomes of a look-up.
#[derive(Debug, PartialEq, Eq)]
enum Verdict {
    /// It passes.
    Pass,
    /// It has to be paid, after so many that have passed.
    Pay { owed: u64 },
    /// There is no room.
    Full(Duration),
}

impl Tally {
    pub(crate) fn new(limits: LookUpLimits) -> Self {
        Self { limits, counts: Recent::new(MOST, limits.period()) }
    }

    fn judge(&self, asker: &Asker, now: Timestamp) -> Verdict {
        let (period, unpaid) = (self.limits.period(), (u64::from(self.limits.of(asker).burst) / UNPAID).max(1));
        let kept = |count: &mut Count| count.is_of_now(period, now) || count.wait(now).is_some_and(|wait| wait <= period);
        let fresh = || Count { since: now, passed: 0, owed: 0, full_until: None };
        let judge = |count: Option<&mut Count>| count.map_or(Verdict::Pay { owed: 0 }, |count| count.judge(unpaid, period, now));
        self.counts.with(asker.clone(), now, kept, fresh, judge)
    }

    fn is_full(&self, asker: &Asker, until: Timestamp) {
        self.counts.with_known(asker, |count| count.full_until = Some(until));
    }
}

impl Count {
    fn judge(&mut self, unpaid: u64, period: Duration, now: Timestamp) -> Verdict {
        // A clock that has jumped back begins anew, too.
        if !self.is_of_now(period, now) {
            let full_until = self.full_until.filter(|until| *until <= now + period);
            *self = Self { since: now, passed: 0, owed: 0, full_until };
        }
        if let Some(wait) = self.wait(now) {
            return Verdict::Full(wait);
        }
        if self.passed >= unpaid {
            return Verdict::Pay { owed: std::mem::take(&mut self.owed) };
        }
        self.passed += 1;
        self.owed += 1;
        Verdict::Pass
    }

    fn is_of_now(&self, period: Duration, now: Timestamp) -> bool {
        Duration::try_from(now.duration_since(self.since)).is_ok_and(|age| age < period)
    }

    /// How long there is no room; `None`: there may be.
    fn wait(&self, now: Timestamp) -> Option<Duration> {
        self.full_until.and_then(|until| Duration::try_from(until.duration_since(now)).ok()).filter(|wait| !wait.is_zero())
    }
}

impl Accounts {
    /// Lets somebody look up who is registered (threat row 60).
    ///
    /// # Errors
    /// [`TooOften`], or a fault.
    pub(crate) async fn may_look_up<E: From<TooOften> + From<Fault>>(&self, asker: &Asker) -> Result<(), E> {
        let Some(tally) = self.tally() else { return Ok(()) };
        let now = self.now();
        match tally.judge(asker, now) {
            Verdict::Pass => Ok(()),
            Verdict::Pay { owed } => self.pay(tally, asker, owed, now).await.map_err(Fault::from)?.map_err(E::from),
            Verdict::Full(wait) => {
                let spent = vec![tally.limits.charge(asker, 1).key];
                Err(self.too_often(&Exhausted { retry_after: wait, spent }, now).into())
            }
        }
    }

    async fn pay(&self, tally: &Tally, asker: &Asker, owed: u64, now: Timestamp) -> Result<Result<(), TooOften>, StoreError> {
        if owed > 0 {
            self.store().note_usage(vec![tally.limits.charge(asker, owed)], now).await?;
        }
        match self.store().charge(vec![tally.limits.charge(asker, 1)], now).await? {
            Charged::Allowed => Ok(Ok(())),
            Charged::Refused(exhausted) => {
                tally.is_full(asker, now + exhausted.retry_after);
                Ok(Err(self.too_often(&exhausted, now)))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::ClientId;
    use jiff::ToSpan as _;
    use std::net::IpAddr;

    fn tally() -> Tally {
        Tally::new(LookUpLimits::default())
    }

    fn person(n: u32) -> Asker {
        Asker::Person(IpAddr::from(n.to_be_bytes()).into())
    }

    fn start() -> Timestamp {
        Timestamp::UNIX_EPOCH + 1000.hours()
    }

    #[test]
    fn row_60_a_sixth_passes_and_whoever_goes_on_owes_it() {
        let tally = tally();
        let first: Vec<_> = (0..5).map(|_| tally.judge(&person(1), start())).collect();
        assert_eq!(first, [(); 5].map(|()| Verdict::Pass));
        assert_eq!(tally.judge(&person(1), start()), Verdict::Pay { owed: 5 });
        assert_eq!(tally.judge(&person(1), start()), Verdict::Pay { owed: 0 });
        assert_eq!(tally.judge(&person(2), start()), Verdict::Pass, "another's is another's");
        assert_eq!(tally.judge(&person(1), start() + 60.seconds()), Verdict::Pass, "a new period");
        let client = Asker::Client(ClientId::parse("pos").unwrap());
        let passed = (0..200).filter(|_| tally.judge(&client, start()) == Verdict::Pass).count();
        assert_eq!(passed, 100, "a sixth of what a machine client may");
    }

    #[test]
    fn row_60_who_is_known_to_be_full_asks_no_store() {
        let tally = tally();
        assert_eq!(tally.judge(&person(1), start()), Verdict::Pass);
        tally.is_full(&person(1), start() + 2.seconds());
        assert_eq!(tally.judge(&person(1), start()), Verdict::Full(Duration::from_secs(2)));
        assert_eq!(tally.judge(&person(1), start() + 2.seconds()), Verdict::Pass);
        tally.is_full(&person(1), start() + 70.seconds());
        assert_eq!(tally.judge(&person(1), start() + 60.seconds()), Verdict::Full(Duration::from_secs(10)), "a new period, and still full");
        tally.is_full(&person(1), start() + 30.seconds());
        assert_eq!(tally.judge(&person(1), start() - 1.hour()), Verdict::Pass, "a clock that jumped back freezes nobody");
    }

    #[test]
    fn who_asks_no_more_is_forgotten() {
        let tally = tally();
        let others = |n: std::ops::Range<u32>, now| n.for_each(|n| assert_eq!(tally.judge(&person(n), now), Verdict::Pass));
        others(0..1000, start());
        others(1000..2000, start() + 59.seconds());
        assert_eq!(tally.counts.len(), 2000, "what passed unpaid is remembered for a period");
        others(2000..3000, start() + 60.seconds());
        assert_eq!(tally.counts.len(), 2000);
    }

    #[test]
    fn row_60_a_crowd_beyond_what_is_remembered_pays() {
        let tally = tally();
        let paying = (0..110_000).filter(|n| tally.judge(&person(*n), start()) == Verdict::Pay { owed: 0 }).count();
        assert!((10_000..20_000).contains(&paying), "{paying}");
    }
}
