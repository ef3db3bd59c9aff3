//! `[limits]`: how often something may be tried (threat row 14).

use daftar_core::throttle::{Gcra, PasswordLimits};
use serde::{Deserialize, Serialize};

use super::span::{DAY, Span};
use super::text::Whole;

/// `[limits]`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Limits {
    /// `false` in development only.
    pub(crate) enabled: bool,
    /// Wrong passwords per account and client address that pass at once.
    pub(crate) password_account_burst: Whole<1, 1000>,
    /// Wrong passwords per client address over all accounts that pass at once.
    pub(crate) password_address_burst: Whole<1, 100_000>,
    /// The time in which a spent burst refills.
    pub(crate) password_period: Span<1, DAY>,
}

impl Default for Limits {
    fn default() -> Self {
        Self { enabled: true, password_account_burst: Whole(10), password_address_burst: Whole(30), password_period: Span::minutes(15) }
    }
}

impl Limits {
    /// As the core counts them; `None`: not limited.
    pub(crate) fn passwords(&self) -> Option<PasswordLimits> {
        let limit = |burst| Gcra { burst, period: self.password_period.duration() };
        self.enabled.then(|| PasswordLimits {
            per_account_and_address: limit(self.password_account_burst.0),
            per_address: limit(self.password_address_burst.0),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn row_14_the_defaults_are_the_cores() {
        assert_eq!(Limits::default().passwords(), Some(PasswordLimits::default()));
        assert_eq!(Limits { enabled: false, ..Limits::default() }.passwords(), None);
    }
}
