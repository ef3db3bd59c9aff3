//! `[codes]`, `[registrations]` and `[sessions]`: how long things last.

use daftar_core::registration::RegistrationLifetimes;
use daftar_core::session::SessionLifetimes;
use serde::{Deserialize, Serialize};

use super::app::App;
use super::span::{DAY, Span};

/// `[codes]`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Codes {
    /// How long a code is good.
    pub(crate) lifetime: Span<1, DAY>,
}

impl Default for Codes {
    fn default() -> Self {
        Self { lifetime: Span::minutes(10) }
    }
}

/// `[registrations]`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Registrations {
    /// How long a registration and its links live.
    pub(crate) lifetime: Span<1, { 30 * DAY }>,
}

impl Default for Registrations {
    fn default() -> Self {
        Self { lifetime: Span::minutes(30) }
    }
}

/// `[sessions]`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Sessions {
    /// How long somebody stays signed in.
    pub(crate) lifetime: Span<1, { 3650 * DAY }>,
    /// How long in the mobile app.
    pub(crate) native_app_lifetime: Span<1, { 3650 * DAY }>,
}

impl Default for Sessions {
    fn default() -> Self {
        Self { lifetime: Span::hours(12), native_app_lifetime: Span::days(90) }
    }
}

impl Sessions {
    /// As the core counts them; App has a key of its own.
    pub(crate) const fn lifetimes(&self, app: &App) -> SessionLifetimes {
        SessionLifetimes { usual: self.lifetime.duration(), native_app: self.native_app_lifetime.duration(), app: app.session_lifetime.duration() }
    }
}

/// As the core counts them.
pub(crate) const fn of_registrations(registrations: &Registrations, codes: &Codes) -> RegistrationLifetimes {
    RegistrationLifetimes { registration: registrations.lifetime.duration(), code: codes.lifetime.duration() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_the_cores() {
        assert_eq!(Sessions::default().lifetimes(&App::default()), SessionLifetimes::default());
        assert_eq!(of_registrations(&Registrations::default(), &Codes::default()), RegistrationLifetimes::default());
    }
}
