//! A span as it is told to a collector.

use std::time::Instant;

use daftar_core::ports::Clock;

/// How long a text may be. Ours are shorter, but for a request id that a caller chose.
const TEXT_MAX: usize = 200;

/// Which trace a span is in, and which span it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) trace: [u8; 16],
    pub(super) span: [u8; 8],
    pub(super) parent: Option<[u8; 8]>,
    pub(super) anchor: Anchor,
}

/// When a trace began, by the clock and by the stopwatch: every span of it is timed by the latter, so that none ends before it begins when somebody
/// sets the clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Anchor {
    nanoseconds: u64,
    at: Instant,
}

impl Anchor {
    /// Now.
    pub(super) fn now(clock: &dyn Clock) -> Self {
        #[expect(clippy::disallowed_methods, reason = "a stopwatch, not the time of day")]
        let at = Instant::now();
        Self { nanoseconds: u64::try_from(clock.now().as_nanosecond()).unwrap_or_default(), at }
    }

    /// The time, in nanoseconds since 1970.
    pub(super) fn time(&self) -> u64 {
        self.nanoseconds.saturating_add(u64::try_from(self.at.elapsed().as_nanos()).unwrap_or(u64::MAX))
    }
}

/// The side of a conversation that a span is, by its number in OTLP.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Neither.
    Internal = 1,
    /// It answers.
    Server = 2,
    /// It asks.
    Client = 3,
    /// It puts something into a queue.
    Producer = 4,
    /// It takes something out of a queue.
    Consumer = 5,
}

impl Kind {
    /// As `otel.kind` names it.
    pub(super) fn named(name: &str) -> Self {
        match name {
            "server" => Self::Server,
            "client" => Self::Client,
            "producer" => Self::Producer,
            "consumer" => Self::Consumer,
            _ => Self::Internal,
        }
    }
}

/// The value of an attribute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Value {
    /// A text.
    Text(String),
    /// A number.
    Number(i64),
    /// Yes or no.
    Flag(bool),
}

impl Value {
    /// A text, as much of it as is told.
    pub(super) fn text(text: &str) -> Self {
        Self::Text(text.chars().take(TEXT_MAX).collect())
    }
}

/// A span that is over.
#[derive(Debug)]
pub(super) struct Span {
    pub(super) place: Place,
    pub(super) name: String,
    pub(super) kind: Kind,
    pub(super) began: u64,
    pub(super) ended: u64,
    pub(super) attributes: Vec<(&'static str, Value)>,
    pub(super) has_failed: bool,
}
