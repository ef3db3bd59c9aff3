//! What is traced of a call: its span, and from whom it takes over a trace. A call is named by its route, never by its address, which may hold a
//! secret (threat row 52).

use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use daftar_core::trace::{TraceParent, failed};
use tracing::field::Empty;
use tracing::{Span, debug_span};

use super::caller::is_by_proxy;
use crate::App;

/// The span of a call. It belongs to the trace that a trusted proxy names: anybody else could have every call of his kept, or hang it into somebody
/// else's trace.
pub(crate) fn call(request: &Request, id: &HeaderValue, route: Option<&str>, app: Option<&App>) -> Span {
    let method = known(request.method());
    debug_span!(
        parent: None,
        "request",
        otel.name = route.map_or_else(|| method.to_owned(), |route| format!("{method} {route}")),
        otel.kind = "server",
        traceparent = app.and_then(|app| parent(request, app)).map(tracing::field::display),
        request_id = id.to_str().unwrap_or_default(),
        http.request.method = method,
        http.route = route,
        http.response.status_code = Empty,
        otel.status_code = Empty,
    )
}

/// What the call was answered with. A refusal is the caller's doing, and no failure.
pub(crate) fn answered(span: &Span, status: StatusCode) {
    span.record("http.response.status_code", status.as_u16());
    if status.is_server_error() {
        failed(span);
    }
}

fn parent(request: &Request, app: &App) -> Option<TraceParent> {
    let is_believed = is_by_proxy(request.extensions(), &app.settings().trusted_proxies);
    is_believed.then(|| traceparent(request.headers())).flatten()
}

/// The one `traceparent`. What may come with it, `tracestate` and `baggage`, is a text of somebody else's and goes nowhere.
fn traceparent(headers: &HeaderMap) -> Option<TraceParent> {
    let mut values = headers.get_all("traceparent").iter();
    let (value, None) = (values.next()?, values.next()) else { return None };
    TraceParent::parse(value.to_str().ok()?)
}

/// The method, as long as it is one of HTTP's own: any other is a text of the caller's.
fn known(method: &Method) -> &'static str {
    const METHODS: [&str; 9] = ["GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"];
    METHODS.into_iter().find(|known| *known == method.as_str()).unwrap_or("_OTHER")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_traceparents_are_none() {
        let one = HeaderValue::from_static("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
        let mut headers = HeaderMap::new();
        assert_eq!(traceparent(&headers), None);
        headers.append("traceparent", one.clone());
        assert_eq!(traceparent(&headers).unwrap().to_string(), one.to_str().unwrap());
        headers.append("traceparent", one);
        assert_eq!(traceparent(&headers), None);
    }

    #[test]
    fn row_52_a_method_that_a_caller_makes_up_is_not_told() {
        assert_eq!((known(&Method::POST), known(&Method::from_bytes(b"HUNTER2").unwrap())), ("POST", "_OTHER"));
    }
}
