//! `POST /oauth/revoke`: ending a token (RFC 7009).

use axum::extract::{Request, State};
use axum::http::StatusCode;

use super::caller::Asked;
use super::error::OauthError;
use crate::App;

pub(super) async fn revoke(State(app): State<App>, request: Request) -> Result<StatusCode, OauthError> {
    let Asked { client, form } = Asked::read(&app, request).await?;
    app.accounts().revoke(&client, form.required("token")?).await?;
    Ok(StatusCode::OK)
}
