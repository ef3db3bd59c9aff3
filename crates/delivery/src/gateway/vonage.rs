//! Vonage's Messages API, version 1, which Vonage recommends over its older SMS API.
//!
//! Requests: <https://developer.vonage.com/en/api/messages> (a repeat is known by its `client_ref`, which nothing acts on). Errors:
//! <https://developer.vonage.com/en/api-errors/messages>. Receipts: <https://developer.vonage.com/en/messages/concepts/signed-webhooks>, a JWT with the hash of
//! the body; without a signature secret they are known by the token in their URL.

use daftar_core::outbox::{Hook, HookError, Receipt, ReceiptOutcome};
use daftar_core::ports::Timestamp;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::transport::{Accepted, SendError};

use super::answer::{answered, at, is_reference, nonsense, number, put_off, receipt, reference, text_of};
use super::client::{Reply, Request};
use super::settings::{GatewayError, GatewaySettings};
use super::signature::{basic, claims, is_sha256};
use super::{Parcel, Preset};

const HOST: &str = "https://api.nexmo.com";
/// Errors about the number or the text: an invalid message, a barred number, too long, no such number, gone for good, no route, blocked.
const LAST_WORDS: [u32; 11] = [1_040, 1_050, 1_090, 1_170, 1_190, 1_240, 1_250, 1_260, 1_280, 1_300, 1_430];
/// How old a signature may be: receipts are repeated for 24 hours.
const AGE_MAX: i64 = 25 * 60 * 60;
/// How far clocks may be apart.
const LEEWAY: i64 = 5 * 60;

/// Vonage.
pub(super) struct Vonage {
    url: String,
    authorization: SecretString,
    signing_key: Option<SecretString>,
}

#[derive(Deserialize)]
struct Claims {
    iat: i64,
    payload_hash: String,
}

impl Vonage {
    /// Vonage by these settings.
    pub(super) fn new(settings: &GatewaySettings) -> Result<Self, GatewayError> {
        settings.sms_alone()?;
        settings.none_of(&[("key", settings.key.is_some())])?;
        let account = settings.account("your API key")?;
        let secret = settings.secret("your API secret")?;
        settings.text("sender", settings.sender.as_ref(), "a number or name of yours")?;
        Ok(Self {
            url: settings.endpoint(Some(HOST), "/v1/messages")?,
            authorization: basic(account, secret).into(),
            signing_key: settings.signing_key()?.map(SecretString::from),
        })
    }
}

/// The number of an error: its title, or what follows the `#` of its type.
fn error_of(problem: &Value) -> Option<Value> {
    let code = problem.get("type").and_then(Value::as_str).and_then(|kind| kind.rsplit_once('#')).map(|(_, code)| Value::from(code));
    let is_number = |value: &Value| text_of(value).is_some_and(|text| text.bytes().all(|b| b.is_ascii_digit()));
    code.filter(is_number).or_else(|| problem.get("title").cloned().filter(is_number))
}

impl Preset for Vonage {
    fn url(&self) -> &str {
        &self.url
    }

    fn request(&self, parcel: &Parcel<'_>) -> Result<Request, SendError> {
        let mut body = json!({
            "channel": "sms",
            "message_type": "text",
            "to": parcel.to_digits(),
            "from": parcel.from.unwrap_or_default().trim_start_matches('+'),
            "text": parcel.text,
            "client_ref": parcel.id,
        });
        if let (false, Value::Object(fields)) = (parcel.receipt_url.is_empty(), &mut body) {
            fields.insert("webhook_url".to_owned(), parcel.receipt_url.into());
            fields.insert("webhook_version".to_owned(), "v1".into());
        }
        Ok(Request::json(self.url.clone(), &body).with("authorization", self.authorization.expose_secret()))
    }

    fn verdict(&self, reply: &Reply, parcel: &Parcel<'_>) -> Result<Accepted, SendError> {
        let answer = reply.json().unwrap_or_default();
        if reply.is_success() {
            let reference = reference(answer.get("message_uuid"), parcel).ok_or_else(nonsense)?;
            return Ok(Accepted { reference: Some(reference) });
        }
        let number = number(error_of(&answer).as_ref(), parcel);
        let reason = answered(reply, number);
        let last_word = reply.status < 500 && number.is_some_and(|number| LAST_WORDS.contains(&number));
        Err(if last_word { SendError::Refused(reason) } else { put_off(reply, reason) })
    }

    fn signs(&self) -> bool {
        self.signing_key.is_some()
    }

    fn is_signed(&self, hook: &Hook, now: Timestamp) -> bool {
        let token = hook.header("authorization").and_then(|value| value.strip_prefix("Bearer "));
        let (Some(key), Some(token)) = (&self.signing_key, token) else { return false };
        let Some(claims) = claims::<Claims>(token.trim(), key.expose_secret()) else { return false };
        let age = now.as_second().saturating_sub(claims.iat);
        (-LEEWAY..=AGE_MAX).contains(&age) && is_sha256(&claims.payload_hash, &hook.body)
    }

    fn receipts(&self, hook: &Hook) -> Result<Vec<Receipt>, HookError> {
        let body: Value = serde_json::from_slice(&hook.body).map_err(|_| HookError::Unreadable)?;
        let text = |name: &str| body.get(name).and_then(Value::as_str);
        let reference = text("message_uuid").filter(|id| is_reference(id)).ok_or(HookError::Unreadable)?;
        let outcome = match text("status").ok_or(HookError::Unreadable)? {
            "delivered" | "read" => ReceiptOutcome::Delivered,
            "rejected" | "undeliverable" => ReceiptOutcome::Undelivered,
            _ => return Ok(Vec::new()),
        };
        let error = at(&body, "error.error").or_else(|| body.get("error")).and_then(error_of).as_ref().and_then(text_of);
        let error = error.filter(|code| code.len() <= 6).map(|code| format!("error {code}"));
        Ok(vec![receipt(reference, outcome, error)])
    }
}
