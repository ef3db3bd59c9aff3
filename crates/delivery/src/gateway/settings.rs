//! What an operator writes about one gateway (`[[sms.routes]]`), and what is wrong with it. Secrets are hidden, and no error repeats a value.

use daftar_core::identifier::Country;
use daftar_core::locale::Locale;
use daftar_core::outbox::{RouteName, Way};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use url::{Host, Url};

/// The gateways whose requests, answers and receipts are known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PresetName {
    /// Whatever takes an HTTP request.
    Generic,
    /// Twilio.
    Twilio,
    /// Vonage, once Nexmo.
    Vonage,
    /// Infobip.
    Infobip,
    /// MessageBird, now Bird.
    MessageBird,
    /// Zenziva of Indonesia.
    Zenziva,
}

impl PresetName {
    /// As a configuration writes it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Generic => "generic",
            Self::Twilio => "twilio",
            Self::Vonage => "vonage",
            Self::Infobip => "infobip",
            Self::MessageBird => "messagebird",
            Self::Zenziva => "zenziva",
        }
    }
}

/// One gateway, as it is configured.
#[derive(Debug, Clone)]
pub struct GatewaySettings {
    /// The route that it is.
    pub name: RouteName,
    /// Whose requests it takes.
    pub preset: PresetName,
    /// How it carries messages.
    pub way: Way,
    /// Where it is: for most presets the host alone, if it is not the usual one; for the generic one, and Zenziva, the whole URL.
    pub url: Option<SecretString>,
    /// Who we are to it: an account, a user.
    pub account: Option<String>,
    /// An API key that stands for the account (Twilio's `SK…`).
    pub key: Option<String>,
    /// The password, token or key that proves it.
    pub secret: Option<SecretString>,
    /// The key by which it signs receipts, where that is another one.
    pub signing_key: Option<SecretString>,
    /// Who messages are from.
    pub sender: Option<String>,
    /// Who they are from in some countries.
    pub senders: Vec<(Country, String)>,
    /// The template of WhatsApp messages.
    pub template: Option<String>,
    /// Their template in some languages.
    pub templates: Vec<(Locale, String)>,
    /// What the generic preset alone needs.
    pub generic: GenericSettings,
    /// Where it is to send receipts; empty: it is not told.
    pub receipt_url: String,
    /// What receipts must show in their URL, where nothing is signed.
    pub receipt_token: SecretString,
}

impl GatewaySettings {
    /// A gateway of which nothing is known but its name and preset.
    #[must_use]
    pub fn new(name: RouteName, preset: PresetName) -> Self {
        Self {
            name,
            preset,
            way: Way::Sms,
            url: None,
            account: None,
            key: None,
            secret: None,
            signing_key: None,
            sender: None,
            senders: Vec::new(),
            template: None,
            templates: Vec::new(),
            generic: GenericSettings::default(),
            receipt_url: String::new(),
            receipt_token: SecretString::from(""),
        }
    }
}

/// How the generic preset speaks and listens. What is left out has a usual form.
#[derive(Debug, Clone, Default)]
pub struct GenericSettings {
    /// `POST`, `PUT` or `GET`; by default `POST`.
    pub method: Option<String>,
    /// Header fields; their values may have placeholders.
    pub headers: Vec<(String, SecretString)>,
    /// The body, with placeholders; by default JSON of `id`, `to`, `from` and `text`.
    pub body: Option<SecretString>,
    /// Where the answer names the message, as a path such as `data.0.id`.
    pub id_field: Option<String>,
    /// Where the answer says whether the message was taken; by default its status alone does.
    pub success_field: Option<String>,
    /// What it says there if it was.
    pub success_values: Vec<String>,
    /// Where the answer says why it was not.
    pub error_field: Option<String>,
    /// What it says there of a number that it will never reach.
    pub refused_values: Vec<String>,
    /// Where a receipt names the message.
    pub receipt_id_field: Option<String>,
    /// Where a receipt says what became of it.
    pub receipt_status_field: Option<String>,
    /// What it says there if it has arrived.
    pub delivered_values: Vec<String>,
    /// What it says there if it will not.
    pub undelivered_values: Vec<String>,
}

/// Why a gateway cannot be used as it is configured. Its text names no value, because many are secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GatewayError {
    /// A key is missing.
    #[error("`{key}` must be set for the preset \"{preset}\": {what}")]
    Missing {
        /// The key.
        key: &'static str,
        /// The preset.
        preset: &'static str,
        /// What to write.
        what: &'static str,
    },
    /// A key has a value that cannot be used.
    #[error("`{key}`: allowed is {allowed}")]
    Wrong {
        /// The key.
        key: &'static str,
        /// What to write.
        allowed: &'static str,
    },
    /// A key means nothing here.
    #[error("`{key}` means nothing for the preset \"{preset}\": leave it out")]
    Superfluous {
        /// The key.
        key: &'static str,
        /// The preset.
        preset: &'static str,
    },
    /// A template names something that there is not.
    #[error("`{key}`: there is no placeholder of this name; there are {known}")]
    Placeholder {
        /// The key.
        key: &'static str,
        /// Those that there are.
        known: String,
    },
    /// There are no certificates.
    #[error("`url`: the system has no certificates of authorities: install them (on Debian the package ca-certificates)")]
    NoAuthorities,
    /// TLS cannot be set up on this machine.
    #[error("`url`: TLS cannot be set up")]
    Tls,
}

