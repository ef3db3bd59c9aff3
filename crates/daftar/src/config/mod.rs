//! The configuration: a section struct per file, read in layers (defaults, file, environment variables) and checked together.
//!
//! A key that nobody knows is an error, and so is a value that is not allowed; every error names the key, where it was set, the
//! value and what is allowed. What depends on other keys (`data_dir` on `environment`, `database.url` on `data_dir`) is an `Option`
//! in its section and has a method here that says what is in force.

mod app;
mod audit;
mod brands;
mod check;
mod check_email;
mod check_sms;
mod database;
mod email;
mod environment;
mod error;
mod layers;
mod lifetimes;
mod limits;
mod metrics;
mod outbox;
mod passwords;
mod process;
mod public_url;
mod secret;
mod show;
mod sms;
mod span;
mod text;
mod texts;
mod tls;
mod tokens;
mod traces;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use daftar_core::brand::Brands;
use daftar_core::locale::Locale;
use daftar_core::registration::RegistrationLifetimes;
use daftar_delivery::{Flaws, Overrides, Renderer};
use ipnet::IpNet;
use serde::{Deserialize, Serialize};

pub(crate) use check::{Checked, Use};
pub(crate) use email::{EmailTransport, Mailer};
pub(crate) use environment::Environment;
pub(crate) use error::ConfigError;
pub(crate) use layers::{Preset, Sources};
pub(crate) use process::{Log, LogFormat, LogLevel};
use public_url::PublicUrl;
pub(crate) use secret::SecretUrl;
pub(crate) use sms::{SmsRoute, SmsTransport};
pub(crate) use span::Span;
use tokens::Algorithm;
pub(crate) use tokens::{KeySource, master_key_of};
pub(crate) use traces::{Share, Traces};

/// The file that is read when none is named and it is there.
pub(crate) const DEFAULT_FILE: &str = "daftar.toml";
/// Where development keeps its data, in the working directory.
pub(crate) const DEVELOPMENT_DATA: &str = "./daftar-data";
const PRODUCTION_DATA: &str = "/var/lib/daftar";

/// The whole configuration, as it is written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Config {
    pub(crate) environment: Environment,
    /// Where to listen.
    #[serde(with = "text")]
    pub(crate) listen: SocketAddr,
    #[serde(with = "text::optional")]
    pub(crate) public_url: Option<PublicUrl>,
    pub(crate) data_dir: Option<PathBuf>,
    /// The language to write in where nobody names one.
    #[serde(with = "text")]
    pub(crate) locale: Locale,
    /// Peers whose forwarded headers are believed (threat row 17).
    #[serde(with = "text::list")]
    pub(crate) trusted_proxies: Vec<IpNet>,
    pub(crate) database: database::Database,
    pub(crate) email: email::Email,
    pub(crate) sms: sms::Sms,
    pub(crate) outbox: outbox::Outbox,
    pub(crate) limits: limits::Limits,
    pub(crate) audit: audit::Audit,
    pub(crate) passwords: passwords::Passwords,
    pub(crate) hashing: passwords::Hashing,
    pub(crate) codes: lifetimes::Codes,
    pub(crate) registrations: lifetimes::Registrations,
    pub(crate) sessions: lifetimes::Sessions,
    pub(crate) tokens: tokens::Tokens,
    pub(crate) secrets: tokens::Secrets,
    pub(crate) app: app::App,
    pub(crate) http: process::Http,
    pub(crate) log: process::Log,
    pub(crate) metrics: metrics::Metrics,
    pub(crate) traces: traces::Traces,
    pub(crate) tls: tls::Tls,
    pub(crate) shutdown: process::Shutdown,
    pub(crate) brand: brands::Brand,
    pub(crate) usapi: brands::Usapi,
    pub(crate) texts: texts::Texts,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            environment: Environment::default(),
            listen: SocketAddr::from(([127, 0, 0, 1], 8080)),
            public_url: None,
            data_dir: None,
            locale: Locale::default(),
            trusted_proxies: Vec::new(),
            database: database::Database::default(),
            email: email::Email::default(),
            sms: sms::Sms::default(),
            outbox: outbox::Outbox::default(),
            limits: limits::Limits::default(),
            audit: audit::Audit::default(),
            passwords: passwords::Passwords::default(),
            hashing: passwords::Hashing::default(),
            codes: lifetimes::Codes::default(),
            registrations: lifetimes::Registrations::default(),
            sessions: lifetimes::Sessions::default(),
            tokens: tokens::Tokens::default(),
            secrets: tokens::Secrets::default(),
            app: app::App::default(),
            http: process::Http::default(),
            log: process::Log::default(),
            metrics: metrics::Metrics::default(),
            traces: traces::Traces::default(),
            tls: tls::Tls::default(),
            shutdown: process::Shutdown::default(),
            brand: brands::Brand::default(),
            usapi: brands::Usapi::default(),
            texts: texts::Texts::default(),
        }
    }
}

