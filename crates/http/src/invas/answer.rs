//! The registration answer, which registering and both ways of sending anew give (contract `invas.md`, *The registration answer*).

use daftar_core::customer::PendingCustomer;
use daftar_core::token::rfc3339;
use serde::Serialize;

/// A pending registration.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Registration {
    id: String,
    username: String,
    phone: String,
    token_type: &'static str,
    token_prefix: String,
    active: bool,
    attempt: u32,
    request_timestamp: String,
    expiry_timestamp: String,
    expiry_minutes: u64,
    account_group_id: String,
}

impl From<PendingCustomer> for Registration {
    fn from(pending: PendingCustomer) -> Self {
        Self {
            id: pending.id.0.to_string(),
            username: pending.phone_as_sent.clone(),
            expiry_minutes: pending.token_minutes(),
            phone: pending.phone_as_sent,
            token_type: "REGISTRATION",
            token_prefix: pending.prefix,
            active: pending.is_active,
            attempt: pending.sends,
            request_timestamp: rfc3339(pending.requested_at),
            expiry_timestamp: rfc3339(pending.expires_at),
            account_group_id: pending.group,
        }
    }
}
