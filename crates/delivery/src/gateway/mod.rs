//! Short messages and WhatsApp messages through HTTP gateways: what each of them is asked, what its answers and receipts mean.
//!
//! ```text
//! Outgoing ──► Preset::request ──► GatewayClient ──► Preset::verdict ──► Accepted, or SendError
//! Hook ──► signature or token ──► Preset::receipts ──► Receipts
//! ```
//!
//! A gateway's own words are never repeated: they hold numbers, addresses and codes (threat row 52). Its numbers are, and words of its documents.
//!
//! | module | what lives there |
//! |---|---|
//! | this one | the way from a message to a request, and [`Gateways`], who reads receipts |
//! | `settings` | what an operator writes, and what is wrong with it |
//! | `client` | HTTP |
//! | `answer`, `signature` | what answers and receipts have in common |
//! | `template`, `generic` | a gateway that the operator describes |
//! | `twilio`, `vonage`, … | the others |
//!
//! # Adding a preset
//!
//! Add a name to [`PresetName`] and a file with a `Preset`; the compiler finds the places. Read the gateway's documents for: how it is authenticated, what makes a
//! repeat harmless, which errors are about the number (the last word) and which about the account (to be tried again), and how it proves that a receipt is its own.

mod answer;
mod client;
mod generic;
mod infobip;
mod messagebird;
mod settings;
mod signature;
mod template;
mod twilio;
mod vonage;
mod zenziva;

use std::sync::Arc;

use async_trait::async_trait;
use daftar_core::identifier::{Country, PhoneNumber};
use daftar_core::locale::Locale;
use daftar_core::message::Recipient;
use daftar_core::outbox::{Hook, HookError, Receipt, Receipted, RouteName, Way};
use daftar_core::ports::{Clock, ReceiptReader, Timestamp};
use secrecy::{ExposeSecret as _, SecretString};
use url::Url;

use crate::measure;
use crate::transport::{Accepted, Outgoing, SendError, Transport};

pub use client::GatewayClient;
use client::{Reply, Request};
pub use settings::{GatewayError, GatewaySettings, GenericSettings, PresetName, is_exposed};

/// A message as presets see it.
struct Parcel<'a> {
    /// Its name, the same at every try.
    id: String,
    /// Which try this is.
    number: u32,
    /// The number (E.164).
    to: &'a str,
    /// Who it is from.
    from: Option<&'a str>,
    /// What it says.
    text: &'a str,
    /// The code in it, if there is one.
    code: Option<&'a str>,
    /// Its language.
    locale: Locale,
    /// Where receipts are to go; empty: nowhere.
    receipt_url: &'a str,
}

impl Parcel<'_> {
    /// A name that no other try has.
    fn try_id(&self) -> String {
        format!("{}-{}", self.id, self.number)
    }

    /// The number without its `+`.
    fn to_digits(&self) -> &str {
        self.to.trim_start_matches('+')
    }
}

/// How one gateway is spoken to.
trait Preset: Send + Sync {
    /// Where it is.
    fn url(&self) -> &str;

    /// The request that sends a message.
    fn request(&self, parcel: &Parcel<'_>) -> Result<Request, SendError>;

    /// What its answer means.
    fn verdict(&self, reply: &Reply, parcel: &Parcel<'_>) -> Result<Accepted, SendError>;

    /// Whether it signs its receipts with a key that we know. If it does not, its receipts are known by a token in their URL.
    fn signs(&self) -> bool {
        false
    }

    /// Whether the signature of a receipt holds.
    fn is_signed(&self, _hook: &Hook, _now: Timestamp) -> bool {
        false
    }

    /// The receipts in a request that is the gateway's.
    fn receipts(&self, hook: &Hook) -> Result<Vec<Receipt>, HookError>;
}

/// One gateway.
pub struct Gateway {
    name: RouteName,
    way: Way,
    sender: Option<String>,
    senders: Vec<(Country, String)>,
    receipt_url: String,
    receipt_token: SecretString,
    preset: Box<dyn Preset>,
    client: GatewayClient,
}

impl std::fmt::Debug for Gateway {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Gateway").field("name", &self.name).finish_non_exhaustive()
    }
}

impl Gateway {
    /// A gateway for these settings. It connects when there is something to send.
    ///
    /// # Errors
    /// [`GatewayError`] naming the key that is wrong.
    pub fn new(settings: &GatewaySettings, client: GatewayClient) -> Result<Self, GatewayError> {
        let preset = preset(settings)?;
        if !client.can_check(preset.url()) {
            return Err(GatewayError::NoAuthorities);
        }
        let receipt_url = match (settings.receipt_url.as_str(), preset.signs()) {
            ("", _) => String::new(),
            (url, true) => url.to_owned(),
            (url, false) => with_token(url, settings.receipt_token.expose_secret()),
        };
        Ok(Self {
            name: settings.name.clone(),
            way: settings.way,
            sender: settings.sender.clone(),
            senders: settings.senders.clone(),
            receipt_url,
            receipt_token: settings.receipt_token.clone(),
            preset,
            client,
        })
    }

