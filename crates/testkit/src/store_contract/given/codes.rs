//! Codes for accounts, and what they pay for.

use daftar_core::account::{AccountId, Claim, NewAccount, Standing, Surface};
use daftar_core::code::{Challenge, ChallengeId, ChallengeState, Code, Purpose, Shown};
use daftar_core::device::{Device, DeviceKind, DeviceToken};
use daftar_core::identifier::{LoginId, Username};
use daftar_core::limit::Charged;
use daftar_core::limit::guesses::GuessLimits;
use daftar_core::locale::Locale;
use daftar_core::message::{CodeUse, Content, Envelope};
use daftar_core::ports::{Store as _, Timestamp, new_id};
use daftar_core::recovery::{NewPassword, PasswordRight, RecoveryDraft, RecoveryId};
use daftar_core::redemption::{Pays, Redeemed, Redemption};
use daftar_core::secret::Mac;
use daftar_core::session::{SessionDraft, SessionId};
use daftar_core::sign_up::Newcomer;
use daftar_store::SqlStore;
use uuid::Uuid;

use super::{DAY, MINUTE, account, account_id, email, envelope, from, now, password, phone, sealer, secrets};
use crate::clock::OsEntropy;

/// Digits of a code on App.
pub const DIGITS: u8 = 4;

/// A code that somebody asks for, its challenge and its message.
#[derive(Debug, Clone)]
pub struct Sent {
    pub challenge: Challenge,
    pub envelope: Envelope,
    pub code: Code,
}

/// A code of four digits for `purpose`, of whoever `subject` names, to `to`.
#[must_use]
pub fn code(purpose: Purpose, subject: AccountId, to: impl Into<LoginId>) -> Sent {
    code_of(DIGITS, purpose, subject, to)
}

/// [`code`], of so many digits.
#[must_use]
pub fn code_of(digits: u8, purpose: Purpose, subject: AccountId, to: impl Into<LoginId>) -> Sent {
    let (code, destination) = (Code::draw_number(digits, &OsEntropy), to.into());
    let mut challenge = Challenge {
        id: ChallengeId(new_id(now(), &OsEntropy)),
        purpose,
        subject: subject.0,
        destination: destination.clone(),
        digits,
        code_mac: Mac([0; 32]),
        link_mac: None,
        tries_left: Challenge::tries(digits),
        state: ChallengeState::Open,
        created_at: now(),
        expires_at: now() + 10 * MINUTE,
    };
    challenge.code_mac = challenge.mac(&code, &secrets().codes);
    let good_for = match purpose {
        Purpose::AppSignIn | Purpose::AppSignup | Purpose::UsapiSignup | Purpose::InvasSignup => CodeUse::SignIn,
        Purpose::AppReset => CodeUse::ResetPassword,
        Purpose::AppEmail | Purpose::AppPhone => CodeUse::ChangeContact,
    };
    let content = Content::Code { good_for, code: code.expose().to_owned(), code_minutes: 10 };
    Sent { challenge, envelope: envelope(destination, content, now()), code }
}

/// [`code`], sent.
pub async fn send(store: &SqlStore, purpose: Purpose, subject: AccountId, to: impl Into<LoginId> + Send) -> Sent {
    code(purpose, subject, to).sent(store).await
}

impl Sent {
    /// Itself, once it is sent.
    pub async fn sent(self, store: &SqlStore) -> Self {
        assert_eq!(store.send_challenge(self.challenge.clone(), self.envelope.clone().into()).await.unwrap(), Some(Charged::Allowed));
        self
    }

    /// Whose it is.
    #[must_use]
    pub const fn subject(&self) -> AccountId {
        AccountId(self.challenge.subject)
    }

    /// Shows the right code for what it was sent for; not for a contact, see [`Sent::prove`].
    #[must_use]
    pub fn show(&self) -> Redemption {
        let pays = match self.challenge.purpose {
            Purpose::AppSignup => Pays::SignUp(newcomer(), session(), from()),
            Purpose::AppReset => Pays::Recovery(recovery(), from()),
            Purpose::AppSignIn | Purpose::UsapiSignup | Purpose::InvasSignup | Purpose::AppEmail | Purpose::AppPhone => {
                Pays::SignIn(session(), from())
            }
        };
        self.show_for(self.challenge.purpose, None, pays)
    }

