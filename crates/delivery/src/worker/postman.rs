//! The loop of one channel: claim, send, wait for the bell.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};
use tracing::{error, info, warn};

use daftar_core::identifier::mask;
use daftar_core::message::Channel;
use daftar_core::outbox::GivenUp;
use daftar_core::ports::StoreError;

use super::WorkerParts;
use super::desk::Desk;
use super::errand::Errand;
use crate::measure;
use crate::retry;

/// How many messages a worker sends at once: as many connections as a mail server takes kindly; to gateways so many that those which wait for a dead one leave room for
/// those that go by another.
const fn at_once(channel: Channel) -> usize {
    match channel {
        Channel::Email => 8,
        Channel::Sms => 128,
    }
}

/// How many it holds at most. Twice as many: the others are at hand when these are done, and none waits longer than one send.
const fn held(channel: Channel) -> usize {
    2 * at_once(channel)
}

/// The longest pause while the store is away: it is back within seconds, and so are we.
const STORE_PAUSE_MAX: Duration = Duration::from_secs(5);

/// One channel's worker.
pub(super) struct Postman {
    parts: Arc<WorkerParts>,
    channel: Channel,
    desk: Arc<Desk>,
    turns: Arc<Semaphore>,
}

impl Postman {
    /// The worker for `channel`.
    pub(super) fn new(parts: Arc<WorkerParts>, channel: Channel) -> Self {
        let routes = match channel {
            Channel::Email => parts.email.clone(),
            Channel::Sms => parts.sms.clone(),
        };
        Self { parts, channel, desk: Arc::new(Desk::new(routes)), turns: Arc::new(Semaphore::new(at_once(channel))) }
    }

    /// Works until it is told to stop.
    pub(super) async fn run(self, mut stopped: watch::Receiver<()>) {
        let mut errands = JoinSet::new();
        let mut store_failures = 0;
        loop {
            // Listens before it looks: what is queued while it looks rings too.
            let mut rung = std::pin::pin!(self.parts.doorbell.rung());
            let pause = match self.claim(&mut errands).await {
                Ok(()) => {
                    if store_failures > 0 {
                        info!(channel = self.channel.name(), "the outbox is back");
                    }
                    store_failures = 0;
                    self.parts.pace.tick
                }
                Err(cause) => {
                    // Once: the failure goes on for as long as the store is away.
                    if store_failures == 0 {
                        warn!(channel = self.channel.name(), error = &cause as &dyn std::error::Error, "the outbox cannot be read");
                    }
                    store_failures += 1;
                    retry::wait(store_failures - 1).min(STORE_PAUSE_MAX)
                }
            };
            let full = errands.len() >= held(self.channel);
            let mut pause = std::pin::pin!(sleep(pause));
            loop {
                tokio::select! {
                    _ = stopped.changed() => return self.finish(errands).await,
                    Some(done) = errands.join_next() => {
                        report(done);
                        if full && errands.len() <= at_once(self.channel) {
                            break;
                        }
                    }
                    () = &mut rung, if !full && store_failures == 0 => break,
                    () = &mut pause, if !full => break,
                }
            }
        }
    }

    /// Takes as many messages as there is room for and starts on them.
    async fn claim(&self, errands: &mut JoinSet<()>) -> Result<(), StoreError> {
        let WorkerParts { outbox, clock, pace, .. } = &*self.parts;
        let room = u32::try_from(held(self.channel).saturating_sub(errands.len())).unwrap_or_default();
        // Taken before the store starts counting, so that it ends before the store's does.
        let lease_end = Instant::now() + pace.lease;
        let claims = outbox.claim(self.channel, room, clock.now(), pace.lease).await?;
        for GivenUp { id, to, kind, reason } in claims.given_up {
            measure::given_up(&to);
            warn!(message_id = %id.0, kind, channel = self.channel.name(), to = mask(to.as_str()), reason, "message given up");
        }
        for claimed in claims.messages {
            let errand = Errand::new(Arc::clone(&self.parts), Arc::clone(&self.desk), claimed, lease_end);
            errands.spawn(errand.run(Arc::clone(&self.turns)));
        }
        Ok(())
    }

    /// Lets what is being sent come to its end; the rest, finding no more turns, hands itself back.
    async fn finish(&self, mut errands: JoinSet<()>) {
        self.turns.close();
        while let Some(done) = errands.join_next().await {
            report(done);
        }
    }
}

/// A send that panics is caught by its errand; this is for a store that does. The message comes again when its lease is over.
fn report(done: Result<(), tokio::task::JoinError>) {
    if let Err(cause) = done {
        error!(error = &cause as &dyn std::error::Error, "a message's errand broke off");
    }
}
