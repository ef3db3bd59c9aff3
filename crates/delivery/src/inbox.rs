//! The development inbox as a way to send: the message is kept where a developer or a test can read it (contract `operations.md`,
//! *Endpoints for operators*).

use std::sync::Arc;

use async_trait::async_trait;

use daftar_core::ports::{Clock, Inbox, InboxMessage};

use crate::transport::{Accepted, Outgoing, SendError, Transport};

/// Puts every message into the development inbox.
#[derive(Clone)]
pub struct InboxTransport {
    inbox: Arc<dyn Inbox>,
    clock: Arc<dyn Clock>,
}

impl InboxTransport {
    /// Sends into `inbox`, stamped by `clock`.
    #[must_use]
    pub fn new(inbox: Arc<dyn Inbox>, clock: Arc<dyn Clock>) -> Self {
        Self { inbox, clock }
    }
}

impl std::fmt::Debug for InboxTransport {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("InboxTransport(..)")
    }
}

#[async_trait]
impl Transport for InboxTransport {
    async fn send(&self, message: &Outgoing<'_>) -> Result<Accepted, SendError> {
        let Outgoing { id, to, rendered, .. } = *message;
        let message = InboxMessage {
            id,
            channel: to.channel(),
            to: to.as_str().to_owned(),
            subject: rendered.subject.clone(),
            text: rendered.text.clone(),
            html: rendered.html.clone(),
            sent_at: self.clock.now(),
        };
        self.inbox.deliver(message).await.map_err(|error| SendError::Retry(format!("the inbox did not take it: {error}")))?;
        Ok(Accepted::default())
    }
}
