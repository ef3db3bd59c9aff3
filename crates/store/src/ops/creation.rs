//! Making accounts: at once, or as what a proof pays for.

use daftar_core::account::{AccountId, AccountStatus, Claim, NewAccount};
use daftar_core::client::ClientId;
use daftar_core::identifier::{Country, IdentifierKind};
use daftar_core::message::Sealer;
use daftar_core::person::{FullName, Gender, PersonName, PictureId, PlaceName};
use daftar_core::ports::{Claimed, Once, StoreError, Timestamp};
use daftar_core::repeat::Repeated;

use super::{claims, passwords, repeats};
use crate::tx::Tx;

/// Makes an account at once.
pub(crate) async fn create(tx: &mut Tx<'_>, account: &NewAccount, once: Option<&Once>) -> Result<Repeated<Claimed<()>>, StoreError> {
    if let Some(again) = repeats::again(tx, once, account.created_at).await? {
        return Ok(again);
    }
    let claimed = insert(tx, account, None).await?;
    if claimed == Claimed::Done(()) {
        repeats::remember(tx, once, account.created_at).await?;
    }
    Ok(Repeated::First(claimed))
}

/// Writes an account with all that it claims, or nothing. `sealer` is for telling those from whom a proven claim takes something.
pub(crate) async fn insert(tx: &mut Tx<'_>, account: &NewAccount, sealer: Option<&Sealer>) -> Result<Claimed<()>, StoreError> {
    let (profile, origin) = (&account.profile, &account.origin);
    let birth_date = profile.birth_date.as_ref().map(ToString::to_string);
    let sql = "INSERT INTO accounts (id, status, first_name, last_name, full_name, birth_date, birth_place, gender, country, picture, surface, client, \
               platform, source, account_group, locale, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)";
    let values = [
        (&account.id.0).into(),
        AccountStatus::Active.name().into(),
        profile.first_name.as_ref().map(PersonName::as_str).into(),
        profile.last_name.as_ref().map(PersonName::as_str).into(),
        profile.full_name.as_ref().map(FullName::as_str).into(),
        birth_date.as_deref().into(),
        profile.birth_place.as_ref().map(PlaceName::as_str).into(),
        profile.gender.map(Gender::name).into(),
        profile.country.as_ref().map(Country::as_str).into(),
        profile.picture.as_ref().map(PictureId::as_str).into(),
        origin.surface.name().into(),
        origin.client.as_ref().map(ClientId::as_str).into(),
        origin.platform.as_deref().into(),
        origin.source.as_deref().into(),
        origin.group.as_deref().into(),
        account.locale.tag().into(),
        account.created_at.into(),
    ];
    tx.exec(sql, &values).await?;
    if let Some(kind) = claim_all(tx, account.id, &account.claims, sealer, account.created_at).await? {
        tx.keep_nothing();
        return Ok(Claimed::Taken(kind));
    }
    if let Some(password) = &account.password {
        passwords::put(tx, account.id, password).await?;
    }
    Ok(Claimed::Done(()))
}

async fn claim_all(
    tx: &mut Tx<'_>,
    account: AccountId,
    wanted: &[Claim],
    sealer: Option<&Sealer>,
    now: Timestamp,
) -> Result<Option<IdentifierKind>, StoreError> {
    claims::lock(tx, wanted.iter().map(|claim| &claim.id)).await?;
    for claim in wanted {
        if let Claimed::Taken(kind) = claims::claim(tx, account, claim, sealer, now).await? {
            return Ok(Some(kind));
        }
    }
    Ok(None)
}
