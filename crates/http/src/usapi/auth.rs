//! `POST /auth`: signing in (contract `usapi.md`).

use axum::Json;
use axum::extract::{Request, State};
use daftar_core::account::Surface;
use daftar_core::audit::{Caller, Door};
use daftar_core::identifier::LoginId;
use daftar_core::password::Password;
use daftar_core::sign_in::{SignIn, SignedIn};
use serde::Serialize;

use super::error::UsapiError;
use crate::App;
use crate::surface::caller::CallerAddress;
use crate::surface::properties::Properties;

#[derive(Serialize)]
pub(super) struct Token {
    token: String,
}

pub(super) async fn sign_in(State(app): State<App>, CallerAddress(from): CallerAddress, request: Request) -> Result<Json<Token>, UsapiError> {
    let body = Properties::read(request).await?;
    let username = body.text("username")?.any_length();
    let password = body.password("password")?;
    let options = body.optional_object("options", "options.")?;
    let native_app = options.map(|options| options.boolean("nativeApp")).transpose()?.unwrap_or(false);
    let attempt = SignIn {
        surface: Surface::Usapi,
        who: LoginId::classify(username, &app.accounts().policy().country).ok(),
        password: Password::typed(password),
        from,
        native_app,
        device: None,
    };
    match app.called(Caller::owner(Door::Usapi, from)).sign_in(attempt).await? {
        SignedIn::Welcome { token, .. } => Ok(Json(Token { token })),
        SignedIn::Refused => Err(UsapiError::BadCredentials),
        SignedIn::Disabled => Err(UsapiError::Disabled),
        SignedIn::Throttled { retry_after } => Err(UsapiError::Throttled(retry_after)),
    }
}
