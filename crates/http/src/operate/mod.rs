//! For operators and developers: health, public keys, metrics, the development inbox.

pub mod health;
pub mod inbox;
pub mod metrics;

use axum::Router;
use axum::routing::get;

use crate::App;

/// The routes of this module.
pub fn router() -> Router<App> {
    Router::new()
        .route("/healthz", get(health::healthz))
        .route("/readyz", get(health::readyz))
        .route("/.well-known/jwks.json", get(health::jwks))
        .merge(inbox::router())
}

/// What is answered where metrics have an address of their own.
pub(crate) fn metrics_router() -> Router<App> {
    Router::new().route("/metrics", get(metrics::show))
}
