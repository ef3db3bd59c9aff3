//! `POST /oauth/introspect`: what a token is worth (RFC 7662).

use axum::Json;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use daftar_core::access::Introspection;
use serde::Serialize;
use serde_json::json;

use super::caller::Asked;
use super::error::OauthError;
use crate::App;

/// A token that is good, and its claims.
#[derive(Serialize)]
struct Active<C> {
    active: bool,
    #[serde(flatten)]
    claims: C,
}

impl<C> Active<C> {
    const fn with(claims: C) -> Self {
        Self { active: true, claims }
    }
}

pub(super) async fn introspect(State(app): State<App>, request: Request) -> Result<Response, OauthError> {
    let Asked { client, form } = Asked::read(&app, request).await?;
    Ok(match app.accounts().introspect(&client, form.required("token")?).await? {
        Some(Introspection::Machine(claims)) => Json(Active::with(claims)).into_response(),
        Some(Introspection::Person(claims)) => Json(Active::with(claims)).into_response(),
        None => Json(json!({ "active": false })).into_response(),
    })
}
