//! `POST /b2b/customer/register`: a host says who a customer is, and the customer is sent a token and perhaps a link.

use axum::Json;
use axum::extract::{Request, State};
use daftar_core::customer::{Application, Customer};
use daftar_core::identifier::{Country, EmailAddress, PhoneNumber};
use daftar_core::person::{BirthDate, Gender};
use daftar_core::ports::Timestamp;

use super::answer::Registration;
use super::caller::{Host, Repeats, Writes};
use super::error::InvasError;
use super::wire::NO_EMAIL;
use crate::App;
use crate::surface::properties::{Properties, json_bytes};

/// Longest `sourceId` and `accountGroupId`, in characters.
pub(super) const ID_MAX: usize = 64;
/// Longest way of writing a phone number, in characters: with all its separators.
pub(super) const PHONE_MAX: usize = 64;

pub(super) async fn register(
    State(app): State<App>,
    Host(host): Host,
    repeats: Repeats,
    Writes(locale): Writes,
    request: Request,
) -> Result<Json<Registration>, InvasError> {
    let bytes = json_bytes(request).await?;
    let repeat = repeats.of(&app, &host, "b2b/customer/register", &bytes);
    if let Some(repeat) = &repeat
        && let Some(pending) = app.accounts().customer_registered_before(repeat).await?
    {
        return Ok(Json(pending.into()));
    }
    let customer = customer(&Properties::parse(&bytes)?, app.accounts().now())?;
    let pending = app.accounts().register_customer(Application { host: host.id, customer, locale }, repeat).await?;
    Ok(Json(pending.into()))
}

/// Reads the customer: first every property as such, in the order of the contract's table, then what it must mean.
fn customer(body: &Properties, now: Timestamp) -> Result<Customer, InvasError> {
    let phone_as_sent = body.text("phone")?.at_most(PHONE_MAX)?;
    let name = body.text("name")?.line()?;
    let birth_date = body.text("birthDate")?.any_length();
    let birth_place = body.text("birthPlace")?.line()?;
    let email = body.optional_text("email")?;
    let gender = if body.boolean("gender")? { Gender::Male } else { Gender::Female };
    let country = body.text("countryId")?.any_length();
    let source = body.optional_text_at_most("sourceId", ID_MAX)?;
    let group = body.text("accountGroupId")?.at_most(ID_MAX)?;
    // The phone is read in the country.
    let country = Country::parse(country).ok_or(InvasError::Format("countryId", "is not a country of ISO 3166-1 in two capital letters"))?;
    let phone = PhoneNumber::parse_mobile(phone_as_sent, &country).map_err(|_| InvasError::Format("phone", NO_PHONE_THERE))?;
    let birth_date = BirthDate::parse(birth_date, now).map_err(|_| InvasError::Format("birthDate", NO_BIRTH_DATE))?;
    let email = email.map(EmailAddress::parse).transpose().map_err(|_| InvasError::Format("email", NO_EMAIL))?;
    Ok(Customer {
        phone,
        phone_as_sent: phone_as_sent.to_owned(),
        name,
        birth_date,
        birth_place,
        email,
        gender,
        country,
        source: source.map(str::to_owned),
        group: group.to_owned(),
    })
}

const NO_PHONE_THERE: &str = "is not the number of a mobile phone in the country of countryId";
const NO_BIRTH_DATE: &str = "is not a day in the past, since 1900, written YYYY-MM-DD";
