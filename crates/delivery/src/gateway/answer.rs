//! What answers and receipts have in common: finding a value, and letting nothing into a reason but numbers and words that we know (threat row 52).

use serde_json::Value;

use daftar_core::outbox::{HookError, Receipt, ReceiptOutcome};

use crate::transport::SendError;

use super::Parcel;
use super::client::Reply;

/// The most characters of a reference: gateways use up to 64.
const REFERENCE_MAX: usize = 128;
/// The most digits of an error's number. Codes and phone numbers are longer, or are looked for.
const NUMBER_MAX: usize = 6;

/// The value at `path`, such as `data.0.id`.
pub(super) fn at<'a>(value: &'a Value, path: &str) -> Option<&'a Value> {
    path.split('.').try_fold(value, |value, part| match value {
        Value::Array(items) => items.get(part.parse::<usize>().ok()?),
        Value::Object(fields) => fields.get(part),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
    })
}

/// A text, number or truth value as a text.
pub(super) fn text_of(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(yes) => Some(yes.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

/// How a gateway calls a message, if that can be a name and does not show whom it is for or what it says.
pub(super) fn reference(value: Option<&Value>, parcel: &Parcel<'_>) -> Option<String> {
    let text = text_of(value?)?;
    let shows = text.contains(parcel.to_digits()) || parcel.code.is_some_and(|code| text == code);
    (is_reference(&text) && !shows).then_some(text)
}

/// Whether a text can be the name of a message.
pub(super) fn is_reference(text: &str) -> bool {
    (1..=REFERENCE_MAX).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic())
}

/// An error's number, unless it could be something else.
pub(super) fn number(value: Option<&Value>, parcel: &Parcel<'_>) -> Option<u32> {
    let text = text_of(value?)?;
    let is_short = (1..=NUMBER_MAX).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    if is_short && parcel.code != Some(text.as_str()) { text.parse().ok() } else { None }
}

/// What a status says that nothing else explains: that this message will not do (RFC 9110 §15.5.1, §15.5.14, §15.5.21), or that somebody has to mend
/// something, or has to wait.
pub(super) fn by_status(reply: &Reply) -> SendError {
    let reason = answered(reply, None);
    if matches!(reply.status, 400 | 413 | 422) { SendError::Refused(reason) } else { put_off(reply, reason) }
}

/// Not now. What is said of the credentials, the credit, the address or the moment (RFC 9110 §15.5, RFC 6585 §4, 5xx) holds for all messages; anything else is said of this
/// one, by a gateway that works.
pub(super) fn put_off(reply: &Reply, reason: String) -> SendError {
    let is_about_this = matches!(reply.status, 200..=299 | 400..=499) && !matches!(reply.status, 401..=405 | 407 | 408 | 415 | 425 | 429);
    if is_about_this { SendError::Later(reason) } else { SendError::Retry(reason) }
}

/// The reason for an answer with an error's number.
pub(super) fn answered(reply: &Reply, number: Option<u32>) -> String {
    match number {
        Some(number) => format!("the gateway answered {}, error {number}", reply.status),
        None => format!("the gateway answered {}", reply.status),
    }
}

/// An answer in no form that the gateway's documents know.
pub(super) fn nonsense() -> SendError {
    SendError::Retry("the gateway's answer makes no sense".to_owned())
}

/// The receipts of a batch. One item that cannot be read does not take the others along, unless there is nothing else.
///
/// # Errors
/// [`HookError::Unreadable`].
pub(super) fn readable(items: impl Iterator<Item = Result<Receipt, HookError>>) -> Result<Vec<Receipt>, HookError> {
    let (read, unread): (Vec<_>, Vec<_>) = items.partition(Result::is_ok);
    match unread.into_iter().next() {
        Some(Err(error)) if read.is_empty() => Err(error),
        _ => Ok(read.into_iter().flatten().collect()),
    }
}

/// A receipt about `reference`, with an error's number where it says so.
pub(super) fn receipt(reference: &str, outcome: ReceiptOutcome, reason: Option<String>) -> Receipt {
    Receipt { reference: reference.to_owned(), outcome, reason: reason.filter(|_| outcome == ReceiptOutcome::Undelivered) }
}
