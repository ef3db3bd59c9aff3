//! Everything that the administration answers instead of a success: one exhaustive match from what happened to a problem.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use daftar_core::access::NotAdmitted;
use daftar_core::outbox::status::EnquiryError;
use daftar_core::service::Fault;

use crate::surface::bounds::{Bounds, Cut};
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
    /// The request was not handled to its end.
    Cut(Cut),
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

impl From<Fault> for AdminError {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
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
            Self::Parameter(name, why) => Problem::at_fault(name.to_owned(), why),
            Self::NoAccount => Problem::new(StatusCode::NOT_FOUND, "ACCOUNT_NOT_FOUND", "There is no account of this id."),
            Self::NoSuchPath => Problem::no_such_path(),
            Self::NoSuchMethod => Problem::no_such_method(),
            Self::Cut(cut) => Problem::cut(cut),
            Self::Fault(fault) => Problem::fault(&fault),
        }
    }
}

impl IntoResponse for AdminError {
    fn into_response(self) -> Response {
        self.told().into_response()
    }
}

/// What a request may take, and what is told of one that is cut.
pub(super) const BOUNDS: Bounds = Bounds::told_by(|cut| AdminError::Cut(cut).into_response());

/// There is nothing at this path.
pub(super) async fn not_found() -> AdminError {
    AdminError::NoSuchPath
}

/// There is something at this path, but not for this method. The router adds `Allow`.
pub(super) async fn method_not_allowed() -> AdminError {
    AdminError::NoSuchMethod
}
