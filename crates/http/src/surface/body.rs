//! Reading a request's body, up to a limit. What is over it is read to its end, within reason, and thrown away: a connection that is closed on a
//! client that is still sending makes it lose the answer that says why.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody};
use axum::http::{HeaderMap, header};
use http_body::{Frame, SizeHint};
use http_body_util::BodyExt as _;

/// Largest JSON or form body, in bytes (contract `common.md`, *HTTP*).
pub(crate) const BODY_MAX: usize = 64 * 1024;
/// Largest multipart body, in bytes (contract `common.md`, *HTTP*).
pub(crate) const MULTIPART_MAX: usize = 6 * 1024 * 1024;
/// How much is read and thrown away so that a client gets to hear that it sent too much.
const DRAIN_MAX: u64 = 32 * 1024 * 1024;

/// How long that may take where nobody asked for the body.
const DRAIN_TIME: Duration = Duration::from_secs(5);

/// A body that a handler reads as far as it wants, while [`Rest`] keeps what it leaves.
struct Lent(Arc<Mutex<Body>>);

impl Lent {
    fn with<T>(&self, look: impl FnOnce(&mut Body) -> T) -> T {
        look(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl HttpBody for Lent {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        self.with(|body| Pin::new(body).poll_frame(context))
    }

    fn is_end_stream(&self) -> bool {
        self.with(|body| body.is_end_stream())
    }

    fn size_hint(&self) -> SizeHint {
        self.with(|body| body.size_hint())
    }
}

/// What a handler leaves unread of a request's body.
pub(crate) struct Rest(Arc<Mutex<Body>>);

/// Lends a body to a handler. `None` where there is nothing to read, or nothing that should be: a client that asked first has sent nothing yet, and
/// more than we would throw away is not worth reading.
pub(crate) fn lend(headers: &HeaderMap, body: Body) -> (Body, Option<Rest>) {
    let too_much = declared(headers).is_some_and(|length| length > DRAIN_MAX);
    if body.is_end_stream() || too_much || headers.contains_key(header::EXPECT) {
        return (body, None);
    }
    let shared = Arc::new(Mutex::new(body));
    (Body::new(Lent(Arc::clone(&shared))), Some(Rest(shared)))
}

impl Rest {
    /// Whether the handler read everything.
    pub(crate) fn is_read(&self) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).is_end_stream()
    }

    /// Reads the rest and throws it away, so that the client that is still sending hears the answer, and can go on on the same connection.
    pub(crate) async fn drain(self) {
        let mut body = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        let reading = async {
            let mut seen = 0;
            while let Some(Ok(frame)) = body.frame().await {
                seen += frame.data_ref().map_or(0, |data| data.len() as u64);
                if seen > DRAIN_MAX {
                    break;
                }
            }
        };
        // Who is slower than that has to connect again.
        let _ = tokio::time::timeout(DRAIN_TIME, reading).await;
    }
}

fn declared(headers: &HeaderMap) -> Option<u64> {
    headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse().ok())
}

/// Why a body cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum BodyError {
    /// Its `content-type` is another than the endpoint takes.
    #[error("the body has another content type than {expected}")]
    ContentType {
        /// What the endpoint takes.
        expected: &'static str,
    },
    /// It is over the limit.
    #[error("the body is too large")]
    TooLarge,
    /// It ended early, or does not have the form that its type promises.
    #[error("the body is malformed")]
    Malformed,
}

/// Whether the body's media type is `expected`, whatever its parameters.
///
/// # Errors
/// [`BodyError::ContentType`].
pub(crate) fn expect_type(headers: &HeaderMap, expected: &'static str) -> Result<(), BodyError> {
    let value = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let media_type = value.split(';').next().unwrap_or_default().trim();
    if media_type.eq_ignore_ascii_case(expected) { Ok(()) } else { Err(BodyError::ContentType { expected }) }
}

/// Reads the whole body, at most `limit` bytes of it.
///
/// # Errors
/// [`BodyError::TooLarge`] and [`BodyError::Malformed`].
pub(crate) async fn read(headers: &HeaderMap, mut body: Body, limit: usize) -> Result<Bytes, BodyError> {
    let declared = declared(headers);
    let too_large = declared.is_some_and(|length| length > limit as u64);
    // A client that asked first has sent nothing yet; one that announces more than we would throw away is not worth reading.
    if too_large && (headers.contains_key(header::EXPECT) || declared.is_some_and(|length| length > DRAIN_MAX)) {
        return Err(BodyError::TooLarge);
    }
    let mut collected = Collected::default();
    let mut seen: u64 = 0;
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.map_err(|_| BodyError::Malformed)?.into_data() else { continue };
        seen += data.len() as u64;
        if seen > DRAIN_MAX {
            return Err(BodyError::TooLarge);
        }
        if !too_large && seen <= limit as u64 {
            collected.push(data);
        } else {
            collected = Collected::default();
        }
    }
    if seen > limit as u64 { Err(BodyError::TooLarge) } else { Ok(collected.finish()) }
}

/// Most bodies come in one piece, which then needs no copy.
#[derive(Default)]
struct Collected {
    first: Option<Bytes>,
    rest: Vec<u8>,
}

impl Collected {
    fn push(&mut self, data: Bytes) {
        match &self.first {
            None => self.first = Some(data),
            Some(first) => {
                if self.rest.is_empty() {
                    self.rest.extend_from_slice(first);
                }
                self.rest.extend_from_slice(&data);
            }
        }
    }

    fn finish(self) -> Bytes {
        if self.rest.is_empty() { self.first.unwrap_or_default() } else { self.rest.into() }
    }
}
