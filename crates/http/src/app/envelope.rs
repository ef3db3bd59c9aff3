//! The envelope around every answer, and the one place where a refusal gets its words: handlers say what went wrong, [`speak`] says it in the language
//! that the request asked for.

use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use daftar_core::locale::Locale;
use serde::Serialize;

use super::error::AppError;
use crate::App;
use crate::surface::bounds::{Bounds, Cut};
use crate::surface::caller::language;
use crate::texts::Texts;

/// The language of answers to whoever asks for none (contract `app-auth.md`).
pub(super) const OTHERWISE: Locale = Locale::TraditionalChinese;

/// `{"success", "message", "data"}`.
#[derive(Serialize)]
struct Envelope<'a, T> {
    success: bool,
    message: &'a str,
    data: Option<T>,
}

/// A success with its data.
pub(super) struct Done<T>(pub(super) T);

impl<T: Serialize> IntoResponse for Done<T> {
    fn into_response(self) -> Response {
        Json(Envelope { success: true, message: "", data: Some(self.0) }).into_response()
    }
}

/// A success that has nothing to tell.
pub(super) const DONE: Done<()> = Done(());

/// A refusal on its way to [`speak`].
#[derive(Clone)]
struct Refused(Arc<AppError>);

impl IntoResponse for AppError {
    fn into_response(self) -> Response {
        let mut response = StatusCode::INTERNAL_SERVER_ERROR.into_response();
        response.extensions_mut().insert(Refused(Arc::new(self)));
        response
    }
}

/// Puts a refusal into words and gives it its status.
pub(super) async fn speak(State(app): State<App>, request: Request, next: Next) -> Response {
    let texts = Texts::of(language(request.headers(), OTHERWISE));
    put_into_words(next.run(request).await, texts, app.settings().app_always_ok)
}

pub(super) fn put_into_words(mut response: Response, texts: Texts, always_ok: bool) -> Response {
    let Some(Refused(error)) = response.extensions_mut().remove() else { return response };
    let told = error.told(texts);
    let envelope = serde_json::to_vec(&Envelope::<()> { success: false, message: &told.message, data: None });
    // What the router has said of it besides stays: which methods are allowed.
    let (mut head, _) = response.into_parts();
    head.status = if always_ok && told.may_be_ok { StatusCode::OK } else { told.status };
    head.headers.remove(header::CONTENT_LENGTH);
    head.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    head.headers.extend(told.header);
    Response::from_parts(head, Body::from(envelope.unwrap_or_default()))
}

/// What a request may take, and what is told of one that is cut.
pub(super) const BOUNDS: Bounds = Bounds::told_by(|cut| match cut {
    Cut::TooLong => AppError::TooLong.into_response(),
    Cut::Panicked => AppError::Panicked.into_response(),
    Cut::Flooded(wait) => AppError::Flooded(wait).into_response(),
});

/// There is nothing at this path.
pub(super) async fn not_found() -> AppError {
    AppError::NoSuchPath
}

/// There is something at this path, but not for this method. The router adds `Allow`.
pub(super) async fn method_not_allowed() -> AppError {
    AppError::NoSuchMethod
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::surface::bounds::tests::{answered, requests, routes};
    use axum::middleware::map_response;

    #[tokio::test]
    async fn a_panic_and_a_body_that_does_not_come_are_told_in_the_envelope() {
        let [panics, never] = requests();
        let told = |request| {
            let speak = map_response(|response: Response| async { put_into_words(response, Texts::of(Locale::English), true) });
            answered(routes(BOUNDS).layer(speak), request)
        };
        let envelope = |message: &str| serde_json::json!({"success": false, "message": message, "data": null});
        let broken = envelope("Something went wrong on our side. Please try again later.");
        assert_eq!(told(panics).await, (StatusCode::INTERNAL_SERVER_ERROR, broken));
        assert_eq!(told(never).await, (StatusCode::REQUEST_TIMEOUT, envelope("The request took too long. Please try again.")));
    }
}
