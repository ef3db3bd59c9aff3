//! Countries, as far as phone numbers are read in them.

use std::fmt;

use super::phone;

/// A country by its two capital letters (ISO 3166-1 alpha-2), in which phone numbers can be read.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Country(String);

impl Country {
    /// Takes the two capital letters of a country whose numbers are known.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let is_written_so = text.len() == 2 && text.bytes().all(|b| b.is_ascii_uppercase());
        (is_written_so && phone::is_country(text)).then(|| Self(text.to_owned()))
    }

    /// Indonesia, where INVAS and USAPI are at home.
    #[must_use]
    pub fn indonesia() -> Self {
        Self("ID".to_owned())
    }

    /// The two letters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Country {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
