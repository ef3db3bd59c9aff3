//! A row: the fields of one account, by name, as they come from JSON or from a table of texts. A reason for refusing one names the field and never
//! repeats what was in it.

use jiff::civil::DateTime;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::password::{Brought, BroughtError, PepperName};
use super::{NewComer, Row};
use crate::account::{Account, AccountId, AccountStatus, Contact, Origin, Surface};
use crate::client::ClientId;
use crate::identifier::{Country, EmailAddress, IdentifierError, LoginId, PhoneNumber, Username};
use crate::line::{Line, LineError};
use crate::locale::Locale;
use crate::password::PasswordRecord;
use crate::person::{BirthDate, FullName, Gender, NotABirthDate, PersonName, PictureId, PlaceName, Profile};
use crate::ports::Timestamp;
use crate::secret::sha256;

/// Every field there is, in the order in which they are written.
pub const FIELDS: [&str; 26] = [
    "id",
    "external_id",
    "username",
    "email",
    "email_verified",
    "email_verified_at",
    "phone",
    "phone_verified",
    "phone_verified_at",
    "password_hash",
    "first_name",
    "last_name",
    "full_name",
    "birth_date",
    "birth_place",
    "gender",
    "country",
    "picture",
    "locale",
    "disabled",
    "created_at",
    "surface",
    "client",
    "platform",
    "source",
    "group",
];

/// Longest text that is nobody's rule to bound, in characters: an id elsewhere, a platform, a source, a group.
const TEXT_MAX: usize = 200;

/// How rows are read.
#[derive(Debug, Clone)]
pub struct Reading {
    /// Where phone numbers without a country belong.
    pub country: Country,
    /// The language of an account that says none.
    pub locale: Locale,
    /// The pepper of this installation.
    pub pepper: PepperName,
    /// Whose names `external_id` are: two systems can have given one name to two people.
    pub realm: String,
    /// Now.
    pub now: Timestamp,
}

