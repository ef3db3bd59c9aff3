//! What the core needs from outside, as traits: time, randomness, storage, pictures. The adapters live in other crates; the core
//! names no database, no file and no network.
//!
//! Storage is cut by use case: each writing method of [`Store`] is one transaction that either happens whole or not at all, and what an answer
//! promises is durable when the method returns. Inside it the adapter decides nothing: it loads, calls the core's
//! pure functions, and writes what they say.

use std::error::Error as StdError;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use uuid::Uuid;

pub use jiff::Timestamp;

use crate::access::{Grant, GrantId, LiveGrant};
use crate::account::{Account, AccountId, AccountStatus, Claim, NewAccount};
use crate::audit::{self, Act, Scribe};
use crate::client::{ClientId, MachineClient};
use crate::code::{Challenge, Pressure};
use crate::customer::{Applicant, ConfirmCustomer, Confirmed, CustomerRegistration, DeadLink, NewCustomerRegistration, ResendLink, ResendToken};
use crate::device::{Device, DeviceKind, DeviceToken};
use crate::erasure::Erased;
use crate::identifier::{Country, IdentifierKind, LoginId};
use crate::limit::{Charge, Charged, Exhausted, LimitKey, LimitKind, Room, Sending, SendingStanding, Usage};
use crate::message::{Channel, MessageId};
use crate::moving::{Entry, NewComer};
use crate::outbox::status::{MessageFilter, MessageStatus, Retried};
use crate::outbox::{Claims, Hook, HookError, Receipt, Receipted, RouteName, Settled};
use crate::password::PasswordRecord;
use crate::password::common::PasswordDigests;
use crate::person::PictureId;
use crate::profile::{ProfileUpdate, ProfileUpdated};
use crate::recovery::{NewPassword, PasswordSet, Recovery, RecoveryId};
use crate::redemption::{Redeemed, Redemption};
use crate::registration::{FinishRegistration, Finished, LinkedRegistration, NewRegistration, Registration, RegistrationId, Resend, Resent};
use crate::repeat::{Repeat, Repeated};
use crate::secret::Mac;
use crate::session::{Reachable, Session, SessionId};
use crate::sign_in::{OpenSession, Opened, SignInRecord};
use crate::token::{Rotation, SealedKey};

/// The time of day, to the millisecond. Tests set it.
pub trait Clock: Send + Sync {
    /// Now.
    fn now(&self) -> Timestamp;
}

/// Randomness good enough for keys.
pub trait Entropy: Send + Sync {
    /// Fills `bytes`.
    fn fill(&self, bytes: &mut [u8]);
}

/// A new id that sorts by time (UUID version 7, RFC 9562), so that rows written together lie together.
#[must_use]
pub fn new_id(now: Timestamp, entropy: &dyn Entropy) -> Uuid {
    let mut random = [0; 10];
    entropy.fill(&mut random);
    uuid::Builder::from_unix_timestamp_millis(u64::try_from(now.as_millisecond()).unwrap_or_default(), &random).into_uuid()
}

/// The boxed cause of an adapter's failure.
pub type Cause = Box<dyn StdError + Send + Sync>;

/// Why the store did not do what was asked. Nothing was changed, unless it says otherwise.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// It cannot be reached, or it is too busy to answer in time. Trying again later is right.
    #[error("the store cannot be reached")]
    Unavailable(#[source] Cause),
    /// Its queue is full.
    #[error("the store is overloaded")]
    Overloaded,
    /// A row is not what it must be.
    #[error("corrupt row in {table}.{column}: {row}")]
    Corrupt {
        /// The table.
        table: &'static str,
        /// The column.
        column: &'static str,
        /// The row's key, as far as it is known.
        row: String,
    },
    /// Anything else: a programming error or a damaged database.
    #[error("the store failed")]
    Failed(#[source] Cause),
}

/// The outcome of a write that claims identifiers: the unique index has the last word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Claimed<T> {
    /// All were free.
    Done(T),
    /// This one, the first in the order of the claims, is another account's. Nothing was written.
    Taken(IdentifierKind),
}

