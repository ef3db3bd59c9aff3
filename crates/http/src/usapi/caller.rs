//! Who calls USAPI. Both extractors look at the request's head alone, before a byte of the body is read: an unauthenticated caller learns
//! nothing from the body's checks (threat row 33).

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use daftar_core::account::{Account, AccountId, Surface};
use daftar_core::client::{ClientId, Scope};
use daftar_core::limit::look_ups::Asker;
use daftar_core::locale::Locale;
use daftar_core::repeat::Repeat;

use super::error::UsapiError;
use crate::App;
use crate::surface::caller::{CallerAddress, basic, bearer, language, repeat_key};

/// A machine client with scope `usapi` (RFC 7617).
pub(super) struct Client(pub(super) ClientId);

impl FromRequestParts<App> for Client {
    type Rejection = UsapiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, UsapiError> {
        let given = basic(&parts.headers).ok_or(UsapiError::NoClient)?;
        let client = app.accounts().authenticate_client(&given.user, &given.password, Scope::Usapi).await?;
        client.map(Self).ok_or(UsapiError::NoClient)
    }
}

/// Who asks where nobody has to say who he is: a machine client that does so all the same has limits of its own, wherever it is (threat row 60).
pub(super) struct Asks(pub(super) Asker);

impl FromRequestParts<App> for Asks {
    type Rejection = UsapiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, UsapiError> {
        match Client::from_request_parts(parts, app).await {
            Ok(Client(client)) => Ok(Self(Asker::Client(client))),
            Err(UsapiError::NoClient) => {
                let Ok(CallerAddress(address)) = CallerAddress::from_request_parts(parts, app).await;
                Ok(Self(Asker::Person(address)))
            }
            Err(error) => Err(error),
        }
    }
}

/// A person who is signed in on USAPI (RFC 6750).
pub(super) struct Person(pub(super) AccountId);

impl FromRequestParts<App> for Person {
    type Rejection = UsapiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, UsapiError> {
        let token = bearer(&parts.headers).ok_or(UsapiError::NotSignedIn)?;
        Ok(Self(app.accounts().authenticate(token, Surface::Usapi).await?.account))
    }
}

/// The account of a person who is signed in on USAPI.
pub(super) struct Owned(pub(super) Account);

impl FromRequestParts<App> for Owned {
    type Rejection = UsapiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, UsapiError> {
        let token = bearer(&parts.headers).ok_or(UsapiError::NotSignedIn)?;
        Ok(Self(app.accounts().profile_by(token, Surface::Usapi).await?))
    }
}

/// The idempotency key of a call, for [`Repeats::of`].
pub(super) struct Repeats(Option<daftar_core::repeat::RepeatKey>);

impl FromRequestParts<App> for Repeats {
    type Rejection = UsapiError;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, UsapiError> {
        repeat_key(&parts.headers).map(Self).map_err(|_| UsapiError::RepeatKey)
    }
}

impl Repeats {
    /// The call as one that may be a repeat, if its client said so.
    pub(super) fn of(self, app: &App, client: &ClientId, endpoint: &str, body: &[u8]) -> Option<Repeat> {
        self.0.map(|key| app.accounts().repeat(client, key, endpoint, body))
    }
}

/// The language in which to write to the person: the one that the caller passes on, else the installation's.
pub(super) struct Writes(pub(super) Locale);

impl FromRequestParts<App> for Writes {
    type Rejection = UsapiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, UsapiError> {
        Ok(Self(language(&parts.headers, app.accounts().policy().locale)))
    }
}
