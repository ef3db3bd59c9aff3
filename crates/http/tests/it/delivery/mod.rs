//! Codes through SMS gateways (contract `common.md`, *Delivery*; threat row 45): by which route they go, what receipts change, and that nobody waits for a gateway.

mod logs;
mod receipts;
mod routes;

use std::time::Duration;

use daftar_testkit::gateway::{GatewaySink, Received};
use daftar_testkit::{Caller, Installation};
use serde_json::Value;

use crate::admin::administrator;
use crate::usapi::{applicant, started};

/// The number of person 1.
pub(crate) const PHONE: &str = "+6281000000001";

/// Starts a registration by SMS of person 1; its token.
pub(crate) async fn sign_up(site: &Installation) -> String {
    started(site, &applicant(1, "OTP")).await
}

/// The code in a message that a gateway got.
pub(crate) fn code_in(request: &Received) -> String {
    let text = request.json()["text"].as_str().unwrap().to_owned();
    text.split_whitespace().find(|word| word.len() == 6 && word.bytes().all(|b| b.is_ascii_digit())).unwrap().to_owned()
}

/// What an administrator sees of the one message to person 1.
pub(crate) async fn seen(admin: &Caller) -> Value {
    let messages = admin.get(&format!("/admin/messages?to={PHONE}")).await.json()["messages"].clone();
    assert_eq!(messages.as_array().unwrap().len(), 1, "{messages}");
    messages[0].clone()
}

/// The same, once it stands at `status`.
pub(crate) async fn seen_at(site: &Installation, status: &str) -> Value {
    seen_until(site, |message| message["status"] == status).await
}

/// The same, once it fits.
pub(crate) async fn seen_until(site: &Installation, fits: impl Fn(&Value) -> bool) -> Value {
    let admin = administrator(site).await;
    let looking = async {
        loop {
            let message = seen(&admin).await;
            if fits(&message) {
                return message;
            }
        }
    };
    match tokio::time::timeout(Duration::from_secs(20), looking).await {
        Ok(message) => message,
        Err(_) => unreachable!("waited in vain: {}", seen(&admin).await),
    }
}

/// The routes of the attempts of a message, each with its answer.
pub(crate) fn attempts(message: &Value) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    message["attempts"].as_array().unwrap().iter().map(|attempt| (text(&attempt["route"]), text(&attempt["answer"]))).collect()
}

/// Two gateways.
pub(crate) fn two() -> (GatewaySink, GatewaySink) {
    (GatewaySink::start(), GatewaySink::start())
}
