//! `[email]`: how mail leaves, and by which servers.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use daftar_core::outbox::RouteName;
use daftar_delivery::{Authorities, Dkim, DkimError, SmtpSettings};
use serde::{Deserialize, Serialize};

use super::environment::Environment;
use super::secret::{MASK, SecretUrl};
use super::span::Span;
use super::text;

/// The name of the server that `email.url` is.
const FIRST: &str = "smtp";

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
    /// The first mail server.
    pub(crate) url: Option<SecretUrl>,
    /// The sender.
    pub(crate) from: Option<String>,
    /// Authorities whose certificates hold beside the system's.
    pub(crate) ca_file: Option<PathBuf>,
    /// What signs the mail.
    pub(crate) dkim: DkimKeys,
    /// More mail servers, after `url`, in order of preference.
    pub(crate) servers: Vec<MailServer>,
}

/// One of `[[email.servers]]`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct MailServer {
    /// What messages and metrics call it.
    #[serde(with = "text")]
    pub(crate) name: RouteName,
    /// Where it is.
    pub(crate) url: Option<SecretUrl>,
    /// A file that says where it is.
    pub(crate) url_file: Option<PathBuf>,
    /// How long one send may take, if that is less than `outbox.send_timeout`.
    pub(crate) timeout: Option<Span<1, 300>>,
}

/// `[email.dkim]`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct DkimKeys {
    /// The domain that signs.
    pub(crate) domain: Option<String>,
    /// The name under which its key is published.
    pub(crate) selector: Option<String>,
    /// The private key.
    pub(crate) key_file: Option<PathBuf>,
}

/// A mail server as it is used.
#[derive(Debug)]
pub(crate) struct Mailer {
    /// Its name.
    pub(crate) name: RouteName,
    /// How to send to it.
    pub(crate) settings: SmtpSettings,
    /// How long one send may take.
    pub(crate) timeout: Option<Duration>,
    /// The key of its URL, and the URL masked, for what is said about it.
    pub(crate) told: (String, String),
}

/// A key that keeps mail from leaving.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    /// The key, written with dots.
    pub(crate) key: String,
    /// Its value, masked; `None`: it has none.
    pub(crate) value: Option<String>,
    /// What is allowed.
    pub(crate) allowed: String,
}

impl Fault {
    fn missing(key: impl Into<String>, allowed: impl Into<String>) -> Self {
        Self { key: key.into(), value: None, allowed: allowed.into() }
    }

    fn wrong(key: impl Into<String>, value: impl Into<String>, allowed: impl Into<String>) -> Self {
        Self { key: key.into(), value: Some(value.into()), allowed: allowed.into() }
    }
}

impl Email {
    /// The transport in force.
    pub(crate) fn transport(&self, environment: Environment) -> EmailTransport {
        self.transport.unwrap_or(match environment {
            Environment::Production => EmailTransport::Smtp,
            Environment::Development => EmailTransport::Inbox,
        })
    }

    /// The mail servers in order of preference, with everything that their files hold.
    ///
    /// # Errors
    /// All that is missing or wrong, but for what [`daftar_delivery::SmtpTransport`] says of a server's URL and of the sender.
    pub(crate) fn mailers(&self) -> Result<Vec<Mailer>, Vec<Fault>> {
        let mut faults = Vec::new();
        let servers = self.servers(&mut faults);
        if self.from.is_none() {
            faults.push(Fault::missing("email.from", "it must be set for the transport \"smtp\", such as \"accounts@example.com\""));
        }
        let authorities = self.authorities().map_err(|fault| faults.push(fault)).ok().flatten();
        let dkim = self.dkim.read().map_err(|wrong| faults.extend(wrong)).ok().flatten().map(Arc::new);
        let from = self.from.clone().unwrap_or_default();
        let mailer = |(name, url, timeout, key): (RouteName, SecretUrl, _, _)| Mailer {
            name,
            settings: SmtpSettings { url: url.expose().to_owned(), from: from.clone(), authorities: authorities.clone(), dkim: dkim.clone() },
            timeout,
            told: (key, url.masked()),
        };
        if faults.is_empty() { Ok(servers.into_iter().map(mailer).collect()) } else { Err(faults) }
    }

