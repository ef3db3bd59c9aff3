//! Everything that INVAS answers instead of a success: one exhaustive match from what happened to a problem (contract `invas.md`).

use std::time::Duration;

use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use daftar_core::access::NotAdmitted;
use daftar_core::customer::{ConfirmError, NotConfirmed, ResendCustomerError};
use daftar_core::identifier::IdentifierKind;
use daftar_core::limit::{NotSent, TooOften};
use daftar_core::registration::RegisterError;
use daftar_core::service::{Fault, LookUpError};

use crate::surface::body::BodyError;
use crate::surface::bounds::{Bounds, Cut};
use crate::surface::fault::{retry_after, seconds_up};
use crate::surface::problem::{Problem, VALIDATION};
use crate::surface::properties::PropertyError;

/// Why a call does not succeed.
#[derive(Debug)]
pub(super) enum InvasError {
    /// No host with scope `b2b` calls.
    NoHost,
    /// The request could not be read.
    Body(BodyError),
    /// A property is not there, or not as it has to be.
    Property(PropertyError),
    /// The property or parameter of this name is not what it must be.
    Format(&'static str, &'static str),
    /// The header is not an idempotency key.
    RepeatKey,
    /// The idempotency key was used for another call.
    RepeatedDifferently,
    /// The identifier is somebody's.
    Taken(IdentifierKind),
    /// The host has no such registration that waits.
    UnknownRegistration,
    /// `username` and `phone` are not the same number.
    PhonesDiffer,
    /// The registration has no address to which a link could go.
    NoEmail,
    /// Neither a token nor a used link.
    TokenRequired,
    /// A wrong token, which has so many more tries.
    TokenInvalid(u8),
    /// A token whose time is over, or that is dead of wrong tries.
    TokenOver,
    /// Too many messages or look-ups.
    TooMany(Duration),
    /// There is nothing at this path.
    NoSuchPath,
    /// There is nothing at this path for this method.
    NoSuchMethod,
    /// The request was not handled to its end.
    Cut(Cut),
    /// Something else is at fault.
    Fault(Fault),
}

impl From<BodyError> for InvasError {
    fn from(error: BodyError) -> Self {
        Self::Body(error)
    }
}

impl From<PropertyError> for InvasError {
    fn from(error: PropertyError) -> Self {
        Self::Property(error)
    }
}

impl From<Fault> for InvasError {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

impl From<NotAdmitted> for InvasError {
    fn from(error: NotAdmitted) -> Self {
        match error {
            NotAdmitted::Invalid => Self::NoHost,
            NotAdmitted::Fault(fault) => Self::Fault(fault),
        }
    }
}

impl From<RegisterError> for InvasError {
    fn from(error: RegisterError) -> Self {
        match error {
            RegisterError::Taken(kind) => Self::Taken(kind),
            RegisterError::CommonPassword => Self::COMMON_PASSWORD,
            RegisterError::RepeatedDifferently => Self::RepeatedDifferently,
            RegisterError::NotSent(refusal) => refusal.into(),
            RegisterError::Fault(fault) => Self::Fault(fault),
        }
    }
}

impl From<NotSent> for InvasError {
    fn from(refusal: NotSent) -> Self {
        match refusal {
            NotSent::CountryNotServed => Self::Format("phone", COUNTRY_NOT_SERVED),
            NotSent::TooOften(TooOften(wait)) => Self::TooMany(wait),
        }
    }
}

impl From<LookUpError> for InvasError {
    fn from(error: LookUpError) -> Self {
        match error {
            LookUpError::TooOften(TooOften(wait)) => Self::TooMany(wait),
            LookUpError::Fault(fault) => Self::Fault(fault),
        }
    }
}

impl From<ResendCustomerError> for InvasError {
    fn from(error: ResendCustomerError) -> Self {
        match error {
            ResendCustomerError::Unknown => Self::UnknownRegistration,
            ResendCustomerError::Differ => Self::PhonesDiffer,
            ResendCustomerError::NoEmail => Self::NoEmail,
            ResendCustomerError::Taken(kind) => Self::Taken(kind),
            ResendCustomerError::NotSent(refusal) => refusal.into(),
            ResendCustomerError::Fault(fault) => Self::Fault(fault),
        }
    }
}

impl From<ConfirmError> for InvasError {
    fn from(error: ConfirmError) -> Self {
        match error {
            ConfirmError::Refused(NotConfirmed::Unknown) => Self::UnknownRegistration,
            ConfirmError::Refused(NotConfirmed::TokenRequired) => Self::TokenRequired,
            ConfirmError::Refused(NotConfirmed::Wrong { left }) => Self::TokenInvalid(left),
            ConfirmError::Refused(NotConfirmed::Over) => Self::TokenOver,
            ConfirmError::Refused(NotConfirmed::Taken(kind)) => Self::Taken(kind),
            ConfirmError::CommonPassword => Self::COMMON_PASSWORD,
            ConfirmError::Fault(fault) => Self::Fault(fault),
        }
    }
}

/// What is said of a number that short messages do not go to.
pub(super) const COUNTRY_NOT_SERVED: &str = "is of a country to which no short messages are sent";
const BAD: StatusCode = StatusCode::BAD_REQUEST;

impl InvasError {
    /// A password that guessers try first.
    pub(super) const COMMON_PASSWORD: Self = Self::Format("password", "stands for a password that is too easy to guess");

