//! `[database]`: where accounts are kept.

use daftar_store::{Connections, Opening};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::secret::SecretUrl;
use super::text::Whole;

/// `[database]`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Database {
    /// `sqlite://path` or `postgres://…`; by default `daftar.db` in the data directory.
    pub(crate) url: Option<SecretUrl>,
    /// Whether `serve` brings the schema up to date; otherwise it refuses to start on an older one.
    pub(crate) migrate: bool,
    /// Connections to a server that look-ups share; 0: as many as suit this machine.
    pub(crate) lookup_connections: Whole<0, 64>,
    /// Connections to a server for transactions.
    pub(crate) connections: Whole<1, 1000>,
}

impl Default for Database {
    fn default() -> Self {
        Self { url: None, migrate: true, lookup_connections: Whole(0), connections: Whole(8) }
    }
}

impl Database {
    /// How the store is opened, under a name that no other has.
    pub(crate) fn opening(&self, migrate: bool, name: Uuid) -> Opening {
        let look_ups = match self.lookup_connections.0 {
            0 => Connections::default().look_ups,
            connections => connections as usize,
        };
        let connections = Connections { look_ups, transactions: self.connections.0 as usize };
        Opening { connections, name, ..Opening::migrating(migrate) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_the_stores() {
        assert_eq!(Database::default().opening(true, Uuid::nil()).connections, Connections::default());
    }
}
