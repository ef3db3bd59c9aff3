//! What an account says of its person: names, birth, gender, country, picture. Everything may be unknown.

use jiff::civil::Date;

use crate::identifier::Country;
use crate::line::Line;
use crate::named::named;
use crate::ports::{Entropy, Timestamp};
use crate::secret::RandomSecret;

/// A first or last name (contract `usapi.md`).
pub type PersonName = Line<100>;
/// A person's whole name (contract `invas.md`).
pub type FullName = Line<200>;
/// Where somebody was born (contract `invas.md`).
pub type PlaceName = Line<200>;

named! {
    /// A person's gender, as far as the surfaces ask for it.
    Gender {
        /// `Laki-Laki` on USAPI.
        Male = "male",
        /// `Perempuan` on USAPI.
        Female = "female",
    }
}

/// A day on which somebody can have been born: past, and not before 1900.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BirthDate(Date);

/// The text is not a possible day of birth.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a date of birth is a real day, written YYYY-MM-DD, in the past and not before 1900")]
pub struct NotABirthDate;

impl BirthDate {
    /// Takes `YYYY-MM-DD`, a real day before the day of `now` in UTC.
    ///
    /// # Errors
    /// [`NotABirthDate`].
    pub fn parse(text: &str, now: Timestamp) -> Result<Self, NotABirthDate> {
        let digits_and_dashes = text.bytes().enumerate().all(|(i, b)| if matches!(i, 4 | 7) { b == b'-' } else { b.is_ascii_digit() });
        if text.len() != 10 || !digits_and_dashes {
            return Err(NotABirthDate);
        }
        let day: Date = text.parse().map_err(|_| NotABirthDate)?;
        let today = now.to_zoned(jiff::tz::TimeZone::UTC).date();
        if day.year() < 1900 || day >= today { Err(NotABirthDate) } else { Ok(Self(day)) }
    }

    /// A day that the store kept.
    ///
    /// # Errors
    /// [`NotABirthDate`] when it is no date at all.
    pub fn from_stored(text: &str) -> Result<Self, NotABirthDate> {
        text.parse().map(Self).map_err(|_| NotABirthDate)
    }
}

impl std::fmt::Display for BirthDate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// Names a stored picture: 256 random bits, so that its URL cannot be guessed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PictureId(String);

impl PictureId {
    /// Draws a new one.
    #[must_use]
    pub fn draw(entropy: &dyn Entropy) -> Self {
        Self(RandomSecret::draw(entropy).expose().to_owned())
    }

    /// Takes the id out of a URL or a row: 43 URL-safe characters, nothing that could be a path.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let safe = text.len() == 43 && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'));
        safe.then(|| Self(text.to_owned()))
    }

    /// The id.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What an account says of its person; everything may be unknown.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Profile {
    /// First name.
    pub first_name: Option<PersonName>,
    /// Last name.
    pub last_name: Option<PersonName>,
    /// The whole name, where nobody said which part of it is which.
    pub full_name: Option<FullName>,
    /// Day of birth.
    pub birth_date: Option<BirthDate>,
    /// Place of birth.
    pub birth_place: Option<PlaceName>,
    /// Gender.
    pub gender: Option<Gender>,
    /// Country.
    pub country: Option<Country>,
    /// Profile picture.
    pub picture: Option<PictureId>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_birth_date_is_a_real_day_in_the_past() {
        let now: Timestamp = "2026-11-21T10:00:00Z".parse().unwrap();
        assert!(BirthDate::parse("1996-10-18", now).is_ok());
        assert!(BirthDate::parse("2026-11-20", now).is_ok());
        assert!(BirthDate::parse("2024-02-29", now).is_ok());
        for bad in [
            "2026-11-21",
            "2027-01-01",
            "1899-12-31",
            "2023-02-29",
            "1996-13-01",
            "18-10-1996",
            "1996-1-8",
            "1996/10/18",
            "",
            "+996-10-18",
            "1996-10-18T00:00",
        ] {
            assert_eq!(BirthDate::parse(bad, now), Err(NotABirthDate), "{bad}");
        }
    }

    #[test]
    fn row_47_a_picture_id_is_never_a_path() {
        assert!(PictureId::parse("../../../../../../../../../../../etc/passwdx").is_none());
        assert!(PictureId::parse(&"a".repeat(43)).is_some());
    }
}
