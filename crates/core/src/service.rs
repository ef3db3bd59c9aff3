//! `Accounts`: the only door for surfaces. It holds the ports and the policies; the use cases are its methods and live with their subjects
//! (`registration.rs`, `sign_in.rs`, …).

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use crate::account::{Account, AccountId, AccountStatus};
use crate::admission::Admissions;
use crate::audit::{Caller, Scribe};
use crate::brand::{Brands, Links};
use crate::client::{ClientId, MachineClient, Scope};
use crate::hashing::{HashingError, HashingPool};
use crate::identifier::{Country, LoginId, PhoneNumber};
use crate::limit::contacts::TestContacts;
use crate::limit::guesses::GuessLimits;
use crate::limit::look_ups::Asker;
use crate::limit::sending::NoticeRules;
use crate::limit::{LimitKind, Limits, Tally, TooOften};
use crate::locale::Locale;
use crate::message::Sealer;
use crate::password::{Password, PasswordPolicy, PasswordRecord, PreHashedPassword, common};
use crate::ports::{Cause, Clock, Doorbell, Entropy, PasswordList, Pictures, ReceiptReader, Store, StoreError, Timestamp};
use crate::registration::RegistrationLifetimes;
use crate::repeat::{Repeat, RepeatKey};
use crate::secret::Secrets;
use crate::session::SessionLifetimes;
use crate::token::KeyRing;

/// Something other than the caller is at fault. A surface says so without a detail; the cause goes to the log, once.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// Too much to do: try again in a moment.
    #[error("overloaded")]
    Overloaded,
    /// The store cannot be reached: try again later.
    #[error("the store is not available")]
    Unavailable(#[source] Cause),
    /// A failure that trying again will not mend.
    #[error("internal failure")]
    Broken(#[source] Cause),
}

impl Fault {
    /// A failure that should not happen, with its cause.
    pub fn broken(cause: impl Into<Cause>) -> Self {
        Self::Broken(cause.into())
    }
}

impl From<StoreError> for Fault {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Overloaded => Self::Overloaded,
            StoreError::Unavailable(cause) => Self::Unavailable(cause),
            error @ (StoreError::Corrupt { .. } | StoreError::Failed(_)) => Self::broken(error),
        }
    }
}

impl From<HashingError> for Fault {
    fn from(error: HashingError) -> Self {
        match error {
            HashingError::Overloaded => Self::Overloaded,
            error @ (HashingError::Parameters(_)
            | HashingError::Failed(_)
            | HashingError::Damaged
            | HashingError::Panicked
            | HashingError::Stopped) => Self::broken(error),
        }
    }
}

/// What an installation decides for itself.
#[derive(Debug, Clone)]
pub struct Policy {
    /// Where the links in messages lead, where a brand has none of its own.
    pub links: Links,
    /// The country in which a phone number without one is read at sign-in.
    pub country: Country,
    /// The language to write in where the caller names none.
    pub locale: Locale,
    /// New passwords.
    pub passwords: PasswordPolicy,
    /// How often and how much; `None`: not limited, for development only.
    pub limits: Option<Limits>,
    /// When codes grow.
    pub guesses: GuessLimits,
    /// Contacts to which nothing is sent.
    pub test_contacts: TestContacts,
    /// How long sessions last.
    pub sessions: SessionLifetimes,
    /// How long registrations and codes last.
    pub registrations: RegistrationLifetimes,
    /// What is App's own.
    pub app: AppPolicy,
    /// How messages and pages present themselves.
    pub brands: Brands,
}

impl Policy {
    /// Where the links in messages of `platform` lead.
    #[must_use]
    pub fn links_of(&self, platform: Option<&str>) -> &Links {
        self.brands.of(platform).links.as_ref().unwrap_or(&self.links)
    }
}

/// What an installation decides for App (contract `app-auth.md`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppPolicy {
    /// Digits of its codes while nobody is guessing.
    pub code_digits: u8,
    /// The country in which digits without a `+` are read first.
    pub country: Country,
}

impl Default for AppPolicy {
    fn default() -> Self {
        Self { code_digits: 4, country: Country::hong_kong() }
    }
}

/// Somebody who holds an identifier, as a host may know of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holder {
    /// The phone number, if it is one of the host's own customers and has one.
    pub phone: Option<PhoneNumber>,
}

