//! Which route a message takes next, and what becomes of it after an attempt: pure arithmetic over what was tried before.
//!
//! - Routes are tried in their order. One that refused the message, or took it, is done with; one that put it off gets another turn when all the others had theirs.
//! - A route that rests comes last.
//! - What gateways took is paid for: no route is tried that would cost more than a message may.
//! - Where some route took it and no receipt says that it will not arrive, the message is never *failed*, however the others answered.

use std::time::Duration;

use daftar_core::identifier::Country;
use daftar_core::outbox::{Answer, Attempt, ClaimedMessage, ReceiptOutcome, RouteName, Settlement, TriedAttempt, Way};
use daftar_core::ports::Timestamp;
use daftar_core::price::Price;

use crate::retry;
use crate::route::Route;

/// What matters of a message when a route is chosen.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Parcel<'a> {
    /// The country of its number; none for a mail.
    pub(crate) country: Option<&'a Country>,
    /// Its platform; empty for the installation's own brand.
    pub(crate) platform: &'a str,
    /// Whether it carries a code.
    pub(crate) has_code: bool,
}

impl Route {
    /// Whether it carries such messages.
    fn serves(&self, parcel: Parcel<'_>) -> bool {
        let country = self.countries.as_ref().is_none_or(|served| parcel.country.is_some_and(|country| served.contains(country)));
        let platform = self.platforms.as_ref().is_none_or(|served| served.iter().any(|platform| platform == parcel.platform));
        country && platform && (self.way != Way::Whatsapp || parcel.has_code)
    }

    /// What a message to `country` costs by it.
    pub(crate) fn price_to(&self, country: Option<&Country>) -> Price {
        let special = self.prices.iter().find(|(place, _)| Some(place) == country);
        special.map_or(self.price, |(_, price)| *price)
    }
}

/// The routes of one message, and what was tried of them.
pub(crate) struct Plan<'a> {
    /// Those that serve it, in their order.
    served: Vec<&'a Route>,
    tried: Vec<TriedAttempt>,
    /// Attempts that were cut off by the end of their process: a message that brings processes down is not tried for ever at the first pace.
    cut_off: u32,
    country: Option<&'a Country>,
    cost_max: Option<Price>,
}

impl<'a> Plan<'a> {
    /// The plan for a claimed message.
    pub(crate) fn new(routes: &'a [Route], parcel: Parcel<'a>, claimed: &ClaimedMessage, cost_max: Option<Price>) -> Self {
        let served = routes.iter().filter(|route| route.serves(parcel)).collect();
        Self { served, tried: claimed.tried.clone(), cut_off: claimed.cut_off(), country: parcel.country, cost_max }
    }

    /// Whether any route serves it.
    pub(crate) fn is_served(&self) -> bool {
        !self.served.is_empty()
    }

    /// The route to try now, if one is left; `rests` says which are to be spared.
    pub(crate) fn next(&self, rests: impl Fn(&Route) -> bool) -> Option<&'a Route> {
        self.left().min_by_key(|route| (rests(route), self.put_off(route)))
    }

    /// Those that can still be tried.
    fn left(&self) -> impl Iterator<Item = &'a Route> + '_ {
        let spent = self.tried.iter().fold(Price::default(), |sum, tried| sum.plus(tried.attempt.cost()));
        let affordable = move |route: &Route| self.cost_max.is_none_or(|most| spent.plus(route.price_to(self.country)) <= most);
        let done_with = |route: &Route| self.tried_by(route).any(|attempt| !matches!(attempt.answer, Answer::PutOff { .. }));
        self.served.iter().copied().filter(move |route| !done_with(route) && affordable(route))
    }

    fn tried_by(&self, route: &Route) -> impl Iterator<Item = &Attempt> {
        self.tried_by_name(&route.name)
    }

    fn tried_by_name(&self, name: &RouteName) -> impl Iterator<Item = &Attempt> {
        let name = name.clone();
        self.tried.iter().map(|tried| &tried.attempt).filter(move |attempt| attempt.route == name)
    }

    fn put_off(&self, route: &Route) -> usize {
        self.tried_by(route).count()
    }

    /// What becomes of the message after `attempt`, which has just ended. `receipt_within`: how long the route's receipt is waited for; without it, a route that has
    /// receipts may still say that the message will not arrive.
    pub(crate) fn after(
        mut self,
        attempt: Attempt,
        receipt_within: Option<Duration>,
        expires_at: Timestamp,
        rests: impl Fn(&Route) -> bool,
    ) -> Settlement {
        let (now, answer) = (attempt.ended_at, attempt.answer.clone());
        let turns = self.tried_by_name(&attempt.route).count() + 1;
        self.tried.push(TriedAttempt { attempt, receipt: None });
        match answer {
            Answer::Accepted { reference } => {
                let until = match receipt_within {
                    Some(within) => now.checked_add(within).ok(),
                    None => reference.map(|_| expires_at),
                };
                let until = until.filter(|_| self.left().next().is_some());
                until.map_or(Settlement::Sent, |until| Settlement::Awaiting { until: until.min(expires_at) })
            }
            Answer::Refused { reason } if self.left().next().is_some() => Settlement::Retry { at: now, reason },
            Answer::Refused { reason } => self.end(reason),
            Answer::PutOff { reason } => {
                // At once, if the route that comes next has had fewer turns than this one.
                let others = self.next(rests).map_or(turns, |route| self.put_off(route));
                if others < turns { Settlement::Retry { at: now, reason } } else { self.later(others, now, expires_at, reason) }
            }
        }
    }

    /// What becomes of a message for which no route is left to try.
    pub(crate) fn end(&self, reason: String) -> Settlement {
        if self.tried.iter().any(TriedAttempt::may_arrive) { Settlement::Sent } else { Settlement::Failed { reason } }
    }

    /// Why no route is left to try.
    pub(crate) fn exhausted(&self) -> &'static str {
        let undelivered = |tried: &TriedAttempt| tried.receipt.as_ref().is_some_and(|receipt| receipt.outcome == ReceiptOutcome::Undelivered);
        match self.tried.as_slice() {
            [] => "every route costs too much",
            tried if tried.iter().any(undelivered) => "undelivered",
            _ => "no route is left to try",
        }
    }

    /// Tried again after `turns` rounds.
    fn later(&self, turns: usize, now: Timestamp, expires_at: Timestamp, reason: String) -> Settlement {
        let rounds = u32::try_from(turns.saturating_sub(1)).unwrap_or(u32::MAX).saturating_add(self.cut_off);
        match retry::next_try(rounds, now, expires_at) {
            Some(at) => Settlement::Retry { at, reason },
            None => self.end(format!("expired; the last try: {reason}")),
        }
    }
}

#[cfg(test)]
mod tests;
