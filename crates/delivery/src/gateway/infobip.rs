//! Infobip's SMS, version 3, and its WhatsApp templates.
//!
//! Requests: <https://www.infobip.com/docs/api/channels/sms/outbound-sms/send-sms-messages> and
//! <https://www.infobip.com/docs/api/channels/whatsapp/whatsapp-outbound-messages/send-whatsapp-template-message>. A try's name is ours, and no two tries
//! have the same: whether a name may come again, by another channel or after a refusal, the documents do not say. `callbackData` is the message's own name. Statuses: <https://www.infobip.com/docs/essentials/api-essentials/response-status-and-error-codes>. Receipts are not signed:
//! they are known by the token in their URL.

use daftar_core::locale::Locale;
use daftar_core::outbox::{Hook, HookError, Receipt, ReceiptOutcome};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Value, json};

use crate::transport::{Accepted, SendError};

use super::answer::{answered, at, is_reference, nonsense, put_off, readable, receipt, reference, text_of};
use super::client::{Reply, Request};
use super::settings::{GatewayError, GatewaySettings, Templates};
use super::{Parcel, Preset};

/// Statuses about the number or the text, which are the last word.
const LAST_WORDS: [&str; 9] = [
    "UNDELIVERABLE_REJECTED_OPERATOR",
    "UNDELIVERABLE_NOT_DELIVERED",
    "REJECTED_PREFIX_MISSING",
    "REJECTED_DND",
    "REJECTED_DESTINATION",
    "REJECTED_MESSAGE_TOO_LONG",
    "REJECTED_NOT_REACHABLE",
    "REJECTED_INVALID_DESTINATION",
    "MISSING_TO",
];
/// Statuses about the account or the moment, which hold for all messages.
const FAILING: [&str; 4] = ["REJECTED_NOT_ENOUGH_CREDITS", "REJECTED_PREPAID_PACKAGE_EXPIRED", "REJECTED_FLOODING_FILTER", "REJECTED_SYSTEM_ERROR"];
/// Statuses about the sender or the way to one country, which somebody can mend.
const PASSING: [&str; 8] = [
    "REJECTED_NETWORK",
    "REJECTED_SOURCE",
    "REJECTED_SENDER",
    "REJECTED_DESTINATION_NOT_REGISTERED",
    "REJECTED_ROUTE_NOT_AVAILABLE",
    "REJECTED_INVALID_UDH",
    "REJECTED_NOT_SENT",
    "EXPIRED_EXPIRED",
];

/// Infobip.
pub(super) struct Infobip {
    url: String,
    authorization: SecretString,
    templates: Option<Templates>,
}

impl Infobip {
    /// Infobip by these settings.
    pub(super) fn new(settings: &GatewaySettings) -> Result<Self, GatewayError> {
        settings.none_of(&[
            ("account", settings.account.is_some()),
            ("key", settings.key.is_some()),
            ("signing_key", settings.signing_key.is_some()),
        ])?;
        let secret = settings.secret("your API key")?;
        let is_template = |template: &str| !template.starts_with(':') && !template.ends_with(':');
        let templates = Templates::of(settings, is_template)?;
        if templates.is_some() {
            settings.text("sender", settings.sender.as_ref(), "your WhatsApp number")?;
        }
        let path = if templates.is_some() { "/whatsapp/1/message/template" } else { "/sms/3/messages" };
        Ok(Self { url: settings.endpoint(None, path)?, authorization: format!("App {secret}").into(), templates })
    }
}

/// A template's name and the language that it is in there: `name`, or `name:zh_TW` where it is not the usual one.
fn template_of(written: &str, locale: Locale) -> (&str, &str) {
    let usual = match locale {
        Locale::English => "en",
        Locale::Indonesian => "id",
        Locale::TraditionalChinese => "zh_HK",
    };
    written.split_once(':').unwrap_or((written, usual))
}

fn sms(parcel: &Parcel<'_>) -> Value {
    let mut message = json!({
        "destinations": [{ "to": parcel.to_digits(), "messageId": parcel.try_id() }],
        "content": { "text": parcel.text },
    });
    let Value::Object(fields) = &mut message else { return message };
    if let Some(from) = parcel.from {
        fields.insert("sender".to_owned(), from.trim_start_matches('+').into());
    }
    if !parcel.receipt_url.is_empty() {
        let delivery = json!({ "url": parcel.receipt_url, "intermediateReport": false });
        fields.insert("webhooks".to_owned(), json!({ "delivery": delivery, "contentType": "application/json", "callbackData": parcel.id }));
    }
    message
}

