//! The checks of `[sms]` and its routes: each is made as it would be to send, so that what is wrong is known at the start.

use std::collections::BTreeSet;

use daftar_core::outbox::Way;
use daftar_core::price::Price;
use daftar_delivery::gateway::is_exposed;
use daftar_delivery::{Gateway, PresetName};

use super::SmsTransport;
use super::check::Findings;
use super::error::Problem;
use super::secret::{MASK, is_secret};
use super::sms::{RouteError, SmsRoute};
use super::span::Span;

impl Findings<'_> {
    /// Checks `[sms]`.
    pub(super) fn sms(&mut self) {
        let sms = &self.config().sms;
        let transport = sms.transport(self.config().environment);
        if transport == SmsTransport::Inbox && self.in_production() {
            self.refuse("sms.transport", "\"inbox\"", "the inbox is for development alone; in production allowed is \"http\"");
        }
        if transport == SmsTransport::Http && sms.routes.is_empty() {
            self.warnings.push("no gateway for short messages is configured: registrations by OTP cannot be delivered".to_owned());
        }
        let mut names = BTreeSet::new();
        for route in &sms.routes {
            if !names.insert(route.name.as_str()) {
                self.refuse_route(route, &route.wrong("name", "allowed is every name once"));
            }
            if let Err(wrong) = self.route(route) {
                self.refuse_route(route, &wrong);
            }
        }
        if !sms.routes.is_empty() && sms.routes.iter().all(|route| route.way() == Way::Whatsapp) {
            let advice =
                "every one of `sms.routes` is for WhatsApp, which carries codes alone: notices and generated passwords cannot be delivered to phones";
            self.warnings.push(advice.to_owned());
        }
    }

    fn route(&mut self, route: &SmsRoute) -> Result<(), RouteError> {
        let settings = route.settings()?;
        Gateway::check(&settings).map_err(|wrong| route.wrong_by(&wrong))?;
        let dearest = route.prices()?.into_iter().map(|(_, price)| price).chain(route.price).max().unwrap_or(Price(0));
        if let Some(most) = self.config().sms.max_cost.filter(|most| *most < dearest) {
            let key = if route.price == Some(dearest) { "price" } else { "prices" };
            return Err(route.wrong(key, format!("allowed is no more than sms.max_cost (\"{most}\"), or no message would go by it")));
        }
        let platforms = &self.config().usapi.platforms;
        if route.platforms.iter().any(|name| !name.is_empty() && !platforms.iter().any(|platform| platform.id.0 == *name)) {
            return Err(route.wrong("platforms", "allowed is a list of ids of `usapi.platforms`, and \"\" for what belongs to none"));
        }
        if route.preset == PresetName::Zenziva && route.receipt_within.is_some() {
            return Err(route.wrong("receipt_within", "Zenziva sends no receipts: leave it out"));
        }
        let lifetime = self.config().codes.lifetime.duration();
        if let Some(within) = route.receipt_within.map(Span::duration).filter(|within| *within >= lifetime) {
            let (name, seconds) = (route.name.as_str(), within.as_secs());
            self.warnings.push(format!(
                "the route `{name}` waits {seconds} s for a receipt (`receipt_within`), and codes end before that (`codes.lifetime`): no other route is tried for want of one"
            ));
        }
        if route.url.as_ref().is_some_and(|url| is_exposed(url.expose())) && self.in_production() {
            let name = route.name.as_str();
            self.warnings
                .push(format!("whoever is between this machine and the gateway `{name}` can read its codes: its `url` should begin with https"));
        }
        Ok(())
    }

    /// A route has a value that is not allowed.
    fn refuse_route(&mut self, route: &SmsRoute, wrong: &RouteError) {
        let key = format!("sms.routes.{}.{}", wrong.route, wrong.key);
        let value = route.shown(wrong.key).map(|value| if is_secret(&key) { MASK.to_owned() } else { value });
        self.problems.push(Problem { key, source: self.written.source_of("sms.routes"), value, allowed: wrong.allowed.clone() });
    }
}

impl SmsRoute {
    /// What `key` was set to, as a configuration writes it; secrets are masked by their types.
    fn shown(&self, key: &str) -> Option<String> {
        let written = serde_json::to_value(self).ok()?;
        match written.get(key)? {
            serde_json::Value::Null => None,
            serde_json::Value::Array(items) if items.is_empty() => None,
            serde_json::Value::Object(fields) if fields.is_empty() => None,
            serde_json::Value::String(text) if text == MASK => Some(MASK.to_owned()),
            value => Some(value.to_string()),
        }
    }
}

#[cfg(test)]
mod tests;
