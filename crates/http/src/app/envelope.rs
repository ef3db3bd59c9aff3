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
    let language = language(request.headers(), OTHERWISE);
    let mut response = next.run(request).await;
    let Some(Refused(error)) = response.extensions_mut().remove() else { return response };
    let told = error.told(Texts::of(language));
    let envelope = serde_json::to_vec(&Envelope::<()> { success: false, message: &told.message, data: None });
    // What the router has said of it besides stays: which methods are allowed.
    let (mut head, _) = response.into_parts();
    head.status = if app.settings().app_always_ok && told.may_be_ok { StatusCode::OK } else { told.status };
    head.headers.remove(header::CONTENT_LENGTH);
    head.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    head.headers.extend(told.header);
    Response::from_parts(head, Body::from(envelope.unwrap_or_default()))
}

/// There is nothing at this path.
pub(super) async fn not_found() -> AppError {
    AppError::NoSuchPath
}

/// There is something at this path, but not for this method. The router adds `Allow`.
pub(super) async fn method_not_allowed() -> AppError {
    AppError::NoSuchMethod
}
