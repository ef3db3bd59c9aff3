//! Access tokens of machine clients (contract `common.md`, *Tokens and sessions*): client credentials (RFC 6749 §4.4), introspection (RFC 7662),
//! revocation (RFC 7009), and where to find them (RFC 8414). What does not succeed is told as RFC 6749 §5.2 says.

mod caller;
mod described;
mod error;
mod form;
mod introspect;
mod metadata;
mod revoke;
mod token;

use axum::middleware::from_fn_with_state;
use axum::routing::{get, post};

use crate::openapi::routes::Routes;
use crate::surface::bounds::bounded;

/// The routes of this surface.
pub(crate) fn routes() -> Routes {
    let routes = Routes::new()
        .at("/token", post(token::issue), &[described::issue])
        .at("/introspect", post(introspect::introspect), &[described::introspect])
        .at("/revoke", post(revoke::revoke), &[described::revoke]);
    let dressed = routes.refusing(error::BOUNDS, error::not_found, error::method_not_allowed);
    let found = Routes::new().at(metadata::PATH, get(metadata::show), &[described::metadata]);
    let found =
        found.around(|routes| routes.method_not_allowed_fallback(error::method_not_allowed).layer(from_fn_with_state(error::BOUNDS, bounded)));
    dressed.below("/oauth").and(found)
}
