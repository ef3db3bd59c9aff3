//! Changing the basic profile.

use daftar_core::account::{Account, Claim, Standing};
use daftar_core::audit::Act;
use daftar_core::person::{Gender, PictureId};
use daftar_core::ports::{Claimed, StoreError};
use daftar_core::profile::{ProfileUpdate, ProfileUpdated};

use super::{accounts, audit, contacts};
use crate::tx::Tx;

/// Changes the basic profile, all of it or nothing.
pub(crate) async fn update(tx: &mut Tx<'_>, update: &ProfileUpdate) -> Result<Claimed<ProfileUpdated>, StoreError> {
    let Some(account) = accounts::hold(tx, update.account).await? else {
        return Ok(Claimed::Done(ProfileUpdated { found: false, replaced_picture: None }));
    };
    if let Claimed::Taken(kind) = change_phone(tx, &account, update).await? {
        tx.keep_nothing();
        return Ok(Claimed::Taken(kind));
    }
    let birth_date = update.birth_date.to_string();
    let values = [
        (&account.id.0).into(),
        birth_date.as_str().into(),
        Gender::name(update.gender).into(),
        update.picture.as_ref().map(PictureId::as_str).into(),
    ];
    tx.post("UPDATE accounts SET birth_date = $2, gender = $3, picture = coalesce($4, picture) WHERE id = $1", &values).await?;
    audit::note(tx, Act::ProfileChanged, Some(account.id), None).await?;
    let replaced_picture = account.profile.picture.filter(|_| update.picture.is_some());
    Ok(Claimed::Done(ProfileUpdated { found: true, replaced_picture }))
}

/// The same number keeps its standing; a new one starts unverified.
async fn change_phone(tx: &mut Tx<'_>, account: &Account, update: &ProfileUpdate) -> Result<Claimed<()>, StoreError> {
    if account.phone.as_ref().is_some_and(|old| old.id == update.phone) {
        return Ok(Claimed::Done(()));
    }
    contacts::replace(tx, account, &Claim::new(update.phone.clone(), Standing::Said), &update.sealer, update.now).await
}
