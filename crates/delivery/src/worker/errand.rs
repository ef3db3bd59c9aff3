//! What happens to one claimed message: open, render, choose a route, send, settle.

use std::sync::Arc;

use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout};
use tracing::{Instrument as _, error, info, warn};

use daftar_core::identifier::{Country, mask};
use daftar_core::message::{Envelope, EnvelopeError, Message, Recipient};
use daftar_core::outbox::{Answer, Attempt, ClaimedMessage, Settled, Settlement};
use daftar_core::ports::Timestamp;

use super::WorkerParts;
use super::desk::Desk;
use crate::measure;
use crate::render::Rendered;
use crate::retry;
use crate::route::Route;
use crate::routing::{Parcel, Plan};
use crate::trace;
use crate::transport::{Accepted, Outgoing, SendError};

/// One message on its way.
pub(super) struct Errand {
    parts: Arc<WorkerParts>,
    desk: Arc<Desk>,
    claimed: ClaimedMessage,
    /// From then on somebody else may send it.
    lease_end: Instant,
}

/// Why a message gets no route at all.
enum NoGo {
    /// Another try can help.
    Later(String),
    /// It is wrong itself, and will not get better.
    Never(String),
}

impl Errand {
    /// An errand for `claimed`, ours until `lease_end`.
    pub(super) fn new(parts: Arc<WorkerParts>, desk: Arc<Desk>, claimed: ClaimedMessage, lease_end: Instant) -> Self {
        Self { parts, desk, claimed, lease_end }
    }

    /// Waits for its turn, sends, settles.
    pub(super) async fn run(self, turns: Arc<Semaphore>) {
        let Ok(_turn) = turns.acquire().await else {
            let at = self.now();
            return self.settle(self.untried(Settlement::Retry { at, reason: "the service was stopping".to_owned() })).await;
        };
        // Too late to be done in time: it is left to whoever claims it next.
        if Instant::now() + self.parts.pace.send > self.lease_end {
            return;
        }
        let span = trace::message(&self.claimed);
        let carried = async {
            let settled = self.deliver().await;
            self.tell(&settled);
            self.settle(settled).await;
        };
        carried.instrument(span).await;
    }

    const fn untried(&self, settlement: Settlement) -> Settled {
        Settled { number: self.claimed.number, attempt: None, settlement }
    }

    fn now(&self) -> Timestamp {
        self.parts.clock.now()
    }

    async fn deliver(&self) -> Settled {
        match self.open() {
            Ok((message, rendered)) => self.send(&message, rendered).await,
            Err(NoGo::Never(reason)) => self.untried(Settlement::Failed { reason }),
            Err(NoGo::Later(reason)) => self.untried(self.later(reason)),
        }
    }

    /// Opens and renders. Whatever is wrong with the message itself will not get better, unless it is only new to this program.
    fn open(&self) -> Result<(Message, Rendered), NoGo> {
        let message = self.parts.sealer.open(&self.claimed.envelope).map_err(|error| match error {
            EnvelopeError::Unsealable(cause) => NoGo::Never(format!("it cannot be read: {cause}")),
            // While programs of two releases serve side by side, the newer one may have written it: that one can send it.
            EnvelopeError::Unreadable(_) => NoGo::Later("it is of a form that this program does not know".to_owned()),
        })?;
        let rendered = self.parts.renderer.render(&message).map_err(|error| NoGo::Never(error.to_string()))?;
        Ok((message, rendered))
    }

