//! Reading USAPI's requests: properties in the order of their table, each by presence, type, emptiness and length, the first that fails being the
//! one that is told of; then the formats (contract `usapi.md`, opening).

use axum::body::Bytes;
use axum::extract::Request;
use daftar_core::account::{NAME_MAX, NameError, PersonName};
use daftar_core::identifier::{EMAIL_MAX, EmailAddress, PhoneNumber, USERNAME_MAX, Username};
use daftar_core::password::{Password, PasswordError, PasswordPolicy};
use serde_json::Value;

use super::error::UsapiError;
use crate::surface::body::{BODY_MAX, expect_type, read};
use crate::surface::json::{Object, object};

/// A JSON type, by the name that messages give it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum JsonType {
    String,
    Boolean,
    Object,
}

impl JsonType {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::String => "string",
            Self::Boolean => "boolean",
            Self::Object => "object",
        }
    }
}

/// Reads a JSON request's bytes.
pub(super) async fn bytes(request: Request) -> Result<Bytes, UsapiError> {
    let (parts, body) = request.into_parts();
    expect_type(&parts.headers, "application/json")?;
    Ok(read(&parts.headers, body, BODY_MAX).await?)
}

/// Reads a JSON request's properties.
pub(super) async fn json(request: Request) -> Result<Properties, UsapiError> {
    properties(&bytes(request).await?)
}

/// The properties in a JSON request's bytes.
pub(super) fn properties(bytes: &Bytes) -> Result<Properties, UsapiError> {
    Ok(Properties::of(object(bytes)?))
}

/// The properties of an object; `within` is the dotted path to it.
pub(super) struct Properties {
    object: Object,
    within: &'static str,
}

/// A text property that is there, is a string and is not empty.
pub(super) struct Text<'a> {
    name: &'static str,
    value: &'a str,
}

impl Properties {
    pub(super) fn of(object: Object) -> Self {
        Self { object, within: "" }
    }

    fn name(&self, name: &str) -> String {
        format!("{}{name}", self.within)
    }

    fn present(&self, name: &'static str) -> Result<&Value, UsapiError> {
        self.object.get(name).ok_or_else(|| UsapiError::Missing(self.name(name)))
    }

    /// A property that may be absent, `null` being absence.
    fn optional(&self, name: &'static str) -> Option<&Value> {
        self.object.get(name).filter(|value| !value.is_null())
    }

    fn as_text<'a>(&self, name: &'static str, value: &'a Value) -> Result<&'a str, UsapiError> {
        value.as_str().ok_or_else(|| UsapiError::WrongType(self.name(name), JsonType::String))
    }

    /// A required text that is not blank.
    pub(super) fn text(&self, name: &'static str) -> Result<Text<'_>, UsapiError> {
        let value = self.as_text(name, self.present(name)?)?;
        if value.chars().all(|c| c.is_whitespace() || c.is_control()) {
            return Err(UsapiError::Empty(self.name(name)));
        }
        Ok(Text { name, value })
    }

    /// A required password: its blanks count.
    pub(super) fn password(&self, name: &'static str) -> Result<&str, UsapiError> {
        let value = self.as_text(name, self.present(name)?)?;
        if value.is_empty() { Err(UsapiError::Empty(self.name(name))) } else { Ok(value) }
    }

    /// An optional text, empty or not.
    pub(super) fn optional_text(&self, name: &'static str) -> Result<Option<&str>, UsapiError> {
        self.optional(name).map(|value| self.as_text(name, value)).transpose()
    }

    /// An optional object.
    pub(super) fn optional_object(&self, name: &'static str, within: &'static str) -> Result<Option<Properties>, UsapiError> {
        let Some(value) = self.optional(name) else { return Ok(None) };
        let object = value.as_object().ok_or_else(|| UsapiError::WrongType(self.name(name), JsonType::Object))?;
        Ok(Some(Properties { object: object.clone(), within }))
    }

    /// A required boolean.
    pub(super) fn boolean(&self, name: &'static str) -> Result<bool, UsapiError> {
        self.present(name)?.as_bool().ok_or_else(|| UsapiError::WrongType(self.name(name), JsonType::Boolean))
    }
}

/// Finds what a text stands for in a list; checked once every property is there.
pub(super) fn one_of<'a, T>(name: &str, value: &str, allowed: impl Iterator<Item = (&'a str, T)> + Clone) -> Result<T, UsapiError> {
    let found = allowed.clone().find(|(one, _)| *one == value).map(|(_, meaning)| meaning);
    found.ok_or_else(|| UsapiError::NotOneOf(name.to_owned(), allowed.map(|(one, _)| one).collect::<Vec<_>>().join(", ")))
}

impl<'a> Text<'a> {
    /// The text, if it has at most `max` characters after trimming.
    pub(super) fn at_most(self, max: usize) -> Result<&'a str, UsapiError> {
        if self.value.trim().chars().count() > max { Err(UsapiError::TooLong(self.name.to_owned(), max)) } else { Ok(self.value) }
    }

    /// The text, whatever its length.
    pub(super) const fn any_length(self) -> &'a str {
        self.value
    }

    /// The text as a person's name, which has no further format.
    pub(super) fn person_name(self) -> Result<PersonName, UsapiError> {
        let name = self.name;
        PersonName::parse(self.value).map_err(|error| match error {
            NameError::Empty => UsapiError::Empty(name.to_owned()),
            NameError::TooLong => UsapiError::TooLong(name.to_owned(), NAME_MAX),
        })
    }
}

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
pub(super) fn username(properties: &Properties) -> Result<&str, UsapiError> {
    properties.text("username")?.at_most(USERNAME_MAX)
}

/// A required e-mail address, checked for its length.
pub(super) fn email(properties: &Properties) -> Result<&str, UsapiError> {
    properties.text("email")?.at_most(EMAIL_MAX)
}

/// A required new password, checked for the most characters it may have.
pub(super) fn new_password<'a>(properties: &'a Properties, policy: &PasswordPolicy) -> Result<&'a str, UsapiError> {
    let value = properties.password("password")?;
    if value.chars().count() > policy.max { Err(UsapiError::TooLong("password".to_owned(), policy.max)) } else { Ok(value) }
}
