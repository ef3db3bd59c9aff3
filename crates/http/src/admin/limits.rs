//! `/admin/limits`: who has used up what? The limits of which something is used, those that take longest to be free again first: of one kind (`limit`), of those
//! that have no room (`spent`). Contacts are masked. And
//! starting one anew.

use std::net::IpAddr;

use axum::Json;
use axum::extract::Request;
use axum::http::Uri;
use daftar_core::limit::reset::Whose;
use daftar_core::limit::told::{Told, Wanted};
use daftar_core::limit::{ClientAddress, LimitKind};
use serde::Serialize;

use super::caller::Administrator;
use super::error::AdminError;
use crate::surface::form::{count, given};
use crate::surface::properties::{Properties, one_of};

/// How many limits one answer has unless the caller says otherwise, and at most.
pub(super) const USUAL: u32 = 100;
pub(super) const MOST: u32 = 1000;

/// What is answered.
#[derive(Serialize)]
pub(super) struct Used {
    limits: Vec<Told>,
}

pub(super) async fn list(Administrator(accounts): Administrator, uri: Uri) -> Result<Json<Used>, AdminError> {
    let wanted = read(uri.query().unwrap_or_default().as_bytes())?;
    Ok(Json(Used { limits: accounts.limits(&wanted).await? }))
}

/// How many limits were started anew.
#[derive(Serialize)]
pub(super) struct Reset {
    reset: u64,
}

/// `POST /admin/limits/reset`: forgets what somebody has used; with `"all": true`, what everybody has.
pub(super) async fn reset(Administrator(accounts): Administrator, request: Request) -> Result<Json<Reset>, AdminError> {
    let body = Properties::read(request).await?;
    let name = body.text("limit")?.any_length();
    let all = body.optional_boolean("all")?.unwrap_or(false);
    let of = body.optional_text("of")?.map(str::trim).filter(|of| !of.is_empty());
    let from = body.optional_text("from")?;
    let kind = one_of("limit", name, LimitKind::ALL.iter().map(|kind| (kind.name(), *kind)))?;
    let from = from.map(str::parse::<IpAddr>).transpose().map_err(|_| AdminError::Parameter("from", "must be an IP address"))?;
    if from.is_some() && kind != LimitKind::PasswordAccountAddress {
        return Err(AdminError::Parameter("from", "goes with password.account_address alone"));
    }
    let whose = match (all, of) {
        (true, None) => None,
        (true, Some(_)) => return Err(AdminError::Parameter("all", "does not go with of")),
        (false, Some(of)) => Some(of),
        (false, None) if kind.is_of_everybody() => Some("all"),
        (false, None) => return Err(AdminError::Parameter("of", "is required, unless all is true")),
    };
    let whose = whose.map(|of| Whose { of: of.to_owned(), from: from.map(ClientAddress::from) });
    Ok(Json(Reset { reset: accounts.reset_limits(kind, whose.as_ref()).await? }))
}

/// What the query asks for; an empty parameter is one that is not there.
fn read(query: &[u8]) -> Result<Wanted, AdminError> {
    let kind = match given(query, "limit") {
        Some(name) => {
            Some(LimitKind::from_name(&name).ok_or(AdminError::Parameter("limit", "must be the name of a limit, such as send.destination"))?)
        }
        None => None,
    };
    let spent = match given(query, "spent").as_deref() {
        Some("true") => true,
        Some("false") | None => false,
        Some(_) => return Err(AdminError::Parameter("spent", "must be true or false")),
    };
    let most = count(query, "max", USUAL, MOST).ok_or(AdminError::Parameter("max", "must be a number from 1 to 1000"))?;
    Ok(Wanted { kind, spent, most })
}
