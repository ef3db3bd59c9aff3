//! `/admin/accounts`: whose account is this, and may it sign in?

use axum::Json;
use axum::extract::State;
use axum::http::Uri;
use daftar_core::account::{AccountId, AccountStatus};
use daftar_core::administration::ToldAccount;
use serde::Serialize;

use super::caller::Administrator;
use super::error::AdminError;
use crate::App;
use crate::surface::form::{contact, field};
use crate::surface::segment::Segment;

/// What is found.
#[derive(Serialize)]
pub(super) struct Found {
    accounts: Vec<ToldAccount>,
}

/// `GET /admin/accounts?whom=`: every account that an id or identifier may name.
pub(super) async fn find(State(app): State<App>, Administrator: Administrator, uri: Uri) -> Result<Json<Found>, AdminError> {
    let whom = contact(&field(uri.query().unwrap_or_default().as_bytes(), "whom").unwrap_or_default());
    if whom.is_empty() {
        return Err(AdminError::Parameter("whom", "is required: an account's id, e-mail address, phone number or username"));
    }
    let accounts = app.accounts().named(&whom).await?;
    Ok(Json(Found { accounts: accounts.iter().map(ToldAccount::from).collect() }))
}

/// `GET /admin/accounts/{id}`.
pub(super) async fn show(State(app): State<App>, Administrator: Administrator, Segment(id): Segment) -> Result<Json<ToldAccount>, AdminError> {
    let account = app.accounts().profile(id_of(&id)?).await?.ok_or(AdminError::NoAccount)?;
    Ok(Json(ToldAccount::from(&account)))
}

/// `POST /admin/accounts/{id}/disable`.
pub(super) async fn disable(State(app): State<App>, Administrator: Administrator, Segment(id): Segment) -> Result<Json<ToldAccount>, AdminError> {
    put(&app, &id, AccountStatus::Disabled).await
}

/// `POST /admin/accounts/{id}/enable`.
pub(super) async fn enable(State(app): State<App>, Administrator: Administrator, Segment(id): Segment) -> Result<Json<ToldAccount>, AdminError> {
    put(&app, &id, AccountStatus::Active).await
}

async fn put(app: &App, id: &str, status: AccountStatus) -> Result<Json<ToldAccount>, AdminError> {
    let account = app.accounts().put_status(id_of(id)?, status).await?.ok_or(AdminError::NoAccount)?;
    Ok(Json(ToldAccount::from(&account)))
}

/// What is no id names nobody.
fn id_of(text: &str) -> Result<AccountId, AdminError> {
    text.parse().map(AccountId).map_err(|_| AdminError::NoAccount)
}
