//! Everything that the administration answers instead of a success: one exhaustive match from what happened to a problem.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use daftar_core::access::NotAdmitted;
use daftar_core::outbox::status::EnquiryError;
use daftar_core::service::Fault;

use crate::surface::bounds::{Bounds, Cut};
use crate::surface::fault::{retry_after, status_of};
use crate::surface::problem::Problem;

/// Why a call does not succeed.
#[derive(Debug)]
pub(super) enum AdminError {
    /// No client with scope `admin` calls.
    NoAdministrator,
    /// The parameter of this name is not what it must be.
    Parameter(&'static str, &'static str),
    /// There is no such account.
    NoAccount,
    /// There is nothing at this path.
    NoSuchPath,
    /// There is nothing at this path for this method.
    NoSuchMethod,
    /// The request took too long.
    TooLong,
    /// Its handler panicked.
    Panicked,
    /// Something else is at fault.
    Fault(Fault),
}

impl From<NotAdmitted> for AdminError {
    fn from(error: NotAdmitted) -> Self {
        match error {
            NotAdmitted::Invalid => Self::NoAdministrator,
            NotAdmitted::Fault(fault) => Self::Fault(fault),
        }
    }
}

impl From<EnquiryError> for AdminError {
    fn from(error: EnquiryError) -> Self {
        match error {
            EnquiryError::NoContact => Self::Parameter("to", "must be an e-mail address or a phone number"),
            EnquiryError::NoAccount => Self::NoAccount,
            EnquiryError::Fault(fault) => Self::Fault(fault),
        }
    }
}

impl AdminError {
    /// What a client is told.
    fn told(self) -> Problem {
        match self {
            Self::NoAdministrator => {
                let detail = "A valid access token of a machine client with scope admin is needed.";
                Problem::new(StatusCode::UNAUTHORIZED, "UNAUTHORIZED", detail).with((header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer")))
            }
            Self::Parameter(name, why) => Problem::new(StatusCode::BAD_REQUEST, "VALIDATION", format!("{name} {why}.")).about(name.to_owned()),
            Self::NoAccount => Problem::new(StatusCode::NOT_FOUND, "ACCOUNT_NOT_FOUND", "There is no account of this id."),
            Self::NoSuchPath => Problem::new(StatusCode::NOT_FOUND, "NOT_FOUND", "There is nothing at this path."),
            Self::NoSuchMethod => Problem::new(StatusCode::METHOD_NOT_ALLOWED, "METHOD_NOT_ALLOWED", "This path does not take this method."),
            Self::TooLong => Problem::new(StatusCode::REQUEST_TIMEOUT, "REQUEST_TIMEOUT", "The request took too long."),
            Self::Panicked => internal(StatusCode::INTERNAL_SERVER_ERROR),
            Self::Fault(fault) => match status_of(&fault) {
                (status, Some(seconds)) => {
                    Problem::new(status, "UNAVAILABLE", "Too much is going on. Try again in a moment.").with(retry_after(seconds))
                }
                (status, None) => internal(status),
            },
        }
    }
}

fn internal(status: StatusCode) -> Problem {
    Problem::new(status, "INTERNAL", "Something went wrong on our side.")
}

impl IntoResponse for AdminError {
    fn into_response(self) -> Response {
        self.told().into_response()
    }
}

/// What a request may take, and what is told of one that is cut.
pub(super) const BOUNDS: Bounds = Bounds::told_by(|cut| match cut {
    Cut::TooLong => AdminError::TooLong.into_response(),
    Cut::Panicked => AdminError::Panicked.into_response(),
});

/// There is nothing at this path.
pub(super) async fn not_found() -> AdminError {
    AdminError::NoSuchPath
}

/// There is something at this path, but not for this method. The router adds `Allow`.
pub(super) async fn method_not_allowed() -> AdminError {
    AdminError::NoSuchMethod
}
