//! The outbox workers: one task per channel, so that a dead mail server slows nothing but mail. Each claims what is due, sends several
//! messages at once, and says what became of each. `postman` has the loop, `errand` what happens to one message, `desk` the
//! channel's routes and how each is doing.
//!
//! A message is sent at least once, and more than once only if the process dies, or the store stays away, between the sending and the note
//! that it was sent (contract `common.md`, *Delivery*). Replicas share one outbox: a claim is a lease, and whoever holds it finishes or
//! lets go before it ends.

mod desk;
mod errand;
mod postman;

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::timeout;
use tracing::warn;

use daftar_core::message::{Channel, Sealer};
use daftar_core::ports::{Clock, Doorbell, Outbox};
use daftar_core::price::Price;

use crate::render::Renderer;
use crate::route::Route;
use postman::Postman;

/// What the workers work with.
pub struct WorkerParts {
    /// Where the messages wait.
    pub outbox: Arc<dyn Outbox>,
    /// Opens them.
    pub sealer: Sealer,
    /// Tells what has expired.
    pub clock: Arc<dyn Clock>,
    /// Tells that there is something new.
    pub doorbell: Doorbell,
    /// Puts messages into words.
    pub renderer: Renderer,
    /// The ways of mails, in the order in which they are preferred.
    pub email: Vec<Route>,
    /// The ways of messages to phones, in the order in which they are preferred.
    pub sms: Vec<Route>,
    /// What all the tries of one message may cost together; `None`: whatever they cost.
    pub cost_max: Option<Price>,
    /// How patient the workers are.
    pub pace: Pace,
}

/// How patient the workers are. The defaults are meant for production; tests hurry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// How often a worker looks into the outbox when nobody rings: for retries, and for what other replicas queued.
    pub tick: Duration,
    /// How long a claimed message is nobody else's. Longer than two sends: a message may wait for the one before it.
    pub lease: Duration,
    /// How long one send may take.
    pub send: Duration,
    /// How long stopping may take; what is unfinished then is sent by somebody else when its lease is over.
    pub stop: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self { tick: Duration::from_secs(1), lease: Duration::from_secs(60), send: Duration::from_secs(20), stop: Duration::from_secs(22) }
    }
}

/// The outbox workers of one process.
#[derive(Debug)]
pub struct Worker;

impl Worker {
    /// Starts them. They run until [`WorkerHandle::stop`]; must be called within a Tokio runtime.
    #[must_use]
    pub fn spawn(parts: WorkerParts) -> WorkerHandle {
        let (stop, stopped) = watch::channel(());
        let parts = Arc::new(parts);
        let mut tasks = JoinSet::new();
        for channel in [Channel::Email, Channel::Sms] {
            tasks.spawn(Postman::new(Arc::clone(&parts), channel).run(stopped.clone()));
        }
        WorkerHandle { stop, tasks, patience: parts.pace.stop }
    }
}

/// Running workers. Dropping it cuts them off in the middle of what they do; [`WorkerHandle::stop`] does not.
#[derive(Debug)]
pub struct WorkerHandle {
    stop: watch::Sender<()>,
    tasks: JoinSet<()>,
    patience: Duration,
}

impl WorkerHandle {
    /// Takes on nothing new, finishes what is being sent, hands back what is not, and returns, at the latest after [`Pace::stop`].
    pub async fn stop(mut self) {
        // Nobody listens only when every worker has ended already.
        let _ = self.stop.send(());
        let finished = async { while self.tasks.join_next().await.is_some() {} };
        if timeout(self.patience, finished).await.is_err() {
            warn!("some messages were still being sent when the service stopped; they are sent again when their lease is over");
            self.tasks.shutdown().await;
        }
    }
}
