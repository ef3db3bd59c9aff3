//! Everything that the administration answers instead of a success: one exhaustive match from what happened to a problem.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use daftar_core::access::NotAdmitted;
use daftar_core::limit::reset::ResetError;
use daftar_core::outbox::status::EnquiryError;
use daftar_core::service::Fault;

use crate::surface::body::BodyError;
use crate::surface::bounds::{Bounds, Cut};
use crate::surface::problem::Problem;
use crate::surface::properties::PropertyError;

/// Why a call does not succeed.
#[derive(Debug)]
pub(super) enum AdminError {
    /// No client with scope `admin` calls.
    NoAdministrator,
    /// The request could not be read.
    Body(BodyError),
    /// A property is not there, or not as it has to be.
    Property(PropertyError),
    /// The parameter or property of this name is not what it must be.
    Parameter(&'static str, &'static str),
    /// There is no such account.
    NoAccount,
    /// There is no such session that lives.
    NoSession,
    /// There is no such machine client.
    NoClient,
    /// The machine client is disabled: a new secret would not admit it.
    ClientDisabled,
    /// There is no such message.
    NoMessage,
    /// The message was sent, or has arrived.
    MessageSent,
    /// The message is being sent right now.
    MessageUnderway,
    /// The message has expired, and what it said is wiped.
    MessageExpired,
    /// The limit is not of this.
    NotOfThis(&'static str),
    /// There is nothing at this path.
    NoSuchPath,
    /// There is nothing at this path for this method.
    NoSuchMethod,
    /// The request was not handled to its end.
    Cut(Cut),
    /// Something else is at fault.
    Fault(Fault),
}

impl From<BodyError> for AdminError {
    fn from(error: BodyError) -> Self {
        Self::Body(error)
    }
}

impl From<PropertyError> for AdminError {
    fn from(error: PropertyError) -> Self {
        Self::Property(error)
    }
}

impl From<ResetError> for AdminError {
    fn from(error: ResetError) -> Self {
        match error {
            ResetError::IsNot(wanted) => Self::NotOfThis(wanted),
            ResetError::Store(error) => Self::Fault(error.into()),
        }
    }
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
            Self::Body(error) => Problem::unreadable(error),
            Self::Property(error) => Problem::property(error),
            Self::Parameter(name, why) => Problem::at_fault(name.to_owned(), why),
            Self::NotOfThis(wanted) => Problem::at_fault("of".to_owned(), &format!("is not {wanted}")),
            Self::NoClient => Problem::new(StatusCode::NOT_FOUND, "CLIENT_NOT_FOUND", "There is no machine client of this id."),
            Self::ClientDisabled => {
                Problem::new(StatusCode::CONFLICT, "CLIENT_DISABLED", "The machine client is disabled: a new secret would not admit it.")
            }
            Self::NoMessage => Problem::new(StatusCode::NOT_FOUND, "MESSAGE_NOT_FOUND", "There is no message of this id."),
            Self::MessageSent => {
                let detail = "The message was sent: its gateway has it, and nothing more is kept that could be sent.";
                Problem::new(StatusCode::CONFLICT, "MESSAGE_SENT", detail)
            }
            Self::MessageUnderway => {
                Problem::new(StatusCode::CONFLICT, "MESSAGE_UNDERWAY", "The message is being sent right now. Look again in a moment.")
            }
            Self::MessageExpired => {
                let detail = "The message has expired, and what it said is wiped. A new code has to be asked for.";
                Problem::new(StatusCode::GONE, "MESSAGE_EXPIRED", detail)
            }
            Self::NoAccount => Problem::new(StatusCode::NOT_FOUND, "ACCOUNT_NOT_FOUND", "There is no account of this id."),
            Self::NoSession => Problem::new(StatusCode::NOT_FOUND, "SESSION_NOT_FOUND", "There is no live session of this id."),
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
