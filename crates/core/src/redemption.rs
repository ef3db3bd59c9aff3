//! Showing a one-time code, and what it pays for: signing in, an account, a new password, a contact. The code is judged and spent in the one
//! transaction that does what it pays for (threat rows 2 and 7); whom it speaks for is remembered by the store and never taken from a token (row 10).

use uuid::Uuid;

use crate::account::{Account, AccountId, AccountStatus, Surface};
use crate::code::{ChallengeId, Code, Purpose, Shown};
use crate::identifier::{IdentifierKind, LoginId};
use crate::measure::{self, Outcome};
use crate::message::Sealer;
use crate::ports::Timestamp;
use crate::recovery::RecoveryDraft;
use crate::secret::Mac;
use crate::service::{Accounts, Fault};
use crate::session::{SessionDraft, SessionId};
use crate::sign_up::Newcomer;
use crate::token::{CodeClaims, TokenError, TokenKind};

/// A code to judge, and what to do if it is right.
#[derive(Debug, Clone)]
pub struct Redemption {
    /// The challenge that the token names.
    pub challenge: ChallengeId,
    /// The code.
    pub shown: Shown,
    /// What it pays for.
    pub pays: Pays,
    /// Seals what is told to an account that loses or changes a contact by this.
    pub sealer: Sealer,
    /// Now.
    pub now: Timestamp,
}

/// What a right code pays for.
#[derive(Debug, Clone)]
pub enum Pays {
    /// A session of the account that the code was sent for, opened from an address that is one of its own from now on (threat row 15).
    SignIn(SessionDraft, Mac),
    /// An account that has proven where the code was sent, and its first session, likewise.
    SignUp(Newcomer, SessionDraft, Mac),
    /// The right to choose a new password, which whoever has it signs in with, likewise.
    Recovery(RecoveryDraft, Mac),
    /// That contact on the account; the session must live.
    Contact(SessionId),
}

/// What came of showing a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Redeemed {
    /// It was right, and what it pays for is done, for this account.
    Done(AccountId),
    /// Nothing was done but counting the try.
    Refused(Refusal),
}

/// Why a code pays for nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Wrong, used, voided, exhausted, or not for this; or its account has lost the contact that it was sent to.
    #[error("the code is wrong or dead")]
    Wrong,
    /// Too late.
    #[error("the code has expired")]
    Expired,
    /// It was right, but the account is disabled.
    #[error("the account is disabled")]
    Disabled,
    /// It was right, but this identifier was taken meanwhile. The code is not spent.
    #[error("the {} is taken", .0.name())]
    Taken(IdentifierKind),
    /// It was right, but the session of whoever showed it has ended meanwhile.
    #[error("the session has ended")]
    SignedOut,
}

/// Why showing a code led to nothing.
#[derive(Debug, thiserror::Error)]
pub enum CodeError {
    /// The code pays for nothing.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// It could not be found out.
    #[error(transparent)]
    Fault(#[from] Fault),
}

/// Whether a code that went to `destination` still speaks for `account`: only as long as the account has proven it (rows 13 and 34).
///
/// # Errors
/// [`Refusal::Wrong`], or [`Refusal::Disabled`].
pub fn speaks_for(destination: &LoginId, account: &Account) -> Result<(), Refusal> {
    match account.status {
        _ if !account.has_proven(destination) => Err(Refusal::Wrong),
        AccountStatus::Disabled => Err(Refusal::Disabled),
        AccountStatus::Active => Ok(()),
    }
}

impl Accounts {
    /// Shows `code` for the challenge that `token` names. `by` is the account that shows it, where somebody who is signed in does.
    pub(crate) async fn redeem(&self, token: &str, purpose: Purpose, by: Option<Uuid>, code: Code, pays: Pays) -> Result<AccountId, CodeError> {
        let now = self.now();
        let claims = match self.keys().check::<CodeClaims>(token, TokenKind::Code(Surface::App), now).await {
            Ok(claims) => claims,
            Err(TokenError::Invalid(_)) => return Err(Refusal::Wrong.into()),
            Err(TokenError::Fault(fault)) => return Err(fault.into()),
        };
        let shown = Shown { purpose, by, code, key: self.secrets().codes.clone(), limits: self.policy().guesses };
        let redemption = Redemption { challenge: ChallengeId(claims.registered.jti), shown, pays, sealer: self.sealer().clone(), now };
        let redeemed = self.store().redeem(redemption).await.map_err(Fault::from)?;
        measure::shown(
            purpose,
            match redeemed {
                Redeemed::Refused(Refusal::Wrong) => Outcome::Wrong,
                Redeemed::Refused(Refusal::Expired) => Outcome::Expired,
                Redeemed::Done(_) | Redeemed::Refused(Refusal::Disabled | Refusal::Taken(_) | Refusal::SignedOut) => Outcome::Right,
            },
        );
        match redeemed {
            Redeemed::Done(account) => {
                self.ring();
                Ok(account)
            }
            Redeemed::Refused(refusal) => Err(refusal.into()),
        }
    }
}
