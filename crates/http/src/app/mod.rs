//! App User Auth (contract `app-auth.md`): sign-up, sign-in and recovery by one-time codes, for mobile apps. Every answer is an envelope; what a refusal
//! says is in the reader's language.

mod account;
mod caller;
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
use crate::surface::bounds::bounded;

/// The routes of this surface.
pub(crate) fn router(app: &App) -> Router<App> {
    let routes = Router::new()
        .route("/account/check", post(account::check))
        .route("/username/info", post(account::username_info))
        .route("/info", get(account::info))
        .route("/login", post(login::sign_in))
        .route("/otp", post(otp::send))
        .route("/login/verify", post(otp::sign_in))
        .route("/signup/verify", post(otp::sign_up))
        .route("/forgot-password/verify", post(otp::recover))
        .route("/update-email/verify", post(otp::update_email))
        .route("/update-phone/verify", post(otp::update_phone))
        .route("/password", post(password::set_first).put(password::reset))
        .route("/logout", delete(session::sign_out))
        .route("/device-token", put(session::bind_device))
        .fallback(envelope::not_found)
        .method_not_allowed_fallback(envelope::method_not_allowed)
        .layer(from_fn_with_state(envelope::BOUNDS, bounded))
        .layer(from_fn_with_state(app.clone(), envelope::speak));
    Router::new().nest("/app/auth", routes)
}
