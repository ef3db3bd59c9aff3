//! What is nobody's fault who called: logged here, once, with its causes; told outside without them.

use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use daftar_core::service::Fault;
use std::time::Duration;

/// When to come back if too much is going on, in seconds.
const SOON: u64 = 1;
/// When to come back if the store is away, in seconds.
const LATER: u64 = 2;

/// The status of a fault and, where coming back is worth it, after how many seconds. Logs it.
pub(crate) fn status_of(fault: &Fault) -> (StatusCode, Option<u64>) {
    let cause: &dyn std::error::Error = fault;
    match fault {
        Fault::Overloaded => {
            tracing::warn!("refused for overload");
            (StatusCode::SERVICE_UNAVAILABLE, Some(SOON))
        }
        Fault::Unavailable(_) => {
            tracing::error!(cause = %Chain(cause), "the store is not available");
            (StatusCode::SERVICE_UNAVAILABLE, Some(LATER))
        }
        Fault::Broken(_) => {
            tracing::error!(cause = %Chain(cause), "internal failure");
            (StatusCode::INTERNAL_SERVER_ERROR, None)
        }
    }
}

/// A `retry-after` header, in whole seconds, at least one.
pub(crate) fn retry_after(seconds: u64) -> (HeaderName, HeaderValue) {
    (header::RETRY_AFTER, HeaderValue::from(seconds.max(1)))
}

/// Whole seconds, rounded up: a caller that waits so long finds the door open.
pub(crate) fn seconds_up(duration: Duration) -> u64 {
    duration.as_secs() + u64::from(duration.subsec_nanos() > 0)
}

/// An error and its causes, on one line.
struct Chain<'a>(&'a dyn std::error::Error);

impl std::fmt::Display for Chain<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.0)?;
        let mut cause = self.0.source();
        while let Some(error) = cause {
            write!(f, ": {error}")?;
            cause = error.source();
        }
        Ok(())
    }
}
