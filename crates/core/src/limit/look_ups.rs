//! How often may be asked who is registered (threat row 60).

use std::time::Duration;

use super::{Charge, ClientAddress, Gcra, LimitKey, LimitKind};
use crate::client::ClientId;

/// Who asks for something.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
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

    /// How often this one may.
    #[must_use]
    pub const fn of(&self, asker: &Asker) -> Gcra {
        match asker {
            Asker::Person(_) => self.per_address,
            Asker::Client(_) => self.per_client,
        }
    }

    /// What look-ups are charged to.
    #[must_use]
    pub fn charge(&self, asker: &Asker, amount: u64) -> Charge {
        let key = match asker {
            Asker::Person(from) => LimitKey::new(LimitKind::LookUpAddress, from),
            Asker::Client(client) => LimitKey::new(LimitKind::LookUpClient, client.as_str()),
        };
        Charge { amount, ..Charge::one(key, self.of(asker)) }
    }
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use super::*;

    #[test]
    fn row_60_a_person_is_counted_by_address_and_a_client_by_its_name_as_often_as_it_asks() {
        let limits = LookUpLimits::default();
        let person = limits.charge(&Asker::Person(ClientAddress::from(IpAddr::from([192, 0, 2, 1]))), 3);
        assert_eq!((person.key.as_str(), person.amount), ("look_up.address/192.0.2.1", 3));
        let client = limits.charge(&Asker::Client(ClientId::parse("shop").unwrap()), 1);
        assert_eq!((client.key.as_str(), client.amount), ("look_up.client/shop", 1));
    }
}
