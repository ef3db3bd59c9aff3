//! THE sign-in: every surface's sign-in by password is [`Accounts::sign_in`]; by code, which App alone has, it is [`Accounts::sign_in_by_code`].
//!
//! By password the order matters. Limits are charged before the password is compared, so that racing guesses cannot slip through (row 14); an unknown name
//! is charged and hashed like a known one (row 19); that an account is disabled is said only to whoever knows its password; and
//! the session is opened only if account and password are still what they were when they were read.

use std::time::Duration;

use crate::account::{AccountId, AccountStatus, Surface};
use crate::admission::{Refusal, Ticket};
use crate::code::{Code, Purpose};
use crate::device::Device;
use crate::hashing::{Checked, PATIENCE};
use crate::identifier::LoginId;
use crate::limit::passwords::Attempt;
use crate::limit::{Charge, Charged, ClientAddress, Exhausted, TooOften};
use crate::measure;
use crate::password::{Password, PasswordRecord};
use crate::redemption::{CodeError, Pays};
use crate::secret::Mac;
use crate::service::{Accounts, Fault};
use crate::session::Session;

/// What it takes to check somebody's password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignInRecord {
    /// Who.
    pub account: AccountId,
    /// Whether the account may sign in.
    pub status: AccountStatus,
    /// The password, if the account has one.
    pub password: Option<PasswordRecord>,
    /// Whether somebody signed in to the account before from the address that was asked about (threat row 15).
    pub is_known_address: bool,
}

/// A session to open after a right password.
#[derive(Debug, Clone)]
pub struct OpenSession {
    /// The session.
    pub session: Session,
    /// The password that was found right: if it is another by now, nobody is signed in.
    pub password: PasswordRecord,
    /// The same password hashed anew, if its record was out of date.
    pub rehashed: Option<PasswordRecord>,
    /// The device of whoever signs in, if it was said.
    pub device: Option<Device>,
    /// From where: from now on that is an address of the account's own (threat row 15).
    pub from: Mac,
    /// The limits to give back.
    pub refund: Vec<Charge>,
}

/// What came of opening a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Opened {
    /// It is open.
    Open,
    /// The account was disabled meanwhile.
    Disabled,
    /// The password was changed, or the account deleted, meanwhile.
    Stale,
}

/// Somebody who wants to sign in with a password.
#[derive(Debug, Clone)]
pub struct SignIn {
    /// Where.
    pub surface: Surface,
    /// The identifier as typed; what classifies as none is nobody's.
    pub who: Option<LoginId>,
    /// The password as typed.
    pub password: Password,
    /// From which address.
    pub from: ClientAddress,
    /// Whether the caller is USAPI's mobile app, whose sessions last longer.
    pub native_app: bool,
    /// The caller's device, if it was said. It is no evidence of anything (threat row 55).
    pub device: Option<Device>,
}

/// What came of signing in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SignedIn {
    /// The session, and the token that stands for it.
    Welcome {
        /// The account.
        account: AccountId,
        /// The token.
        token: String,
    },
    /// Nobody is known by this name, or the password is wrong.
    Refused,
    /// The password is right, but the account is disabled.
    Disabled,
    /// Too many wrong passwords.
    Throttled {
        /// How long until the next try.
        retry_after: Duration,
    },
}

