//! The audit trail: who did what to which account, through which door and from where. An entry is written in the transaction that does the deed, so there is no deed
//! without its entry and no entry without its deed; what was refused is no deed and stands in the limits and metrics.
//!
//! The trail holds names of accounts, clients and operators, and addresses that people came from. It holds no contact and no secret: it outlives the account that it speaks of.

use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::Duration;

use serde::Serialize;
use uuid::Uuid;

use crate::account::AccountId;
use crate::client::ClientId;
use crate::limit::ClientAddress;
use crate::named::named;
use crate::ports::{Clock, Entropy, Timestamp, new_id};
use crate::service::{Accounts, Fault};

/// How long entries are kept where nobody says otherwise.
pub const KEPT: Duration = Duration::from_secs(400 * 24 * 60 * 60);

named! {
    /// What was done. The names are stored: add, never rename.
    Act {
        /// Somebody has an account from now on.
        AccountMade = "account.made",
        /// An account came from elsewhere.
        AccountImported = "account.imported",
        /// It may sign in again.
        AccountEnabled = "account.enabled",
        /// It may not sign in, and its sessions have ended.
        AccountDisabled = "account.disabled",
        /// It is gone, and every trace of its person.
        AccountErased = "account.erased",
        /// Somebody signed in. About: the session.
        SessionOpened = "session.opened",
        /// A session was ended. About: the session.
        SessionEnded = "session.ended",
        /// All sessions were ended at once.
        SessionsEnded = "session.all_ended",
        /// A code gave the right to choose a new password.
        RecoveryBegun = "recovery.begun",
        /// The account has its first password.
        PasswordSet = "password.set",
        /// A forgotten password was replaced; all sessions have ended.
        PasswordReplaced = "password.replaced",
        /// A contact was changed by proving another. About: its kind.
        ContactChanged = "contact.changed",
        /// A contact that was never proven went to whoever proved it. About: its kind.
        ContactLost = "contact.lost",
        /// The basic profile was changed.
        ProfileChanged = "profile.changed",
        /// A machine client was made. About: the client.
        ClientMade = "client.made",
        /// It has a new secret. About: the client.
        ClientRotated = "client.rotated",
        /// It reads phone numbers elsewhere. About: the client.
        ClientMoved = "client.moved",
        /// It may call no more. About: the client.
        ClientDisabled = "client.disabled",
        /// There is a new key to sign tokens with. About: what became of the others, `retired` or `revoked`.
        KeysRotated = "keys.rotated",
        /// A limit, or all of a kind, begins anew. About: the kind.
        LimitReset = "limit.reset",
        /// A message is sent once more. About: the message.
        MessageRetried = "message.retried",
        /// Accounts were written out, with their passwords' hashes.
        AccountsExported = "accounts.exported",
        /// The database was copied into a file, with the passwords' hashes.
        StoreBackedUp = "store.backed_up",
        /// The database was copied into another one. Both tell of it.
        StoreCopied = "store.copied",
        /// Everything that was open in a restored database has ended.
        Restored = "store.restored",
    }
}

named! {
    /// By which way somebody came in.
    Door {
        /// USAPI.
        Usapi = "usapi",
        /// App User Auth.
        App = "app",
        /// INVAS.
        Invas = "invas",
        /// OAuth's endpoints for machine clients.
        Oauth = "oauth",
        /// A page of ours, behind a link in a mail.
        Page = "page",
        /// The administrators' API.
        Admin = "admin",
        /// The command line.
        CommandLine = "command_line",
        /// None: the service does it by itself.
        Inside = "inside",
    }
}

/// Who did it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Actor {
    /// Whoever has what it takes to be the account's own person: its password, a code, a link, a session.
    Owner,
    /// A machine client.
    Client(ClientId),
    /// Whoever has the command line, by the name that the system knows.
    Operator(String),
    /// The service itself.
    Service,
}

impl Actor {
    /// The stable name of what kind of actor this is.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::Client(_) => "client",
            Self::Operator(_) => "operator",
            Self::Service => "service",
        }
    }

    /// Its name, where it has one.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        match self {
            Self::Client(id) => Some(id.as_str()),
            Self::Operator(name) => Some(name),
            Self::Owner | Self::Service => None,
        }
    }
}

