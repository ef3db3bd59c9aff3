//! `/admin/audit`: who did what to which account, and from where? The newest entries, or those after one, by account and act.

use axum::Json;
use axum::http::Uri;
use daftar_core::account::AccountId;
use daftar_core::audit::{Act, Filter, Told};
use serde::Serialize;

use super::caller::Administrator;
use super::error::AdminError;
use crate::surface::form::{count, given};

/// How many entries one answer has unless the caller says otherwise, and at most.
pub(super) const USUAL: u32 = 100;
pub(super) const MOST: u32 = 1000;

/// One page of entries.
#[derive(Serialize)]
pub(super) struct Page {
    entries: Vec<Told>,
    /// What to give as `before` to get the next page, if there may be one; or as `after`, where that was given.
    next: Option<String>,
}

/// `GET /admin/audit`.
pub(super) async fn list(Administrator(accounts): Administrator, uri: Uri) -> Result<Json<Page>, AdminError> {
    let query = uri.query().unwrap_or_default().as_bytes();
    let filter = read(query)?;
    let limit = count(query, "limit", USUAL, MOST).ok_or(AdminError::Parameter("limit", "must be a number from 1 to 1000"))?;
    let entries = accounts.audit(&filter, limit).await?;
    // What comes after the last one may be written at any time.
    let may_go_on = filter.after.is_some() || entries.len() == limit as usize;
    let known = || filter.after.map(|after| after.to_string());
    let next = entries.last().filter(|_| may_go_on).map(|last| last.id.clone()).or_else(known);
    Ok(Json(Page { entries, next }))
}

/// What the query asks for; an empty parameter is one that is not there.
fn read(query: &[u8]) -> Result<Filter, AdminError> {
    let named =
        |name: &'static str, why: &'static str| given(query, name).map(|text| text.parse().map_err(|_| AdminError::Parameter(name, why))).transpose();
    let act = given(query, "act").map(|name| Act::from_name(&name).ok_or(AdminError::Parameter("act", NO_ACT))).transpose()?;
    Ok(Filter {
        account: named("account", "must be the id of an account, which may be erased since")?.map(AccountId),
        act,
        before: named("before", "must be the id of an entry")?,
        after: named("after", "must be the id of an entry")?,
    })
}

/// What is said to whoever asks for an act that there is not.
pub(super) const NO_ACT: &str = "must be the name of an act, such as account.disabled";
