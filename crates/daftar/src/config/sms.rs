//! `[sms]`: how short messages leave, and `[[sms.routes]]`, the gateways that carry them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use daftar_core::identifier::Country;
use daftar_core::locale::Locale;
use daftar_core::outbox::{RouteName, Way};
use daftar_core::price::Price;
use daftar_delivery::{GatewayError, GatewaySettings, GenericSettings, PresetName};
use serde::{Deserialize, Serialize};

use super::brands::Domain;
use super::environment::Environment;
use super::secret::{GatewayUrl, Secret};
use super::span::Span;
use super::text::{self, Text};

/// How long a gateway may take to answer, unless its route says otherwise: somebody waits for the code, and another gateway may be well.
const USUAL_PATIENCE: Duration = Duration::from_secs(10);

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
    /// By default HTTP in production or where there are routes, else the inbox.
    pub(crate) transport: Option<SmsTransport>,
    /// The domain on whose pages phones may offer the code of a short message; by default messages do not say.
    #[serde(with = "text::optional")]
    pub(crate) autofill_domain: Option<Domain>,
    /// What one message may cost over all its routes.
    #[serde(with = "text::optional")]
    pub(crate) max_cost: Option<Price>,
    /// Gateways in order of preference.
    pub(crate) routes: Vec<SmsRoute>,
}

impl Sms {
    /// The transport in force.
    pub(crate) fn transport(&self, environment: Environment) -> SmsTransport {
        self.transport.unwrap_or(match environment {
            Environment::Development if self.routes.is_empty() => SmsTransport::Inbox,
            Environment::Production | Environment::Development => SmsTransport::Http,
        })
    }
}

impl Sms {
    /// What a short message to `country` costs by the dearest route that may carry it, where one without a price costs `usual`: which one does is not known before.
    pub(crate) fn price_to(&self, country: &Country, usual: Price) -> Price {
        let serves = |route: &&SmsRoute| route.countries().is_none_or(|countries| countries.contains(country));
        let price = |route: &SmsRoute| {
            let of_country = route.prices().unwrap_or_default().into_iter().find(|(of, _)| of == country).map(|(_, price)| price);
            of_country.or(route.price).unwrap_or(usual)
        };
        self.routes.iter().filter(serves).map(price).max().unwrap_or(usual)
    }
}

