//! The properties of a JSON request: each is checked for presence, type, emptiness and length, and the first fault is the one that is told of.
//! What a surface says of a fault, and its own formats, stay with the surface.

use axum::body::Bytes;
use axum::extract::Request;
use daftar_core::line::{Line, LineError};
use serde_json::Value;

use super::body::{BODY_MAX, BodyError, expect_type, read};
use super::json::{Object, object};

/// A JSON type, by the name that messages give it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum JsonType {
    String,
    Boolean,
    Integer,
    Object,
}

impl JsonType {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::String => "string",
            Self::Boolean => "boolean",
            Self::Integer => "integer",
            Self::Object => "object",
        }
    }
}

/// What is wrong with a property, whose name is the whole dotted path to it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum PropertyError {
    /// It is required and not there.
    #[error("there is no property {0}")]
    Missing(String),
    /// It is of another JSON type.
    #[error("the property {0} is not of type {expected}", expected = .1.name())]
    WrongType(String, JsonType),
    /// It is a required text that is empty or blank.
    #[error("the property {0} is empty")]
    Empty(String),
    /// It is a text of more characters than its rule allows.
    #[error("the property {0} has more than {1} characters")]
    TooLong(String, usize),
    /// It is a text that is none of the listed ones.
    #[error("the property {0} is none of: {1}")]
    NotOneOf(String, String),
}

/// Reads a JSON request's bytes.
///
/// # Errors
/// [`BodyError`].
pub(crate) async fn json_bytes(request: Request) -> Result<Bytes, BodyError> {
    let (parts, body) = request.into_parts();
    expect_type(&parts.headers, "application/json")?;
    read(&parts.headers, body, BODY_MAX).await
}

/// The properties of an object; `within` is the dotted path to it.
pub(crate) struct Properties {
    object: Object,
    within: &'static str,
}

/// A text property that is there, is a string and is not empty.
pub(crate) struct Text<'a> {
    properties: &'a Properties,
    name: &'static str,
    value: &'a str,
}

impl Properties {
    /// The properties of an object that is within no other.
    pub(crate) fn of(object: Object) -> Self {
        Self { object, within: "" }
    }

    /// The properties in a JSON request's bytes.
    ///
    /// # Errors
    /// [`BodyError::Malformed`].
    pub(crate) fn parse(bytes: &Bytes) -> Result<Self, BodyError> {
        object(bytes).map(Self::of)
    }

    /// Reads a JSON request's properties.
    ///
    /// # Errors
    /// [`BodyError`].
    pub(crate) async fn read(request: Request) -> Result<Self, BodyError> {
        Self::parse(&json_bytes(request).await?)
    }

    fn name(&self, name: &str) -> String {
        format!("{}{name}", self.within)
    }

    fn present(&self, name: &'static str) -> Result<&Value, PropertyError> {
        self.object.get(name).ok_or_else(|| PropertyError::Missing(self.name(name)))
    }

    /// A property that may be absent, `null` being absence.
    fn optional(&self, name: &'static str) -> Option<&Value> {
        self.object.get(name).filter(|value| !value.is_null())
    }

    fn wrong_type(&self, name: &'static str, expected: JsonType) -> PropertyError {
        PropertyError::WrongType(self.name(name), expected)
    }

    fn as_text<'a>(&self, name: &'static str, value: &'a Value) -> Result<&'a str, PropertyError> {
        value.as_str().ok_or_else(|| self.wrong_type(name, JsonType::String))
    }

    fn as_integer(&self, name: &'static str, value: &Value) -> Result<i64, PropertyError> {
        value.as_i64().ok_or_else(|| self.wrong_type(name, JsonType::Integer))
    }

