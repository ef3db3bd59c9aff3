//! Traces of calls and messages, told to a collector as OTLP over HTTP where `[traces]` names one; where it does not, nothing of this runs and no
//! span is made.
//!
//! ```text
//! tracing's spans ──Recorder──► bounded queue ──Exporter──► POST {endpoint}/v1/traces
//!                  recorder.rs                 exporter.rs   otlp.rs
//! ```
//!
//! Spans are those of our own crates, which know nothing of any of this: `crates/*/src/**/trace.rs` lists them. They carry the names of
//! OpenTelemetry's conventions; `otel.name`, `otel.kind` and `otel.status_code` mean what they mean to the tracing-opentelemetry crate, so that it
//! could take this module's place.

mod exporter;
mod otlp;
mod recorder;
mod span;

use std::sync::Arc;

use anyhow::Context as _;
use daftar_core::ports::{Clock as _, new_id};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tokio::time::timeout;

use crate::config;
use crate::system::{OsEntropy, SystemClock};

use exporter::Exporter;
use otlp::Resource;
pub(crate) use recorder::Recorder;

/// How many spans wait at most, a few megabytes; what comes while it is full is lost, and counted.
const QUEUE: usize = 4096;

/// The exporter at work, if there is one. Dropping it stops it at once.
pub(crate) struct Traces(Option<Running>);

struct Running {
    stop: watch::Sender<()>,
    task: JoinHandle<()>,
}

impl Traces {
    /// Starts what `settings` ask for: nothing, or an exporter and the recorder that feeds it, for the log's subscriber. Must be called within a
    /// Tokio runtime.
    ///
    /// # Errors
    /// When TLS cannot be set up.
    pub(crate) fn start(settings: &config::Traces) -> anyhow::Result<(Self, Option<Recorder>)> {
        let Some(endpoint) = &settings.endpoint else { return Ok((Self(None), None)) };
        let client = daftar_delivery::https::client(daftar_delivery::https::authorities_of_the_system()).context("`traces.endpoint`")?;
        let resource = Resource::new(&settings.service.0, &new_id(SystemClock.now(), &OsEntropy).to_string());
        let (queue, queued) = mpsc::channel(QUEUE);
        let (stop, stopped) = watch::channel(());
        let task = tokio::spawn(Exporter::new(client, endpoint.for_traces(), resource, queued).run(stopped));
        let recorder = Recorder::new(queue, settings.sample, Arc::new(SystemClock), Arc::new(OsEntropy));
        Ok((Self(Some(Running { stop, task })), Some(recorder)))
    }

    /// Tells what is left, and does not wait long for whoever does not listen.
    pub(crate) async fn stop(mut self) {
        let Some(running) = &mut self.0 else { return };
        // Nobody hears it only when the exporter has ended already.
        let _ = running.stop.send(());
        // What it could not tell in time goes with it.
        let _ = timeout(exporter::LAST_WORDS, &mut running.task).await;
    }
}

impl Drop for Traces {
    fn drop(&mut self) {
        if let Some(running) = &self.0 {
            running.task.abort();
        }
    }
}
