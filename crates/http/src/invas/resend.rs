//! `POST /b2b/customer/resend/registration/sms` and `…/email`: the token, or the link, anew.

use axum::Json;
use axum::extract::{Request, State};
use daftar_core::customer::PhoneAsSent;

use super::answer::Registration;
use super::caller::Host;
use super::error::InvasError;
use super::wire::phone_as_sent;
use crate::App;
use crate::surface::properties::Properties;

pub(super) async fn token(State(app): State<App>, Host(host): Host, request: Request) -> Result<Json<Registration>, InvasError> {
    let (username, phone) = phones(request).await?;
    Ok(Json(app.accounts().resend_customer_token(&host.id, &username, &phone).await?.into()))
}

pub(super) async fn link(State(app): State<App>, Host(host): Host, request: Request) -> Result<Json<Registration>, InvasError> {
    let (username, phone) = phones(request).await?;
    Ok(Json(app.accounts().resend_customer_link(&host.id, &username, &phone).await?.into()))
}

async fn phones(request: Request) -> Result<(PhoneAsSent, PhoneAsSent), InvasError> {
    let body = Properties::read(request).await?;
    Ok((phone_as_sent(&body, "username")?, phone_as_sent(&body, "phone")?))
}