/// One of `[[sms.routes]]`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SmsRoute {
    /// Its name, in logs, in metrics and in the URL of its receipts.
    #[serde(with = "text")]
    pub(crate) name: RouteName,
    /// Whose gateway it is.
    pub(crate) preset: PresetName,
    /// SMS or WhatsApp.
    #[serde(default, with = "text::optional")]
    pub(crate) way: Option<Way>,
    /// Where it is.
    #[serde(default)]
    pub(crate) url: Option<GatewayUrl>,
    /// The account there.
    #[serde(default)]
    pub(crate) account: Option<String>,
    /// The API key that stands for the account.
    #[serde(default)]
    pub(crate) key: Option<String>,
    /// What proves the account.
    #[serde(default)]
    pub(crate) secret: Option<Secret>,
    /// The file that it is in.
    #[serde(default)]
    pub(crate) secret_file: Option<PathBuf>,
    /// What receipts are signed with.
    #[serde(default)]
    pub(crate) signing_key: Option<Secret>,
    /// The file that it is in.
    #[serde(default)]
    pub(crate) signing_key_file: Option<PathBuf>,
    /// Who messages are from.
    #[serde(default)]
    pub(crate) sender: Option<String>,
    /// The template of WhatsApp messages.
    #[serde(default)]
    pub(crate) template: Option<String>,
    /// The countries that it is for; none: all.
    #[serde(default, with = "text::list")]
    pub(crate) countries: Vec<Country>,
    /// The platforms that it is for, the installation's own brand being the empty name; none: all.
    #[serde(default)]
    pub(crate) platforms: Vec<String>,
    /// What a message costs.
    #[serde(default, with = "text::optional")]
    pub(crate) price: Option<Price>,
    /// How long one send may take.
    #[serde(default)]
    pub(crate) timeout: Option<Span<1, 300>>,
    /// How long its receipt is waited for.
    #[serde(default)]
    pub(crate) receipt_within: Option<Span<5, 3600>>,
    /// The generic preset's request.
    #[serde(default)]
    pub(crate) method: Option<String>,
    /// Its body.
    #[serde(default)]
    pub(crate) body: Option<Secret>,
    /// How its answer is read.
    #[serde(default)]
    pub(crate) id_field: Option<String>,
    #[serde(default)]
    pub(crate) success_field: Option<String>,
    #[serde(default)]
    pub(crate) success_values: Vec<String>,
    #[serde(default)]
    pub(crate) error_field: Option<String>,
    #[serde(default)]
    pub(crate) refused_values: Vec<String>,
    /// How its receipts are read.
    #[serde(default)]
    pub(crate) receipt_id_field: Option<String>,
    #[serde(default)]
    pub(crate) receipt_status_field: Option<String>,
    #[serde(default)]
    pub(crate) delivered_values: Vec<String>,
    #[serde(default)]
    pub(crate) undelivered_values: Vec<String>,
    /// Who messages are from in some countries.
    #[serde(default)]
    pub(crate) senders: BTreeMap<String, String>,
    /// What a message to some countries costs.
    #[serde(default)]
    pub(crate) prices: BTreeMap<String, String>,
    /// The template in some languages.
    #[serde(default)]
    pub(crate) templates: BTreeMap<String, String>,
    /// The generic preset's header fields.
    #[serde(default)]
    pub(crate) headers: BTreeMap<String, Secret>,
}

/// What is wrong with a route: its key and what is allowed there.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`sms.routes.{route}.{key}`: {allowed}")]
pub(crate) struct RouteError {
    pub(crate) route: String,
    pub(crate) key: &'static str,
    pub(crate) allowed: String,
}

impl SmsRoute {
    /// How long one send may take.
    pub(crate) fn timeout(&self) -> Duration {
        self.timeout.map_or(USUAL_PATIENCE, Span::duration)
    }

    /// What is wrong with `key`.
    pub(crate) fn wrong(&self, key: &'static str, allowed: impl Into<String>) -> RouteError {
        RouteError { route: self.name.as_str().to_owned(), key, allowed: allowed.into() }
    }

    /// What the gateway says is wrong.
    pub(crate) fn wrong_by(&self, error: &GatewayError) -> RouteError {
        let text = error.to_string();
        let allowed = text.strip_prefix(&format!("`{}`", error.key())).map_or(text.as_str(), |rest| rest.trim_start_matches([':', ' '])).to_owned();
        self.wrong(error.key(), allowed)
    }

    /// How it carries messages.
    pub(crate) fn way(&self) -> Way {
        self.way.unwrap_or(Way::Sms)
    }

    /// The countries that it is for; `None`: all. Zenziva sends within Indonesia.
    pub(crate) fn countries(&self) -> Option<Vec<Country>> {
        match (self.countries.as_slice(), self.preset) {
            ([], PresetName::Zenziva) => Some(vec![Country::indonesia()]),
            ([], _) => None,
            (countries, _) => Some(countries.to_vec()),
        }
    }

    /// What a message to some countries costs.
    pub(crate) fn prices(&self) -> Result<Vec<(Country, Price)>, RouteError> {
        let priced = self.by_country("prices", &self.prices)?;
        let read = |(country, text): (Country, &String)| Some((country, Price::parse(text)?));
        priced
            .into_iter()
            .map(|pair| read(pair).ok_or_else(|| self.wrong("prices", format!("allowed is {} for every country", Price::ALLOWED))))
            .collect()
    }

