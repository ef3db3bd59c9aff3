//! The time of day that all servers of one database share. Limits, codes and leases are counted by it, so that they mean the same on every server.
//!
//! On PostgreSQL it is the database's: this machine's clock is asked how far it is ahead, and believed where the difference is too small to tell. On SQLite there is no
//! other clock. Between two looks it is counted on by the machine's steady clock: one that is set meanwhile shows at the next look, and never half.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use daftar_core::ports::{Clock, StoreError, Timestamp};
use daftar_store::{SqlStore, Told};
use tokio::time::{Instant, MissedTickBehavior, interval};

use crate::system::SystemClock;

/// How often this machine's clock is compared with what we show.
const TICK: Duration = Duration::from_secs(1);
/// How often the database is asked, and told.
const EVERY: Duration = Duration::from_secs(10);
/// Clocks that differ by less agree, in milliseconds: connections and schedulers cannot be measured to the millisecond.
const SAME: i64 = 1000;
/// An answer that took no longer tells enough.
const QUICK: Duration = Duration::from_millis(50);
/// How many answers are waited for until one is quick: the first may have made its connection.
const ANSWERS: usize = 3;

/// The shared time of day.
#[derive(Debug)]
pub(crate) struct SharedClock {
    began: Instant,
    /// The time of day at `began`, in milliseconds. It is one number, so that nobody sees half a step.
    time_then: AtomicI64,
}

impl SharedClock {
    /// A clock that shows what this machine's does.
    fn new() -> Self {
        Self { began: Instant::now(), time_then: AtomicI64::new(SystemClock.now().as_millisecond()) }
    }

    /// How long after its beginning something was, in milliseconds.
    fn counted(&self, at: Instant) -> i64 {
        i64::try_from(at.saturating_duration_since(self.began).as_millis()).unwrap_or(i64::MAX)
    }

    fn shows(&self) -> i64 {
        self.time_then.load(Ordering::Relaxed).saturating_add(self.counted(Instant::now()))
    }

    /// `time` is what it ought to have shown then.
    fn set(&self, then: Instant, time: i64) {
        self.time_then.store(time.saturating_sub(self.counted(then)), Ordering::Relaxed);
    }
}

impl Clock for SharedClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millisecond(self.shows()).unwrap_or_else(|_| SystemClock.now())
    }
}

/// This machine's clock, as it was read.
#[derive(Debug, Clone, Copy)]
struct Glance {
    /// When.
    at: Instant,
    /// What it showed, in milliseconds.
    shown: i64,
}

impl Glance {
    fn now() -> Self {
        Self { at: Instant::now(), shown: SystemClock.now().as_millisecond() }
    }
}

/// The database's clock, as it was read from here.
#[derive(Debug, Clone, Copy)]
struct Reading {
    /// Just before.
    glance: Glance,
    /// How far this machine's clock was ahead of it, in milliseconds.
    ahead: i64,
    /// How long the answer took.
    took: Duration,
}

impl Reading {
    /// Reads the clock of a store, if it has one: of a few answers the quickest.
    async fn of(store: &SqlStore) -> Result<Option<Self>, StoreError> {
        let mut best: Option<Self> = None;
        for _ in 0..ANSWERS {
            let glance = Glance::now();
            let Some(there) = store.time().await? else { return Ok(None) };
            let took = glance.at.elapsed();
            // It was read halfway, as far as we know.
            let halfway = i64::try_from(took.as_millis() / 2).unwrap_or(i64::MAX);
            let ahead = glance.shown.saturating_add(halfway).saturating_sub(there.as_millisecond());
            best = best.filter(|best| best.took <= took).or(Some(Self { glance, ahead, took }));
            if took <= QUICK {
                break;
            }
        }
        Ok(best)
    }

    /// By how much to correct this machine's clock, in milliseconds; `None`: the clocks agree, as far as one can tell. What is corrected stays so until they
    /// clearly agree.
    fn correction(self, is_corrected: bool) -> Option<i64> {
        let unsure = i64::try_from(self.took.as_millis() / 2).unwrap_or(i64::MAX);
        let same = if is_corrected { SAME / 2 } else { SAME };
        (self.ahead.saturating_abs() > same.saturating_add(unsure)).then_some(self.ahead)
    }
}

/// By how many milliseconds this machine's clock is ahead of the database's, 0 where one cannot tell; `None`: the database has no clock of its own.
///
/// # Errors
/// When the store fails.
pub(crate) async fn ahead(store: &SqlStore) -> Result<Option<i64>, StoreError> {
    Ok(Reading::of(store).await?.map(|reading| reading.correction(false).unwrap_or(0)))
}

/// Keeps a [`SharedClock`] right.
#[derive(Debug, Clone)]
pub(crate) struct Timekeeper {
    clock: Arc<SharedClock>,
    store: Arc<SqlStore>,
    /// What is taken off this machine's time, in milliseconds.
    correction: Option<i64>,
    /// The correction that the log tells of.
    told: Option<i64>,
    /// The latest time, as the store remembered it when it was told last.
    latest: Timestamp,
}

impl Timekeeper {
    /// A clock that is right from the start.
    ///
    /// # Errors
    /// When the store fails.
    pub(crate) async fn start(store: Arc<SqlStore>) -> Result<Self, StoreError> {
        let mut keeper = Self { clock: Arc::new(SharedClock::new()), store, correction: None, told: None, latest: Timestamp::MIN };
        keeper.look().await?;
        Ok(keeper)
    }

