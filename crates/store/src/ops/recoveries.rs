//! Recoveries, and setting passwords: the first one, and one in place of a forgotten one.

use daftar_core::account::AccountId;
use daftar_core::identifier::{IdentifierKind, LoginId};
use daftar_core::ports::{StoreError, Timestamp};
use daftar_core::recovery::{FoundRight, NewPassword, PasswordRight, PasswordSet, Recovery, RecoveryDraft, RecoveryId};

use super::{accounts, claims, outbox, sessions};
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
    tx.exec(sql, &values).await?;
    Ok(())
}

/// A recovery that is not over.
pub(crate) async fn load(tx: &mut Tx<'_>, id: RecoveryId, now: Timestamp) -> Result<Option<Recovery>, StoreError> {
    let sql = "SELECT id, account, contact_kind, contact FROM recoveries WHERE id = $1 AND expires_at > $2";
    tx.opt(sql, &[(&id.0).into(), now.into()], |row| {
        let row = row.of("recoveries");
        let kind = row.named("contact_kind", IdentifierKind::from_name)?;
        let contact = row.named("contact", |text| claims::id_of(kind, text))?;
        Ok(Recovery { id: RecoveryId(row.id("id")?), account: AccountId(row.id("account")?), contact })
    })
    .await
}

/// Voids the recoveries of an account.
pub(crate) async fn void_of(tx: &mut Tx<'_>, account: AccountId) -> Result<(), StoreError> {
    tx.exec("DELETE FROM recoveries WHERE account = $1", &[(&account.0).into()]).await?;
    Ok(())
}

/// Voids the recoveries of an account that a code to `contact` paid for.
pub(crate) async fn void_by(tx: &mut Tx<'_>, account: AccountId, contact: &LoginId) -> Result<(), StoreError> {
    let values = [(&account.0).into(), contact.kind().name().into()];
    tx.exec("DELETE FROM recoveries WHERE account = $1 AND contact_kind = $2", &values).await?;
    Ok(())
}

/// Sets a password, if the core finds that the right to do so still stands.
pub(crate) async fn set_password(tx: &mut Tx<'_>, new: &NewPassword) -> Result<PasswordSet, StoreError> {
    let Some(account) = accounts::hold(tx, new.account).await? else { return Ok(PasswordSet::Over) };
    // Found once the account is held: whoever ends a session or a recovery by force holds it, too.
    let right = match new.right {
        PasswordRight::First(session) => {
            let live = sessions::account_of(tx, session, new.now).await? == Some(account.id);
            if live { FoundRight::Session } else { FoundRight::Over }
        }
        PasswordRight::Recovery(id) => load(tx, id, new.now).await?.map_or(FoundRight::Over, FoundRight::Recovery),
    };
    let verdict = new.judge(&account, &right);
    if verdict != PasswordSet::Done {
        return Ok(verdict);
    }
    if let FoundRight::Recovery(_) = right {
        sessions::end_all(tx, account.id, new.now).await?;
    }
    accounts::put_password(tx, account.id, &new.record).await?;
    void_of(tx, account.id).await?;
    if let Some(told) = &new.told {
        outbox::queue(tx, told).await?;
    }
    Ok(PasswordSet::Done)
}
