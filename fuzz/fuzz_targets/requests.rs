//! Requests to every call, whose bodies, queries and header fields are anything: JSON and forms, credentials, addresses, languages, traces. None of them
//! fails for what somebody sent, and nothing is done that another parser would have read differently (threat row 51).
#![no_main]

use axum::http::StatusCode;
use axum::http::{Method, header};
use daftar_fuzz::{answer, request};
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

/// Calls that do what a JSON object says.
const JSON: [&str; 12] = [
    "/auth",
    "/signup",
    "/signup/verify",
    "/internal/register",
    "/check/email",
    "/app/auth/login",
    "/app/auth/otp",
    "/app/auth/account/check",
    "/app/auth/device-token",
    "/app/auth/password",
    "/b2b/customer/register",
    "/b2b/customer/register/confirm",
];

fuzz_target!(|file: &[u8]| {
    let Some(request) = request(file) else { return };
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let is_json =
        request.headers().get(header::CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().to_ascii_lowercase().starts_with(b"application/json"));
    let answered = answer(request);
    answered.holds();
    if matches!(method, Method::POST | Method::PUT) && JSON.contains(&path.as_str()) {
        let body = file.windows(2).position(|pair| pair == b"\n\n").and_then(|end| file.get(end + 2..)).unwrap_or_default();
        let refused = answered.status.is_client_error();
        assert!(refused || is_json, "{path} took another type");
        assert!(refused || is_plain(body), "{path} took {}", String::from_utf8_lossy(body));
    }
    if method == Method::HEAD || method == Method::GET {
        assert_ne!(answered.status, StatusCode::CREATED, "reading made something");
    }
});

/// An object without NUL in any of its texts.
fn is_plain(body: &[u8]) -> bool {
    fn has_nul(value: &Value) -> bool {
        match value {
            Value::String(text) => text.contains('\0'),
            Value::Array(items) => items.iter().any(has_nul),
            Value::Object(fields) => fields.iter().any(|(name, value)| name.contains('\0') || has_nul(value)),
            Value::Null | Value::Bool(_) | Value::Number(_) => false,
        }
    }
    serde_json::from_slice(body).is_ok_and(|value: Value| value.is_object() && !has_nul(&value))
}