    /// What a host is told.
    fn told(self) -> Problem {
        match self {
            Self::NoHost => {
                Problem::new(StatusCode::UNAUTHORIZED, "UNAUTHORIZED", "A valid access token of a machine client with scope b2b is needed.")
                    .with(bearer_challenge())
            }
            Self::Body(error) => Problem::unreadable(error),
            Self::Property(error) => Problem::property(error),
            Self::Format(name, why) => Problem::at_fault(name.to_owned(), why),
            Self::RepeatKey => Problem::new(BAD, VALIDATION, "Idempotency-Key must be 1 to 128 visible characters."),
            Self::RepeatedDifferently => {
                let detail = "Idempotency-Key was already used for another request.";
                Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "IDEMPOTENCY_KEY_REUSED", detail)
            }
            // The phone is what a customer is known by.
            Self::Taken(IdentifierKind::Phone | IdentifierKind::Username) => {
                Problem::new(StatusCode::CONFLICT, "USERNAME_EXISTS", "The phone number has an account.")
            }
            Self::Taken(IdentifierKind::Email) => Problem::new(StatusCode::CONFLICT, "EMAIL_EXISTS", "The e-mail address has an account."),
            Self::UnknownRegistration => {
                let detail = "No registration of this phone number is waiting. Register it again.";
                Problem::new(StatusCode::NOT_FOUND, "REGISTRATION_NOT_FOUND", detail)
            }
            Self::PhonesDiffer => Problem::at_fault("phone".to_owned(), "is not the number of username"),
            Self::NoEmail => Problem::new(StatusCode::CONFLICT, "NO_EMAIL", "The registration has no e-mail address."),
            Self::TokenRequired => Problem::new(BAD, "TOKEN_REQUIRED", "A token is needed, since the e-mailed link was not used."),
            Self::TokenInvalid(left) => Problem::new(BAD, "TOKEN_INVALID", "The token is wrong.").leaving(left),
            Self::TokenOver => Problem::new(StatusCode::GONE, "TOKEN_EXPIRED", "The token is not valid any more. Have a new one sent."),
            Self::TooMany(wait) => {
                let detail = "This was asked for too often. Try again later.";
                Problem::new(StatusCode::TOO_MANY_REQUESTS, "TOO_MANY_REQUESTS", detail).with(retry_after(seconds_up(wait)))
            }
            Self::NoSuchPath => Problem::no_such_path(),
            Self::NoSuchMethod => Problem::no_such_method(),
            Self::Cut(cut) => Problem::cut(cut),
            Self::Fault(fault) => Problem::fault(&fault),
        }
    }
}

fn bearer_challenge() -> (HeaderName, HeaderValue) {
    (header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"))
}

impl IntoResponse for InvasError {
    fn into_response(self) -> Response {
        self.told().into_response()
    }
}

/// What a request may take, and what is told of one that is cut.
pub(super) const BOUNDS: Bounds = Bounds::told_by(|cut| InvasError::Cut(cut).into_response());

/// There is nothing at this path.
pub(super) async fn not_found() -> InvasError {
    InvasError::NoSuchPath
}

/// There is something at this path, but not for this method. The router adds `Allow`.
pub(super) async fn method_not_allowed() -> InvasError {
    InvasError::NoSuchMethod
}
