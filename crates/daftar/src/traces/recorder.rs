//! From tracing's spans to ours: a layer beside the log. A span without a parent of its own making begins a trace; what runs outside of any (the
//! sweep, the looks into an empty outbox) is in none, and is not told.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use daftar_core::ports::{Clock, Entropy};
use daftar_core::trace::TraceParent;
use tokio::sync::mpsc;
use tracing::field::{Field, Visit};
use tracing::level_filters::LevelFilter;
use tracing::span::{Attributes, Id, Record};
use tracing::{Level, Metadata, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::filter::{FilterFn, filter_fn};
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::LookupSpan;

use crate::config::Share;
use crate::logging::is_ours;

use super::exporter;
use super::span::{Anchor, Kind, Place, Span, Value};

/// How detailed our own spans may be.
const LEVEL: Level = Level::DEBUG;

/// The layer.
pub(crate) struct Recorder {
    queue: mpsc::Sender<Span>,
    share: Share,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    /// A random number, counted on: a span's id has to be its own in one trace alone.
    next: AtomicU64,
}

impl Recorder {
    /// Records `share` of all traces into `queue`.
    pub(super) fn new(queue: mpsc::Sender<Span>, share: Share, clock: Arc<dyn Clock>, entropy: Arc<dyn Entropy>) -> Self {
        let mut first = [0; 8];
        entropy.fill(&mut first);
        Self { queue, share, clock, entropy, next: AtomicU64::new(u64::from_be_bytes(first)) }
    }

    /// What it is interested in: our own spans, and no events, which are the log's.
    pub(crate) fn interest() -> FilterFn {
        let is_told: fn(&Metadata<'_>) -> bool = |metadata| metadata.is_span() && *metadata.level() <= LEVEL && is_ours(metadata.target());
        filter_fn(is_told).with_max_level_hint(LevelFilter::from_level(LEVEL))
    }

    /// The first span of a trace: a caller's, or a new one; `None`: the trace is not kept. A caller that has decided has done so for every span of
    /// its trace.
    fn begin(&self, parent: Option<TraceParent>) -> Option<Place> {
        let anchor = Anchor::now(&*self.clock);
        if let Some(TraceParent { trace, span, is_sampled }) = parent {
            return is_sampled.then(|| Place { trace, span: self.id(), parent: Some(span), anchor });
        }
        let mut trace = [0; 16];
        self.entropy.fill(&mut trace);
        let [_, _, _, _, _, _, _, _, random @ ..] = trace;
        self.share.holds(u64::from_be_bytes(random)).then(|| Place { trace, span: self.id(), parent: None, anchor })
    }

    fn id(&self) -> [u8; 8] {
        match self.next.fetch_add(1, Ordering::Relaxed) {
            // The one number that is no id.
            0 => self.id(),
            id => id.to_be_bytes(),
        }
    }
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Recorder {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        let place = if attributes.is_root() {
            let mut caller = Caller::default();
            attributes.record(&mut caller);
            self.begin(caller.0)
        } else {
            let above = span.parent().and_then(|parent| parent.extensions().get::<Open>().map(|open| open.place));
            above.map(|above| Place { span: self.id(), parent: Some(above.span), ..above })
        };
        let Some(place) = place else { return };
        let mut open = Open { place, began: place.anchor.time(), told: Told::default() };
        attributes.record(&mut open.told);
        span.extensions_mut().insert(open);
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        if let Some(open) = span.extensions_mut().get_mut::<Open>() {
            values.record(&mut open.told);
        }
    }

    fn on_close(&self, id: Id, context: Context<'_, S>) {
        let Some(span) = context.span(&id) else { return };
        let Some(Open { place, began, told }) = span.extensions_mut().remove::<Open>() else { return };
        let Told { name, kind, attributes, has_failed } = told;
        let name = name.unwrap_or_else(|| span.name().to_owned());
        let over = Span { place, name, kind, began, ended: place.anchor.time(), attributes, has_failed };
        // A call never waits for who watches it.
        if self.queue.try_send(over).is_err() {
            exporter::lost(1);
        }
    }
}

/// A span that is not over yet.
struct Open {
    place: Place,
    began: u64,
    told: Told,
}

/// What a span says of itself.
struct Told {
    name: Option<String>,
    kind: Kind,
    attributes: Vec<(&'static str, Value)>,
    has_failed: bool,
}

impl Default for Told {
    fn default() -> Self {
        Self { name: None, kind: Kind::Internal, attributes: Vec::new(), has_failed: false }
    }
}

/// The field with which a span says whose trace it belongs to.
const PARENT: &str = "traceparent";

impl Told {
    fn put(&mut self, field: &Field, value: Value) {
        match (field.name(), value) {
            (PARENT, _) => {}
            ("otel.name", Value::Text(name)) => self.name = Some(name),
            ("otel.kind", Value::Text(kind)) => self.kind = Kind::named(&kind),
            ("otel.status_code", Value::Text(status)) => self.has_failed = status == "ERROR",
            (name, value) => match self.attributes.iter_mut().find(|(there, _)| *there == name) {
                Some((_, earlier)) => *earlier = value,
                None => self.attributes.push((name, value)),
            },
        }
    }
}

impl Visit for Told {
    fn record_str(&mut self, field: &Field, text: &str) {
        self.put(field, Value::text(text));
    }

    fn record_i64(&mut self, field: &Field, number: i64) {
        self.put(field, Value::Number(number));
    }

    fn record_u64(&mut self, field: &Field, number: u64) {
        self.put(field, i64::try_from(number).map_or_else(|_| Value::text(&number.to_string()), Value::Number));
    }

    fn record_bool(&mut self, field: &Field, flag: bool) {
        self.put(field, Value::Flag(flag));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.put(field, Value::text(&format!("{value:?}")));
    }
}

/// The span of a caller, if it names one.
#[derive(Default)]
struct Caller(Option<TraceParent>);

impl Visit for Caller {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if field.name() == PARENT {
            self.0 = TraceParent::parse(&format!("{value:?}"));
        }
    }
}

#[cfg(test)]
mod tests;
