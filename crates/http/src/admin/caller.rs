//! Who administers: a machine client, by its access token. Looked at before anything else of a request (threat row 33).

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use daftar_core::client::Scope;

use super::error::AdminError;
use crate::App;
use crate::surface::caller::bearer;

/// A machine client with scope `admin`.
pub(super) struct Administrator;

impl FromRequestParts<App> for Administrator {
    type Rejection = AdminError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, AdminError> {
        let token = bearer(&parts.headers).ok_or(AdminError::NoAdministrator)?;
        app.accounts().authenticate_access(token, Scope::Admin).await?;
        Ok(Self)
    }
}
