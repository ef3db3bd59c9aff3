//! `[sms]`: how short messages leave. Gateways are not built yet: without a route short messages wait in the outbox until their codes end.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::environment::Environment;

/// How short messages leave.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum SmsTransport {
    /// To HTTP gateways, by `[[sms.routes]]`.
    Http,
    /// Into the development inbox.
    Inbox,
}

/// `[sms]`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Sms {
    /// By default HTTP in production, the inbox in development.
    pub(crate) transport: Option<SmsTransport>,
    /// Gateways in order of preference. Read as whatever they hold, so that one who configures them learns that they are not built yet.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) routes: Vec<BTreeMap<String, serde_json::Value>>,
}

impl Sms {
    /// The transport in force.
    pub(crate) fn transport(&self, environment: Environment) -> SmsTransport {
        self.transport.unwrap_or(match environment {
            Environment::Production => SmsTransport::Http,
            Environment::Development => SmsTransport::Inbox,
        })
    }
}
