//! Accounts that move in, many in one transaction and few statements, and who stands in their way.

use daftar_core::account::AccountId;
use daftar_core::audit::Act;
use daftar_core::identifier::{IdentifierKind, LoginId};
use daftar_core::moving::{Entry, NewComer, Present};
use daftar_core::ports::{StoreError, Timestamp};

use super::{audit, claims, creation, passwords};
use crate::tx::Tx;
use crate::value::{Value, places};

/// Rows that one statement writes, or looks for.
const AT_ONCE: usize = 100;

/// What would become of each; nothing is written.
pub(crate) async fn foresee(tx: &mut Tx<'_>, comers: &[NewComer]) -> Result<Vec<Entry>, StoreError> {
    let mut present = present(tx, comers).await?;
    Ok(comers.iter().map(|comer| present.admit(comer)).collect())
}

/// Writes those who may come in; what becomes of each.
pub(crate) async fn enter(tx: &mut Tx<'_>, comers: &[NewComer]) -> Result<Vec<Entry>, StoreError> {
    claims::lock(tx, identifiers(comers).map(|(id, _)| id)).await?;
    let entries = foresee(tx, comers).await?;
    let admitted: Vec<_> = comers.iter().zip(&entries).filter(|(_, entry)| **entry == Entry::New).map(|(comer, _)| comer).collect();
    for some in admitted.chunks(AT_ONCE) {
        creation::insert_rows(tx, some.iter().map(|comer| creation::Columns::of_comer(comer)).collect()).await?;
        let passwords: Vec<_> = some.iter().filter_map(|comer| Some((comer.id, comer.password.as_ref()?))).collect();
        passwords::insert(tx, &passwords).await?;
        insert_identifiers(tx, some).await?;
    }
    audit::note_each(tx, Act::AccountImported, admitted.iter().map(|comer| comer.id)).await?;
    Ok(entries)
}

fn identifiers(comers: &[NewComer]) -> impl Iterator<Item = &(LoginId, Option<Timestamp>)> + Send {
    comers.iter().flat_map(|comer| &comer.identifiers)
}

/// Who of those whom they could meet is there.
async fn present(tx: &mut Tx<'_>, comers: &[NewComer]) -> Result<Present, StoreError> {
    let mut present = Present::default();
    let named: Vec<_> = comers.iter().filter(|comer| comer.is_named).map(|comer| Value::from(&comer.id.0)).collect();
    for some in named.chunks(AT_ONCE) {
        let sql = format!("SELECT id FROM accounts WHERE id IN ({})", places(1, some.len()));
        tx.each(&sql, some, |row| {
            present.lives(AccountId(row.of("accounts").id("id")?));
            Ok(())
        })
        .await?;
    }
    for kind in IdentifierKind::ALL.iter().copied() {
        let keys: Vec<_> = identifiers(comers).filter(|(id, _)| id.kind() == kind).map(|(id, _)| Value::from(id.key())).collect();
        for some in keys.chunks(AT_ONCE) {
            let sql = format!("SELECT key, account FROM identifiers WHERE kind = '{}' AND key IN ({})", kind.name(), places(1, some.len()));
            tx.each(&sql, some, |row| {
                let row = row.of("identifiers");
                present.holds(kind, row.text("key")?, AccountId(row.id("account")?));
                Ok(())
            })
            .await?;
        }
    }
    Ok(present)
}

/// Gives them what they are known by, which is free.
async fn insert_identifiers(tx: &mut Tx<'_>, comers: &[&NewComer]) -> Result<(), StoreError> {
    let held: Vec<_> = comers.iter().flat_map(|comer| comer.identifiers.iter().map(move |(id, verified_at)| (comer, id, verified_at))).collect();
    for some in held.chunks(AT_ONCE) {
        let rows: Vec<_> = (0..some.len()).map(|row| format!("({})", places(5 * row + 1, 5))).collect();
        let sql = format!("INSERT INTO identifiers (kind, key, shown, account, verified_at) VALUES {}", rows.join(", "));
        let mut values = Vec::with_capacity(5 * some.len());
        for (comer, id, verified_at) in some {
            values.extend([id.kind().name().into(), id.key().into(), id.shown().into(), (&comer.id.0).into(), Value::from(**verified_at)]);
        }
        tx.post(&sql, &values).await?;
    }
    Ok(())
}