/// Who calls, through which door, and from where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// Who.
    pub actor: Actor,
    /// Through which door.
    pub door: Door,
    /// From where, as limits count it; `None`: from this machine's inside.
    pub from: Option<ClientAddress>,
}

impl Caller {
    /// The account's own person.
    #[must_use]
    pub const fn owner(door: Door, from: ClientAddress) -> Self {
        Self { actor: Actor::Owner, door, from: Some(from) }
    }

    /// A machine client.
    #[must_use]
    pub const fn client(id: ClientId, door: Door, from: ClientAddress) -> Self {
        Self { actor: Actor::Client(id), door, from: Some(from) }
    }

    /// Whoever has the command line.
    #[must_use]
    pub const fn operator(name: String) -> Self {
        Self { actor: Actor::Operator(name), door: Door::CommandLine, from: None }
    }

    /// The service itself.
    #[must_use]
    pub const fn service() -> Self {
        Self { actor: Actor::Service, door: Door::Inside, from: None }
    }
}

/// Writes the entries of one caller. A store that has one notes every deed with it.
#[derive(Clone)]
pub struct Scribe {
    caller: Arc<Caller>,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    written: Arc<AtomicU16>,
}

impl std::fmt::Debug for Scribe {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Scribe").field("caller", &self.caller).finish_non_exhaustive()
    }
}

impl Scribe {
    /// Writes down what `caller` does.
    #[must_use]
    pub fn new(caller: Caller, clock: Arc<dyn Clock>, entropy: Arc<dyn Entropy>) -> Self {
        Self { caller: Arc::new(caller), clock, entropy, written: Arc::default() }
    }

    /// The entry of a deed that is being done now; `about` names what it was done to, where that is not the account.
    #[must_use]
    pub fn entry(&self, act: Act, account: Option<AccountId>, about: Option<String>) -> Entry {
        let at = self.clock.now();
        Entry { id: self.next_id(at), at, act, account, about, caller: Arc::clone(&self.caller) }
    }
}

impl Scribe {
    /// An id that sorts by time, and behind those that the caller was given in the same moment (RFC 9562 §6.2, method 1).
    fn next_id(&self, at: Timestamp) -> Uuid {
        let [high, low] = self.written.fetch_add(1, Ordering::Relaxed).to_be_bytes();
        let mut id = new_id(at, &*self.entropy).into_bytes();
        id[6] = 0x70 | (high & 0x0f);
        id[7] = low;
        Uuid::from_bytes(id)
    }
}

/// A deed, to be written down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its name; later entries have greater ones.
    pub id: Uuid,
    /// When.
    pub at: Timestamp,
    /// What was done.
    pub act: Act,
    /// To which account.
    pub account: Option<AccountId>,
    /// To what else.
    pub about: Option<String>,
    /// By whom, and from where.
    pub caller: Arc<Caller>,
}

/// An entry as it is read. Acts and doors are names: a newer server beside this one may know more of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Told {
    /// The entry's name, by which the next page begins.
    pub id: String,
    /// When.
    pub at: String,
    /// What was done; an [`Act`].
    pub act: String,
    /// To which account; it may be erased since.
    pub account: Option<String>,
    /// To what else: a session, a client, a message, a kind of contact or limit.
    pub about: Option<String>,
    /// Who: `owner`, `client`, `operator` or `service`.
    pub actor: String,
    /// The client's id, or the operator's name.
    pub name: Option<String>,
    /// Through which door; a [`Door`].
    pub door: String,
    /// From which address.
    pub from: Option<String>,
}

/// Which entries are wanted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// Those about this account.
    pub account: Option<AccountId>,
    /// Those of this act.
    pub act: Option<Act>,
    /// Those older than this one.
    pub before: Option<Uuid>,
    /// Those newer than this one, the oldest of them first: to go on from what was read before.
    pub after: Option<Uuid>,
}

impl Accounts {
    /// The newest `limit` entries that `filter` lets through, newest first; after a certain one, the oldest, oldest first.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn audit(&self, filter: &Filter, limit: u32) -> Result<Vec<Told>, Fault> {
        Ok(self.store().audit(filter, limit).await?)
    }
}
