//! Sessions: opening and ending them, whether they still live, and the devices that are bound to them.

use std::time::Duration;

use daftar_core::account::{AccountId, AccountStatus, Surface};
use daftar_core::audit::Act;
use daftar_core::device::{Device, DeviceKind, DeviceToken};
use daftar_core::ports::{StoreError, Timestamp};
use daftar_core::secret::Mac;
use daftar_core::session::{Session, SessionId};
use daftar_core::sign_in::{OpenSession, Opened};

use super::{accounts, audit, before, limits, passwords};
use crate::tx::Tx;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// The account whose session this is, if it is neither over nor ended and the account is active.
pub(crate) async fn account_of(tx: &mut Tx<'_>, id: SessionId, now: Timestamp) -> Result<Option<AccountId>, StoreError> {
    let sql = "SELECT s.id, s.account FROM sessions s JOIN accounts a ON a.id = s.account \
               WHERE s.id = $1 AND s.expires_at > $2 AND s.ended_at IS NULL AND a.status = 'active'";
    tx.opt(sql, &[(&id.0).into(), now.into()], |row| Ok(AccountId(row.of("sessions").id("account")?))).await
}

/// Opens a session, unless the account or its password has changed since they were read; gives back the charges of whoever knew the password.
pub(crate) async fn open(tx: &mut Tx<'_>, open: &OpenSession) -> Result<Opened, StoreError> {
    let session = &open.session;
    let sql = format!("SELECT id, status FROM accounts WHERE id = $1 {}", tx.for_update());
    let status = tx.opt(&sql, &[(&session.account.0).into()], |row| row.of("accounts").named("status", AccountStatus::from_name)).await?;
    let Some(status) = status else { return Ok(Opened::Stale) };
    let sql = "SELECT account, scheme, phc FROM passwords WHERE account = $1";
    let kept = tx.opt(sql, &[(&session.account.0).into()], |row| passwords::read(row.of("passwords"))).await?.flatten();
    if kept.as_ref() != Some(&open.password) {
        return Ok(Opened::Stale);
    }
    limits::refund(tx, &open.refund, session.created_at).await?;
    if status == AccountStatus::Disabled {
        return Ok(Opened::Disabled);
    }
    if let Some(rehashed) = &open.rehashed {
        passwords::put(tx, session.account, rehashed).await?;
    }
    know(tx, session.account, open.from, session.created_at).await?;
    insert(tx, session, open.device.as_ref()).await?;
    Ok(Opened::Open)
}

/// Remembers from where somebody signs in: an address of the account's own (row 15). One that was seen within a day costs no write.
pub(crate) async fn know(tx: &mut Tx<'_>, account: AccountId, from: Mac, now: Timestamp) -> Result<(), StoreError> {
    let sql = "INSERT INTO known_addresses (account, address, seen_at) VALUES ($1, $2, $3) \
               ON CONFLICT (account, address) DO UPDATE SET seen_at = excluded.seen_at WHERE known_addresses.seen_at <= $4";
    tx.post(sql, &[(&account.0).into(), (&from).into(), now.into(), before(now, DAY).into()]).await?;
    Ok(())
}

/// Whether somebody signed in to the account from that address before.
pub(crate) async fn is_known(tx: &mut Tx<'_>, account: AccountId, from: Mac) -> Result<bool, StoreError> {
    let sql = "SELECT 1 FROM known_addresses WHERE account = $1 AND address = $2";
    Ok(tx.opt(sql, &[(&account.0).into(), (&from).into()], |_| Ok(())).await?.is_some())
}

/// Forgets from where somebody signed in, because somebody else may have.
pub(crate) async fn know_none(tx: &mut Tx<'_>, account: AccountId) -> Result<(), StoreError> {
    tx.post("DELETE FROM known_addresses WHERE account = $1", &[(&account.0).into()]).await?;
    Ok(())
}

/// Keeps a new session, bound to a device or not.
pub(crate) async fn insert(tx: &mut Tx<'_>, session: &Session, device: Option<&Device>) -> Result<(), StoreError> {
    let values =
        [(&session.id.0).into(), (&session.account.0).into(), session.surface.name().into(), session.created_at.into(), session.expires_at.into()];
    tx.post("INSERT INTO sessions (id, account, surface, created_at, expires_at) VALUES ($1, $2, $3, $4, $5)", &values).await?;
    if let Some(device) = device {
        put_device(tx, session.id, device).await?;
    }
    audit::note(tx, Act::SessionOpened, Some(session.account), Some(session.id.0.to_string())).await
}