/// A call that may be a repeat, and what to keep of its outcome if it is the first.
#[derive(Debug, Clone)]
pub struct Once {
    /// The call.
    pub repeat: Repeat,
    /// What a repeat gets instead of being carried out.
    pub answer: Vec<u8>,
}

/// The account store, by use case. Reads see everything that was acknowledged before them.
#[async_trait]
pub trait Store: Send + Sync {
    /// The same store, which from now on notes with `scribe` whatever is done through it, in the transaction that does it. One without a scribe notes nothing: it is for
    /// what the installation does to itself, such as sweeping.
    fn noting(&self, scribe: Scribe) -> Arc<dyn Store>;

    // --- look-ups: no transaction, no waiting for writers

    /// Whether the store answers and its schema is the one that this program knows.
    async fn ready(&self) -> Result<(), StoreError>;
    /// Whether an account holds `id`; `verified_only`: and has proven it.
    async fn is_held(&self, id: &LoginId, verified_only: bool) -> Result<bool, StoreError>;
    /// The first of `claims` that another account than `except` keeps from being made.
    async fn first_taken(&self, claims: &[Claim], except: Option<AccountId>) -> Result<Option<IdentifierKind>, StoreError>;
    /// What it takes to check the password of whoever is known by `id`, and whether they signed in from the address `from` before.
    async fn sign_in_record(&self, id: &LoginId, from: Mac) -> Result<Option<SignInRecord>, StoreError>;
    /// Whether somebody signed in to the account from the address `from` before.
    async fn is_known(&self, account: AccountId, from: Mac) -> Result<bool, StoreError>;
    /// The account whose session this is, if at `now` the session is neither over nor ended and the account is active.
    async fn session_account(&self, id: SessionId, now: Timestamp) -> Result<Option<AccountId>, StoreError>;
    /// The same account's contacts, proven or not: what is asked for most.
    async fn session_contacts(&self, id: SessionId, now: Timestamp) -> Result<Option<Reachable>, StoreError>;
    /// The same account, whole.
    async fn session_profile(&self, id: SessionId, now: Timestamp) -> Result<Option<Account>, StoreError>;
    /// A whole account.
    async fn account(&self, id: AccountId) -> Result<Option<Account>, StoreError>;
    /// The account known by `id`, verified or not.
    async fn find_account(&self, id: &LoginId) -> Result<Option<Account>, StoreError>;
    /// A machine client, disabled ones included.
    async fn client(&self, id: &ClientId) -> Result<Option<MachineClient>, StoreError>;
    /// Every machine client, oldest first.
    async fn clients(&self) -> Result<Vec<MachineClient>, StoreError>;
    /// A grant and its client, if at `now` the grant is neither over nor ended, and the client is not disabled and has the secret that it had.
    async fn live_grant(&self, id: GrantId, now: Timestamp) -> Result<Option<LiveGrant>, StoreError>;
    /// A registration, finished and dead ones included until they are swept away.
    async fn registration(&self, id: RegistrationId) -> Result<Option<Registration>, StoreError>;
    /// The registration behind a link, and the challenge that was sent with it.
    async fn linked_registration(&self, link: Mac) -> Result<Option<LinkedRegistration>, StoreError>;
    /// What `host` registered and what still waits at `now`, of those whose phone ends with `tail` (see [`crate::identifier::PhoneNumber::tail`]).
    async fn applicants(&self, host: &ClientId, tail: &str, now: Timestamp) -> Result<Vec<Applicant>, StoreError>;
    /// The customer's registration behind a link, whatever its state.
    async fn linked_customer(&self, link: Mac) -> Result<Option<CustomerRegistration>, StoreError>;
    /// The live session to which a device is bound, and what the device is: where push messages go.
    async fn session_of_device(&self, token: &DeviceToken, now: Timestamp) -> Result<Option<(SessionId, Option<DeviceKind>)>, StoreError>;
    /// A recovery that has been neither used nor voided and is not over.
    async fn recovery(&self, id: RecoveryId, now: Timestamp) -> Result<Option<Recovery>, StoreError>;
    /// How much wrong guessing there has been against whichever of `subjects` has met most (see [`crate::code`]), and in the hour before `now` against
    /// everybody.
    async fn pressure(&self, subjects: &[String], now: Timestamp) -> Result<Pressure, StoreError>;
    /// Whether `charges` have room at `now`, and what became of the codes that were sent to numbers with `prefix` in the day before.
    async fn sending_standing(&self, charges: Vec<Charge>, prefix: Option<&str>, now: Timestamp) -> Result<SendingStanding, StoreError>;
    /// Limits that are used at `now`, of one kind or of all: those that take longest to be free again come first. At most `limit`.
    async fn limits_used(&self, kind: Option<LimitKind>, limit: u32, now: Timestamp) -> Result<Vec<(LimitKey, Usage)>, StoreError>;
    /// What is kept of the call that `repeat` repeats.
    async fn repeated(&self, repeat: &Repeat, now: Timestamp) -> Result<Repeated<()>, StoreError>;

