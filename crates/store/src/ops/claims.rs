//! Who holds an identifier, and what it takes to take it. The primary key of `identifiers` has the last word.

use daftar_core::account::{AccountId, Claim};
use daftar_core::audit::Act;
use daftar_core::identifier::{IdentifierKind, LoginId};
use daftar_core::message::Sealer;
use daftar_core::ports::{Claimed, StoreError, Timestamp};

use super::{accounts, audit, challenges, outbox, recoveries};
use crate::error::Bug;
use crate::tx::Tx;

/// Whether an account holds `id`, and if `verified_only`, has proven it.
pub(crate) async fn is_held(tx: &mut Tx<'_>, id: &LoginId, verified_only: bool) -> Result<bool, StoreError> {
    let sql = "SELECT verified_at FROM identifiers WHERE kind = $1 AND key = $2";
    let values = [id.kind().name().into(), id.key().into()];
    let proven = tx.opt(sql, &values, |row| Ok(row.of("identifiers").opt_int("verified_at")?.is_some()));
    Ok(proven.await?.is_some_and(|proven| proven || !verified_only))
}

/// The first of `claims` that another account than `except` keeps from being made.
pub(crate) async fn first_taken(tx: &mut Tx<'_>, claims: &[Claim], except: Option<AccountId>) -> Result<Option<IdentifierKind>, StoreError> {
    for claim in claims {
        let holder = holder(tx, &claim.id).await?;
        if holder.is_some_and(|holder| Some(holder.account) != except && claim.standing.blocked_by(holder.is_verified)) {
            return Ok(Some(claim.id.kind()));
        }
    }
    Ok(None)
}

struct Holder {
    account: AccountId,
    is_verified: bool,
}

async fn holder(tx: &mut Tx<'_>, id: &LoginId) -> Result<Option<Holder>, StoreError> {
    let sql = "SELECT key, account, verified_at FROM identifiers WHERE kind = $1 AND key = $2";
    tx.opt(sql, &[id.kind().name().into(), id.key().into()], |row| {
        let row = row.of("identifiers");
        Ok(Holder { account: AccountId(row.id("account")?), is_verified: row.opt_time("verified_at")?.is_some() })
    })
    .await
}

/// Locks everything that is to be claimed or released, so that [`claim`] finds it as it stays.
pub(crate) async fn lock(tx: &mut Tx<'_>, ids: impl Iterator<Item = &LoginId> + Send) -> Result<(), StoreError> {
    tx.lock("identifier", ids.map(LoginId::key)).await
}

/// Gives `account` what it claims, if its standing allows it; it must be locked. A holder that never proved it loses it and is told; `sealer` seals that notice.
pub(crate) async fn claim(
    tx: &mut Tx<'_>,
    account: AccountId,
    claim: &Claim,
    sealer: Option<&Sealer>,
    now: Timestamp,
) -> Result<Claimed<()>, StoreError> {
    let (id, kind) = (&claim.id, claim.id.kind());
    if let Some(holder) = holder(tx, id).await? {
        if claim.standing.blocked_by(holder.is_verified) {
            return Ok(Claimed::Taken(kind));
        }
        displace(tx, holder.account, id, sealer.ok_or(Bug::Untold)?, now).await?;
    }
    let sql = "INSERT INTO identifiers (kind, key, shown, account, verified_at) VALUES ($1, $2, $3, $4, $5) ON CONFLICT (kind, key) DO NOTHING";
    let verified_at = claim.standing.is_verified().then_some(now);
    let values = [kind.name().into(), id.key().into(), id.shown().into(), (&account.0).into(), verified_at.into()];
    Ok(if tx.exec(sql, &values).await? == 1 { Claimed::Done(()) } else { Claimed::Taken(kind) })
}

/// Takes `id` from an account that never proved it: its open codes to it are dead (row 13), and it is told where it still can be.
async fn displace(tx: &mut Tx<'_>, loser: AccountId, id: &LoginId, sealer: &Sealer, now: Timestamp) -> Result<(), StoreError> {
    let account = accounts::load(tx, loser).await?;
    if !release(tx, loser, id).await? {
        // The loser has just let it go without us.
        return Ok(());
    }
    audit::note(tx, Act::ContactLost, Some(loser), Some(id.kind().name().to_owned())).await?;
    let Some(account) = account else { return Ok(()) };
    outbox::tell(tx, account.contact_lost(id), sealer, now).await
}

/// Frees an identifier of `account`, and voids what that account was sent there and what it paid for (row 13). Whether the account had it.
pub(crate) async fn release(tx: &mut Tx<'_>, account: AccountId, id: &LoginId) -> Result<bool, StoreError> {
    let values = [id.kind().name().into(), id.key().into(), (&account.0).into()];
    let gone = tx.exec("DELETE FROM identifiers WHERE kind = $1 AND key = $2 AND account = $3", &values).await? > 0;
    challenges::void_to(tx, account.0, id).await?;
    recoveries::void_by(tx, account, id).await?;
    Ok(gone)
}
