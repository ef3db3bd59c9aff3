//! Grants: what the access tokens of machine clients stand for.

use daftar_core::access::{Grant, GrantId, LiveGrant};
use daftar_core::client::Scope;
use daftar_core::ports::{StoreError, Timestamp};

use super::clients;
use crate::tx::Tx;

/// A grant that is not over, with its client, if that is not disabled and has the secret that it had.
pub(crate) async fn live(tx: &mut Tx<'_>, id: GrantId, now: Timestamp) -> Result<Option<LiveGrant>, StoreError> {
    let sql = "SELECT c.id, c.name, c.scopes, c.country, c.secret_mac, c.created_at, c.disabled_at, t.granted FROM access_tokens t \
               JOIN clients c ON c.id = t.client AND c.secret_mac = t.secret_mac AND c.disabled_at IS NULL \
               WHERE t.id = $1 AND t.expires_at > $2";
    tx.opt(sql, &[(&id.0).into(), now.into()], |row| {
        Ok(LiveGrant { client: clients::read(row)?, scopes: row.of("access_tokens").named("granted", clients::scopes)? })
    })
    .await
}

/// Keeps a grant, if its client is not disabled and has the secret that the grant says; whether it did.
pub(crate) async fn grant(tx: &mut Tx<'_>, grant: &Grant) -> Result<bool, StoreError> {
    // Nobody needs to hold the client: one that changes right now makes the grant worth nothing, because that is asked at every use.
    let sql = "INSERT INTO access_tokens (id, client, granted, secret_mac, created_at, expires_at) \
               SELECT $1, id, $3, secret_mac, $5, $6 FROM clients WHERE id = $2 AND secret_mac = $4 AND disabled_at IS NULL";
    let scopes = Scope::list(&grant.scopes);
    let values = [
        (&grant.id.0).into(),
        grant.client.as_str().into(),
        scopes.as_str().into(),
        (&grant.secret_mac).into(),
        grant.created_at.into(),
        grant.expires_at.into(),
    ];
    Ok(tx.exec(sql, &values).await? > 0)
}

/// Ends a grant.
pub(crate) async fn end(tx: &mut Tx<'_>, id: GrantId) -> Result<(), StoreError> {
    tx.post("DELETE FROM access_tokens WHERE id = $1", &[(&id.0).into()]).await?;
    Ok(())
}
