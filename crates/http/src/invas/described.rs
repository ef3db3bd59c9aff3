//! What the documentation says of INVAS's calls (contract `invas.md`).

use axum::http::StatusCode;
use daftar_core::client::Scope;
use daftar_core::identifier::{EMAIL_MAX, IdentifierKind};
use daftar_core::person::{FullName, PlaceName};

use super::error::{BOUNDS, COUNTRY_NOT_SERVED, InvasError};
use super::register::{ID_MAX, PHONE_MAX};
use crate::openapi::operation::{Call, Described};
use crate::openapi::parameter::{language, repeat_key};
use crate::openapi::property::{Property, boolean, constant, day, integer, moment, text, uuid};
use crate::openapi::refusal::{Refusal, WAIT};
use crate::openapi::security::Caller;
use crate::surface::bounds::Bounds;
use crate::surface::problem::written_properties;

impl Refusal for InvasError {
    const TAG: &'static str = "INVAS";
    const BOUNDS: Bounds = BOUNDS;

    fn properties() -> Vec<Property> {
        written_properties()
    }
}

const TAKEN: [InvasError; 2] = [InvasError::Taken(IdentifierKind::Phone), InvasError::Taken(IdentifierKind::Email)];

fn by_host(call: Call<InvasError>) -> Call<InvasError> {
    call.by(Caller::Machine(Scope::B2b), InvasError::NoHost)
}

fn registration() -> [Property; 11] {
    [
        uuid("id"),
        text("username").like("081234567890").about("The phone number, as it was sent"),
        text("phone").like("081234567890"),
        constant("tokenType", "REGISTRATION"),
        text("tokenPrefix").like("UhY").about("Tells the customer which message belongs to which registration"),
        boolean("active").about("The token can be used"),
        integer("attempt").about("How many times a token was sent"),
        moment("requestTimestamp"),
        moment("expiryTimestamp"),
        integer("expiryMinutes").like(10).about("How many minutes the token is valid"),
        text("accountGroupId").like("group-7").about("As it was sent"),
    ]
}

fn phone_number(name: &'static str) -> Property {
    text(name).like("081234567890")
}

pub(super) fn register() -> Described {
    by_host(Call::post("registerCustomer", "Register a customer"))
        .detail("Sends a token by SMS and, where there is an e-mail address, a link. Whoever is registered again gets a new id and token; the old ones are dead.")
        .header(&repeat_key())
        .header(&language("messages to the customer"))
        .reads_json([
            phone_number("phone").at_most(PHONE_MAX).about("A mobile number of `countryId`, national or international"),
            text("name").at_most(FullName::MOST).like("Siti Rahma"),
            day("birthDate"),
            text("birthPlace").at_most(PlaceName::MOST).like("Jakarta"),
            text("email").at_most(EMAIL_MAX).like("siti@example.test").optional(),
            boolean("gender").like(false).about("`true` male, `false` female"),
            text("countryId").like("ID").about("ISO 3166-1 alpha-2"),
            text("sourceId").at_most(ID_MAX).or_empty().like("till-3").optional(),
            text("accountGroupId").at_most(ID_MAX).like("group-7"),
        ])
        .answers(StatusCode::OK, "It waits for the token", &registration())
        .refuses([InvasError::Format("phone", COUNTRY_NOT_SERVED), InvasError::RepeatKey, InvasError::RepeatedDifferently])
        .refuses(TAKEN)
        .refuses([InvasError::TooMany(WAIT)])
        .into()
}

pub(super) fn confirm() -> Described {
    let registered = [uuid("id"), phone_number("username"), boolean("registered"), moment("registeredTimestamp")];
    by_host(Call::post("confirmCustomer", "Make the customer's account"))
        .reads_json([
            phone_number("username").about("The phone of the registration"),
            text("password")
                .matching("^[0-9A-F]{32}$")
                .like("5F4DCC3B5AA765D61D8327DEB882CF99")
                .about("The MD5 of the password, in upper-case hexadecimal digits"),
            text("token").like("UhY1234").about("With its prefix. May be left out once the customer has used the link").optional(),
        ])
        .answers(StatusCode::OK, "The account is made", &registered)
        .refuses([InvasError::TokenRequired, InvasError::TokenInvalid(4), InvasError::TokenOver, InvasError::UnknownRegistration])
        .refuses(TAKEN)
        .into()
}

pub(super) fn verify_username() -> Described {
    let username = phone_number("username").about("A phone number; a national one is read in the host's country");
    by_host(Call::get("verifyUsername", "Is this phone number somebody's?"))
        .query(&username)
        .answers(StatusCode::OK, "Whether it is", &[phone_number("username").about("As asked"), boolean("exists")])
        .refuses([InvasError::Format("username", "is required"), InvasError::TooMany(WAIT)])
        .into()
}

pub(super) fn verify_email() -> Described {
    let email = || text("email").like("siti@example.test");
    let username = text("username").like("+6281234567890").about("The phone of an account that the same host registered").nullable();
    by_host(Call::get("verifyEmail", "Is this e-mail address somebody's?"))
        .query(&email())
        .answers(StatusCode::OK, "Whether it is", &[email().about("As asked"), username, boolean("exists")])
        .refuses([InvasError::Format("email", "is required"), InvasError::TooMany(WAIT)])
        .into()
}

pub(super) fn resend_token() -> Described {
    resend(Call::post("resendToken", "Send a new token")).into()
}

pub(super) fn resend_link() -> Described {
    resend(Call::post("resendLink", "Send a new link")).refuses([InvasError::NoEmail]).into()
}

fn resend(call: Call<InvasError>) -> Call<InvasError> {
    by_host(call)
        .detail("The one before is dead then.")
        .reads_json([phone_number("username"), phone_number("phone").about("The same number")])
        .answers(StatusCode::OK, "It was sent", &registration())
        .refuses([InvasError::PhonesDiffer, InvasError::UnknownRegistration, InvasError::TooMany(WAIT)])
        .refuses(TAKEN)
}
