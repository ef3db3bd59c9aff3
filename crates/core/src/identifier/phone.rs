//! Phone numbers: every surface's way of writing one yields the same number. What a country's plan calls premium-rate is nobody's number,
//! and what is read ends with the digits that were written (threat row 44).

use std::sync::LazyLock;

use rlibphonenumber::{NumberLengthType, PhoneNumber as Parsed, PhoneNumberFormat, PhoneNumberType, PhoneNumberUtil, Region};

use super::{Country, IdentifierError};

/// Digits of a phone number, country code included: seven for the shortest that classifies as one, seventeen
/// for USAPI's longest, which is two more than E.164 would allow.
const PHONE_DIGITS: std::ops::RangeInclusive<usize> = 7..=17;

/// The calling code that USAPI's numbers begin with (contract `usapi.md`).
const USAPI_CALLING_CODE: i32 = 62;

/// Digits of a tail: fewer than any text has that looks like a phone number.
const TAIL: usize = 6;

/// A phone number in E.164 form, with its `+`.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct PhoneNumber(String);

static PHONES: LazyLock<Option<PhoneNumberUtil>> = LazyLock::new(|| PhoneNumberUtil::new().ok());

impl PhoneNumber {
    /// USAPI's rule: `62` followed by 7 to 15 digits, digits only (contract `usapi.md`).
    ///
    /// # Errors
    /// [`IdentifierError::Malformed`] for everything else, and for a premium-rate number (threat row 44).
    pub fn parse_usapi(text: &str) -> Result<Self, IdentifierError> {
        Self::of_usapi_form(text).ok_or(IdentifierError::Malformed)?.unless_nobodys()
    }

    /// A number as somebody writes it who signs in on USAPI: USAPI's digits are USAPI's number, also with the `+` with which it is kept, any other is read in
    /// `country` unless it begins with `+`.
    /// Beyond threat row 44, only its form is checked here: whether the number is assigned is a question for the surface that demands it.
    ///
    /// # Errors
    /// [`IdentifierError::Malformed`] when it cannot be anybody's number there.
    pub fn parse(text: &str, country: &Country) -> Result<Self, IdentifierError> {
        if let Some(number) = Self::of_usapi_form(text.strip_prefix('+').unwrap_or(text)) {
            return number.unless_nobodys();
        }
        if !looks_like_phone(text) {
            return Err(IdentifierError::Malformed);
        }
        let util = PHONES.as_ref().ok_or(IdentifierError::Malformed)?;
        let number = util.parse(text, Some(country.region())).map_err(|_| IdentifierError::Malformed)?;
        Self::taken(util, text, &number, kind(util, &number))
    }

    /// App's rule (contract `app-auth.md`), and INVAS's for the country of a host or a registration: digits without a `+` are a number of `country` if they
    /// are one there, else international. A number that no network could have is refused.
    ///
    /// # Errors
    /// [`IdentifierError::Malformed`] for everything else, and for what is nobody's number (threat row 44).
    pub fn read(text: &str, country: &Country) -> Result<Self, IdentifierError> {
        let text = text.trim();
        if !looks_like_phone(text) {
            return Err(IdentifierError::Malformed);
        }
        let util = PHONES.as_ref().ok_or(IdentifierError::Malformed)?;
        let calling_code = util.get_country_code_for_region(country.region());
        let of_usapi = Self::of_usapi_form(&digits_of(text));
        // Where 62 is home, digits that USAPI takes are USAPI's number, though some of them could be a number of an area 62, too.
        let is_international = text.starts_with('+') || (of_usapi.is_some() && calling_code == Some(USAPI_CALLING_CODE));
        if !is_international && let Ok(number) = util.parse(text, Some(country.region())) {
            let kind = kind(util, &number);
            if kind != PhoneNumberType::Unknown && calling_code == Some(number.country_code) {
                return Self::taken(util, text, &number, kind);
            }
        }
        if let Some(number) = of_usapi {
            return number.unless_nobodys();
        }
        let number = util.parse(format!("+{}", text.trim_start_matches('+')), None).map_err(|_| IdentifierError::Malformed)?;
        // A number that can be dialled within a town alone is none that a message reaches.
        if !matches!(util.is_possible_number_with_reason(&number), Ok(NumberLengthType::IsPossible)) {
            return Err(IdentifierError::Malformed);
        }
        Self::taken(util, text, &number, kind(util, &number))
    }

