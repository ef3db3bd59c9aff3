//! HTTP gateways, each against a stand-in that keeps what it was asked and answers as its documents say.

mod faults;
mod generic;
mod infobip;
mod messagebird;
mod receipts;
mod templates;
mod twilio;
mod vonage;
mod zenziva;

use std::sync::atomic::AtomicI64;
use std::sync::{Arc, LazyLock};

use daftar_core::identifier::PhoneNumber;
use daftar_core::locale::Locale;
use daftar_core::message::{MessageId, Recipient};
use daftar_core::outbox::{Hook, HookError, Receipt, ReceiptOutcome, RouteName};
use daftar_core::ports::ReceiptReader as _;
use daftar_delivery::{Accepted, Gateway, GatewayClient, GatewaySettings, Gateways, Outgoing, PresetName, Rendered, SendError, Transport as _};
use daftar_testkit::gateway::{Behaviour, GatewaySink, Received, Shape};

use crate::house::{CODE, SetClock};

/// The message of these tests, by its name.
const ID: &str = "01890a5d-ac96-774b-bcce-b302099a8057";
const NUMBER: &str = "+6281234567890";
const TEXT: &str = "482915 is your ONMART code. 驗證碼 & <b>\"100%\"</b>";
const TWILIO_ACCOUNT: &str = "AC00112233445566778899aabbccddeeff";
const RECEIPTS: &str = "https://accounts.example.test/receipts/gw";
const TOKEN: &str = "a-token-of-this-route";
/// 2026-11-05 08:00:00 UTC.
const NOW: i64 = 1_793_865_600;

/// A gateway of `preset` at `url`, with all that it needs.
fn settings(preset: PresetName, url: &str) -> GatewaySettings {
    let mut settings = GatewaySettings::new(RouteName::parse("gw").unwrap(), preset);
    settings.url = Some(url.into());
    settings.receipt_url = RECEIPTS.to_owned();
    settings.receipt_token = TOKEN.into();
    settings.secret = (preset != PresetName::Generic).then(|| "hunter2".into());
    settings.sender = (preset != PresetName::Zenziva).then(|| "DAFTAR".to_owned());
    settings.account = match preset {
        PresetName::Twilio => Some(TWILIO_ACCOUNT.to_owned()),
        PresetName::Vonage | PresetName::Zenziva => Some("a1b2c3d4".to_owned()),
        PresetName::Generic | PresetName::Infobip | PresetName::MessageBird => None,
    };
    settings
}

fn gateway(settings: &GatewaySettings) -> Gateway {
    // Reading this system's authorities takes a moment.
    static CLIENT: LazyLock<GatewayClient> = LazyLock::new(|| GatewayClient::new().unwrap());
    Gateway::new(settings, CLIENT.clone()).unwrap()
}

/// A stand-in for the gateway of `preset`.
fn sink(preset: PresetName) -> GatewaySink {
    GatewaySink::of(match preset {
        PresetName::Generic => Shape::Generic,
        PresetName::Twilio => Shape::Twilio,
        PresetName::Vonage => Shape::Vonage,
        PresetName::Infobip => Shape::Infobip,
        PresetName::MessageBird => Shape::MessageBird,
        PresetName::Zenziva => Shape::Zenziva,
    })
}

/// A message with a code.
fn rendered() -> Rendered {
    Rendered {
        from_name: "ONMART".to_owned(),
        subject: None,
        text: TEXT.to_owned(),
        html: None,
        code: Some(CODE.to_owned()),
        locale: Locale::TraditionalChinese,
        sms_sender: None,
        mail_from: None,
    }
}

async fn send_to(gateway: &Gateway, number: &str, rendered: &Rendered) -> Result<Accepted, SendError> {
    let to = Recipient::Sms(PhoneNumber::from_e164(number).unwrap());
    gateway.send(&Outgoing { id: MessageId(ID.parse().unwrap()), number: 1, to: &to, rendered }).await
}

async fn send(gateway: &Gateway) -> Result<Accepted, SendError> {
    send_to(gateway, NUMBER, &rendered()).await
}

/// Sends one message by these settings to a gateway that takes it; what it was asked, and what became of it.
async fn sent_by(settings: &GatewaySettings, sink: &GatewaySink) -> (Received, Result<Accepted, SendError>) {
    let outcome = send(&gateway(settings)).await;
    (sink.requests().pop().unwrap(), outcome)
}

/// What becomes of a message that a gateway of `preset` answers like this.
async fn answered(preset: PresetName, status: u16, body: &str) -> Result<Accepted, SendError> {
    let sink = sink(preset);
    sink.behave(Behaviour::Answer(status, body.to_owned()));
    send(&gateway(&settings(preset, &sink.url()))).await
}

fn taken(reference: &str) -> Result<Accepted, SendError> {
    Ok(Accepted { reference: Some(reference.to_owned()) })
}

fn retry<T>(reason: &str) -> Result<T, SendError> {
    Err(SendError::Retry(reason.to_owned()))
}

fn later<T>(reason: &str) -> Result<T, SendError> {
    Err(SendError::Later(reason.to_owned()))
}

fn refused<T>(reason: &str) -> Result<T, SendError> {
    Err(SendError::Refused(reason.to_owned()))
}

/// A request that brings receipts.
fn hook(method: &str, url: &str, headers: &[(&str, &str)], body: &str) -> Hook {
    let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Hook { route: RouteName::parse("gw").unwrap(), method: method.to_owned(), url: url.to_owned(), headers, body: body.to_owned().into() }
}

/// Reads `hook` with the gateway of these settings, `seconds` after [`NOW`].
fn read_later(settings: &GatewaySettings, hook: &Hook, seconds: i64) -> Result<Vec<Receipt>, HookError> {
    let clock = Arc::new(SetClock(AtomicI64::new((NOW + seconds) * 1000)));
    Gateways::new(vec![Arc::new(gateway(settings))], clock).read(hook)
}

fn read(settings: &GatewaySettings, hook: &Hook) -> Result<Vec<Receipt>, HookError> {
    read_later(settings, hook, 0)
}

fn delivered(reference: &str) -> Receipt {
    Receipt { reference: reference.to_owned(), outcome: ReceiptOutcome::Delivered, reason: None }
}

fn undelivered(reference: &str, reason: &str) -> Receipt {
    Receipt { reference: reference.to_owned(), outcome: ReceiptOutcome::Undelivered, reason: Some(reason.to_owned()) }
}

fn sha256(bytes: &[u8]) -> String {
    aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, bytes).as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A JWT over `claims`, signed with `key`.
fn jwt(claims: &serde_json::Value, key: &str) -> String {
    let header = jsonwebtoken::Header::new(jsonwebtoken::Algorithm::HS256);
    jsonwebtoken::encode(&header, claims, &jsonwebtoken::EncodingKey::from_secret(key.as_bytes())).unwrap()
}
