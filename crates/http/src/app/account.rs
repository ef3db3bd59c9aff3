//! `POST /app/auth/account/check`, `POST /app/auth/username/info` and `GET /app/auth/info`: what is known of an account (contract `app-auth.md`).

use axum::extract::{Request, State};
use daftar_core::identifier::{IdentifierKind, LoginId, Username};
use daftar_core::limit::look_ups::Asker;
use daftar_core::message::{Channel, Recipient};
use serde::Serialize;

use super::caller::ReachableBy;
use super::envelope::Done;
use super::error::AppError;
use super::wire::{self, AccountType};
use crate::App;
use crate::surface::blur;
use crate::surface::caller::CallerAddress;
use crate::surface::properties::Properties;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Check {
    account_type: AccountType,
    exists: bool,
    set_password: bool,
}

#[derive(Serialize)]
pub(super) struct Contacts {
    email: Option<String>,
    phone: Option<String>,
}

/// An app asks which way to go on: with a password, with a code, or to sign-up, which usernames have none of.
pub(super) async fn check(State(app): State<App>, CallerAddress(address): CallerAddress, request: Request) -> Result<Done<Check>, AppError> {
    let body = Properties::read(request).await?;
    let id = wire::identifier(&app, wire::login_id(&body)?)?;
    let account = app.accounts().proven_account::<AppError>(&id, &Asker::Person(address)).await?;
    if account.is_none() && id.kind() == IdentifierKind::Username {
        return Err(AppError::UnknownUsername);
    }
    let set_password = account.as_ref().is_some_and(|account| account.has_password);
    Ok(Done(Check { account_type: id.kind().into(), exists: account.is_some(), set_password }))
}

pub(super) async fn username_info(
    State(app): State<App>,
    CallerAddress(address): CallerAddress,
    request: Request,
) -> Result<Done<Contacts>, AppError> {
    let body = Properties::read(request).await?;
    // What can be nobody's username is nobody's.
    let name = Username::parse(body.text("username")?.any_length()).map_err(|_| AppError::UnknownUsername)?;
    let account = app.accounts().proven_account::<AppError>(&LoginId::from(name), &Asker::Person(address)).await?.ok_or(AppError::UnknownUsername)?;
    let blurred = |channel| {
        account.proven_contact(channel).map(|contact| match contact {
            Recipient::Email(address) => blur::email(&address),
            Recipient::Sms(number) => blur::phone(&number),
        })
    };
    Ok(Done(Contacts { email: blurred(Channel::Email), phone: blurred(Channel::Sms) }))
}

pub(super) async fn info(State(app): State<App>, ReachableBy(person): ReachableBy) -> Done<Contacts> {
    let phone = person.phone.map(|phone| phone.shown_in(&app.accounts().policy().app.country));
    Done(Contacts { email: person.email.map(|email| email.as_str().to_owned()), phone })
}
