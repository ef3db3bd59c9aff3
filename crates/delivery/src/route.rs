//! Routes: the ways of one channel in the order in which an operator prefers them, and what each is for.

use std::sync::Arc;
use std::time::Duration;

use daftar_core::identifier::Country;
use daftar_core::outbox::{RouteName, Way};
use daftar_core::price::Price;

use crate::transport::Transport;

/// A way that messages of a channel can go.
#[derive(Clone)]
pub struct Route {
    /// Its name; no two have the same.
    pub name: RouteName,
    /// How it carries them. One of WhatsApp carries codes alone.
    pub way: Way,
    /// The countries to which it sends; `None`: all.
    pub countries: Option<Vec<Country>>,
    /// The platforms for whose messages it is, the installation's own brand being the empty name; `None`: all.
    pub platforms: Option<Vec<String>>,
    /// What a message costs by it.
    pub price: Price,
    /// What it costs to some countries.
    pub prices: Vec<(Country, Price)>,
    /// How long one send may take, if that is less than the outbox allows.
    pub timeout: Option<Duration>,
    /// How long its receipt is waited for before another route is tried; `None`: receipts are noted and not waited for.
    pub receipt_within: Option<Duration>,
    /// What sends.
    pub transport: Arc<dyn Transport>,
}

impl Route {
    /// A route that takes whatever its channel has, costs nothing, and waits for no receipt.
    #[must_use]
    pub fn plain(name: RouteName, way: Way, transport: Arc<dyn Transport>) -> Self {
        Self {
            name,
            way,
            countries: None,
            platforms: None,
            price: Price::default(),
            prices: Vec::new(),
            timeout: None,
            receipt_within: None,
            transport,
        }
    }
}

impl std::fmt::Debug for Route {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Route").field("name", &self.name).field("way", &self.way).finish_non_exhaustive()
    }
}
