//! Reading App's requests: its enumerations, which are numbers on the wire, its identifiers, codes and devices.

use axum::extract::Request;
use daftar_core::code::Code;
use daftar_core::device::{DEVICE_TOKEN_MAX, Device, DeviceKind, DeviceToken};
use daftar_core::identifier::{IdentifierKind, LoginId};
use serde::Serialize;
use serde_json::Value;

use super::error::AppError;
use crate::App;
use crate::surface::body::{BODY_MAX, expect_type, read};
use crate::surface::properties::{JsonType, Properties, PropertyError};

/// A fieldless enum whose values are numbers on the wire.
macro_rules! numbered {
    ($(#[$meta:meta])* $name:ident { $($(#[$doc:meta])* $variant:ident = $number:literal),* $(,)? }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(super) enum $name { $($(#[$doc])* $variant),* }

        impl $name {
            /// Every number there is.
            pub(super) const NUMBERS: &[i64] = &[$($number),*];

            /// The value of the number in the property `name`.
            pub(super) fn of(name: &str, number: i64) -> Result<Self, PropertyError> {
                match number {
                    $($number => Ok(Self::$variant),)*
                    _ => Err(PropertyError::NotOneOf(name.to_owned(), [$(stringify!($number)),*].join(", "))),
                }
            }
        }
    };
}

numbered! {
    /// What a code is for.
    Nature {
        /// Signing in.
        Login = 1,
        /// Making an account.
        Signup = 2,
        /// Choosing a new password.
        ResetPassword = 3,
        /// Changing the e-mail address.
        UpdateEmail = 4,
        /// Changing the phone number.
        UpdatePhone = 5,
    }
}

numbered! {
    /// Where a code goes.
    SendType {
        /// To the identifier itself.
        Itself = 0,
        /// To the account's e-mail address.
        Email = 1,
        /// To the account's phone number.
        Phone = 2,
    }
}

numbered! {
    /// What a device is.
    DeviceType {
        /// iOS.
        Ios = 0,
        /// Android.
        Android = 1,
        /// Another Android.
        AndroidOther = 2,
    }
}

/// Every number that an [`AccountType`] can be.
pub(super) const ACCOUNT_TYPES: &[i64] = &[1, 2, 3];

/// What an identifier is, as a number.
#[derive(Serialize)]
#[serde(transparent)]
pub(super) struct AccountType(u8);

impl From<IdentifierKind> for AccountType {
    fn from(kind: IdentifierKind) -> Self {
        Self(match kind {
            IdentifierKind::Username => 1,
            IdentifierKind::Email => 2,
            IdentifierKind::Phone => 3,
        })
    }
}

/// Reads a JSON request whose properties may all be absent: an empty body is then as good as `{}`, whatever type it is said to be of.
pub(super) async fn optional_json(request: Request) -> Result<Properties, AppError> {
    let (head, body) = request.into_parts();
    let bytes = read(&head.headers, body, BODY_MAX).await?;
    if bytes.is_empty() {
        return Ok(Properties::of(serde_json::Map::new()));
    }
    expect_type(&head.headers, "application/json")?;
    Ok(Properties::parse(&bytes)?)
}

/// The required property `loginID`, as it was given.
pub(super) fn login_id(body: &Properties) -> Result<&str, AppError> {
    Ok(body.text("loginID")?.any_length().trim())
}

/// The identifier that a text is, read in the country of this installation's App.
pub(super) fn identifier(app: &App, text: &str) -> Result<LoginId, AppError> {
    LoginId::classify_app(text, &app.accounts().policy().app.country).map_err(|_| AppError::LoginIdFormat)
}

/// The required property `otp`: an integer, or a string of digits. What is no code is refused here, before it can cost a try (threat row 8).
pub(super) fn code(body: &Properties) -> Result<Code, AppError> {
    let digits = match body.raw("otp")? {
        Value::Number(number) if number.is_i64() || number.is_u64() => number.to_string(),
        Value::String(text) if text.is_empty() => return Err(PropertyError::Empty("otp".to_owned()).into()),
        Value::String(text) => text.clone(),
        Value::Number(_) | Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => {
            return Err(PropertyError::WrongType("otp".to_owned(), JsonType::Integer).into());
        }
    };
    Code::parse(&digits).map_err(|_| AppError::InvalidCode)
}

/// The required property `deviceToken` and the optional `deviceType`.
pub(super) fn device(body: &Properties) -> Result<Device, AppError> {
    let token = body.text("deviceToken")?.at_most(DEVICE_TOKEN_MAX)?;
    let kind = body.optional_integer("deviceType")?.map(|number| DeviceType::of("deviceType", number)).transpose()?;
    let kind = kind.map(|kind| match kind {
        DeviceType::Ios => DeviceKind::Ios,
        DeviceType::Android => DeviceKind::Android,
        DeviceType::AndroidOther => DeviceKind::AndroidOther,
    });
    Ok(Device { token: DeviceToken::parse(token).map_err(|_| AppError::DeviceTokenFormat)?, kind })
}