    /// What is wrong with these settings.
    ///
    /// # Errors
    /// [`GatewayError`] naming the key.
    pub fn check(settings: &GatewaySettings) -> Result<(), GatewayError> {
        preset(settings).map(|_| ())
    }

    /// The URL that the gateway is to send receipts to, token and all, for gateways that are told of it by hand. Empty: it cannot be reached.
    #[must_use]
    pub fn receipt_url(&self) -> &str {
        &self.receipt_url
    }

    /// Makes a connection to the gateway, TLS and all, and closes it again: nothing is asked of it, and nothing is spent. Whether it was under TLS.
    ///
    /// # Errors
    /// [`SendError::Retry`] saying why there is none.
    pub async fn reach(&self) -> Result<bool, SendError> {
        self.client.reach(self.preset.url()).await
    }

    /// Who a message is from: where a country has rules about that, by its rules, else the brand if it is one of its own, else as usual.
    fn sender<'a>(&'a self, number: &PhoneNumber, of_brand: Option<&'a str>) -> Option<&'a str> {
        let country = number.country();
        let of_country = self.senders.iter().find(|(place, _)| Some(place) == country.as_ref()).map(|(_, sender)| sender.as_str());
        // A brand's sender is a name for short messages; WhatsApp's is a number that was registered there.
        let of_brand = of_brand.filter(|_| self.way == Way::Sms);
        of_country.or(of_brand).or(self.sender.as_deref())
    }
}

fn preset(settings: &GatewaySettings) -> Result<Box<dyn Preset>, GatewayError> {
    settings.check_common()?;
    Ok(match settings.preset {
        PresetName::Generic => Box::new(generic::Generic::new(settings)?),
        PresetName::Twilio => Box::new(twilio::Twilio::new(settings)?),
        PresetName::Vonage => Box::new(vonage::Vonage::new(settings)?),
        PresetName::Infobip => Box::new(infobip::Infobip::new(settings)?),
        PresetName::MessageBird => Box::new(messagebird::MessageBird::new(settings)?),
        PresetName::Zenziva => Box::new(zenziva::Zenziva::new(settings)?),
    })
}

fn with_token(url: &str, token: &str) -> String {
    let token: String = form_urlencoded::byte_serialize(token.as_bytes()).collect();
    format!("{url}?token={token}")
}

#[async_trait]
impl Transport for Gateway {
    async fn send(&self, message: &Outgoing<'_>) -> Result<Accepted, SendError> {
        let Recipient::Sms(number) = message.to else {
            return Err(SendError::Refused("a mail address gets no short message".to_owned()));
        };
        let rendered = message.rendered;
        let parcel = Parcel {
            id: message.id.0.to_string(),
            number: message.number,
            to: number.as_e164(),
            from: self.sender(number, rendered.sms_sender.as_deref()),
            text: &rendered.text,
            code: rendered.code.as_deref(),
            locale: rendered.locale,
            receipt_url: &self.receipt_url,
        };
        let reply = self.client.call(self.preset.request(&parcel)?).await?;
        self.preset.verdict(&reply, &parcel)
    }
}

/// All gateways, by their routes: who reads receipts.
pub struct Gateways {
    gateways: Vec<Arc<Gateway>>,
    clock: Arc<dyn Clock>,
}

impl std::fmt::Debug for Gateways {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Gateways").field(&self.gateways).finish()
    }
}

impl Gateways {
    /// Those of an installation.
    #[must_use]
    pub fn new(gateways: Vec<Arc<Gateway>>, clock: Arc<dyn Clock>) -> Self {
        Self { gateways, clock }
    }
}

impl ReceiptReader for Gateways {
    fn read(&self, hook: &Hook) -> Result<Vec<Receipt>, HookError> {
        let gateway = self.gateways.iter().find(|gateway| gateway.name == hook.route).ok_or(HookError::Unknown)?;
        let is_genuine = if gateway.preset.signs() {
            gateway.preset.is_signed(hook, self.clock.now())
        } else {
            let (shown, expected) = (token_of(hook).unwrap_or_default(), gateway.receipt_token.expose_secret());
            !expected.is_empty() && signature::same(shown.as_bytes(), expected.as_bytes())
        };
        if is_genuine { gateway.preset.receipts(hook) } else { Err(HookError::Forged) }
    }

    fn noted(&self, receipted: &Receipted) {
        measure::receipt(receipted);
    }
}

/// The token in a receipt's URL.
fn token_of(hook: &Hook) -> Option<String> {
    query_of(hook).into_iter().find(|(name, _)| name == "token").map(|(_, value)| value)
}

/// The fields of a receipt's query.
fn query_of(hook: &Hook) -> Vec<(String, String)> {
    Url::parse(&hook.url).map(|url| url.query_pairs().into_owned().collect()).unwrap_or_default()
}

/// The fields of a receipt's form.
fn form_of(hook: &Hook) -> Vec<(String, String)> {
    form_urlencoded::parse(&hook.body).into_owned().collect()
}
