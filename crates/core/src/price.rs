//! What a message costs: millionths of the installation's currency, whichever that is.

use std::fmt;

/// Digits behind the point that are kept.
const DECIMALS: usize = 6;

/// A price of zero or more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Price(pub u64);

impl Price {
    /// Takes a decimal number, such as `0.045` or `350`, of at most six decimals.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (whole, decimals) = text.split_once('.').unwrap_or((text, "0"));
        let is_number = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        if !is_number(whole) || !is_number(decimals) || decimals.len() > DECIMALS {
            return None;
        }
        let millionths: u64 = format!("{decimals:0<DECIMALS$}").parse().ok()?;
        whole.parse::<u64>().ok()?.checked_mul(1_000_000)?.checked_add(millionths).map(Self)
    }

    /// Both together; the greatest price there is instead of an overflow.
    #[must_use]
    pub const fn plus(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl fmt::Display for Price {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, millionths) = (self.0 / 1_000_000, self.0 % 1_000_000);
        let decimals = format!("{millionths:0DECIMALS$}");
        match decimals.trim_end_matches('0') {
            "" => write!(f, "{whole}"),
            decimals => write!(f, "{whole}.{decimals}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_price_is_read_as_it_is_written() {
        for text in ["0", "0.045", "350", "1.000001", "18446744073709.551615"] {
            assert_eq!(Price::parse(text).map(|price| price.to_string()).as_deref(), Some(text));
        }
        assert_eq!(Price::parse("0.5").map(|price| price.plus(Price(1))), Some(Price(500_001)));
        assert_eq!(Price(u64::MAX).plus(Price(1)), Price(u64::MAX));
    }

    #[test]
    fn what_is_no_price_is_refused() {
        for text in ["", ".", "1.", ".5", "-1", "+1", "1e3", "1,5", "0.0000001", "18446744073709.551616", "99999999999999999999", " 1", "١"] {
            assert_eq!(Price::parse(text), None, "{text}");
        }
    }
}
