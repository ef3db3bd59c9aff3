//! `GET /metrics`: what was counted since the start, as Prometheus reads it, and what waits in the outbox right now. Whoever counts uses the `metrics` facade; here
//! it is collected and written.

use std::sync::OnceLock;

use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};

use crate::App;
use crate::surface::fault::status_of;

/// The bounds of how long things took, in seconds: from a quick answer to a code's whole life.
const SECONDS: [f64; 14] = [0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 3.0, 5.0, 10.0, 20.0, 30.0, 60.0, 180.0, 600.0];

/// There is one collection in a process.
static COLLECTED: OnceLock<PrometheusHandle> = OnceLock::new();

/// Begins to collect. A second time changes nothing.
///
/// # Errors
/// When somebody else collects already.
pub fn collect() -> Result<(), BuildError> {
    if COLLECTED.get().is_some() {
        return Ok(());
    }
    let builder = PrometheusBuilder::new().set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &SECONDS)?;
    let handle = builder.install_recorder()?;
    // Of two at once the first has won, and both have the same.
    let _ = COLLECTED.set(handle);
    Ok(())
}

/// Keeps what was collected small; to be called now and then.
pub fn tidy() {
    if let Some(handle) = COLLECTED.get() {
        handle.run_upkeep();
    }
}

/// All that was counted.
pub(crate) async fn show(State(app): State<App>) -> Response {
    match app.accounts().queues().await {
        Ok(queues) => {
            let now = app.accounts().now();
            for queue in queues {
                let age = queue.oldest.map_or(0.0, |oldest| now.duration_since(oldest).as_secs_f64().max(0.0));
                #[expect(clippy::cast_precision_loss, reason = "a gauge is a float, and a queue of 2^53 messages is not")]
                metrics::gauge!("daftar_outbox_waiting", "channel" => queue.channel.name()).set(queue.waiting as f64);
                metrics::gauge!("daftar_outbox_oldest_seconds", "channel" => queue.channel.name()).set(age);
            }
        }
        // The rest is worth showing all the same, most of all now.
        Err(fault) => {
            let _ = status_of(&fault);
        }
    }
    let text = COLLECTED.get().map(PrometheusHandle::render).unwrap_or_default();
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text).into_response()
}
