//! The breaker for prefixes whose codes nobody verifies (threat row 42): whoever pumps short messages to numbers of a dear network has no use for the codes in them.
//! It is for numbers that nobody has proven to have; codes to the others are neither judged nor held up.
//!
//! Judged is only what had its chance: codes that were verified, and codes whose time is over. So a crowd that signs up at the same minute does not look like an
//! attack; until there is something to judge, the budget of the prefix bounds it.

use std::time::Duration;

/// When a prefix is paused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConversionLimit {
    /// With fewer codes nothing is judged.
    pub least: u32,
    /// How many of a hundred codes must be verified.
    pub percent: u32,
    /// How long a pause is. Judged are the codes of a day, back to the last pause.
    pub pause: Duration,
}

impl Default for ConversionLimit {
    fn default() -> Self {
        Self { least: 20, percent: 20, pause: Duration::from_secs(24 * 60 * 60) }
    }
}

/// What became of the codes that were sent to a prefix.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Conversion {
    /// How many were verified, or can be no more.
    pub over: u32,
    /// How many of those were verified.
    pub verified: u32,
}

impl ConversionLimit {
    /// Whether the prefix is to be paused.
    #[must_use]
    pub fn trips(self, conversion: Conversion) -> bool {
        let Conversion { over, verified } = conversion;
        over >= self.least && u64::from(verified) * 100 < u64::from(over) * u64::from(self.percent)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn row_42_twenty_sent_and_under_twenty_percent_verified() {
        let limit = ConversionLimit::default();
        let trips = |over, verified| limit.trips(Conversion { over, verified });
        assert!(!trips(19, 0), "too few to judge");
        assert!(trips(20, 0));
        assert!(trips(20, 3));
        assert!(!trips(20, 4), "a fifth is enough");
        assert!(trips(1000, 199));
    }

    proptest! {
        #[test]
        fn verified_codes_never_trip_it(over in 20_u32..10_000, verified in 0_u32..10_000, more in 0_u32..100) {
            let limit = ConversionLimit::default();
            let verified = verified.min(over);
            if !limit.trips(Conversion { over, verified }) {
                let later = Conversion { over: over + more, verified: verified + more };
                prop_assert!(!limit.trips(later));
            }
        }
    }
}