    /// A required text that is not blank.
    ///
    /// # Errors
    /// [`PropertyError::Missing`], [`PropertyError::WrongType`] and [`PropertyError::Empty`].
    pub(crate) fn text(&self, name: &'static str) -> Result<Text<'_>, PropertyError> {
        let value = self.as_text(name, self.present(name)?)?;
        if value.chars().all(|c| c.is_whitespace() || c.is_control()) {
            return Err(PropertyError::Empty(self.name(name)));
        }
        Ok(Text { properties: self, name, value })
    }

    /// A required password: its blanks count.
    ///
    /// # Errors
    /// [`PropertyError::Missing`], [`PropertyError::WrongType`] and [`PropertyError::Empty`].
    pub(crate) fn password(&self, name: &'static str) -> Result<&str, PropertyError> {
        let value = self.as_text(name, self.present(name)?)?;
        if value.is_empty() { Err(PropertyError::Empty(self.name(name))) } else { Ok(value) }
    }

    /// An optional text, empty or not.
    ///
    /// # Errors
    /// [`PropertyError::WrongType`].
    pub(crate) fn optional_text(&self, name: &'static str) -> Result<Option<&str>, PropertyError> {
        self.optional(name).map(|value| self.as_text(name, value)).transpose()
    }

    /// An optional text of at most `max` characters.
    ///
    /// # Errors
    /// [`PropertyError::WrongType`] and [`PropertyError::TooLong`].
    pub(crate) fn optional_text_at_most(&self, name: &'static str, max: usize) -> Result<Option<&str>, PropertyError> {
        let text = self.optional_text(name)?;
        let is_too_long = text.is_some_and(|text| text.chars().count() > max);
        if is_too_long { Err(PropertyError::TooLong(self.name(name), max)) } else { Ok(text) }
    }

    /// An optional object; `within` is the dotted path to its properties.
    ///
    /// # Errors
    /// [`PropertyError::WrongType`].
    pub(crate) fn optional_object(&self, name: &'static str, within: &'static str) -> Result<Option<Self>, PropertyError> {
        let Some(value) = self.optional(name) else { return Ok(None) };
        let object = value.as_object().ok_or_else(|| self.wrong_type(name, JsonType::Object))?;
        Ok(Some(Self { object: object.clone(), within }))
    }

    /// A required boolean.
    ///
    /// # Errors
    /// [`PropertyError::Missing`] and [`PropertyError::WrongType`].
    pub(crate) fn boolean(&self, name: &'static str) -> Result<bool, PropertyError> {
        self.present(name)?.as_bool().ok_or_else(|| self.wrong_type(name, JsonType::Boolean))
    }

    /// An optional boolean.
    ///
    /// # Errors
    /// [`PropertyError::WrongType`].
    pub(crate) fn optional_boolean(&self, name: &'static str) -> Result<Option<bool>, PropertyError> {
        self.optional(name).map(|value| value.as_bool().ok_or_else(|| self.wrong_type(name, JsonType::Boolean))).transpose()
    }

    /// A required integer that 64 bits can hold. What is written with a point or an exponent is none, even where nothing follows the point.
    ///
    /// # Errors
    /// [`PropertyError::Missing`] and [`PropertyError::WrongType`].
    pub(crate) fn integer(&self, name: &'static str) -> Result<i64, PropertyError> {
        self.as_integer(name, self.present(name)?)
    }

    /// An optional integer.
    ///
    /// # Errors
    /// [`PropertyError::WrongType`].
    pub(crate) fn optional_integer(&self, name: &'static str) -> Result<Option<i64>, PropertyError> {
        self.optional(name).map(|value| self.as_integer(name, value)).transpose()
    }

    /// A required property that may be of more than one type. It may be `null`, which is none of them.
    ///
    /// # Errors
    /// [`PropertyError::Missing`].
    pub(crate) fn raw(&self, name: &'static str) -> Result<&Value, PropertyError> {
        self.present(name)
    }
}

/// Finds what a text stands for in a list; checked once every property is there.
///
/// # Errors
/// [`PropertyError::NotOneOf`].
pub(crate) fn one_of<'a, T>(name: &str, value: &str, allowed: impl Iterator<Item = (&'a str, T)> + Clone) -> Result<T, PropertyError> {
    let found = allowed.clone().find(|(one, _)| *one == value).map(|(_, meaning)| meaning);
    found.ok_or_else(|| PropertyError::NotOneOf(name.to_owned(), allowed.map(|(one, _)| one).collect::<Vec<_>>().join(", ")))
}

impl<'a> Text<'a> {
    fn too_long(&self, max: usize) -> PropertyError {
        PropertyError::TooLong(self.properties.name(self.name), max)
    }

