//! Profile pictures. Their URLs cannot be guessed and never change what they show, so whoever has one may keep what it leads to (threat row 47).

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use daftar_core::person::PictureId;
use daftar_core::ports::PictureSize;

use crate::App;
use crate::openapi::operation::{Call, Described};
use crate::openapi::plain::{Pages, Plain};
use crate::openapi::property::text;
use crate::openapi::routes::Routes;
use crate::surface::fault::status_of;
use crate::surface::headers::{message, not_found};
use crate::surface::segment::Segment;

const FULL: &str = ".jpg";
const THUMBNAIL: &str = "-thumb.jpg";

/// The routes of this module.
pub(crate) fn routes() -> Routes {
    Routes::new().at("/pictures/{file}", get(picture), &[described])
}

fn described() -> Described {
    Call::<Plain<Pages>>::get("picture", "A profile picture, or its thumbnail")
        .path(&text("file").like("k3b9-thumb.jpg"))
        .answers_media(StatusCode::OK, "The picture, which never changes", "image/jpeg")
        .refuses([Plain::not_found()])
        .into()
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