/// The newest sessions of an account that live, newest first.
pub(crate) async fn live(tx: &mut Tx<'_>, account: AccountId, now: Timestamp, limit: u32) -> Result<Vec<Session>, StoreError> {
    let sql = "SELECT id, account, surface, created_at, expires_at FROM sessions \
               WHERE account = $1 AND ended_at IS NULL AND expires_at > $2 ORDER BY created_at DESC, id DESC LIMIT $3";
    tx.all(sql, &[(&account.0).into(), now.into(), limit.into()], |row| {
        let row = row.of("sessions");
        Ok(Session {
            id: SessionId(row.id("id")?),
            account: AccountId(row.id("account")?),
            surface: row.named("surface", Surface::from_name)?,
            created_at: row.time("created_at")?,
            expires_at: row.time("expires_at")?,
        })
    })
    .await
}

/// Ends a session and forgets its device; whether there was one to end.
pub(crate) async fn end(tx: &mut Tx<'_>, id: SessionId, now: Timestamp) -> Result<bool, StoreError> {
    let sql = "UPDATE sessions SET ended_at = $2, device_token = NULL, device_kind = NULL WHERE id = $1 AND ended_at IS NULL RETURNING id, account";
    let account = tx.opt(sql, &[(&id.0).into(), now.into()], |row| Ok(AccountId(row.of("sessions").id("account")?))).await?;
    if account.is_some() {
        audit::note(tx, Act::SessionEnded, account, Some(id.0.to_string())).await?;
    }
    Ok(account.is_some())
}

/// Ends every session of an account and forgets their devices, because of something else that is noted; how many there were.
pub(crate) async fn end_all(tx: &mut Tx<'_>, account: AccountId, now: Timestamp) -> Result<u64, StoreError> {
    let sql = "UPDATE sessions SET ended_at = $2, device_token = NULL, device_kind = NULL WHERE account = $1 AND ended_at IS NULL";
    tx.exec(sql, &[(&account.0).into(), now.into()]).await
}

/// Ends every session of an account, and nothing else; how many there were.
pub(crate) async fn end_each(tx: &mut Tx<'_>, account: AccountId, now: Timestamp) -> Result<u64, StoreError> {
    // Whoever opens one holds the account, too.
    if !accounts::hold_alone(tx, account).await? {
        return Ok(0);
    }
    let ended = end_all(tx, account, now).await?;
    if ended > 0 {
        audit::note(tx, Act::SessionsEnded, Some(account), None).await?;
    }
    Ok(ended)
}

/// Binds a device to a session, if that lives; whether it does.
pub(crate) async fn bind_device(tx: &mut Tx<'_>, id: SessionId, device: &Device, now: Timestamp) -> Result<bool, StoreError> {
    let Some(account) = account_of(tx, id, now).await? else { return Ok(false) };
    // Whoever ends all of an account's sessions holds it, too.
    accounts::hold_alone(tx, account).await?;
    put_device(tx, id, device).await
}

/// A device belongs to one session at a time, the newest; a session has one device, and one that has ended has none. Whether it has not.
async fn put_device(tx: &mut Tx<'_>, id: SessionId, device: &Device) -> Result<bool, StoreError> {
    let token = device.token.as_str();
    tx.lock("device", [token]).await?;
    // Both sessions, in one order whoever comes: so two that swap their devices never wait for one another.
    let sql = format!("SELECT id, ended_at FROM sessions WHERE id = $1 OR device_token = $2 ORDER BY id {}", tx.for_update());
    let mut lives = false;
    tx.each(&sql, &[(&id.0).into(), token.into()], |row| {
        let row = row.of("sessions");
        lives |= row.id("id")? == id.0 && row.opt_time("ended_at")?.is_none();
        Ok(())
    })
    .await?;
    if lives {
        let sql = "UPDATE sessions SET device_token = NULL, device_kind = NULL WHERE device_token = $1 AND id <> $2";
        tx.post(sql, &[token.into(), (&id.0).into()]).await?;
        let sql = "UPDATE sessions SET device_token = $2, device_kind = $3 WHERE id = $1";
        tx.post(sql, &[(&id.0).into(), token.into(), device.kind.map(DeviceKind::name).into()]).await?;
    }
    Ok(lives)
}

/// The live session that a device is bound to, and what the device is.
pub(crate) async fn of_device(tx: &mut Tx<'_>, token: &DeviceToken, now: Timestamp) -> Result<Option<(SessionId, Option<DeviceKind>)>, StoreError> {
    let sql = "SELECT id, device_kind FROM sessions WHERE device_token = $1 AND expires_at > $2 AND ended_at IS NULL";
    tx.opt(sql, &[token.as_str().into(), now.into()], |row| {
        let row = row.of("sessions");
        Ok((SessionId(row.id("id")?), row.opt_named("device_kind", DeviceKind::from_name)?))
    })
    .await
}
