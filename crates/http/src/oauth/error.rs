//! Everything that these endpoints answer instead of a success: one exhaustive match from what happened to status, `error` and words (RFC 6749 §5.2).

use std::time::Duration;

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use daftar_core::access::{AccessError, RevokeError};
use daftar_core::service::Fault;
use serde_json::json;

use crate::surface::body::BodyError;
use crate::surface::bounds::{Bounds, Cut};
use crate::surface::fault::{retry_after, seconds_up, status_of};

/// Why a call does not succeed.
#[derive(Debug)]
pub(super) enum OauthError {
    /// The request could not be read.
    Body(BodyError),
    /// A parameter is not there.
    Missing(&'static str),
    /// A parameter comes more than once.
    Repeated,
    /// The client authenticates in more than one way.
    TwoWays,
    /// No machine client, or the wrong secret.
    InvalidClient,
    /// Another grant than client credentials.
    GrantType,
    /// The scope is malformed, unknown, or not the client's.
    Scope,
    /// The token is another client's.
    NotYours,
    /// There is nothing at this path.
    NoSuchPath,
    /// There is nothing at this path for this method.
    NoSuchMethod,
    /// The request took too long.
    TooLong,
    /// Its handler panicked.
    Panicked,
    /// Too many requests come from its address.
    Flooded(Duration),
    /// Something else is at fault.
    Fault(Fault),
}

impl From<BodyError> for OauthError {
    fn from(error: BodyError) -> Self {
        Self::Body(error)
    }
}

impl From<Fault> for OauthError {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

impl From<AccessError> for OauthError {
    fn from(error: AccessError) -> Self {
        match error {
            AccessError::InvalidClient => Self::InvalidClient,
            AccessError::InvalidScope => Self::Scope,
            AccessError::Fault(fault) => Self::Fault(fault),
        }
    }
}

impl From<RevokeError> for OauthError {
    fn from(error: RevokeError) -> Self {
        match error {
            RevokeError::NotYours => Self::NotYours,
            RevokeError::Fault(fault) => Self::Fault(fault),
        }
    }
}

impl IntoResponse for OauthError {
    fn into_response(self) -> Response {
        const BAD: StatusCode = StatusCode::BAD_REQUEST;
        const REQUEST: &str = "invalid_request";
        match self {
            Self::Body(BodyError::ContentType { expected }) => {
                told(StatusCode::UNSUPPORTED_MEDIA_TYPE, REQUEST, &format!("The content type must be {expected}"))
            }
            Self::Body(BodyError::TooLarge) => told(StatusCode::PAYLOAD_TOO_LARGE, REQUEST, "The request body is too large"),
            Self::Body(BodyError::Malformed) => told(BAD, REQUEST, "The request body is malformed"),
            Self::Missing(name) => told(BAD, REQUEST, &format!("The parameter {name} is missing")),
            Self::Repeated => told(BAD, REQUEST, "A parameter comes more than once"),
            Self::TwoWays => told(BAD, REQUEST, "The client authenticates in more than one way"),
            Self::InvalidClient => {
                let challenge = [(header::WWW_AUTHENTICATE, HeaderValue::from_static("Basic realm=\"oauth\", charset=\"UTF-8\""))];
                (challenge, told(StatusCode::UNAUTHORIZED, "invalid_client", "Client authentication failed")).into_response()
            }
            Self::GrantType => told(BAD, "unsupported_grant_type", "The grant type must be client_credentials"),
            Self::Scope => told(BAD, "invalid_scope", "The scope is malformed, unknown, or not granted to this client"),
            Self::NotYours => told(BAD, "invalid_grant", "The token was issued to another client"),
            Self::NoSuchPath => told(StatusCode::NOT_FOUND, REQUEST, "There is nothing at this path"),
            Self::NoSuchMethod => told(StatusCode::METHOD_NOT_ALLOWED, REQUEST, "The method is not allowed"),
            Self::TooLong => told(StatusCode::REQUEST_TIMEOUT, REQUEST, "The request took too long"),
            Self::Panicked => told(StatusCode::INTERNAL_SERVER_ERROR, "server_error", "Internal error"),
            Self::Flooded(wait) => {
                let wait = [retry_after(seconds_up(wait))];
                (wait, told(StatusCode::TOO_MANY_REQUESTS, "temporarily_unavailable", "Too many requests, please try again later")).into_response()
            }
            Self::Fault(fault) => match status_of(&fault) {
                (status, Some(seconds)) => {
                    ([retry_after(seconds)], told(status, "temporarily_unavailable", "The service is busy, please try again")).into_response()
                }
                (status, None) => told(status, "server_error", "Internal error"),
            },
        }
    }
}

fn told(status: StatusCode, error: &str, description: &str) -> Response {
    (status, Json(json!({ "error": error, "error_description": description }))).into_response()
}

/// What a request may take, and what is told of one that is cut.
pub(super) const BOUNDS: Bounds = Bounds::told_by(|cut| match cut {
    Cut::TooLong => OauthError::TooLong.into_response(),
    Cut::Panicked => OauthError::Panicked.into_response(),
    Cut::Flooded(wait) => OauthError::Flooded(wait).into_response(),
});

/// There is nothing at this path.
pub(super) async fn not_found() -> OauthError {
    OauthError::NoSuchPath
}

/// There is something at this path, but not for this method. The router adds `Allow`.
pub(super) async fn method_not_allowed() -> OauthError {
    OauthError::NoSuchMethod
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::surface::bounds::tests::{answered, requests, routes};

    #[tokio::test]
    async fn a_panic_and_a_body_that_does_not_come_are_told_as_the_rfc_says() {
        let [panics, never] = requests();
        let told = |error: &str, description: &str| json!({ "error": error, "error_description": description });
        assert_eq!(answered(routes(BOUNDS), panics).await, (StatusCode::INTERNAL_SERVER_ERROR, told("server_error", "Internal error")));
        assert_eq!(answered(routes(BOUNDS), never).await, (StatusCode::REQUEST_TIMEOUT, told("invalid_request", "The request took too long")));
    }
}
