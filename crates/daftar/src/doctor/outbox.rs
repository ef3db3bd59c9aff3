//! The outbox: whether messages wait for too long, and whether some have just failed.

use std::time::Duration;

use daftar_core::ports::{Queue, Store as _};

use super::finding::Finding;
use super::patient::Patient;
use super::store::unreadable;

/// Somebody waits for a code, and nobody for longer than that.
const LONG: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(60 * 60);
const LOOK_THERE: &str = "`daftar outbox list` shows them, `daftar outbox show` why";

/// Looks at each channel.
pub(super) async fn look(patient: &Patient) -> Vec<Finding> {
    let store = match patient.store() {
        Ok(store) => store,
        Err(unseen) => return vec![unseen],
    };
    let (queues, failed) = match (store.queues().await, store.failed_since(patient.now - HOUR).await) {
        (Ok(queues), Ok(failed)) => (queues, failed),
        (Err(error), _) | (_, Err(error)) => return vec![unreadable(&error)],
    };
    let mut found: Vec<_> = queues.iter().filter_map(|queue| waits_long(queue, patient)).collect();
    found.extend(failed.iter().map(|(channel, count)| {
        Finding::warning(format_args!("{count} failed in the last hour"), format_args!("`daftar outbox list --status failed` shows them"))
            .of(channel.name())
    }));
    if found.is_empty() {
        let waiting: u64 = queues.iter().map(|queue| queue.waiting).sum();
        found.push(Finding::ok(format_args!("{waiting} wait, none for long, and none has failed in the last hour")));
    }
    found
}

fn waits_long(queue: &Queue, patient: &Patient) -> Option<Finding> {
    let waits = Duration::try_from(patient.now.duration_since(queue.oldest?)).ok().filter(|waits| *waits > LONG)?;
    let said = format!("{} wait, the oldest for {} s", queue.waiting, waits.as_secs());
    // Whoever waited for it has given up. (A notice is worth something for longer than a code.)
    let is_dead = queue.ends.is_some_and(|end| end <= patient.now);
    let finding = if is_dead { Finding::failed(said, LOOK_THERE) } else { Finding::warning(said, LOOK_THERE) };
    Some(finding.of(queue.channel.name()))
}
