//! Twilio's Messages, for SMS and WhatsApp.
//!
//! Requests: <https://www.twilio.com/docs/messaging/api/message-resource>; a repeat cannot be told from a second message, there is no key for it. Templates:
//! <https://www.twilio.com/docs/content/send-templates-created-with-the-content-template-builder>. Errors: <https://www.twilio.com/docs/api/errors>. Receipts:
//! <https://www.twilio.com/docs/messaging/guides/track-outbound-message-status>, signed by <https://www.twilio.com/docs/usage/security>: HMAC-SHA-1 over the URL
//! and the sorted fields of the form.

use daftar_core::outbox::{Hook, HookError, Receipt, ReceiptOutcome, Way};
use daftar_core::ports::Timestamp;
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::json;
use url::Url;

use crate::transport::{Accepted, SendError};

use super::answer::{answered, is_reference, nonsense, number, put_off, receipt, reference};
use super::client::{Reply, Request};
use super::settings::{GatewayError, GatewaySettings, Templates, is_twilio_service};
use super::signature::{basic, hmac_sha1, same};
use super::{Parcel, Preset, form_of};

const HOST: &str = "https://api.twilio.com";
/// Errors about the number or the text: not valid, not reachable, a landline, a short code, unsubscribed, too long, not on WhatsApp.
const LAST_WORDS: [u32; 13] = [21_211, 21_214, 21_217, 21_265, 21_401, 21_604, 21_610, 21_612, 21_614, 21_617, 21_635, 63_003, 63_024];

/// Twilio.
pub(super) struct Twilio {
    url: String,
    authorization: SecretString,
    templates: Option<Templates>,
    signing_key: Option<SecretString>,
}

impl Twilio {
    /// Twilio by these settings.
    pub(super) fn new(settings: &GatewaySettings) -> Result<Self, GatewayError> {
        let account = settings.account("the account's SID, which begins with AC")?;
        if !is_sid(account, "AC") {
            return Err(GatewayError::Wrong { key: "account", allowed: "the account's SID: AC and 32 hexadecimal digits" });
        }
        let secret = settings.secret("the account's auth token, or the secret of the API key that `key` names")?;
        let user = match settings.key.as_deref() {
            None => account,
            Some(key) if is_sid(key, "SK") => key,
            Some(_) => return Err(GatewayError::Wrong { key: "key", allowed: "an API key's SID: SK and 32 hexadecimal digits" }),
        };
        settings.text("sender", settings.sender.as_ref(), "a number or name of yours, or a messaging service's SID, which begins with MG")?;
        // Twilio signs with the auth token, which is the secret unless an API key stands for the account.
        let auth_token = settings.key.is_none().then_some(secret);
        Ok(Self {
            url: settings.endpoint(Some(HOST), &format!("/2010-04-01/Accounts/{account}/Messages.json"))?,
            authorization: basic(user, secret).into(),
            templates: Templates::of(settings, |template| is_sid(template, "HX"))?,
            signing_key: settings.signing_key()?.or(auth_token).map(SecretString::from),
        })
    }
}

fn is_sid(text: &str, prefix: &str) -> bool {
    text.len() == 34 && text.strip_prefix(prefix).is_some_and(|rest| rest.bytes().all(|b| b.is_ascii_hexdigit()))
}

impl Preset for Twilio {
    fn url(&self) -> &str {
        &self.url
    }

    fn request(&self, parcel: &Parcel<'_>) -> Result<Request, SendError> {
        let from = parcel.from.unwrap_or_default();
        let way = if self.templates.is_some() { Way::Whatsapp } else { Way::Sms };
        let address = |number: &str| match way {
            Way::Whatsapp => format!("whatsapp:+{}", number.trim_start_matches('+')),
            Way::Sms | Way::Email => number.to_owned(),
        };
        let (to, from_key, from) = match is_twilio_service(from) {
            true => (address(parcel.to), "MessagingServiceSid", from.to_owned()),
            false => (address(parcel.to), "From", address(from)),
        };
        let mut fields = vec![("To", to), (from_key, from)];
        match (&self.templates, parcel.code) {
            (None, _) => fields.push(("Body", parcel.text.to_owned())),
            (Some(templates), Some(code)) => {
                fields.push(("ContentSid", templates.of_locale(parcel.locale).to_owned()));
                fields.push(("ContentVariables", json!({ "1": code }).to_string()));
            }
            (Some(_), None) => return Err(SendError::Refused("WhatsApp carries codes alone".to_owned())),
        }
        if !parcel.receipt_url.is_empty() {
            fields.push(("StatusCallback", parcel.receipt_url.to_owned()));
        }
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        Ok(Request::form(self.url.clone(), &fields).with("authorization", self.authorization.expose_secret()))
    }

