//! `[metrics]`: where the metrics are read.

use std::net::SocketAddr;

use serde::{Deserialize, Serialize};

use super::text;

/// `[metrics]`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Metrics {
    /// An address of their own; without one they are at the address of everything else.
    #[serde(with = "text::optional")]
    pub(crate) listen: Option<SocketAddr>,
}
