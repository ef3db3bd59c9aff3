//! USAPI (contract `usapi.md`): user accounts of web shops and apps.

mod auth;
mod caller;
mod check;
mod described;
mod error;
mod profile;
mod register;
mod signup;
mod wire;

use axum::routing::{get, post};

use crate::openapi::routes::Routes;

/// The routes of this surface. `GET` and `POST` of `/signup/confirm` are pages.
pub(crate) fn routes() -> Routes {
    Routes::new()
        .at("/auth", post(auth::sign_in), &[described::sign_in])
        .at("/internal/register", post(register::register), &[described::register])
        .at("/signup", post(signup::start), &[described::start_signup])
        .at("/signup/verify", post(signup::verify), &[described::verify_signup])
        .at("/signup/resend", post(signup::resend), &[described::resend_signup])
        .at("/update-basic-profile", post(profile::update), &[described::update_profile])
        .at("/basic-profile", get(profile::show), &[described::profile])
        .at("/check/email", post(check::email), &[described::check_email])
}
