//! The core's ports: each method names its operation and the path on which it runs.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use daftar_core::access::{Grant, GrantId, LiveGrant};
use daftar_core::account::{Account, AccountId, AccountStatus, Claim, NewAccount};
use daftar_core::audit::{self as trail, Act, Scribe};
use daftar_core::client::{ClientId, MachineClient};
use daftar_core::code::{Challenge, Pressure};
use daftar_core::customer::{
    Applicant, ConfirmCustomer, Confirmed, CustomerRegistration, DeadLink, NewCustomerRegistration, ResendLink, ResendToken,
};
use daftar_core::device::{Device, DeviceKind, DeviceToken};
use daftar_core::erasure::Erased;
use daftar_core::identifier::{Country, IdentifierKind, LoginId};
use daftar_core::limit::{Charge, Charged, Exhausted, LimitKey, LimitKind, Room, Sending, SendingStanding, Usage};
use daftar_core::message::{Channel, MessageId};
use daftar_core::moving::{Entry, NewComer};
use daftar_core::outbox::status::{MessageFilter, MessageStatus, Retried};
use daftar_core::outbox::{Claims, Receipt, Receipted, RouteName, Settled};
use daftar_core::password::PasswordRecord;
use daftar_core::ports::{Claimed, Inbox, InboxFilter, InboxMessage, Once, Outbox, Queue, SigningKeys, Store, StoreError, Timestamp};
use daftar_core::profile::{ProfileUpdate, ProfileUpdated};
use daftar_core::recovery::{NewPassword, PasswordSet, Recovery, RecoveryId};
use daftar_core::redemption::{Redeemed, Redemption};
use daftar_core::registration::{FinishRegistration, Finished, LinkedRegistration, NewRegistration, Registration, RegistrationId, Resend, Resent};
use daftar_core::repeat::{Repeat, Repeated};
use daftar_core::secret::Mac;
use daftar_core::session::{Reachable, Session, SessionId};
use daftar_core::sign_in::{OpenSession, Opened, SignInRecord};
use daftar_core::token::{Rotation, SealedKey};

use crate::SqlStore;
use crate::ops::{
    access, accounts, audit, challenges, claims, clients, creation, customers, erasure, housekeeping, inbox, limits, messages, moving, new_passwords,
    outbox, profiles, receipts, recoveries, redemptions, registrations, repeats, sessions, signing_keys, status,
};

#[async_trait]
impl Store for SqlStore {
    fn noting(&self, scribe: Scribe) -> Arc<dyn Store> {
        Arc::new(self.noted_by(scribe))
    }

    async fn ready(&self) -> Result<(), StoreError> {
        self.check().await
    }

    async fn is_held(&self, id: &LoginId, verified_only: bool) -> Result<bool, StoreError> {
        self.look_up("is_held", (id, verified_only), |tx, &(id, verified_only)| Box::pin(claims::is_held(tx, id, verified_only))).await
    }

    async fn first_taken(&self, claims: &[Claim], except: Option<AccountId>) -> Result<Option<IdentifierKind>, StoreError> {
        self.look_up("first_taken", (claims, except), |tx, &(claims, except)| Box::pin(claims::first_taken(tx, claims, except))).await
    }

    async fn sign_in_record(&self, id: &LoginId, from: Mac) -> Result<Option<SignInRecord>, StoreError> {
        self.look_up("sign_in_record", (id, from), |tx, &(id, from)| Box::pin(accounts::sign_in_record(tx, id, from))).await
    }

    async fn session_account(&self, id: SessionId, now: Timestamp) -> Result<Option<AccountId>, StoreError> {
        self.look_up("session_account", (id, now), |tx, &(id, now)| Box::pin(sessions::account_of(tx, id, now))).await
    }

    async fn session_contacts(&self, id: SessionId, now: Timestamp) -> Result<Option<Reachable>, StoreError> {
        self.look_up("session_contacts", (id, now), |tx, &(id, now)| Box::pin(accounts::contacts_of_session(tx, id, now))).await
    }

    async fn session_profile(&self, id: SessionId, now: Timestamp) -> Result<Option<Account>, StoreError> {
        self.look_up("session_profile", (id, now), |tx, &(id, now)| Box::pin(accounts::of_session(tx, id, now))).await
    }

    async fn account(&self, id: AccountId) -> Result<Option<Account>, StoreError> {
        self.look_up("account", id, |tx, &id| Box::pin(accounts::load(tx, id))).await
    }

