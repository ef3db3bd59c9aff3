//! `POST /check/email`: is this address registered? (contract `usapi.md`)

use axum::Json;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use daftar_core::identifier::EmailAddress;
use serde::Serialize;

use super::caller::Asks;
use super::error::UsapiError;
use super::wire;
use crate::App;
use crate::surface::properties::Properties;

#[derive(Serialize)]
pub(super) struct Answer {
    status: bool,
    message: &'static str,
}

pub(super) async fn email(State(app): State<App>, Asks(asker): Asks, request: Request) -> Result<(StatusCode, Json<Answer>), UsapiError> {
    let body = Properties::read(request).await?;
    let address = EmailAddress::parse(wire::email(&body)?).map_err(|_| UsapiError::EmailFormat)?;
    Ok(if app.accounts().is_registered(&address.into(), &asker).await? {
        (StatusCode::CONFLICT, Json(Answer { status: false, message: "Email is already registered" }))
    } else {
        (StatusCode::OK, Json(Answer { status: true, message: "Email is not registered" }))
    })
}
