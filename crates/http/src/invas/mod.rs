//! INVAS (contract `invas.md`): partner hosts register customers. Every call is a machine client's; every refusal is a problem (RFC 9457).

mod answer;
mod caller;
mod confirm;
mod described;
mod error;
mod look_up;
mod register;
mod resend;
mod wire;

use axum::routing::{get, post};

use crate::openapi::routes::Routes;

/// The routes of this surface. The page behind the customers' links is among the pages.
pub(crate) fn routes() -> Routes {
    let routes = Routes::new()
        .at("/register", post(register::register), &[described::register])
        .at("/register/confirm", post(confirm::confirm), &[described::confirm])
        .at("/auth/verifyUsername", get(look_up::username), &[described::verify_username])
        .at("/auth/verifyEmail", get(look_up::email), &[described::verify_email])
        .at("/resend/registration/sms", post(resend::token), &[described::resend_token])
        .at("/resend/registration/email", post(resend::link), &[described::resend_link]);
    routes.refusing(error::BOUNDS, error::not_found, error::method_not_allowed).below("/b2b/customer")
}
