//! What is answered instead of a success, as the documentation shows it: every refusal is written by the code that writes it for clients, so its status, its headers and its
//! words are what clients get.

use std::collections::BTreeMap;
use std::fmt::Debug;

use axum::http::{HeaderName, StatusCode, header};
use axum::response::{IntoResponse, Response};
use daftar_core::service::Fault;
use futures_util::FutureExt as _;
use http_body_util::BodyExt as _;
use serde_json::Value;
use tracing::subscriber::{NoSubscriber, with_default};

use super::property::Property;
use crate::surface::bounds::{Bounds, Cut};

/// How long a refusal says that one should wait, where it does, in seconds.
pub(crate) const WAIT: std::time::Duration = std::time::Duration::from_secs(30);

/// Everything that a surface answers instead of a success.
pub(crate) trait Refusal: Debug + From<Fault> + IntoResponse {
    /// The surface's name.
    const TAG: &'static str;
    /// What its clients hear of a request that is cut.
    const BOUNDS: Bounds;

    /// What the surface makes of a response in the end.
    fn finished(response: Response) -> Response {
        response
    }

    /// What is in it.
    fn properties() -> Vec<Property>;
}

/// Refusals of one status.
#[derive(Default)]
pub(super) struct Refused {
    /// Those that have one and are no part of a response anyway.
    pub(super) headers: BTreeMap<String, String>,
    /// What they say, by media type and name.
    pub(super) content: BTreeMap<String, BTreeMap<String, Value>>,
}

/// Refusals by status.
pub(super) type ByStatus = BTreeMap<StatusCode, Refused>;

/// Adds refusals of a surface's own.
pub(super) fn add<R: Refusal>(to: &mut ByStatus, refusals: impl IntoIterator<Item = R>) {
    for refusal in refusals {
        let name = name_of(&refusal);
        add_one(to, name, refusal);
    }
}

/// Adds what every call of a surface may be answered.
pub(super) fn add_usual<R: Refusal>(to: &mut ByStatus) {
    for (name, cut) in [("TookTooLong", Cut::TooLong), ("Broken", Cut::Panicked), ("Flooded", Cut::Flooded(WAIT))] {
        add_response(to, name.to_owned(), R::finished(R::BOUNDS.told_of(cut)));
    }
    add_one(to, "Overloaded".to_owned(), R::from(Fault::Overloaded));
}

fn add_one<R: Refusal>(to: &mut ByStatus, name: String, refusal: R) {
    // Writing it down here is no reason to log it.
    add_response(to, name, with_default(NoSubscriber::new(), || R::finished(refusal.into_response())));
}

fn add_response(to: &mut ByStatus, name: String, response: Response) {
    const NOT_ITS_OWN: [HeaderName; 2] = [header::CONTENT_TYPE, header::CONTENT_LENGTH];
    let (head, body) = response.into_parts();
    let text = |name: HeaderName| head.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
    let refused = to.entry(head.status).or_default();
    let media = text(header::CONTENT_TYPE).split(';').next().unwrap_or_default().to_owned();
    for header in head.headers.keys().filter(|name| !NOT_ITS_OWN.contains(name)) {
        refused.headers.insert(header.as_str().to_owned(), text(header.clone()));
    }
    // It is in memory: there is nothing to wait for.
    let bytes = body.collect().now_or_never().and_then(Result::ok).map(http_body_util::Collected::to_bytes).unwrap_or_default();
    let example = serde_json::from_slice(&bytes).unwrap_or_else(|_| Value::from(String::from_utf8_lossy(&bytes)));
    refused.content.entry(media).or_default().insert(name, example);
}

/// The refusal's own name: `Property(Missing("email"))` is shown as `Missing-email`, whatever else is in it.
fn name_of(refusal: &impl Debug) -> String {
    let words = format!("{refusal:?}");
    let words = ["Body(", "Property(", "Fault("].iter().find_map(|outer| words.strip_prefix(outer)).unwrap_or(&words);
    let parts = words.split(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '_' | '.'))).filter(|part| !part.is_empty());
    parts.take(2).collect::<Vec<_>>().join("-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug)]
    #[expect(dead_code, reason = "printed")]
    enum Sample {
        Gone,
        Throttled(std::time::Duration),
        Body(Cause),
        Property(Cause),
    }

    #[derive(Debug)]
    #[expect(dead_code, reason = "printed")]
    enum Cause {
        TooLong(String, usize),
        Malformed,
    }

    #[test]
    fn a_refusal_is_named_as_in_the_code() {
        assert_eq!(name_of(&Sample::Gone), "Gone");
        assert_eq!(name_of(&Sample::Throttled(WAIT)), "Throttled-30s");
        assert_eq!(name_of(&Sample::Body(Cause::Malformed)), "Malformed");
        assert_eq!(name_of(&Sample::Property(Cause::TooLong("a.b".to_owned(), 7))), "TooLong-a.b");
    }
}
