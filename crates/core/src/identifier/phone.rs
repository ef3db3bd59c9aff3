//! Phone numbers: every surface's way of writing one yields the same number.

use std::sync::LazyLock;

use rlibphonenumber::{NumberLengthType, PhoneNumberFormat, PhoneNumberUtil, Region};

use super::IdentifierError;

/// Digits of a phone number, country code included: seven for the shortest that classifies as one, seventeen
/// for USAPI's longest, which is two more than E.164 would allow.
const PHONE_DIGITS: std::ops::RangeInclusive<usize> = 7..=17;

/// The calling code that USAPI's numbers begin with (contract `usapi.md`).
const USAPI_CALLING_CODE: i32 = 62;

/// A phone number in E.164 form, with its `+`.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct PhoneNumber(String);

static PHONES: LazyLock<Option<PhoneNumberUtil>> = LazyLock::new(|| PhoneNumberUtil::new().ok());

impl PhoneNumber {
    /// USAPI's rule: `62` followed by 7 to 15 digits, digits only (contract `usapi.md`).
    ///
    /// # Errors
    /// [`IdentifierError::Malformed`] for everything else.
    pub fn parse_usapi(text: &str) -> Result<Self, IdentifierError> {
        let national = text.strip_prefix("62").ok_or(IdentifierError::Malformed)?;
        if !(7..=15).contains(&national.len()) || !national.bytes().all(|b| b.is_ascii_digit()) {
            return Err(IdentifierError::Malformed);
        }
        let as_given = Self::from_e164(&format!("+{text}"))?;
        if !national.starts_with("08") {
            return Ok(as_given);
        }
        // Who writes a mobile number's 0 of home after the country's code means the number without it; where that is none, theirs stays as it is.
        let without_trunk_prefix = PHONES.as_ref().and_then(|util| {
            let number = util.parse(as_given.as_e164(), None).ok()?;
            util.is_valid_number(&number).then(|| util.format(&number, PhoneNumberFormat::E164).into_owned())
        });
        Ok(without_trunk_prefix.and_then(|text| Self::from_e164(&text).ok()).unwrap_or(as_given))
    }

    /// A number as people write it, read in `country` (ISO 3166 code) unless it begins with `+`. Only its form is checked here: whether
    /// the number is assigned is a question for the surface that demands it.
    ///
    /// # Errors
    /// [`IdentifierError::Malformed`] when it cannot be a number there.
    pub fn parse(text: &str, country: &str) -> Result<Self, IdentifierError> {
        if !looks_like_phone(text) {
            return Err(IdentifierError::Malformed);
        }
        let region = Region::from_code(country).ok();
        let util = PHONES.as_ref().ok_or(IdentifierError::Malformed)?;
        let number = util.parse(text, region).map_err(|_| IdentifierError::Malformed)?;
        Self::from_e164(&util.format(&number, PhoneNumberFormat::E164))
    }

    /// App's rule (contract `app-auth.md`): digits without a `+` are a number of `country` if they are one there, else international. A number that no
    /// network could have is refused.
    ///
    /// # Errors
    /// [`IdentifierError::Malformed`] for everything else.
    pub fn parse_app(text: &str, country: &str) -> Result<Self, IdentifierError> {
        let text = text.trim();
        if !looks_like_phone(text) {
            return Err(IdentifierError::Malformed);
        }
        let util = PHONES.as_ref().ok_or(IdentifierError::Malformed)?;
        let digits: String = text.chars().filter(char::is_ascii_digit).collect();
        let region = Region::from_code(country).ok();
        let calling_code = region.and_then(|region| util.get_country_code_for_region(region));
        let at_home = || {
            let number = util.parse(text, region).ok()?;
            let valid = calling_code == Some(number.country_code) && util.is_valid_number(&number);
            valid.then(|| Self::from_e164(&util.format(&number, PhoneNumberFormat::E164)).ok()).flatten()
        };
        // Where 62 is home, digits that USAPI takes are USAPI's number, though some of them could be a number of an area 62, too.
        let of_usapi = calling_code == Some(USAPI_CALLING_CODE) && Self::parse_usapi(&digits).is_ok();
        let is_international = text.starts_with('+') || of_usapi;
        if let Some(number) = (!is_international).then(at_home).flatten() {
            return Ok(number);
        }
        Self::parse_usapi(&digits).or_else(|_| {
            let number = util.parse(format!("+{}", text.trim_start_matches('+')), None).map_err(|_| IdentifierError::Malformed)?;
            // A number that can be dialled within a town alone is none that a message reaches.
            if !matches!(util.is_possible_number_with_reason(&number), Ok(NumberLengthType::IsPossible)) {
                return Err(IdentifierError::Malformed);
            }
            Self::from_e164(&util.format(&number, PhoneNumberFormat::E164))
        })
    }

    /// The number as App shows it: national digits for a number of `country`, which App reads as the same number again; any other in E.164 form.
    #[must_use]
    pub fn shown_in(&self, country: &str) -> String {
        let national = || {
            let util = PHONES.as_ref()?;
            let region = Region::from_code(country).ok()?;
            let number = util.parse(&self.0, None).ok()?;
            let here = util.get_country_code_for_region(region) == Some(number.country_code);
            here.then(|| util.format(&number, PhoneNumberFormat::National).chars().filter(char::is_ascii_digit).collect::<String>())
        };
        let national = national().filter(|digits| Self::parse_app(digits, country).is_ok_and(|number| number == *self));
        national.unwrap_or_else(|| self.0.clone())
    }

    /// A number that is already in E.164 form, as the store keeps it.
    ///
    /// # Errors
    /// [`IdentifierError::Malformed`] when it is not.
    pub fn from_e164(text: &str) -> Result<Self, IdentifierError> {
        let digits = text.strip_prefix('+').ok_or(IdentifierError::Malformed)?;
        if !PHONE_DIGITS.contains(&digits.len()) || !digits.bytes().all(|b| b.is_ascii_digit()) {
            return Err(IdentifierError::Malformed);
        }
        Ok(Self(text.to_owned()))
    }

    /// With its `+`.
    #[must_use]
    pub fn as_e164(&self) -> &str {
        &self.0
    }

    /// Without its `+`, as USAPI shows it.
    #[must_use]
    pub fn digits(&self) -> &str {
        self.0.trim_start_matches('+')
    }
}

/// Whether `code` is a country (ISO 3166-1) in which phone numbers can be read.
#[must_use]
pub fn is_country(code: &str) -> bool {
    let known = || PHONES.as_ref()?.get_country_code_for_region(Region::from_code(code).ok()?);
    known().is_some()
}

/// Whether a text classifies as a phone number.
pub(super) fn looks_like_phone(text: &str) -> bool {
    let rest = text.strip_prefix('+').unwrap_or(text);
    let digits = rest.bytes().filter(u8::is_ascii_digit).count();
    PHONE_DIGITS.contains(&digits) && rest.chars().all(|c| c.is_ascii_digit() || matches!(c, ' ' | '-' | '(' | ')'))
}
