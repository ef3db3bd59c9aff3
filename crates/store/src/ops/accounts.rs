//! Accounts: reading them whole, making them, enabling and disabling them.

use daftar_core::account::{
    Account, AccountId, AccountStatus, BirthDate, Claim, Contact, Gender, NewAccount, Origin, PersonName, PictureId, Profile, Surface,
};
use daftar_core::client::ClientId;
use daftar_core::identifier::{IdentifierKind, LoginId};
use daftar_core::locale::Locale;
use daftar_core::message::Sealer;
use daftar_core::password::{PasswordRecord, Scheme};
use daftar_core::ports::{Claimed, Once, StoreError, Timestamp};
use daftar_core::repeat::Repeated;
use daftar_core::sign_in::SignInRecord;

use super::{claims, recoveries, repeats, sessions};
use crate::row::{Columns, Row};
use crate::tx::Tx;

/// Every column of an account, and beside it one of its identifiers a row.
macro_rules! account_where {
    ($condition:literal) => {
        concat!(
            "SELECT a.id, a.status, a.first_name, a.last_name, a.birth_date, a.gender, a.picture, a.surface, a.client, a.platform, a.locale, ",
            "a.created_at, p.scheme, i.kind, i.shown, i.verified_at FROM accounts a LEFT JOIN passwords p ON p.account = a.id ",
            "LEFT JOIN identifiers i ON i.account = a.id WHERE ",
            $condition
        )
    };
}

/// The account named `id`.
pub(crate) async fn load(tx: &mut Tx<'_>, id: AccountId) -> Result<Option<Account>, StoreError> {
    let mut found = None;
    tx.each(account_where!("a.id = $1"), &[(&id.0).into()], |row| gather(&mut found, row)).await?;
    Ok(found)
}

/// The account named `id`, which nobody else changes until this transaction is over.
pub(crate) async fn hold(tx: &mut Tx<'_>, id: AccountId) -> Result<Option<Account>, StoreError> {
    let sql = format!("SELECT id FROM accounts WHERE id = $1 {}", tx.for_update());
    let found = tx.opt(&sql, &[(&id.0).into()], |_| Ok(())).await?;
    // Read after it is held, identifiers and all, so that it is as it stays.
    if found.is_some() { load(tx, id).await } else { Ok(None) }
}

/// The account known by `id`.
pub(crate) async fn find(tx: &mut Tx<'_>, id: &LoginId) -> Result<Option<Account>, StoreError> {
    let sql = account_where!("a.id = (SELECT account FROM identifiers WHERE kind = $1 AND key = $2)");
    let mut found = None;
    tx.each(sql, &[id.kind().name().into(), id.key().into()], |row| gather(&mut found, row)).await?;
    Ok(found)
}

/// Puts a row to the account that the rows before it began.
fn gather(found: &mut Option<Account>, row: &Row<'_>) -> Result<(), StoreError> {
    let account = match found {
        Some(account) => account,
        None => found.insert(bare(row.of("accounts"))?),
    };
    let identifier = row.of("identifiers");
    let Some(kind) = identifier.opt_named("kind", IdentifierKind::from_name)? else { return Ok(()) };
    let verified_at = identifier.opt_time("verified_at")?;
    match identifier.named("shown", |text| claims::id_of(kind, text))? {
        LoginId::Username(name) => account.username = Some(name),
        LoginId::Email(id) => account.email = Some(Contact { id, verified_at }),
        LoginId::Phone(id) => account.phone = Some(Contact { id, verified_at }),
    }
    Ok(())
}