/// Why nobody was looked up.
#[derive(Debug, thiserror::Error)]
pub enum LookUpError {
    /// The caller asks too often (threat row 60).
    #[error(transparent)]
    TooOften(#[from] TooOften),
    /// It could not be found out.
    #[error(transparent)]
    Fault(#[from] Fault),
}

/// Everything that the use cases work with.
pub struct Parts {
    /// The account store.
    pub store: Arc<dyn Store>,
    /// The time of day.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub entropy: Arc<dyn Entropy>,
    /// Pictures.
    pub pictures: Arc<dyn Pictures>,
    /// The hashing pool.
    pub hashing: HashingPool,
    /// Token keys.
    pub keys: KeyRing,
    /// What is derived from the master key.
    pub secrets: Secrets,
    /// Wakes the outbox workers.
    pub doorbell: Doorbell,
    /// Passwords that nobody may choose, by list.
    pub known_passwords: Vec<Arc<dyn PasswordList>>,
    /// Reads what gateways report.
    pub receipts: Arc<dyn ReceiptReader>,
    /// What the installation decides.
    pub policy: Policy,
}

impl std::fmt::Debug for Parts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Parts").field("policy", &self.policy).finish_non_exhaustive()
    }
}

/// The account service, as one caller has it. Cheap to clone; every clone is the same service.
#[derive(Clone)]
pub struct Accounts {
    inner: Arc<Inner>,
    /// Notes what the caller does.
    store: Arc<dyn Store>,
}

impl std::fmt::Debug for Accounts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.inner.fmt(f)
    }
}

#[derive(Debug)]
struct Inner {
    parts: Parts,
    sealer: Sealer,
    admissions: Admissions,
    tally: Option<Tally>,
    /// When each alarm last sounded, in milliseconds since 1970.
    alarms: Vec<(Alarm, AtomicI64)>,
}

/// What operators are told of, each at most once a minute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Alarm {
    /// Somebody sprays codes (threat row 5).
    Spraying,
    /// A limit is spent.
    Limit(LimitKind),
    /// One that is everybody's is nearly spent.
    Nearly(LimitKind),
}

/// How often an alarm sounds, in milliseconds.
const ALARM_EVERY_MS: i64 = 60_000;

impl Accounts {
    /// A service made of these parts.
    #[must_use]
    pub fn new(parts: Parts) -> Self {
        let sending = parts.policy.limits.as_ref().map(|limits| limits.sending.clone());
        let notices = NoticeRules { sending, test_contacts: parts.policy.test_contacts.clone() };
        let sealer = Sealer::new(parts.secrets.outbox.clone(), Arc::clone(&parts.entropy)).with(notices);
        let limits = || LimitKind::ALL.iter().copied();
        let alarms = limits().map(Alarm::Limit).chain(limits().map(Alarm::Nearly)).chain([Alarm::Spraying]);
        let alarms = alarms.map(|alarm| (alarm, AtomicI64::new(0))).collect();
        if parts.policy.passwords.min_guesses > 0 {
            common::prepare();
        }
        let tally = parts.policy.limits.as_ref().map(|limits| Tally::new(limits.look_ups));
        let store = parts.store.noting(Scribe::new(Caller::service(), Arc::clone(&parts.clock), Arc::clone(&parts.entropy)));
        Self { inner: Arc::new(Inner { parts, sealer, admissions: Admissions::default(), tally, alarms }), store }
    }

    /// The service as `caller` has it: what it does is written down as done by him.
    #[must_use]
    pub fn called(&self, caller: Caller) -> Self {
        let Parts { clock, entropy, store, .. } = self.parts();
        let scribe = Scribe::new(caller, Arc::clone(clock), Arc::clone(entropy));
        Self { inner: Arc::clone(&self.inner), store: store.noting(scribe) }
    }

    /// What the installation decides.
    #[must_use]
    pub fn policy(&self) -> &Policy {
        &self.inner.parts.policy
    }

    /// The token keys.
    #[must_use]
    pub fn keys(&self) -> &KeyRing {
        &self.inner.parts.keys
    }