    /// INVAS's rule for who registers (contract `invas.md`): [`PhoneNumber::read`] in `country`, and a valid number of that very country that a mobile phone
    /// can have.
    ///
    /// # Errors
    /// [`IdentifierError::Malformed`] for everything else.
    pub fn parse_mobile(text: &str, country: &Country) -> Result<Self, IdentifierError> {
        let number = Self::read(text, country)?;
        let util = PHONES.as_ref().ok_or(IdentifierError::Malformed)?;
        let parsed = util.parse(number.as_e164(), None).map_err(|_| IdentifierError::Malformed)?;
        // The library asks the country's plan whatever the calling code is, so the code is compared here.
        let is_there = util.get_country_code_for_region(country.region()) == Some(parsed.country_code)
            && util.is_possible_number(&parsed)
            && util.is_valid_number_for_region(&parsed, country.region());
        let is_mobile = matches!(kind(util, &parsed), PhoneNumberType::Mobile | PhoneNumberType::FixedLineOrMobile);
        let is_itself = util.format(&parsed, PhoneNumberFormat::E164) == number.as_e164();
        if is_there && is_mobile && is_itself { Ok(number) } else { Err(IdentifierError::Malformed) }
    }

    /// The number as App shows it: national digits for a number of `country`, which App reads as the same number again; any other in E.164 form.
    #[must_use]
    pub fn shown_in(&self, country: &Country) -> String {
        let national = || {
            let util = PHONES.as_ref()?;
            let number = util.parse(&self.0, None).ok()?;
            let here = util.get_country_code_for_region(country.region()) == Some(number.country_code);
            here.then(|| util.format(&number, PhoneNumberFormat::National).chars().filter(char::is_ascii_digit).collect::<String>())
        };
        let national = national().filter(|digits| Self::read(digits, country).is_ok_and(|number| number == *self));
        national.unwrap_or_else(|| self.0.clone())
    }

    /// The country that it belongs to, as far as its digits tell; of several with one calling code the chief one.
    #[must_use]
    pub fn country(&self) -> Option<Country> {
        let util = PHONES.as_ref()?;
        let number = util.parse(&self.0, None).ok()?;
        let region = util.get_region_for_number(&number).or_else(|| util.get_region_for_country_code(number.country_code))?;
        Country::parse(&region.as_region_str())
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

    /// It without its last four digits: what the numbers of one block share (threat row 42).
    #[must_use]
    pub fn prefix(&self) -> &str {
        let end = self.0.len().saturating_sub(4);
        self.0.get(..end).unwrap_or(&self.0)
    }

    /// Its last six digits: what every spelling of it ends with, in whatever country it is read.
    #[must_use]
    pub fn tail(&self) -> &str {
        last_digits(&self.0)
    }

    /// The tail of the number that a text spells, whichever that is; `None` when it does not look like a phone number.
    #[must_use]
    pub fn tail_of(text: &str) -> Option<String> {
        let text = text.trim();
        looks_like_phone(text).then(|| last_digits(&digits_of(text)).to_owned())
    }

    /// What the E.164 forms begin with of all numbers that begin like `text`: read with a country's code, and unless it has a `+` as one writes a number in each of `countries`, with
    /// or without the 0 in front.
    pub(super) fn beginnings(text: &str, countries: [&Country; 2]) -> Vec<String> {
        let digits: String = text.chars().filter(|c| !matches!(c, ' ' | '-' | '(' | ')' | '.')).collect();
        let international = digits.strip_prefix('+');
        let digits = international.unwrap_or(&digits);
        if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Vec::new();
        }
        let national = digits.strip_prefix('0').unwrap_or(digits);
        let codes = countries.into_iter().filter(|_| international.is_none()).filter_map(|country| calling_code(country.region()));
        std::iter::once(format!("+{digits}")).chain(codes.map(|code| format!("+{code}{national}"))).collect()
    }

