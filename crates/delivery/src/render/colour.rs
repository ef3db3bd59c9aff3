//! The colours of a brand in a mail.

use daftar_core::colour::Colour;

/// The cards of `templates/mail.html`, light and dark.
const CARDS: [Colour; 2] = [Colour([0xff, 0xff, 0xff]), Colour([0x22, 0x25, 0x2b])];
/// Lines that can be seen on them.
const LINES: [Colour; 2] = [Colour([0x76, 0x7e, 0x8b]), Colour([0x87, 0x91, 0xa0])];
/// For a brand whose colour cannot be read: a dark blue.
const PLAIN: Colour = Colour([0x1f, 0x3a, 0x5f]);

/// The colour of a brand; one that is not written `#rrggbb` is replaced.
pub(super) fn of_brand(text: &str) -> Colour {
    Colour::parse(text).unwrap_or(PLAIN)
}

/// The colour of a button's edge on a light and on a dark card.
pub(super) fn edges(colour: Colour) -> [Colour; 2] {
    [colour.edge(CARDS[0], LINES[0]), colour.edge(CARDS[1], LINES[1])]
}

#[cfg(test)]
mod tests {
    use super::*;
    use daftar_core::colour::VISIBLE;

    #[test]
    fn a_button_is_seen_on_every_card() {
        for step in 0..4096_u32 {
            let channel = |shift: u32| u8::try_from((step >> shift & 15) * 17).unwrap();
            let colour = Colour([channel(8), channel(4), channel(0)]);
            for (edge, card) in edges(colour).into_iter().zip(CARDS) {
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
        assert_eq!(of_brand("x\"><script>"), PLAIN);
    }
}
