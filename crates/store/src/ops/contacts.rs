//! Changing an account's e-mail address or phone number, and what that entails.

use daftar_core::account::{Account, Claim};
use daftar_core::audit::Act;
use daftar_core::message::{ContactKind, Sealer};
use daftar_core::ports::{Claimed, StoreError, Timestamp};

use super::{audit, claims, outbox};
use crate::tx::Tx;

/// Gives a held account the contact that it claims, in place of the one of its kind: that is free, what was sent to it is dead (row 13), and if it was
/// verified it is told (row 57).
pub(crate) async fn replace(tx: &mut Tx<'_>, account: &Account, claim: &Claim, sealer: &Sealer, now: Timestamp) -> Result<Claimed<()>, StoreError> {
    let kind = ContactKind::of(claim.id.kind());
    let old = kind.and_then(|kind| account.contact(kind)).map(|old| old.id);
    claims::lock(tx, old.iter().chain([&claim.id])).await?;
    if let Some(old) = &old {
        claims::release(tx, account.id, old).await?;
        if !old.is_same(&claim.id) {
            outbox::tell(tx, kind.and_then(|kind| account.contact_changed(kind)), sealer, now).await?;
        }
    }
    let claimed = claims::claim(tx, account.id, claim, Some(sealer), now).await?;
    if claimed == Claimed::Done(()) {
        audit::note(tx, Act::ContactChanged, Some(account.id), Some(claim.id.kind().name().to_owned())).await?;
    }
    Ok(claimed)
}