impl GatewayError {
    /// The key that is wrong.
    #[must_use]
    pub const fn key(&self) -> &'static str {
        match self {
            Self::Missing { key, .. } | Self::Wrong { key, .. } | Self::Superfluous { key, .. } | Self::Placeholder { key, .. } => key,
            Self::NoAuthorities | Self::Tls => "url",
        }
    }
}

const SENDER_RULE: &str = "a name of up to 11 letters, digits, blanks and `.`, `_`, `-`, `&`, `#`, or a number of 3 to 15 digits with or without `+`";

/// Where a gateway is.
const URL_RULE: &str = "an https URL, such as \"https://sms.example.com/send\", or http on this machine or in a network that you trust; without a user and a password in it";

impl GatewaySettings {
    /// What is wrong whatever the preset.
    pub(super) fn check_common(&self) -> Result<(), GatewayError> {
        let templated = self.template.iter().map(|name| ("template", name)).chain(self.templates.iter().map(|(_, name)| ("templates", name)));
        let senders = self.sender.iter().map(|sender| ("sender", sender)).chain(self.senders.iter().map(|(_, sender)| ("senders", sender)));
        for (key, sender) in senders {
            let fits = match self.way {
                Way::Whatsapp => is_number(sender),
                Way::Sms | Way::Email => {
                    is_number(sender) || is_sender_name(sender) || (self.preset == PresetName::Twilio && is_twilio_service(sender))
                }
            };
            if !fits {
                let allowed =
                    if self.way == Way::Whatsapp { "the number that is registered with WhatsApp, such as \"+85290001234\"" } else { SENDER_RULE };
                return Err(GatewayError::Wrong { key, allowed });
            }
        }
        for (key, name) in templated {
            if self.way != Way::Whatsapp {
                return Err(GatewayError::Wrong { key, allowed: "nothing: it is for way = \"whatsapp\" alone" });
            }
            if name.is_empty() || !name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b':')) {
                return Err(GatewayError::Wrong { key, allowed: "the name or id of an approved template" });
            }
        }
        if self.preset != PresetName::Generic {
            let GenericSettings { method, headers, body, id_field, success_field, success_values, error_field, refused_values, .. } = &self.generic;
            let GenericSettings { receipt_id_field, receipt_status_field, delivered_values, undelivered_values, .. } = &self.generic;
            self.none_of(&[
                ("method", method.is_some()),
                ("headers", !headers.is_empty()),
                ("body", body.is_some()),
                ("id_field", id_field.is_some()),
                ("success_field", success_field.is_some()),
                ("success_values", !success_values.is_empty()),
                ("error_field", error_field.is_some()),
                ("refused_values", !refused_values.is_empty()),
                ("receipt_id_field", receipt_id_field.is_some()),
                ("receipt_status_field", receipt_status_field.is_some()),
                ("delivered_values", !delivered_values.is_empty()),
                ("undelivered_values", !undelivered_values.is_empty()),
            ])?;
        }
        if self.way == Way::Email {
            return Err(GatewayError::Wrong { key: "way", allowed: "\"sms\" or \"whatsapp\"" });
        }
        Ok(())
    }

    /// A text that must be there.
    pub(super) fn text<'a>(&self, key: &'static str, value: Option<&'a String>, what: &'static str) -> Result<&'a str, GatewayError> {
        let missing = GatewayError::Missing { key, preset: self.preset.name(), what };
        value.map(|text| text.trim()).filter(|text| !text.is_empty()).ok_or(missing)
    }

    /// A secret that must be there, fit to stand in a header field.
    pub(super) fn secret(&self, what: &'static str) -> Result<&str, GatewayError> {
        let missing = GatewayError::Missing { key: "secret", preset: self.preset.name(), what };
        let secret = self.secret.as_ref().map(ExposeSecret::expose_secret).filter(|secret| !secret.is_empty()).ok_or(missing)?;
        let fits = secret.bytes().all(|b| b.is_ascii_graphic());
        if fits { Ok(secret) } else { Err(GatewayError::Wrong { key: "secret", allowed: "visible ASCII characters, without blanks" }) }
    }

    /// The key that receipts are signed with, if it is known.
    pub(super) fn signing_key(&self) -> Result<Option<&str>, GatewayError> {
        match self.signing_key.as_ref().map(ExposeSecret::expose_secret) {
            Some("") => Err(GatewayError::Wrong {
                key: "signing_key",
                allowed: "the key that the gateway signs receipts with; leave it out if there is none",
            }),
            key => Ok(key),
        }
    }

    /// Refuses everything that is about WhatsApp.
    pub(super) fn sms_alone(&self) -> Result<(), GatewayError> {
        if self.way == Way::Sms { Ok(()) } else { Err(GatewayError::Wrong { key: "way", allowed: "\"sms\" for this preset" }) }
    }

    /// Who we are, fit to stand in a header field and a path.
    pub(super) fn account(&self, what: &'static str) -> Result<&str, GatewayError> {
        let account = self.text("account", self.account.as_ref(), what)?;
        let fits = account.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b'@'));
        if fits { Ok(account) } else { Err(GatewayError::Wrong { key: "account", allowed: "letters, digits, `-`, `_`, `.` and `@`" }) }
    }

    /// Refuses keys that this preset does not read.
    pub(super) fn none_of(&self, keys: &[(&'static str, bool)]) -> Result<(), GatewayError> {
        match keys.iter().find(|(_, is_set)| *is_set) {
            Some((key, _)) => Err(GatewayError::Superfluous { key, preset: self.preset.name() }),
            None => Ok(()),
        }
    }

    /// The URL of `path` at the host of `url`, or of `usual`, if there is one.
    pub(super) fn endpoint(&self, usual: Option<&'static str>, path: &str) -> Result<String, GatewayError> {
        let what = "the address of your account's API, such as \"https://abc123.api.infobip.com\"";
        let missing = GatewayError::Missing { key: "url", preset: self.preset.name(), what };
        let base = self.url.as_ref().map(ExposeSecret::expose_secret).or(usual).ok_or(missing)?;
        let url = checked_url(base)?;
        if url.path() != "/" || url.query().is_some() {
            return Err(GatewayError::Wrong { key: "url", allowed: "the scheme and the host of the API, without a path" });
        }
        Ok(format!("{}{path}", base.trim_end_matches('/')))
    }
}

/// The templates of WhatsApp messages: one for every language.
pub(super) struct Templates {
    usual: Option<String>,
    of_locales: Vec<(Locale, String)>,
}

impl Templates {
    /// Those of the settings, each of which must be `fit`; none where short messages are sent.
    pub(super) fn of(settings: &GatewaySettings, fit: impl Fn(&str) -> bool) -> Result<Option<Self>, GatewayError> {
        if settings.way != Way::Whatsapp {
            return Ok(None);
        }
        let (usual, of_locales) = (settings.template.clone(), settings.templates.clone());
        let has_all = Locale::ALL.iter().all(|locale| of_locales.iter().any(|(known, _)| known == locale));
        if usual.is_none() && !has_all {
            let what = "the approved template that carries a code; or one for every language under `templates`";
            return Err(GatewayError::Missing { key: "template", preset: settings.preset.name(), what });
        }
        if usual.iter().any(|name| !fit(name)) {
            return Err(GatewayError::Wrong { key: "template", allowed: "a template as the gateway calls it: Twilio's begin with HX" });
        }
        if of_locales.iter().any(|(_, name)| !fit(name)) {
            return Err(GatewayError::Wrong { key: "templates", allowed: "templates as the gateway calls them: Twilio's begin with HX" });
        }
        Ok(Some(Self { usual, of_locales }))
    }

    /// The template in a language.
    pub(super) fn of_locale(&self, locale: Locale) -> &str {
        let special = self.of_locales.iter().find(|(known, _)| *known == locale).map(|(_, name)| name);
        special.or(self.usual.as_ref()).map_or("", String::as_str)
    }
}

/// A URL that a gateway can be at.
pub(super) fn checked_url(text: &str) -> Result<Url, GatewayError> {
    let wrong = || GatewayError::Wrong { key: "url", allowed: URL_RULE };
    let url = Url::parse(text).map_err(|_| wrong())?;
    let is_web = matches!(url.scheme(), "http" | "https") && url.has_host() && text.contains("://");
    let is_bare = url.username().is_empty() && url.password().is_none() && url.fragment().is_none();
    // The client is stricter than those who write URLs.
    let is_plain = text.bytes().all(|b| b.is_ascii_graphic()) && text.parse::<hyper::Uri>().is_ok();
    if is_web && is_bare && is_plain { Ok(url) } else { Err(wrong()) }
}

/// A number, with or without `+`; short codes are numbers, too.
fn is_number(text: &str) -> bool {
    let digits = text.strip_prefix('+').unwrap_or(text);
    (3..=15).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit())
}

/// A name as networks show it (3GPP TS 23.040 §9.1.2.5); Hong Kong's registered ones begin with `#`.
fn is_sender_name(text: &str) -> bool {
    let is_plain = text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b' ' | b'.' | b'_' | b'-' | b'&' | b'#'));
    (1..=11).contains(&text.len()) && is_plain && text.trim() == text && text.bytes().any(|b| b.is_ascii_alphabetic())
}

/// A messaging service of Twilio's.
pub(super) fn is_twilio_service(text: &str) -> bool {
    text.len() == 34 && text.strip_prefix("MG").is_some_and(|rest| rest.bytes().all(|b| b.is_ascii_hexdigit()))
}

/// Whether what is sent to `url` can be read by others on its way.
#[must_use]
pub fn is_exposed(url: &str) -> bool {
    let Ok(url) = Url::parse(url) else { return false };
    let on_this_machine = match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    };
    url.scheme() == "http" && !on_this_machine
}
