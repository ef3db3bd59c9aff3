//! What USAPI's requests have in common beyond what every surface reads: which properties name a person, their lengths, then their formats
//! (contract `usapi.md`, opening).

use daftar_core::identifier::{EMAIL_MAX, EmailAddress, PhoneNumber, USERNAME_MAX, Username};
use daftar_core::password::{Password, PasswordError, PasswordPolicy};

use super::error::UsapiError;
use crate::surface::properties::{Properties, PropertyError};

/// What both ways to register ask for, past presence, type, emptiness and length.
pub(super) struct Person<'a> {
    pub(super) username: &'a str,
    pub(super) password: &'a str,
    pub(super) email: &'a str,
    pub(super) phone: Option<&'a str>,
}

/// The same, past the formats.
pub(super) struct Checked {
    pub(super) username: Username,
    pub(super) password: Password,
    pub(super) email: EmailAddress,
    pub(super) phone: Option<PhoneNumber>,
}

impl Person<'_> {
    /// Checks the formats: phone, username, e-mail, password. `phone_error` is what this endpoint says of a wrong phone number.
    pub(super) fn check(&self, policy: &PasswordPolicy, phone_error: UsapiError) -> Result<Checked, UsapiError> {
        let phone = self.phone.map(PhoneNumber::parse_usapi).transpose().map_err(|_| phone_error)?;
        let username = Username::parse(self.username).map_err(|_| UsapiError::UsernameFormat)?;
        let email = EmailAddress::parse(self.email).map_err(|_| UsapiError::EmailFormat)?;
        let password = policy.accept(self.password).map_err(|error| match error {
            PasswordError::TooShort { .. } | PasswordError::TooLong { .. } | PasswordError::Blank => UsapiError::PasswordFormat,
        })?;
        Ok(Checked { username, password, email, phone })
    }
}

/// A required username, checked for its length.
pub(super) fn username(properties: &Properties) -> Result<&str, PropertyError> {
    properties.text("username")?.at_most(USERNAME_MAX)
}

/// A required e-mail address, checked for its length.
pub(super) fn email(properties: &Properties) -> Result<&str, PropertyError> {
    properties.text("email")?.at_most(EMAIL_MAX)
}

/// A required new password, checked for the most characters it may have.
pub(super) fn new_password<'a>(properties: &'a Properties, policy: &PasswordPolicy) -> Result<&'a str, PropertyError> {
    let value = properties.password("password")?;
    if value.chars().count() > policy.max { Err(PropertyError::TooLong("password".to_owned(), policy.max)) } else { Ok(value) }
}
