//! Moving in and out: accounts that an operator brings along from elsewhere, and takes elsewhere. `docs/moving.md` says what a row is written like.
//!
//! A row is read and checked by [`row`], its password by [`password`]. Rows are entered a batch at a time, each batch in one transaction, and a row
//! that was entered before is recognised: so whoever was interrupted begins again, and nothing happens twice.

pub mod password;
pub mod row;
#[cfg(test)]
mod tests;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use tokio::task::JoinSet;

use crate::account::{Account, AccountId, AccountStatus, Origin};
use crate::foreign::ForeignHash;
use crate::hashing::{HashingError, HashingPool, Pains};
use crate::identifier::{IdentifierKind, LoginId};
use crate::locale::Locale;
use crate::password::{PasswordRecord, Scheme};
use crate::person::Profile;
use crate::ports::{Clock, Entropy, Store, Timestamp, new_id};
use crate::service::Fault;

use password::Brought;

/// An account as it moves in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewComer {
    /// Its name for ever.
    pub id: AccountId,
    /// Whether the row said so, by its id or by its name elsewhere: then that is what it is recognised by, else by what it is known by.
    pub is_named: bool,
    /// Whether it may sign in.
    pub status: AccountStatus,
    /// What it is known by, and since when that is proven.
    pub identifiers: Vec<(LoginId, Option<Timestamp>)>,
    /// Its password, if it has one.
    pub password: Option<PasswordRecord>,
    /// What it says of its person.
    pub profile: Profile,
    /// Where it came from.
    pub origin: Origin,
    /// The language in which it is written to.
    pub locale: Locale,
    /// When it was made.
    pub created_at: Timestamp,
}

/// What becomes of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Entry {
    /// It is an account now.
    New,
    /// It was one already. Nothing was changed.
    Known,
    /// This identifier, the first in their order, is another account's. Nothing was written.
    Taken(IdentifierKind),
}

/// Who is there already, as far as a batch may meet them.
#[derive(Debug, Default)]
pub struct Present {
    ids: HashSet<AccountId>,
    holders: HashMap<(IdentifierKind, String), AccountId>,
}

impl Present {
    /// There is such an account.
    pub fn lives(&mut self, id: AccountId) {
        self.ids.insert(id);
    }

    /// An account holds this identifier.
    pub fn holds(&mut self, kind: IdentifierKind, key: &str, account: AccountId) {
        self.holders.insert((kind, key.to_owned()), account);
    }

    /// What becomes of an account that wants to come in. If it may, it is present from now on.
    pub fn admit(&mut self, comer: &NewComer) -> Entry {
        if comer.is_named && self.ids.contains(&comer.id) {
            return Entry::Known;
        }
        let holder = |id: &LoginId| self.holders.get(&(id.kind(), id.key().to_owned())).copied();
        let holders: Vec<_> = comer.identifiers.iter().map(|(id, _)| (id.kind(), holder(id))).collect();
        if let Some((kind, Some(first))) = holders.iter().find(|(_, holder)| holder.is_some()) {
            // Everything that it is known by is one account's: it is that one.
            let is_it = !comer.is_named && holders.iter().all(|(_, holder)| *holder == Some(*first));
            return if is_it { Entry::Known } else { Entry::Taken(*kind) };
        }
        self.lives(comer.id);
        for (id, _) in &comer.identifiers {
            self.holds(id.kind(), id.key(), comer.id);
        }
        Entry::New
    }
}

/// A row that was read: an account, and the password that it brings along.
#[derive(Debug, Clone)]
pub struct Row {
    /// Its id, if the row names it.
    pub id: Option<AccountId>,
    /// The account, its password left out.
    pub comer: NewComer,
    /// Its password.
    pub password: Option<Brought>,
}

/// Lets accounts in and out. It needs less than the whole service: an operator's command does it beside a running server.
pub struct Mover {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    hashing: Arc<HashingPool>,
    /// Fast hashes that are wrapped at once.
    at_once: usize,
    pains: Pains,
}

impl std::fmt::Debug for Mover {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Mover(..)")
    }
}

/// What a [`Mover`] works with.
pub struct MoverParts {
    /// The account store.
    pub store: Arc<dyn Store>,
    /// The time of day.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub entropy: Arc<dyn Entropy>,
    /// The hashing pool.
    pub hashing: HashingPool,
    /// How many threads hash.
    pub threads: usize,
    /// What wrapping a fast hash may cost.
    pub pains: Pains,
}

