//! A store that a test can take away or damage: calls then fail as they do when the database cannot be reached, or does not work.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use daftar_core::access::{Grant, GrantId, LiveGrant};
use daftar_core::account::{Account, AccountId, AccountStatus, Claim, NewAccount};
use daftar_core::audit::{self, Act, Scribe};
use daftar_core::client::{ClientId, MachineClient};
use daftar_core::code::{Challenge, Pressure};
use daftar_core::customer::{
    Applicant, ConfirmCustomer, Confirmed, CustomerRegistration, DeadLink, NewCustomerRegistration, ResendLink, ResendToken,
};
use daftar_core::device::{Device, DeviceKind, DeviceToken};
use daftar_core::erasure::Erased;
use daftar_core::identifier::{Country, IdentifierKind, LoginId};
use daftar_core::limit::{Charge, Charged, Exhausted, LimitKey, LimitKind, Room, Sending, SendingStanding, Usage};
use daftar_core::message::MessageId;
use daftar_core::moving::{Entry, NewComer};
use daftar_core::outbox::status::{MessageFilter, MessageStatus, Retried};
use daftar_core::outbox::{Receipt, Receipted, RouteName};
use daftar_core::password::PasswordRecord;
use daftar_core::ports::{Claimed, Once, Queue, SigningKeys, Store, StoreError, Timestamp};
use daftar_core::profile::{ProfileUpdate, ProfileUpdated};
use daftar_core::recovery::{NewPassword, PasswordSet, Recovery, RecoveryId};
use daftar_core::redemption::{Redeemed, Redemption};
use daftar_core::registration::{FinishRegistration, Finished, LinkedRegistration, NewRegistration, Registration, RegistrationId, Resend, Resent};
use daftar_core::repeat::{Repeat, Repeated};
use daftar_core::secret::Mac;
use daftar_core::session::{Reachable, Session, SessionId};
use daftar_core::sign_in::{OpenSession, Opened, SignInRecord};
use daftar_core::token::{Rotation, SealedKey};
use daftar_store::SqlStore;

/// What a store is like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Condition {
    /// It works.
    Whole,
    /// It cannot be reached.
    Away,
    /// Nothing in it can be read or written.
    Damaged,
    /// It can be read, but not written.
    Unwritable,
}

/// A store with a switch.
pub(crate) struct Breakable {
    store: SqlStore,
    condition: Arc<Mutex<Condition>>,
}

impl Breakable {
    /// Puts a switch before `store`.
    pub(crate) fn new(store: SqlStore) -> Self {
        Self { store, condition: Arc::new(Mutex::new(Condition::Whole)) }
    }

    /// From now on it is like this.
    pub(crate) fn set(&self, condition: Condition) {
        *self.condition.lock().unwrap() = condition;
    }

    fn condition(&self) -> Condition {
        *self.condition.lock().unwrap()
    }

    fn read(&self) -> Result<&SqlStore, StoreError> {
        match self.condition() {
            Condition::Whole | Condition::Unwritable => Ok(&self.store),
            Condition::Away => Err(StoreError::Unavailable("taken away by a test".into())),
            Condition::Damaged => Err(StoreError::Failed("damaged by a test".into())),
        }
    }

    fn write(&self) -> Result<&SqlStore, StoreError> {
        if self.condition() == Condition::Unwritable { Err(StoreError::Failed("made unwritable by a test".into())) } else { self.read() }
    }
}

macro_rules! behind_the_switch {
    ($port:ident { $($own:item)* }: $($access:ident $name:ident($($arg:ident: $type:ty),*) -> $answer:ty;)*) => {
        #[async_trait]
        impl $port for Breakable {
            $($own)*

            $(async fn $name(&self, $($arg: $type),*) -> Result<$answer, StoreError> {
                self.$access()?.$name($($arg),*).await
            })*
        }
    };
}

