//! The SMS routes of an installation under test: generic gateways, and the receipts that they bring.

use std::sync::Arc;
use std::time::Duration;

use daftar_core::outbox::{RouteName, Way, receipt};
use daftar_core::ports::{Clock, ReceiptReader};
use daftar_core::secret::Secrets;
use daftar_delivery::Route;
use daftar_delivery::gateway::{Gateway, GatewayClient, GatewaySettings, Gateways, PresetName};

use super::Installation;
use crate::gateway::GatewaySink;
use crate::http::Answer;

/// A route to a gateway.
#[derive(Debug, Clone)]
pub struct SmsRoute {
    /// Its name.
    pub name: String,
    /// Where the gateway is.
    pub url: String,
    /// How long its receipt is waited for.
    pub receipt_within: Option<Duration>,
    /// How long one send may take.
    pub timeout: Option<Duration>,
}

impl SmsRoute {
    /// A route to `sink`, whose receipts are not waited for.
    #[must_use]
    pub fn to(name: &str, sink: &GatewaySink) -> Self {
        Self { name: name.to_owned(), url: sink.url(), receipt_within: None, timeout: None }
    }

    /// The same, with another one tried when no receipt comes in time.
    #[must_use]
    pub fn receipt_within(self, within: Duration) -> Self {
        Self { receipt_within: Some(within), ..self }
    }

    /// The same, with less patience.
    #[must_use]
    pub fn timeout(self, timeout: Duration) -> Self {
        Self { timeout: Some(timeout), ..self }
    }
}

/// The routes of an installation reached at `public_url`, and who reads their receipts.
pub(super) fn routes(wanted: &[SmsRoute], public_url: &str, secrets: &Secrets, clock: Arc<dyn Clock>) -> (Vec<Route>, Arc<dyn ReceiptReader>) {
    let client = GatewayClient::new().unwrap();
    let (mut routes, mut gateways) = (Vec::new(), Vec::new());
    for wanted in wanted {
        let name = RouteName::parse(&wanted.name).unwrap();
        let mut settings = GatewaySettings::new(name.clone(), PresetName::Generic);
        settings.url = Some(wanted.url.clone().into());
        settings.receipt_url = format!("{public_url}{}{}", daftar_http::receipts::PATH, wanted.name);
        settings.receipt_token = receipt::token(secrets, &name).into();
        let gateway = Arc::new(Gateway::new(&settings, client.clone()).unwrap());
        gateways.push(Arc::clone(&gateway));
        let plain = Route::plain(name, Way::Sms, gateway);
        routes.push(Route { receipt_within: wanted.receipt_within, timeout: wanted.timeout, ..plain });
    }
    (routes, Arc::new(Gateways::new(gateways, clock)))
}

impl Installation {
    /// The path and query at which the gateway of a route brings its receipts.
    #[must_use]
    pub fn receipt_path(&self, route: &str) -> String {
        let token = receipt::token(&self.secrets(), &RouteName::parse(route).unwrap());
        format!("{}{route}?token={token}", daftar_http::receipts::PATH)
    }

    /// A gateway reports what became of what it calls `reference`.
    pub async fn report(&self, route: &str, reference: &str, status: &str) -> Answer {
        self.anybody().post(&self.receipt_path(route), &serde_json::json!({"id": reference, "status": status})).await
    }
}
