//! Sessions of people: where is an account signed in, and ending that.

use axum::Json;
use daftar_core::administration::ToldSession;
use daftar_core::session::SessionId;
use serde::Serialize;

use super::accounts::id_of;
use super::caller::Administrator;
use super::error::AdminError;
use crate::surface::segment::Segment;

/// How many sessions are told, the newest.
const MOST: u32 = 100;

/// Sessions that live.
#[derive(Serialize)]
pub(super) struct Live {
    sessions: Vec<ToldSession>,
}

/// How many have ended.
#[derive(Serialize)]
pub(super) struct Ended {
    ended: u64,
}

/// `GET /admin/accounts/{id}/sessions`.
pub(super) async fn list(Administrator(accounts): Administrator, Segment(id): Segment) -> Result<Json<Live>, AdminError> {
    let account = accounts.profile(id_of(&id)?).await?.ok_or(AdminError::NoAccount)?;
    let sessions = accounts.sessions(account.id, MOST).await?;
    Ok(Json(Live { sessions: sessions.iter().map(ToldSession::from).collect() }))
}

/// `DELETE /admin/accounts/{id}/sessions`: ends all of them.
pub(super) async fn end_all(Administrator(accounts): Administrator, Segment(id): Segment) -> Result<Json<Ended>, AdminError> {
    let account = accounts.profile(id_of(&id)?).await?.ok_or(AdminError::NoAccount)?;
    Ok(Json(Ended { ended: accounts.end_sessions(account.id).await? }))
}

/// `DELETE /admin/sessions/{id}`: ends one.
pub(super) async fn end(Administrator(accounts): Administrator, Segment(id): Segment) -> Result<Json<Ended>, AdminError> {
    let session = id.parse().map(SessionId).map_err(|_| AdminError::NoSession)?;
    if accounts.sign_out(session).await? { Ok(Json(Ended { ended: 1 })) } else { Err(AdminError::NoSession) }
}
