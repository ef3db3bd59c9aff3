//! For operators and developers: health, public keys, metrics, the development inbox.

mod described;
pub mod health;
pub mod inbox;
pub mod metrics;

use axum::routing::get;

use crate::openapi::routes::Routes;

/// The routes of this module.
pub(crate) fn routes() -> Routes {
    Routes::new()
        .at("/healthz", get(health::healthz), &[described::healthz])
        .at("/readyz", get(health::readyz), &[described::readyz])
        .at("/.well-known/jwks.json", get(health::jwks), &[described::jwks])
        .and(inbox::routes())
}

/// What is answered where metrics have an address of their own.
pub(crate) fn metrics_routes() -> Routes {
    Routes::new().at("/metrics", get(metrics::show), &[described::metrics])
}