/// Why a row is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RowError {
    /// It has a field that no account has.
    #[error("there is no field `{0}`")]
    Unknown(String),
    /// A field is of another type.
    #[error("`{0}` is not {1}")]
    Type(&'static str, &'static str),
    /// An identifier is none.
    #[error("`{0}`: {1}")]
    Identifier(&'static str, IdentifierError),
    /// A text is empty or too long.
    #[error("`{0}`: {1}")]
    Line(&'static str, LineError),
    /// A date of birth is none.
    #[error("`birth_date`: {0}")]
    BirthDate(NotABirthDate),
    /// The hash cannot be taken.
    #[error("`password_hash`: {0}")]
    Password(BroughtError),
    /// It has neither username, e-mail address nor phone number.
    #[error("nobody could sign in to it: it has neither `username`, `email` nor `phone`")]
    Nobody,
    /// It says when something was proven that it does not have, or that it was not.
    #[error("`{0}` contradicts the other fields")]
    Contradiction(&'static str),
}

/// Reads the fields of a row, of which those that are missing, null or empty are not there.
///
/// # Errors
/// [`RowError`], for the first field at fault.
pub fn read(fields: &Map<String, Value>, reading: &Reading) -> Result<Row, RowError> {
    if let Some(name) = fields.keys().find(|name| !FIELDS.contains(&name.as_str())) {
        return Err(RowError::Unknown(name.chars().filter(|c| !c.is_control()).take(40).collect()));
    }
    let fields = Fields(fields);
    let created_at = fields.time("created_at")?.unwrap_or(reading.now);
    let identifiers = identifiers(&fields, reading, created_at)?;
    if identifiers.is_empty() {
        return Err(RowError::Nobody);
    }
    let id = id(&fields, reading)?;
    let comer = NewComer {
        // Drawn later where the row names none.
        id: id.unwrap_or(AccountId(Uuid::nil())),
        is_named: id.is_some(),
        status: if fields.flag("disabled")?.unwrap_or_default() { AccountStatus::Disabled } else { AccountStatus::Active },
        identifiers,
        password: None,
        profile: profile(&fields, reading)?,
        origin: Origin {
            surface: fields.parsed("surface", "usapi, invas or app", Surface::from_name)?.unwrap_or(Surface::Usapi),
            client: fields.parsed("client", "the id of a machine client", ClientId::parse)?,
            platform: fields.line::<TEXT_MAX>("platform")?,
            source: fields.line::<TEXT_MAX>("source")?,
            group: fields.line::<TEXT_MAX>("group")?,
        },
        locale: fields.parsed("locale", "a language that is spoken here", Locale::from_tag)?.unwrap_or(reading.locale),
        created_at,
    };
    let password = fields.text("password_hash")?.map(|text| Brought::parse(text, &reading.pepper).map_err(RowError::Password)).transpose()?;
    Ok(Row { id, comer, password })
}

/// Writes an account as a row that [`read`] reads as the same account.
#[must_use]
pub fn write(account: &Account, password: Option<&PasswordRecord>, pepper: &PepperName) -> Value {
    let Account { profile, origin, .. } = account;
    let verified_at = |at: Option<Timestamp>| at.map(|at| at.to_string());
    let email = account.email.as_ref();
    let phone = account.phone.as_ref();
    let mut row = json!({
        "id": account.id.to_string(),
        "username": account.username.as_ref().map(Username::as_str),
        "email": email.map(|contact| contact.id.as_str()),
        "email_verified_at": email.and_then(|contact| verified_at(contact.verified_at)),
        "phone": phone.map(|contact| contact.id.as_e164()),
        "phone_verified_at": phone.and_then(|contact| verified_at(contact.verified_at)),
        "password_hash": password.map(|record| Brought::text(record, pepper)),
        "first_name": profile.first_name.as_ref().map(PersonName::as_str),
        "last_name": profile.last_name.as_ref().map(PersonName::as_str),
        "full_name": profile.full_name.as_ref().map(FullName::as_str),
        "birth_date": profile.birth_date.map(|day| day.to_string()),
        "birth_place": profile.birth_place.as_ref().map(PlaceName::as_str),
        "gender": profile.gender.map(Gender::name),
        "country": profile.country.as_ref().map(Country::as_str),
        "picture": profile.picture.as_ref().map(PictureId::as_str),
        "locale": account.locale.tag(),
        "disabled": (account.status == AccountStatus::Disabled).then_some(true),
        "created_at": account.created_at.to_string(),
        "surface": origin.surface.name(),
        "client": origin.client.as_ref().map(ClientId::as_str),
        "platform": origin.platform,
        "source": origin.source,
        "group": origin.group,
    });
    if let Some(fields) = row.as_object_mut() {
        fields.retain(|_, value| !value.is_null());
    }
    row
}

fn identifiers(fields: &Fields<'_>, reading: &Reading, created_at: Timestamp) -> Result<Vec<(LoginId, Option<Timestamp>)>, RowError> {
    let wrong = |name| move |error| RowError::Identifier(name, error);
    let username = fields.text("username")?.map(|text| Username::parse(text).map_err(wrong("username"))).transpose()?;
    let email = fields.text("email")?.map(|text| EmailAddress::parse(text).map_err(wrong("email"))).transpose()?;
    let phone = fields.text("phone")?.map(|text| phone(text, &reading.country).map_err(wrong("phone"))).transpose()?;
    let email = contact(fields, email, ["email_verified", "email_verified_at"], reading.now)?;
    let phone = contact(fields, phone, ["phone_verified", "phone_verified_at"], reading.now)?;
    // A username needs no proof: it is its owner's from the beginning.
    let username = username.map(|name| (name.into(), Some(created_at)));
    let email = email.map(|contact| (contact.id.into(), contact.verified_at));
    let phone = phone.map(|contact| (contact.id.into(), contact.verified_at));
    Ok([username, email, phone].into_iter().flatten().collect())
}

/// A number as App reads it; one with its `+` also as USAPI does, whose rule takes digits that no plan has.
fn phone(text: &str, country: &Country) -> Result<PhoneNumber, IdentifierError> {
    PhoneNumber::read(text, country).or_else(|error| match text.trim().strip_prefix('+') {
        Some(digits) => PhoneNumber::parse_usapi(digits),
        None => Err(error),
    })
}

fn contact<T>(fields: &Fields<'_>, id: Option<T>, [flag, time]: [&'static str; 2], now: Timestamp) -> Result<Option<Contact<T>>, RowError> {
    let (is_verified, at) = (fields.flag(flag)?, fields.time(time)?);
    match (is_verified, at) {
        (Some(false), Some(_)) => return Err(RowError::Contradiction(time)),
        (_, Some(_)) if id.is_none() => return Err(RowError::Contradiction(time)),
        (Some(true), _) if id.is_none() => return Err(RowError::Contradiction(flag)),
        _ => {}
    }
    let verified_at = at.or_else(|| is_verified.unwrap_or_default().then_some(now));
    Ok(id.map(|id| Contact { id, verified_at }))
}

/// Its own id, or one that is always the same for the name that it has elsewhere.
fn id(fields: &Fields<'_>, reading: &Reading) -> Result<Option<AccountId>, RowError> {
    let id = fields.parsed("id", "a UUID", |text| text.parse().ok().map(AccountId))?;
    let Some(name) = fields.line::<TEXT_MAX>("external_id")? else { return Ok(id) };
    if id.is_some() {
        return Err(RowError::Contradiction("external_id"));
    }
    let realm = &reading.realm;
    let sum = sha256(format!("daftar/external-id/{}/{realm}/{name}", realm.len()).as_bytes());
    let (bytes, _) = sum.split_first_chunk().unwrap_or((&[0; 16], &[]));
    Ok(Some(AccountId(uuid::Builder::from_custom_bytes(*bytes).into_uuid())))
}

fn profile(fields: &Fields<'_>, reading: &Reading) -> Result<Profile, RowError> {
    let birth_date = fields.text("birth_date")?.map(|text| BirthDate::parse(text, reading.now).map_err(RowError::BirthDate)).transpose()?;
    Ok(Profile {
        first_name: fields.checked("first_name", PersonName::parse)?,
        last_name: fields.checked("last_name", PersonName::parse)?,
        full_name: fields.checked("full_name", FullName::parse)?,
        birth_date,
        birth_place: fields.checked("birth_place", PlaceName::parse)?,
        gender: fields.parsed("gender", "male or female", Gender::from_name)?,
        country: fields.parsed("country", "the two capital letters of a country (ISO 3166)", Country::parse)?,
        picture: fields.parsed("picture", "the id of a picture that was exported", PictureId::parse)?,
    })
}

struct Fields<'f>(&'f Map<String, Value>);