    /// The newest `limit` messages that `filter` lets through, newest first.
    async fn messages(&self, filter: &MessageFilter, limit: u32) -> Result<Vec<MessageStatus>, StoreError>;
    /// How many messages of each channel are waiting or claimed, and since when the oldest of them is.
    async fn queues(&self) -> Result<Vec<Queue>, StoreError>;
    /// One message.
    async fn message_status(&self, id: MessageId) -> Result<Option<MessageStatus>, StoreError>;

    /// What would become of those who want to move in.
    async fn foresee_entries(&self, comers: Vec<NewComer>) -> Result<Vec<Entry>, StoreError>;
    /// The first `limit` accounts behind `after`, in the order of their ids, with their passwords.
    async fn accounts_after(&self, after: Option<AccountId>, limit: u32) -> Result<Vec<(Account, Option<PasswordRecord>)>, StoreError>;

    /// The newest `limit` entries of the audit trail that `filter` lets through, newest first.
    async fn audit(&self, filter: &audit::Filter, limit: u32) -> Result<Vec<audit::Told>, StoreError>;
    /// The newest `limit` sessions of an account that live at `now`, newest first.
    async fn live_sessions(&self, account: AccountId, now: Timestamp, limit: u32) -> Result<Vec<Session>, StoreError>;
    /// Accounts that are known by something that begins so, at most `limit`, each once.
    async fn accounts_beginning(&self, beginnings: Vec<(IdentifierKind, String)>, limit: u32) -> Result<Vec<Account>, StoreError>;

    // --- transactions

    /// Notes a deed that is no transaction: reading everything, copying the database.
    async fn note(&self, act: Act) -> Result<(), StoreError>;

    /// Writes those who may move in, all in one; what becomes of each (see [`crate::moving`]).
    async fn enter_accounts(&self, comers: Vec<NewComer>) -> Result<Vec<Entry>, StoreError>;
    /// Erases an account and every trace of its person. `None`: there is no such account.
    async fn erase_account(&self, id: AccountId) -> Result<Option<Erased>, StoreError>;

