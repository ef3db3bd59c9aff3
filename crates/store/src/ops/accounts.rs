//! Accounts, as they are read: whole, or as far as a sign-in needs them.

use daftar_core::account::{Account, AccountId, AccountStatus, Contact, Origin, Surface};
use daftar_core::client::ClientId;
use daftar_core::identifier::{Country, IdentifierKind, LoginId};
use daftar_core::locale::Locale;
use daftar_core::password::{PasswordRecord, Scheme};
use daftar_core::person::{BirthDate, FullName, Gender, PersonName, PictureId, PlaceName, Profile};
use daftar_core::ports::{StoreError, Timestamp};
use daftar_core::secret::Mac;
use daftar_core::session::{Reachable, SessionId};
use daftar_core::sign_in::SignInRecord;

use super::passwords;
use crate::row::{Columns, Row};
use crate::tx::Tx;
use crate::value::Value;

/// Every column of an account, more of its password where that is wanted, and beside it one of its identifiers a row.
macro_rules! account {
    ($from:literal, $more:literal, $($rest:literal),+) => {
        concat!(
            "SELECT a.id, a.status, a.first_name, a.last_name, a.full_name, a.birth_date, a.birth_place, a.gender, a.country, a.picture, ",
            "a.surface, a.client, a.platform, a.source, a.account_group, a.locale, a.created_at, p.scheme, ",
            $more,
            "i.kind, i.shown, i.verified_at FROM ",
            $from,
            " a LEFT JOIN passwords p ON p.account = a.id LEFT JOIN identifiers i ON i.account = a.id ",
            $($rest),+
        )
    };
}

/// The same of the accounts that meet a condition.
macro_rules! account_where {
    ($condition:literal) => {
        account!("accounts", "", "WHERE ", $condition)
    };
}

/// The first `limit` accounts behind `after`, in the order of their ids, with their passwords.
pub(crate) async fn page(tx: &mut Tx<'_>, after: Option<AccountId>, limit: u32) -> Result<Vec<(Account, Option<PasswordRecord>)>, StoreError> {
    let sql = account!("(SELECT * FROM accounts WHERE id > $1 ORDER BY id LIMIT $2)", "p.phc, ", "ORDER BY a.id");
    // No id is before the empty one.
    let after = after.as_ref().map_or(Value::Bytes(&[]), |id| (&id.0).into());
    let mut found: Vec<(Account, Option<PasswordRecord>)> = Vec::new();
    tx.each(sql, &[after, limit.into()], |row| {
        let id = AccountId(row.of("accounts").id("id")?);
        let (mut account, password) = match found.pop() {
            Some((account, password)) if account.id == id => (Some(account), password),
            other => {
                found.extend(other);
                (None, passwords::read(row.of("passwords"))?)
            }
        };
        gather(&mut account, row)?;
        found.extend(account.map(|account| (account, password)));
        Ok(())
    })
    .await?;
    Ok(found)
}

/// The account named `id`.
pub(crate) async fn load(tx: &mut Tx<'_>, id: AccountId) -> Result<Option<Account>, StoreError> {
    let mut found = None;
    tx.each(account_where!("a.id = $1"), &[(&id.0).into()], |row| gather(&mut found, row)).await?;
    Ok(found)
}

/// The account whose session this is, on the terms of [`account_of`](super::sessions::account_of).
pub(crate) async fn of_session(tx: &mut Tx<'_>, id: SessionId, now: Timestamp) -> Result<Option<Account>, StoreError> {
    let sql = account_where!("a.id = (SELECT account FROM sessions WHERE id = $1 AND expires_at > $2 AND ended_at IS NULL) AND a.status = 'active'");
    let mut found = None;
    tx.each(sql, &[(&id.0).into(), now.into()], |row| gather(&mut found, row)).await?;
    Ok(found)
}

/// The contacts of the same account.
pub(crate) async fn contacts_of_session(tx: &mut Tx<'_>, id: SessionId, now: Timestamp) -> Result<Option<Reachable>, StoreError> {
    let sql = "SELECT s.id, s.account, i.kind, i.shown FROM sessions s JOIN accounts a ON a.id = s.account \
               LEFT JOIN identifiers i ON i.account = s.account AND i.kind IN ('email', 'phone') \
               WHERE s.id = $1 AND s.expires_at > $2 AND s.ended_at IS NULL AND a.status = 'active'";
    let mut found: Option<Reachable> = None;
    tx.each(sql, &[(&id.0).into(), now.into()], |row| {
        let reachable = match &mut found {
            Some(reachable) => reachable,
            None => found.insert(Reachable { account: AccountId(row.of("sessions").id("account")?), email: None, phone: None }),
        };
        let identifier = row.of("identifiers");
        let Some(kind) = identifier.opt_named("kind", IdentifierKind::from_name)? else { return Ok(()) };
        match identifier.named("shown", |text| LoginId::from_stored(kind, text))? {
            LoginId::Username(_) => {}
            LoginId::Email(id) => reachable.email = Some(id),
            LoginId::Phone(id) => reachable.phone = Some(id),
        }
        Ok(())
    })
    .await?;
    Ok(found)
}