    /// What the gateway is made from; it reads the files of its secrets.
    pub(crate) fn settings(&self) -> Result<GatewaySettings, RouteError> {
        let mut settings = GatewaySettings::new(self.name.clone(), self.preset);
        settings.way = self.way();
        settings.url = self.url.as_ref().map(|url| url.expose().into());
        settings.account = self.account.clone();
        settings.key = self.key.clone();
        settings.secret = self.secret_of(("secret", self.secret.as_ref()), ("secret_file", self.secret_file.as_deref()))?;
        settings.signing_key = self.secret_of(("signing_key", self.signing_key.as_ref()), ("signing_key_file", self.signing_key_file.as_deref()))?;
        settings.sender = self.sender.clone();
        settings.senders = self.by_country("senders", &self.senders)?.into_iter().map(|(country, sender)| (country, sender.clone())).collect();
        settings.template = self.template.clone();
        settings.templates = self.templates()?;
        settings.generic = GenericSettings {
            method: self.method.clone(),
            headers: self.headers.iter().map(|(name, value)| (name.clone(), value.expose().into())).collect(),
            body: self.body.as_ref().map(|body| body.expose().into()),
            id_field: self.id_field.clone(),
            success_field: self.success_field.clone(),
            success_values: self.success_values.clone(),
            error_field: self.error_field.clone(),
            refused_values: self.refused_values.clone(),
            receipt_id_field: self.receipt_id_field.clone(),
            receipt_status_field: self.receipt_status_field.clone(),
            delivered_values: self.delivered_values.clone(),
            undelivered_values: self.undelivered_values.clone(),
        };
        Ok(settings)
    }

    fn templates(&self) -> Result<Vec<(Locale, String)>, RouteError> {
        let read = |(tag, name): (&String, &String)| Some((<Locale as Text>::parse(tag)?, name.clone()));
        let wrong = || self.wrong("templates", format!("allowed is a table by {}", <Locale as Text>::ALLOWED));
        self.templates.iter().map(|pair| read(pair).ok_or_else(wrong)).collect()
    }

    fn by_country<'a>(&self, key: &'static str, table: &'a BTreeMap<String, String>) -> Result<Vec<(Country, &'a String)>, RouteError> {
        let wrong = || self.wrong(key, format!("allowed is a table by {}", <Country as Text>::ALLOWED));
        table.iter().map(|(country, value)| Ok((Country::parse(country).ok_or_else(wrong)?, value))).collect()
    }

    /// A secret as it is written, or out of its file.
    fn secret_of(
        &self,
        (key, written): (&'static str, Option<&Secret>),
        (file_key, file): (&'static str, Option<&Path>),
    ) -> Result<Option<secrecy::SecretString>, RouteError> {
        match (written, file) {
            (None, None) => Ok(None),
            (Some(secret), None) => Ok(Some(secret.expose().into())),
            (Some(_), Some(_)) => Err(self.wrong(file_key, format!("allowed is one of `{key}` and `{file_key}`, not both"))),
            (None, Some(file)) => match std::fs::read_to_string(file) {
                Ok(text) => Ok(Some(text.trim().into())),
                Err(error) => {
                    Err(self.wrong(file_key, format!("the file {} cannot be read ({}); allowed is a file of one line", file.display(), error.kind())))
                }
            },
        }
    }
}

impl Text for RouteName {
    const ALLOWED: &'static str = "1 to 40 letters, digits, `-` and `_`";

    fn parse(text: &str) -> Option<Self> {
        Self::parse(text)
    }

    fn written(&self) -> String {
        self.as_str().to_owned()
    }
}

impl Text for Way {
    const ALLOWED: &'static str = "\"sms\" or \"whatsapp\"";

    fn parse(text: &str) -> Option<Self> {
        Self::from_name(text).filter(|way| *way != Self::Email)
    }

    fn written(&self) -> String {
        self.name().to_owned()
    }
}

impl Text for Price {
    const ALLOWED: &'static str = "a price in quotes, such as \"0.045\"";

    fn parse(text: &str) -> Option<Self> {
        Self::parse(text)
    }

    fn written(&self) -> String {
        self.to_string()
    }
}
