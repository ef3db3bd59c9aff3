//! `POST /internal/register`: an account at once, for a trusted caller (contract `usapi.md`).

use axum::Json;
use axum::extract::{Request, State};
use daftar_core::account::Surface;
use daftar_core::audit::{Caller, Door};
use daftar_core::enrolment::Enrolment;
use serde::Serialize;

use super::caller::{Client, Repeats, Writes};
use super::error::UsapiError;
use super::wire;
use crate::App;
use crate::surface::caller::CallerAddress;
use crate::surface::properties::{Properties, json_bytes};

/// `{"status": true, "message": …}`.
#[derive(Serialize)]
pub(super) struct Done {
    status: bool,
    message: &'static str,
}

impl Done {
    pub(super) const fn saying(message: &'static str) -> Json<Self> {
        Json(Self { status: true, message })
    }
}

/// What both ways to an account say when it exists.
pub(super) const CREATED: &str = "Account has been created";

pub(super) async fn register(
    State(app): State<App>,
    Client(client): Client,
    repeats: Repeats,
    Writes(locale): Writes,
    CallerAddress(from): CallerAddress,
    request: Request,
) -> Result<Json<Done>, UsapiError> {
    let bytes = json_bytes(request).await?;
    let repeat = repeats.of(&app, &client, "usapi/internal/register", &bytes);
    if let Some(repeat) = &repeat
        && app.accounts().enrolled_before(repeat).await?
    {
        return Ok(Done::saying(CREATED));
    }
    let body = Properties::parse(&bytes)?;
    let policy = app.accounts().policy().passwords;
    let username = wire::username(&body)?;
    let password = wire::new_password(&body, &policy)?;
    let first_name = body.text("first_name")?.line()?;
    let last_name = body.text("last_name")?.line()?;
    let phone = body.text("phone_number")?.any_length();
    let email = wire::email(&body)?;
    let person = wire::Person { username, password, email, phone: Some(phone) }.check(&policy, UsapiError::PhoneFormat)?;
    let caller = Caller::client(client.clone(), Door::Usapi, from);
    let enrolment = Enrolment {
        surface: Surface::Usapi,
        client,
        username: person.username,
        password: person.password,
        first_name,
        last_name,
        phone: person.phone.ok_or(UsapiError::PhoneFormat)?,
        email: person.email,
        locale,
    };
    app.called(caller).enrol(enrolment, repeat).await?;
    Ok(Done::saying(CREATED))
}
