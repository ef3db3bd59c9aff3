//! Sessions: who is signed in, on the server's word alone. A token names a session; whether it still lives is asked of the store
//! at every call, so that ending it is ending it everywhere (threat rows 12 and 29).

use std::time::Duration;

use uuid::Uuid;

use crate::account::{AccountId, Surface};
use crate::ports::Timestamp;
use crate::service::{Accounts, Fault};
use crate::token::TokenError;

/// Names a session; the `jti` of its token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SessionId(pub Uuid);

/// Somebody is signed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// Its name.
    pub id: SessionId,
    /// Who is signed in.
    pub account: AccountId,
    /// Where.
    pub surface: Surface,
    /// Since when.
    pub created_at: Timestamp,
    /// Until when.
    pub expires_at: Timestamp,
}

/// How long sessions last (contract `usapi.md`, `/auth`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionLifetimes {
    /// In a browser or an unknown client.
    pub usual: Duration,
    /// In the mobile app.
    pub native_app: Duration,
}

impl Default for SessionLifetimes {
    fn default() -> Self {
        const HOUR: u64 = 60 * 60;
        Self { usual: Duration::from_secs(12 * HOUR), native_app: Duration::from_secs(90 * 24 * HOUR) }
    }
}

/// Why a caller is not taken for anybody.
#[derive(Debug, thiserror::Error)]
pub enum NotSignedIn {
    /// The token is not valid here, or its session has ended.
    #[error("the token is not valid here, or its session has ended")]
    Invalid,
    /// It could not be found out.
    #[error(transparent)]
    Fault(#[from] Fault),
}

impl From<TokenError> for NotSignedIn {
    fn from(error: TokenError) -> Self {
        match error {
            TokenError::Invalid(_) => Self::Invalid,
            TokenError::Fault(fault) => Self::Fault(fault),
        }
    }
}

impl Accounts {
    /// The account for which `token` speaks on `surface` (threat row 31: the account comes from the token alone).
    ///
    /// # Errors
    /// [`NotSignedIn`].
    pub async fn authenticate(&self, token: &str, surface: Surface) -> Result<AccountId, NotSignedIn> {
        let now = self.now();
        let (session, account) = self.keys().check_session(token, surface, now).await?;
        let live = self.store().session_account(session, now).await.map_err(Fault::from)?;
        if live == Some(account) { Ok(account) } else { Err(NotSignedIn::Invalid) }
    }
}
