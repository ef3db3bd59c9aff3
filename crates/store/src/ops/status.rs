//! Enabling and disabling accounts, and what that ends.

use daftar_core::account::{AccountId, AccountStatus};
use daftar_core::audit::Act;
use daftar_core::ports::{StoreError, Timestamp};

use super::{audit, recoveries, sessions};
use crate::tx::Tx;

/// Enables or disables an account. Disabling ends its sessions (row 12) and forgets from where they were; enabling revives nothing: what was begun before, a
/// recovery included, is over. Whether there is such an account.
pub(crate) async fn set_status(tx: &mut Tx<'_>, id: AccountId, status: AccountStatus, now: Timestamp) -> Result<bool, StoreError> {
    let sql = format!("SELECT id, status FROM accounts WHERE id = $1 {}", tx.for_update());
    let before = tx.opt(&sql, &[(&id.0).into()], |row| row.of("accounts").named("status", AccountStatus::from_name)).await?;
    let Some(before) = before else { return Ok(false) };
    tx.post("UPDATE accounts SET status = $2 WHERE id = $1", &[(&id.0).into(), status.name().into()]).await?;
    match status {
        AccountStatus::Disabled => {
            sessions::end_all(tx, id, now).await?;
            sessions::know_none(tx, id).await?;
        }
        AccountStatus::Active => recoveries::void_of(tx, id).await?,
    }
    // What it was already is no deed.
    if before != status {
        let act = if status == AccountStatus::Active { Act::AccountEnabled } else { Act::AccountDisabled };
        audit::note(tx, act, Some(id), None).await?;
    }
    Ok(true)
}