    /// The time of day.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.inner.parts.clock.now()
    }

    /// A random number, for names that need not be secret.
    #[must_use]
    pub fn random_number(&self) -> u64 {
        let mut bytes = [0; 8];
        self.entropy().fill(&mut bytes);
        u64::from_le_bytes(bytes)
    }

    /// How many password hashes wait to be computed.
    #[must_use]
    pub fn hashes_waiting(&self) -> usize {
        self.hashing().waiting()
    }

    /// How many password hashes have been computed since the start.
    #[must_use]
    pub fn hashes_done(&self) -> u64 {
        self.hashing().done()
    }

    /// Whether the store answers.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn ready(&self) -> Result<(), Fault> {
        Ok(self.store().ready().await?)
    }

    /// Whether an account holds this identifier, proven or not.
    ///
    /// # Errors
    /// [`LookUpError`].
    pub async fn is_registered(&self, id: &LoginId, asker: &Asker) -> Result<bool, LookUpError> {
        self.may_look_up::<LookUpError>(asker).await?;
        Ok(self.store().is_held(id, false).await.map_err(Fault::from)?)
    }

    /// Who holds this identifier, proven or not, as far as `host` may know: the account's phone is told only to the host through which it was registered
    /// (contract `invas.md`, `verifyEmail`).
    ///
    /// # Errors
    /// [`LookUpError`].
    pub async fn holder_for(&self, host: &ClientId, id: &LoginId) -> Result<Option<Holder>, LookUpError> {
        self.may_look_up::<LookUpError>(&Asker::Client(host.clone())).await?;
        let account = self.store().find_account(id).await.map_err(Fault::from)?;
        Ok(account.map(|account| {
            let is_ours = account.origin.client.as_ref() == Some(host);
            Holder { phone: account.phone.filter(|_| is_ours).map(|phone| phone.id) }
        }))
    }

    /// The account known by `id`, if that is a username or it has proven it (contract `common.md`, *Verified beats unverified*).
    ///
    /// # Errors
    /// [`TooOften`], or a fault.
    pub async fn proven_account<E: From<TooOften> + From<Fault>>(&self, id: &LoginId, asker: &Asker) -> Result<Option<Account>, E> {
        self.may_look_up::<E>(asker).await?;
        Ok(self.store().find_account(id).await.map_err(Fault::from)?.filter(|account| account.has_proven(id)))
    }

    /// The machine client that `id` and `secret` name, whatever it may do.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn authenticate_machine(&self, id: &str, secret: &str) -> Result<Option<MachineClient>, Fault> {
        let Some(id) = ClientId::parse(id) else { return Ok(None) };
        let client = self.store().client(&id).await?;
        Ok(client.filter(|client| client.admits(secret, &self.secrets().clients)))
    }

    /// The machine client that `id` and `secret` name, if it may act in `scope`.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn authenticate_client(&self, id: &str, secret: &str, scope: Scope) -> Result<Option<ClientId>, Fault> {
        let client = self.authenticate_machine(id, secret).await?;
        Ok(client.filter(|client| client.may(scope)).map(|client| client.id))
    }

    /// Describes a call that may be a repeat.
    #[must_use]
    pub fn repeat(&self, client: &ClientId, key: RepeatKey, endpoint: &str, body: &[u8]) -> Repeat {
        Repeat::new(client.clone(), key, endpoint, body, &self.secrets().repeats)
    }

    /// Enables or disables an account; disabling ends its sessions at once. Whether there is such an account.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn set_status(&self, account: AccountId, status: AccountStatus) -> Result<bool, Fault> {
        Ok(self.store().set_status(account, status, self.now()).await?)
    }

    pub(crate) fn parts(&self) -> &Parts {
        &self.inner.parts
    }

    pub(crate) fn store(&self) -> &dyn Store {
        &*self.store
    }

    /// The store, to be kept.
    pub(crate) fn kept_store(&self) -> Arc<dyn Store> {
        Arc::clone(&self.store)
    }

    pub(crate) fn entropy(&self) -> &dyn Entropy {
        &*self.inner.parts.entropy
    }

    pub(crate) fn pictures(&self) -> &dyn Pictures {
        &*self.inner.parts.pictures
    }

    pub(crate) fn hashing(&self) -> &HashingPool {
        &self.inner.parts.hashing
    }

    pub(crate) fn secrets(&self) -> &Secrets {
        &self.inner.parts.secrets
    }

    pub(crate) fn sealer(&self) -> &Sealer {
        &self.inner.sealer
    }

    pub(crate) fn admissions(&self) -> &Admissions {
        &self.inner.admissions
    }

    /// Whether an alarm is due; if so, it counts as sounded.
    pub(crate) fn alarm_is_due(&self, alarm: Alarm, now: Timestamp) -> bool {
        let now = now.as_millisecond();
        let due = |last: i64| (now.saturating_sub(last).saturating_abs() >= ALARM_EVERY_MS).then_some(now);
        let sounded = self.inner.alarms.iter().find(|(of, _)| *of == alarm);
        sounded.is_some_and(|(_, at)| at.fetch_update(Ordering::Relaxed, Ordering::Relaxed, due).is_ok())
    }

    pub(crate) fn tally(&self) -> Option<&Tally> {
        self.inner.tally.as_ref()
    }

    pub(crate) fn receipt_reader(&self) -> &dyn ReceiptReader {
        &*self.inner.parts.receipts
    }

    /// A message was queued.
    pub(crate) fn ring(&self) {
        self.inner.parts.doorbell.ring();
    }

    pub(crate) async fn hash_new(&self, password: &Password) -> Result<PasswordRecord, HashingError> {
        self.hashing().hash(password, self.entropy()).await
    }

    pub(crate) async fn hash_pre_hashed(&self, password: &PreHashedPassword) -> Result<PasswordRecord, HashingError> {
        self.hashing().hash_pre_hashed(password, self.entropy()).await
    }
}
