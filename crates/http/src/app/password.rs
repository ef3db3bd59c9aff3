//! `POST` and `PUT /app/auth/password`: the first password, and one for one that is forgotten (contract `app-auth.md`).

use axum::extract::{Request, State};
use daftar_core::audit::{Caller, Door};
use daftar_core::password::{Password, PasswordError};

use super::caller::{Person, Recovering};
use super::envelope::{DONE, Done};
use super::error::AppError;
use super::wire;
use crate::App;
use crate::surface::caller::CallerAddress;

pub(super) async fn set_first(
    State(app): State<App>,
    Person(person): Person,
    CallerAddress(from): CallerAddress,
    request: Request,
) -> Result<Done<()>, AppError> {
    let wished = wished(&app, request).await?;
    app.called(Caller::owner(Door::App, from)).set_first_password(person, wished).await?;
    Ok(DONE)
}

pub(super) async fn reset(
    State(app): State<App>,
    Recovering(recovery): Recovering,
    CallerAddress(from): CallerAddress,
    request: Request,
) -> Result<Done<()>, AppError> {
    let wished = wished(&app, request).await?;
    app.called(Caller::owner(Door::App, from)).reset_password(recovery, wished).await?;
    Ok(DONE)
}

/// The password that somebody chose; `None`: one is to be made up.
async fn wished(app: &App, request: Request) -> Result<Option<Password>, AppError> {
    let body = wire::optional_json(request).await?;
    let policy = app.accounts().policy().passwords.app();
    let accept = |text| {
        policy.accept(text).map_err(|error| match error {
            PasswordError::TooShort { .. } | PasswordError::TooLong { .. } | PasswordError::Blank => AppError::PasswordFormat(policy),
        })
    };
    body.optional_text("password")?.map(accept).transpose()
}