impl<'f> Fields<'f> {
    fn value(&self, name: &str) -> Option<&'f Value> {
        self.0.get(name).filter(|value| !value.is_null() && value.as_str().is_none_or(|text| !text.trim().is_empty()))
    }

    fn text(&self, name: &'static str) -> Result<Option<&'f str>, RowError> {
        self.value(name).map(|value| value.as_str().ok_or(RowError::Type(name, "a text"))).transpose()
    }

    fn flag(&self, name: &'static str) -> Result<Option<bool>, RowError> {
        let flag = |value: &Value| match value {
            Value::Bool(flag) => Some(*flag),
            Value::String(text) => match text.trim().to_ascii_lowercase().as_str() {
                "true" | "t" | "yes" | "1" => Some(true),
                "false" | "f" | "no" | "0" => Some(false),
                _ => None,
            },
            Value::Number(number) => number.as_u64().filter(|number| *number <= 1).map(|number| number == 1),
            Value::Null | Value::Array(_) | Value::Object(_) => None,
        };
        self.value(name).map(|value| flag(value).ok_or(RowError::Type(name, "true or false"))).transpose()
    }

    /// A moment, to the millisecond: RFC 3339, a blank for its `T` as databases write it, UTC where it says no offset; or a number of seconds since
    /// 1970.
    fn time(&self, name: &'static str) -> Result<Option<Timestamp>, RowError> {
        let written = |text: &str| {
            let at = text.parse().ok().or_else(|| text.parse::<DateTime>().ok()?.to_zoned(jiff::tz::TimeZone::UTC).ok().map(|at| at.timestamp()));
            at.or_else(|| text.parse().ok().and_then(|seconds| Timestamp::from_second(seconds).ok()))
        };
        let time = |value: &Value| match value {
            Value::String(text) => written(text.trim()),
            Value::Number(number) => number.as_i64().and_then(|seconds| Timestamp::from_second(seconds).ok()),
            Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
        };
        let kept = |value| time(value).and_then(|at| Timestamp::from_millisecond(at.as_millisecond()).ok());
        self.value(name).map(|value| kept(value).ok_or(RowError::Type(name, "a moment (RFC 3339)"))).transpose()
    }

    fn parsed<T>(&self, name: &'static str, what: &'static str, parse: impl FnOnce(&str) -> Option<T>) -> Result<Option<T>, RowError> {
        self.text(name)?.map(|text| parse(text.trim()).ok_or(RowError::Type(name, what))).transpose()
    }

    fn checked<T>(&self, name: &'static str, parse: impl FnOnce(&str) -> Result<T, LineError>) -> Result<Option<T>, RowError> {
        self.text(name)?.map(|text| parse(text).map_err(|error| RowError::Line(name, error))).transpose()
    }

    fn line<const MAX: usize>(&self, name: &'static str) -> Result<Option<String>, RowError> {
        Ok(self.checked(name, Line::<MAX>::parse)?.map(|line| line.as_str().to_owned()))
    }
}
