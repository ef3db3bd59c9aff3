//! Messages on their way: what a worker says of one that it had claimed.

use daftar_core::outbox::{Answer, Attempt, ClaimedMessage, RouteName, Settled, Settlement, Way};
use daftar_core::ports::Timestamp;
use daftar_core::price::Price;

/// The name of a route.
#[must_use]
pub fn route(name: &str) -> RouteName {
    RouteName::parse(name).unwrap()
}

/// An attempt by the route `by` that a gateway took, for what it calls `reference`.
#[must_use]
pub fn taken(claimed: &ClaimedMessage, by: &str, reference: Option<&str>, at: Timestamp) -> Attempt {
    Attempt {
        number: claimed.number,
        route: route(by),
        way: Way::Sms,
        started_at: at,
        ended_at: at,
        answer: Answer::Accepted { reference: reference.map(str::to_owned) },
        price: Price(45_000),
    }
}

/// What comes of an attempt.
#[must_use]
pub const fn settled(attempt: Attempt, settlement: Settlement) -> Settled {
    Settled { number: attempt.number, attempt: Some(attempt), settlement }
}

/// What becomes of a message that was not tried, though claimed for the `number`th time.
#[must_use]
pub const fn untried(number: u32, settlement: Settlement) -> Settled {
    Settled { number, attempt: None, settlement }
}
