//! Setting passwords: the first one, and one in place of a forgotten one.

use daftar_core::audit::Act;
use daftar_core::ports::StoreError;
use daftar_core::recovery::{FoundRight, NewPassword, PasswordRight, PasswordSet};

use super::{accounts, audit, outbox, passwords, recoveries, sessions};
use crate::tx::Tx;

/// Sets a password, if the core finds that the right to do so still stands.
pub(crate) async fn set_password(tx: &mut Tx<'_>, new: &NewPassword) -> Result<PasswordSet, StoreError> {
    let Some(account) = accounts::hold(tx, new.account).await? else { return Ok(PasswordSet::Over) };
    // Found once the account is held: whoever ends a session or a recovery by force holds it, too.
    let right = match new.right {
        PasswordRight::First(session) => {
            let live = sessions::account_of(tx, session, new.now).await? == Some(account.id);
            if live { FoundRight::Session } else { FoundRight::Over }
        }
        PasswordRight::Recovery(id) => recoveries::load(tx, id, new.now).await?.map_or(FoundRight::Over, FoundRight::Recovery),
    };
    let verdict = new.judge(&account, &right);
    if verdict != PasswordSet::Done {
        return Ok(verdict);
    }
    if let FoundRight::Recovery(_) = right {
        sessions::end_all(tx, account.id, new.now).await?;
    }
    passwords::put(tx, account.id, &new.record).await?;
    if let Some(told) = &new.told {
        outbox::notify(tx, told, new.now).await?;
    }
    // After the notice, as where a contact is lost: what both take, they take in one order.
    recoveries::void_of(tx, account.id).await?;
    let act = if matches!(new.right, PasswordRight::First(_)) { Act::PasswordSet } else { Act::PasswordReplaced };
    audit::note(tx, act, Some(account.id), None).await?;
    Ok(PasswordSet::Done)
}
