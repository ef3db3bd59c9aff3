//! `POST /oauth/revoke`: ending a token (RFC 7009).

use axum::extract::{Request, State};
use axum::http::StatusCode;
use daftar_core::audit::{Caller, Door};

use super::caller::Asked;
use super::error::OauthError;
use crate::App;
use crate::surface::caller::CallerAddress;

pub(super) async fn revoke(State(app): State<App>, CallerAddress(from): CallerAddress, request: Request) -> Result<StatusCode, OauthError> {
    let Asked { client, form } = Asked::read(&app, request).await?;
    app.called(Caller::client(client.id.clone(), Door::Oauth, from)).revoke(&client, form.required("token")?).await?;
    Ok(StatusCode::OK)
}
