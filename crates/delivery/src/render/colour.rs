//! The colours of a brand in a mail: what can be read on its colour, and an edge where nobody would see where a button ends (WCAG 2.2, 1.4.3 and 1.4.11).

/// The cards of `templates/mail.html`, light and dark.
const CARDS: [Colour; 2] = [Colour([0xff, 0xff, 0xff]), Colour([0x22, 0x25, 0x2b])];
/// Lines that can be seen on them.
const LINES: [Colour; 2] = [Colour([0x76, 0x7e, 0x8b]), Colour([0x87, 0x91, 0xa0])];
/// For a brand whose colour cannot be read.
const PLAIN: Colour = Colour([0x1f, 0x3a, 0x5f]);
/// The least contrast of a button with what is around it.
const VISIBLE: f64 = 3.0;
/// The least contrast of a text with what is behind it.
const READABLE: f64 = 4.5;

/// A colour in sRGB.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Colour([u8; 3]);

impl Colour {
    /// The colour of a brand; one that is not written `#rrggbb` is replaced by a dark blue.
    pub(super) fn of_brand(text: &str) -> Self {
        Self::parse(text).unwrap_or(PLAIN)
    }

    fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_prefix('#').filter(|digits| digits.len() == 6 && digits.bytes().all(|b| b.is_ascii_hexdigit()))?;
        let [_, red, green, blue] = u32::from_str_radix(digits, 16).ok()?.to_be_bytes();
        Some(Self([red, green, blue]))
    }

    /// White or black, whichever can be read on this colour: one of them always can.
    pub(super) fn ink(self) -> Self {
        let white = Self([255; 3]);
        if self.contrast(white) >= READABLE { white } else { Self([0; 3]) }
    }

    /// The colour of a button's edge on a light and on a dark card.
    pub(super) fn edges(self) -> [Self; 2] {
        let [(light, light_line), (dark, dark_line)] = [(CARDS[0], LINES[0]), (CARDS[1], LINES[1])];
        [(light, light_line), (dark, dark_line)].map(|(card, line)| if self.contrast(card) >= VISIBLE { self } else { line })
    }

    fn contrast(self, other: Self) -> f64 {
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

impl std::fmt::Display for Colour {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let [red, green, blue] = self.0;
        write!(f, "#{red:02x}{green:02x}{blue:02x}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_button_is_readable_on_every_colour_and_seen_on_every_card() {
        let parsed = |text| Colour::parse(text).map(|c| (c.to_string(), c.ink().to_string()));
        assert_eq!(parsed("#C8102E"), Some(("#c8102e".to_owned(), "#ffffff".to_owned())));
        assert_eq!(parsed("#ffdd00"), Some(("#ffdd00".to_owned(), "#000000".to_owned())));
        for step in 0..4096_u32 {
            let channel = |shift: u32| u8::try_from((step >> shift & 15) * 17).unwrap();
            let colour = Colour([channel(8), channel(4), channel(0)]);
            assert!(colour.contrast(colour.ink()) >= READABLE, "text on {colour}");
            for (edge, card) in colour.edges().into_iter().zip(CARDS) {
                assert!(edge.contrast(card) >= VISIBLE, "edge of {colour}");
            }
        }
    }

    #[test]
    fn the_cards_here_are_those_of_the_page() {
        let page = include_str!("../../templates/mail.html");
        assert!(
            page.contains(&format!("bgcolor=\"{}\" style=\"padding:32px;", CARDS[0])) && page.contains(&format!(".card {{ background: {}", CARDS[1]))
        );
    }

    #[test]
    fn a_colour_that_is_none_reaches_no_style() {
        for text in ["", "#fff", "red", "#12345g", "#1234567", "#12345é", "x\"><script>"] {
            assert_eq!((Colour::parse(text), Colour::of_brand(text)), (None, PLAIN), "{text}");
        }
    }
}
