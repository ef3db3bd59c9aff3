//! The mail of an installation, which goes no further than the next room: who waits for a code is handed it as soon as the outbox has sent it.

use std::collections::HashMap;
use std::sync::Mutex;

use async_trait::async_trait;
use daftar_delivery::transport::{Accepted, Outgoing, SendError, Transport};
use tokio::sync::oneshot;

/// Who waits for a message, by its recipient.
#[derive(Debug, Default)]
pub struct Courier {
    waiting: Mutex<HashMap<String, oneshot::Sender<String>>>,
}

impl Courier {
    /// The code in the next message to somebody.
    #[must_use]
    pub fn next_code(&self, to: &str) -> oneshot::Receiver<String> {
        let (code, handed_over) = oneshot::channel();
        self.waiting.lock().unwrap().insert(to.to_owned(), code);
        handed_over
    }
}

#[async_trait]
impl Transport for Courier {
    async fn send(&self, message: &Outgoing<'_>) -> Result<Accepted, SendError> {
        let waiting = self.waiting.lock().unwrap().remove(message.to.as_str());
        let is_code = |word: &&str| (4..=8).contains(&word.len()) && word.bytes().all(|b| b.is_ascii_digit());
        if let (Some(waiting), Some(code)) = (waiting, message.rendered.text.split_whitespace().find(is_code)) {
            // Whoever has stopped waiting needs no code.
            let _ = waiting.send(code.to_owned());
        }
        Ok(Accepted::default())
    }
}
