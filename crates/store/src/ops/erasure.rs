//! Erasing an account: every row that names it, or its person's contacts, in every table.

use daftar_core::account::{Account, AccountId};
use daftar_core::audit::Act;
use daftar_core::erasure::{Erased, Traces};
use daftar_core::identifier::{IdentifierKind, LoginId};
use daftar_core::limit::LimitKind;
use daftar_core::ports::StoreError;

use super::{accounts, audit, claims};
use crate::tx::Tx;
use crate::value::{Value, places};

/// Erases an account.
pub(crate) async fn erase(tx: &mut Tx<'_>, id: AccountId) -> Result<Option<Erased>, StoreError> {
    let Some(account) = accounts::load(tx, id).await? else { return Ok(None) };
    // In the order in which everybody takes them, so the account's own row comes behind what a proof begins with.
    erase_pending(tx, id, &Traces::of(&account)).await?;
    let Some(held) = accounts::hold(tx, id).await? else { return Ok(None) };
    let traces = Traces::of(&held);
    // What was begun before it was held; from now on nothing is.
    erase_pending(tx, id, &traces).await?;
    claims::lock(tx, traces.identifiers.iter()).await?;
    erase_limits(tx, &traces).await?;
    for contact in contacts(&traces) {
        erase_messages(tx, contact).await?;
    }
    erase_rows(tx, &held).await?;
    audit::note(tx, Act::AccountErased, Some(id), None).await?;
    Ok(Some(Erased { picture: held.profile.picture }))
}

fn contacts(traces: &Traces) -> impl Iterator<Item = &LoginId> + Send {
    traces.identifiers.iter().filter(|id| id.kind() != IdentifierKind::Username)
}

/// Registrations of the person, finished or not, with their challenges; the account's own challenges; wrong codes.
async fn erase_pending(tx: &mut Tx<'_>, id: AccountId, traces: &Traces) -> Result<(), StoreError> {
    let mut subjects = vec![id.0];
    for identifier in &traces.identifiers {
        let (registrations, customers) = match identifier.kind() {
            IdentifierKind::Username => ("lower(username) = lower($1)", None),
            IdentifierKind::Email => ("lower(email) = lower($1)", Some("lower(email) = lower($1)")),
            IdentifierKind::Phone => ("phone = $1", Some("phone = $1")),
        };
        for (table, condition) in [("customers", customers), ("registrations", Some(registrations))] {
            let Some(condition) = condition else { continue };
            let sql = format!("DELETE FROM {table} WHERE {condition} RETURNING id");
            subjects.extend(tx.all(&sql, &[identifier.shown().into()], |row| row.of(table).id("id")).await?);
        }
    }
    for subject in &subjects {
        tx.post("DELETE FROM challenges WHERE subject = $1", &[subject.into()]).await?;
    }
    for contact in contacts(traces) {
        let values = [contact.kind().name().into(), contact.key().into()];
        tx.post("DELETE FROM challenges WHERE destination_kind = $1 AND destination_key = $2", &values).await?;
    }
    for subject in &traces.subjects {
        tx.post("DELETE FROM wrong_codes WHERE subject = $1", &[subject.as_str().into()]).await?;
    }
    Ok(())
}

/// Limits of the account and of its contacts. Those of addresses, blocks of numbers and machine clients are nobody's in particular.
async fn erase_limits(tx: &mut Tx<'_>, traces: &Traces) -> Result<(), StoreError> {
    for whom in &traces.limited {
        let keys: Vec<_> = LimitKind::ALL.iter().map(|kind| format!("{}/{whom}", kind.name())).collect();
        let values: Vec<Value<'_>> = keys.iter().map(|key| key.as_str().into()).collect();
        tx.post(&format!("DELETE FROM limits WHERE key IN ({})", places(1, values.len())), &values).await?;
        // Of an account from an address: `password.account_address/ADDRESS/account/ID`. In the order of bytes, `0` follows `/`.
        let kind = LimitKind::PasswordAccountAddress.name();
        let (first, last, end) = (format!("{kind}/"), format!("{kind}0"), format!("/{whom}"));
        let sql = "DELETE FROM limits WHERE key >= $1 AND key < $2 AND length(key) > length($3) AND substr(key, length(key) - length($3) + 1) = $3";
        tx.post(sql, &[first.as_str().into(), last.as_str().into(), end.as_str().into()]).await?;
    }
    Ok(())
}

/// Messages to a contact, whether they wait or were sent, and all that was noted of them.
async fn erase_messages(tx: &mut Tx<'_>, contact: &LoginId) -> Result<(), StoreError> {
    let to = [contact.key().into()];
    for table in ["receipts", "attempts"] {
        let sql = format!("DELETE FROM {table} WHERE message IN (SELECT id FROM outbox WHERE lower(recipient) = $1)");
        tx.post(&sql, &to).await?;
    }
    tx.post("DELETE FROM outbox WHERE lower(recipient) = $1", &to).await?;
    tx.post("DELETE FROM inbox WHERE lower(recipient) = $1", &to).await?;
    Ok(())
}

/// The account itself, and what belongs to it.
async fn erase_rows(tx: &mut Tx<'_>, account: &Account) -> Result<(), StoreError> {
    for table in ["sessions", "recoveries", "known_addresses", "passwords", "identifiers"] {
        tx.post(&format!("DELETE FROM {table} WHERE account = $1"), &[(&account.id.0).into()]).await?;
    }
    tx.post("DELETE FROM accounts WHERE id = $1", &[(&account.id.0).into()]).await?;
    Ok(())
}
