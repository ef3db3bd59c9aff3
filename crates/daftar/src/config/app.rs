//! `[app]`: the App surface (contract `app-auth.md`).

use serde::{Deserialize, Serialize};

use super::text::{self, Country, Whole};

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
}

impl Default for App {
    fn default() -> Self {
        Self { otp_digits: Whole(4), default_country: Country("HK".to_owned()), always_ok: false }
    }
}
