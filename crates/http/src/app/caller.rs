//! Who calls App. These extractors look at the request's head alone, before a byte of the body is read: an unauthenticated caller learns nothing from the
//! body's checks (threat row 33). Only `/otp` must know its `nature` first.

use axum::extract::FromRequestParts;
use axum::http::HeaderMap;
use axum::http::request::Parts;
use daftar_core::account::Surface;
use daftar_core::locale::Locale;
use daftar_core::recovery::Recovery;
use daftar_core::session::{LiveSession, Reachable};

use super::envelope::OTHERWISE;
use super::error::AppError;
use crate::App;
use crate::surface::caller::{bearer, language};

/// A person who is signed in on App.
pub(super) struct Person(pub(super) LiveSession);

impl Person {
    /// The person for whom the token among `headers` speaks.
    pub(super) async fn of(headers: &HeaderMap, app: &App) -> Result<Self, AppError> {
        let token = bearer(headers).ok_or(AppError::NotSignedIn)?;
        Ok(Self(app.accounts().authenticate(token, Surface::App).await?))
    }
}

impl FromRequestParts<App> for Person {
    type Rejection = AppError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, AppError> {
        Self::of(&parts.headers, app).await
    }
}

/// How a person is reached who is signed in on App.
pub(super) struct ReachableBy(pub(super) Reachable);

impl FromRequestParts<App> for ReachableBy {
    type Rejection = AppError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, AppError> {
        let token = bearer(&parts.headers).ok_or(AppError::NotSignedIn)?;
        Ok(Self(app.accounts().contacts_by(token, Surface::App).await?))
    }
}

/// A person who has proven who it is in order to choose a new password, and may do nothing else.
pub(super) struct Recovering(pub(super) Recovery);

impl FromRequestParts<App> for Recovering {
    type Rejection = AppError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, AppError> {
        let token = bearer(&parts.headers).ok_or(AppError::NotSignedIn)?;
        Ok(Self(app.accounts().recovering(token, Surface::App).await?))
    }
}

/// The language in which the caller reads.
pub(super) struct Reads(pub(super) Locale);

impl FromRequestParts<App> for Reads {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, Self::Rejection> {
        Ok(Self(language(&parts.headers, OTHERWISE)))
    }
}