    /// Shows the right code to put the contact on its account, signed in by `session`.
    #[must_use]
    pub fn prove(&self, session: SessionId) -> Redemption {
        self.show_for(self.challenge.purpose, Some(self.challenge.subject), Pays::Contact(session))
    }

    /// Shows the right code for `purpose`, in the name of `by`.
    #[must_use]
    pub fn show_for(&self, purpose: Purpose, by: Option<Uuid>, pays: Pays) -> Redemption {
        let shown = Shown { purpose, by, code: self.code.clone(), key: secrets().codes, limits: GuessLimits::CONTRACT };
        Redemption { challenge: self.challenge.id, shown, pays, sealer: sealer(), now: now() }
    }

    /// `show`, with a code that is not the right one.
    #[must_use]
    pub fn wrong(&self, mut show: Redemption) -> Redemption {
        let text = self.code.expose();
        let other = if text.ends_with('0') { '1' } else { '0' };
        show.shown.code = Code::parse(&format!("{}{other}", text.strip_suffix(|_: char| true).unwrap())).unwrap();
        show
    }
}

/// A session on App, whoever opens it.
#[must_use]
pub fn session() -> SessionDraft {
    SessionDraft { id: SessionId(account_id().0), surface: Surface::App, created_at: now(), expires_at: now() + 30 * DAY }
}

/// Somebody who has nothing yet but a code.
#[must_use]
pub fn newcomer() -> Newcomer {
    Newcomer { account: account_id(), username: Username::draw(&OsEntropy), surface: Surface::App, locale: Locale::Indonesian, now: now() }
}

/// The right to choose a new password, for ten minutes.
#[must_use]
pub fn recovery() -> RecoveryDraft {
    RecoveryDraft { id: RecoveryId(account_id().0), created_at: now(), expires_at: now() + 10 * MINUTE }
}

/// An account without a password, known by its verified e-mail address and phone number.
#[must_use]
pub fn reachable(name: &str, number: u32) -> NewAccount {
    let claims = [email(name).into(), LoginId::from(phone(number))].map(|contact| Claim::new(contact, Standing::Proven));
    NewAccount { claims: claims.into(), password: None, ..account(name) }
}

/// [`reachable`], made.
pub async fn made(store: &SqlStore, name: &str, number: u32) -> NewAccount {
    let account = reachable(name, number);
    store.create_account(account.clone(), None).await.unwrap();
    account
}

/// Signs an account in by a code to a contact that it has proven.
pub async fn sign_in_by_code(store: &SqlStore, account: AccountId, to: impl Into<LoginId> + Send) -> SessionId {
    let show = send(store, Purpose::AppSignIn, account, to).await.show();
    let Pays::SignIn(session, _) = show.pays else { unreachable!() };
    assert_eq!(store.redeem(show).await.unwrap(), Redeemed::Done(account));
    session.id
}

/// Gives an account a recovery for a code to a contact that it has proven.
pub async fn recover(store: &SqlStore, account: AccountId, to: impl Into<LoginId> + Send) -> RecoveryId {
    let show = send(store, Purpose::AppReset, account, to).await.show();
    let Pays::Recovery(recovery, _) = show.pays else { unreachable!() };
    assert_eq!(store.redeem(show).await.unwrap(), Redeemed::Done(account));
    recovery.id
}

/// A password to set by `right`.
#[must_use]
pub fn new_password(account: AccountId, right: PasswordRight, text: &str) -> NewPassword {
    NewPassword { account, record: password(text), right, told: None, now: now() }
}

/// A password in place of a forgotten one.
#[must_use]
pub fn reset(account: AccountId, recovery: RecoveryId, at: Timestamp) -> NewPassword {
    NewPassword { now: at, ..new_password(account, PasswordRight::Recovery(recovery), "after a reset") }
}

/// An account's first password.
#[must_use]
pub fn first_password(account: AccountId, session: SessionId, text: &str) -> NewPassword {
    new_password(account, PasswordRight::First(session), text)
}

#[must_use]
pub fn device(token: &str) -> Device {
    Device { token: DeviceToken::parse(token).unwrap(), kind: Some(DeviceKind::Ios) }
}
