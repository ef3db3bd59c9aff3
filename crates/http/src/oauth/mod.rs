//! Access tokens of machine clients (contract `common.md`, *Tokens and sessions*): client credentials (RFC 6749 §4.4), introspection (RFC 7662),
//! revocation (RFC 7009), and where to find them (RFC 8414). What does not succeed is told as RFC 6749 §5.2 says.

mod caller;
mod error;
mod form;
mod introspect;
mod metadata;
mod revoke;
mod token;

use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::{get, post};

use crate::App;
use crate::surface::bounds::bounded;

/// The routes of this surface.
pub(crate) fn router() -> Router<App> {
    let routes = Router::new()
        .route("/token", post(token::issue))
        .route("/introspect", post(introspect::introspect))
        .route("/revoke", post(revoke::revoke))
        .fallback(error::not_found)
        .method_not_allowed_fallback(error::method_not_allowed)
        .layer(from_fn_with_state(error::BOUNDS, bounded));
    let found = Router::new()
        .route(metadata::PATH, get(metadata::show))
        .method_not_allowed_fallback(error::method_not_allowed)
        .layer(from_fn_with_state(error::BOUNDS, bounded));
    Router::new().nest("/oauth", routes).merge(found)
}
