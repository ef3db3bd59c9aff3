//! Regular cleaning: what nobody can need any more leaves the store, a bounded amount at a time so that nobody waits for it.

use std::sync::Arc;
use std::time::Duration;

use daftar_core::ports::{Clock, Store};
use tokio::time::{MissedTickBehavior, interval};

const EVERY: Duration = Duration::from_secs(60);
/// Sweeps in a row, at most; what is left waits for the next minute.
const ROUNDS: u32 = 100;

/// Cleans once a minute, for ever.
pub(crate) async fn run(store: Arc<dyn Store>, clock: Arc<dyn Clock>) {
    let mut minutes = interval(EVERY);
    minutes.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        minutes.tick().await;
        daftar_http::operate::metrics::tidy();
        for _ in 0..ROUNDS {
            match store.sweep(clock.now()).await {
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
