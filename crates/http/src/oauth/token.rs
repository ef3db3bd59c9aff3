//! `POST /oauth/token`: client credentials (RFC 6749 §4.4).

use axum::Json;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use daftar_core::access::Issued;
use daftar_core::client::Scope;
use serde::Serialize;

use super::caller::Asked;
use super::error::OauthError;
use crate::App;

/// RFC 6749 §5.1.
#[derive(Serialize)]
struct Token {
    access_token: String,
    token_type: &'static str,
    expires_in: u64,
    scope: String,
}

pub(super) async fn issue(State(app): State<App>, request: Request) -> Result<Response, OauthError> {
    let Asked { client, form } = Asked::read(&app, request).await?;
    if form.required("grant_type")? != "client_credentials" {
        return Err(OauthError::GrantType);
    }
    let Issued { token, expires_in, scopes } = app.accounts().issue_access(&client, form.get("scope")).await?;
    let answer = Token { access_token: token, token_type: "Bearer", expires_in: expires_in.as_secs(), scope: Scope::list(&scopes) };
    Ok(([(header::PRAGMA, HeaderValue::from_static("no-cache"))], Json(answer)).into_response())
}
