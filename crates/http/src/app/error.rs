//! Everything that App answers instead of a success: one exhaustive match from what happened to status and text (contract `app-auth.md`). The texts are
//! in `locales/<language>/app.ftl`.

use std::time::Duration;

use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use daftar_core::challenge::SendCodeError;
use daftar_core::identifier::IdentifierKind;
use daftar_core::limit::{NotSent, TooOften};
use daftar_core::password::PasswordPolicy;
use daftar_core::recovery::SetPasswordError;
use daftar_core::redemption::{CodeError, Refusal};
use daftar_core::service::Fault;
use daftar_core::session::NotSignedIn;

use crate::surface::body::BodyError;
use crate::surface::fault::{retry_after, seconds_up, status_of};
use crate::surface::properties::PropertyError;
use crate::texts::Texts;

/// Why a call does not succeed.
#[derive(Debug)]
pub(super) enum AppError {
    /// The request could not be read.
    Body(BodyError),
    /// A property is not what it must be.
    Property(PropertyError),
    /// The text is no identifier.
    LoginIdFormat,
    /// A username, where only a contact will do.
    NoUsername,
    /// An e-mail address or phone number, where the other will do.
    OtherContact,
    /// `sendType` does not go with the identifier.
    SendType,
    /// Not a password that this policy takes.
    PasswordFormat(PasswordPolicy),
    /// A password that guessers try first.
    CommonPassword,
    /// Not a device token.
    DeviceTokenFormat,
    /// A username that nobody has.
    UnknownUsername,
    /// An e-mail address or phone number that nobody has proven.
    UnknownAccount,
    /// The account has proven no contact to which this could be sent.
    NoContact,
    /// Nobody is signed in by this token, or it is not for this.
    NotSignedIn,
    /// Unknown name or wrong password.
    BadCredentials,
    /// The right password or code of a disabled account.
    Disabled,
    /// Too many wrong passwords, messages or look-ups.
    Throttled(Duration),
    /// A phone number of a country to which no short messages are sent.
    CountryNotServed,
    /// A wrong, dead or foreign code or token.
    InvalidCode,
    /// The identifier is somebody's.
    Taken(IdentifierKind),
    /// The account has a password.
    PasswordIsSet,
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

impl From<BodyError> for AppError {
    fn from(error: BodyError) -> Self {
        Self::Body(error)
    }
}

impl From<PropertyError> for AppError {
    fn from(error: PropertyError) -> Self {
        Self::Property(error)
    }
}

impl From<Fault> for AppError {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

impl From<TooOften> for AppError {
    fn from(TooOften(wait): TooOften) -> Self {
        Self::Throttled(wait)
    }
}

impl From<NotSignedIn> for AppError {
    fn from(error: NotSignedIn) -> Self {
        match error {
            NotSignedIn::Invalid => Self::NotSignedIn,
            NotSignedIn::Fault(fault) => Self::Fault(fault),
        }
    }
}

impl From<SendCodeError> for AppError {
    fn from(error: SendCodeError) -> Self {
        match error {
            SendCodeError::Unknown(IdentifierKind::Username) => Self::UnknownUsername,
            SendCodeError::Unknown(IdentifierKind::Email | IdentifierKind::Phone) => Self::UnknownAccount,
            SendCodeError::Gone => Self::NotSignedIn,
            SendCodeError::NoContact => Self::NoContact,
            SendCodeError::Taken(kind) => Self::Taken(kind),
            SendCodeError::NotSent(NotSent::CountryNotServed) => Self::CountryNotServed,
            SendCodeError::NotSent(NotSent::TooOften(TooOften(wait))) => Self::Throttled(wait),
            SendCodeError::Fault(fault) => Self::Fault(fault),
        }
    }
}

impl From<CodeError> for AppError {
    fn from(error: CodeError) -> Self {
        match error {
            CodeError::Refused(Refusal::Wrong | Refusal::Expired) => Self::InvalidCode,
            CodeError::Refused(Refusal::Disabled) => Self::Disabled,
            CodeError::Refused(Refusal::Taken(kind)) => Self::Taken(kind),
            CodeError::Refused(Refusal::SignedOut) => Self::NotSignedIn,
            CodeError::Fault(fault) => Self::Fault(fault),
        }
    }
}

impl From<SetPasswordError> for AppError {
    fn from(error: SetPasswordError) -> Self {
        match error {
            SetPasswordError::AlreadySet => Self::PasswordIsSet,
            SetPasswordError::CommonPassword => Self::CommonPassword,
            SetPasswordError::NoContact => Self::NoContact,
            SetPasswordError::Over => Self::NotSignedIn,
            SetPasswordError::Disabled => Self::Disabled,
            SetPasswordError::Fault(fault) => Self::Fault(fault),
        }
    }
}

/// What a client hears of an error.
pub(super) struct Told {
    pub(super) status: StatusCode,
    pub(super) message: String,
    /// Whether `app.always_ok` makes it a 200: every refusal that a person has to do with, not those between programs.
    pub(super) may_be_ok: bool,
    pub(super) header: Option<(HeaderName, HeaderValue)>,
}

impl Told {
    fn refusal(status: StatusCode, message: String) -> Self {
        Self { status, message, may_be_ok: true, header: None }
    }

