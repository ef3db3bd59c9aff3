//! The way of short messages while no gateway is configured: none. Messages wait until there is one or they expire, and the outbox says why.

use async_trait::async_trait;

use daftar_core::message::{MessageId, Recipient};

use crate::render::Rendered;
use crate::transport::{SendError, Transport};

/// Sends nothing, and says so.
#[derive(Debug, Clone, Copy, Default)]
pub struct Unrouted;

#[async_trait]
impl Transport for Unrouted {
    async fn send(&self, _id: MessageId, to: &Recipient, _rendered: &Rendered) -> Result<(), SendError> {
        let way = match to {
            Recipient::Email(_) => "no mail server is configured",
            Recipient::Sms(_) => "no SMS route is configured",
        };
        Err(SendError::Retry(way.to_owned()))
    }
}
