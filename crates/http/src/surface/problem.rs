//! The shape of the refusals of INVAS and of the administration: a problem (RFC 9457) with a stable code and, where one is at fault, the name of a field.

use std::borrow::Cow;

use axum::body::Body;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use daftar_core::service::Fault;
use serde::Serialize;

use super::body::BodyError;
use super::bounds::Cut;
use super::fault::{retry_after, seconds_up, status_of};
use super::properties::PropertyError;
use crate::openapi::property::{Property, constant, integer, text};

/// The code of everything that is wrong with a request itself.
pub(crate) const VALIDATION: &str = "VALIDATION";

/// A refusal, ready to be written.
pub(crate) struct Problem {
    status: StatusCode,
    code: &'static str,
    detail: Cow<'static, str>,
    field: Option<String>,
    attempts_left: Option<u8>,
    header: Option<(HeaderName, HeaderValue)>,
}

/// What is written of it. The type is RFC 9457's for "nothing beyond the status": what sets ours apart is `code`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Written<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    title: &'static str,
    status: u16,
    detail: &'a str,
    code: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    attempts_left: Option<u8>,
}

impl Problem {
    /// A problem with its status, its stable code and a sentence for whoever reads the host's log.
    pub(crate) fn new(status: StatusCode, code: &'static str, detail: impl Into<Cow<'static, str>>) -> Self {
        Self { status, code, detail: detail.into(), field: None, attempts_left: None, header: None }
    }

    /// A property or parameter that is not what it must be.
    pub(crate) fn at_fault(name: String, why: &str) -> Self {
        Self::new(StatusCode::BAD_REQUEST, VALIDATION, format!("{name} {why}.")).about(name)
    }

    /// A body that cannot be read.
    pub(crate) fn unreadable(error: BodyError) -> Self {
        match error {
            BodyError::ContentType { expected } => {
                let detail = format!("The content type must be {expected}.");
                Self::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "UNSUPPORTED_MEDIA_TYPE", detail)
            }
            BodyError::TooLarge => Self::new(StatusCode::PAYLOAD_TOO_LARGE, "PAYLOAD_TOO_LARGE", "The body is too large."),
            BodyError::Malformed => Self::new(StatusCode::BAD_REQUEST, VALIDATION, "The body is not a JSON object."),
        }
    }

    /// A property that is not there, or not as it has to be.
    pub(crate) fn property(error: PropertyError) -> Self {
        match error {
            PropertyError::Missing(name) => Self::at_fault(name, "is required"),
            PropertyError::WrongType(name, json_type) => Self::at_fault(name, &format!("must be of type {}", json_type.name())),
            PropertyError::Empty(name) => Self::at_fault(name, "must not be empty"),
            PropertyError::TooLong(name, max) => Self::at_fault(name, &format!("must have at most {max} characters")),
            PropertyError::NotOneOf(name, allowed) => Self::at_fault(name, &format!("must be one of: {allowed}")),
        }
    }

    /// There is nothing at this path.
    pub(crate) fn no_such_path() -> Self {
        Self::new(StatusCode::NOT_FOUND, "NOT_FOUND", "There is nothing at this path.")
    }

    /// There is nothing at this path for this method.
    pub(crate) fn no_such_method() -> Self {
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "METHOD_NOT_ALLOWED", "This path does not take this method.")
    }

    /// A request that was not handled to its end.
    pub(crate) fn cut(cut: Cut) -> Self {
        match cut {
            Cut::TooLong => Self::new(StatusCode::REQUEST_TIMEOUT, "REQUEST_TIMEOUT", "The request took too long."),
            Cut::Panicked => Self::internal(StatusCode::INTERNAL_SERVER_ERROR),
            Cut::Flooded(wait) => {
                let detail = "There are too many requests from this address. Try again later.";
                Self::new(StatusCode::TOO_MANY_REQUESTS, "TOO_MANY_REQUESTS", detail).with(retry_after(seconds_up(wait)))
            }
        }
    }

    /// Something that is not the caller's fault. Logs it.
    pub(crate) fn fault(fault: &Fault) -> Self {
        match status_of(fault) {
            (status, Some(seconds)) => Self::new(status, "UNAVAILABLE", "Too much is going on. Try again in a moment.").with(retry_after(seconds)),
            (status, None) => Self::internal(status),
        }
    }

    fn internal(status: StatusCode) -> Self {
        Self::new(status, "INTERNAL", "Something went wrong on our side.")
    }

    /// Which property or parameter is at fault.
    pub(crate) fn about(self, field: String) -> Self {
        Self { field: Some(field), ..self }
    }

    /// How many more tries a token has.
    pub(crate) fn leaving(self, attempts: u8) -> Self {
        Self { attempts_left: Some(attempts), ..self }
    }

    /// A header that goes with it.
    pub(crate) fn with(self, header: (HeaderName, HeaderValue)) -> Self {
        Self { header: Some(header), ..self }
    }
}

/// What is written of a problem, for the documentation.
pub(crate) fn written_properties() -> Vec<Property> {
    vec![
        constant("type", "about:blank"),
        text("title").like("Bad Request"),
        integer("status").like(400),
        text("detail").like("email is not an e-mail address.").about("For developers to read"),
        text("code").matching("^[A-Z_]+$").like("VALIDATION").about("Stable"),
        text("field").like("email").about("What is at fault").optional(),
        integer("attemptsLeft").like(4).about("How many more tries a token has").optional(),
    ]
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let written = Written {
            kind: "about:blank",
            title: self.status.canonical_reason().unwrap_or_default(),
            status: self.status.as_u16(),
            detail: &self.detail,
            code: self.code,
            field: self.field.as_deref(),
            attempts_left: self.attempts_left,
        };
        let mut response = Response::new(Body::from(serde_json::to_vec(&written).unwrap_or_default()));
        *response.status_mut() = self.status;
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        response.headers_mut().extend(self.header);
        response
    }
}
