//! Charging several limits, all or none: what the store does in its transaction, without one.

use std::collections::HashMap;
use std::time::Duration;

use super::{Charge, Exhausted, LimitKey, Usage};
use crate::ports::Timestamp;

/// What came of asking every limit.
#[derive(Debug)]
pub enum Weighed<'c> {
    /// Each has room: what to keep.
    Room(Vec<(&'c LimitKey, Usage)>),
    /// At least one has none.
    Full {
        /// Which, and for how long.
        exhausted: Exhausted,
        /// What to keep all the same, where a clock has jumped back.
        mended: Vec<(&'c LimitKey, Usage)>,
    },
}

/// Asks every limit, of which so much was used.
#[must_use]
pub fn weigh<'c>(charges: &'c [Charge], used: &HashMap<LimitKey, Usage>, now: Timestamp) -> Weighed<'c> {
    let (mut retry_after, mut spent, mut moved, mut mended) = (None::<Duration>, Vec::new(), Vec::with_capacity(charges.len()), Vec::new());
    for Charge { key, limit, amount } in charges {
        match limit.charge(used.get(key), *amount, now) {
            Ok(next) => moved.push((key, next)),
            Err(full) => {
                retry_after = retry_after.max(Some(full.wait));
                spent.push(key.clone());
                mended.extend(full.mended.map(|usage| (key, usage)));
            }
        }
    }
    match retry_after {
        Some(retry_after) => Weighed::Full { exhausted: Exhausted { retry_after, spent }, mended },
        None => Weighed::Room(moved),
    }
}
