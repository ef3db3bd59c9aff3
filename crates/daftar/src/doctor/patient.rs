//! What there is to look at: the configuration, and as much of the rest as can be opened without changing it.

use std::sync::Arc;

use daftar_core::ports::{Clock, Timestamp, new_id};
use daftar_core::secret::Secrets;
use daftar_store::{Location, OpenError, SqlStore};

use crate::config::{Config, master_key_of};
use crate::keys::{KeyFileError, MASTER_FILE, MasterKey};
use crate::system::{OsEntropy, SystemClock};

use super::ANSWERS_WITHIN;
use super::aside::aside;
use super::finding::Finding;

/// Why there is no store to look at.
#[derive(Debug)]
pub(super) enum Absence {
    /// There is no file yet.
    NoFile,
    /// It cannot be opened.
    Closed(OpenError),
    /// It does not answer in time.
    Silent,
}

/// An installation.
pub(super) struct Patient {
    pub(super) config: Arc<Config>,
    pub(super) store: Result<Arc<SqlStore>, Absence>,
    /// What is derived from the master key, if there is one.
    pub(super) secrets: Result<Option<Secrets>, KeyFileError>,
    /// The moment of the examination, by the clock that the servers go by.
    pub(super) now: Timestamp,
}

impl Patient {
    /// Opens what can be opened.
    pub(super) async fn meet(config: Config) -> Self {
        let config = Arc::new(config);
        let opening = Arc::clone(&config);
        let store = aside(ANSWERS_WITHIN, async move { opened(&opening).await }).await.unwrap_or(Err(Absence::Silent));
        let there = match &store {
            // One that does not say is said to be silent by the looks that ask it.
            Ok(store) => {
                let store = Arc::clone(store);
                aside(ANSWERS_WITHIN, async move { store.time().await }).await.ok().and_then(Result::ok).flatten()
            }
            Err(_) => None,
        };
        let key = match &config.secrets.master_key {
            // The configuration was checked: one that is no key is told there.
            Some(key) => Ok(master_key_of(key.expose()).map(MasterKey::configured)),
            None => {
                let dir = config.data_dir();
                let there = aside(ANSWERS_WITHIN, async move { MasterKey::there(&dir) }).await;
                let unread = || KeyFileError::Io { path: config.data_dir().join(MASTER_FILE), source: std::io::ErrorKind::TimedOut.into() };
                there.unwrap_or_else(|_| Err(unread()))
            }
        };
        let secrets = key.map(|key| key.map(|key| Secrets::derive(&key.bytes)));
        Self { config, store, secrets, now: there.unwrap_or_else(|| SystemClock.now()) }
    }

    /// The store, or what is to be said by a look that needs it.
    pub(super) fn store(&self) -> Result<&Arc<SqlStore>, Finding> {
        self.store.as_ref().map_err(|absence| {
            Finding::unseen(match absence {
                Absence::NoFile => "there is no database yet",
                Absence::Closed(_) | Absence::Silent => "the store cannot be read",
            })
        })
    }
}

async fn opened(config: &Config) -> Result<Arc<SqlStore>, Absence> {
    let location = Location::parse(config.database_url().expose()).map_err(Absence::Closed)?;
    if location.file().is_some_and(|file| !file.exists()) {
        return Err(Absence::NoFile);
    }
    let opening = config.database.opening(false, new_id(SystemClock.now(), &OsEntropy));
    SqlStore::open(&location, opening).await.map(Arc::new).map_err(Absence::Closed)
}

/// A clock that shows the moment of the examination.
#[derive(Debug)]
pub(super) struct Moment(pub(super) Timestamp);

impl Clock for Moment {
    fn now(&self) -> Timestamp {
        self.0
    }
}
