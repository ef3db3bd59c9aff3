//! What a request may take: thirty seconds, no place in a flood, and no panic that reaches a client (contract `common.md`, *HTTP*). What its client hears instead of an answer
//! is in its surface's own shape.

use std::panic::AssertUnwindSafe;
use std::time::Duration;

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use futures_util::FutureExt as _;

use super::fault::{retry_after, seconds_up};
use super::headers::message;
use super::shield::Flooded;

/// How long a whole request may take.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);

/// Why a request was not handled to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cut {
    /// It took too long.
    TooLong,
    /// Its handler panicked.
    Panicked,
    /// It was one of a flood, and may come again after this time.
    Flooded(Duration),
}

/// What [`bounded`] goes by.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bounds {
    timeout: Duration,
    told: fn(Cut) -> Response,
}

impl Bounds {
    /// [`REQUEST_TIMEOUT`], and what a surface tells of a request that was cut.
    pub(crate) const fn told_by(told: fn(Cut) -> Response) -> Self {
        Self { timeout: REQUEST_TIMEOUT, told }
    }

    /// What is told of a request that was cut.
    pub(crate) fn told_of(&self, cut: Cut) -> Response {
        (self.told)(cut)
    }

    /// The same, told as plainly as can be.
    pub(crate) const fn plain() -> Self {
        Self::told_by(|cut| match cut {
            Cut::TooLong => message(StatusCode::REQUEST_TIMEOUT, "Request took too long"),
            Cut::Panicked => message(StatusCode::INTERNAL_SERVER_ERROR, "Internal error"),
            Cut::Flooded(wait) => {
                let wait = [retry_after(seconds_up(wait))];
                (wait, message(StatusCode::TOO_MANY_REQUESTS, "Too many requests, please try again later")).into_response()
            }
        })
    }
}

/// The layer around a surface's handlers.
pub(crate) async fn bounded(State(bounds): State<Bounds>, request: Request, next: Next) -> Response {
    if let Some(Flooded(wait)) = request.extensions().get() {
        return bounds.told_of(Cut::Flooded(*wait));
    }
    // Nothing that a handler was changing when it panicked is looked at again: its own values are gone, shared ones keep themselves whole.
    let handled = AssertUnwindSafe(next.run(request)).catch_unwind();
    match tokio::time::timeout(bounds.timeout, handled).await {
        Ok(Ok(response)) => response,
        Ok(Err(_)) => {
            // The panic itself has been logged by the panic hook.
            tracing::error!("a handler panicked");
            bounds.told_of(Cut::Panicked)
        }
        Err(_) => bounds.told_of(Cut::TooLong),
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::surface::headers::{Around, around};
    use axum::Router;
    use axum::body::{Body, Bytes, to_bytes};
    use axum::http::header;
    use axum::routing::{get, post};
    use std::convert::Infallible;
    use tower::ServiceExt as _;

    /// Routes whose handlers panic or wait for a body that does not come, cut off after a moment.
    pub(crate) fn routes(bounds: Bounds) -> Router {
        async fn panics() -> Response {
            panic!("a handler's own fault")
        }
        let bounds = Bounds { timeout: Duration::from_millis(20), ..bounds };
        let routes = Router::new().route("/panic", get(panics)).route("/body", post(|body: Bytes| async move { body }));
        routes.layer(axum::middleware::from_fn_with_state(bounds, bounded))
    }

    /// What is answered, with the headers of every response checked.
    pub(crate) async fn answered(routes: Router, request: Request) -> (StatusCode, serde_json::Value) {
        let routes = routes.layer(axum::middleware::from_fn_with_state(Around::new(7), around));
        let (head, body) = routes.oneshot(request).await.unwrap().into_parts();
        assert_eq!(head.headers["x-request-id"], "0000000000000007-1");
        assert_eq!(head.headers[header::CONTENT_TYPE], "application/json");
        assert_eq!(head.headers[header::CACHE_CONTROL], "no-store");
        (head.status, serde_json::from_slice(&to_bytes(body, 1024).await.unwrap()).unwrap())
    }

    /// A request that makes its handler panic, and one whose body does not come.
    pub(crate) fn requests() -> [Request; 2] {
        let never = futures_util::stream::pending::<Result<Bytes, Infallible>>();
        [Request::get("/panic").body(Body::empty()).unwrap(), Request::post("/body").body(Body::from_stream(never)).unwrap()]
    }

    #[tokio::test]
    async fn a_panic_is_told_as_an_internal_failure_and_a_body_that_does_not_come_as_408() {
        let [panics, never] = requests();
        let internal = (StatusCode::INTERNAL_SERVER_ERROR, serde_json::json!({"message": "Internal error"}));
        assert_eq!(answered(routes(Bounds::plain()), panics).await, internal);
        let too_long = (StatusCode::REQUEST_TIMEOUT, serde_json::json!({"message": "Request took too long"}));
        assert_eq!(answered(routes(Bounds::plain()), never).await, too_long);
    }
}
