//! `DELETE /app/auth/logout` and `PUT /app/auth/device-token` (contract `app-auth.md`).

use axum::extract::{Request, State};
use daftar_core::audit::{Caller, Door};

use super::caller::Person;
use super::envelope::{DONE, Done};
use super::error::AppError;
use super::wire;
use crate::App;
use crate::surface::caller::CallerAddress;
use crate::surface::properties::Properties;

pub(super) async fn sign_out(State(app): State<App>, Person(person): Person, CallerAddress(from): CallerAddress) -> Result<Done<()>, AppError> {
    app.called(Caller::owner(Door::App, from)).sign_out(person.id).await?;
    Ok(DONE)
}

pub(super) async fn bind_device(State(app): State<App>, Person(person): Person, request: Request) -> Result<Done<()>, AppError> {
    let device = wire::device(&Properties::read(request).await?)?;
    app.accounts().bind_device(person.id, device).await?;
    Ok(DONE)
}