/// An account without its identifiers.
fn bare(row: Columns<'_>) -> Result<Account, StoreError> {
    Ok(Account {
        id: AccountId(row.id("id")?),
        status: row.named("status", AccountStatus::from_name)?,
        username: None,
        email: None,
        phone: None,
        has_password: row.opt_named("scheme", Scheme::from_name)?.is_some(),
        profile: Profile {
            first_name: row.opt_named("first_name", |text| PersonName::parse(text).ok())?,
            last_name: row.opt_named("last_name", |text| PersonName::parse(text).ok())?,
            birth_date: row.opt_named("birth_date", |text| BirthDate::from_stored(text).ok())?,
            gender: row.opt_named("gender", Gender::from_name)?,
            picture: row.opt_named("picture", PictureId::parse)?,
        },
        origin: Origin {
            surface: row.named("surface", Surface::from_name)?,
            client: row.opt_named("client", ClientId::parse)?,
            platform: row.opt_text("platform")?.map(str::to_owned),
        },
        locale: row.named("locale", Locale::from_tag)?,
        created_at: row.time("created_at")?,
    })
}

/// What it takes to check the password of whoever is known by `id`.
pub(crate) async fn sign_in_record(tx: &mut Tx<'_>, id: &LoginId) -> Result<Option<SignInRecord>, StoreError> {
    let sql = "SELECT a.id, a.status, p.scheme, p.phc FROM identifiers i JOIN accounts a ON a.id = i.account \
               LEFT JOIN passwords p ON p.account = a.id WHERE i.kind = $1 AND i.key = $2";
    tx.opt(sql, &[id.kind().name().into(), id.key().into()], |row| {
        let account = row.of("accounts");
        Ok(SignInRecord {
            account: AccountId(account.id("id")?),
            status: account.named("status", AccountStatus::from_name)?,
            password: password(row.of("passwords"))?,
        })
    })
    .await
}

/// The password of a row that may have none.
pub(crate) fn password(row: Columns<'_>) -> Result<Option<PasswordRecord>, StoreError> {
    let Some(scheme) = row.opt_named("scheme", Scheme::from_name)? else { return Ok(None) };
    Ok(Some(PasswordRecord { scheme, phc: row.text("phc")?.to_owned() }))
}

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
    let sql = "INSERT INTO accounts (id, status, first_name, last_name, birth_date, gender, picture, surface, client, platform, locale, created_at) \
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)";
    let values = [
        (&account.id.0).into(),
        AccountStatus::Active.name().into(),
        profile.first_name.as_ref().map(PersonName::as_str).into(),
        profile.last_name.as_ref().map(PersonName::as_str).into(),
        birth_date.as_deref().into(),
        profile.gender.map(Gender::name).into(),
        profile.picture.as_ref().map(PictureId::as_str).into(),
        origin.surface.name().into(),
        origin.client.as_ref().map(ClientId::as_str).into(),
        origin.platform.as_deref().into(),
        account.locale.tag().into(),
        account.created_at.into(),
    ];
    tx.exec(sql, &values).await?;
    if let Some(kind) = claim_all(tx, account.id, &account.claims, sealer, account.created_at).await? {
        tx.keep_nothing();
        return Ok(Claimed::Taken(kind));
    }
    if let Some(password) = &account.password {
        put_password(tx, account.id, password).await?;
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

/// Gives an account this password, in place of the one it may have.
pub(crate) async fn put_password(tx: &mut Tx<'_>, account: AccountId, password: &PasswordRecord) -> Result<(), StoreError> {
    let sql = "INSERT INTO passwords (account, scheme, phc) VALUES ($1, $2, $3) \
               ON CONFLICT (account) DO UPDATE SET scheme = excluded.scheme, phc = excluded.phc";
    tx.exec(sql, &[(&account.0).into(), password.scheme.name().into(), password.phc.as_str().into()]).await?;
    Ok(())
}

/// Enables or disables an account. Disabling ends its sessions (row 12); enabling revives nothing: what was begun before, a recovery included, is over. Whether
/// there is such an account.
pub(crate) async fn set_status(tx: &mut Tx<'_>, id: AccountId, status: AccountStatus, now: Timestamp) -> Result<bool, StoreError> {
    let found = tx.exec("UPDATE accounts SET status = $2 WHERE id = $1", &[(&id.0).into(), status.name().into()]).await? > 0;
    match status {
        AccountStatus::Disabled => sessions::end_all(tx, id, now).await?,
        AccountStatus::Active => recoveries::void_of(tx, id).await?,
    }
    Ok(found)
}