    async fn send(&self, message: &Message, rendered: Rendered) -> Settled {
        let country = country_of(&message.to);
        let parcel =
            Parcel { country: country.as_ref(), platform: message.platform.as_deref().unwrap_or_default(), has_code: rendered.code.is_some() };
        let plan = Plan::new(self.desk.routes(), parcel, &self.claimed, self.parts.cost_max);
        if !plan.is_served() {
            let why = if self.desk.routes().is_empty() { "no route is configured" } else { "no route serves it" };
            return self.untried(self.later(why.to_owned()));
        }
        let started_at = self.now();
        let Some(route) = plan.next(|route| self.desk.rests(&route.name, started_at)) else {
            return self.untried(plan.end(plan.exhausted().to_owned()));
        };
        // What is left of its time bounds the send too: an expired code is never sent.
        let left = self.claimed.envelope.expires_at.duration_since(started_at).try_into().ok().filter(|left: &std::time::Duration| !left.is_zero());
        let Some(left) = left else {
            return self.untried(plan.end("it expired before it could be sent".to_owned()));
        };
        let patience = self.parts.pace.send.min(route.timeout.unwrap_or(self.parts.pace.send)).min(left);
        self.desk.begin(&route.name, started_at, patience);
        let span = trace::send(route);
        let outcome = match timeout(patience, self.isolated(route, message.to.clone(), rendered)).instrument(span.clone()).await {
            Ok(outcome) => outcome,
            Err(_) => Err(SendError::Retry("no answer in time".to_owned())),
        };
        let ended_at = self.now();
        match outcome {
            Ok(_) | Err(SendError::Refused(_) | SendError::Later(_)) => self.desk.succeeded(&route.name),
            Err(SendError::Retry(_)) => self.desk.failed(&route.name, ended_at),
        }
        let answer = match outcome {
            Ok(Accepted { reference }) => Answer::Accepted { reference },
            Err(SendError::Refused(reason)) => Answer::Refused { reason },
            Err(SendError::Retry(reason) | SendError::Later(reason)) => Answer::PutOff { reason },
        };
        trace::answered(&span, &answer);
        let (number, price) = (self.claimed.number, route.price_to(country.as_ref()));
        let attempt = Attempt { number, route: route.name.clone(), way: route.way, started_at, ended_at, answer, price };
        measure::attempt(&attempt, country.as_ref(), self.claimed.envelope.created_at);
        let rests = |route: &Route| self.desk.rests(&route.name, ended_at);
        let settlement = plan.after(attempt.clone(), route.receipt_within, self.claimed.envelope.expires_at, rests);
        Settled { number, attempt: Some(attempt), settlement }
    }

    /// Sends in a task of its own, so that a panic ends that task and nothing else; the set takes the task along if this errand is cut off.
    async fn isolated(&self, route: &Route, to: Recipient, rendered: Rendered) -> Result<Accepted, SendError> {
        let (transport, id, number) = (Arc::clone(&route.transport), self.claimed.envelope.id, self.claimed.number);
        let mut alone = JoinSet::new();
        alone.spawn(async move { transport.send(&Outgoing { id, number, to: &to, rendered: &rendered }).await }.in_current_span());
        match alone.join_next().await {
            Some(Ok(outcome)) => outcome,
            // What it panicked about may hold the text of the message, so it is not repeated here.
            Some(Err(_)) | None => Err(SendError::Retry("the sender panicked".to_owned())),
        }
    }

    /// Tried again ever more slowly, for a reason that is no route's.
    fn later(&self, reason: String) -> Settlement {
        match retry::next_try(self.claimed.attempts, self.now(), self.claimed.envelope.expires_at) {
            Some(at) => Settlement::Retry { at, reason },
            None => Settlement::Failed { reason: format!("expired; the last try: {reason}") },
        }
    }

    /// Tells operators.
    fn tell(&self, settled: &Settled) {
        let Envelope { id, to: to_whom, kind, .. } = &self.claimed.envelope;
        let (id, channel, to, attempt) = (id.0, to_whom.channel().name(), mask(to_whom.as_str()), self.claimed.number);
        let route = settled.attempt.as_ref().map_or("", |attempt| attempt.route.as_str());
        match &settled.settlement {
            Settlement::Sent | Settlement::Awaiting { .. } if settled.attempt.is_none() => {
                info!(message_id = %id, kind, channel, to, attempt, "no receipt has come, and no route is left to try");
            }
            Settlement::Sent | Settlement::Awaiting { .. } => info!(message_id = %id, kind, channel, to, attempt, route, "message sent"),
            Settlement::Retry { at, reason } => info!(message_id = %id, kind, channel, to, attempt, route, %at, reason, "message not sent yet"),
            Settlement::Failed { reason } => {
                measure::given_up(to_whom);
                warn!(message_id = %id, kind, channel, to, attempt, route, reason, "message given up");
            }
        }
    }

    /// Notes what became of it. A store that is away is waited for as long as the message is ours: a note that is lost means a message that comes twice.
    async fn settle(&self, settled: Settled) {
        let id = self.claimed.envelope.id;
        let due_at_once = matches!(&settled.settlement, Settlement::Retry { at, .. } if *at <= self.now());
        for failures in 0.. {
            let cause = match self.parts.outbox.settle(id, settled.clone(), self.now()).await {
                Ok(receipted) => {
                    receipted.iter().for_each(measure::receipt);
                    if due_at_once || receipted.is_some_and(|receipted| receipted.goes_on()) {
                        self.parts.doorbell.ring();
                    }
                    return;
                }
                Err(cause) => cause,
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

fn country_of(to: &Recipient) -> Option<Country> {
    match to {
        Recipient::Email(_) => None,
        Recipient::Sms(number) => number.country(),
    }
}
