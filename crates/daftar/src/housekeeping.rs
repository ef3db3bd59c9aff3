//! Regular cleaning: what nobody can need any more leaves the store, a bounded amount at a time so that nobody waits for it.

use std::sync::Arc;
use std::time::Duration;

use daftar_core::ports::{Clock, Store, StoreError};
use tokio::time::{MissedTickBehavior, interval};

const EVERY: Duration = Duration::from_secs(60);
/// Sweeps in a row, at most; what is left waits for the next minute.
const ROUNDS: u32 = 100;

/// Cleans once a minute, for ever; entries of the audit trail go when they are older than `audit_kept`.
pub(crate) async fn run(store: Arc<dyn Store>, clock: Arc<dyn Clock>, audit_kept: Duration) {
    let mut minutes = interval(EVERY);
    minutes.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        minutes.tick().await;
        daftar_http::operate::metrics::tidy();
        for _ in 0..ROUNDS {
            match sweep(&*store, &*clock, audit_kept).await {
                Ok(0) => break,
                Ok(rows) => tracing::debug!(rows, "swept"),
                Err(error) => {
                    tracing::warn!(error = &error as &dyn std::error::Error, "sweeping failed, and is tried again in a minute");
                    break;
                }
            }
        }
    }
}

async fn sweep(store: &dyn Store, clock: &dyn Clock, audit_kept: Duration) -> Result<u64, StoreError> {
    let now = clock.now();
    Ok(store.sweep(now).await? + store.sweep_audit(now, audit_kept).await?)
}
