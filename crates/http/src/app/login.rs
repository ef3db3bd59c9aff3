//! `POST /app/auth/login`: signing in with a password (contract `app-auth.md`).

use axum::extract::{Request, State};
use daftar_core::account::Surface;
use daftar_core::audit::{Caller, Door};
use daftar_core::password::Password;
use daftar_core::sign_in::{SignIn, SignedIn};
use serde::Serialize;

use super::envelope::Done;
use super::error::AppError;
use super::wire;
use crate::App;
use crate::surface::caller::CallerAddress;
use crate::surface::properties::Properties;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Access {
    pub(super) access_token: String,
}

pub(super) async fn sign_in(State(app): State<App>, CallerAddress(from): CallerAddress, request: Request) -> Result<Done<Access>, AppError> {
    let body = Properties::read(request).await?;
    let login_id = wire::login_id(&body)?;
    let password = Password::typed(body.password("password")?);
    let device = Some(wire::device(&body)?);
    // What is no identifier is nobody's.
    let who = wire::identifier(&app, login_id).ok();
    let attempt = SignIn { surface: Surface::App, who, password, from, native_app: false, device };
    match app.called(Caller::owner(Door::App, from)).sign_in(attempt).await? {
        SignedIn::Welcome { token, .. } => Ok(Done(Access { access_token: token })),
        SignedIn::Refused => Err(AppError::BadCredentials),
        SignedIn::Disabled => Err(AppError::Disabled),
        SignedIn::Throttled { retry_after } => Err(AppError::Throttled(retry_after)),
    }
}