fn whatsapp(parcel: &Parcel<'_>, templates: &Templates, code: &str) -> Value {
    let (name, language) = template_of(templates.of_locale(parcel.locale), parcel.locale);
    // The button of an authentication template copies the code, too.
    let data = json!({ "body": { "placeholders": [code] }, "buttons": [{ "type": "URL", "parameter": code }] });
    let mut message = json!({
        "from": parcel.from.unwrap_or_default().trim_start_matches('+'),
        "to": parcel.to_digits(),
        "messageId": parcel.try_id(),
        "content": { "templateName": name, "templateData": data, "language": language },
        "callbackData": parcel.id,
    });
    if let (false, Value::Object(fields)) = (parcel.receipt_url.is_empty(), &mut message) {
        fields.insert("notifyUrl".to_owned(), parcel.receipt_url.into());
    }
    message
}

impl Preset for Infobip {
    fn url(&self) -> &str {
        &self.url
    }

    fn request(&self, parcel: &Parcel<'_>) -> Result<Request, SendError> {
        let message = match (&self.templates, parcel.code) {
            (None, _) => sms(parcel),
            (Some(templates), Some(code)) => whatsapp(parcel, templates, code),
            (Some(_), None) => return Err(SendError::Refused("WhatsApp carries codes alone".to_owned())),
        };
        let request = Request::json(self.url.clone(), &json!({ "messages": [message] }));
        Ok(request.with("authorization", self.authorization.expose_secret()))
    }

    fn verdict(&self, reply: &Reply, parcel: &Parcel<'_>) -> Result<Accepted, SendError> {
        if !reply.is_success() {
            // What is said of a number is said with status 200.
            return Err(put_off(reply, answered(reply, None)));
        }
        let answer = reply.json().ok_or_else(nonsense)?;
        let message = at(&answer, "messages.0").ok_or_else(nonsense)?;
        let (group, name) = (at(message, "status.groupId").and_then(Value::as_u64), at(message, "status.name").and_then(Value::as_str));
        let reference = reference(message.get("messageId"), parcel).or_else(|| Some(parcel.try_id()));
        match (group, name) {
            // Accepted, on its way, there.
            (Some(0 | 1 | 3), _) => Ok(Accepted { reference }),
            (_, Some(name)) => {
                let known = |names: &[&'static str]| names.iter().find(|known| **known == name).copied();
                let said = |name: &str| format!("the gateway answered {name}");
                Err(match (known(&LAST_WORDS), known(&FAILING), known(&PASSING)) {
                    (Some(name), _, _) => SendError::Refused(said(name)),
                    (None, Some(name), _) => SendError::Retry(said(name)),
                    (None, None, Some(name)) => SendError::Later(said(name)),
                    (None, None, None) => SendError::Later("the gateway did not take the message".to_owned()),
                })
            }
            (_, None) => Err(nonsense()),
        }
    }

    fn receipts(&self, hook: &Hook) -> Result<Vec<Receipt>, HookError> {
        let body: Value = serde_json::from_slice(&hook.body).map_err(|_| HookError::Unreadable)?;
        let results = body.get("results").and_then(Value::as_array).ok_or(HookError::Unreadable)?;
        let read = |result: &Value| {
            let reference = result.get("messageId").and_then(Value::as_str).filter(|id| is_reference(id)).ok_or(HookError::Unreadable)?;
            let outcome = match at(result, "status.groupId").and_then(Value::as_u64).ok_or(HookError::Unreadable)? {
                3 => ReceiptOutcome::Delivered,
                2 | 4 | 5 => ReceiptOutcome::Undelivered,
                _ => return Ok(None),
            };
            let number = |path: &str| at(result, path).and_then(text_of).filter(|text| text.len() <= 6 && text.bytes().all(|b| b.is_ascii_digit()));
            let reason = number("status.id").map(|status| match number("error.id").filter(|error| error != "0") {
                Some(error) => format!("status {status}, error {error}"),
                None => format!("status {status}"),
            });
            Ok(Some(receipt(reference, outcome, reason)))
        };
        readable(results.iter().filter_map(|result| read(result).transpose()))
    }
}
