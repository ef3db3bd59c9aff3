//! What a process remembers for a short while of many callers: of a bounded number, spread over several tables, so that one request seldom waits for another.

use std::collections::HashMap;
use std::hash::{BuildHasher as _, Hash, RandomState};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::ports::Timestamp;

/// How many tables there are.
const TABLES: usize = 16;

/// `V`s by `K`.
#[derive(Debug)]
pub struct Recent<K, V> {
    tables: [Mutex<Table<K, V>>; TABLES],
    hasher: RandomState,
    /// How many a table holds.
    most: usize,
    /// How often the idle are forgotten.
    sweep: Duration,
}

#[derive(Debug)]
struct Table<K, V> {
    of: HashMap<K, V>,
    swept_at: Timestamp,
}

impl<K: Eq + Hash, V> Recent<K, V> {
    /// Remembers about `most`, and looks for the idle every `sweep`.
    #[must_use]
    pub fn new(most: usize, sweep: Duration) -> Self {
        let table = |_| Mutex::new(Table { of: HashMap::new(), swept_at: Timestamp::default() });
        Self { tables: std::array::from_fn(table), hasher: RandomState::new(), most: most.div_ceil(TABLES), sweep }
    }

    /// Does `act` with what is remembered of `key`, else with what is `fresh` and is remembered from now on; with `None` if there is no room for it. Now and then
    /// it first forgets all that is not `kept`.
    pub fn with<R>(
        &self,
        key: K,
        now: Timestamp,
        kept: impl Fn(&mut V) -> bool,
        fresh: impl FnOnce() -> V,
        act: impl FnOnce(Option<&mut V>) -> R,
    ) -> R {
        let mut table = self.table(&key);
        // A clock that has jumped either way only makes it soon.
        if now.duration_since(table.swept_at).unsigned_abs() >= self.sweep {
            table.of.retain(|_, value| kept(value));
            table.swept_at = now;
        }
        if table.of.len() < self.most {
            return act(Some(table.of.entry(key).or_insert_with(fresh)));
        }
        act(table.of.get_mut(&key))
    }

    /// Does `act` with what is remembered of `key`, if anything is.
    pub fn with_known(&self, key: &K, act: impl FnOnce(&mut V)) {
        if let Some(value) = self.table(key).of.get_mut(key) {
            act(value);
        }
    }

    /// How many are remembered.
    #[must_use]
    pub fn len(&self) -> usize {
        self.tables.iter().map(|table| locked(table).of.len()).sum()
    }

    /// Whether nobody is.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn table(&self, key: &K) -> MutexGuard<'_, Table<K, V>> {
        let place = self.hasher.hash_one(key) % TABLES as u64;
        let [first, ..] = &self.tables;
        locked(usize::try_from(place).ok().and_then(|place| self.tables.get(place)).unwrap_or(first))
    }
}

fn locked<K, V>(table: &Mutex<Table<K, V>>) -> MutexGuard<'_, Table<K, V>> {
    table.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOST: usize = 1600;
    const SWEEP: Duration = Duration::from_secs(10);

    fn start() -> Timestamp {
        Timestamp::UNIX_EPOCH + Duration::from_secs(3_600_000)
    }

    /// Counts for each of `keys`, and forgets whoever has counted to two.
    fn count(recent: &Recent<u32, u32>, keys: std::ops::Range<u32>, now: Timestamp) -> Vec<Option<u32>> {
        let next = |value: Option<&mut u32>| {
            value.map(|value| {
                *value += 1;
                *value
            })
        };
        keys.map(|key| recent.with(key, now, |value| *value < 2, || 0, next)).collect()
    }

    #[test]
    fn each_has_his_own_and_the_idle_are_forgotten() {
        let recent = Recent::new(MOST, SWEEP);
        assert_eq!(count(&recent, 0..100, start()), [Some(1); 100]);
        assert_eq!(count(&recent, 0..50, start()), [Some(2); 50]);
        assert_eq!((recent.len(), recent.is_empty()), (100, false));
        // Enough others, that every table is looked through.
        count(&recent, 1000..1500, start() + SWEEP);
        assert_eq!(recent.len(), 550);
        assert_eq!(count(&recent, 0..1, start() + SWEEP), [Some(1)], "forgotten, and begun anew");
        let mut seen = None;
        recent.with_known(&60, |value| seen = Some(*value));
        recent.with_known(&7_000, |_| seen = None);
        assert_eq!(seen, Some(1));
    }

    #[test]
    fn its_memory_is_bounded_and_whoever_is_in_it_stays() {
        let recent = Recent::new(MOST, SWEEP);
        assert!(recent.is_empty());
        let many = u32::try_from(10 * MOST).unwrap();
        let none = count(&recent, 0..many, start()).iter().filter(|value| value.is_none()).count();
        assert_eq!((recent.len(), none), (MOST, 9 * MOST));
        assert_eq!(count(&recent, 0..1, start()), [Some(2)]);
    }

    #[test]
    fn fault_6_a_clock_an_hour_back_sweeps_no_less() {
        let recent = Recent::new(MOST, SWEEP);
        count(&recent, 0..500, start());
        count(&recent, 0..500, start());
        count(&recent, 1000..1500, start() - Duration::from_secs(3600));
        assert_eq!(recent.len(), 500);
    }
}
