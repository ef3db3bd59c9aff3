//! Look-ups are counted beside the hot path. The first few of an asker in a period pass at once; they are written down together with everybody else's a moment
//! later. Whoever goes on asking pays each time before he is answered, exactly, at the store that all replicas share. So a look-up costs no write while the few
//! that look up many are held to their limit; what passes unpaid on a replica is a sixth of it.
//!
//! It holds counts only, for a period, and of a bounded number of askers: those beyond it pay at once.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::look_ups::Asker;
use super::{Charge, Charged, Exhausted, Limit, LimitKey, Room, TooOften};
use crate::ports::{StoreError, Timestamp};
use crate::service::{Accounts, Fault};

/// How long what has passed waits to be written down.
const SOON: Duration = Duration::from_millis(50);
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
    /// Somebody is about to write it down.
    is_watched: bool,
}

#[derive(Debug)]
struct Count {
    limit: Limit,
    since: Timestamp,
    /// Passed unpaid since then.
    passed: u64,
    /// Not written down yet.
    unpaid: u64,
    /// There is no room before this moment.
    full_until: Option<Timestamp>,
}

/// What becomes of a look-up.
#[derive(Debug, PartialEq, Eq)]
enum Verdict {
    /// It passes; `watch`: and nobody is about to write it down.
    Pass { watch: bool },
    /// It has to be paid, after so many that have passed.
    Pay { owed: u64 },
    /// There is no room.
    Full(Duration),
}

impl Tally {
    fn judge(&self, charge: &Charge, period: Duration, now: Timestamp) -> Verdict {
        let mut counts = self.lock();
        if counts.of.len() >= MOST && !counts.of.contains_key(&charge.key) {
            return Verdict::Pay { owed: 0 };
        }
        let fresh = || Count { limit: charge.limit.clone(), since: now, passed: 0, unpaid: 0, full_until: None };
        let count = counts.of.entry(charge.key.clone()).or_insert_with(fresh);
        // A clock that has jumped back begins anew, too.
        if !Duration::try_from(now.duration_since(count.since)).is_ok_and(|age| age < period) {
            (count.since, count.passed) = (now, 0);
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
        Verdict::Pass { watch: !std::mem::replace(&mut counts.is_watched, true) }
    }

    fn is_full(&self, key: &LimitKey, until: Timestamp) {
        if let Some(count) = self.lock().of.get_mut(key) {
            count.full_until = Some(until);
        }
    }

    /// What has to be written down. Forgets whoever has not asked for a while.
    fn take(&self, period: Duration, now: Timestamp) -> Vec<Charge> {
        let mut counts = self.lock();
        counts.is_watched = false;
        let mut owed = Vec::new();
        counts.of.retain(|key, count| {
            let amount = std::mem::take(&mut count.unpaid);
            if amount > 0 {
                owed.push(Charge { key: key.clone(), limit: count.limit.clone(), amount });
            }
            amount > 0 || Duration::try_from(now.duration_since(count.since)).is_ok_and(|age| age < period)
        });
        owed
    }

    fn lock(&self) -> MutexGuard<'_, Counts> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
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
            Verdict::Pass { watch } => {
                if watch {
                    tokio::spawn(self.clone().write_down(limits.period()));
                }
                Ok(())
            }
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

    async fn write_down(self, period: Duration) {
        tokio::time::sleep(SOON).await;
        let now = self.now();
        let owed = self.tally().take(period, now);
        match self.store().note_usage(owed, now).await {
            Ok(rooms) => {
                for (key, Room { wait, .. }) in rooms {
                    if !wait.is_zero() {
                        self.tally().is_full(&key, now + wait);
                    }
                }
            }
            // What has passed has passed; whoever goes on asking meets the store himself.
            Err(error) => tracing::debug!(%error, "look-ups were not written down"),
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
    fn row_60_a_sixth_passes_and_is_written_down_and_the_rest_is_paid() {
        let tally = Tally::default();
        let judge = |of: &str, now| tally.judge(&charge(of), MINUTE, now);
        let first: Vec<_> = (0..5).map(|_| judge("a", start())).collect();
        let pass = |watch| Verdict::Pass { watch };
        assert_eq!(first, [pass(true), pass(false), pass(false), pass(false), pass(false)]);
        assert_eq!(judge("a", start()), Verdict::Pay { owed: 5 });
        assert_eq!(judge("a", start()), Verdict::Pay { owed: 0 });
        assert_eq!(judge("b", start()), pass(false), "another's is another's");
        assert_eq!(tally.take(MINUTE, start()), [charge("b")]);
        assert_eq!(judge("a", start() + 60.seconds()), pass(true), "a new period");
    }

    #[test]
    fn row_60_who_is_known_to_be_full_asks_no_store() {
        let tally = Tally::default();
        assert_eq!(tally.judge(&charge("a"), MINUTE, start()), Verdict::Pass { watch: true });
        tally.is_full(&charge("a").key, start() + 2.seconds());
        assert_eq!(tally.judge(&charge("a"), MINUTE, start()), Verdict::Full(Duration::from_secs(2)));
        assert_eq!(tally.judge(&charge("a"), MINUTE, start() + 2.seconds()), Verdict::Pass { watch: false });
        tally.is_full(&charge("a").key, start() + 70.seconds());
        assert_eq!(tally.judge(&charge("a"), MINUTE, start() + 60.seconds()), Verdict::Full(Duration::from_secs(10)), "a new period, and still full");
        tally.is_full(&charge("a").key, start() + 30.seconds());
        assert_eq!(tally.judge(&charge("a"), MINUTE, start() - 1.hour()), Verdict::Pass { watch: false }, "a clock that jumped back freezes nobody");
    }

    #[test]
    fn who_asks_no_more_is_forgotten() {
        let tally = Tally::default();
        tally.judge(&charge("a"), MINUTE, start());
        assert_eq!(tally.take(MINUTE, start()).len(), 1);
        assert_eq!(tally.lock().of.len(), 1, "what passed unpaid is remembered for a period");
        assert!(tally.take(MINUTE, start() + 60.seconds()).is_empty());
        assert!(tally.lock().of.is_empty());
    }
}
