//! The one thing that a worker asks of every way a message can go, and the three answers.

use async_trait::async_trait;

use daftar_core::message::{MessageId, Recipient};

use crate::render::Rendered;

/// A message on its way to one recipient (threat row 40).
#[derive(Debug, Clone, Copy)]
pub struct Outgoing<'a> {
    /// Its name, the same at every try: the key under which whoever gets it twice can know it again.
    pub id: MessageId,
    /// Which try this is, counted from 1.
    pub number: u32,
    /// Who it is for.
    pub to: &'a Recipient,
    /// What it says.
    pub rendered: &'a Rendered,
}

/// A message that was taken.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Accepted {
    /// How the gateway calls it, where it says so: what its receipt will name.
    pub reference: Option<String>,
}

/// Why a message was not sent. The reasons are kept in the outbox and logged: they hold no address, no code and no text of the message, and
/// nothing that a remote party wrote freely, because that may repeat all of them.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    /// No answer, or one that shows that this way does not work: another try can help, and if it goes on like that, the way is spared for a while.
    #[error("{0}")]
    Retry(String),
    /// The way works, but does not take this message now: another try can help.
    #[error("{0}")]
    Later(String),
    /// Not ever: this recipient or this message was turned down.
    #[error("{0}")]
    Refused(String),
}

/// A way that messages go.
#[async_trait]
pub trait Transport: Send + Sync {
    /// Sends one message to one recipient. The worker may cut it off at any moment and may ask again for the same message.
    ///
    /// # Errors
    /// [`SendError`]: whether to try again, and why.
    async fn send(&self, message: &Outgoing<'_>) -> Result<Accepted, SendError>;
}
