//! `[app]`: the App surface (contract `app-auth.md`).

use daftar_core::identifier::Country;
use daftar_core::service::AppPolicy;
use serde::{Deserialize, Serialize};

use super::span::{DAY, Span};
use super::text::{self, Whole};

/// `[app]`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct App {
    /// Digits of its codes.
    pub(crate) otp_digits: Whole<4, 8>,
    /// The country of a number without one.
    #[serde(with = "text")]
    pub(crate) default_country: Country,
    /// Whether refusals are answered 200, for clients that look at the envelope only.
    pub(crate) always_ok: bool,
    /// How long somebody stays signed in.
    pub(crate) session_lifetime: Span<1, { 3650 * DAY }>,
}

impl Default for App {
    fn default() -> Self {
        Self { otp_digits: Whole(4), default_country: Country::hong_kong(), always_ok: false, session_lifetime: Span::days(30) }
    }
}

impl App {
    /// As the core takes it.
    pub(crate) fn policy(&self) -> AppPolicy {
        AppPolicy { code_digits: u8::try_from(self.otp_digits.0).unwrap_or(u8::MAX), country: self.default_country.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_the_cores() {
        assert_eq!(App::default().policy(), AppPolicy::default());
    }
}
