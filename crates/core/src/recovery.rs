//! New passwords: the first one of an account that was made without, and another one for one that is forgotten, after a code (contract
//! `app-auth.md`, `/app/auth/password` and `/app/auth/forgot-password/verify`).
//!
//! A right reset code gives a *recovery*: the right to choose a new password, once, within ten minutes, and nothing else (threat row 11). It dies with the contact
//! that the code went to (row 13) and with every new password; a new password ends every session (row 12).

use std::time::Duration;

use uuid::Uuid;

use crate::account::{Account, AccountId, Surface};
use crate::code::{Code, Purpose};
use crate::identifier::LoginId;
use crate::limit::{ClientAddress, Sending};
use crate::message::{Content, Message, Recipient};
use crate::password::common::Whom;
use crate::password::{Password, PasswordRecord};
use crate::ports::{Timestamp, new_id};
use crate::redemption::{CodeError, Pays, Refusal, speaks_for};
use crate::service::{Accounts, Fault};
use crate::session::{LiveSession, NotSignedIn, SessionId};
use crate::token::{TokenKind, whole_seconds};

/// How long a recovery lasts (threat row 11).
pub const LIFETIME: Duration = Duration::from_secs(10 * 60);

/// Names a recovery; the `jti` of its token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct RecoveryId(pub Uuid);

/// A recovery about to be given.
#[derive(Debug, Clone, Copy)]
pub struct RecoveryDraft {
    /// Its name.
    pub id: RecoveryId,
    /// When it is given.
    pub created_at: Timestamp,
    /// When it ends.
    pub expires_at: Timestamp,
}

/// The right to choose a new password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recovery {
    /// Its name.
    pub id: RecoveryId,
    /// Whose password.
    pub account: AccountId,
    /// Where the code went that paid for it.
    pub contact: LoginId,
}

/// By what right a password is set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PasswordRight {
    /// It is the account's first, and somebody is signed in.
    First(SessionId),
    /// It replaces a forgotten one.
    Recovery(RecoveryId),
}

/// A password to set.
#[derive(Debug, Clone)]
pub struct NewPassword {
    /// Whose.
    pub account: AccountId,
    /// The password, hashed.
    pub record: PasswordRecord,
    /// By what right.
    pub right: PasswordRight,
    /// The message that tells it, if we made it up.
    pub told: Option<Sending>,
    /// Now.
    pub now: Timestamp,
}

/// The right to set a password, as it is found when it is used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FoundRight {
    /// The session, or the recovery, is over.
    Over,
    /// The session lives.
    Session,
    /// The recovery has been neither used nor voided.
    Recovery(Recovery),
}

/// What came of setting a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PasswordSet {
    /// It is set.
    Done,
    /// The account has one, and it was to be the first.
    AlreadySet,
    /// The session, or the recovery, is over.
    Over,
    /// The account was disabled meanwhile.
    Disabled,
    /// It was made up, and the account has lost the contact that is to be told of it.
    NoContact,
}

impl NewPassword {
    /// Decides, for the account and the right as they are in the transaction that would write it.
    #[must_use]
    pub fn judge(&self, account: &Account, right: &FoundRight) -> PasswordSet {
        let refused = match right {
            FoundRight::Over => Some(PasswordSet::Over),
            FoundRight::Session => account.has_password.then_some(PasswordSet::AlreadySet),
            FoundRight::Recovery(recovery) if recovery.account != account.id => Some(PasswordSet::Over),
            FoundRight::Recovery(recovery) => match speaks_for(&recovery.contact, account) {
                Ok(()) => None,
                Err(Refusal::Disabled) => Some(PasswordSet::Disabled),
                Err(Refusal::Wrong | Refusal::Expired | Refusal::Taken(_) | Refusal::SignedOut) => Some(PasswordSet::Over),
            },
        };
        let told = self.told.iter().flat_map(|told| &told.letters).all(|letter| account.has_proven(&letter.to.clone().into()));
        refused.unwrap_or(if told { PasswordSet::Done } else { PasswordSet::NoContact })
    }
}