    fn verdict(&self, reply: &Reply, parcel: &Parcel<'_>) -> Result<Accepted, SendError> {
        let answer = reply.json().unwrap_or_default();
        if reply.is_success() {
            let reference = reference(answer.get("sid"), parcel).ok_or_else(nonsense)?;
            return Ok(Accepted { reference: Some(reference) });
        }
        let number = number(answer.get("code"), parcel);
        let reason = answered(reply, number);
        let last_word = reply.status < 500 && number.is_some_and(|number| LAST_WORDS.contains(&number));
        Err(if last_word { SendError::Refused(reason) } else { put_off(reply, reason) })
    }

    fn signs(&self) -> bool {
        self.signing_key.is_some()
    }

    fn is_signed(&self, hook: &Hook, _now: Timestamp) -> bool {
        let (Some(key), Some(signature)) = (&self.signing_key, hook.header("x-twilio-signature")) else { return false };
        let mut fields = form_of(hook);
        // As their libraries do: a field that comes twice with one value counts once.
        fields.sort_unstable();
        fields.dedup();
        let fields: String = fields.into_iter().flat_map(|(name, value)| [name, value]).collect();
        let signed = |url: String| hmac_sha1(key.expose_secret(), format!("{url}{fields}").as_bytes());
        urls(&hook.url).into_iter().fold(false, |holds, url| holds | same(signed(url).as_bytes(), signature.as_bytes()))
    }

    fn receipts(&self, hook: &Hook) -> Result<Vec<Receipt>, HookError> {
        let fields = form_of(hook);
        let find = |name: &str| fields.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
        let reference = find("MessageSid").or_else(|| find("SmsSid")).filter(|sid| is_reference(sid)).ok_or(HookError::Unreadable)?;
        let outcome = match find("MessageStatus").or_else(|| find("SmsStatus")).ok_or(HookError::Unreadable)? {
            "delivered" | "read" => ReceiptOutcome::Delivered,
            "undelivered" | "failed" | "canceled" => ReceiptOutcome::Undelivered,
            _ => return Ok(Vec::new()),
        };
        let error = find("ErrorCode").filter(|code| code.len() <= 6).and_then(|code| code.parse::<u32>().ok());
        Ok(vec![receipt(reference, outcome, error.map(|error| format!("error {error}")))])
    }
}

/// The forms in which Twilio may have signed a URL: as it is, with its port, without it.
fn urls(url: &str) -> Vec<String> {
    let mut forms = vec![url.to_owned()];
    if let Ok(parsed) = Url::parse(url)
        && let Some(host) = parsed.host_str()
    {
        let rest = url.splitn(4, '/').nth(3).unwrap_or_default();
        forms.push(format!("{}://{host}/{rest}", parsed.scheme()));
        forms.extend(parsed.port_or_known_default().map(|port| format!("{}://{host}:{port}/{rest}", parsed.scheme())));
    }
    forms
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_is_computed_as_twilios_own_libraries_do() {
        // From the tests of twilio-python: tests/unit/test_request_validator.py.
        let fields = "CallSidCA1234567890ABCDECaller+14158675309Digits1234From+14158675309To+18005551212";
        let url = "https://mycompany.com/myapp.php?foo=1&bar=2";
        assert_eq!(hmac_sha1("12345", format!("{url}{fields}").as_bytes()), "RSOYDt4T1cUTdK1PDd93/VVr8B8=");
    }

    #[test]
    fn a_url_may_be_signed_with_or_without_its_port() {
        assert_eq!(urls("https://a.example/r/x?y=1"), ["https://a.example/r/x?y=1", "https://a.example/r/x?y=1", "https://a.example:443/r/x?y=1"]);
        assert_eq!(urls("http://a.example:8080/r"), ["http://a.example:8080/r", "http://a.example/r", "http://a.example:8080/r"]);
    }
}
