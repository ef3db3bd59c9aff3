//! Everything that USAPI answers instead of a success: one exhaustive match from what happened to status and text (contract `usapi.md`).

use std::time::Duration;

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use daftar_core::identifier::IdentifierKind;
use daftar_core::limit::{NotSent, TooOften};
use daftar_core::profile::ProfileError;
use daftar_core::registration::{RegisterError, ResendError};
use daftar_core::service::{Fault, LookUpError};
use daftar_core::session::NotSignedIn;

use crate::surface::body::BodyError;
use crate::surface::fault::{retry_after, seconds_up, status_of};
use crate::surface::headers::message;
use crate::surface::properties::PropertyError;

/// Why a call does not succeed.
#[derive(Debug)]
pub(super) enum UsapiError {
    /// The request could not be read.
    Body(BodyError),
    /// A property is not there, or not as it has to be.
    Property(PropertyError),
    /// Not a phone number, except at `/signup`.
    PhoneFormat,
    /// Not a phone number, at `/signup`.
    SignupPhoneFormat,
    /// Not a username.
    UsernameFormat,
    /// Not an e-mail address.
    EmailFormat,
    /// Not a password that the policy takes.
    PasswordFormat,
    /// Not a possible day of birth.
    BirthDate,
    /// Not a picture.
    Picture,
    /// A picture over its limit.
    PictureTooLarge,
    /// The identifier is another account's.
    Taken(IdentifierKind),
    /// No machine client with scope `usapi`.
    NoClient,
    /// Nobody is signed in by this token.
    NotSignedIn,
    /// Unknown name or wrong password.
    BadCredentials,
    /// The right password of a disabled account.
    Disabled,
    /// Too many wrong passwords, messages or look-ups.
    Throttled(Duration),
    /// A wrong, dead or foreign code or token.
    InvalidCode,
    /// A code whose time is over.
    CodeExpired,
    /// A registration that is finished.
    AlreadyComplete,
    /// The header is not an idempotency key.
    RepeatKey,
    /// The idempotency key was used for another call.
    RepeatedDifferently,
    /// Something else is at fault.
    Fault(Fault),
    /// The same, at `/update-basic-profile`, whose text for it is documented.
    ProfileFault(Fault),
}

impl From<BodyError> for UsapiError {
    fn from(error: BodyError) -> Self {
        Self::Body(error)
    }
}

impl From<PropertyError> for UsapiError {
    fn from(error: PropertyError) -> Self {
        Self::Property(error)
    }
}

