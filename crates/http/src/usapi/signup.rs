//! `POST /signup` and what finishes it by code: registering with a proof (contract `usapi.md`).

use axum::Json;
use axum::extract::{Request, State};
use daftar_core::account::Surface;
use daftar_core::audit::{Caller, Door};
use daftar_core::code::Code;
use daftar_core::registration::{Finished, Mode, Proves, SignUp, Started};
use serde::Serialize;

use super::caller::{Client, Repeats, Writes};
use super::error::UsapiError;
use super::register::{CREATED, Done};
use super::wire;
use crate::App;
use crate::surface::caller::CallerAddress;
use crate::surface::properties::{Properties, json_bytes, one_of};

/// What a started registration answers.
#[derive(Serialize)]
pub(super) struct Pending {
    status: bool,
    message: &'static str,
    token: String,
    /// When the registration ends, in seconds since 1970.
    exp: i64,
    /// How many seconds the code is valid.
    exp_otp: u64,
}

impl From<Started> for Pending {
    fn from(started: Started) -> Self {
        let message =
            if started.by_mail { "Please check your email to complete registration" } else { "Please check your SMS to complete registration" };
        Self { status: true, message, token: started.token, exp: started.expires_at, exp_otp: started.code_seconds }
    }
}

pub(super) async fn start(
    State(app): State<App>,
    Client(client): Client,
    repeats: Repeats,
    Writes(locale): Writes,
    request: Request,
) -> Result<Json<Pending>, UsapiError> {
    let bytes = json_bytes(request).await?;
    let repeat = repeats.of(&app, &client, "usapi/signup", &bytes);
    if let Some(repeat) = &repeat
        && let Some(started) = app.accounts().started_before(repeat).await?
    {
        return Ok(Json(started.into()));
    }
    let body = Properties::parse(&bytes)?;
    let policy = app.accounts().policy();
    let username = wire::username(&body)?;
    let password = wire::new_password(&body, &policy.passwords)?;
    let email = wire::email(&body)?;
    let first_name = body.text("first_name")?.line()?;
    let last_name = body.text("last_name")?.line()?;
    let mode = body.optional_text("mode")?.unwrap_or(Mode::Link.name());
    let phone = match Mode::from_name(mode) {
        Some(Mode::Otp) => Some(body.text("phone_number")?.any_length()),
        Some(Mode::Link) | None => body.optional_text("phone_number")?,
    };
    let platform = body.optional_text("platform")?;
    let mode = one_of("mode", mode, Mode::ALL.iter().map(|mode| (mode.name(), *mode)))?;
    let platforms = policy.brands.platforms.iter().map(|(name, _)| (name.as_str(), name.clone()));
    let platform = platform.map(|name| one_of("platform", name, platforms)).transpose()?;
    let person = wire::Person { username, password, email, phone }.check(&policy.passwords, UsapiError::SignupPhoneFormat)?;
    let proves = match (mode, person.phone) {
        (Mode::Otp, Some(phone)) => Proves::Phone(phone),
        (Mode::Otp, None) => return Err(UsapiError::SignupPhoneFormat),
        (Mode::Link, phone) => Proves::Email { phone },
    };
    let sign_up = SignUp {
        surface: Surface::Usapi,
        client,
        username: person.username,
        password: person.password,
        email: person.email,
        proves,
        first_name,
        last_name,
        platform,
        locale,
    };
    let started = app.accounts().start_registration(sign_up, repeat).await?;
    Ok(Json(started.into()))
}

pub(super) async fn verify(
    State(app): State<App>,
    Client(client): Client,
    CallerAddress(from): CallerAddress,
    request: Request,
) -> Result<Json<Done>, UsapiError> {
    let body = Properties::read(request).await?;
    let token = body.text("token")?.any_length();
    let code = Code::parse(body.text("otp")?.any_length()).map_err(|_| UsapiError::InvalidCode)?;
    match app.called(Caller::client(client.clone(), Door::Usapi, from)).finish_by_code(token, Surface::Usapi, &client, code).await? {
        Finished::Created(_) => Ok(Done::saying(CREATED)),
        Finished::Refused => Err(UsapiError::InvalidCode),
        Finished::Expired => Err(UsapiError::CodeExpired),
        Finished::Complete => Err(UsapiError::AlreadyComplete),
        Finished::Taken(kind) => Err(UsapiError::Taken(kind)),
    }
}

pub(super) async fn resend(State(app): State<App>, Client(client): Client, request: Request) -> Result<Json<Pending>, UsapiError> {
    let body = Properties::read(request).await?;
    let token = body.text("token")?.any_length();
    Ok(Json(app.accounts().resend_registration(token, Surface::Usapi, &client).await?.into()))
}
