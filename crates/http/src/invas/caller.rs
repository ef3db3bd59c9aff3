//! Who calls INVAS: a partner host, by its access token. Looked at before anything else of a request: an unauthenticated caller learns nothing from the
//! checks of parameters and bodies (threat row 33).

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use daftar_core::client::{MachineClient, Scope};
use daftar_core::locale::Locale;
use daftar_core::repeat::{Repeat, RepeatKey};

use super::error::InvasError;
use crate::App;
use crate::surface::caller::{bearer, language, repeat_key};

/// A machine client with scope `b2b`.
pub(super) struct Host(pub(super) MachineClient);

impl FromRequestParts<App> for Host {
    type Rejection = InvasError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, InvasError> {
        let token = bearer(&parts.headers).ok_or(InvasError::NoHost)?;
        Ok(Self(app.accounts().authenticate_access(token, Scope::B2b).await?))
    }
}

/// The idempotency key of a call, for [`Repeats::of`].
pub(super) struct Repeats(Option<RepeatKey>);

impl FromRequestParts<App> for Repeats {
    type Rejection = InvasError;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, InvasError> {
        repeat_key(&parts.headers).map(Self).map_err(|_| InvasError::RepeatKey)
    }
}

impl Repeats {
    /// The call as one that may be a repeat, if its host said so.
    pub(super) fn of(self, app: &App, host: &MachineClient, endpoint: &str, body: &[u8]) -> Option<Repeat> {
        self.0.map(|key| app.accounts().repeat(&host.id, key, endpoint, body))
    }
}

/// The language in which to write to the customer: the one that the host passes on, else the installation's.
pub(super) struct Writes(pub(super) Locale);

impl FromRequestParts<App> for Writes {
    type Rejection = InvasError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, InvasError> {
        Ok(Self(language(&parts.headers, app.accounts().policy().locale)))
    }
}
