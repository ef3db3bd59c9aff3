//! INVAS (contract `invas.md`): partner hosts register customers. Every call is a machine client's; every refusal is a problem (RFC 9457).

mod answer;
mod caller;
mod confirm;
mod error;
mod look_up;
mod register;
mod resend;
mod wire;

use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::{get, post};

use crate::App;
use crate::surface::bounds::bounded;

/// The routes of this surface. The page behind the customers' links is among the pages.
pub(crate) fn router() -> Router<App> {
    let routes = Router::new()
        .route("/register", post(register::register))
        .route("/register/confirm", post(confirm::confirm))
        .route("/auth/verifyUsername", get(look_up::username))
        .route("/auth/verifyEmail", get(look_up::email))
        .route("/resend/registration/sms", post(resend::token))
        .route("/resend/registration/email", post(resend::link))
        .fallback(error::not_found)
        .method_not_allowed_fallback(error::method_not_allowed)
        .layer(from_fn_with_state(error::BOUNDS, bounded));
    Router::new().nest("/b2b/customer", routes)
}
