//! Recoveries as rows.

use daftar_core::account::AccountId;
use daftar_core::identifier::{IdentifierKind, LoginId};
use daftar_core::ports::{StoreError, Timestamp};
use daftar_core::recovery::{Recovery, RecoveryDraft, RecoveryId};

use crate::tx::Tx;

/// Keeps a recovery; older ones of the account are dead.
pub(crate) async fn insert(tx: &mut Tx<'_>, account: AccountId, contact: &LoginId, draft: &RecoveryDraft) -> Result<(), StoreError> {
    void_of(tx, account).await?;
    let sql = "INSERT INTO recoveries (id, account, contact_kind, contact, created_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6)";
    let values = [
        (&draft.id.0).into(),
        (&account.0).into(),
        contact.kind().name().into(),
        contact.shown().into(),
        draft.created_at.into(),
        draft.expires_at.into(),
    ];
    tx.post(sql, &values).await?;
    Ok(())
}

/// A recovery that is not over.
pub(crate) async fn load(tx: &mut Tx<'_>, id: RecoveryId, now: Timestamp) -> Result<Option<Recovery>, StoreError> {
    let sql = "SELECT id, account, contact_kind, contact FROM recoveries WHERE id = $1 AND expires_at > $2";
    tx.opt(sql, &[(&id.0).into(), now.into()], |row| {
        let row = row.of("recoveries");
        let kind = row.named("contact_kind", IdentifierKind::from_name)?;
        let contact = row.named("contact", |text| LoginId::from_stored(kind, text))?;
        Ok(Recovery { id: RecoveryId(row.id("id")?), account: AccountId(row.id("account")?), contact })
    })
    .await
}

/// Voids the recoveries of an account.
pub(crate) async fn void_of(tx: &mut Tx<'_>, account: AccountId) -> Result<(), StoreError> {
    tx.post("DELETE FROM recoveries WHERE account = $1", &[(&account.0).into()]).await?;
    Ok(())
}

/// Voids the recoveries of an account that a code to `contact` paid for.
pub(crate) async fn void_by(tx: &mut Tx<'_>, account: AccountId, contact: &LoginId) -> Result<(), StoreError> {
    let values = [(&account.0).into(), contact.kind().name().into()];
    tx.post("DELETE FROM recoveries WHERE account = $1 AND contact_kind = $2", &values).await?;
    Ok(())
}
