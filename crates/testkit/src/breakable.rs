//! A store that a test can take away, and give back: every call then fails as it does when the database cannot be reached.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use daftar_core::account::{Account, AccountId, AccountStatus, Claim, NewAccount};
use daftar_core::client::{ClientId, MachineClient};
use daftar_core::code::Pressure;
use daftar_core::identifier::{IdentifierKind, LoginId};
use daftar_core::ports::{Claimed, Once, Store, StoreError, Timestamp};
use daftar_core::profile::{ProfileUpdate, ProfileUpdated};
use daftar_core::registration::{FinishRegistration, Finished, LinkedRegistration, NewRegistration, Registration, RegistrationId, Resend, Resent};
use daftar_core::repeat::{Repeat, Repeated};
use daftar_core::secret::Mac;
use daftar_core::session::SessionId;
use daftar_core::sign_in::{OpenSession, Opened, SignInRecord};
use daftar_core::throttle::{Charge, Charged};

/// A store with a switch.
pub(crate) struct Breakable {
    store: Arc<dyn Store>,
    broken: AtomicBool,
}

impl Breakable {
    /// Puts a switch before `store`.
    pub(crate) fn new(store: Arc<dyn Store>) -> Self {
        Self { store, broken: AtomicBool::new(false) }
    }

    /// Takes the store away, or gives it back.
    pub(crate) fn set_broken(&self, broken: bool) {
        self.broken.store(broken, Ordering::SeqCst);
    }

    fn up(&self) -> Result<&dyn Store, StoreError> {
        if self.broken.load(Ordering::SeqCst) { Err(StoreError::Unavailable("taken away by a test".into())) } else { Ok(&*self.store) }
    }
}

macro_rules! behind_the_switch {
    ($($name:ident($($arg:ident: $type:ty),*) -> $answer:ty;)*) => {
        #[async_trait]
        impl Store for Breakable {
            $(async fn $name(&self, $($arg: $type),*) -> Result<$answer, StoreError> {
                self.up()?.$name($($arg),*).await
            })*
        }
    };
}

behind_the_switch! {
    ready() -> ();
    is_held(id: &LoginId, verified_only: bool) -> bool;
    first_taken(claims: &[Claim], except: Option<AccountId>) -> Option<IdentifierKind>;
    sign_in_record(id: &LoginId) -> Option<SignInRecord>;
    session_account(id: SessionId, now: Timestamp) -> Option<AccountId>;
    account(id: AccountId) -> Option<Account>;
    find_account(id: &LoginId) -> Option<Account>;
    client(id: &ClientId) -> Option<MachineClient>;
    clients() -> Vec<MachineClient>;
    registration(id: RegistrationId) -> Option<Registration>;
    linked_registration(link: Mac) -> Option<LinkedRegistration>;
    pressure(subject: &str, now: Timestamp) -> Pressure;
    repeated(repeat: &Repeat, now: Timestamp) -> Repeated<()>;
    create_account(account: NewAccount, once: Option<Once>) -> Repeated<Claimed<()>>;
    start_registration(new: NewRegistration, once: Option<Once>) -> Repeated<Claimed<()>>;
    resend_registration(resend: Resend) -> Resent;
    finish_registration(finish: FinishRegistration) -> Finished;
    disown_registration(link: Mac, now: Timestamp) -> bool;
    open_session(open: OpenSession) -> Opened;
    update_profile(update: ProfileUpdate) -> Claimed<ProfileUpdated>;
    set_status(id: AccountId, status: AccountStatus, now: Timestamp) -> bool;
    charge(charges: Vec<Charge>, now: Timestamp) -> Charged;
    refund(charges: Vec<Charge>, now: Timestamp) -> ();
    create_client(client: MachineClient) -> ();
    rotate_client(id: &ClientId, secret_mac: Mac) -> bool;
    disable_client(id: &ClientId, now: Timestamp) -> bool;
    same_master_key(fingerprint: Mac) -> bool;
    sweep(now: Timestamp) -> u64;
}
