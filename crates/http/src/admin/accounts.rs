//! `/admin/accounts`: whose account is this, and may it sign in?

use axum::Json;
use axum::http::Uri;
use daftar_core::account::{AccountId, AccountStatus};
use daftar_core::administration::ToldAccount;
use daftar_core::service::Accounts;
use serde::Serialize;

use super::caller::Administrator;
use super::error::AdminError;
use crate::surface::form::{contact, count, field};
use crate::surface::segment::Segment;

/// What is found.
#[derive(Serialize)]
pub(super) struct Found {
    accounts: Vec<ToldAccount>,
}

/// How many accounts a search finds unless the caller says otherwise, and at most.
pub(super) const USUAL: u32 = 20;
pub(super) const MOST: u32 = 100;

/// `GET /admin/accounts?whom=`: every account that an id or identifier may name; `?beginning=`: those that are known by something that begins so.
pub(super) async fn find(Administrator(accounts): Administrator, uri: Uri) -> Result<Json<Found>, AdminError> {
    let query = uri.query().unwrap_or_default().as_bytes();
    let text = |name| field(query, name).map(|text| contact(&text)).filter(|text| !text.is_empty());
    let limit = count(query, "limit", USUAL, MOST).ok_or(AdminError::Parameter("limit", "must be a number from 1 to 100"))?;
    let found = match (text("whom"), text("beginning")) {
        (Some(whom), None) => accounts.named(&whom).await?,
        (None, Some(beginning)) => accounts.search(&beginning, limit).await?,
        (Some(_), Some(_)) => return Err(AdminError::Parameter("beginning", "does not go with whom")),
        (None, None) => return Err(AdminError::Parameter("whom", NOBODY_NAMED)),
    };
    Ok(Json(Found { accounts: found.iter().map(ToldAccount::from).collect() }))
}

/// `GET /admin/accounts/{id}`.
pub(super) async fn show(Administrator(accounts): Administrator, Segment(id): Segment) -> Result<Json<ToldAccount>, AdminError> {
    let account = accounts.profile(id_of(&id)?).await?.ok_or(AdminError::NoAccount)?;
    Ok(Json(ToldAccount::from(&account)))
}

/// `POST /admin/accounts/{id}/disable`.
pub(super) async fn disable(Administrator(accounts): Administrator, Segment(id): Segment) -> Result<Json<ToldAccount>, AdminError> {
    put(&accounts, &id, AccountStatus::Disabled).await
}

/// `POST /admin/accounts/{id}/enable`.
pub(super) async fn enable(Administrator(accounts): Administrator, Segment(id): Segment) -> Result<Json<ToldAccount>, AdminError> {
    put(&accounts, &id, AccountStatus::Active).await
}

async fn put(accounts: &Accounts, id: &str, status: AccountStatus) -> Result<Json<ToldAccount>, AdminError> {
    let account = accounts.put_status(id_of(id)?, status).await?.ok_or(AdminError::NoAccount)?;
    Ok(Json(ToldAccount::from(&account)))
}

/// What is said to whoever names nobody.
pub(super) const NOBODY_NAMED: &str = "is required: an account's id, e-mail address, phone number or username; or say beginning";

/// What is no id names nobody.
pub(super) fn id_of(text: &str) -> Result<AccountId, AdminError> {
    text.parse().map(AccountId).map_err(|_| AdminError::NoAccount)
}