behind_the_switch! { Store {
    fn noting(&self, scribe: Scribe) -> Arc<dyn Store> {
        Arc::new(Self { store: self.store.noted_by(scribe), condition: Arc::clone(&self.condition) })
    }
}:
    read ready() -> ();
    read is_held(id: &LoginId, verified_only: bool) -> bool;
    read first_taken(claims: &[Claim], except: Option<AccountId>) -> Option<IdentifierKind>;
    read sign_in_record(id: &LoginId, from: Mac) -> Option<SignInRecord>;
    read is_known(account: AccountId, from: Mac) -> bool;
    read session_account(id: SessionId, now: Timestamp) -> Option<AccountId>;
    read session_contacts(id: SessionId, now: Timestamp) -> Option<Reachable>;
    read session_profile(id: SessionId, now: Timestamp) -> Option<Account>;
    read account(id: AccountId) -> Option<Account>;
    read find_account(id: &LoginId) -> Option<Account>;
    read client(id: &ClientId) -> Option<MachineClient>;
    read clients() -> Vec<MachineClient>;
    read live_grant(id: GrantId, now: Timestamp) -> Option<LiveGrant>;
    read registration(id: RegistrationId) -> Option<Registration>;
    read linked_registration(link: Mac) -> Option<LinkedRegistration>;
    read applicants(host: &ClientId, tail: &str, now: Timestamp) -> Vec<Applicant>;
    read linked_customer(link: Mac) -> Option<CustomerRegistration>;
    read session_of_device(token: &DeviceToken, now: Timestamp) -> Option<(SessionId, Option<DeviceKind>)>;
    read recovery(id: RecoveryId, now: Timestamp) -> Option<Recovery>;
    read pressure(subjects: &[String], now: Timestamp) -> Pressure;
    read sending_standing(charges: Vec<Charge>, prefix: Option<&str>, now: Timestamp) -> SendingStanding;
    read limits_used(kind: Option<LimitKind>, limit: u32, now: Timestamp) -> Vec<(LimitKey, Usage)>;
    read repeated(repeat: &Repeat, now: Timestamp) -> Repeated<()>;
    read messages(filter: &MessageFilter, limit: u32) -> Vec<MessageStatus>;
    read queues() -> Vec<Queue>;
    read message_status(id: MessageId) -> Option<MessageStatus>;
    read foresee_entries(comers: Vec<NewComer>) -> Vec<Entry>;
    read accounts_after(after: Option<AccountId>, limit: u32) -> Vec<(Account, Option<PasswordRecord>)>;
    read audit(filter: &audit::Filter, limit: u32) -> Vec<audit::Told>;
    read live_sessions(account: AccountId, now: Timestamp, limit: u32) -> Vec<Session>;
    read accounts_beginning(beginnings: Vec<(IdentifierKind, String)>, limit: u32) -> Vec<Account>;
    write enter_accounts(comers: Vec<NewComer>) -> Vec<Entry>;
    write erase_account(id: AccountId) -> Option<Erased>;
    write create_account(account: NewAccount, once: Option<Once>) -> Repeated<Claimed<()>>;
    write start_registration(new: NewRegistration, once: Option<Once>) -> Repeated<Claimed<Charged>>;
    write resend_registration(resend: Resend) -> Resent;
    write finish_registration(finish: FinishRegistration) -> Finished;
    write disown_registration(link: Mac, now: Timestamp) -> bool;
    write register_customer(new: NewCustomerRegistration, once: Option<Once>) -> Repeated<Claimed<Charged>>;
    write resend_token(resend: ResendToken) -> Option<Result<u32, Exhausted>>;
    write resend_link(resend: ResendLink) -> Option<Charged>;
    write authorise_customer(link: Mac, now: Timestamp) -> Result<(), DeadLink>;
    write disown_customer(link: Mac, now: Timestamp) -> bool;
    write confirm_customer(confirm: ConfirmCustomer) -> Confirmed;
    write send_challenge(challenge: Challenge, sending: Sending) -> Option<Charged>;
    write redeem(redemption: Redemption) -> Redeemed;
    write set_password(new: NewPassword) -> PasswordSet;
    write open_session(open: OpenSession) -> Opened;
    write end_session(id: SessionId, now: Timestamp) -> bool;
    write end_sessions(account: AccountId, now: Timestamp) -> u64;
    write bind_device(id: SessionId, device: Device, now: Timestamp) -> bool;
    write update_profile(update: ProfileUpdate) -> Claimed<ProfileUpdated>;
    write set_status(id: AccountId, status: AccountStatus, now: Timestamp) -> bool;
    write charge(charges: Vec<Charge>, now: Timestamp) -> Charged;
    write note_usage(charges: Vec<Charge>, now: Timestamp) -> Vec<(LimitKey, Room)>;
    write pause_prefix(pause: Charge, now: Timestamp) -> bool;
    write reset_limits(kind: LimitKind, key: Option<LimitKey>) -> u64;
    write refund(charges: Vec<Charge>, now: Timestamp) -> ();
    write create_client(client: MachineClient) -> ();
    write rotate_client(id: &ClientId, secret_mac: Mac) -> bool;
    write set_client_country(id: &ClientId, country: Country) -> bool;
    write grant_access(grant: Grant) -> bool;
    write end_access(id: GrantId) -> ();
    write disable_client(id: &ClientId, now: Timestamp) -> bool;
    write same_master_key(fingerprint: Mac) -> bool;
    write note_receipt(route: &RouteName, receipt: Receipt, now: Timestamp) -> Option<Receipted>;
    write retry_message(id: MessageId, now: Timestamp) -> Option<Retried>;
    write note(act: Act) -> ();
    write sweep(now: Timestamp) -> u64;
    write sweep_audit(now: Timestamp, kept: Duration) -> u64;
}

behind_the_switch! { SigningKeys {}:
    read signing_keys() -> Vec<SealedKey>;
    write first_signing_key(first: SealedKey) -> Vec<SealedKey>;
    write rotate_signing_keys(rotation: Rotation) -> ();
}
