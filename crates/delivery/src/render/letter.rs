//! A mail between its words and its looks: one list of parts, from which the text and the HTML are both written, so that they cannot say
//! different things.

use askama::Template;

/// What a mail consists of.
pub(super) struct Letter {
    /// The subject.
    pub(super) subject: String,
    /// The heading of the HTML.
    pub(super) heading: String,
    /// How it begins.
    pub(super) greeting: String,
    /// What it says.
    pub(super) parts: Vec<Part>,
    /// How it ends.
    pub(super) footer: String,
}

/// A part of what a mail says.
pub(super) enum Part {
    /// A paragraph.
    Text(String),
    /// A paragraph in small print.
    Small(String),
    /// A link to follow: a button in HTML, alone on its line in the text.
    Link {
        /// What precedes it in the text.
        intro: String,
        /// What stands on the button.
        label: String,
        /// What precedes it in HTML, below the button.
        instead: String,
        /// Where it leads.
        url: String,
    },
    /// A code or password to copy, alone on its line.
    Code {
        /// What precedes it.
        intro: String,
        /// The code or password.
        code: String,
    },
}

impl Letter {
    /// The mail as plain text.
    pub(super) fn to_text(&self) -> String {
        let parts = self.parts.iter().map(|part| match part {
            Part::Text(text) | Part::Small(text) => text.clone(),
            Part::Link { intro, url, .. } => format!("{intro}\n{url}"),
            Part::Code { intro, code } => format!("{intro}\n{code}"),
        });
        let mut paragraphs = vec![self.greeting.clone()];
        paragraphs.extend(parts);
        paragraphs.push(format!("-- \n{}", self.footer));
        paragraphs.join("\n\n") + "\n"
    }
}

/// The mail as a page. Its looks are in `templates/mail.html`.
#[derive(Template)]
#[template(path = "mail.html")]
pub(super) struct MailPage<'a> {
    letter: &'a Letter,
    language: &'static str,
    brand: &'a str,
    color: Rgb,
    ink: &'static str,
}

impl<'a> MailPage<'a> {
    /// Lays `letter` out in the colour of a brand; one that is not written `#rrggbb` is replaced by a dark blue.
    pub(super) fn new(letter: &'a Letter, language: &'static str, brand: &'a str, color: &str) -> Self {
        let color = Rgb::parse(color).unwrap_or(Rgb(0x1f, 0x3a, 0x5f));
        Self { letter, language, brand, color, ink: color.readable_ink() }
    }
}

/// A colour.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Rgb(u8, u8, u8);

impl Rgb {
    fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_prefix('#').filter(|digits| digits.len() == 6 && digits.bytes().all(|b| b.is_ascii_hexdigit()))?;
        let [_, red, green, blue] = u32::from_str_radix(digits, 16).ok()?.to_be_bytes();
        Some(Self(red, green, blue))
    }

    /// White or black, whichever is easier to read on this colour (weights of ITU-R BT.601).
    fn readable_ink(self) -> &'static str {
        let brightness = (u32::from(self.0) * 299 + u32::from(self.1) * 587 + u32::from(self.2) * 114) / 1000;
        if brightness < 150 { "#ffffff" } else { "#111111" }
    }
}

impl std::fmt::Display for Rgb {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "#{:02x}{:02x}{:02x}", self.0, self.1, self.2)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_button_is_readable_on_every_colour() {
        assert_eq!(Rgb::parse("#C8102E").map(|c| (c.to_string(), c.readable_ink())), Some(("#c8102e".to_owned(), "#ffffff")));
        assert_eq!(Rgb::parse("#ffdd00").map(Rgb::readable_ink), Some("#111111"));
    }

    #[test]
    fn a_colour_that_is_none_reaches_no_style() {
        for text in ["", "#fff", "red", "#12345g", "#1234567", "#12345é", "x\"><script>"] {
            assert_eq!(Rgb::parse(text), None, "{text}");
        }
    }
}
