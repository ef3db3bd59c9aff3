//! The parameters of a request (RFC 6749 §3.2): one without a value counts as left out, none may come twice, unknown ones are ignored.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use axum::body::Body;
use axum::http::HeaderMap;

use super::error::OauthError;
use crate::surface::body::{self, BODY_MAX};

const TYPE: &str = "application/x-www-form-urlencoded";

/// A form.
pub(super) struct Form {
    values: HashMap<String, String>,
    repeats: bool,
}

impl Form {
    /// Reads the body.
    pub(super) async fn read(headers: &HeaderMap, body: Body) -> Result<Self, OauthError> {
        body::expect_type(headers, TYPE)?;
        Ok(Self::of(&body::read(headers, body, BODY_MAX).await?))
    }

    fn of(bytes: &[u8]) -> Self {
        let mut form = Self { values: HashMap::new(), repeats: false };
        for (name, value) in form_urlencoded::parse(bytes) {
            match form.values.entry(name.into_owned()) {
                Entry::Occupied(_) => form.repeats = true,
                Entry::Vacant(free) => {
                    free.insert(value.into_owned());
                }
            }
        }
        form
    }

    /// Whether a parameter comes more than once.
    pub(super) const fn repeats(&self) -> bool {
        self.repeats
    }

    /// A parameter that has a value.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.values.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// A parameter that must have a value.
    pub(super) fn required(&self, name: &'static str) -> Result<&str, OauthError> {
        self.get(name).ok_or(OauthError::Missing(name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parameter_counts_once_and_with_a_value_only() {
        let form = Form::of(b"scope=b2b+usapi&empty=&unknown=%C3%A9");
        assert_eq!((form.get("scope"), form.get("empty"), form.get("absent")), (Some("b2b usapi"), None, None));
        assert!(!form.repeats());
        for twice in ["a=1&a=1", "a=&a=1", "a&a", "b=1&a=1&%61=2"] {
            assert!(Form::of(twice.as_bytes()).repeats(), "{twice}");
        }
    }
}
