//! What kind of installation this is. Production is the default, so that nobody runs the loose rules of development by forgetting a key.

use serde::{Deserialize, Serialize};

/// What kind of installation this is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Environment {
    /// People depend on it.
    #[default]
    Production,
    /// Somebody tries or develops something: the inbox is allowed, limits may be off, defaults are local.
    Development,
}

impl Environment {
    /// Its name in the configuration.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Production => "production",
            Self::Development => "development",
        }
    }
}
