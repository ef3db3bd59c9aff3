//! Countries, as far as phone numbers are read in them.

use std::fmt;

use rlibphonenumber::Region;

use super::phone;

/// A country by its two capital letters (ISO 3166-1 alpha-2), in which phone numbers can be read.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Country {
    letters: String,
    region: Region,
}

impl Country {
    /// Takes the two capital letters of a country whose numbers are known.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let is_written_so = text.len() == 2 && text.bytes().all(|b| b.is_ascii_uppercase());
        let region = Region::from_code(text).ok().filter(|region| is_written_so && phone::calling_code(*region).is_some())?;
        Some(Self { letters: text.to_owned(), region })
    }

    /// Indonesia, where INVAS and USAPI are at home.
    #[must_use]
    pub fn indonesia() -> Self {
        Self { letters: "ID".to_owned(), region: Region::ID }
    }

    /// Hong Kong, where App is at home.
    #[must_use]
    pub fn hong_kong() -> Self {
        Self { letters: "HK".to_owned(), region: Region::HK }
    }

    /// The two letters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.letters
    }

    /// The country as the phone library names it.
    pub(super) const fn region(&self) -> Region {
        self.region
    }
}

impl fmt::Display for Country {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.letters)
    }
}

impl fmt::Debug for Country {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Country({})", self.letters)
    }
}
