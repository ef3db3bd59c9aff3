//! `[email]`: how mail leaves.

use serde::{Deserialize, Serialize};

use super::environment::Environment;
use super::secret::SecretUrl;

/// How mail leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum EmailTransport {
    /// To a mail server.
    Smtp,
    /// Into the development inbox.
    Inbox,
}

/// `[email]`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Email {
    /// By default SMTP in production, the inbox in development.
    pub(crate) transport: Option<EmailTransport>,
    /// The mail server.
    pub(crate) url: Option<SecretUrl>,
    /// The sender.
    pub(crate) from: Option<String>,
}

impl Email {
    /// The transport in force.
    pub(crate) fn transport(&self, environment: Environment) -> EmailTransport {
        self.transport.unwrap_or(match environment {
            Environment::Production => EmailTransport::Smtp,
            Environment::Development => EmailTransport::Inbox,
        })
    }
}
