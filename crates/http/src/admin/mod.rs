//! The administration over HTTP: machine clients with scope `admin` see what operators see on the command line. Every refusal is a problem (RFC 9457).

mod caller;
mod described;
mod error;
mod limits;
mod messages;

use axum::middleware::from_fn_with_state;
use axum::routing::get;

use crate::openapi::routes::Routes;
use crate::surface::bounds::bounded;

/// The routes of this surface.
pub(crate) fn routes() -> Routes {
    let routes = Routes::new().at("/messages", get(messages::list), &[described::messages]).at("/limits", get(limits::list), &[described::limits]);
    let dressed = routes.around(|routes| {
        let routes = routes.fallback(error::not_found).method_not_allowed_fallback(error::method_not_allowed);
        routes.layer(from_fn_with_state(error::BOUNDS, bounded))
    });
    dressed.below("/admin")
}
