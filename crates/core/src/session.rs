//! Sessions: who is signed in, on the server's word alone. A token names a session; whether it still lives is asked of the store
//! at every call, so that ending it is ending it everywhere (threat rows 12 and 29).

use std::time::Duration;

use uuid::Uuid;

use crate::account::{Account, AccountId, Surface};
use crate::device::Device;
use crate::identifier::{EmailAddress, PhoneNumber};
use crate::ports::{Timestamp, new_id};
use crate::service::{Accounts, Fault};
use crate::token::{AccountClaims, TokenError, TokenKind, whole_seconds};

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

/// A session about to be opened, of whoever will be found to be right.
#[derive(Debug, Clone, Copy)]
pub struct SessionDraft {
    /// Its name.
    pub id: SessionId,
    /// Where.
    pub surface: Surface,
    /// Since when.
    pub created_at: Timestamp,
    /// Until when.
    pub expires_at: Timestamp,
}

impl SessionDraft {
    /// The session, of `account`.
    #[must_use]
    pub const fn of(self, account: AccountId) -> Session {
        let Self { id, surface, created_at, expires_at } = self;
        Session { id, account, surface, created_at, expires_at }
    }
}

/// A session that was found alive, and whose it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LiveSession {
    /// Its name.
    pub id: SessionId,
    /// Who is signed in.
    pub account: AccountId,
}

/// How long sessions last (contract `usapi.md`, `/auth`; `app-auth.md`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionLifetimes {
    /// In a browser or an unknown client.
    pub usual: Duration,
    /// In the mobile app of USAPI.
    pub native_app: Duration,
    /// On App.
    pub app: Duration,
}

impl Default for SessionLifetimes {
    fn default() -> Self {
        const HOUR: u64 = 60 * 60;
        let days = |days: u64| Duration::from_secs(days * 24 * HOUR);
        Self { usual: Duration::from_secs(12 * HOUR), native_app: days(90), app: days(30) }
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

/// How a person is reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reachable {
    /// The person's account.
    pub account: AccountId,
    /// Its e-mail address.
    pub email: Option<EmailAddress>,
    /// Its phone number.
    pub phone: Option<PhoneNumber>,
}

impl Accounts {
    /// The live session, and its account, for which `token` speaks on `surface` (threat row 31: the account comes from the token alone).
    ///
    /// # Errors
    /// [`NotSignedIn`].
    pub async fn authenticate(&self, token: &str, surface: Surface) -> Result<LiveSession, NotSignedIn> {
        let claims = self.signed_in(token, surface).await?;
        Ok(LiveSession { id: SessionId(claims.registered.jti), account: AccountId(claims.sub) })
    }

    /// How the account is reached for which `token` speaks on `surface`, on the same terms.
    ///
    /// # Errors
    /// [`NotSignedIn`].
    pub async fn contacts_by(&self, token: &str, surface: Surface) -> Result<Reachable, NotSignedIn> {
        let now = self.now();
        let claims: AccountClaims = self.keys().check(token, TokenKind::Session(surface), now).await?;
        let found = self.store().session_contacts(SessionId(claims.registered.jti), now).await.map_err(Fault::from)?;
        found.filter(|found| found.account == AccountId(claims.sub)).ok_or(NotSignedIn::Invalid)
    }

    /// The account, whole, for which `token` speaks on `surface`, on the same terms.
    ///
    /// # Errors
    /// [`NotSignedIn`].
    pub async fn profile_by(&self, token: &str, surface: Surface) -> Result<Account, NotSignedIn> {
        let now = self.now();
        let claims: AccountClaims = self.keys().check(token, TokenKind::Session(surface), now).await?;
        let account = self.store().session_profile(SessionId(claims.registered.jti), now).await.map_err(Fault::from)?;
        account.filter(|account| account.id == AccountId(claims.sub)).ok_or(NotSignedIn::Invalid)
    }

    /// What the token of a live session on `surface` says.
    pub(crate) async fn signed_in(&self, token: &str, surface: Surface) -> Result<AccountClaims, NotSignedIn> {
        let now = self.now();
        let claims: AccountClaims = self.keys().check(token, TokenKind::Session(surface), now).await?;
        let live = self.store().session_account(SessionId(claims.registered.jti), now).await.map_err(Fault::from)?;
        if live == Some(AccountId(claims.sub)) { Ok(claims) } else { Err(NotSignedIn::Invalid) }
    }

    /// Ends a session, on every replica, and forgets its device token; whether there was one to end. One that has ended already stays so.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn sign_out(&self, session: SessionId) -> Result<bool, Fault> {
        Ok(self.store().end_session(session, self.now()).await?)
    }

    /// Remembers where push messages to this session go. The device belongs to no other session any more.
    ///
    /// # Errors
    /// [`NotSignedIn`] when the session has ended meanwhile.
    pub async fn bind_device(&self, session: SessionId, device: Device) -> Result<(), NotSignedIn> {
        let bound = self.store().bind_device(session, device, self.now()).await.map_err(Fault::from)?;
        if bound { Ok(()) } else { Err(NotSignedIn::Invalid) }
    }

    /// A session that begins now on `surface`; `native_app`: in USAPI's mobile app, where they last longer.
    pub(crate) fn draft_session(&self, surface: Surface, native_app: bool) -> SessionDraft {
        let (now, lifetimes) = (self.now(), self.policy().sessions);
        let lifetime = match surface {
            Surface::App => lifetimes.app,
            Surface::Usapi | Surface::Invas if native_app => lifetimes.native_app,
            Surface::Usapi | Surface::Invas => lifetimes.usual,
        };
        SessionDraft { id: SessionId(new_id(now, self.entropy())), surface, created_at: now, expires_at: whole_seconds(now, lifetime) }
    }

    /// The token that stands for a session.
    pub(crate) fn token_of(&self, session: &Session) -> Result<String, Fault> {
        let registered = self.keys().registered(TokenKind::Session(session.surface), session.id.0, session.created_at, session.expires_at);
        self.keys().sign_for(registered, session.account, session.created_at).map_err(Fault::broken)
    }
}
