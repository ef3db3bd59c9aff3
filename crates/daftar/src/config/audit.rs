//! `[audit]`: how long it is known who did what.

use daftar_core::audit::KEPT;
use serde::{Deserialize, Serialize};

use super::span::{DAY, Span};

/// A month at least: whoever breaks in must not be forgotten before he is noticed.
const LEAST: u64 = 30 * DAY;
/// Twenty years.
const MOST: u64 = 7300 * DAY;

/// `[audit]`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Audit {
    /// How long entries of the audit trail are kept.
    pub(crate) keep: Span<LEAST, MOST>,
}

impl Default for Audit {
    fn default() -> Self {
        Self { keep: Span::seconds(KEPT.as_secs()) }
    }
}
