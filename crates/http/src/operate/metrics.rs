//! `GET /metrics`: what was counted since the start, as Prometheus reads it, and how the outbox and the limits stand right now. Whoever counts uses the `metrics`
//! facade; here it is collected and written.

use std::sync::OnceLock;

use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use daftar_core::limit::watched::WatchedSending;
use daftar_core::service::Fault;
use metrics::gauge;
use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};

use crate::App;
use crate::surface::fault::status_of;

/// The bounds of how long things took, in seconds: from a quick answer to a code's whole life.
const SECONDS: [f64; 14] = [0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 3.0, 5.0, 10.0, 20.0, 30.0, 60.0, 180.0, 600.0];

/// The bounds of how long the program itself takes, in seconds.
const QUICK: [f64; 14] = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 30.0];
/// What the program itself takes time for.
const OURS: [&str; 4] = ["daftar_request_seconds", "daftar_hashing_seconds", "daftar_hashing_wait_seconds", "daftar_store_write_seconds"];

/// Money is counted in them.
const MILLIONTHS: f64 = 1_000_000.0;

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
    let quick = |builder: PrometheusBuilder, name: &&str| builder.set_buckets_for_metric(Matcher::Full((*name).to_owned()), &QUICK);
    let builder = OURS.iter().try_fold(builder, quick)?;
    let handle = builder.install_recorder()?;
    // Of two at once the first has won, and both have the same.
    let _ = COLLECTED.set(handle);
    crate::surface::shield::count_from_zero();
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
    for asked in [ask_queues(&app).await, ask_limits(&app).await] {
        // The rest is worth showing all the same, most of all now.
        if let Err(fault) = asked {
            let _ = status_of(&fault);
        }
    }
    gauge!("daftar_hashing_waiting").set(float(u64::try_from(app.accounts().hashes_waiting()).unwrap_or(u64::MAX)));
    let text = COLLECTED.get().map(PrometheusHandle::render).unwrap_or_default();
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text).into_response()
}

async fn ask_queues(app: &App) -> Result<(), Fault> {
    let now = app.accounts().now();
    for queue in app.accounts().queues().await? {
        let age = queue.oldest.map_or(0.0, |oldest| now.duration_since(oldest).as_secs_f64().max(0.0));
        gauge!("daftar_outbox_waiting", "channel" => queue.channel.name()).set(float(queue.waiting));
        gauge!("daftar_outbox_oldest_seconds", "channel" => queue.channel.name()).set(age);
    }
    Ok(())
}

async fn ask_limits(app: &App) -> Result<(), Fault> {
    let watched = app.accounts().watched().await?;
    gauge!("daftar_wrong_codes_hour").set(watched.wrong_codes);
    gauge!("daftar_lost_codes_hour").set(watched.lost_codes);
    gauge!("daftar_codes_grown").set(u8::from(watched.codes_grown));
    if let Some(WatchedSending { hour, day, paused }) = watched.sending {
        gauge!("daftar_sms_hour_used").set(float(hour.used));
        gauge!("daftar_sms_hour_most").set(float(hour.most));
        gauge!("daftar_sms_day_cost").set(float(day.used) / MILLIONTHS);
        gauge!("daftar_sms_day_most").set(float(day.most) / MILLIONTHS);
        gauge!("daftar_prefixes_paused").set(float(u64::try_from(paused).unwrap_or(u64::MAX)));
    }
    Ok(())
}

#[expect(clippy::cast_precision_loss, reason = "a gauge is a float, and nothing here comes near 2^53")]
const fn float(number: u64) -> f64 {
    number as f64
}