/// Why a password was not set.
#[derive(Debug, thiserror::Error)]
pub enum SetPasswordError {
    /// The account has one, and it was to be the first.
    #[error("the account has a password")]
    AlreadySet,
    /// The password is one that guessers try first.
    #[error("the password is too common")]
    CommonPassword,
    /// There is nowhere to send a password that we make up.
    #[error("the account has no contact that it has proven")]
    NoContact,
    /// The session, or the recovery, is over.
    #[error("the right to set a password is over")]
    Over,
    /// The account is disabled.
    #[error("the account is disabled")]
    Disabled,
    /// It could not be done.
    #[error(transparent)]
    Fault(#[from] Fault),
}

impl Accounts {
    /// Gives a recovery for a reset code; its token.
    ///
    /// # Errors
    /// [`CodeError`].
    pub async fn begin_recovery(&self, token: &str, code: Code, from: ClientAddress) -> Result<String, CodeError> {
        let now = self.now();
        let draft = RecoveryDraft { id: RecoveryId(new_id(now, self.entropy())), created_at: now, expires_at: whole_seconds(now, LIFETIME) };
        let account = self.redeem(token, Purpose::AppReset, None, code, Pays::Recovery(draft, from.kept(&self.secrets().addresses))).await?;
        let registered = self.keys().registered(TokenKind::Recovery(Surface::App), draft.id.0, now, draft.expires_at);
        Ok(self.keys().sign_for(registered, account, now).map_err(Fault::broken)?)
    }

    /// The recovery for which `token` stands on `surface`.
    ///
    /// # Errors
    /// [`NotSignedIn`].
    pub async fn recovering(&self, token: &str, surface: Surface) -> Result<Recovery, NotSignedIn> {
        let now = self.now();
        let (id, account) = self.keys().check_for(token, TokenKind::Recovery(surface), now).await?;
        let recovery = self.store().recovery(RecoveryId(id), now).await.map_err(Fault::from)?;
        recovery.filter(|recovery| recovery.account == account).ok_or(NotSignedIn::Invalid)
    }

    /// Replaces a forgotten password and ends every session of the account; `None`: makes one up and sends it where the code went.
    ///
    /// # Errors
    /// [`SetPasswordError`].
    pub async fn reset_password(&self, recovery: Recovery, wished: Option<Password>) -> Result<(), SetPasswordError> {
        let account = self.store().account(recovery.account).await.map_err(Fault::from)?.ok_or(SetPasswordError::Over)?;
        let to = account.has_proven(&recovery.contact).then(|| Recipient::try_from(recovery.contact).ok()).flatten();
        self.set_password(&account, PasswordRight::Recovery(recovery.id), wished, to).await
    }

    /// Sets the first password of an account that has none; `None`: makes one up and sends it to a contact that the account has proven.
    ///
    /// # Errors
    /// [`SetPasswordError`].
    pub async fn set_first_password(&self, who: LiveSession, wished: Option<Password>) -> Result<(), SetPasswordError> {
        let account = self.store().account(who.account).await.map_err(Fault::from)?.ok_or(SetPasswordError::Over)?;
        if account.has_password {
            return Err(SetPasswordError::AlreadySet);
        }
        let to = account.any_proven_contact();
        self.set_password(&account, PasswordRight::First(who.id), wished, to).await
    }

    async fn set_password(
        &self,
        account: &Account,
        right: PasswordRight,
        wished: Option<Password>,
        to: Option<Recipient>,
    ) -> Result<(), SetPasswordError> {
        let (password, told) = match wished {
            Some(password) if self.is_common(&password, &Whom::holds(account)).await? => return Err(SetPasswordError::CommonPassword),
            Some(password) => (password, None),
            None => {
                let password = self.policy().passwords.app().make_up(self.entropy());
                let content = Content::GeneratedPassword { password: password.expose().to_owned() };
                // As App's codes, it comes from the installation itself and not from one of its brands.
                let message = Message { to: to.ok_or(SetPasswordError::NoContact)?, locale: account.locale, platform: None, content };
                (password, Some(message))
            }
        };
        let record = self.hash_new(&password).await.map_err(Fault::from)?;
        let now = self.now();
        let told = told.map(|message| self.sealer().notice(message, now)).transpose().map_err(Fault::broken)?;
        match self.store().set_password(NewPassword { account: account.id, record, right, told, now }).await.map_err(Fault::from)? {
            PasswordSet::Done => {
                self.ring();
                Ok(())
            }
            PasswordSet::AlreadySet => Err(SetPasswordError::AlreadySet),
            PasswordSet::Over => Err(SetPasswordError::Over),
            PasswordSet::Disabled => Err(SetPasswordError::Disabled),
            PasswordSet::NoContact => Err(SetPasswordError::NoContact),
        }
    }
}
