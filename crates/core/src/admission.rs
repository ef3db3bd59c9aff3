//! Who may compare a password right now. A limit in the store counts every comparison under way as a failure until it ends, so that racing guesses
//! never get more than it allows (threat row 14). This module keeps that from hurting honest crowds behind one address: no more callers
//! ask at once than the limit could let through, the others wait in line, and one who is refused while others are still comparing
//! waits for them before the refusal counts. It holds no limits of its own and forgets a lane when nobody is in it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};

use crate::throttle::{Charge, LimitKey};

/// The lanes in which callers wait, one per limit.
#[derive(Debug, Default)]
pub(crate) struct Admissions {
    lanes: Mutex<HashMap<LimitKey, Lane>>,
    changed: Notify,
}

#[derive(Debug)]
struct Lane {
    permits: Arc<Semaphore>,
    tickets: usize,
    /// Asking the store, or comparing after it allowed them to.
    under_way: usize,
    /// How many comparisons have ended.
    ended: u64,
}

/// What a refusal by the store means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// A comparison has ended meanwhile, and may have given its charge back: ask again.
    AskAgain,
    /// Nobody else is under way: the limit is spent by failures.
    Final,
}

/// A place in every lane that a caller's charges name, until dropped.
#[derive(Debug)]
pub(crate) struct Ticket<'a> {
    admissions: &'a Admissions,
    keys: Vec<LimitKey>,
    permits: Vec<OwnedSemaphorePermit>,
    under_way: bool,
}

impl Admissions {
    /// Waits in line for a place in every lane.
    pub(crate) async fn enter(&self, charges: &[Charge]) -> Ticket<'_> {
        let keys = charges.iter().map(|charge| charge.key.clone()).collect();
        let mut ticket = Ticket { admissions: self, keys, permits: Vec::with_capacity(charges.len()), under_way: false };
        let lines: Vec<_> = {
            let mut lanes = self.lock();
            charges
                .iter()
                .map(|charge| {
                    let places = usize::try_from(charge.limit.burst.max(1)).unwrap_or(1);
                    let lane = lanes.entry(charge.key.clone()).or_insert_with(|| Lane {
                        permits: Arc::new(Semaphore::new(places)),
                        tickets: 0,
                        under_way: 0,
                        ended: 0,
                    });
                    lane.tickets += 1;
                    Arc::clone(&lane.permits)
                })
                .collect()
        };
        for line in lines {
            // The semaphore is never closed; if it were, walking in is harmless: the store decides.
            ticket.permits.extend(line.acquire_owned().await.ok());
        }
        ticket
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<LimitKey, Lane>> {
        self.lanes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Ticket<'_> {
    /// The caller is about to ask the store. Returns what has ended so far, for [`Ticket::refused`].
    pub(crate) fn ask(&mut self) -> u64 {
        self.under_way = true;
        let mut lanes = self.admissions.lock();
        self.keys.iter().fold(0, |ended, key| {
            lanes.get_mut(key).map_or(ended, |lane| {
                lane.under_way += 1;
                ended + lane.ended
            })
        })
    }

    /// The store refused. Waits until that is either final or worth another question.
    pub(crate) async fn refused(&mut self, seen: u64) -> Refusal {
        self.leave(false);
        loop {
            let changed = self.admissions.changed.notified();
            tokio::pin!(changed);
            changed.as_mut().enable();
            let (ended, others) = {
                let lanes = self.admissions.lock();
                let mine = || self.keys.iter().filter_map(|key| lanes.get(key));
                (mine().map(|lane| lane.ended).sum::<u64>(), mine().any(|lane| lane.under_way > 0))
            };
            if ended != seen {
                return Refusal::AskAgain;
            }
            if !others {
                return Refusal::Final;
            }
            changed.await;
        }
    }

    fn leave(&mut self, compared: bool) {
        if std::mem::take(&mut self.under_way) {
            let mut lanes = self.admissions.lock();
            for key in &self.keys {
                if let Some(lane) = lanes.get_mut(key) {
                    lane.under_way -= 1;
                    lane.ended += u64::from(compared);
                }
            }
        }
        self.admissions.changed.notify_waiters();
    }
}

impl Drop for Ticket<'_> {
    fn drop(&mut self) {
        self.leave(true);
        let mut lanes = self.admissions.lock();
        for key in &self.keys {
            if let Some(lane) = lanes.get_mut(key) {
                lane.tickets -= 1;
                if lane.tickets == 0 {
                    lanes.remove(key);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::throttle::Gcra;
    use std::time::Duration;

    fn charges(burst: u32) -> Vec<Charge> {
        vec![Charge { key: LimitKey("k".into()), limit: Gcra { burst, period: Duration::from_secs(900) } }]
    }

    #[tokio::test]
    async fn a_refusal_is_final_when_nobody_else_is_comparing() {
        let admissions = Admissions::default();
        let mut ticket = admissions.enter(&charges(2)).await;
        let seen = ticket.ask();
        assert_eq!(ticket.refused(seen).await, Refusal::Final);
        drop(ticket);
        assert!(admissions.lock().is_empty());
    }

    #[tokio::test]
    async fn a_refusal_waits_for_a_comparison_under_way() {
        let admissions = Admissions::default();
        let mut comparing = admissions.enter(&charges(2)).await;
        comparing.ask();
        let mut waiting = admissions.enter(&charges(2)).await;
        let seen = waiting.ask();
        let (refusal, ()) = tokio::join!(waiting.refused(seen), async {
            tokio::task::yield_now().await;
            drop(comparing);
        });
        assert_eq!(refusal, Refusal::AskAgain);
    }

    #[tokio::test]
    async fn two_who_are_refused_do_not_wait_for_one_another() {
        let admissions = Admissions::default();
        let (mut one, mut two) = (admissions.enter(&charges(2)).await, admissions.enter(&charges(2)).await);
        let (a, b) = (one.ask(), two.ask());
        assert_eq!(tokio::join!(one.refused(a), two.refused(b)), (Refusal::Final, Refusal::Final));
    }
}