    /// The text, if it has at most `max` characters after trimming.
    ///
    /// # Errors
    /// [`PropertyError::TooLong`].
    pub(crate) fn at_most(self, max: usize) -> Result<&'a str, PropertyError> {
        if self.value.trim().chars().count() > max { Err(self.too_long(max)) } else { Ok(self.value) }
    }

    /// The text, whatever its length.
    pub(crate) const fn any_length(self) -> &'a str {
        self.value
    }

    /// The text as one line of at most `MAX` characters, which has no further format.
    ///
    /// # Errors
    /// [`PropertyError::Empty`] and [`PropertyError::TooLong`].
    pub(crate) fn line<const MAX: usize>(self) -> Result<Line<MAX>, PropertyError> {
        Line::parse(self.value).map_err(|error| match error {
            LineError::Empty => PropertyError::Empty(self.properties.name(self.name)),
            LineError::TooLong { max } => self.too_long(max),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn properties(json: &'static str) -> Properties {
        Properties::parse(&Bytes::from_static(json.as_bytes())).unwrap()
    }

    fn missing<T>(name: &str) -> Result<T, PropertyError> {
        Err(PropertyError::Missing(name.to_owned()))
    }

    fn wrong_type<T>(name: &str, expected: JsonType) -> Result<T, PropertyError> {
        Err(PropertyError::WrongType(name.to_owned(), expected))
    }

    #[test]
    fn an_integer_is_one_and_nothing_like_one() {
        let whole = properties(r#"{"a": 7, "b": -9223372036854775808, "c": 9223372036854775807, "d": 0}"#);
        let read = ["a", "b", "c", "d"].map(|name| whole.integer(name).unwrap());
        assert_eq!(read, [7, i64::MIN, i64::MAX, 0]);
        assert_eq!(["a", "b", "c", "d"].map(|name| whole.optional_integer(name).unwrap()), read.map(Some));
        let other = properties(r#"{"a": 1.0, "b": "1", "c": true, "d": [1], "e": {}, "f": 1e2, "g": 9223372036854775808, "h": 1.5}"#);
        for name in ["a", "b", "c", "d", "e", "f", "g", "h"] {
            assert_eq!(other.integer(name), wrong_type(name, JsonType::Integer), "{name}");
            assert_eq!(other.optional_integer(name), wrong_type(name, JsonType::Integer), "{name}");
        }
    }

    #[test]
    fn null_is_a_wrong_type_where_something_is_required_and_absence_where_it_is_not() {
        let null = properties(r#"{"x": null}"#);
        assert_eq!(null.integer("x"), wrong_type("x", JsonType::Integer));
        assert_eq!(null.boolean("x"), wrong_type("x", JsonType::Boolean));
        assert_eq!(null.password("x"), wrong_type("x", JsonType::String));
        assert_eq!(null.text("x").map(Text::any_length), wrong_type("x", JsonType::String));
        assert_eq!(null.raw("x"), Ok(&Value::Null));
        for name in ["x", "absent"] {
            assert_eq!(null.optional_integer(name), Ok(None));
            assert_eq!(null.optional_text(name), Ok(None));
            assert!(null.optional_object(name, "x.").unwrap().is_none());
        }
    }

    #[test]
    fn what_is_required_and_absent_is_missing() {
        let none = properties("{}");
        assert_eq!(none.integer("x"), missing("x"));
        assert_eq!(none.boolean("x"), missing("x"));
        assert_eq!(none.password("x"), missing("x"));
        assert_eq!(none.text("x").map(Text::any_length), missing("x"));
        assert_eq!(none.raw("x"), missing("x"));
    }

    #[test]
    fn a_raw_property_is_there_whatever_its_type() {
        let two = properties(r#"{"code": 123456, "text": "123456"}"#);
        assert_eq!(two.raw("code").unwrap().as_i64(), Some(123_456));
        assert_eq!(two.raw("text").unwrap().as_str(), Some("123456"));
    }

    #[test]
    fn a_text_is_empty_when_it_is_blank_and_too_long_by_its_characters() {
        let texts = properties(r#"{"blank": " \t\u0007", "empty": "", "long": " \u00e9\u00e9\u00e9 "}"#);
        for name in ["blank", "empty"] {
            assert_eq!(texts.text(name).map(Text::any_length), Err(PropertyError::Empty(name.to_owned())));
        }
        assert_eq!(texts.password("blank"), Ok(" \t\u{7}"), "a password's blanks count");
        assert_eq!(texts.password("empty"), Err(PropertyError::Empty("empty".to_owned())));
        assert_eq!(texts.text("long").unwrap().at_most(3), Ok(" ééé "));
        assert_eq!(texts.text("long").unwrap().at_most(2), Err(PropertyError::TooLong("long".to_owned(), 2)));
    }

    #[test]
    fn what_is_within_another_object_is_told_of_by_its_whole_path() {
        let outer = properties(r#"{"device": {"name": "abc", "blank": "", "port": "1"}}"#);
        let device = outer.optional_object("device", "device.").unwrap().unwrap();
        assert_eq!(device.integer("port"), wrong_type("device.port", JsonType::Integer));
        assert_eq!(device.optional_integer("port"), wrong_type("device.port", JsonType::Integer));
        assert_eq!(device.raw("id"), missing("device.id"));
        assert_eq!(device.password("blank"), Err(PropertyError::Empty("device.blank".to_owned())));
        assert_eq!(device.text("name").unwrap().at_most(2), Err(PropertyError::TooLong("device.name".to_owned(), 2)));
        assert!(
            matches!(device.optional_object("name", "device.name."), Err(PropertyError::WrongType(name, JsonType::Object)) if name == "device.name")
        );
    }

    #[test]
    fn a_listed_text_stands_for_something_and_another_is_told_the_list() {
        let list = [("yes", true), ("no", false)];
        assert_eq!(one_of("answer", "no", list.into_iter()), Ok(false));
        assert_eq!(one_of("answer", "No", list.into_iter()), Err(PropertyError::NotOneOf("answer".to_owned(), "yes, no".to_owned())));
    }
}
