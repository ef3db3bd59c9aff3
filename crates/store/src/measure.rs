//! What the store counts, for `GET /metrics`: every name and label of its own stands here.

use std::time::Instant;

use daftar_core::ports::StoreError;
use metrics::{counter, histogram};

/// Failures are counted from the start: of a counter that begins with the first of them, Prometheus does not see that it grew.
pub fn count_from_zero() {
    for why in ["unavailable", "overloaded", "corrupt", "failed"] {
        counter!("daftar_store_failures_total", "why" => why).increment(0);
    }
}

/// A stopwatch for a transaction.
#[expect(clippy::disallowed_methods, reason = "a stopwatch, not the time of day")]
pub(crate) fn begin() -> Instant {
    Instant::now()
}

/// A transaction has come to its end, from its queueing to its commit.
pub(crate) fn written(began: Instant) {
    histogram!("daftar_store_write_seconds").record(began.elapsed());
}

/// An operation failed; under which name that is counted.
pub(crate) fn failed(error: &StoreError) -> &'static str {
    let why = match error {
        StoreError::Unavailable(_) => "unavailable",
        StoreError::Overloaded => "overloaded",
        StoreError::Corrupt { .. } => "corrupt",
        StoreError::Failed(_) => "failed",
    };
    counter!("daftar_store_failures_total", "why" => why).increment(1);
    why
}
