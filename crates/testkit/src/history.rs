//! What concurrent clients saw of an object, and whether it can have been so: whether there is an order of all calls, none before its beginning and none after its
//! answer, in which an object that does one thing after the other gives the same answers (it is *linearizable*; Herlihy and Wing 1990, the search is Wing's and Gong's).
//!
//! A call without an answer may have happened at any time since, or not at all. Time is counted in beginnings and ends, so that no clock is needed.

use std::collections::{BTreeMap, HashSet};
use std::fmt::Debug;
use std::hash::Hash;
use std::sync::Mutex;

/// What one object does when everybody waits for his turn.
pub trait Object: Clone + Debug + Default + Eq + Hash {
    /// What is asked of it.
    type Call: Copy + Debug;
    /// What it says.
    type Answer: Copy + Debug + Eq;

    /// Carries a call out.
    fn take(&mut self, call: Self::Call) -> Self::Answer;
}

/// One call as its client saw it.
#[derive(Debug)]
struct Event<O: Object> {
    call: O::Call,
    began: u64,
    /// What was answered, and when; `None`: nobody knows what became of it.
    ended: Option<(O::Answer, u64)>,
}

/// The most calls of one object: as many as a set of them has bits.
const MOST: usize = 128;

/// Everything that was seen of many objects, by name.
#[derive(Debug)]
pub struct History<O: Object> {
    seen: Mutex<Seen<O>>,
}

#[derive(Debug)]
struct Seen<O: Object> {
    time: u64,
    objects: BTreeMap<String, Vec<Event<O>>>,
}

impl<O: Object> Default for History<O> {
    fn default() -> Self {
        Self { seen: Mutex::new(Seen { time: 0, objects: BTreeMap::new() }) }
    }
}

impl<O: Object> History<O> {
    /// Notes a call while it is made; `making` gives the answer, or `None` if there was none from which one could know what happened.
    pub async fn note(&self, name: &str, call: O::Call, making: impl Future<Output = Option<O::Answer>>) -> Option<O::Answer> {
        let place = self.begin(name, call);
        let answer = making.await;
        if let Some(answer) = answer {
            self.end(name, place, answer);
        }
        answer
    }

    fn begin(&self, name: &str, call: O::Call) -> usize {
        let mut seen = self.seen.lock().unwrap();
        seen.time += 1;
        let began = seen.time;
        let events = seen.objects.entry(name.to_owned()).or_default();
        events.push(Event { call, began, ended: None });
        events.len() - 1
    }

    fn end(&self, name: &str, place: usize, answer: O::Answer) {
        let mut seen = self.seen.lock().unwrap();
        seen.time += 1;
        let time = seen.time;
        seen.objects.get_mut(name).unwrap()[place].ended = Some((answer, time));
    }

    /// How many calls were answered.
    #[must_use]
    pub fn answered(&self) -> usize {
        self.seen.lock().unwrap().objects.values().flatten().filter(|event| event.ended.is_some()).count()
    }

    /// The objects of which something was seen that cannot have been, each with its calls.
    #[must_use]
    pub fn impossible(&self) -> Vec<String> {
        let seen = self.seen.lock().unwrap();
        let told = |(name, events): (&String, &Vec<Event<O>>)| (!is_possible(events)).then(|| format!("{name}: {events:#?}"));
        seen.objects.iter().filter_map(told).collect()
    }
}

