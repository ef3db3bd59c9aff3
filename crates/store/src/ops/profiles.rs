//! Changing the basic profile, and what a changed phone number entails.

use daftar_core::account::{Account, Claim, Gender, PictureId, Standing};
use daftar_core::identifier::LoginId;
use daftar_core::ports::{Claimed, StoreError};
use daftar_core::profile::{ProfileUpdate, ProfileUpdated};

use super::{accounts, claims, outbox};
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
    tx.exec("UPDATE accounts SET birth_date = $2, gender = $3, picture = coalesce($4, picture) WHERE id = $1", &values).await?;
    let replaced_picture = account.profile.picture.filter(|_| update.picture.is_some());
    Ok(Claimed::Done(ProfileUpdated { found: true, replaced_picture }))
}

/// The same number keeps its standing; a new one starts unverified, and a verified old one is told (row 57).
async fn change_phone(tx: &mut Tx<'_>, account: &Account, update: &ProfileUpdate) -> Result<Claimed<()>, StoreError> {
    let claim = Claim::new(update.phone.clone(), Standing::Said);
    if let Some(old) = &account.phone {
        if old.id == update.phone {
            return Ok(Claimed::Done(()));
        }
        let old = LoginId::from(old.id.clone());
        claims::lock(tx, [&old, &claim.id].into_iter()).await?;
        claims::release(tx, account.id, &old).await?;
        outbox::tell(tx, account.phone_changed(), &update.sealer, update.now).await?;
    } else {
        claims::lock(tx, std::iter::once(&claim.id)).await?;
    }
    claims::claim(tx, account.id, &claim, Some(&update.sealer), update.now).await
}
