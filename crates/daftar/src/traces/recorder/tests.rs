//! What the recorder makes of tracing's spans.

use daftar_core::ports::Timestamp;
use tracing::{debug_span, trace_span};
use tracing_subscriber::Registry;
use tracing_subscriber::layer::SubscriberExt as _;

use super::*;
use crate::system::OsEntropy;

const PARENT: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

/// A clock that stands still.
struct Still;

impl Clock for Still {
    fn now(&self) -> Timestamp {
        Timestamp::from_second(1_800_000_000).unwrap()
    }
}

/// What is recorded of what `run` does, by a queue of `room` spans.
fn recorded(share: Share, room: usize, run: impl FnOnce()) -> Vec<Span> {
    let (queue, mut recorded) = mpsc::channel(room);
    let recorder = Recorder::new(queue, share, Arc::new(Still), Arc::new(OsEntropy));
    let subscriber = Registry::default().with(recorder.with_filter(Recorder::interest()));
    tracing::subscriber::with_default(subscriber, run);
    std::iter::from_fn(|| recorded.try_recv().ok()).collect()
}

fn share(of: f64) -> Share {
    serde_json::from_value(serde_json::json!(of)).unwrap()
}

#[test]
fn spans_below_a_root_are_one_trace_and_those_below_none_are_in_none() {
    let spans = recorded(Share::ALL, 10, || {
        debug_span!("alone").in_scope(|| debug_span!("below").in_scope(|| ()));
        debug_span!(parent: None, "root", otel.name = "POST /auth", otel.kind = "server").in_scope(|| {
            debug_span!("child", otel.kind = "client").in_scope(|| debug_span!("grandchild").in_scope(|| ()));
        });
    });
    let names: Vec<_> = spans.iter().map(|span| (span.name.as_str(), span.kind)).collect();
    assert_eq!(names, [("grandchild", Kind::Internal), ("child", Kind::Client), ("POST /auth", Kind::Server)]);
    let [grandchild, child, root] = spans.as_slice() else { panic!("{spans:?}") };
    assert_eq!((root.place.parent, child.place.parent, grandchild.place.parent), (None, Some(root.place.span), Some(child.place.span)));
    assert!(spans.iter().all(|span| span.place.trace == root.place.trace && span.place.trace != [0; 16]));
    assert!(root.began >= 1_800_000_000_000_000_000 && root.began <= child.began && child.ended <= root.ended);
}

#[test]
fn only_our_own_spans_down_to_debug_are_told_and_what_is_below_another_hangs_from_ours() {
    let spans = recorded(Share::ALL, 10, || {
        debug_span!(parent: None, "root").in_scope(|| {
            debug_span!(target: "hyper::client", "theirs").in_scope(|| trace_span!("fine").in_scope(|| debug_span!("child").in_scope(|| ())));
        });
    });
    let [child, root] = spans.as_slice() else { panic!("{spans:?}") };
    assert_eq!((child.name.as_str(), child.place.parent), ("child", Some(root.place.span)));
}

#[test]
fn what_a_span_says_later_replaces_what_it_said() {
    let spans = recorded(Share::ALL, 10, || {
        let span = debug_span!(parent: None, "root", count = 7_u64, done = false, how = %"well", status = tracing::field::Empty, otel.status_code = tracing::field::Empty);
        span.record("status", 503_u16);
        span.record("done", true);
        span.record("otel.status_code", "ERROR");
    });
    let [root] = spans.as_slice() else { panic!("{spans:?}") };
    let told = [("count", Value::Number(7)), ("done", Value::Flag(true)), ("how", Value::text("well")), ("status", Value::Number(503))];
    assert_eq!((root.attributes.as_slice(), root.has_failed), (told.as_slice(), true));
}

#[test]
fn a_callers_trace_is_gone_on_with_if_it_is_kept_there() {
    let called = |parent: &str, share: Share| {
        recorded(share, 10, || debug_span!(parent: None, "root", traceparent = %parent).in_scope(|| debug_span!("child").in_scope(|| ())))
    };
    let parent = TraceParent::parse(PARENT).unwrap();
    let spans = called(PARENT, share(0.0));
    let [child, root] = spans.as_slice() else { panic!("{spans:?}") };
    assert_eq!((root.place.trace, root.place.parent, child.place.trace), (parent.trace, Some(parent.span), parent.trace));
    assert_eq!(root.attributes, []);
    assert!(called(&PARENT.replace("-01", "-00"), Share::ALL).is_empty(), "who does not keep it decides for us, too");
}

#[test]
fn a_share_of_traces_is_kept_whole() {
    let spans = recorded(share(0.5), 2000, || {
        for _ in 0..400 {
            debug_span!(parent: None, "root").in_scope(|| debug_span!("child").in_scope(|| ()));
        }
    });
    let count = |name: &str| spans.iter().filter(|span| span.name == name).count();
    // Being out of this is a matter of once in 10^15 runs.
    assert!((120..280).contains(&count("root")), "{}", count("root"));
    assert_eq!(count("root"), count("child"));
    assert!(recorded(share(0.0), 10, || drop(debug_span!(parent: None, "root"))).is_empty());
}

#[test]
fn a_full_queue_costs_the_spans_that_do_not_fit() {
    let spans = recorded(Share::ALL, 3, || (0..100).for_each(|_| drop(debug_span!(parent: None, "root"))));
    assert_eq!(spans.len(), 3);
}

#[test]
fn a_long_text_is_cut_off() {
    let long = "é".repeat(1000);
    let spans = recorded(Share::ALL, 3, || drop(debug_span!(parent: None, "root", text = long.as_str())));
    assert_eq!(spans[0].attributes, [("text", Value::Text("é".repeat(200)))]);
}
