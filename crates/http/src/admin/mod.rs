//! The administration over HTTP: machine clients with scope `admin` see what operators see on the command line. Every refusal is a problem (RFC 9457).

mod caller;
mod error;
mod limits;
mod messages;

use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::get;

use crate::App;
use crate::surface::bounds::bounded;

/// The routes of this surface.
pub(crate) fn router() -> Router<App> {
    let routes = Router::new()
        .route("/messages", get(messages::list))
        .route("/limits", get(limits::list))
        .fallback(error::not_found)
        .method_not_allowed_fallback(error::method_not_allowed)
        .layer(from_fn_with_state(error::BOUNDS, bounded));
    Router::new().nest("/admin", routes)
}
