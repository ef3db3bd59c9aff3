//! App User Auth (contract `app-auth.md`): sign-up, sign-in and recovery by one-time codes, for mobile apps. Every answer is an envelope; what a refusal
//! says is in the reader's language.

mod account;
mod caller;
mod described;
mod envelope;
mod error;
mod login;
mod otp;
mod password;
mod session;
mod wire;

use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::{delete, get, post, put};

use crate::App;
use crate::openapi::routes::Routes;

/// The routes of this surface.
pub(crate) fn routes() -> Routes {
    let routes = Routes::new()
        .at("/account/check", post(account::check), &[described::check])
        .at("/username/info", post(account::username_info), &[described::username_info])
        .at("/info", get(account::info), &[described::info])
        .at("/login", post(login::sign_in), &[described::login])
        .at("/otp", post(otp::send), &[described::otp])
        .at("/login/verify", post(otp::sign_in), &[described::login_by_code])
        .at("/signup/verify", post(otp::sign_up), &[described::sign_up])
        .at("/forgot-password/verify", post(otp::recover), &[described::recover])
        .at("/update-email/verify", post(otp::update_email), &[described::update_email])
        .at("/update-phone/verify", post(otp::update_phone), &[described::update_phone])
        .at("/password", post(password::set_first).put(password::reset), &[described::first_password, described::reset_password])
        .at("/logout", delete(session::sign_out), &[described::logout])
        .at("/device-token", put(session::bind_device), &[described::device_token]);
    routes.refusing(envelope::BOUNDS, envelope::not_found, envelope::method_not_allowed).below("/app/auth")
}

/// What answers: in the language that the request asks for.
pub(crate) fn router(app: &App) -> Router<App> {
    routes().router().layer(from_fn_with_state(app.clone(), envelope::speak))
}