    /// Makes an account at once.
    async fn create_account(&self, account: NewAccount, once: Option<Once>) -> Result<Repeated<Claimed<()>>, StoreError>;
    /// Keeps a pending registration with its challenge and queues its message. Claims what the registration will claim, without reserving it;
    /// voids older challenges for the same purpose and destination (row 4).
    async fn start_registration(&self, new: NewRegistration, once: Option<Once>) -> Result<Repeated<Claimed<Charged>>, StoreError>;
    /// Sends a registration's code and link anew, the old ones voided.
    async fn resend_registration(&self, resend: Resend) -> Result<Resent, StoreError>;
    /// Finishes a registration by code or by link (rows 2, 3, 7): counts the attempt, compares, makes the account, all in one.
    async fn finish_registration(&self, finish: FinishRegistration) -> Result<Finished, StoreError>;
    /// Kills the registration behind a link ("this was not me"); whether there was one to kill.
    async fn disown_registration(&self, link: Mac, now: Timestamp) -> Result<bool, StoreError>;
    /// Keeps a customer's registration with its token and queues its messages, in place of an older one of the same host for the same phone. Claims what it will
    /// claim, without reserving it.
    async fn register_customer(&self, new: NewCustomerRegistration, once: Option<Once>) -> Result<Repeated<Claimed<Charged>>, StoreError>;
    /// Sends a customer's token anew, the old one voided; how many tokens were sent by now, or which budget is spent. `None`: there is no such registration that
    /// waits.
    async fn resend_token(&self, resend: ResendToken) -> Result<Option<Result<u32, Exhausted>>, StoreError>;
    /// Sends a customer's link anew, the old one dead. `None`: there is no such registration that waits.
    async fn resend_link(&self, resend: ResendLink) -> Result<Option<Charged>, StoreError>;
    /// A customer pressed the button behind a link: the address is proven. Why not, if it is not.
    async fn authorise_customer(&self, link: Mac, now: Timestamp) -> Result<Result<(), DeadLink>, StoreError>;
    /// Kills the customer's registration behind a link ("this was not me"); whether there was one to kill.
    async fn disown_customer(&self, link: Mac, now: Timestamp) -> Result<bool, StoreError>;
    /// Confirms a customer's registration (rows 2, 3, 7): counts the attempt, compares, makes the account, all in one.
    async fn confirm_customer(&self, confirm: ConfirmCustomer) -> Result<Confirmed, StoreError>;
    /// Keeps a challenge and queues the message with its code; older challenges for the same purpose and destination are dead (row 4). `None`: it is of an account that is
    /// not there any more.
    async fn send_challenge(&self, challenge: Challenge, sending: Sending) -> Result<Option<Charged>, StoreError>;
    /// Judges a code and does what it pays for, all in one (rows 2, 3, 6, 7).
    async fn redeem(&self, redemption: Redemption) -> Result<Redeemed, StoreError>;
    /// Sets a password, if the right to do so still stands; one that replaces another ends every session of the account (rows 11 and 12).
    async fn set_password(&self, new: NewPassword) -> Result<PasswordSet, StoreError>;
    /// Opens a session for a password that was right, unless the account or its password has changed since it was read; gives back the charges.
    async fn open_session(&self, open: OpenSession) -> Result<Opened, StoreError>;
    /// Ends a session and forgets its device. Whether there was one to end.
    async fn end_session(&self, id: SessionId, now: Timestamp) -> Result<bool, StoreError>;
    /// Ends every session of an account. How many there were.
    async fn end_sessions(&self, account: AccountId, now: Timestamp) -> Result<u64, StoreError>;
    /// Binds a device to a live session and to no other; whether the session lives.
    async fn bind_device(&self, id: SessionId, device: Device, now: Timestamp) -> Result<bool, StoreError>;
    /// Changes the basic profile.
    async fn update_profile(&self, update: ProfileUpdate) -> Result<Claimed<ProfileUpdated>, StoreError>;
    /// Enables or disables an account; disabling ends its sessions (row 12). Whether there is such an account.
    async fn set_status(&self, id: AccountId, status: AccountStatus, now: Timestamp) -> Result<bool, StoreError>;
    /// Charges every limit, or none (row 14).
    async fn charge(&self, charges: Vec<Charge>, now: Timestamp) -> Result<Charged, StoreError>;
    /// Writes down what was used of limits without asking them, and how much room that leaves each (row 60).
    async fn note_usage(&self, charges: Vec<Charge>, now: Timestamp) -> Result<Vec<(LimitKey, Room)>, StoreError>;
    /// Begins the pause of a prefix, unless it has begun; the codes sent until then speak against it no more. Whether it begins.
    async fn pause_prefix(&self, pause: Charge, now: Timestamp) -> Result<bool, StoreError>;
    /// Forgets what was used of the limits of `kind`, or of the one of `key` alone; how many there were. A prefix that was paused is not paused again for the codes
    /// that were sent before.
    async fn reset_limits(&self, kind: LimitKind, key: Option<LimitKey>) -> Result<u64, StoreError>;
    /// Gives charges back.
    async fn refund(&self, charges: Vec<Charge>, now: Timestamp) -> Result<(), StoreError>;
    /// Keeps a new machine client.
    async fn create_client(&self, client: MachineClient) -> Result<(), StoreError>;
    /// Replaces a machine client's secret; whether there is such a client.
    async fn rotate_client(&self, id: &ClientId, secret_mac: Mac) -> Result<bool, StoreError>;
    /// Sets the country in which a machine client reads phone numbers; whether there is such a client.
    async fn set_client_country(&self, id: &ClientId, country: Country) -> Result<bool, StoreError>;
    /// Keeps a grant, if its client is not disabled and has the secret that the grant says; whether it did.
    async fn grant_access(&self, grant: Grant) -> Result<bool, StoreError>;
    /// Ends a grant.
    async fn end_access(&self, id: GrantId) -> Result<(), StoreError>;
    /// Disables a machine client; whether there is such a client.
    async fn disable_client(&self, id: &ClientId, now: Timestamp) -> Result<bool, StoreError>;
    /// Remembers the master key's fingerprint the first time; afterwards whether it is the same.
    async fn same_master_key(&self, fingerprint: Mac) -> Result<bool, StoreError>;
    /// Notes a receipt for what a route's gateway calls by its reference; what it changed, if it was new and is about a message of ours. One that comes before the
    /// answer to the sending is kept for it.
    async fn note_receipt(&self, route: &RouteName, receipt: Receipt, now: Timestamp) -> Result<Option<Receipted>, StoreError>;
    /// Makes a message that was not sent due at once, by every route anew. `None`: there is no such message.
    async fn retry_message(&self, id: MessageId, now: Timestamp) -> Result<Option<Retried>, StoreError>;
    /// Deletes what nobody can need any more: a bounded amount at a time. How many rows went.
    async fn sweep(&self, now: Timestamp) -> Result<u64, StoreError>;
    /// Deletes entries of the audit trail that are older than `kept`: a bounded amount at a time. How many went.
    async fn sweep_audit(&self, now: Timestamp, kept: Duration) -> Result<u64, StoreError>;
}