    async fn is_known(&self, account: AccountId, from: Mac) -> Result<bool, StoreError> {
        self.look_up("is_known", (account, from), |tx, &(account, from)| Box::pin(sessions::is_known(tx, account, from))).await
    }

    async fn find_account(&self, id: &LoginId) -> Result<Option<Account>, StoreError> {
        self.look_up("find_account", id, |tx, id| Box::pin(accounts::find(tx, id))).await
    }

    async fn client(&self, id: &ClientId) -> Result<Option<MachineClient>, StoreError> {
        self.look_up("client", id, |tx, id| Box::pin(clients::load(tx, id))).await
    }

    async fn clients(&self) -> Result<Vec<MachineClient>, StoreError> {
        self.scan("clients", (), |tx, ()| Box::pin(clients::list(tx))).await
    }

    async fn live_grant(&self, id: GrantId, now: Timestamp) -> Result<Option<LiveGrant>, StoreError> {
        self.look_up("live_grant", (id, now), |tx, &(id, now)| Box::pin(access::live(tx, id, now))).await
    }

    async fn registration(&self, id: RegistrationId) -> Result<Option<Registration>, StoreError> {
        self.look_up("registration", id, |tx, &id| Box::pin(registrations::load(tx, id))).await
    }

    async fn linked_registration(&self, link: Mac) -> Result<Option<LinkedRegistration>, StoreError> {
        self.look_up("linked_registration", link, |tx, &link| Box::pin(registrations::linked(tx, link))).await
    }

    async fn recovery(&self, id: RecoveryId, now: Timestamp) -> Result<Option<Recovery>, StoreError> {
        self.look_up("recovery", (id, now), |tx, &(id, now)| Box::pin(recoveries::load(tx, id, now))).await
    }

    async fn pressure(&self, subjects: &[String], now: Timestamp) -> Result<Pressure, StoreError> {
        self.look_up("pressure", (subjects, now), |tx, &(subjects, now)| Box::pin(challenges::pressure(tx, subjects, now))).await
    }

    async fn sending_standing(&self, charges: Vec<Charge>, prefix: Option<&str>, now: Timestamp) -> Result<SendingStanding, StoreError> {
        let asked = (charges, prefix, now);
        self.look_up("sending_standing", asked, |tx, (charges, prefix, now)| Box::pin(limits::sending_standing(tx, charges, *prefix, *now))).await
    }

    async fn limits_used(&self, kind: Option<LimitKind>, limit: u32, now: Timestamp) -> Result<Vec<(LimitKey, Usage)>, StoreError> {
        self.scan("limits_used", (kind, limit, now), |tx, &(kind, limit, now)| Box::pin(limits::used(tx, kind, limit, now))).await
    }

    async fn applicants(&self, host: &ClientId, tail: &str, now: Timestamp) -> Result<Vec<Applicant>, StoreError> {
        self.look_up("applicants", (host, tail, now), |tx, &(host, tail, now)| Box::pin(customers::applicants(tx, host, tail, now))).await
    }

    async fn linked_customer(&self, link: Mac) -> Result<Option<CustomerRegistration>, StoreError> {
        self.look_up("linked_customer", link, |tx, &link| Box::pin(customers::linked(tx, link))).await
    }

    async fn session_of_device(&self, token: &DeviceToken, now: Timestamp) -> Result<Option<(SessionId, Option<DeviceKind>)>, StoreError> {
        self.look_up("session_of_device", (token, now), |tx, &(token, now)| Box::pin(sessions::of_device(tx, token, now))).await
    }

    async fn repeated(&self, repeat: &Repeat, now: Timestamp) -> Result<Repeated<()>, StoreError> {
        self.look_up("repeated", (repeat, now), |tx, &(repeat, now)| Box::pin(repeats::look_up(tx, repeat, now))).await
    }

    async fn foresee_entries(&self, comers: Vec<NewComer>) -> Result<Vec<Entry>, StoreError> {
        self.scan("foresee_entries", comers, |tx, comers| Box::pin(moving::foresee(tx, comers))).await
    }

    async fn accounts_after(&self, after: Option<AccountId>, limit: u32) -> Result<Vec<(Account, Option<PasswordRecord>)>, StoreError> {
        self.scan("accounts_after", (after, limit), |tx, &(after, limit)| Box::pin(accounts::page(tx, after, limit))).await
    }

