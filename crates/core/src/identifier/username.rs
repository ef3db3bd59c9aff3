//! Usernames, as people choose them.

use unicode_normalization::UnicodeNormalization as _;

use super::IdentifierError;
use super::phone::looks_like_phone;
use crate::ports::Entropy;
use crate::secret::{UNMISTAKABLE, pick};

/// Longest username, in characters (contract `common.md`).
pub const USERNAME_MAX: usize = 64;
/// Characters of a username that is drawn.
const DRAWN: usize = 8;
/// A username as its owner wrote it, unique ignoring case.
#[derive(Clone, PartialEq, Eq)]
pub struct Username {
    shown: String,
    key: String,
}

impl Username {
    /// Takes a username from a person: 1 to 64 characters after trimming, no control or invisible characters,
    /// and nothing that [`super::LoginId::classify`] would read as an e-mail address or a phone number.
    ///
    /// # Errors
    /// [`IdentifierError`] naming which of these does not hold.
    pub fn parse(text: &str) -> Result<Self, IdentifierError> {
        let name = Self::lenient(text)?;
        if name.shown.chars().any(|c| c.is_control() || is_invisible(c)) {
            return Err(IdentifierError::Malformed);
        }
        if name.key.contains('@') || looks_like_phone(&name.key) {
            return Err(IdentifierError::Malformed);
        }
        Ok(name)
    }

    /// Draws one for an account that chose none: eight letters and digits that are not mistaken for one another (contract `common.md`, *Identifiers*).
    #[must_use]
    pub fn draw(entropy: &dyn Entropy) -> Self {
        loop {
            let text: String = (0..DRAWN).map(|_| char::from(pick(entropy, UNMISTAKABLE))).collect();
            // Digits alone would be a phone number.
            if let Ok(name) = Self::parse(&text) {
                return name;
            }
        }
    }

    /// The length rule alone: enough to look somebody up, not to make somebody.
    pub(super) fn lenient(text: &str) -> Result<Self, IdentifierError> {
        let shown = text.trim();
        if shown.is_empty() {
            return Err(IdentifierError::Empty);
        }
        if shown.chars().count() > USERNAME_MAX {
            return Err(IdentifierError::TooLong { max: USERNAME_MAX });
        }
        Ok(Self { key: fold(shown), shown: shown.to_owned() })
    }

    /// The form in which it is unique.
    pub(super) fn key(&self) -> &str {
        &self.key
    }

    /// As its owner wrote it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.shown
    }
}

/// The form in which two names are the same name: compatibility-composed and lower-case. Small letters come first: the capital ẞ has a small one, of which the
/// usual capitals are SS.
pub(super) fn fold(text: &str) -> String {
    text.nfkc().flat_map(char::to_lowercase).flat_map(char::to_uppercase).flat_map(char::to_lowercase).nfkc().collect()
}

/// Characters that print nothing and so let two different names look the same.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}