    /// The number of a text of USAPI's form, premium-rate or not; `None` when it is not of that form.
    fn of_usapi_form(text: &str) -> Option<Self> {
        let national = text.strip_prefix("62")?;
        if !(7..=15).contains(&national.len()) || !national.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        let as_given = Self::from_e164(&format!("+{text}")).ok()?;
        if !national.starts_with("08") {
            return Some(as_given);
        }
        // Who writes a mobile number's 0 of home after the country's code means the number without it; where that is none, theirs stays as it is.
        let without_trunk_prefix = PHONES.as_ref().and_then(|util| {
            let number = util.parse(as_given.as_e164(), None).ok()?;
            util.is_valid_number(&number).then(|| util.format(&number, PhoneNumberFormat::E164).into_owned())
        });
        Some(without_trunk_prefix.and_then(|text| Self::from_e164(&text).ok()).unwrap_or(as_given))
    }

    /// The number itself, unless it is nobody's.
    fn unless_nobodys(self) -> Result<Self, IdentifierError> {
        let is_nobodys = |util: &PhoneNumberUtil| {
            let number = util.parse(self.as_e164(), None).ok();
            number.is_some_and(|number| is_nobodys(&number, kind(util, &number)))
        };
        if PHONES.as_ref().is_some_and(is_nobodys) { Err(IdentifierError::Malformed) } else { Ok(self) }
    }

    /// The number that a text was read as, unless it is nobody's, is itself read as another, or ends otherwise than the text: by its tail a text is found again.
    fn taken(util: &PhoneNumberUtil, text: &str, number: &Parsed, kind: PhoneNumberType) -> Result<Self, IdentifierError> {
        let taken = Self::from_e164(&util.format(number, PhoneNumberFormat::E164))?;
        let is_plain = number.extension.is_none() && Self::tail_of(text).as_deref() == Some(taken.tail());
        let is_itself = util.parse(taken.as_e164(), None).is_ok_and(|again| util.format(&again, PhoneNumberFormat::E164) == taken.as_e164());
        if is_plain && is_itself && !is_nobodys(number, kind) { Ok(taken) } else { Err(IdentifierError::Malformed) }
    }
}

/// The calling code of a country whose numbers are known.
pub(super) fn calling_code(region: Region) -> Option<i32> {
    PHONES.as_ref()?.get_country_code_for_region(region)
}

/// What its country's plan calls a number; unknown when it is none there.
fn kind(util: &PhoneNumberUtil, number: &Parsed) -> PhoneNumberType {
    util.get_number_type(number)
}

/// Whether a number costs its caller extra or leads to no person's phone (threat row 44). Of the numbers that USAPI takes its contract excludes none, so only
/// the premium-rate ones are refused there; and everywhere else, too, or one number would be taken here and not there.
fn is_nobodys(number: &Parsed, kind: PhoneNumberType) -> bool {
    match kind {
        PhoneNumberType::PremiumRate => true,
        PhoneNumberType::SharedCost | PhoneNumberType::Pager | PhoneNumberType::UAN | PhoneNumberType::VoiceMail => {
            number.country_code != USAPI_CALLING_CODE
        }
        PhoneNumberType::FixedLine
        | PhoneNumberType::Mobile
        | PhoneNumberType::FixedLineOrMobile
        | PhoneNumberType::TollFree
        | PhoneNumberType::VoIP
        | PhoneNumberType::PersonalNumber
        | PhoneNumberType::Unknown => false,
    }
}

/// The digits in a text.
fn digits_of(text: &str) -> String {
    text.chars().filter(char::is_ascii_digit).collect()
}

/// The last six characters of a text of digits that has more.
fn last_digits(digits: &str) -> &str {
    digits.get(digits.len().saturating_sub(TAIL)..).unwrap_or(digits)
}

/// Whether a text classifies as a phone number.
pub(super) fn looks_like_phone(text: &str) -> bool {
    let rest = text.strip_prefix('+').unwrap_or(text);
    let digits = rest.bytes().filter(u8::is_ascii_digit).count();
    PHONE_DIGITS.contains(&digits) && rest.chars().all(|c| c.is_ascii_digit() || matches!(c, ' ' | '-' | '(' | ')'))
}
