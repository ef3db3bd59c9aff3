//! The checks that take more than one key, done together so that somebody who writes a configuration learns everything at once
//! (threat row 53: outside development nothing starts on a missing, short or example secret).

use std::fmt::Display;

use daftar_delivery::Flaws;
use daftar_store::password_list::FilePasswordList;
use daftar_store::{Location, OpenError};
use url::Url;

use super::error::{ConfigError, Problem};
use super::layers::Written;
use super::secret::{MASK, looks_like_an_example};
use super::tokens::{MASTER_KEY_RULE, SHARED_SECRET_RULE};

use super::{Algorithm, Config, Environment, master_key_of};

/// What a configuration is read for: a command beside the server needs the store alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Use {
    /// To serve.
    Serving,
    /// To work on the store.
    Store,
}

/// A configuration that can be worked with, and what an operator should know about it.
#[derive(Debug)]
pub(crate) struct Checked {
    pub(crate) config: Config,
    /// What works, but perhaps not as meant.
    pub(crate) warnings: Vec<String>,
    /// What is to be done beside it.
    pub(crate) notes: Vec<String>,
}

impl Written {
    /// Checks every key against the others.
    pub(super) fn check(self, purpose: Use) -> Result<Checked, ConfigError> {
        let mut findings = Findings { written: &self, problems: Vec::new(), warnings: Vec::new(), notes: Vec::new() };
        findings.store();
        if purpose == Use::Serving {
            findings.reachability();
            findings.tls();
            findings.traces();
            findings.email();
            findings.sms();
            findings.rules();
            findings.tokens();
            findings.brands();
            findings.texts();
        }
        let Findings { problems, warnings, notes, .. } = findings;
        if problems.is_empty() { Ok(Checked { config: self.config, warnings, notes }) } else { Err(ConfigError::Values(problems)) }
    }
}

/// What is found so far.
pub(super) struct Findings<'a> {
    pub(super) written: &'a Written,
    pub(super) problems: Vec<Problem>,
    pub(super) warnings: Vec<String>,
    pub(super) notes: Vec<String>,
}

