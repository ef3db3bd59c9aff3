//! Passwords as rows.

use daftar_core::account::AccountId;
use daftar_core::password::{PasswordRecord, Scheme};
use daftar_core::ports::StoreError;

use crate::row::Columns;
use crate::tx::Tx;
use crate::value::{Value, places};

/// The password of a row that may have none.
pub(crate) fn read(row: Columns<'_>) -> Result<Option<PasswordRecord>, StoreError> {
    let Some(scheme) = row.opt_named("scheme", Scheme::from_name)? else { return Ok(None) };
    Ok(Some(PasswordRecord { scheme, phc: row.text("phc")?.to_owned() }))
}

/// Gives accounts that have none their passwords, at most a hundred of them.
pub(crate) async fn insert(tx: &mut Tx<'_>, passwords: &[(AccountId, &PasswordRecord)]) -> Result<(), StoreError> {
    if passwords.is_empty() {
        return Ok(());
    }
    let rows: Vec<_> = (0..passwords.len()).map(|row| format!("({})", places(3 * row + 1, 3))).collect();
    let sql = format!("INSERT INTO passwords (account, scheme, phc) VALUES {}", rows.join(", "));
    let mut values = Vec::with_capacity(3 * passwords.len());
    for (account, password) in passwords {
        values.extend([Value::from(&account.0), password.scheme.name().into(), password.phc.as_str().into()]);
    }
    tx.post(&sql, &values).await?;
    Ok(())
}

/// Gives an account this password, in place of the one it may have.
pub(crate) async fn put(tx: &mut Tx<'_>, account: AccountId, password: &PasswordRecord) -> Result<(), StoreError> {
    let sql = "INSERT INTO passwords (account, scheme, phc) VALUES ($1, $2, $3) \
               ON CONFLICT (account) DO UPDATE SET scheme = excluded.scheme, phc = excluded.phc";
    tx.post(sql, &[(&account.0).into(), password.scheme.name().into(), password.phc.as_str().into()]).await?;
    Ok(())
}
