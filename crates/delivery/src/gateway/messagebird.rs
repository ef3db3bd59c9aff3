//! MessageBird's SMS, as Bird still serves it.
//!
//! Requests and errors: <https://developers.messagebird.com/api/sms-messaging/> (a repeat is known by its `reference`, without which there are no receipts either)
//! and <https://developers.messagebird.com/api/#errors>. Receipts come as `GET`, signed by <https://developers.messagebird.com/api/#verifying-http-requests>: a JWT
//! with the hash of the URL; without a signing key they are known by the token in their URL.

use daftar_core::outbox::{Hook, HookError, Receipt, ReceiptOutcome};
use daftar_core::ports::Timestamp;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::transport::{Accepted, SendError};

use super::answer::{answered, at, is_reference, nonsense, number, put_off, receipt, reference};
use super::client::{Reply, Request};
use super::settings::{GatewayError, GatewaySettings};
use super::signature::{claims, is_sha256, same};
use super::{Parcel, Preset, query_of};

const HOST: &str = "https://rest.messagebird.com";
/// "No (correct) recipients found".
const NO_RECIPIENT: u32 = 9;
/// How far clocks may be apart.
const LEEWAY: i64 = 60;

/// MessageBird.
pub(super) struct MessageBird {
    url: String,
    authorization: SecretString,
    signing_key: Option<SecretString>,
}

#[derive(Deserialize)]
struct Claims {
    iss: String,
    nbf: i64,
    exp: i64,
    url_hash: String,
    payload_hash: Option<String>,
}

impl MessageBird {
    /// MessageBird by these settings.
    pub(super) fn new(settings: &GatewaySettings) -> Result<Self, GatewayError> {
        settings.sms_alone()?;
        settings.none_of(&[("account", settings.account.is_some()), ("key", settings.key.is_some())])?;
        let secret = settings.secret("your access key")?;
        settings.text("sender", settings.sender.as_ref(), "a number or name of yours")?;
        Ok(Self {
            url: settings.endpoint(Some(HOST), "/messages")?,
            authorization: format!("AccessKey {secret}").into(),
            signing_key: settings.signing_key()?.map(SecretString::from),
        })
    }
}

impl Preset for MessageBird {
    fn url(&self) -> &str {
        &self.url
    }

    fn request(&self, parcel: &Parcel<'_>) -> Result<Request, SendError> {
        let mut body = json!({
            "originator": parcel.from.unwrap_or_default().trim_start_matches('+'),
            "recipients": [parcel.to_digits()],
            "body": parcel.text,
            "reference": parcel.id,
            // Else Chinese would arrive as question marks.
            "datacoding": "auto",
        });
        if let (false, Value::Object(fields)) = (parcel.receipt_url.is_empty(), &mut body) {
            fields.insert("reportUrl".to_owned(), parcel.receipt_url.into());
        }
        Ok(Request::json(self.url.clone(), &body).with("authorization", self.authorization.expose_secret()))
    }

    fn verdict(&self, reply: &Reply, parcel: &Parcel<'_>) -> Result<Accepted, SendError> {
        let answer = reply.json().unwrap_or_default();
        if reply.is_success() {
            let reference = reference(answer.get("id"), parcel).ok_or_else(nonsense)?;
            return Ok(Accepted { reference: Some(reference) });
        }
        let number = number(at(&answer, "errors.0.code"), parcel);
        let about_recipients =
            at(&answer, "errors.0.parameter").and_then(Value::as_str).is_some_and(|name| matches!(name, "recipient" | "recipients"));
        let reason = answered(reply, number);
        let last_word = reply.status == 422 && (number == Some(NO_RECIPIENT) || about_recipients);
        Err(if last_word { SendError::Refused(reason) } else { put_off(reply, reason) })
    }

    fn signs(&self) -> bool {
        self.signing_key.is_some()
    }

