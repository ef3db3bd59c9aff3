//! Profile pictures. Their URLs cannot be guessed and never change what they show, so whoever has one may keep what it leads to (threat row 47).

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use daftar_core::person::PictureId;
use daftar_core::ports::PictureSize;

use crate::App;
use crate::surface::fault::status_of;
use crate::surface::headers::{message, not_found};
use crate::surface::segment::Segment;

const FULL: &str = ".jpg";
const THUMBNAIL: &str = "-thumb.jpg";

/// The routes of this module.
pub(crate) fn router() -> Router<App> {
    Router::new().route("/pictures/{file}", get(picture))
}

/// Where a picture is found, below the public URL.
pub(crate) fn path(id: &PictureId, size: PictureSize) -> String {
    let suffix = match size {
        PictureSize::Full => FULL,
        PictureSize::Thumbnail => THUMBNAIL,
    };
    format!("/pictures/{}{suffix}", id.as_str())
}

async fn picture(State(app): State<App>, Segment(file): Segment) -> Response {
    let parsed = match (file.strip_suffix(THUMBNAIL), file.strip_suffix(FULL)) {
        (Some(name), _) => PictureId::parse(name).map(|id| (id, PictureSize::Thumbnail)),
        (None, Some(name)) => PictureId::parse(name).map(|id| (id, PictureSize::Full)),
        (None, None) => None,
    };
    let Some((id, size)) = parsed else { return not_found().await };
    match app.accounts().picture(&id, size).await {
        Ok(Some(jpeg)) => {
            let headers = [
                (header::CONTENT_TYPE, "image/jpeg"),
                (header::CACHE_CONTROL, "public, max-age=31536000, immutable"),
                (header::CONTENT_SECURITY_POLICY, "default-src 'none'; sandbox"),
            ];
            (headers, jpeg).into_response()
        }
        Ok(None) => not_found().await,
        Err(fault) => {
            let (status, _) = status_of(&fault);
            message(status, if status == StatusCode::SERVICE_UNAVAILABLE { "Service is busy, please try again" } else { "Internal error" })
        }
    }
}