/// The account named `id`, which nobody else changes until this transaction is over.
pub(crate) async fn hold(tx: &mut Tx<'_>, id: AccountId) -> Result<Option<Account>, StoreError> {
    // Read after it is held, identifiers and all, so that it is as it stays.
    if hold_alone(tx, id).await? { load(tx, id).await } else { Ok(None) }
}

/// Holds the account likewise, without reading it; whether it is there.
pub(crate) async fn hold_alone(tx: &mut Tx<'_>, id: AccountId) -> Result<bool, StoreError> {
    let sql = format!("SELECT id FROM accounts WHERE id = $1 {}", tx.for_update());
    Ok(tx.opt(&sql, &[(&id.0).into()], |_| Ok(())).await?.is_some())
}

/// The account known by `id`.
pub(crate) async fn find(tx: &mut Tx<'_>, id: &LoginId) -> Result<Option<Account>, StoreError> {
    let sql = account_where!("a.id = (SELECT account FROM identifiers WHERE kind = $1 AND key = $2)");
    let mut found = None;
    tx.each(sql, &[id.kind().name().into(), id.key().into()], |row| gather(&mut found, row)).await?;
    Ok(found)
}

/// Accounts that are known by something that begins so, each once.
pub(crate) async fn beginning(tx: &mut Tx<'_>, beginnings: &[(IdentifierKind, String)], limit: u32) -> Result<Vec<Account>, StoreError> {
    let (mut ids, limit): (Vec<AccountId>, _) = (Vec::new(), usize::try_from(limit).unwrap_or(usize::MAX));
    for (kind, beginning) in beginnings {
        // No character comes behind the last one.
        let end = format!("{beginning}{}", char::MAX);
        let sql = "SELECT key, account FROM identifiers WHERE kind = $1 AND key >= $2 AND key < $3 ORDER BY key LIMIT $4";
        let most = u32::try_from(limit).unwrap_or(u32::MAX);
        let values = [kind.name().into(), beginning.as_str().into(), end.as_str().into(), most.into()];
        tx.each(sql, &values, |row| {
            let id = AccountId(row.of("identifiers").id("account")?);
            if ids.len() < limit && !ids.contains(&id) {
                ids.push(id);
            }
            Ok(())
        })
        .await?;
    }
    let mut found = Vec::with_capacity(ids.len());
    for id in ids {
        found.extend(load(tx, id).await?);
    }
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
    match identifier.named("shown", |text| LoginId::from_stored(kind, text))? {
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
            full_name: row.opt_named("full_name", |text| FullName::parse(text).ok())?,
            birth_date: row.opt_named("birth_date", |text| BirthDate::from_stored(text).ok())?,
            birth_place: row.opt_named("birth_place", |text| PlaceName::parse(text).ok())?,
            gender: row.opt_named("gender", Gender::from_name)?,
            country: row.opt_named("country", Country::parse)?,
            picture: row.opt_named("picture", PictureId::parse)?,
        },
        origin: Origin {
            surface: row.named("surface", Surface::from_name)?,
            client: row.opt_named("client", ClientId::parse)?,
            platform: row.opt_text("platform")?.map(str::to_owned),
            source: row.opt_text("source")?.map(str::to_owned),
            group: row.opt_text("account_group")?.map(str::to_owned),
        },
        locale: row.named("locale", Locale::from_tag)?,
        created_at: row.time("created_at")?,
    })
}

/// What it takes to check the password of whoever is known by `id`, and whether they signed in from that address before.
pub(crate) async fn sign_in_record(tx: &mut Tx<'_>, id: &LoginId, from: Mac) -> Result<Option<SignInRecord>, StoreError> {
    let sql = "SELECT a.id, a.status, p.scheme, p.phc, k.seen_at FROM identifiers i JOIN accounts a ON a.id = i.account \
               LEFT JOIN passwords p ON p.account = a.id LEFT JOIN known_addresses k ON k.account = a.id AND k.address = $3 \
               WHERE i.kind = $1 AND i.key = $2";
    tx.opt(sql, &[id.kind().name().into(), id.key().into(), (&from).into()], |row| {
        let account = row.of("accounts");
        Ok(SignInRecord {
            account: AccountId(account.id("id")?),
            status: account.named("status", AccountStatus::from_name)?,
            password: passwords::read(row.of("passwords"))?,
            is_known_address: row.of("known_addresses").opt_time("seen_at")?.is_some(),
        })
    })
    .await
}