/// Looks for an order in which the calls can have happened. `done` are the calls that have, as bits.
fn is_possible<O: Object>(events: &[Event<O>]) -> bool {
    assert!(events.len() <= MOST, "{} calls of one object are too many to be ordered", events.len());
    let answered: u128 = events.iter().enumerate().filter(|(_, event)| event.ended.is_some()).map(|(n, _)| 1 << n).sum();
    let (mut open, mut tried) = (vec![(0_u128, O::default())], HashSet::new());
    while let Some((done, object)) = open.pop() {
        if done & answered == answered {
            return true;
        }
        if !tried.insert((done, object.clone())) {
            continue;
        }
        let waiting = || events.iter().enumerate().filter(|(n, _)| done & (1 << n) == 0);
        // Whoever begins after the first answer of those who wait cannot be next.
        let first_end = waiting().filter_map(|(_, event)| event.ended.map(|(_, end)| end)).min().unwrap_or(u64::MAX);
        for (n, event) in waiting().filter(|(_, event)| event.began < first_end) {
            let mut after = object.clone();
            let answer = after.take(event.call);
            if event.ended.is_none_or(|(said, _)| said == answer) {
                open.push((done | 1 << n, after));
            }
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A place that one can take and leave.
    #[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
    struct Place(bool);

    #[derive(Debug, Clone, Copy)]
    enum Do {
        Take,
        Leave,
    }

    impl Object for Place {
        type Call = Do;
        type Answer = bool;

        fn take(&mut self, call: Do) -> bool {
            let wants = matches!(call, Do::Take);
            std::mem::replace(&mut self.0, wants) != wants
        }
    }

    /// Whether these calls, each with its beginning, its end and its answer, can have been; an end of 0 is none.
    fn can_be(calls: &[(Do, u64, u64, bool)]) -> bool {
        let event = |&(call, began, end, answer): &(Do, u64, u64, bool)| Event { call, began, ended: (end > 0).then_some((answer, end)) };
        is_possible::<Place>(&calls.iter().map(event).collect::<Vec<_>>())
    }

    #[test]
    fn of_those_who_race_one_wins() {
        assert!(can_be(&[(Do::Take, 1, 4, true), (Do::Take, 2, 3, false)]), "the one who was answered later");
        assert!(!can_be(&[(Do::Take, 1, 3, true), (Do::Take, 2, 4, true)]), "two winners");
        assert!(!can_be(&[(Do::Take, 1, 3, false), (Do::Take, 2, 4, false)]), "nobody");
        assert!(can_be(&[(Do::Take, 1, 3, true), (Do::Take, 2, 6, true), (Do::Leave, 4, 5, true)]), "one after the other");
    }

    #[test]
    fn what_was_answered_is_so_for_whoever_comes_after() {
        assert!(!can_be(&[(Do::Take, 1, 2, false), (Do::Take, 3, 4, true)]), "taken before anybody took it");
        assert!(!can_be(&[(Do::Take, 1, 2, true), (Do::Leave, 3, 4, false)]), "an answer is forgotten");
        assert!(can_be(&[(Do::Take, 1, 4, true), (Do::Leave, 2, 3, false)]), "not yet answered, so perhaps not yet done");
    }

    #[test]
    fn what_was_not_answered_may_have_happened_since_or_not() {
        assert!(can_be(&[(Do::Take, 1, 0, false), (Do::Take, 2, 3, true)]), "not at all");
        assert!(can_be(&[(Do::Take, 1, 0, false), (Do::Take, 2, 3, false)]), "it did");
        assert!(can_be(&[(Do::Take, 1, 0, false), (Do::Leave, 2, 3, false), (Do::Leave, 4, 5, true)]), "much later");
        assert!(!can_be(&[(Do::Take, 1, 0, false), (Do::Leave, 2, 3, true), (Do::Leave, 4, 5, true)]), "but once only");
        assert!(!can_be(&[(Do::Take, 2, 3, false), (Do::Take, 4, 0, false)]), "and not before it began");
    }

    #[test]
    fn many_that_race_are_ordered_in_no_time() {
        let mut calls = vec![(Do::Take, 1, 200, false); 60];
        assert!(!can_be(&calls));
        calls.push((Do::Take, 1, 200, true));
        assert!(can_be(&calls));
    }

    #[tokio::test]
    async fn a_history_tells_which_object_it_is() {
        let history = History::<Place>::default();
        for (name, answer) in [("well", Some(true)), ("well", None), ("ill", Some(false))] {
            assert_eq!(history.note(name, Do::Take, async { answer }).await, answer);
        }
        assert_eq!(history.answered(), 2);
        let told = history.impossible();
        assert!(told.len() == 1 && told[0].starts_with("ill: "), "{told:?}");
    }
}
