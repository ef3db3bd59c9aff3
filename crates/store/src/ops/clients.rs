//! Machine clients.

use daftar_core::audit::Act;
use daftar_core::client::{ClientId, MachineClient, Scope};
use daftar_core::identifier::Country;
use daftar_core::ports::{StoreError, Timestamp};
use daftar_core::secret::Mac;

use super::audit;
use crate::row::Row;
use crate::tx::Tx;

/// A machine client, disabled ones included.
pub(crate) async fn load(tx: &mut Tx<'_>, id: &ClientId) -> Result<Option<MachineClient>, StoreError> {
    let sql = "SELECT id, name, scopes, country, secret_mac, created_at, disabled_at FROM clients WHERE id = $1";
    tx.opt(sql, &[id.as_str().into()], read).await
}

/// Every machine client, oldest first.
pub(crate) async fn list(tx: &mut Tx<'_>) -> Result<Vec<MachineClient>, StoreError> {
    tx.all("SELECT id, name, scopes, country, secret_mac, created_at, disabled_at FROM clients ORDER BY created_at, id", &[], read).await
}

/// A machine client out of a row that has all of its columns.
pub(super) fn read(row: &Row<'_>) -> Result<MachineClient, StoreError> {
    let row = row.of("clients");
    Ok(MachineClient {
        id: row.named("id", ClientId::parse)?,
        name: row.text("name")?.to_owned(),
        scopes: row.named("scopes", scopes)?,
        country: row.opt_named("country", Country::parse)?.unwrap_or_else(Country::indonesia),
        secret_mac: row.mac("secret_mac")?,
        created_at: row.time("created_at")?,
        disabled_at: row.opt_time("disabled_at")?,
    })
}

/// Scopes as [`Scope::list`] writes them, which may be none.
pub(super) fn scopes(names: &str) -> Option<Vec<Scope>> {
    names.split_whitespace().map(Scope::from_name).collect()
}

/// Keeps a new machine client.
pub(crate) async fn create(tx: &mut Tx<'_>, client: &MachineClient) -> Result<(), StoreError> {
    let scopes = Scope::list(&client.scopes);
    let values = [
        client.id.as_str().into(),
        client.name.as_str().into(),
        scopes.as_str().into(),
        client.country.as_str().into(),
        (&client.secret_mac).into(),
        client.created_at.into(),
        client.disabled_at.into(),
    ];
    let sql = "INSERT INTO clients (id, name, scopes, country, secret_mac, created_at, disabled_at) VALUES ($1, $2, $3, $4, $5, $6, $7)";
    tx.post(sql, &values).await?;
    audit::note(tx, Act::ClientMade, None, Some(client.id.as_str().to_owned())).await
}

/// Notes what was done to a client, if it was there; whether it was.
async fn noted(tx: &mut Tx<'_>, act: Act, id: &ClientId, rows: u64) -> Result<bool, StoreError> {
    if rows > 0 {
        audit::note(tx, act, None, Some(id.as_str().to_owned())).await?;
    }
    Ok(rows > 0)
}

/// Replaces a machine client's secret; whether there is such a client.
pub(crate) async fn rotate(tx: &mut Tx<'_>, id: &ClientId, secret_mac: Mac) -> Result<bool, StoreError> {
    let rows = tx.exec("UPDATE clients SET secret_mac = $2 WHERE id = $1", &[id.as_str().into(), (&secret_mac).into()]).await?;
    noted(tx, Act::ClientRotated, id, rows).await
}

/// Sets the country in which a machine client reads phone numbers; whether there is such a client.
pub(crate) async fn set_country(tx: &mut Tx<'_>, id: &ClientId, country: &Country) -> Result<bool, StoreError> {
    let rows = tx.exec("UPDATE clients SET country = $2 WHERE id = $1", &[id.as_str().into(), country.as_str().into()]).await?;
    noted(tx, Act::ClientMoved, id, rows).await
}

/// Disables a machine client, unless it is; whether there is such a client.
pub(crate) async fn disable(tx: &mut Tx<'_>, id: &ClientId, now: Timestamp) -> Result<bool, StoreError> {
    let sql = "UPDATE clients SET disabled_at = $2 WHERE id = $1 AND disabled_at IS NULL";
    let rows = tx.exec(sql, &[id.as_str().into(), now.into()]).await?;
    Ok(noted(tx, Act::ClientDisabled, id, rows).await? || load(tx, id).await?.is_some())
}
