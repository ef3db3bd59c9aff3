//! Who may compare a password right now. A limit in the store counts every comparison under way as a failure until it ends, so that racing guesses
//! never get more than it allows (threat row 14). This module keeps that from hurting honest crowds behind one address: no more callers
//! ask at once than the limit could let through, the others wait in line, and one who is refused while others are still comparing
//! waits for them before the refusal counts. It holds no limits of its own and forgets a lane when nobody is in it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};

use crate::limit::{Charge, LimitKey};

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
                    let places = usize::try_from(charge.limit.at_once().max(1)).unwrap_or(1).min(Semaphore::MAX_PERMITS);
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
    /// The caller is about to ask the store. Returns how many comparisons have ended so far in each lane, for [`Ticket::refused`].
    pub(crate) fn ask(&mut self) -> HashMap<LimitKey, u64> {
        self.under_way = true;
        let mut lanes = self.admissions.lock();
        let enter = |key: &LimitKey| {
            let lane = lanes.get_mut(key)?;
            lane.under_way += 1;
            Some((key.clone(), lane.ended))
        };
        self.keys.iter().filter_map(enter).collect()
    }

    /// The store refused, because the limits in `spent` had no room. Waits until that is either final or worth another question; who compares in
    /// other lanes has no say in it.
    pub(crate) async fn refused(&mut self, spent: &[LimitKey], seen: &HashMap<LimitKey, u64>) -> Refusal {
        self.leave(false);
        loop {
            let changed = self.admissions.changed.notified();
            tokio::pin!(changed);
            changed.as_mut().enable();
            let mut refusal = Refusal::AskAgain;
            {
                let lanes = self.admissions.lock();
                let mut waiting = false;
                for key in spent {
                    let Some(lane) = lanes.get(key) else { continue };
                    let ended = seen.get(key).is_some_and(|ended| *ended != lane.ended);
                    waiting |= !ended && lane.under_way > 0;
                    if !ended && lane.under_way == 0 {
                        // One limit that is spent by failures is enough, whatever becomes of the others.
                        refusal = Refusal::Final;
                    }
                }
                if refusal == Refusal::Final || !waiting {
                    return refusal;
                }
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
    use crate::limit::{Gcra, LimitKind};
    use std::time::Duration;

    fn key(of: &str) -> LimitKey {
        LimitKey::new(LimitKind::PasswordAddress, of)
    }

    fn charges(keys: &[&str]) -> Vec<Charge> {
        let limit = Gcra { burst: 2, period: Duration::from_secs(900) };
        keys.iter().map(|of| Charge::one(key(of), limit)).collect()
    }

    fn spent(of: &str) -> Vec<LimitKey> {
        vec![key(of)]
    }

    #[tokio::test]
    async fn a_refusal_is_final_when_nobody_else_is_comparing() {
        let admissions = Admissions::default();
        let mut ticket = admissions.enter(&charges(&["account"])).await;
        let seen = ticket.ask();
        assert_eq!(ticket.refused(&spent("account"), &seen).await, Refusal::Final);
        drop(ticket);
        assert!(admissions.lock().is_empty());
    }

    #[tokio::test]
    async fn a_refusal_waits_for_a_comparison_under_way() {
        let admissions = Admissions::default();
        let mut comparing = admissions.enter(&charges(&["account"])).await;
        comparing.ask();
        let mut waiting = admissions.enter(&charges(&["account"])).await;
        let (seen, spent) = (waiting.ask(), spent("account"));
        let (refusal, ()) = tokio::join!(waiting.refused(&spent, &seen), async {
            tokio::task::yield_now().await;
            drop(comparing);
        });
        assert_eq!(refusal, Refusal::AskAgain);
    }

    #[tokio::test]
    async fn two_who_are_refused_do_not_wait_for_one_another() {
        let admissions = Admissions::default();
        let (mut one, mut two) = (admissions.enter(&charges(&["account"])).await, admissions.enter(&charges(&["account"])).await);
        let (a, b, spent) = (one.ask(), two.ask(), spent("account"));
        assert_eq!(tokio::join!(one.refused(&spent, &a), two.refused(&spent, &b)), (Refusal::Final, Refusal::Final));
    }

    #[tokio::test]
    async fn who_compares_in_another_lane_has_no_say() {
        let admissions = Admissions::default();
        let mut neighbour = admissions.enter(&charges(&["theirs", "address"])).await;
        neighbour.ask();
        let mut guesser = admissions.enter(&charges(&["mine", "address"])).await;
        let seen = guesser.ask();
        assert_eq!(guesser.refused(&spent("mine"), &seen).await, Refusal::Final);
    }
}
