//! Telling a collector: spans are taken from the queue, a batch at a time, and posted once. A collector that is away or slow costs the spans that
//! come meanwhile, and nothing else: they are counted as lost, and the log says so when it begins and when it is over.

use std::time::Duration;

use daftar_delivery::https::HttpsClient;
use http_body_util::{BodyExt as _, Collected, Full, Limited};
use hyper::header::{CONTENT_TYPE, USER_AGENT};
use hyper::{Method, Request};
use metrics::counter;
use tokio::sync::{mpsc, watch};
use tokio::time::{sleep, timeout};

use super::otlp::{self, Resource};
use super::span::Span;

/// How many spans are told at once.
const BATCH: usize = 512;
/// How long a span waits for others.
const EVERY: Duration = Duration::from_secs(1);
/// How long the collector may take for a batch.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long ending waits for the collector to hear the rest.
pub(super) const LAST_WORDS: Duration = Duration::from_secs(1);
/// How much of an answer is read.
const ANSWER_MAX: usize = 64 * 1024;

/// So many spans are not told.
pub(super) fn lost(spans: usize) {
    counted("lost", spans);
}

fn counted(outcome: &'static str, spans: usize) {
    counter!("daftar_spans_total", "outcome" => outcome).increment(u64::try_from(spans).unwrap_or(u64::MAX));
}

/// Why a batch was not taken.
#[derive(Debug, thiserror::Error)]
enum NotTaken {
    #[error("the request cannot be put together")]
    Request(#[source] hyper::http::Error),
    #[error("the spans cannot be written")]
    Written(#[source] serde_json::Error),
    #[error("the collector cannot be reached")]
    Unreachable(#[source] hyper_util::client::legacy::Error),
    #[error("the collector does not answer in time")]
    TooSlow,
    #[error("the collector answers {0}")]
    Refused(u16),
    #[error("the collector rejects {0} of them")]
    InPart(usize),
}

/// Tells one collector.
pub(super) struct Exporter {
    client: HttpsClient,
    url: String,
    resource: Resource,
    queue: mpsc::Receiver<Span>,
    is_well: bool,
}

impl Exporter {
    /// Tells `url` what comes out of `queue`.
    pub(super) fn new(client: HttpsClient, url: String, resource: Resource, queue: mpsc::Receiver<Span>) -> Self {
        Self { client, url, resource, queue, is_well: true }
    }

    /// Tells until it is stopped, and then what is left.
    pub(super) async fn run(mut self, mut stopped: watch::Receiver<()>) {
        loop {
            let mut batch = Vec::new();
            let is_last = tokio::select! {
                _ = stopped.changed() => true,
                is_last = self.fill(&mut batch) => is_last,
            };
            self.tell(batch).await;
            if is_last {
                return self.tell_the_rest().await;
            }
        }
    }

    /// Waits for a span and then a while for others; whether there will never be one more. What it has taken is in `batch`, wherever it is broken
    /// off.
    async fn fill(&mut self, batch: &mut Vec<Span>) -> bool {
        if self.queue.recv_many(batch, BATCH).await == 0 {
            return true;
        }
        let mut due = std::pin::pin!(sleep(EVERY));
        while batch.len() < BATCH {
            let room = BATCH - batch.len();
            tokio::select! {
                taken = self.queue.recv_many(batch, room) => if taken == 0 {
                    return true;
                },
                () = &mut due => return false,
            }
        }
        false
    }

    async fn tell_the_rest(&mut self) {
        self.queue.close();
        let mut batch = Vec::new();
        while self.queue.recv_many(&mut batch, BATCH).await > 0 {
            self.tell(std::mem::take(&mut batch)).await;
        }
    }

    async fn tell(&mut self, batch: Vec<Span>) {
        if batch.is_empty() {
            return;
        }
        match timeout(PATIENCE, self.post(&batch)).await.unwrap_or(Err(NotTaken::TooSlow)) {
            Ok(()) => {
                counted("exported", batch.len());
                if !self.is_well {
                    tracing::info!("the collector of traces is back");
                }
                self.is_well = true;
            }
            Err(error) => {
                let rejected = if let NotTaken::InPart(spans) = error { spans.min(batch.len()) } else { batch.len() };
                counted("exported", batch.len() - rejected);
                lost(rejected);
                // Once: it goes on for as long as the collector is away.
                if self.is_well {
                    tracing::warn!(error = &error as &dyn std::error::Error, "traces are lost: the collector does not take them");
                }
                self.is_well = false;
            }
        }
    }

    async fn post(&self, batch: &[Span]) -> Result<(), NotTaken> {
        let body = otlp::request(&self.resource, batch).map_err(NotTaken::Written)?;
        let request = Request::builder().method(Method::POST).uri(&self.url).header(CONTENT_TYPE, "application/json");
        let request =
            request.header(USER_AGENT, concat!("daftar/", env!("CARGO_PKG_VERSION"))).body(Full::new(body.into())).map_err(NotTaken::Request)?;
        let response = self.client.request(request).await.map_err(NotTaken::Unreachable)?;
        let status = response.status();
        // Read also so that the connection can be used again.
        let answer = Limited::new(response.into_body(), ANSWER_MAX).collect().await.map(Collected::to_bytes).unwrap_or_default();
        match otlp::rejected(&answer) {
            _ if !status.is_success() => Err(NotTaken::Refused(status.as_u16())),
            0 => Ok(()),
            rejected => Err(NotTaken::InPart(rejected)),
        }
    }
}