impl From<Fault> for UsapiError {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

impl From<RegisterError> for UsapiError {
    fn from(error: RegisterError) -> Self {
        match error {
            RegisterError::Taken(kind) => Self::Taken(kind),
            // The contract has these words for whatever the policy refuses.
            RegisterError::CommonPassword => Self::PasswordFormat,
            RegisterError::RepeatedDifferently => Self::RepeatedDifferently,
            RegisterError::NotSent(refusal) => refusal.into(),
            RegisterError::Fault(fault) => Self::Fault(fault),
        }
    }
}

impl From<ResendError> for UsapiError {
    fn from(error: ResendError) -> Self {
        match error {
            ResendError::Unknown => Self::InvalidCode,
            ResendError::Complete => Self::AlreadyComplete,
            ResendError::Taken(kind) => Self::Taken(kind),
            ResendError::NotSent(refusal) => refusal.into(),
            ResendError::Fault(fault) => Self::Fault(fault),
        }
    }
}

impl From<NotSent> for UsapiError {
    fn from(refusal: NotSent) -> Self {
        match refusal {
            NotSent::CountryNotServed => Self::SignupPhoneFormat,
            NotSent::TooOften(TooOften(wait)) => Self::Throttled(wait),
        }
    }
}

impl From<LookUpError> for UsapiError {
    fn from(error: LookUpError) -> Self {
        match error {
            LookUpError::TooOften(TooOften(wait)) => Self::Throttled(wait),
            LookUpError::Fault(fault) => Self::Fault(fault),
        }
    }
}

impl From<NotSignedIn> for UsapiError {
    fn from(error: NotSignedIn) -> Self {
        match error {
            NotSignedIn::Invalid => Self::NotSignedIn,
            NotSignedIn::Fault(fault) => Self::Fault(fault),
        }
    }
}

impl From<ProfileError> for UsapiError {
    fn from(error: ProfileError) -> Self {
        match error {
            ProfileError::Taken(kind) => Self::Taken(kind),
            ProfileError::UnreadablePicture => Self::Picture,
            ProfileError::Gone => Self::NotSignedIn,
            ProfileError::Fault(fault) => Self::Fault(fault),
        }
    }
}

impl UsapiError {
    /// The same at `/update-basic-profile`, which has its own words for whatever else is at fault, while asking who calls included.
    pub(super) fn of_update(self) -> Self {
        match self {
            Self::Fault(fault) => Self::ProfileFault(fault),
            other => other,
        }
    }
}

impl IntoResponse for UsapiError {
    fn into_response(self) -> Response {
        const BAD: StatusCode = StatusCode::BAD_REQUEST;
        match self {
            Self::Body(BodyError::ContentType { expected }) => {
                message(StatusCode::UNSUPPORTED_MEDIA_TYPE, &format!("Content-Type must be {expected}"))
            }
            Self::Body(BodyError::TooLarge) => message(StatusCode::PAYLOAD_TOO_LARGE, "Request body is too large"),
            Self::Body(BodyError::Malformed) => message(BAD, "Request body is malformed"),
            Self::Property(PropertyError::Missing(name)) => message(BAD, &format!("Must have required property '{name}'")),
            Self::Property(PropertyError::WrongType(name, json_type)) => message(BAD, &format!("Property '{name}' must be {}", json_type.name())),
            Self::Property(PropertyError::Empty(name)) => message(BAD, &format!("Property '{name}' must not be empty")),
            Self::Property(PropertyError::TooLong(name, max)) => message(BAD, &format!("Property '{name}' must have at most {max} characters")),
            Self::Property(PropertyError::NotOneOf(name, allowed)) => message(BAD, &format!("Property '{name}' must be one of: {allowed}")),
            Self::PhoneFormat => message(BAD, "Invalid phone number format"),
            Self::SignupPhoneFormat => message(BAD, "The phone number format is invalid. Please use the format: 628XXXXXXXXX"),
            Self::UsernameFormat => message(BAD, "Invalid username format"),
            Self::EmailFormat => message(BAD, "Invalid email format"),
            Self::PasswordFormat => message(BAD, "Invalid password format"),
            Self::BirthDate => message(BAD, "Invalid date of birth"),
            Self::Picture => message(BAD, "Profile image must be a JPEG, PNG or WebP picture"),
            Self::PictureTooLarge => message(StatusCode::PAYLOAD_TOO_LARGE, "Profile image is too large"),
            Self::Taken(IdentifierKind::Phone) => message(BAD, "Phone number already exist"),
            Self::Taken(IdentifierKind::Username) => message(BAD, "Username already exist"),
            Self::Taken(IdentifierKind::Email) => message(BAD, "Email already exist"),
            Self::NoClient => unauthorized("Basic realm=\"usapi\", charset=\"UTF-8\""),
            Self::NotSignedIn => unauthorized("Bearer"),
            Self::BadCredentials => message(StatusCode::UNAUTHORIZED, "Invalid username or password"),
            Self::Disabled => message(StatusCode::FORBIDDEN, "Account is disabled"),
            Self::Throttled(wait) => {
                let wait = [retry_after(seconds_up(wait))];
                (wait, message(StatusCode::TOO_MANY_REQUESTS, "Too many attempts, please try again later")).into_response()
            }
            Self::InvalidCode => message(BAD, "Invalid verification code"),
            Self::CodeExpired => message(BAD, "Verification code has expired"),
            Self::AlreadyComplete => message(BAD, "Registration is already complete"),
            Self::RepeatKey => message(BAD, "Idempotency-Key must be 1 to 128 visible characters"),
            Self::RepeatedDifferently => message(StatusCode::UNPROCESSABLE_ENTITY, "Idempotency-Key was already used for another request"),
            Self::Fault(fault) => at_fault(&fault, "Internal error"),
            Self::ProfileFault(fault) => at_fault(&fault, "Error on update profile."),
        }
    }
}

fn unauthorized(challenge: &'static str) -> Response {
    let mut response = message(StatusCode::UNAUTHORIZED, "Unauthorized");
    response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
    response
}

fn at_fault(fault: &Fault, internal: &str) -> Response {
    match status_of(fault) {
        (status, Some(seconds)) => ([retry_after(seconds)], message(status, "Service is busy, please try again")).into_response(),
        (status, None) => message(status, internal),
    }
}