    async fn audit(&self, filter: &trail::Filter, limit: u32) -> Result<Vec<trail::Told>, StoreError> {
        self.scan("audit", (filter.clone(), limit), |tx, (filter, limit)| Box::pin(audit::list(tx, filter, *limit))).await
    }

    async fn live_sessions(&self, account: AccountId, now: Timestamp, limit: u32) -> Result<Vec<Session>, StoreError> {
        self.look_up("live_sessions", (account, now, limit), |tx, &(account, now, limit)| Box::pin(sessions::live(tx, account, now, limit))).await
    }

    async fn accounts_beginning(&self, beginnings: Vec<(IdentifierKind, String)>, limit: u32) -> Result<Vec<Account>, StoreError> {
        self.scan("accounts_beginning", (beginnings, limit), |tx, (beginnings, limit)| Box::pin(accounts::beginning(tx, beginnings, *limit))).await
    }

    async fn note(&self, act: Act) -> Result<(), StoreError> {
        self.write("note", act, |tx, &act| Box::pin(audit::note(tx, act, None, None))).await
    }

    async fn enter_accounts(&self, comers: Vec<NewComer>) -> Result<Vec<Entry>, StoreError> {
        self.write("enter_accounts", comers, |tx, comers| Box::pin(moving::enter(tx, comers))).await
    }

    async fn erase_account(&self, id: AccountId) -> Result<Option<Erased>, StoreError> {
        self.write("erase_account", id, |tx, &id| Box::pin(erasure::erase(tx, id))).await
    }

    async fn create_account(&self, account: NewAccount, once: Option<Once>) -> Result<Repeated<Claimed<()>>, StoreError> {
        self.write("create_account", (account, once), |tx, (account, once)| Box::pin(creation::create(tx, account, once.as_ref()))).await
    }

    async fn start_registration(&self, new: NewRegistration, once: Option<Once>) -> Result<Repeated<Claimed<Charged>>, StoreError> {
        self.write("start_registration", (new, once), |tx, (new, once)| Box::pin(registrations::start(tx, new, once.as_ref()))).await
    }

    async fn resend_registration(&self, resend: Resend) -> Result<Resent, StoreError> {
        self.write("resend_registration", resend, |tx, resend| Box::pin(registrations::resend(tx, resend))).await
    }

    async fn finish_registration(&self, finish: FinishRegistration) -> Result<Finished, StoreError> {
        self.write("finish_registration", finish, |tx, finish| Box::pin(registrations::finish(tx, finish))).await
    }

    async fn disown_registration(&self, link: Mac, now: Timestamp) -> Result<bool, StoreError> {
        self.write("disown_registration", (link, now), |tx, &(link, now)| Box::pin(registrations::disown(tx, link, now))).await
    }

    async fn register_customer(&self, new: NewCustomerRegistration, once: Option<Once>) -> Result<Repeated<Claimed<Charged>>, StoreError> {
        self.write("register_customer", (new, once), |tx, (new, once)| Box::pin(customers::register(tx, new, once.as_ref()))).await
    }

    async fn resend_token(&self, resend: ResendToken) -> Result<Option<Result<u32, Exhausted>>, StoreError> {
        self.write("resend_token", resend, |tx, resend| Box::pin(customers::resend_token(tx, resend))).await
    }

    async fn resend_link(&self, resend: ResendLink) -> Result<Option<Charged>, StoreError> {
        self.write("resend_link", resend, |tx, resend| Box::pin(customers::resend_link(tx, resend))).await
    }

    async fn authorise_customer(&self, link: Mac, now: Timestamp) -> Result<Result<(), DeadLink>, StoreError> {
        self.write("authorise_customer", (link, now), |tx, &(link, now)| Box::pin(customers::authorise(tx, link, now))).await
    }

    async fn disown_customer(&self, link: Mac, now: Timestamp) -> Result<bool, StoreError> {
        self.write("disown_customer", (link, now), |tx, &(link, now)| Box::pin(customers::disown(tx, link, now))).await
    }

    async fn confirm_customer(&self, confirm: ConfirmCustomer) -> Result<Confirmed, StoreError> {
        self.write("confirm_customer", confirm, |tx, confirm| Box::pin(customers::confirm(tx, confirm))).await
    }

    async fn send_challenge(&self, challenge: Challenge, sending: Sending) -> Result<Option<Charged>, StoreError> {
        self.write("send_challenge", (challenge, sending), |tx, (challenge, sending)| Box::pin(challenges::send_to(tx, challenge, sending))).await
    }