    fn technical(status: StatusCode, message: String) -> Self {
        Self { may_be_ok: false, ..Self::refusal(status, message) }
    }

    fn with(self, header: (HeaderName, HeaderValue)) -> Self {
        Self { header: Some(header), ..self }
    }
}

impl AppError {
    /// Status and words. Logs what is at fault.
    pub(super) fn told(&self, texts: Texts) -> Told {
        const BAD: StatusCode = StatusCode::BAD_REQUEST;
        let refusal = |status, name: &str| Told::refusal(status, texts.get(name));
        match self {
            Self::Body(BodyError::ContentType { expected }) => {
                let message = texts.with("app-content-type", [("expected", (*expected).into())]);
                Told::technical(StatusCode::UNSUPPORTED_MEDIA_TYPE, message)
            }
            Self::Body(BodyError::TooLarge) => Told::technical(StatusCode::PAYLOAD_TOO_LARGE, texts.get("app-body-too-large")),
            Self::Body(BodyError::Malformed) => refusal(BAD, "app-body-malformed"),
            Self::Property(error) => Told::refusal(BAD, about_property(error, texts)),
            Self::LoginIdFormat => refusal(BAD, "app-login-id-format"),
            Self::NoUsername => refusal(BAD, "app-no-username"),
            Self::OtherContact => refusal(BAD, "app-other-contact"),
            Self::SendType => refusal(BAD, "app-send-type"),
            Self::PasswordFormat(PasswordPolicy { min, max, .. }) => {
                Told::refusal(BAD, texts.with("app-password-format", [("min", (*min).into()), ("max", (*max).into())]))
            }
            Self::CommonPassword => refusal(BAD, "app-password-common"),
            Self::DeviceTokenFormat => refusal(BAD, "app-device-token-format"),
            Self::UnknownUsername => refusal(StatusCode::NOT_FOUND, "app-unknown-username"),
            Self::UnknownAccount => refusal(StatusCode::NOT_FOUND, "app-unknown-account"),
            Self::NoContact => refusal(BAD, "app-no-contact"),
            Self::NotSignedIn => {
                refusal(StatusCode::UNAUTHORIZED, "app-not-signed-in").with((header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer")))
            }
            Self::BadCredentials => refusal(StatusCode::UNAUTHORIZED, "app-bad-credentials"),
            Self::Disabled => refusal(StatusCode::FORBIDDEN, "app-disabled"),
            Self::Throttled(wait) => refusal(StatusCode::TOO_MANY_REQUESTS, "app-throttled").with(retry_after(seconds_up(*wait))),
            Self::CountryNotServed => refusal(BAD, "app-country-not-served"),
            Self::InvalidCode => refusal(BAD, "app-invalid-code"),
            Self::Taken(IdentifierKind::Email) => refusal(StatusCode::CONFLICT, "app-taken-email"),
            Self::Taken(IdentifierKind::Phone) => refusal(StatusCode::CONFLICT, "app-taken-phone"),
            Self::Taken(IdentifierKind::Username) => refusal(StatusCode::CONFLICT, "app-taken-username"),
            Self::PasswordIsSet => refusal(StatusCode::CONFLICT, "app-password-is-set"),
            Self::NoSuchPath => Told::technical(StatusCode::NOT_FOUND, texts.get("app-no-such-path")),
            Self::NoSuchMethod => Told::technical(StatusCode::METHOD_NOT_ALLOWED, texts.get("app-no-such-method")),
            Self::TooLong => Told::technical(StatusCode::REQUEST_TIMEOUT, texts.get("app-too-long")),
            Self::Panicked => Told::technical(StatusCode::INTERNAL_SERVER_ERROR, texts.get("app-broken")),
            Self::Flooded(wait) => Told::technical(StatusCode::TOO_MANY_REQUESTS, texts.get("app-throttled")).with(retry_after(seconds_up(*wait))),
            Self::Fault(fault) => match status_of(fault) {
                (status, Some(seconds)) => Told::technical(status, texts.get("app-busy")).with(retry_after(seconds)),
                (status, None) => Told::technical(status, texts.get("app-broken")),
            },
        }
    }
}

fn about_property(error: &PropertyError, texts: Texts) -> String {
    match error {
        PropertyError::Missing(name) => texts.with("app-property-missing", [("name", name.as_str().into())]),
        PropertyError::WrongType(name, expected) => {
            texts.with("app-property-type", [("name", name.as_str().into()), ("expected", expected.name().into())])
        }
        PropertyError::Empty(name) => texts.with("app-property-empty", [("name", name.as_str().into())]),
        PropertyError::TooLong(name, max) => texts.with("app-property-too-long", [("name", name.as_str().into()), ("max", (*max).into())]),
        PropertyError::NotOneOf(name, allowed) => {
            texts.with("app-property-not-one-of", [("name", name.as_str().into()), ("allowed", allowed.as_str().into())])
        }
    }
}
