//! Texts on one line: names of people and places, which messages and pages carry (threat row 40).

/// Why a text is no [`Line`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LineError {
    /// Nothing is left after trimming.
    #[error("the text is empty")]
    Empty,
    /// More characters than are allowed.
    #[error("the text has more than {max} characters")]
    TooLong {
        /// The most characters.
        max: usize,
    },
}

/// A text of 1 to `MAX` characters on one line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line<const MAX: usize>(String);

impl<const MAX: usize> Line<MAX> {
    /// The most characters.
    pub const MOST: usize = MAX;

    /// Takes a text; control characters and line breaks become blanks, blanks around it are dropped.
    ///
    /// # Errors
    /// [`LineError`] when nothing or too much is left.
    pub fn parse(text: &str) -> Result<Self, LineError> {
        let line: String = text.chars().map(|c| if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}') { ' ' } else { c }).collect();
        let line = line.trim();
        match line.chars().count() {
            0 => Err(LineError::Empty),
            n if n > MAX => Err(LineError::TooLong { max: MAX }),
            _ => Ok(Self(line.to_owned())),
        }
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn row_40_a_name_is_one_line() {
        assert_eq!(Line::<100>::parse(" Siti\r\nBcc: x ").map(|n| n.as_str().to_owned()), Ok("Siti  Bcc: x".to_owned()));
        assert_eq!(Line::<100>::parse(" \n "), Err(LineError::Empty));
        assert_eq!(Line::<100>::parse(&"é".repeat(101)), Err(LineError::TooLong { max: 100 }));
        assert!(Line::<100>::parse(&"é".repeat(100)).is_ok());
    }
}