    async fn redeem(&self, redemption: Redemption) -> Result<Redeemed, StoreError> {
        self.write("redeem", redemption, |tx, redemption| Box::pin(redemptions::redeem(tx, redemption))).await
    }

    async fn set_password(&self, new: NewPassword) -> Result<PasswordSet, StoreError> {
        self.write("set_password", new, |tx, new| Box::pin(new_passwords::set_password(tx, new))).await
    }

    async fn open_session(&self, open: OpenSession) -> Result<Opened, StoreError> {
        self.write("open_session", open, |tx, open| Box::pin(sessions::open(tx, open))).await
    }

    async fn end_session(&self, id: SessionId, now: Timestamp) -> Result<bool, StoreError> {
        self.write("end_session", (id, now), |tx, &(id, now)| Box::pin(sessions::end(tx, id, now))).await
    }

    async fn end_sessions(&self, account: AccountId, now: Timestamp) -> Result<u64, StoreError> {
        self.write("end_sessions", (account, now), |tx, &(account, now)| Box::pin(sessions::end_each(tx, account, now))).await
    }

    async fn bind_device(&self, id: SessionId, device: Device, now: Timestamp) -> Result<bool, StoreError> {
        self.write("bind_device", (id, device, now), |tx, (id, device, now)| Box::pin(sessions::bind_device(tx, *id, device, *now))).await
    }

    async fn update_profile(&self, update: ProfileUpdate) -> Result<Claimed<ProfileUpdated>, StoreError> {
        self.write("update_profile", update, |tx, update| Box::pin(profiles::update(tx, update))).await
    }

    async fn set_status(&self, id: AccountId, status: AccountStatus, now: Timestamp) -> Result<bool, StoreError> {
        self.write("set_status", (id, status, now), |tx, &(id, to, now)| Box::pin(status::set_status(tx, id, to, now))).await
    }

    async fn charge(&self, charges: Vec<Charge>, now: Timestamp) -> Result<Charged, StoreError> {
        self.write("charge", (charges, now), |tx, (charges, now)| Box::pin(limits::charge(tx, charges, *now))).await
    }

    async fn note_usage(&self, charges: Vec<Charge>, now: Timestamp) -> Result<Vec<(LimitKey, Room)>, StoreError> {
        self.write("note_usage", (charges, now), |tx, (charges, now)| Box::pin(limits::note(tx, charges, *now))).await
    }

    async fn pause_prefix(&self, pause: Charge, now: Timestamp) -> Result<bool, StoreError> {
        self.write("pause_prefix", (pause, now), |tx, (pause, now)| Box::pin(limits::pause_prefix(tx, pause, *now))).await
    }

    async fn reset_limits(&self, kind: LimitKind, key: Option<LimitKey>) -> Result<u64, StoreError> {
        self.write("reset_limits", (kind, key), |tx, (kind, key)| Box::pin(limits::reset(tx, *kind, key.as_ref()))).await
    }

    async fn refund(&self, charges: Vec<Charge>, now: Timestamp) -> Result<(), StoreError> {
        self.write("refund", (charges, now), |tx, (charges, now)| Box::pin(limits::refund(tx, charges, *now))).await
    }

    async fn create_client(&self, client: MachineClient) -> Result<(), StoreError> {
        self.write("create_client", client, |tx, client| Box::pin(clients::create(tx, client))).await
    }

    async fn rotate_client(&self, id: &ClientId, secret_mac: Mac) -> Result<bool, StoreError> {
        self.write("rotate_client", (id.clone(), secret_mac), |tx, (id, secret_mac)| Box::pin(clients::rotate(tx, id, *secret_mac))).await
    }

    async fn set_client_country(&self, id: &ClientId, country: Country) -> Result<bool, StoreError> {
        self.write("set_client_country", (id.clone(), country), |tx, (id, country)| Box::pin(clients::set_country(tx, id, country))).await
    }

    async fn grant_access(&self, grant: Grant) -> Result<bool, StoreError> {
        self.write("grant_access", grant, |tx, grant| Box::pin(access::grant(tx, grant))).await
    }

    async fn end_access(&self, id: GrantId) -> Result<(), StoreError> {
        self.write("end_access", id, |tx, &id| Box::pin(access::end(tx, id))).await
    }

    async fn disable_client(&self, id: &ClientId, now: Timestamp) -> Result<bool, StoreError> {
        self.write("disable_client", (id.clone(), now), |tx, (id, now)| Box::pin(clients::disable(tx, id, *now))).await
    }

