//! Is it alive, does it want requests, and under which keys does it sign (contract `operations.md`, *Endpoints for operators*).

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::json;

use crate::App;
use crate::surface::fault::{retry_after, status_of};

/// A store that takes longer than this to say that it is there is not there.
const PATIENCE: Duration = Duration::from_millis(1500);
/// 200 while the process lives.
pub(crate) async fn healthz() -> Response {
    Json(json!({ "status": "ok" })).into_response()
}

/// 200 when the store answers and its schema is current; 503 while draining.
pub(crate) async fn readyz(State(app): State<App>) -> Response {
    if app.readiness().is_draining() {
        return (StatusCode::SERVICE_UNAVAILABLE, [retry_after(1)], Json(json!({ "status": "draining" }))).into_response();
    }
    match tokio::time::timeout(PATIENCE, app.accounts().ready()).await {
        Ok(Ok(())) => Json(json!({ "status": "ready" })).into_response(),
        answered => {
            if let Ok(Err(fault)) = answered {
                let _ = status_of(&fault);
            }
            (StatusCode::SERVICE_UNAVAILABLE, [retry_after(1)], Json(json!({ "status": "store unavailable" }))).into_response()
        }
    }
}

/// The public signing keys (RFC 7517).
pub(crate) async fn jwks(State(app): State<App>) -> Response {
    let accounts = app.accounts();
    Json(accounts.keys().jwks(accounts.now())).into_response()
}
