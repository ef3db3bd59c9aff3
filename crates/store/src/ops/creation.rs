//! Making accounts: at once, or as what a proof pays for.

use daftar_core::account::{AccountId, AccountStatus, Claim, NewAccount, Origin};
use daftar_core::audit::Act;
use daftar_core::client::ClientId;
use daftar_core::identifier::{Country, IdentifierKind};
use daftar_core::locale::Locale;
use daftar_core::message::Sealer;
use daftar_core::moving::NewComer;
use daftar_core::person::{FullName, Gender, PersonName, PictureId, PlaceName, Profile};
use daftar_core::ports::{Claimed, Once, StoreError, Timestamp};
use daftar_core::repeat::Repeated;

use super::{audit, claims, passwords, repeats};
use crate::tx::Tx;
use crate::value::{Value, places};

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

/// The columns of an account about to be written.
pub(crate) struct Columns<'a> {
    id: AccountId,
    status: AccountStatus,
    profile: &'a Profile,
    birth_date: Option<String>,
    origin: &'a Origin,
    locale: Locale,
    created_at: Timestamp,
}

impl<'a> Columns<'a> {
    fn of(account: &'a NewAccount) -> Self {
        let NewAccount { id, profile, origin, locale, created_at, .. } = account;
        let birth_date = profile.birth_date.as_ref().map(ToString::to_string);
        Self { id: *id, status: AccountStatus::Active, profile, birth_date, origin, locale: *locale, created_at: *created_at }
    }

    pub(crate) fn of_comer(comer: &'a NewComer) -> Self {
        let NewComer { id, status, profile, origin, locale, created_at, .. } = comer;
        let birth_date = profile.birth_date.as_ref().map(ToString::to_string);
        Self { id: *id, status: *status, profile, birth_date, origin, locale: *locale, created_at: *created_at }
    }

    fn values(&self) -> [Value<'_>; COLUMNS] {
        let Self { profile, origin, .. } = self;
        [
            (&self.id.0).into(),
            self.status.name().into(),
            profile.first_name.as_ref().map(PersonName::as_str).into(),
            profile.last_name.as_ref().map(PersonName::as_str).into(),
            profile.full_name.as_ref().map(FullName::as_str).into(),
            self.birth_date.as_deref().into(),
            profile.birth_place.as_ref().map(PlaceName::as_str).into(),
            profile.gender.map(Gender::name).into(),
            profile.country.as_ref().map(Country::as_str).into(),
            profile.picture.as_ref().map(PictureId::as_str).into(),
            origin.surface.name().into(),
            origin.client.as_ref().map(ClientId::as_str).into(),
            origin.platform.as_deref().into(),
            origin.source.as_deref().into(),
            origin.group.as_deref().into(),
            self.locale.tag().into(),
            self.created_at.into(),
        ]
    }
}

/// Columns of an account.
const COLUMNS: usize = 17;

/// Writes accounts without what they are known by, at most a hundred of them.
pub(crate) async fn insert_rows(tx: &mut Tx<'_>, accounts: Vec<Columns<'_>>) -> Result<(), StoreError> {
    let rows: Vec<_> = (0..accounts.len()).map(|row| format!("({})", places(COLUMNS * row + 1, COLUMNS))).collect();
    let sql = format!(
        "INSERT INTO accounts (id, status, first_name, last_name, full_name, birth_date, birth_place, gender, country, picture, surface, client, \
         platform, source, account_group, locale, created_at) VALUES {}",
        rows.join(", ")
    );
    let values: Vec<_> = accounts.iter().flat_map(Columns::values).collect();
    tx.post(&sql, &values).await?;
    Ok(())
}

/// Writes an account with all that it claims, or nothing. `sealer` is for telling those from whom a proven claim takes something.
pub(crate) async fn insert(tx: &mut Tx<'_>, account: &NewAccount, sealer: Option<&Sealer>) -> Result<Claimed<()>, StoreError> {
    insert_rows(tx, vec![Columns::of(account)]).await?;
    if let Some(kind) = claim_all(tx, account.id, &account.claims, sealer, account.created_at).await? {
        tx.keep_nothing();
        return Ok(Claimed::Taken(kind));
    }
    if let Some(password) = &account.password {
        passwords::put(tx, account.id, password).await?;
    }
    audit::note(tx, Act::AccountMade, Some(account.id), None).await?;
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