impl Accounts {
    /// Signs somebody in with a password.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn sign_in(&self, attempt: SignIn) -> Result<SignedIn, Fault> {
        let from = attempt.from.kept(&self.secrets().addresses);
        let record = match &attempt.who {
            Some(who) => self.store().sign_in_record(who, from).await?,
            None => None,
        };
        let account = record.as_ref().map(|r| r.account);
        let is_known = record.as_ref().is_some_and(|record| record.is_known_address);
        let charged = Attempt { account, typed: attempt.who.as_ref(), key: &self.secrets().addresses, from: attempt.from, is_known };
        let charges = self.policy().limits.as_ref().map(|limits| limits.passwords.charges(charged)).unwrap_or_default();
        let admission = self.admit(&charges).await?;
        if let Admission::Refused(exhausted) = &admission {
            let TooOften(retry_after) = self.too_often(exhausted, self.now());
            measure::sign_in("throttled");
            return Ok(SignedIn::Throttled { retry_after });
        }
        // From here on the charge stands, whatever becomes of the caller; only a right password gives it back.
        let outcome = self.compare_and_open(&attempt, record, charges).await;
        drop(admission);
        match &outcome {
            Ok(SignedIn::Welcome { .. }) => measure::sign_in("welcome"),
            Ok(SignedIn::Refused) => measure::sign_in("refused"),
            Ok(SignedIn::Disabled) => measure::sign_in("disabled"),
            Ok(SignedIn::Throttled { .. }) | Err(_) => {}
        }
        outcome
    }

    /// Signs somebody in by a code that was asked for to sign in; the session's token.
    ///
    /// # Errors
    /// [`CodeError`].
    pub async fn sign_in_by_code(&self, token: &str, code: Code, from: ClientAddress) -> Result<String, CodeError> {
        let session = self.draft_session(Surface::App, false);
        let pays = Pays::SignIn(session, from.kept(&self.secrets().addresses));
        let account = self.redeem(token, Purpose::AppSignIn, None, code, pays).await?;
        Ok(self.token_of(&session.of(account))?)
    }

    async fn compare_and_open(&self, attempt: &SignIn, record: Option<SignInRecord>, charges: Vec<Charge>) -> Result<SignedIn, Fault> {
        let (mut record, from) = (record, attempt.from.kept(&self.secrets().addresses));
        // Twice at most: the record can change between its reading and the opening, most often because a sign-in beside this one made it anew.
        for _ in 0..2 {
            let known = record.as_ref().and_then(|r| r.password.as_ref());
            let checked = match self.hashing().check(&attempt.password, known).await {
                Ok(checked) => checked,
                Err(error) => {
                    // Nothing was compared: an overloaded hasher must not use up anybody's tries.
                    self.give_back(charges).await?;
                    return Err(error.into());
                }
            };
            let (Some(SignInRecord { account, status, password: Some(password), .. }), Checked::Right | Checked::RightButStale) = (record, checked)
            else {
                return Ok(SignedIn::Refused);
            };
            if status == AccountStatus::Disabled {
                self.give_back(charges).await?;
                return Ok(SignedIn::Disabled);
            }
            // A stale record is made anew if there is room for another hash; if not, next time.
            let rehashed = if checked == Checked::RightButStale { self.hash_new(&attempt.password).await.ok() } else { None };
            let session = self.draft_session(attempt.surface, attempt.native_app).of(account);
            let token = self.token_of(&session)?;
            let open = OpenSession { session, password, rehashed, device: attempt.device.clone(), from, refund: charges.clone() };
            match self.store().open_session(open).await? {
                Opened::Open => return Ok(SignedIn::Welcome { account, token }),
                Opened::Disabled => return Ok(SignedIn::Disabled),
                Opened::Stale => {}
            }
            record = match &attempt.who {
                Some(who) => self.store().sign_in_record(who, from).await?,
                None => None,
            };
        }
        Ok(SignedIn::Refused)
    }

    async fn give_back(&self, charges: Vec<Charge>) -> Result<(), Fault> {
        if !charges.is_empty() {
            self.store().refund(charges, self.now()).await?;
        }
        Ok(())
    }

    /// Charges the limits, which reserves a wrong answer. While right ones are being compared a limit can look full that is not: then this waits
    /// for one of them to end and asks again, up to the hashing pool's own patience.
    async fn admit(&self, charges: &[Charge]) -> Result<Admission<'_>, Fault> {
        if charges.is_empty() {
            return Ok(Admission::Unlimited);
        }
        let patience = tokio::time::sleep(PATIENCE);
        tokio::pin!(patience);
        let mut ticket = tokio::select! {
            ticket = self.admissions().enter(charges) => ticket,
            () = &mut patience => return Err(Fault::Overloaded),
        };
        loop {
            let seen = ticket.ask();
            // Never given up half way: a charge that is queued is carried out, so somebody must be there to use it or give it back.
            match self.store().charge(charges.to_vec(), self.now()).await? {
                Charged::Allowed => return Ok(Admission::Granted(ticket)),
                Charged::Refused(exhausted) => tokio::select! {
                    refusal = ticket.refused(&exhausted.spent, &seen) => if refusal == Refusal::Final {
                        return Ok(Admission::Refused(exhausted));
                    },
                    () = &mut patience => return Err(Fault::Overloaded),
                },
            }
        }
    }
}

enum Admission<'a> {
    Unlimited,
    Granted(#[expect(dead_code, reason = "held for its end: dropping it lets the next one in")] Ticket<'a>),
    Refused(Exhausted),
}
