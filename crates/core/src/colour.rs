//! Colours, and what can be read and seen on them (WCAG 2.2, 1.4.3 and 1.4.11), whatever colour an operator chose for a brand: for mails and for pages alike.

use std::fmt;

/// The least contrast of a text with what is behind it.
pub const READABLE: f64 = 4.5;
/// The least contrast of a button with what is around it.
pub const VISIBLE: f64 = 3.0;

/// A colour in sRGB.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Colour(pub [u8; 3]);

impl Colour {
    /// Reads `#rrggbb`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_prefix('#').filter(|digits| digits.len() == 6 && digits.bytes().all(|b| b.is_ascii_hexdigit()))?;
        let [_, red, green, blue] = u32::from_str_radix(digits, 16).ok()?.to_be_bytes();
        Some(Self([red, green, blue]))
    }

    /// The colour of a text on this one. White or black: one of them can always be read; where both can, white looks better.
    #[must_use]
    pub fn ink(self) -> Self {
        let white = Self([255; 3]);
        if self.contrast(white) >= READABLE { white } else { Self([0; 3]) }
    }

    /// The colour of the edge of a button of this colour on `card`: its own, unless nobody would see where the button ends; then `line`.
    #[must_use]
    pub fn edge(self, card: Self, line: Self) -> Self {
        if self.contrast(card) >= VISIBLE { self } else { line }
    }

    /// Contrast ratio, 1 to 21.
    #[must_use]
    pub fn contrast(self, other: Self) -> f64 {
        let (a, b) = (self.luminance() + 0.05, other.luminance() + 0.05);
        a.max(b) / a.min(b)
    }

    /// Relative luminance, 0 to 1.
    fn luminance(self) -> f64 {
        let [red, green, blue] = self.0.map(|channel| {
            let channel = f64::from(channel) / 255.0;
            if channel <= 0.04045 { channel / 12.92 } else { ((channel + 0.055) / 1.055).powf(2.4) }
        });
        0.2126 * red + 0.7152 * green + 0.0722 * blue
    }
}

impl fmt::Display for Colour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [red, green, blue] = self.0;
        write!(f, "#{red:02x}{green:02x}{blue:02x}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_can_be_read_on_every_colour() {
        for step in 0..4096_u32 {
            let channel = |shift: u32| u8::try_from((step >> shift & 15) * 17).unwrap();
            let colour = Colour([channel(8), channel(4), channel(0)]);
            assert!(colour.contrast(colour.ink()) >= READABLE, "text on {colour}");
        }
        let parsed = |text| Colour::parse(text).map(|colour| (colour.to_string(), colour.ink().to_string()));
        assert_eq!(parsed("#C8102E"), Some(("#c8102e".to_owned(), "#ffffff".to_owned())));
        assert_eq!(parsed("#ffdd00"), Some(("#ffdd00".to_owned(), "#000000".to_owned())));
    }

    #[test]
    fn an_edge_is_its_buttons_own_where_that_can_be_seen() {
        let (white, grey, red) = (Colour([255; 3]), Colour([0x76, 0x7e, 0x8b]), Colour([0xc8, 0x10, 0x2e]));
        assert_eq!((red.edge(white, grey), white.edge(white, grey)), (red, grey));
        assert!((white.contrast(Colour([0; 3])) - 21.0).abs() < 1e-9);
    }

    #[test]
    fn what_is_no_colour_is_none() {
        for text in ["", "#fff", "red", "#12345g", "#1234567", "#12345é", "x\"><script>", "#000000; } body { display: none"] {
            assert_eq!(Colour::parse(text), None, "{text}");
        }
    }
}
