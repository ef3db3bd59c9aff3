//! How a brand looks on a page: its name, its logo or an initial in its place, and its colour with a text colour that can be read on it.

use daftar_core::brand::Brand;
use daftar_core::colour::Colour;
use url::Url;

/// What every page has in its style besides the brand's colours.
const SHEET: &str = include_str!("../../templates/page.css");

/// The cards of the style sheet, light and dark: what a button lies on.
const CARDS: [Colour; 2] = [Colour([0xff, 0xff, 0xff]), Colour([0x17, 0x1b, 0x21])];
/// Lines that can be seen on them (`--strong`).
const STRONG: [Colour; 2] = [Colour([0x76, 0x7e, 0x8b]), Colour([0x87, 0x91, 0xa0])];
/// For a brand whose colour cannot be read.
const PLAIN: Colour = Colour([0x2f, 0x5d, 0x62]);

/// A brand, ready for a template.
#[derive(Debug)]
pub(super) struct Look {
    /// The name that people know.
    pub(super) name: String,
    /// Its first letter, for the mark before it.
    pub(super) initial: String,
    /// The page's whole style.
    pub(super) style: String,
    /// Its logo, if pages may show it.
    pub(super) logo: Option<String>,
    /// Where the logo comes from: the one origin of pictures that the page's policy allows.
    pub(super) logo_origin: Option<String>,
}

impl Look {
    /// How `brand` looks.
    pub(super) fn of(brand: &Brand) -> Self {
        let colour = Colour::parse(&brand.color).unwrap_or(PLAIN);
        let on = colour.ink();
        let [light, dark] = edges(colour);
        let logo_origin = brand.logo.as_deref().and_then(origin);
        Self {
            name: brand.name.clone(),
            initial: brand.name.chars().find(|c| c.is_alphanumeric()).into_iter().flat_map(char::to_uppercase).collect(),
            style: format!(":root {{ --brand: {colour}; --on-brand: {on}; --edge-light: {light}; --edge-dark: {dark}; }}\n{SHEET}"),
            logo: brand.logo.clone().filter(|_| logo_origin.is_some()),
            logo_origin,
        }
    }
}

/// The colour of a button's edge on a light and on a dark card.
fn edges(colour: Colour) -> [Colour; 2] {
    [colour.edge(CARDS[0], STRONG[0]), colour.edge(CARDS[1], STRONG[1])]
}

/// The origin of a URL as a content security policy names it; `None` for what is not `https`.
fn origin(url: &str) -> Option<String> {
    let origin = Url::parse(url).ok()?.origin().ascii_serialization();
    origin.starts_with("https://").then_some(origin)
}

#[cfg(test)]
mod tests {
    use super::*;
    use daftar_core::colour::{READABLE, VISIBLE};

    #[test]
    fn a_text_can_be_read_on_every_brand_colour_and_every_button_be_seen() {
        for step in 0..4096_u32 {
            let channel = |shift: u32| u8::try_from((step >> shift & 15) * 17).unwrap();
            let colour = Colour([channel(8), channel(4), channel(0)]);
            assert!(colour.contrast(colour.ink()) >= READABLE, "text on {colour}");
            for (edge, card) in edges(colour).into_iter().zip(CARDS) {
                assert!(edge.contrast(card) >= VISIBLE, "edge of {colour}");
            }
        }
    }

    #[test]
    fn the_colours_here_are_those_of_the_style_sheet() {
        let sheet = SHEET.split_once("@media (prefers-color-scheme: dark)").unwrap();
        for (sheet, card, strong) in [(sheet.0, CARDS[0], STRONG[0]), (sheet.1, CARDS[1], STRONG[1])] {
            assert!(sheet.contains(&format!("--card: {card};")) && sheet.contains(&format!("--strong: {strong};")));
        }
    }

    #[test]
    fn the_style_sheets_own_texts_can_be_read_on_what_they_lie_on() {
        let (light, dark) = SHEET.split_once("@media (prefers-color-scheme: dark)").unwrap();
        for sheet in [light, dark] {
            let colour = |name: &str| {
                let value = sheet.split_once(&format!("--{name}: ")).unwrap().1.split_once(';').unwrap().0;
                Colour::parse(value).unwrap()
            };
            for ground in ["ground", "card", "sunken"] {
                for ink in ["ink", "soft"] {
                    assert!(colour(ink).contrast(colour(ground)) >= READABLE, "{ink} on {ground}");
                }
            }
            assert!(colour("strong").contrast(colour("sunken")) >= VISIBLE);
            for sign in ["good", "stop"] {
                assert!(colour(sign).contrast(colour(&format!("{sign}-ground"))) >= READABLE, "{sign}");
            }
        }
    }

    #[test]
    fn a_logo_is_shown_if_a_policy_can_allow_its_origin_alone() {
        let look = |logo: &str| Look::of(&Brand { logo: Some(logo.to_owned()), ..Brand::plain("Toko", "#0b6e4f") });
        let shown = look("https://cdn.example.com:8443/a;b,c.png?x='self'");
        assert_eq!(shown.logo_origin.as_deref(), Some("https://cdn.example.com:8443"));
        assert_eq!(shown.logo.as_deref(), Some("https://cdn.example.com:8443/a;b,c.png?x='self'"));
        for logo in ["http://cdn.example.com/a.png", "data:image/png;base64,AA", "a.png", ""] {
            assert_eq!((look(logo).logo, look(logo).logo_origin), (None, None), "{logo}");
        }
    }

    #[test]
    fn what_is_no_colour_becomes_a_plain_one_and_never_reaches_the_style() {
        for odd in ["", "red", "#fff", "#12345g", "#1234567", "#12345\u{e9}", "#000000; } body { display: none"] {
            let look = Look::of(&Brand::plain("Toko", odd));
            assert!(look.style.starts_with(":root { --brand: #2f5d62; --on-brand: #ffffff;"), "{odd}");
        }
        let look = Look::of(&Brand::plain("\u{201c}ßhop\u{201d}", "#FFD400"));
        assert!(look.style.starts_with(":root { --brand: #ffd400; --on-brand: #000000; --edge-light: #767e8b; --edge-dark: #ffd400;"));
        assert_eq!(look.initial, "SS");
    }
}
