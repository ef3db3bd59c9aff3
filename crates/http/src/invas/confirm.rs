//! `POST /b2b/customer/register/confirm`: the host shows the customer's token and password, and the account is made.

use axum::Json;
use axum::extract::{Request, State};
use daftar_core::audit::{Caller, Door};
use daftar_core::code::Code;
use daftar_core::customer::{Confirmation, TypedToken};
use daftar_core::password::PreHashedPassword;
use daftar_core::token::rfc3339;
use serde::Serialize;

use super::caller::Host;
use super::error::InvasError;
use super::wire::phone_as_sent;
use crate::App;
use crate::surface::caller::CallerAddress;
use crate::surface::properties::Properties;

/// An account that was made.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Registered {
    id: String,
    username: String,
    registered: bool,
    registered_timestamp: String,
}

pub(super) async fn confirm(
    State(app): State<App>,
    Host(host): Host,
    CallerAddress(from): CallerAddress,
    request: Request,
) -> Result<Json<Registered>, InvasError> {
    let body = Properties::read(request).await?;
    let as_sent = body.text("username")?.any_length();
    let password = body.password("password")?;
    let token = body.optional_text("token")?;
    let username = phone_as_sent(&body, "username")?;
    let password = PreHashedPassword::parse(password).map_err(|_| InvasError::Format("password", NOT_PRE_HASHED))?;
    let token = token.map(|text| Code::parse_token(text).map_or(TypedToken::Odd, TypedToken::Token));
    let caller = Caller::client(host.id.clone(), Door::Invas, from);
    let (account, since) = app.called(caller).confirm_customer(Confirmation { host: host.id, username, password, token }).await?;
    Ok(Json(Registered { id: account.to_string(), username: as_sent.to_owned(), registered: true, registered_timestamp: rfc3339(since) }))
}

const NOT_PRE_HASHED: &str = "is not the MD5 of a password in 32 upper-case hexadecimal digits";