    fn is_signed(&self, hook: &Hook, now: Timestamp) -> bool {
        let (Some(key), Some(token)) = (&self.signing_key, hook.header("messagebird-signature-jwt")) else { return false };
        let Some(claims) = claims::<Claims>(token, key.expose_secret()) else { return false };
        let now = now.as_second();
        let is_timely = claims.nbf <= now.saturating_add(LEEWAY) && now.saturating_sub(LEEWAY) < claims.exp;
        let is_whole = match (&claims.payload_hash, hook.body.is_empty()) {
            (None, true) => true,
            (Some(hash), false) => is_sha256(hash, &hook.body),
            (Some(_), true) | (None, false) => false,
        };
        same(claims.iss.as_bytes(), b"MessageBird") && is_timely && is_sha256(&claims.url_hash, hook.url.as_bytes()) && is_whole
    }

    fn receipts(&self, hook: &Hook) -> Result<Vec<Receipt>, HookError> {
        let fields = query_of(hook);
        let find = |name: &str| fields.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
        let reference = find("id").filter(|id| is_reference(id)).ok_or(HookError::Unreadable)?;
        let outcome = match find("status").ok_or(HookError::Unreadable)? {
            "delivered" => ReceiptOutcome::Delivered,
            "delivery_failed" | "expired" => ReceiptOutcome::Undelivered,
            _ => return Ok(Vec::new()),
        };
        let error = find("statusErrorCode").filter(|code| code.len() <= 6).and_then(|code| code.parse::<u32>().ok());
        Ok(vec![receipt(reference, outcome, error.map(|error| format!("error {error}")))])
    }
}

#[cfg(test)]
mod tests {
    use daftar_core::outbox::RouteName;

    use super::*;

    const KEY: &str = "36efdd1aace2e26cd490f0d951138253bef2f7c6d34d18981da781555cc4cebb";
    /// From MessageBird's go-rest-api: signature_jwt/testdata/reference.json, signed for 2021-07-05T10:00:00Z.
    const TOKEN: &str = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJpc3MiOiJNZXNzYWdlQmlyZCIsIm5iZiI6MTYyNTQ3OTIwMCwiZXhwIjoxNjI1NDc5MjYwLCJqdGkiOiI1OWEyNDRkYy1lOWFkLTRlMjM\
                         tOTc3OC0zNzFmYWEyMzhmNzIiLCJ1cmxfaGFzaCI6IjBmMTE1ZGIwNjJiN2MwZGQwMzBiMTY4NzhjOTlkZWE1YzM1NGI0OWRjMzdiMzhlYjg4NDYxNzljNzc4M2U5ZDcifQ.6Fp0rVOsRr1fj9S2Gi\
                         dXAfkmPVofKr8_RTffC6G6r2E";

    fn holds(key: &str, url: &str, body: &'static [u8], at: i64) -> bool {
        let settings = GatewaySettings {
            secret: Some("key".into()),
            signing_key: Some(key.into()),
            sender: Some("Daftar".to_owned()),
            ..GatewaySettings::new(RouteName::parse("a").unwrap(), crate::PresetName::MessageBird)
        };
        let headers = vec![("messagebird-signature-jwt".to_owned(), TOKEN.to_owned())];
        let hook = Hook { route: settings.name.clone(), method: "GET".to_owned(), url: url.to_owned(), headers, body: body.into() };
        MessageBird::new(&settings).unwrap().is_signed(&hook, Timestamp::from_second(at).unwrap())
    }

    #[test]
    fn messagebirds_own_reference_holds_in_its_minute_for_its_url_and_key_alone() {
        assert!(holds(KEY, "https://example.com/", b"", 1_625_479_200) && holds(KEY, "https://example.com/", b"", 1_625_479_300));
        assert!(!holds(KEY, "https://example.com/", b"", 1_625_479_321), "expired");
        assert!(!holds(KEY, "https://example.com/", b"", 1_625_479_139), "not yet");
        assert!(!holds(KEY, "https://example.com/?id=1", b"", 1_625_479_200), "another URL");
        assert!(!holds(KEY, "https://example.com/", b"x", 1_625_479_200), "a body that is not signed");
        assert!(!holds("another", "https://example.com/", b"", 1_625_479_200), "another key");
    }
}
