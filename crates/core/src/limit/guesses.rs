//! How much wrong guessing of codes there may be before codes grow (threat rows 3 and 5; contract `common.md`, *One-time codes*). Nobody is locked out: guessing stops
//! paying.
//!
//! Two things go beyond the contract's 300 wrong codes an hour, and only while limits are on. *Lost* codes are wrong ones after which nobody got that code, or the one
//! that was asked for in its place, right: people who mistype do, whoever sprays does not, so far fewer of them are enough to know. And while an installation is
//! sprayed, short codes that are out already are not compared any more: else a sprayer would have thousands sent first and guess at them all. Where App's codes
//! are longer than short they grow and end alike: half a million guesses find one of six digits, too.
//!
//! How few, the simulated day says (`docs/limits.md`): 50,000 people lose some twenty in their busiest hour.

/// Wrong codes for one subject since its last success after which new codes grow, unless an operator says otherwise.
pub const GROW_AFTER: u32 = 6;
/// Wrong codes in an hour in the whole installation after which new short codes grow, unless an operator says otherwise.
pub const GROW_AFTER_INSTALLATION: u32 = 300;

/// When codes grow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GuessLimits {
    /// Wrong codes for one subject since its last success (threat row 3).
    pub per_subject: u32,
    /// Wrong codes in the whole installation in an hour (threat row 5).
    pub hourly: u32,
    /// Lost codes in the whole installation in an hour; `None`: they do not count, and short codes that are out stay good.
    pub lost_hourly: Option<u32>,
}

impl GuessLimits {
    /// What the contract says, and nothing beyond it: for when limits are off.
    pub const CONTRACT: Self = Self { per_subject: GROW_AFTER, hourly: GROW_AFTER_INSTALLATION, lost_hourly: None };
}

impl Default for GuessLimits {
    fn default() -> Self {
        Self { lost_hourly: Some(30), ..Self::CONTRACT }
    }
}

/// How much wrong guessing there has been; counted by the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Pressure {
    /// Wrong codes since the last success for the account or for the destination, whichever has met more.
    pub subject: u32,
    /// Wrong codes in the whole installation in the last hour.
    pub installation: u32,
    /// Those of them that no right code followed (see [`crate::code::Challenge::forgives`]).
    pub lost: u32,
}

impl Pressure {
    /// Whether the subject is under attack.
    #[must_use]
    pub const fn on_subject(self, limits: GuessLimits) -> bool {
        self.subject >= limits.per_subject
    }

    /// Whether the installation is being sprayed.
    #[must_use]
    pub const fn on_installation(self, limits: GuessLimits) -> bool {
        let lost = match limits.lost_hourly {
            Some(most) => self.lost >= most,
            None => false,
        };
        lost || self.installation >= limits.hourly
    }

    /// Whether codes that are out and would be longer by now are not compared any more: at twice as many lost ones as new codes grow at, so that whoever stays just below that number
    /// makes codes long and none of them worthless.
    #[must_use]
    pub const fn ends_codes(self, limits: GuessLimits) -> bool {
        match limits.lost_hourly {
            Some(most) => self.lost >= most.saturating_mul(2) || self.installation >= limits.hourly,
            None => false,
        }
    }
}
