//! `GET /admin/limits`: who has used up what? The limits of which something is used, those that take longest to be free again first: of one kind (`limit`), of those
//! that have no room (`spent`). Contacts are masked.

use axum::Json;
use axum::extract::State;
use axum::http::Uri;
use daftar_core::limit::LimitKind;
use daftar_core::limit::told::{Told, Wanted};
use serde::Serialize;

use super::caller::Administrator;
use super::error::AdminError;
use crate::App;
use crate::surface::form::{count, given};

/// How many limits one answer has unless the caller says otherwise, and at most.
pub(super) const USUAL: u32 = 100;
pub(super) const MOST: u32 = 1000;

/// What is answered.
#[derive(Serialize)]
pub(super) struct Used {
    limits: Vec<Told>,
}

pub(super) async fn list(State(app): State<App>, Administrator: Administrator, uri: Uri) -> Result<Json<Used>, AdminError> {
    let wanted = read(uri.query().unwrap_or_default().as_bytes())?;
    Ok(Json(Used { limits: app.accounts().limits(&wanted).await? }))
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
