//! Zenziva of Indonesia: its console's API for ordinary numbers, and with another `url` the one for masked senders (`…/masking/api/sendsms/`).
//!
//! Requests: <https://www.zenziva.id/dokumentasi/>. The sender is a matter of the account. A repeat cannot be told from a second message. Its documents give
//! words, not numbers, for what went wrong, so nothing is a last word; and no receipts that can be told from forged ones, so there are none.

use daftar_core::outbox::{Hook, HookError, Receipt};
use secrecy::{ExposeSecret as _, SecretString};

use crate::transport::{Accepted, SendError};

use super::answer::{answered, nonsense, put_off, reference, text_of};
use super::client::{Reply, Request};
use super::settings::{GatewayError, GatewaySettings, checked_url};
use super::{Parcel, Preset};

const URL: &str = "https://console.zenziva.net/reguler/api/sendsms/";

/// Zenziva.
pub(super) struct Zenziva {
    url: String,
    user_key: String,
    pass_key: SecretString,
}

impl Zenziva {
    /// Zenziva by these settings.
    pub(super) fn new(settings: &GatewaySettings) -> Result<Self, GatewayError> {
        settings.sms_alone()?;
        settings.none_of(&[
            ("key", settings.key.is_some()),
            ("signing_key", settings.signing_key.is_some()),
            ("sender", settings.sender.is_some()),
            ("senders", !settings.senders.is_empty()),
        ])?;
        let url = settings.url.as_ref().map_or(URL, |url| url.expose_secret());
        checked_url(url)?;
        Ok(Self { url: url.to_owned(), user_key: settings.account("your userkey")?.to_owned(), pass_key: settings.secret("your passkey")?.into() })
    }
}

impl Preset for Zenziva {
    fn url(&self) -> &str {
        &self.url
    }

    fn request(&self, parcel: &Parcel<'_>) -> Result<Request, SendError> {
        let fields =
            [("userkey", self.user_key.as_str()), ("passkey", self.pass_key.expose_secret()), ("to", parcel.to_digits()), ("message", parcel.text)];
        Ok(Request::form(self.url.clone(), &fields))
    }

    fn verdict(&self, reply: &Reply, parcel: &Parcel<'_>) -> Result<Accepted, SendError> {
        if !reply.is_success() {
            return Err(put_off(reply, answered(reply, None)));
        }
        let answer = reply.json().ok_or_else(nonsense)?;
        match answer.get("status").and_then(text_of).as_deref() {
            Some("1") => Ok(Accepted { reference: reference(answer.get("messageId"), parcel) }),
            Some(_) => Err(SendError::Later("the gateway did not take the message".to_owned())),
            None => Err(nonsense()),
        }
    }

    fn receipts(&self, _hook: &Hook) -> Result<Vec<Receipt>, HookError> {
        Err(HookError::Unknown)
    }
}
