//! What happens to one claimed message: open, render, send, settle.

use std::sync::Arc;

use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout};
use tracing::{error, info, warn};

use daftar_core::identifier::mask;
use daftar_core::message::{Envelope, EnvelopeError};
use daftar_core::ports::{ClaimedMessage, Settlement};

use super::WorkerParts;
use crate::render::render;
use crate::retry;
use crate::transport::{SendError, Transport};

/// One message on its way.
pub(super) struct Errand {
    parts: Arc<WorkerParts>,
    transport: Arc<dyn Transport>,
    claimed: ClaimedMessage,
    /// From then on somebody else may send it.
    lease_end: Instant,
}

impl Errand {
    /// An errand for `claimed`, ours until `lease_end`.
    pub(super) fn new(parts: Arc<WorkerParts>, transport: Arc<dyn Transport>, claimed: ClaimedMessage, lease_end: Instant) -> Self {
        Self { parts, transport, claimed, lease_end }
    }

    /// Waits for its turn, sends, settles.
    pub(super) async fn run(self, turns: Arc<Semaphore>) {
        let Ok(_turn) = turns.acquire().await else {
            let at = self.parts.clock.now();
            return self.settle(Settlement::Retry { at, reason: "the service was stopping".to_owned() }).await;
        };
        // Too late to be done in time: it is left to whoever claims it next.
        if Instant::now() + self.parts.pace.send > self.lease_end {
            return;
        }
        let outcome = self.isolated().await;
        let settlement = self.settlement(outcome);
        self.log(&settlement);
        self.settle(settlement).await;
    }

    /// Sends in a task of its own, so that a panic ends that task and nothing else; the set takes the task along if this errand is cut off.
    async fn isolated(&self) -> Result<(), SendError> {
        let mut alone = JoinSet::new();
        alone.spawn(deliver(Arc::clone(&self.parts), Arc::clone(&self.transport), self.claimed.envelope.clone()));
        match alone.join_next().await {
            Some(Ok(outcome)) => outcome,
            // What it panicked about may hold the text of the message, so it is not repeated here.
            Some(Err(_)) | None => Err(SendError::Retry("the sender panicked".to_owned())),
        }
    }

    fn settlement(&self, outcome: Result<(), SendError>) -> Settlement {
        match outcome {
            Ok(()) => Settlement::Sent,
            Err(SendError::Refused(reason)) => Settlement::Failed { reason },
            Err(SendError::Retry(reason)) => match retry::next_try(self.claimed.attempts, self.parts.clock.now(), self.claimed.envelope.expires_at) {
                Some(at) => Settlement::Retry { at, reason },
                None => Settlement::Failed { reason: format!("expired; the last try: {reason}") },
            },
        }
    }

    fn log(&self, settlement: &Settlement) {
        let Envelope { id, to, kind, .. } = &self.claimed.envelope;
        let (id, channel, to, attempt) = (id.0, to.channel().name(), mask(to.as_str()), self.claimed.attempts.saturating_add(1));
        match settlement {
            Settlement::Sent => info!(message_id = %id, kind, channel, to, attempt, "message sent"),
            Settlement::Retry { at, reason } => info!(message_id = %id, kind, channel, to, attempt, %at, reason, "message not sent yet"),
            Settlement::Failed { reason } => warn!(message_id = %id, kind, channel, to, attempt, reason, "message given up"),
        }
    }

    /// Notes what became of it. A store that is away is waited for as long as the message is ours: a note that is lost means a message that comes twice.
    async fn settle(&self, settlement: Settlement) {
        let id = self.claimed.envelope.id;
        for failures in 0.. {
            let Err(cause) = self.parts.outbox.settle(id, settlement.clone(), self.parts.clock.now()).await else {
                return;
            };
            let pause = retry::wait(failures);
            if Instant::now() + pause >= self.lease_end {
                error!(message_id = %id.0, error = &cause as &dyn std::error::Error, "what became of a message could not be noted");
                return;
            }
            sleep(pause).await;
        }
    }
}

/// Opens, renders and sends. Whatever is wrong with the message itself is a refusal: it will not get better, unless it is only new to this program.
async fn deliver(parts: Arc<WorkerParts>, transport: Arc<dyn Transport>, envelope: Envelope) -> Result<(), SendError> {
    let message = parts.sealer.open(&envelope).map_err(|error| match error {
        EnvelopeError::Unsealable(cause) => SendError::Refused(format!("it cannot be read: {cause}")),
        // While programs of two releases serve side by side, the newer one may have written it: that one can send it.
        EnvelopeError::Unreadable(_) => SendError::Retry("it is of a form that this program does not know".to_owned()),
    })?;
    let rendered = render(&message, &parts.brands).map_err(|error| SendError::Refused(error.to_string()))?;
    // What is left of its time bounds the send too: an expired code is never sent.
    let left = envelope.expires_at.duration_since(parts.clock.now()).try_into().ok().filter(|left: &std::time::Duration| !left.is_zero());
    let Some(left) = left else {
        return Err(SendError::Refused("it expired before it could be sent".to_owned()));
    };
    match timeout(parts.pace.send.min(left), transport.send(envelope.id, &message.to, &rendered)).await {
        Ok(outcome) => outcome,
        Err(_) => Err(SendError::Retry("no answer in time".to_owned())),
    }
}
