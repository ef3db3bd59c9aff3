//! The routes of one channel, and how each of them is doing.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tracing::{info, warn};

use daftar_core::outbox::RouteName;
use daftar_core::ports::Timestamp;

use crate::breaker::{Breaker, Turn};
use crate::measure;
use crate::route::Route;

/// A channel's routes with their breakers.
pub(super) struct Desk {
    routes: Vec<Route>,
    breakers: Mutex<Vec<Breaker>>,
}

impl Desk {
    /// All of them well.
    pub(super) fn new(routes: Vec<Route>) -> Self {
        let breakers = Mutex::new(vec![Breaker::default(); routes.len()]);
        Self { routes, breakers }
    }

    /// The routes, in their order.
    pub(super) fn routes(&self) -> &[Route] {
        &self.routes
    }

    /// Whether a route is to be spared.
    pub(super) fn rests(&self, route: &RouteName, now: Timestamp) -> bool {
        self.with(route, |breaker| breaker.rests(now)).unwrap_or_default()
    }

    /// A message goes by a route, and will be back within `patience`.
    pub(super) fn begin(&self, route: &RouteName, now: Timestamp, patience: Duration) {
        self.with(route, |breaker| breaker.begin(now, patience));
    }

    /// A route has worked.
    pub(super) fn succeeded(&self, route: &RouteName) {
        self.tell(route, self.with(route, Breaker::succeed).flatten());
    }

    /// A route has failed.
    pub(super) fn failed(&self, route: &RouteName, now: Timestamp) {
        self.tell(route, self.with(route, |breaker| breaker.fail(now)).flatten());
    }

    fn tell(&self, route: &RouteName, turn: Option<Turn>) {
        let name = route.as_str();
        match turn {
            None => return,
            Some(Turn::Rests(rest)) => warn!(route = name, seconds = rest.as_secs(), "a route has failed again and again and is spared for a while"),
            Some(Turn::Recovered) => info!(route = name, "a route is well again"),
        }
        measure::resting(route, matches!(turn, Some(Turn::Rests(_))));
    }

    fn with<T>(&self, route: &RouteName, act: impl FnOnce(&mut Breaker) -> T) -> Option<T> {
        let place = self.routes.iter().position(|there| there.name == *route)?;
        self.breakers().get_mut(place).map(act)
    }

    fn breakers(&self) -> MutexGuard<'_, Vec<Breaker>> {
        self.breakers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
