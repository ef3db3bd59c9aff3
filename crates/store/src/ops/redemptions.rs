//! Showing a code: it is judged, and what it pays for is done, in one transaction (threat rows 2, 3, 6 and 7).

use daftar_core::account::{Account, AccountId, Claim, Standing};
use daftar_core::audit::Act;
use daftar_core::code::{Challenge, Verdict};
use daftar_core::ports::{Claimed, StoreError};
use daftar_core::redemption::{Pays, Redeemed, Redemption, Refusal, speaks_for};
use daftar_core::session::SessionId;

use super::{accounts, audit, challenges, contacts, creation, recoveries, sessions};
use crate::tx::Tx;

/// Judges a code and does what it pays for.
pub(crate) async fn redeem(tx: &mut Tx<'_>, redemption: &Redemption) -> Result<Redeemed, StoreError> {
    let Some(challenge) = challenges::hold(tx, redemption.challenge).await? else { return Ok(Redeemed::Refused(Refusal::Wrong)) };
    let (challenge, verdict) = challenges::judge(tx, challenge, &redemption.shown, redemption.now).await?;
    let refusal = match verdict {
        Verdict::Right => match pay(tx, &challenge, redemption).await? {
            Ok(account) => {
                challenges::forgive(tx, &challenge).await?;
                return Ok(Redeemed::Done(account));
            }
            Err(refusal) => refusal,
        },
        Verdict::Wrong { .. } | Verdict::Odd { .. } | Verdict::Dead => Refusal::Wrong,
        Verdict::Expired => Refusal::Expired,
    };
    if let Refusal::Taken(_) | Refusal::SignedOut = refusal {
        // The code was right: neither it nor the try is spent.
        tx.keep_nothing();
    }
    Ok(Redeemed::Refused(refusal))
}

async fn pay(tx: &mut Tx<'_>, challenge: &Challenge, redemption: &Redemption) -> Result<Result<AccountId, Refusal>, StoreError> {
    let (subject, now) = (AccountId(challenge.subject), redemption.now);
    match &redemption.pays {
        Pays::SignIn(draft, from) => {
            let account = match holder(tx, challenge).await? {
                Ok(account) => account,
                Err(refusal) => return Ok(Err(refusal)),
            };
            sessions::insert(tx, &draft.of(account.id), None).await?;
            sessions::know(tx, account.id, *from, now).await?;
            Ok(Ok(account.id))
        }
        Pays::SignUp(newcomer, draft, from) => {
            let account = newcomer.proving(&challenge.destination);
            if let Claimed::Taken(kind) = creation::insert(tx, &account, Some(&redemption.sealer)).await? {
                return Ok(Err(Refusal::Taken(kind)));
            }
            sessions::insert(tx, &draft.of(account.id), None).await?;
            sessions::know(tx, account.id, *from, now).await?;
            Ok(Ok(account.id))
        }
        Pays::Recovery(draft, from) => {
            let account = match holder(tx, challenge).await? {
                Ok(account) => account,
                Err(refusal) => return Ok(Err(refusal)),
            };
            recoveries::insert(tx, account.id, &challenge.destination, draft).await?;
            // Whoever knew the password that is forgotten is a stranger from now on.
            sessions::know_none(tx, account.id).await?;
            sessions::know(tx, account.id, *from, now).await?;
            audit::note(tx, Act::RecoveryBegun, Some(account.id), None).await?;
            Ok(Ok(account.id))
        }
        Pays::Contact(session) => {
            let Some(account) = signed_in(tx, subject, *session, redemption).await? else { return Ok(Err(Refusal::SignedOut)) };
            let claim = Claim::new(challenge.destination.clone(), Standing::Proven);
            Ok(match contacts::replace(tx, &account, &claim, &redemption.sealer, now).await? {
                Claimed::Done(()) => Ok(account.id),
                Claimed::Taken(kind) => Err(Refusal::Taken(kind)),
            })
        }
    }
}

/// The account that a code was sent for, held, if the code still speaks for it.
async fn holder(tx: &mut Tx<'_>, challenge: &Challenge) -> Result<Result<Account, Refusal>, StoreError> {
    let Some(account) = accounts::hold(tx, AccountId(challenge.subject)).await? else { return Ok(Err(Refusal::Wrong)) };
    Ok(speaks_for(&challenge.destination, &account).map(|()| account))
}

/// The account, held, if `session` still speaks for it.
async fn signed_in(tx: &mut Tx<'_>, id: AccountId, session: SessionId, redemption: &Redemption) -> Result<Option<Account>, StoreError> {
    let account = accounts::hold(tx, id).await?;
    // Asked once the account is held: whoever ends its sessions holds it, too.
    let live = sessions::account_of(tx, session, redemption.now).await? == Some(id);
    Ok(account.filter(|_| live))
}
