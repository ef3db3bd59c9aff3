//! Sessions: opening them after a right password, and whether they still live.

use daftar_core::account::{AccountId, AccountStatus};
use daftar_core::ports::{StoreError, Timestamp};
use daftar_core::session::SessionId;
use daftar_core::sign_in::{OpenSession, Opened};

use super::{accounts, limits};
use crate::tx::Tx;

/// The account whose session this is, if it is neither over nor ended and the account is active.
pub(crate) async fn account_of(tx: &mut Tx<'_>, id: SessionId, now: Timestamp) -> Result<Option<AccountId>, StoreError> {
    let sql = "SELECT s.id, s.account FROM sessions s JOIN accounts a ON a.id = s.account \
               WHERE s.id = $1 AND s.expires_at > $2 AND s.ended_at IS NULL AND a.status = 'active'";
    tx.opt(sql, &[(&id.0).into(), now.into()], |row| Ok(AccountId(row.of("sessions").id("account")?))).await
}

/// Opens a session, unless the account or its password has changed since they were read; gives back the charges of whoever knew the password.
pub(crate) async fn open(tx: &mut Tx<'_>, open: &OpenSession) -> Result<Opened, StoreError> {
    let session = &open.session;
    let sql = format!("SELECT id, status FROM accounts WHERE id = $1 {}", tx.for_update());
    let status = tx.opt(&sql, &[(&session.account.0).into()], |row| row.of("accounts").named("status", AccountStatus::from_name)).await?;
    let Some(status) = status else { return Ok(Opened::Stale) };
    let sql = "SELECT account, scheme, phc FROM passwords WHERE account = $1";
    let kept = tx.opt(sql, &[(&session.account.0).into()], |row| accounts::password(row.of("passwords"))).await?.flatten();
    if kept.as_ref() != Some(&open.password) {
        return Ok(Opened::Stale);
    }
    limits::refund(tx, &open.refund, session.created_at).await?;
    if status == AccountStatus::Disabled {
        return Ok(Opened::Disabled);
    }
    if let Some(rehashed) = &open.rehashed {
        accounts::put_password(tx, session.account, rehashed).await?;
    }
    let values =
        [(&session.id.0).into(), (&session.account.0).into(), session.surface.name().into(), session.created_at.into(), session.expires_at.into()];
    tx.exec("INSERT INTO sessions (id, account, surface, created_at, expires_at) VALUES ($1, $2, $3, $4, $5)", &values).await?;
    Ok(Opened::Open)
}