impl Config {
    /// Reads and checks the configuration for `purpose`.
    ///
    /// # Errors
    /// [`ConfigError`] with everything that is wrong with it.
    pub(crate) fn load(sources: &Sources, purpose: Use) -> Result<Checked, ConfigError> {
        layers::read(sources)?.check(purpose)
    }

    /// Where files are kept.
    pub(crate) fn data_dir(&self) -> PathBuf {
        self.data_dir.clone().unwrap_or_else(|| match self.environment {
            Environment::Production => PathBuf::from(PRODUCTION_DATA),
            Environment::Development => PathBuf::from(DEVELOPMENT_DATA),
        })
    }

    /// Where accounts are kept.
    pub(crate) fn database_url(&self) -> SecretUrl {
        self.database.url.clone().unwrap_or_else(|| SecretUrl::from(format!("sqlite://{}", self.data_dir().join("daftar.db").display())))
    }

    /// Where people reach the installation, if it listens at `bound`. Only development may leave it open.
    pub(crate) fn public_url(&self, bound: SocketAddr) -> String {
        // Nobody can open a link to 0.0.0.0 in a browser.
        let reachable = match bound {
            SocketAddr::V4(address) if address.ip().is_unspecified() => SocketAddr::from(([127, 0, 0, 1], address.port())),
            SocketAddr::V6(address) if address.ip().is_unspecified() => SocketAddr::from(([0, 0, 0, 0, 0, 0, 0, 1], address.port())),
            address => address,
        };
        self.public_url.as_ref().map_or_else(|| format!("{}://{reachable}", self.scheme()), |url| url.as_str().to_owned())
    }

    /// What the server itself speaks.
    pub(crate) fn scheme(&self) -> &'static str {
        if self.tls.files().is_some() { "https" } else { "http" }
    }

    /// The `iss` of every token. Where nobody says how people reach the installation, which only development allows, it is the same whatever the address: so
    /// sessions outlive a restart on another port, and servers on one database take one another's tokens.
    pub(crate) fn issuer(&self) -> String {
        let public_url = || self.public_url.as_ref().map_or("http://localhost", PublicUrl::as_str).to_owned();
        self.tokens.issuer.clone().unwrap_or_else(public_url)
    }

    /// How messages and pages call themselves.
    pub(crate) fn brands(&self) -> Brands {
        brands::of(&self.brand, &self.usapi, self.sms.autofill_domain.as_ref())
    }

    /// What puts messages into words.
    ///
    /// # Errors
    /// [`Flaws`] of the operator's own texts.
    pub(crate) fn renderer(&self) -> Result<Renderer, Flaws> {
        let overrides = self.texts.dir.as_deref().map_or_else(|| Ok(Overrides::default()), Overrides::read)?;
        Renderer::new(self.brands(), &overrides)
    }

    /// How long registrations and codes live.
    pub(crate) const fn registration_lifetimes(&self) -> RegistrationLifetimes {
        lifetimes::of_registrations(&self.registrations, &self.codes)
    }

    /// How long a token lives at most.
    pub(crate) fn longest_token(&self) -> Duration {
        let (sessions, registrations) = (self.sessions.lifetimes(&self.app), self.registration_lifetimes());
        sessions
            .usual
            .max(sessions.native_app)
            .max(sessions.app)
            .max(registrations.registration)
            .max(registrations.code)
            .max(daftar_core::recovery::LIFETIME)
            .max(daftar_core::access::ACCESS_LIFETIME)
    }

    /// Whether a transport is the development inbox.
    pub(crate) fn has_inbox(&self) -> bool {
        self.email.transport(self.environment) == EmailTransport::Inbox || self.sms.transport(self.environment) == SmsTransport::Inbox
    }
}

#[cfg(test)]
mod tests;