    /// The names, places and patience of the servers, and the keys that say where they are.
    fn servers(&self, faults: &mut Vec<Fault>) -> Vec<(RouteName, SecretUrl, Option<Duration>, String)> {
        let mut servers = Vec::new();
        if let Some(url) = &self.url
            && let Some(name) = RouteName::parse(FIRST)
        {
            servers.push((name, url.clone(), None, "email.url".to_owned()));
        } else if self.servers.is_empty() {
            let rule = "it, or [[email.servers]], must be set for the transport \"smtp\", such as \"smtp://user:password@mail.example.com:587\"";
            faults.push(Fault::missing("email.url", rule));
        }
        for server in &self.servers {
            let key = format!("email.servers.{}", server.name.as_str());
            if servers.iter().any(|(name, ..)| *name == server.name) {
                let rule = format!("allowed is every name once (\"{FIRST}\" is the one of email.url)");
                faults.push(Fault::wrong("email.servers", format!("{:?} twice", server.name.as_str()), rule));
            }
            match server.place(&key) {
                Ok((url, key)) => servers.push((server.name.clone(), url, server.timeout.map(Span::duration), key)),
                Err(fault) => faults.push(fault),
            }
        }
        servers
    }

    fn authorities(&self) -> Result<Option<Authorities>, Fault> {
        let Some(path) = &self.ca_file else { return Ok(None) };
        let wrong = |rule: String| Fault::wrong("email.ca_file", format!("{path:?}"), rule);
        let pem = std::fs::read(path).map_err(|error| wrong(unreadable(&error)))?;
        Authorities::from_pem(&pem).map(Some).map_err(|error| wrong(error.to_string()))
    }
}

impl MailServer {
    /// Where it is, and the key that says so.
    fn place(&self, key: &str) -> Result<(SecretUrl, String), Fault> {
        match (&self.url, &self.url_file) {
            (Some(url), None) => Ok((url.clone(), format!("{key}.url"))),
            (None, Some(path)) => {
                let key = format!("{key}.url_file");
                match std::fs::read_to_string(path) {
                    Ok(url) => Ok((SecretUrl::from(url.trim().to_owned()), key)),
                    Err(error) => Err(Fault::wrong(key, format!("{path:?}"), unreadable(&error))),
                }
            }
            (Some(_), Some(_)) => Err(Fault::wrong(format!("{key}.url"), MASK, "allowed is one of url and url_file")),
            (None, None) => Err(Fault::missing(format!("{key}.url"), "it, or url_file, must be set")),
        }
    }
}

impl DkimKeys {
    /// What signs, if anything is set.
    fn read(&self) -> Result<Option<Dkim>, Vec<Fault>> {
        let (domain, selector, path) = match (&self.domain, &self.selector, &self.key_file) {
            (None, None, None) => return Ok(None),
            (Some(domain), Some(selector), Some(path)) => (domain, selector, path),
            (domain, selector, path) => {
                let keys = [("domain", domain.is_none()), ("selector", selector.is_none()), ("key_file", path.is_none())];
                let missing = keys.into_iter().filter(|(_, is_missing)| *is_missing);
                return Err(missing
                    .map(|(key, _)| Fault::missing(format!("email.dkim.{key}"), "domain, selector and key_file must be set together"))
                    .collect());
            }
        };
        let wrong_file = |rule: String| vec![Fault::wrong("email.dkim.key_file", format!("{path:?}"), rule)];
        let pem = std::fs::read(path).map_err(|error| wrong_file(unreadable(&error)))?;
        Dkim::new(domain, selector, &pem).map(Some).map_err(|wrong| match wrong {
            DkimError::Domain => vec![Fault::wrong("email.dkim.domain", format!("{domain:?}"), wrong.to_string())],
            DkimError::Selector => vec![Fault::wrong("email.dkim.selector", format!("{selector:?}"), wrong.to_string())],
            DkimError::Key => wrong_file(wrong.to_string()),
        })
    }
}

fn unreadable(error: &std::io::Error) -> String {
    format!("it cannot be read: {error}")
}
