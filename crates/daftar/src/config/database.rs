//! `[database]`: where accounts are kept.

use serde::{Deserialize, Serialize};

use super::secret::SecretUrl;

/// `[database]`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Database {
    /// `sqlite://path`; by default `daftar.db` in the data directory.
    pub(crate) url: Option<SecretUrl>,
    /// Whether `serve` brings the schema up to date; otherwise it refuses to start on another one.
    pub(crate) migrate: bool,
}

impl Default for Database {
    fn default() -> Self {
        Self { url: None, migrate: true }
    }
}
