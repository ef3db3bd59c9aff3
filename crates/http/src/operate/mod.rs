//! For operators and developers: health, public keys, the development inbox.

pub mod health;
pub mod inbox;

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
