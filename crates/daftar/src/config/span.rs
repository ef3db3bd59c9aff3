//! Durations as a configuration writes them: `"90s"`, `"10m"`, `"12h"`, `"30d"`, within the bounds that their key allows.

use std::time::Duration;

use serde::de::{self, Deserialize, Deserializer, Unexpected, Visitor};
use serde::ser::{Serialize, Serializer};

/// Seconds of a minute, an hour and a day, for the bounds of a [`Span`].
pub(crate) const MINUTE: u64 = 60;
pub(crate) const HOUR: u64 = 60 * MINUTE;
pub(crate) const DAY: u64 = 24 * HOUR;
const UNITS: [(char, u64); 4] = [('d', DAY), ('h', HOUR), ('m', MINUTE), ('s', 1)];

/// A duration of `MIN` to `MAX` seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Span<const MIN: u64, const MAX: u64>(u64);

impl<const MIN: u64, const MAX: u64> Span<MIN, MAX> {
    /// So many seconds.
    pub(crate) const fn seconds(seconds: u64) -> Self {
        Self(seconds)
    }

    /// So many minutes.
    pub(crate) const fn minutes(minutes: u64) -> Self {
        Self(minutes * MINUTE)
    }

    /// So many hours.
    pub(crate) const fn hours(hours: u64) -> Self {
        Self(hours * HOUR)
    }

    /// So many days.
    pub(crate) const fn days(days: u64) -> Self {
        Self(days * DAY)
    }

    /// As the rest of the program counts it.
    pub(crate) const fn duration(self) -> Duration {
        Duration::from_secs(self.0)
    }
}

/// The seconds of `"90s"`, `"10m"`, `"12h"` or `"30d"`.
fn seconds_of(text: &str) -> Option<u64> {
    let (_, scale) = UNITS.into_iter().find(|(unit, _)| text.ends_with(*unit))?;
    let digits = text.get(..text.len() - 1)?;
    (!digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit())).then(|| digits.parse::<u64>().ok()?.checked_mul(scale))?
}

/// The shortest text for so many seconds: the largest unit that divides them.
fn written(seconds: u64) -> String {
    let largest = UNITS.into_iter().find(|(_, scale)| seconds > 0 && seconds.is_multiple_of(*scale));
    largest.map_or_else(|| format!("{seconds}s"), |(unit, scale)| format!("{}{unit}", seconds / scale))
}

struct Reader<const MIN: u64, const MAX: u64>;

impl<const MIN: u64, const MAX: u64> Visitor<'_> for Reader<MIN, MAX> {
    type Value = Span<MIN, MAX>;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "a duration from \"{}\" to \"{}\", written like \"90s\", \"10m\", \"12h\" or \"30d\"", written(MIN), written(MAX))
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
        let seconds = seconds_of(text).filter(|seconds| (MIN..=MAX).contains(seconds));
        seconds.map(Span).ok_or_else(|| E::invalid_value(Unexpected::Str(text), &self))
    }
}

impl<'de, const MIN: u64, const MAX: u64> Deserialize<'de> for Span<MIN, MAX> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_str(Reader)
    }
}

impl<const MIN: u64, const MAX: u64> Serialize for Span<MIN, MAX> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&written(self.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_and_written_in_their_largest_unit() {
        for (text, seconds, again) in
            [("90s", 90, "90s"), ("10m", 600, "10m"), ("12h", 43_200, "12h"), ("30d", 2_592_000, "30d"), ("60m", 3_600, "1h")]
        {
            assert_eq!(seconds_of(text), Some(seconds), "{text}");
            assert_eq!(written(seconds), again);
        }
        assert_eq!(written(0), "0s");
    }

    #[test]
    fn anything_else_is_no_duration() {
        for text in ["", "s", "10", "10 m", "-1s", "+1s", "1.5h", "1h30m", "10M", "1w", "１m", "99999999999999999999d", "9999999999999999999d", "1é"]
        {
            assert_eq!(seconds_of(text), None, "{text}");
        }
    }
}