/// The keys that sign tokens, as far as the store keeps them: sealed, and shared by every replica.
#[async_trait]
pub trait SigningKeys: Send + Sync {
    /// Every key, the newest first.
    async fn signing_keys(&self) -> Result<Vec<SealedKey>, StoreError>;
    /// Keeps `first` if there is no key at all. Every key there is then: of many that start at once, all get the same one.
    async fn first_signing_key(&self, first: SealedKey) -> Result<Vec<SealedKey>, StoreError>;
    /// Replaces the keys by what [`Rotation::turn`] makes of them.
    async fn rotate_signing_keys(&self, rotation: Rotation) -> Result<(), StoreError>;
}

/// The outbox, as its workers see it.
#[async_trait]
pub trait Outbox: Send + Sync {
    /// Claims up to `limit` messages of `channel` that are due, for the time of `lease`: nobody else gets them until it is over. Those past their
    /// `expires_at` are given up instead.
    async fn claim(&self, channel: Channel, limit: u32, now: Timestamp, lease: Duration) -> Result<Claims, StoreError>;
    /// Says what became of a claimed message. What a receipt that was there before this had to say, if there was one.
    async fn settle(&self, id: MessageId, settled: Settled, now: Timestamp) -> Result<Option<Receipted>, StoreError>;
    /// How many messages are waiting or claimed.
    async fn waiting(&self) -> Result<u64, StoreError>;
}

/// What waits in one channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Queue {
    /// The channel.
    pub channel: Channel,
    /// How many messages.
    pub waiting: u64,
    /// When the oldest of them was queued.
    pub oldest: Option<Timestamp>,
    /// When the first of them is worth nothing any more.
    pub ends: Option<Timestamp>,
}

/// Reads what gateways report of messages that they took.
pub trait ReceiptReader: Send + Sync {
    /// Checks that a request is the gateway's, then reads the receipts in it; none if it only says that a message is on its way.
    ///
    /// # Errors
    /// [`HookError`].
    fn read(&self, hook: &Hook) -> Result<Vec<Receipt>, HookError>;
    /// Hears what came of a receipt that was new.
    fn noted(&self, _receipted: &Receipted) {}
}

/// A message as a developer reads it in the inbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InboxMessage {
    /// The message's own id.
    pub id: MessageId,
    /// The way it would have gone.
    pub channel: Channel,
    /// The address or number.
    pub to: String,
    /// Its subject; a short message has none.
    pub subject: Option<String>,
    /// Its text.
    pub text: String,
    /// Its HTML part; a short message has none.
    pub html: Option<String>,
    /// When it was sent.
    pub sent_at: Timestamp,
}

