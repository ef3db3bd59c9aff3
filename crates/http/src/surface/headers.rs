//! What every response carries, and what every request may take: a request id, no caching, no sniffing; thirty seconds; no panic that reaches a
//! client (contract `common.md`, *HTTP*).

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures_util::FutureExt as _;
use tracing::Instrument as _;

use super::body::lend;

/// How long a whole request may take.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);
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
    timeout: Duration,
}

impl Around {
    /// Request ids that begin with `process`, a random number; [`REQUEST_TIMEOUT`].
    pub(crate) fn new(process: u64) -> Self {
        Self { ids: Arc::new(RequestIds { process, next: AtomicU64::new(1) }), timeout: REQUEST_TIMEOUT }
    }
}

/// The outermost layer.
pub(crate) async fn around(State(around): State<Around>, request: Request, next: Next) -> Response {
    let id = request.headers().get(&REQUEST_ID).filter(|id| is_acceptable(id)).cloned().unwrap_or_else(|| around.ids.next());
    // The path as written may hold a picture's secret name; the route does not.
    let route = request.extensions().get::<MatchedPath>().cloned();
    let method = request.method().clone();
    let span = tracing::debug_span!("request", id = id.to_str().unwrap_or_default(), %method, route = route.as_ref().map(MatchedPath::as_str));
    let (head, body) = request.into_parts();
    let (body, rest) = lend(&head.headers, body);
    let request = Request::from_parts(head, body);
    // Nothing that a handler was changing when it panicked is looked at again: its own values are gone, shared ones keep themselves whole.
    let handled = AssertUnwindSafe(next.run(request)).catch_unwind();
    let mut response = match tokio::time::timeout(around.timeout, handled).instrument(span.clone()).await {
        Ok(Ok(response)) => response,
        Ok(Err(_)) => after_panic(),
        Err(_) => message(StatusCode::REQUEST_TIMEOUT, "Request took too long"),
    };
    if let Some(rest) = rest.filter(|rest| !rest.is_read()) {
        rest.drain().await;
    }
    span.in_scope(|| tracing::debug!(status = response.status().as_u16(), "answered"));
    let headers = response.headers_mut();
    headers.insert(REQUEST_ID, id);
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

/// Turns a panic into the answer for an internal failure. The panic itself has been logged by the panic hook.
fn after_panic() -> Response {
    tracing::error!("a handler panicked");
    message(StatusCode::INTERNAL_SERVER_ERROR, "Internal error")
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

#[cfg(test)]
mod tests {
    use super::*;
    use axum::Router;
    use axum::body::{Body, Bytes, to_bytes};
    use axum::routing::{get, post};
    use std::convert::Infallible;
    use tower::ServiceExt as _;

    /// What is answered behind the layer, with its request id checked.
    async fn answered(request: Request) -> (StatusCode, serde_json::Value) {
        async fn panics() -> Response {
            panic!("a handler's own fault")
        }
        let around = Around { timeout: Duration::from_millis(20), ..Around::new(7) };
        let routes = Router::new().route("/panic", get(panics)).route("/body", post(|body: Bytes| async move { body }));
        let routes = routes.layer(axum::middleware::from_fn_with_state(around, super::around));
        let (head, body) = routes.oneshot(request).await.unwrap().into_parts();
        assert_eq!(head.headers[&REQUEST_ID], "0000000000000007-1");
        assert_eq!(head.headers[header::CONTENT_TYPE], "application/json");
        assert_eq!(head.headers[header::CACHE_CONTROL], "no-store");
        (head.status, serde_json::from_slice(&to_bytes(body, 1024).await.unwrap()).unwrap())
    }

    #[tokio::test]
    async fn a_panic_reaches_the_client_as_an_internal_failure() {
        let request = Request::get("/panic").body(Body::empty()).unwrap();
        assert_eq!(answered(request).await, (StatusCode::INTERNAL_SERVER_ERROR, serde_json::json!({"message": "Internal error"})));
    }

    #[tokio::test]
    async fn a_body_that_does_not_come_is_408() {
        let never = futures_util::stream::pending::<Result<Bytes, Infallible>>();
        let request = Request::post("/body").body(Body::from_stream(never)).unwrap();
        assert_eq!(answered(request).await, (StatusCode::REQUEST_TIMEOUT, serde_json::json!({"message": "Request took too long"})));
    }
}