impl std::fmt::Debug for MoverParts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("MoverParts(..)")
    }
}

impl Mover {
    /// A mover made of these parts.
    #[must_use]
    pub fn new(parts: MoverParts) -> Self {
        let MoverParts { store, clock, entropy, hashing, threads, pains } = parts;
        Self { store, clock, entropy, hashing: Arc::new(hashing), at_once: threads.max(1), pains }
    }

    /// What would become of these rows. Changes nothing.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn try_on(&self, rows: Vec<Row>) -> Result<Vec<Entry>, Fault> {
        let comers = rows.into_iter().map(|row| self.named(row).0).collect();
        Ok(self.store.foresee_entries(comers).await?)
    }

    /// Enters these rows, all in one transaction. What was entered before costs no hash.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn enter(&self, rows: Vec<Row>) -> Result<Vec<Entry>, Fault> {
        let (comers, passwords): (Vec<_>, Vec<_>) = rows.into_iter().map(|row| self.named(row)).unzip();
        let is_fast = |password: &Option<Brought>| matches!(password, Some(Brought::Foreign(ForeignHash::Fast(_))));
        let foreseen = if passwords.iter().any(is_fast) { self.store.foresee_entries(comers.clone()).await? } else { vec![Entry::New; comers.len()] };
        // Who is not to come in is not tried again: what stood in the way may be gone by now, and the account would come in without its password.
        let admitted = comers.into_iter().zip(passwords).zip(&foreseen).filter(|(_, entry)| **entry == Entry::New);
        let (mut admitted, brought): (Vec<_>, Vec<_>) = admitted.map(|(comer, _)| comer).unzip();
        for (comer, record) in admitted.iter_mut().zip(self.records(brought).await?) {
            comer.password = record;
        }
        let mut entered = self.store.enter_accounts(admitted).await?.into_iter();
        let judged = |entry| if entry == Entry::New { entered.next().unwrap_or(entry) } else { entry };
        Ok(foreseen.into_iter().map(judged).collect())
    }

    /// The accounts behind `after`, in the order of their ids, with their passwords: a page of them.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn page(&self, after: Option<AccountId>, limit: u32) -> Result<Vec<(Account, Option<PasswordRecord>)>, Fault> {
        Ok(self.store.accounts_after(after, limit).await?)
    }

    fn named(&self, row: Row) -> (NewComer, Option<Brought>) {
        let id = row.id.unwrap_or_else(|| AccountId(new_id(self.clock.now(), &*self.entropy)));
        (NewComer { id, is_named: row.id.is_some(), ..row.comer }, row.password)
    }

    /// What is kept of the passwords that were brought along; as many fast ones at once as there are threads for them.
    async fn records(&self, brought: Vec<Option<Brought>>) -> Result<Vec<Option<PasswordRecord>>, Fault> {
        let mut records = vec![None; brought.len()];
        let mut wrapping: JoinSet<(usize, Result<PasswordRecord, HashingError>)> = JoinSet::new();
        let mut put = |done: Result<(usize, Result<PasswordRecord, HashingError>), tokio::task::JoinError>| {
            let (place, record) = done.map_err(Fault::broken)?;
            if let Some(kept) = records.get_mut(place) {
                *kept = Some(record?);
            }
            Ok::<_, Fault>(())
        };
        for (place, password) in brought.into_iter().enumerate() {
            match password {
                None => {}
                Some(Brought::Ours(record)) => put(Ok((place, Ok(record))))?,
                Some(Brought::Foreign(hash @ ForeignHash::Slow(_))) => {
                    put(Ok((place, Ok(PasswordRecord { scheme: Scheme::Foreign, phc: hash.text() }))))?;
                }
                Some(Brought::Foreign(ForeignHash::Fast(fast))) => {
                    let (hashing, entropy, pains) = (Arc::clone(&self.hashing), Arc::clone(&self.entropy), self.pains);
                    wrapping.spawn(async move { (place, hashing.wrap(&fast, pains, &*entropy).await) });
                    if wrapping.len() >= self.at_once
                        && let Some(done) = wrapping.join_next().await
                    {
                        put(done)?;
                    }
                }
            }
        }
        while let Some(done) = wrapping.join_next().await {
            put(done)?;
        }
        Ok(records)
    }
}
