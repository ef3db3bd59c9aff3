//! What the workers trace: every name and attribute of theirs stands here. No span holds a contact, a text, or what a gateway said of them (threat
//! row 52).

use tracing::field::Empty;
use tracing::{Span, debug_span};

use daftar_core::outbox::{Answer, ClaimedMessage};

use crate::route::Route;

/// The span of one attempt at a message. It begins a trace: whoever claims a message need not be the server whose call queued it, nor the same an
/// hour later.
pub(crate) fn message(claimed: &ClaimedMessage) -> Span {
    let envelope = &claimed.envelope;
    debug_span!(
        parent: None,
        "message",
        otel.name = format!("message {}", envelope.kind),
        otel.kind = "consumer",
        message_id = %envelope.id.0,
        kind = envelope.kind.as_str(),
        channel = envelope.to.channel().name(),
        attempt = claimed.number,
    )
}

/// The span of sending by a route.
pub(crate) fn send(route: &Route) -> Span {
    let name = route.name.as_str();
    debug_span!(
        "send",
        otel.name = format!("send {name}"),
        otel.kind = "client",
        route = name,
        way = route.way.name(),
        answer = Empty,
        otel.status_code = Empty
    )
}

/// What the route answered. Only that a route could not be had is its failure; a refusal is an answer.
pub(crate) fn answered(span: &Span, answer: &Answer) {
    span.record("answer", answer.name());
    if matches!(answer, Answer::PutOff { .. }) {
        daftar_core::trace::failed(span);
    }
}