impl<'a> Findings<'a> {
    /// What is checked.
    pub(super) fn config(&self) -> &'a Config {
        &self.written.config
    }

    /// Whether it is for people.
    pub(super) fn in_production(&self) -> bool {
        self.config().environment == Environment::Production
    }

    /// `key` has a value that is not allowed.
    pub(super) fn refuse(&mut self, key: &str, value: impl Display, allowed: impl Into<String>) {
        self.problems.push(Problem {
            key: key.to_owned(),
            source: self.written.source_of(key),
            value: Some(value.to_string()),
            allowed: allowed.into(),
        });
    }

    /// `key` has no value and needs one.
    pub(super) fn miss(&mut self, key: &str, allowed: impl Into<String>) {
        self.problems.push(Problem { key: key.to_owned(), source: None, value: None, allowed: allowed.into() });
    }

    fn store(&mut self) {
        let url = self.config().database_url();
        match Location::parse(url.expose()) {
            Err(wrong) => {
                let rule = "allowed is sqlite:// followed by the path of a file, such as \"sqlite:///var/lib/daftar/daftar.db\", or a server's database, such as \
                            \"postgres://user:password@db.example.com/daftar\"";
                let rule = if let OpenError::Address(wrong) = wrong { format!("{wrong}; {rule}") } else { rule.to_owned() };
                self.refuse("database.url", format_args!("{:?}", url.masked()), rule);
            }
            Ok(Location::Postgres(address)) if address.is_exposed() && self.in_production() => {
                let advice = "whoever is between this machine and the database server can read and change what they say: add ?sslmode=verify-full to database.url";
                self.warnings.push(advice.to_owned());
            }
            Ok(_) => {}
        }
        if let Some(key) = &self.config().secrets.master_key {
            match master_key_of(key.expose()) {
                None => self.refuse("secrets.master_key", MASK, format!("allowed is {MASTER_KEY_RULE}")),
                Some(bytes) if self.in_production() && (looks_like_an_example(key.expose()) || all_the_same(&bytes)) => {
                    self.refuse("secrets.master_key", MASK, format!("this looks like an example; allowed is {MASTER_KEY_RULE}"));
                }
                Some(_) => {}
            }
        }
    }

    fn reachability(&mut self) {
        const RULE: &str = "in production allowed is an https URL, or http on this machine, such as \"https://accounts.example.com\"";
        if self.in_production() {
            match &self.config().public_url {
                None => self.miss("public_url", format!("it must be set: {RULE}")),
                Some(url) if !url.is_safe() => self.refuse("public_url", format_args!("{:?}", url.as_str()), RULE),
                Some(_) => {}
            }
        }
        for origin in &self.config().http.cors_origins {
            let bare = Url::parse(origin).is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.origin().ascii_serialization() == *origin);
            if !bare {
                let rule = "allowed is a list of origins (scheme, host, port and nothing else), such as [\"https://shop.example.com\"]";
                self.refuse("http.cors_origins", format_args!("{origin:?}"), rule);
            }
        }
    }

    fn rules(&mut self) {
        let config = self.config();
        if !config.limits.enabled && self.in_production() {
            self.refuse("limits.enabled", false, "in production allowed is true");
        }
        match config.limits.test_contacts(&config.usapi.country, &config.app.default_country) {
            Err(contact) => {
                let rule =
                    "allowed are e-mail addresses and phone numbers, each with a number of eight digits, such as { \"+85251230000\" = \"12345678\" }";
                self.refuse("limits.test_contacts", format_args!("{contact:?}"), rule);
            }
            Ok(contacts) if !contacts.0.is_empty() && self.in_production() => {
                let rule = "in production allowed is none: whoever knows such a contact signs in as its account";
                self.refuse("limits.test_contacts", format_args!("{} of them", contacts.0.len()), rule);
            }
            Ok(_) => {}
        }
        if config.passwords.max.0 < config.passwords.min.0 {
            self.refuse("passwords.max", config.passwords.max.0, format!("allowed is passwords.min ({}) or more", config.passwords.min.0));
        }
        for path in &config.passwords.lists {
            if let Err(error) = FilePasswordList::probe(path) {
                let rule = "allowed are files of passwords, one a line, or of sorted hashes (SHA-1 or MD5)";
                self.refuse("passwords.lists", format_args!("{:?}: {error}", path.display().to_string()), rule);
            }
        }
        let fewest = 8 * config.hashing.lanes.0;
        if config.hashing.memory_kib.0 < fewest {
            self.refuse("hashing.memory_kib", config.hashing.memory_kib.0, format!("allowed is 8 KiB for each of the lanes ({fewest}) or more"));
        }
        if config.outbox.lease.duration() <= 2 * config.outbox.send_timeout.duration() {
            let rule = "allowed is more than twice outbox.send_timeout: a message may wait for the one before it";
            self.refuse("outbox.lease", format_args!("\"{}s\"", config.outbox.lease.duration().as_secs()), rule);
        }
        if config.codes.lifetime.duration() > config.registrations.lifetime.duration() {
            self.warnings.push("codes.lifetime is longer than registrations.lifetime: a code ends with its registration".to_owned());
        }
    }

    fn tokens(&mut self) {
        let tokens = &self.config().tokens;
        match (tokens.algorithm, &tokens.secret) {
            (Algorithm::Es256, None) => {}
            (Algorithm::Es256, Some(_)) => self.refuse("tokens.secret", MASK, "it is for tokens.algorithm = \"HS256\" alone"),
            (Algorithm::Hs256, None) => self.miss("tokens.secret", format!("it must be set for HS256: {SHARED_SECRET_RULE}")),
            (Algorithm::Hs256, Some(secret)) if secret.expose().len() < daftar_core::token::SHARED_SECRET_MIN => {
                self.refuse("tokens.secret", MASK, format!("it is too short; allowed is {SHARED_SECRET_RULE}"));
            }
            (Algorithm::Hs256, Some(secret)) if self.in_production() && looks_like_an_example(secret.expose()) => {
                self.refuse("tokens.secret", MASK, format!("this looks like an example; allowed is {SHARED_SECRET_RULE}"));
            }
            (Algorithm::Hs256, Some(_)) => {}
        }
        if tokens.algorithm != Algorithm::Es256 && !tokens.key_files.is_empty() {
            let rule = "they are for tokens.algorithm = \"ES256\" alone";
            self.refuse("tokens.key_files", format_args!("{:?}", tokens.key_files), rule);
        }
        if tokens.issuer.as_ref().is_some_and(|issuer| issuer.trim().is_empty()) {
            self.refuse("tokens.issuer", "\"\"", "allowed is a text that is not empty; leave it out for the public URL");
        }
    }

    fn brands(&mut self) {
        let platforms = &self.config().usapi.platforms;
        let repeated = platforms.iter().enumerate().find(|(i, platform)| platforms.iter().take(*i).any(|earlier| earlier.id == platform.id));
        if let Some((_, platform)) = repeated {
            self.refuse("usapi.platforms", format_args!("{:?} twice", platform.id.0), "allowed is every id once");
        }
        if self.in_production() {
            let of_platforms = platforms.iter().map(|platform| ("usapi.platforms", platform.link_base.as_ref()));
            for (key, base) in std::iter::once(("brand.link_base", self.config().brand.link_base.as_ref())).chain(of_platforms) {
                if let Some(base) = base.filter(|base| !base.is_safe()) {
                    let rule = "a link_base in production is an https URL, or http on this machine, such as \"https://accounts.example.com\"";
                    self.refuse(key, format_args!("{:?}", base.as_str()), rule);
                }
            }
        }
    }

    /// Writes every message once: what an operator's own texts leave out, and which short messages take more than one part.
    fn texts(&mut self) {
        match self.config().renderer().and_then(|renderer| renderer.reviewed()) {
            Ok(long) => self.warnings.extend(long),
            Err(Flaws(flaws)) => {
                let dir = self.config().texts.dir.clone().unwrap_or_default();
                flaws.iter().for_each(|flaw| self.refuse("texts.dir", format_args!("{dir:?}"), flaw.to_string()));
            }
        }
    }
}

fn all_the_same(bytes: &[u8]) -> bool {
    bytes.windows(2).all(|pair| pair.first() == pair.last())
}
