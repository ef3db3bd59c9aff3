//! Look-ups are counted beside the hot path. The first few of an asker in a period pass at once. Whoever goes on asking owes them, and pays each further one before
//! he is answered, exactly, at the store that all replicas share. So those who look up little, nearly everybody, cost no write and no query, and the few that look up
//! many are held to their limit; a sixth of it passes on each replica that an asker leaves before he owes it anything.
//!
//! It holds counts only, for a period, and of a bounded number of askers: those beyond it pay at once.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::look_ups::Asker;
use super::{Charge, Charged, Exhausted, LimitKey, TooOften};
use crate::ports::{StoreError, Timestamp};
use crate::service::{Accounts, Fault};

/// What part of a limit passes before it is paid.
const UNPAID: u64 = 6;
/// How many askers are remembered.
const MOST: usize = 100_000;

/// What has passed.
#[derive(Debug, Default)]
pub(crate) struct Tally(Mutex<Counts>);

#[derive(Debug, Default)]
struct Counts {
    of: HashMap<LimitKey, Count>,
    /// When those who ask no more were forgotten.
    swept_at: Timestamp,
}

#[derive(Debug)]
struct Count {
    since: Timestamp,
    /// Passed unpaid since then.
    passed: u64,
    /// Of those, what is owed if there are more.
    unpaid: u64,
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
    fn judge(&self, charge: &Charge, period: Duration, now: Timestamp) -> Verdict {
        let mut counts = self.lock();
        counts.sweep(period, now);
        if counts.of.len() >= MOST && !counts.of.contains_key(&charge.key) {
            return Verdict::Pay { owed: 0 };
        }
        let fresh = || Count { since: now, passed: 0, unpaid: 0, full_until: None };
        let count = counts.of.entry(charge.key.clone()).or_insert_with(fresh);
        // A clock that has jumped back begins anew, too.
        if !Duration::try_from(now.duration_since(count.since)).is_ok_and(|age| age < period) {
            (count.since, count.passed, count.unpaid) = (now, 0, 0);
            count.full_until = count.full_until.filter(|until| *until > now && *until <= now + period);
        }
        if let Some(wait) = count.full_until.and_then(|until| Duration::try_from(until.duration_since(now)).ok()).filter(|wait| !wait.is_zero()) {
            return Verdict::Full(wait);
        }
        if count.passed >= (charge.limit.at_once() / UNPAID).max(1) {
            return Verdict::Pay { owed: std::mem::take(&mut count.unpaid) };
        }
        count.passed += 1;
        count.unpaid += 1;
        Verdict::Pass
    }

    fn is_full(&self, key: &LimitKey, until: Timestamp) {
        if let Some(count) = self.lock().of.get_mut(key) {
            count.full_until = Some(until);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Counts> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Counts {
    /// Forgets whoever has not asked for a while, now and then.
    fn sweep(&mut self, period: Duration, now: Timestamp) {
        // A clock that has jumped either way only makes it soon.
        if now.duration_since(self.swept_at).unsigned_abs() >= period {
            self.of.retain(|_, count| {
                let is_full = count.full_until.is_some_and(|until| until > now && until <= now + period);
                is_full || Duration::try_from(now.duration_since(count.since)).is_ok_and(|age| age < period)
            });
            self.swept_at = now;
        }
    }
}

impl Accounts {
    /// Lets somebody look up who is registered (threat row 60).
    ///
    /// # Errors
    /// [`TooOften`], or a fault.
    pub(crate) async fn may_look_up<E: From<TooOften> + From<Fault>>(&self, asker: &Asker) -> Result<(), E> {
        let Some(limits) = self.policy().limits.as_ref().map(|limits| limits.look_ups) else { return Ok(()) };
        let (charge, now) = (limits.charge(asker), self.now());
        match self.tally().judge(&charge, limits.period(), now) {
            Verdict::Pass => Ok(()),
            Verdict::Pay { owed } => self.pay(charge, owed, now).await.map_err(Fault::from)?.map_err(E::from),
            Verdict::Full(wait) => Err(self.too_often(&Exhausted { retry_after: wait, spent: vec![charge.key] }, now).into()),
        }
    }

    async fn pay(&self, charge: Charge, owed: u64, now: Timestamp) -> Result<Result<(), TooOften>, StoreError> {
        if owed > 0 {
            self.store().note_usage(vec![Charge { amount: owed, ..charge.clone() }], now).await?;
        }
        let key = charge.key.clone();
        match self.store().charge(vec![charge], now).await? {
            Charged::Allowed => Ok(Ok(())),
            Charged::Refused(exhausted) => {
                self.tally().is_full(&key, now + exhausted.retry_after);
                Ok(Err(self.too_often(&exhausted, now)))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limit::{Gcra, LimitKind};
    use jiff::ToSpan as _;

    const MINUTE: Duration = Duration::from_secs(60);

    fn charge(of: &str) -> Charge {
        Charge::one(LimitKey::new(LimitKind::LookUpAddress, of), Gcra { burst: 30, period: MINUTE })
    }

    fn start() -> Timestamp {
        Timestamp::UNIX_EPOCH + 1000.hours()
    }

    #[test]
    fn row_60_a_sixth_passes_and_whoever_goes_on_owes_it() {
        let tally = Tally::default();
        let judge = |of: &str, now| tally.judge(&charge(of), MINUTE, now);
        let first: Vec<_> = (0..5).map(|_| judge("a", start())).collect();
        assert_eq!(first, [(); 5].map(|()| Verdict::Pass));
        assert_eq!(judge("a", start()), Verdict::Pay { owed: 5 });
        assert_eq!(judge("a", start()), Verdict::Pay { owed: 0 });
        assert_eq!(judge("b", start()), Verdict::Pass, "another's is another's");
        assert_eq!(judge("a", start() + 60.seconds()), Verdict::Pass, "a new period");
    }

    #[test]
    fn row_60_who_is_known_to_be_full_asks_no_store() {
        let tally = Tally::default();
        assert_eq!(tally.judge(&charge("a"), MINUTE, start()), Verdict::Pass);
        tally.is_full(&charge("a").key, start() + 2.seconds());
        assert_eq!(tally.judge(&charge("a"), MINUTE, start()), Verdict::Full(Duration::from_secs(2)));
        assert_eq!(tally.judge(&charge("a"), MINUTE, start() + 2.seconds()), Verdict::Pass);
        tally.is_full(&charge("a").key, start() + 70.seconds());
        assert_eq!(tally.judge(&charge("a"), MINUTE, start() + 60.seconds()), Verdict::Full(Duration::from_secs(10)), "a new period, and still full");
        tally.is_full(&charge("a").key, start() + 30.seconds());
        assert_eq!(tally.judge(&charge("a"), MINUTE, start() - 1.hour()), Verdict::Pass, "a clock that jumped back freezes nobody");
    }

    #[test]
    fn who_asks_no_more_is_forgotten() {
        let tally = Tally::default();
        tally.judge(&charge("a"), MINUTE, start());
        tally.judge(&charge("b"), MINUTE, start() + 59.seconds());
        assert_eq!(tally.lock().of.len(), 2, "what passed unpaid is remembered for a period");
        tally.judge(&charge("b"), MINUTE, start() + 60.seconds());
        assert_eq!(tally.lock().of.len(), 1);
    }
}
