//! `GET /b2b/customer/auth/verifyUsername` and `…/verifyEmail`: is this phone, or this address, somebody's already?

use axum::Json;
use axum::extract::State;
use axum::http::Uri;
use daftar_core::identifier::{EmailAddress, PhoneNumber};
use daftar_core::limit::look_ups::Asker;
use serde::Serialize;

use super::caller::Host;
use super::error::InvasError;
use super::wire::{NO_EMAIL, NO_PHONE};
use crate::App;
use crate::surface::form::field;

/// Whether a phone is somebody's.
#[derive(Serialize)]
pub(super) struct UsernameVerified {
    username: String,
    exists: bool,
}

/// Whether an address is somebody's, and whose.
#[derive(Serialize)]
pub(super) struct EmailVerified {
    email: String,
    username: Option<String>,
    exists: bool,
}

pub(super) async fn username(State(app): State<App>, Host(host): Host, uri: Uri) -> Result<Json<UsernameVerified>, InvasError> {
    let username = parameter(&uri, "username")?;
    let phone = PhoneNumber::read(&username, &host.country).map_err(|_| InvasError::Format("username", NO_PHONE))?;
    let exists = app.accounts().is_registered(&phone.into(), &Asker::Client(host.id)).await?;
    Ok(Json(UsernameVerified { username, exists }))
}

pub(super) async fn email(State(app): State<App>, Host(host): Host, uri: Uri) -> Result<Json<EmailVerified>, InvasError> {
    let email = parameter(&uri, "email")?;
    let address = EmailAddress::parse(&email).map_err(|_| InvasError::Format("email", NO_EMAIL))?;
    let holder = app.accounts().holder_for(&host.id, &address.into()).await?;
    let username = holder.as_ref().and_then(|holder| holder.phone.as_ref()).map(|phone| phone.as_e164().to_owned());
    Ok(Json(EmailVerified { email, username, exists: holder.is_some() }))
}

/// A required parameter of the query.
fn parameter(uri: &Uri, name: &'static str) -> Result<String, InvasError> {
    let value = field(uri.query().unwrap_or_default().as_bytes(), name).ok_or(InvasError::Format(name, "is required"))?;
    if value.trim().is_empty() { Err(InvasError::Format(name, "must not be empty")) } else { Ok(value) }
}