/// Which messages of the inbox are wanted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct InboxFilter {
    /// Those that went this way.
    pub channel: Option<Channel>,
    /// Those to this address in lower case, or to this number in E.164 form.
    pub to: Option<String>,
}

/// The development inbox: what would have been sent.
#[async_trait]
pub trait Inbox: Send + Sync {
    /// Puts a message in; one that is there already stays as it is.
    async fn deliver(&self, message: InboxMessage) -> Result<(), StoreError>;
    /// The newest `limit` of the messages that `filter` lets through, newest first.
    async fn newest(&self, filter: &InboxFilter, limit: u32) -> Result<Vec<InboxMessage>, StoreError>;
    /// One message.
    async fn message(&self, id: MessageId) -> Result<Option<InboxMessage>, StoreError>;
}

/// Wakes the outbox workers when a message was queued, so that a code leaves at once and nobody polls in a hurry.
#[derive(Debug, Clone, Default)]
pub struct Doorbell(Arc<tokio::sync::Notify>);

impl Doorbell {
    /// Somebody queued a message: everybody who listens wakes.
    pub fn ring(&self) {
        self.0.notify_waiters();
    }

    /// Listens from now on, awaited or not: who listens first and looks into the outbox then misses no message.
    pub fn rung(&self) -> tokio::sync::futures::Notified<'_> {
        self.0.notified()
    }
}

/// A picture, ready to be kept: upright, without metadata, scaled, re-encoded as JPEG.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PreparedPicture {
    /// At most 1024 pixels on its longer side.
    pub image: Bytes,
    /// At most 256 pixels on its longer side.
    pub thumbnail: Bytes,
}

/// Which of a picture's two sizes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PictureSize {
    /// The picture itself.
    Full,
    /// Its thumbnail.
    Thumbnail,
}

/// Why a picture is not taken or not found.
#[derive(Debug, thiserror::Error)]
pub enum PictureError {
    /// Not a JPEG, PNG or WebP picture, damaged, or of more pixels than allowed.
    #[error("not a picture that can be read")]
    Unreadable,
    /// Too many pictures are being worked on.
    #[error("too many pictures are being prepared")]
    Overloaded,
    /// The place where pictures are kept failed.
    #[error("the picture store failed")]
    Store(#[source] Cause),
}

/// Where pictures are prepared and kept.
#[async_trait]
pub trait Pictures: Send + Sync {
    /// Decodes, turns upright, scales and re-encodes an upload. Dimensions are checked before anything is decoded (row 46).
    async fn prepare(&self, upload: Bytes) -> Result<PreparedPicture, PictureError>;
    /// Keeps a picture under `id`.
    async fn keep(&self, id: &PictureId, picture: PreparedPicture) -> Result<(), PictureError>;
    /// The JPEG kept under `id`.
    async fn read(&self, id: &PictureId, size: PictureSize) -> Result<Option<Bytes>, PictureError>;
    /// Forgets a picture; one that is not there is no error.
    async fn forget(&self, id: &PictureId) -> Result<(), PictureError>;
}

/// A list of passwords that nobody may choose: the most common ones, or those that were stolen elsewhere.
#[async_trait]
pub trait PasswordList: Send + Sync {
    /// Whether the list has this password.
    async fn has(&self, password: &PasswordDigests) -> Result<bool, StoreError>;
}

#[cfg(test)]
pub(crate) mod testing {
    //! Ports for the core's own unit tests.

    use super::Entropy;
    use std::sync::atomic::{AtomicU64, Ordering};

    /// Repeatable pseudo-randomness (SplitMix64): good enough to look random to a test.
    #[derive(Default)]
    pub(crate) struct CountingEntropy(AtomicU64);

    impl Entropy for CountingEntropy {
        fn fill(&self, bytes: &mut [u8]) {
            for byte in bytes {
                let mut z = self.0.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::Relaxed).wrapping_add(0x9e37_79b9_7f4a_7c15);
                z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
                z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
                *byte = (z ^ (z >> 31)).to_le_bytes()[0];
            }
        }
    }
}
