//! Spans as OTLP writes them in JSON (opentelemetry-proto, `ExportTraceServiceRequest`): ids in hexadecimal, 64-bit numbers as texts, enumerations as
//! numbers.

use std::fmt::Write as _;

use serde::{Deserialize, Serialize};

use super::span::{Place, Span, Value};

/// Who tells.
#[derive(Debug)]
pub(super) struct Resource(Vec<(&'static str, Value)>);

impl Resource {
    /// This program under the name `service`; `instance` tells its processes apart.
    pub(super) fn new(service: &str, instance: &str) -> Self {
        let text = |key, text| (key, Value::text(text));
        Self(vec![text("service.name", service), text("service.version", env!("CARGO_PKG_VERSION")), text("service.instance.id", instance)])
    }
}

/// A request that tells these spans.
///
/// # Errors
/// [`serde_json::Error`], for which texts and numbers are no reason.
pub(super) fn request(resource: &Resource, spans: &[Span]) -> serde_json::Result<Vec<u8>> {
    let scope = Scope { name: env!("CARGO_PKG_NAME"), version: env!("CARGO_PKG_VERSION") };
    let scope_spans = [ScopeSpans { scope, spans: spans.iter().map(SpanJson::of).collect() }];
    let resource = ResourceJson { attributes: attributes(&resource.0) };
    serde_json::to_vec(&Request { resource_spans: [ResourceSpans { resource, scope_spans }] })
}

/// How many spans a collector did not take that took the others, by its answer (`ExportTraceServiceResponse`). One that cannot be read says that of none.
pub(super) fn rejected(answer: &[u8]) -> usize {
    let count = serde_json::from_slice(answer).ok().and_then(|Response { partial_success }| match partial_success?.rejected_spans? {
        Count::Text(text) => text.parse().ok(),
        Count::Number(number) => Some(number),
    });
    count.unwrap_or(0)
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Response {
    partial_success: Option<PartialSuccess>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PartialSuccess {
    rejected_spans: Option<Count>,
}

/// A 64-bit number, as a text by the rule and as a number by who does not keep to it.
#[derive(Deserialize)]
#[serde(untagged)]
enum Count {
    Text(String),
    Number(usize),
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Request<'a> {
    resource_spans: [ResourceSpans<'a>; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ResourceSpans<'a> {
    resource: ResourceJson<'a>,
    scope_spans: [ScopeSpans<'a>; 1],
}

#[derive(Serialize)]
struct ResourceJson<'a> {
    attributes: Vec<Attribute<'a>>,
}

#[derive(Serialize)]
struct ScopeSpans<'a> {
    scope: Scope,
    spans: Vec<SpanJson<'a>>,
}

#[derive(Serialize)]
struct Scope {
    name: &'static str,
    version: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SpanJson<'a> {
    trace_id: String,
    span_id: String,
    parent_span_id: String,
    name: &'a str,
    kind: u8,
    start_time_unix_nano: String,
    end_time_unix_nano: String,
    attributes: Vec<Attribute<'a>>,
    status: Status,
}

#[derive(Serialize)]
struct Status {
    code: u8,
}

#[derive(Serialize)]
struct Attribute<'a> {
    key: &'a str,
    value: AnyValue<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::enum_variant_names, reason = "that is what they are called")]
enum AnyValue<'a> {
    StringValue(&'a str),
    IntValue(String),
    BoolValue(bool),
}

impl<'a> SpanJson<'a> {
    fn of(span: &'a Span) -> Self {
        let Place { trace, span: id, parent, .. } = span.place;
        Self {
            trace_id: hexadecimal(&trace),
            span_id: hexadecimal(&id),
            parent_span_id: parent.map(|parent| hexadecimal(&parent)).unwrap_or_default(),
            name: &span.name,
            kind: span.kind as u8,
            start_time_unix_nano: span.began.to_string(),
            end_time_unix_nano: span.ended.to_string(),
            attributes: attributes(&span.attributes),
            // 0 is "unset", 2 is "error"; whether all was well is for who reads to say.
            status: Status { code: if span.has_failed { 2 } else { 0 } },
        }
    }
}

fn attributes<'a>(all: &'a [(&'static str, Value)]) -> Vec<Attribute<'a>> {
    let value = |value: &'a Value| match value {
        Value::Text(text) => AnyValue::StringValue(text),
        Value::Number(number) => AnyValue::IntValue(number.to_string()),
        Value::Flag(flag) => AnyValue::BoolValue(*flag),
    };
    all.iter().map(|(key, told)| Attribute { key, value: value(told) }).collect()
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
        // Writing to a text does not fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use daftar_core::ports::Timestamp;
    use opentelemetry_proto::tonic::collector::trace::v1::{ExportTracePartialSuccess, ExportTraceServiceRequest, ExportTraceServiceResponse};
    use opentelemetry_proto::tonic::common::v1::{KeyValue, any_value};

    use super::super::span::{Anchor, Kind};
    use super::*;

    struct Clock;

    impl daftar_core::ports::Clock for Clock {
        fn now(&self) -> Timestamp {
            Timestamp::UNIX_EPOCH
        }
    }

    fn told(attributes: &[KeyValue]) -> Vec<(&str, any_value::Value)> {
        attributes.iter().map(|told| (told.key.as_str(), told.value.clone().unwrap().value.unwrap())).collect()
    }

    #[test]
    fn what_a_collector_rejects_is_read_as_the_types_of_the_standard_write_it() {
        let answer = |rejected_spans| {
            let partial = ExportTracePartialSuccess { rejected_spans, error_message: "too old".to_owned() };
            serde_json::to_vec(&ExportTraceServiceResponse { partial_success: Some(partial) }).unwrap()
        };
        assert_eq!([answer(0), answer(7)].map(|answer| rejected(&answer)), [0, 7]);
        let others: [&[u8]; 5] =
            [br#"{"partialSuccess":{"rejectedSpans":"7"}}"#, b"{}", br#"{"partialSuccess":{}}"#, br#"{"partialSuccess":null}"#, b"thanks"];
        assert_eq!(others.map(rejected), [7, 0, 0, 0, 0]);
    }

    #[test]
    fn the_types_of_the_standard_read_what_is_written() {
        let place = Place { trace: [0xab; 16], span: [0x01; 8], parent: Some([0xf0; 8]), anchor: Anchor::now(&Clock) };
        let attributes = vec![("http.route", Value::text("/auth")), ("status", Value::Number(-1)), ("done", Value::Flag(true))];
        let span =
            Span { place, name: "POST /auth".to_owned(), kind: Kind::Server, began: u64::MAX - 1, ended: u64::MAX, attributes, has_failed: true };
        let root = Span {
            place: Place { parent: None, ..place },
            name: String::new(),
            kind: Kind::Internal,
            began: 0,
            ended: 0,
            attributes: vec![],
            has_failed: false,
        };
        let written = request(&Resource::new("accounts", "one"), &[span, root]).unwrap();

        let read: ExportTraceServiceRequest = serde_json::from_slice(&written).unwrap();
        let [resource] = read.resource_spans.as_slice() else { panic!("{read:?}") };
        let text = |text: &str| any_value::Value::StringValue(text.to_owned());
        let who = told(&resource.resource.as_ref().unwrap().attributes);
        assert_eq!(
            who,
            [("service.name", text("accounts")), ("service.version", text(env!("CARGO_PKG_VERSION"))), ("service.instance.id", text("one"))]
        );
        let [span, root] = resource.scope_spans[0].spans.as_slice() else { panic!("{read:?}") };
        assert_eq!(
            (span.trace_id.as_slice(), span.span_id.as_slice(), span.parent_span_id.as_slice()),
            ([0xab; 16].as_slice(), [1; 8].as_slice(), [0xf0; 8].as_slice())
        );
        assert_eq!((span.name.as_str(), span.kind, span.start_time_unix_nano, span.end_time_unix_nano), ("POST /auth", 2, u64::MAX - 1, u64::MAX));
        let expected = [("http.route", text("/auth")), ("status", any_value::Value::IntValue(-1)), ("done", any_value::Value::BoolValue(true))];
        assert_eq!((told(&span.attributes), span.status.as_ref().unwrap().code), (expected.to_vec(), 2));
        assert_eq!((root.parent_span_id.as_slice(), root.status.as_ref().unwrap().code), ([].as_slice(), 0));
    }
}
