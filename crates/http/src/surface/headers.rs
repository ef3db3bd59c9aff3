//! What every response carries: a request id, no caching, no sniffing (contract `common.md`, *HTTP*).

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use tracing::Instrument as _;

use super::body::lend;
use super::meter::Meters;
use super::shield::flooded;
use super::trace;
use crate::App;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Makes request ids: a random number for the process, counted on.
#[derive(Debug)]
struct RequestIds {
    process: u64,
    next: AtomicU64,
}

impl RequestIds {
    fn next(&self) -> HeaderValue {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        HeaderValue::try_from(format!("{:016x}-{number:x}", self.process)).unwrap_or(HeaderValue::from_static("-"))
    }
}

/// What [`around`] goes by.
#[derive(Debug, Clone)]
pub(crate) struct Around {
    ids: Arc<RequestIds>,
    meters: Option<Arc<Meters>>,
    shielded: Option<App>,
    is_strict: bool,
}

impl Around {
    /// Request ids that begin with `process`, a random number.
    pub(crate) fn new(process: u64) -> Self {
        Self { ids: Arc::new(RequestIds { process, next: AtomicU64::new(1) }), meters: None, shielded: None, is_strict: false }
    }

    /// The same, counting what is called.
    pub(crate) fn metering(self, meters: Meters) -> Self {
        Self { meters: Some(Arc::new(meters)), ..self }
    }

    /// The same, behind the shield of `app`, and for TLS if it speaks that.
    pub(crate) fn shielding(self, app: &App) -> Self {
        Self { shielded: Some(app.clone()), is_strict: app.settings().speaks_tls, ..self }
    }
}

/// The outermost layer.
pub(crate) async fn around(State(around): State<Around>, request: Request, next: Next) -> Response {
    let id = request.headers().get(&REQUEST_ID).filter(|id| is_acceptable(id)).cloned().unwrap_or_else(|| around.ids.next());
    // The path as written may hold a picture's secret name; the route does not.
    let route = request.extensions().get::<MatchedPath>().cloned();
    let metered = around.meters.as_ref().map(|meters| meters.begin(request.method(), route.as_ref().map(MatchedPath::as_str)));
    let span = trace::call(&request, &id, route.as_ref().map(MatchedPath::as_str), around.shielded.as_ref());
    let flooded = around.shielded.as_ref().and_then(|app| flooded(app, &request));
    let (mut head, body) = request.into_parts();
    let (body, rest) = match flooded {
        // Told in its surface's own shape; its body is not worth reading.
        Some(flooded) => {
            head.extensions.insert(flooded);
            (body, None)
        }
        None => lend(&head.headers, body),
    };
    let request = Request::from_parts(head, body);
    let mut response = next.run(request).instrument(span.clone()).await;
    if let Some(rest) = rest.filter(|rest| !rest.is_read()) {
        rest.drain().await;
    }
    if let Some(metered) = metered {
        metered.end(response.status());
    }
    trace::answered(&span, response.status());
    span.in_scope(|| tracing::debug!(status = response.status().as_u16(), "answered"));
    let headers = response.headers_mut();
    headers.insert(REQUEST_ID, id);
    if around.is_strict {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static("max-age=31536000"));
    }
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

/// There is nothing at this path.
pub(crate) async fn not_found() -> Response {
    message(StatusCode::NOT_FOUND, "Not found")
}

/// There is something at this path, but not for this method. The router adds `Allow`.
pub(crate) async fn method_not_allowed() -> Response {
    message(StatusCode::METHOD_NOT_ALLOWED, "Method not allowed")
}

/// The plainest JSON error, for where no surface's own shape applies.
pub(crate) fn message(status: StatusCode, text: &str) -> Response {
    (status, axum::Json(serde_json::json!({ "message": text }))).into_response()
}

fn is_acceptable(id: &HeaderValue) -> bool {
    let id = id.as_bytes();
    (1..=64).contains(&id.len()) && id.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'))
}
