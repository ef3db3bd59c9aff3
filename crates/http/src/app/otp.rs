//! `POST /app/auth/otp` and the five calls that show its code (contract `app-auth.md`, *One-time codes*).

use axum::extract::{Request, State};
use daftar_core::audit::{Caller, Door};
use daftar_core::challenge::{Addressee, CodeLabel, CodeWish, Sender};
use daftar_core::code::Code;
use daftar_core::identifier::LoginId;
use daftar_core::limit::ClientAddress;
use daftar_core::limit::look_ups::Asker;
use daftar_core::message::{Channel, ContactKind, Recipient};
use serde::Serialize;

use super::caller::{Person, Reads};
use super::envelope::{DONE, Done};
use super::error::AppError;
use super::login::Access;
use super::wire::{self, Nature, SendType};
use crate::App;
use crate::surface::caller::CallerAddress;
use crate::surface::properties::Properties;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Sent {
    otp_token: String,
}

pub(super) async fn send(
    State(app): State<App>,
    Reads(locale): Reads,
    CallerAddress(address): CallerAddress,
    request: Request,
) -> Result<Done<Sent>, AppError> {
    let headers = request.headers().clone();
    let body = Properties::read(request).await?;
    let number = body.integer("nature")?;
    let nature = Nature::of("nature", number)?;
    // Whoever is not signed in learns nothing from the checks that follow (threat row 33).
    let person = match nature {
        Nature::UpdateEmail | Nature::UpdatePhone => Some(Person::of(&headers, &app).await?),
        Nature::Login | Nature::Signup | Nature::ResetPassword => None,
    };
    let login_id = wire::login_id(&body)?;
    let send_type = body.optional_integer("sendType")?.map_or(Ok(SendType::Itself), |number| SendType::of("sendType", number))?;
    let wish = wish(nature, person, wire::identifier(&app, login_id)?, send_type)?;
    let label = CodeLabel { login_id: login_id.to_owned(), nature: u8::try_from(number).unwrap_or_default() };
    let sender = Sender { asker: Asker::Person(address), locale };
    Ok(Done(Sent { otp_token: app.accounts().send_code(&wish, label, sender).await? }))
}

/// Which identifier goes with which nature and `sendType`.
fn wish(nature: Nature, person: Option<Person>, id: LoginId, send_type: SendType) -> Result<CodeWish, AppError> {
    match (nature, person) {
        (Nature::Login, _) => Ok(CodeWish::SignIn(addressee(id, send_type)?)),
        (Nature::ResetPassword, _) => Ok(CodeWish::ResetPassword(addressee(id, send_type)?)),
        (Nature::Signup, _) => Ok(CodeWish::SignUp(contact(id, send_type)?)),
        (Nature::UpdateEmail, Some(Person(person))) => match contact(id, send_type)? {
            contact @ Recipient::Email(_) => Ok(CodeWish::ChangeContact(person.account, contact)),
            Recipient::Sms(_) => Err(AppError::OtherContact),
        },
        (Nature::UpdatePhone, Some(Person(person))) => match contact(id, send_type)? {
            contact @ Recipient::Sms(_) => Ok(CodeWish::ChangeContact(person.account, contact)),
            Recipient::Email(_) => Err(AppError::OtherContact),
        },
        (Nature::UpdateEmail | Nature::UpdatePhone, None) => Err(AppError::NotSignedIn),
    }
}

/// An e-mail address or phone number with `sendType` 0, a username with 1 or 2.
fn addressee(id: LoginId, send_type: SendType) -> Result<Addressee, AppError> {
    match (id, send_type) {
        (LoginId::Email(address), SendType::Itself) => Ok(Addressee::At(Recipient::Email(address))),
        (LoginId::Phone(number), SendType::Itself) => Ok(Addressee::At(Recipient::Sms(number))),
        (LoginId::Username(name), SendType::Email) => Ok(Addressee::Named(name, Channel::Email)),
        (LoginId::Username(name), SendType::Phone) => Ok(Addressee::Named(name, Channel::Sms)),
        (LoginId::Email(_) | LoginId::Phone(_), SendType::Email | SendType::Phone) | (LoginId::Username(_), SendType::Itself) => {
            Err(AppError::SendType)
        }
    }
}

/// An e-mail address or phone number with `sendType` 0.
fn contact(id: LoginId, send_type: SendType) -> Result<Recipient, AppError> {
    match (id, send_type) {
        (LoginId::Username(_), _) => Err(AppError::NoUsername),
        (LoginId::Email(address), SendType::Itself) => Ok(Recipient::Email(address)),
        (LoginId::Phone(number), SendType::Itself) => Ok(Recipient::Sms(number)),
        (LoginId::Email(_) | LoginId::Phone(_), SendType::Email | SendType::Phone) => Err(AppError::SendType),
    }
}

pub(super) async fn sign_in(State(app): State<App>, CallerAddress(address): CallerAddress, request: Request) -> Result<Done<Access>, AppError> {
    let (code, token) = shown(request).await?;
    Ok(Done(Access { access_token: app.called(Caller::owner(Door::App, address)).sign_in_by_code(&token, code, address).await? }))
}

pub(super) async fn sign_up(
    State(app): State<App>,
    Reads(locale): Reads,
    CallerAddress(address): CallerAddress,
    request: Request,
) -> Result<Done<Access>, AppError> {
    let (code, token) = shown(request).await?;
    Ok(Done(Access { access_token: app.called(Caller::owner(Door::App, address)).sign_up_by_code(&token, code, locale, address).await? }))
}

pub(super) async fn recover(State(app): State<App>, CallerAddress(address): CallerAddress, request: Request) -> Result<Done<Access>, AppError> {
    let (code, token) = shown(request).await?;
    Ok(Done(Access { access_token: app.called(Caller::owner(Door::App, address)).begin_recovery(&token, code, address).await? }))
}

pub(super) async fn update_email(
    State(app): State<App>,
    person: Person,
    CallerAddress(address): CallerAddress,
    request: Request,
) -> Result<Done<()>, AppError> {
    update(&app, person, ContactKind::Email, address, request).await
}

pub(super) async fn update_phone(
    State(app): State<App>,
    person: Person,
    CallerAddress(address): CallerAddress,
    request: Request,
) -> Result<Done<()>, AppError> {
    update(&app, person, ContactKind::Phone, address, request).await
}

async fn update(app: &App, Person(person): Person, kind: ContactKind, address: ClientAddress, request: Request) -> Result<Done<()>, AppError> {
    let (code, token) = shown(request).await?;
    app.called(Caller::owner(Door::App, address)).change_contact(person, kind, &token, code).await?;
    Ok(DONE)
}

/// The code, and the token that came with its sending.
async fn shown(request: Request) -> Result<(Code, String), AppError> {
    let body = Properties::read(request).await?;
    let code = wire::code(&body)?;
    Ok((code, body.text("otpToken")?.any_length().to_owned()))
}