    /// The clock.
    pub(crate) fn clock(&self) -> Arc<SharedClock> {
        Arc::clone(&self.clock)
    }

    /// Looks at the clocks and sets ours. One that was set back is followed once the store has put in order what that means. Ours is counted on from the moment of the
    /// look: whoever sets the machine's clock meanwhile changes nothing of it.
    ///
    /// # Errors
    /// When the store fails; time then goes on as before.
    pub(crate) async fn look(&mut self) -> Result<(), StoreError> {
        let (glance, told) = match self.read().await? {
            Some(reading) => {
                self.correction = reading.correction(self.correction.is_some());
                self.tell();
                (reading.glance, Told::There)
            }
            None => {
                let glance = Glance::now();
                (glance, Told::Here { latest: self.latest, shown: self.clock.now(), now: at(glance.shown) })
            }
        };
        let kept = self.store.keep_time(told).await?;
        self.latest = kept.latest;
        if let Some(by) = kept.set_back {
            if kept.is_absurd {
                tracing::error!("the clock was set back by {} s, which is too much to be put in order: see that it is right", by.as_secs());
            } else {
                tracing::warn!("the clock was set back by {} s: what was over stays over", by.as_secs());
            }
        }
        self.clock.set(glance.at, self.corrected(glance));
        Ok(())
    }

    /// This machine's time, corrected.
    fn corrected(&self, glance: Glance) -> i64 {
        glance.shown.saturating_sub(self.correction.unwrap_or_default())
    }

    /// Reads the database's clock, if it has one.
    async fn read(&self) -> Result<Option<Reading>, StoreError> {
        let reading = Reading::of(&self.store).await?;
        if let Some(Reading { ahead, .. }) = reading {
            metrics::gauge!("daftar_clock_ahead_seconds").set(Timestamp::UNIX_EPOCH.duration_until(at(ahead)).as_secs_f64());
        }
        Ok(reading)
    }

    /// Tells of a difference when it begins, when it changes, and when it is over.
    fn tell(&mut self) {
        match (self.told, self.correction) {
            (None, None) => {}
            (Some(told), Some(ahead)) if told.abs_diff(ahead) <= SAME.unsigned_abs() => return,
            (_, Some(ahead)) => {
                let (seconds, way) = (ahead.unsigned_abs() / 1000, if ahead > 0 { "ahead of" } else { "behind" });
                tracing::warn!("this machine's clock is {seconds} s {way} the database's: the database's time is used; set the clock");
            }
            (Some(_), None) => tracing::info!("this machine's clock agrees with the database's again"),
        }
        self.told = self.correction;
    }

    /// Whether this machine's clock has been set since it was looked at, or has stood still.
    fn has_strayed(&self) -> bool {
        self.corrected(Glance::now()).abs_diff(self.clock.shows()) > SAME.unsigned_abs()
    }

    /// Keeps the clock right, for ever. A store that fails is complained of once, and asked again every second.
    pub(crate) async fn follow(mut self) {
        let mut ticks = interval(TICK);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let (mut failing, mut looked) = (false, Instant::now());
        loop {
            ticks.tick().await;
            if !failing && looked.elapsed() < EVERY && !self.has_strayed() {
                continue;
            }
            let outcome = self.look().await;
            match (&outcome, failing) {
                (Err(error), false) => {
                    tracing::warn!(error = error as &dyn std::error::Error, "the store cannot be told the time: counting on from the last");
                }
                (Ok(()), true) => tracing::info!("the store can be told the time again"),
                (Ok(()), false) | (Err(_), true) => {}
            }
            (failing, looked) = (outcome.is_err(), Instant::now());
        }
    }
}

/// So many milliseconds after 1970.
fn at(ms: i64) -> Timestamp {
    Timestamp::from_millisecond(ms).unwrap_or(Timestamp::UNIX_EPOCH)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn corrected(ahead: i64, took: u64, is_corrected: bool) -> Option<i64> {
        Reading { glance: Glance::now(), ahead, took: Duration::from_millis(took) }.correction(is_corrected)
    }

    #[test]
    fn fault_6_clocks_that_agree_as_far_as_one_can_tell_are_not_corrected() {
        for close in [0, 1, -1, 1000, -1000] {
            assert_eq!(corrected(close, 0, false), None);
        }
        for apart in [1001, -1001, 3_600_000, -3_600_000, i64::MIN] {
            assert_eq!(corrected(apart, 0, false), Some(apart));
        }
        assert_eq!((corrected(2000, 2000, false), corrected(2001, 2000, false)), (None, Some(2001)), "half of a slow answer may be on either way");
    }

    #[test]
    fn a_correction_is_given_up_when_the_clocks_clearly_agree() {
        assert_eq!((corrected(501, 0, true), corrected(-501, 0, true), corrected(500, 0, true)), (Some(501), Some(-501), None));
    }

    #[test]
    fn fault_6_the_clock_shows_what_it_was_set_to_and_counts_on() {
        let clock = SharedClock::new();
        for time in [1_700_000_000_000, 1_600_000_000_000, 1_800_000_000_000] {
            clock.set(Instant::now(), time);
            assert!((time..time + 1000).contains(&clock.now().as_millisecond()));
        }
        assert_eq!(clock.now().as_nanosecond() % 1_000_000, 0, "whole milliseconds");
    }
}
