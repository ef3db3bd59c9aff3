//! SMS gateways: whether the host of each can be reached, TLS and all. Nothing is asked of it, and nothing is spent.

use daftar_delivery::{Gateway, GatewayClient};
use futures_util::future::join_all;
use tokio::time::timeout;

use crate::config::{SmsRoute, SmsTransport};

use super::ANSWERS_WITHIN;
use super::finding::{Finding, chain};
use super::patient::Patient;

const ADVICE: &str = "Messages go by the next route, if there is one. Look at what is between here and the gateway, and at the route's `url`";

/// Looks at each.
pub(super) async fn look(patient: &Patient) -> Vec<Finding> {
    let sms = &patient.config.sms;
    if sms.transport(patient.config.environment) == SmsTransport::Inbox {
        return vec![Finding::ok("short messages go into the development inbox")];
    }
    if sms.routes.is_empty() {
        return vec![Finding::warning("there is no gateway for short messages", "Codes go by mail alone, until there is one in `sms.routes`")];
    }
    match GatewayClient::new() {
        Err(error) => vec![Finding::failed(chain(&error), "No short message leaves")],
        Ok(client) => join_all(sms.routes.iter().map(|route| reach(route, client.clone()))).await,
    }
}

async fn reach(route: &SmsRoute, client: GatewayClient) -> Finding {
    let within = route.timeout().min(ANSWERS_WITHIN);
    let gateway = route.settings().and_then(|settings| Gateway::new(&settings, client).map_err(|wrong| route.wrong_by(&wrong)));
    let found = match gateway {
        Err(error) => Finding::failed(chain(&error), "No short message leaves by it"),
        Ok(gateway) => match timeout(within, gateway.reach()).await {
            Err(_) => Finding::failed(format_args!("there was no connection to the gateway within {} s", within.as_secs()), ADVICE),
            Ok(Err(error)) => Finding::failed(error, ADVICE),
            Ok(Ok(is_encrypted)) => {
                let how = if is_encrypted { "under TLS" } else { "without TLS" };
                Finding::ok(format_args!("its host can be reached {how}; whether it takes our account is not asked"))
            }
        },
    };
    found.of(route.name.as_str())
}