    async fn same_master_key(&self, fingerprint: Mac) -> Result<bool, StoreError> {
        self.write("same_master_key", fingerprint, |tx, &fingerprint| Box::pin(housekeeping::same_master_key(tx, fingerprint))).await
    }

    async fn messages(&self, filter: &MessageFilter, limit: u32) -> Result<Vec<MessageStatus>, StoreError> {
        self.scan("messages", (filter.clone(), limit), |tx, (filter, limit)| Box::pin(messages::list(tx, filter, *limit))).await
    }

    async fn queues(&self) -> Result<Vec<Queue>, StoreError> {
        self.scan("queues", (), |tx, ()| Box::pin(outbox::queues(tx))).await
    }

    async fn message_status(&self, id: MessageId) -> Result<Option<MessageStatus>, StoreError> {
        self.look_up("message_status", id, |tx, &id| Box::pin(messages::one(tx, id))).await
    }

    async fn note_receipt(&self, route: &RouteName, receipt: Receipt, now: Timestamp) -> Result<Option<Receipted>, StoreError> {
        self.write("note_receipt", (route.clone(), receipt, now), |tx, (route, receipt, now)| Box::pin(receipts::note(tx, route, receipt, *now)))
            .await
    }

    async fn retry_message(&self, id: MessageId, now: Timestamp) -> Result<Option<Retried>, StoreError> {
        self.write("retry_message", (id, now), |tx, &(id, now)| Box::pin(messages::retry(tx, id, now))).await
    }

    async fn sweep(&self, now: Timestamp) -> Result<u64, StoreError> {
        self.write("sweep", now, |tx, &now| Box::pin(housekeeping::sweep(tx, now))).await
    }

    async fn sweep_audit(&self, now: Timestamp, kept: Duration) -> Result<u64, StoreError> {
        self.write("sweep_audit", (now, kept), |tx, &(now, kept)| Box::pin(audit::sweep(tx, now, kept))).await
    }
}

#[async_trait]
impl SigningKeys for SqlStore {
    async fn signing_keys(&self) -> Result<Vec<SealedKey>, StoreError> {
        // A handful of rows, for which nobody should wait behind a long read.
        self.look_up("signing_keys", (), |tx, ()| Box::pin(signing_keys::list(tx))).await
    }

    async fn first_signing_key(&self, first: SealedKey) -> Result<Vec<SealedKey>, StoreError> {
        self.write("first_signing_key", first, |tx, first| Box::pin(signing_keys::first(tx, first))).await
    }

    async fn rotate_signing_keys(&self, rotation: Rotation) -> Result<(), StoreError> {
        self.write("rotate_signing_keys", rotation, |tx, rotation| Box::pin(signing_keys::rotate(tx, rotation))).await
    }
}

#[async_trait]
impl Outbox for SqlStore {
    async fn claim(&self, channel: Channel, limit: u32, now: Timestamp, lease: Duration) -> Result<Claims, StoreError> {
        self.write("claim", (channel, limit, now, lease), |tx, &(channel, limit, now, lease)| Box::pin(outbox::claim(tx, channel, limit, now, lease)))
            .await
    }

    async fn settle(&self, id: MessageId, settled: Settled, now: Timestamp) -> Result<Option<Receipted>, StoreError> {
        self.write("settle", (id, settled, now), |tx, (id, settled, now)| Box::pin(outbox::settle(tx, *id, settled, *now))).await
    }

    async fn waiting(&self) -> Result<u64, StoreError> {
        self.scan("waiting", (), |tx, ()| Box::pin(outbox::waiting(tx))).await
    }
}

#[async_trait]
impl Inbox for SqlStore {
    async fn deliver(&self, message: InboxMessage) -> Result<(), StoreError> {
        self.write("deliver", message, |tx, message| Box::pin(inbox::deliver(tx, message))).await
    }

    async fn newest(&self, filter: &InboxFilter, limit: u32) -> Result<Vec<InboxMessage>, StoreError> {
        self.scan("newest", (filter.clone(), limit), |tx, (filter, limit)| Box::pin(inbox::newest(tx, filter, *limit))).await
    }

    async fn message(&self, id: MessageId) -> Result<Option<InboxMessage>, StoreError> {
        self.look_up("message", id, |tx, &id| Box::pin(inbox::message(tx, id))).await
    }
}
