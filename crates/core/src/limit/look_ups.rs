//! How often may be asked who is registered (threat row 60).

use std::time::Duration;

use super::{Charge, ClientAddress, Gcra, LimitKey, LimitKind};
use crate::client::ClientId;

/// Who asks for something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Asker {
    /// Somebody at this address.
    Person(ClientAddress),
    /// A machine client, wherever it is.
    Client(ClientId),
}

/// How often may be asked who is registered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LookUpLimits {
    /// From one client address.
    pub per_address: Gcra,
    /// By one machine client.
    pub per_client: Gcra,
}

impl Default for LookUpLimits {
    fn default() -> Self {
        let minute = Duration::from_secs(60);
        Self { per_address: Gcra { burst: 30, period: minute }, per_client: Gcra { burst: 600, period: minute } }
    }
}

impl LookUpLimits {
    /// The time after which nothing that was looked up counts any more.
    #[must_use]
    pub fn period(&self) -> Duration {
        self.per_address.period.max(self.per_client.period)
    }

    /// What one look-up is charged to.
    #[must_use]
    pub fn charge(&self, asker: &Asker) -> Charge {
        match asker {
            Asker::Person(from) => Charge::one(LimitKey::new(LimitKind::LookUpAddress, from), self.per_address),
            Asker::Client(client) => Charge::one(LimitKey::new(LimitKind::LookUpClient, client.as_str()), self.per_client),
        }
    }
}
