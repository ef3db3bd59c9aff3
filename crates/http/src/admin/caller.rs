//! Who administers: a machine client, by its access token. Looked at before anything else of a request (threat row 33).

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use daftar_core::audit::{Caller, Door};
use daftar_core::client::Scope;
use daftar_core::service::Accounts;

use super::error::AdminError;
use crate::App;
use crate::surface::caller::{CallerAddress, bearer};

/// The core, as a machine client with scope `admin` has it: what it does is written down as done by that client.
pub(super) struct Administrator(pub(super) Accounts);

impl FromRequestParts<App> for Administrator {
    type Rejection = AdminError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, AdminError> {
        let token = bearer(&parts.headers).ok_or(AdminError::NoAdministrator)?;
        let client = app.accounts().authenticate_access(token, Scope::Admin).await?;
        let Ok(CallerAddress(from)) = CallerAddress::from_request_parts(parts, app).await;
        Ok(Self(app.called(Caller::client(client.id, Door::Admin, from))))
    }
}
