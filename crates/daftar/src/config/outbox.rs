//! `[outbox]`: how patient those are who send messages.

use std::time::Duration;

use daftar_delivery::Pace;
use serde::{Deserialize, Serialize};

use super::span::Span;

/// How long messages on their way may take once the server ends: a send that hangs longer is tried again after the next start.
const LAST_SENDS: Duration = Duration::from_secs(5);

/// `[outbox]`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Outbox {
    /// How long one send may take.
    pub(crate) send_timeout: Span<1, 300>,
    /// How long a message belongs to the server that has taken it on.
    pub(crate) lease: Span<3, 3600>,
}

impl Default for Outbox {
    fn default() -> Self {
        Self { send_timeout: Span::seconds(20), lease: Span::seconds(60) }
    }
}

impl Outbox {
    /// As the workers keep it.
    pub(crate) fn pace(&self) -> Pace {
        Pace { send: self.send_timeout.duration(), lease: self.lease.duration(), stop: LAST_SENDS, ..Pace::default() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_the_workers() {
        let (pace, usual) = (Outbox::default().pace(), Pace::default());
        assert_eq!((pace.send, pace.lease), (usual.send, usual.lease));
    }
}
