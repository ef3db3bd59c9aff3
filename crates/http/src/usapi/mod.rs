//! USAPI (contract `usapi.md`): user accounts of web shops and apps.

mod auth;
mod caller;
mod check;
mod error;
mod profile;
mod register;
mod signup;
mod wire;

use axum::Router;
use axum::routing::{get, post};

use crate::App;

/// The routes of this surface. `GET` and `POST` of `/signup/confirm` are pages.
pub(crate) fn router() -> Router<App> {
    Router::new()
        .route("/auth", post(auth::sign_in))
        .route("/internal/register", post(register::register))
        .route("/signup", post(signup::start))
        .route("/signup/verify", post(signup::verify))
        .route("/signup/resend", post(signup::resend))
        .route("/update-basic-profile", post(profile::update))
        .route("/basic-profile", get(profile::show))
        .route("/check/email", post(check::email))
}
