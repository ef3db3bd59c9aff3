//! `/openapi.json`, and `/docs`: Swagger UI, built into the program, which asks no other host for anything.

use std::borrow::Cow;
use std::sync::{Arc, LazyLock};

use axum::body::Bytes;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use utoipa_swagger_ui::{Config, serve};

use super::operation::{Call, Described};
use super::plain::{Operators, Plain};
use super::property::text;
use super::routes::Routes;
use crate::surface::headers::not_found;
use crate::surface::segment::Segment;

/// The page draws itself with scripts and styles of this installation, and calls nobody else.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; base-uri 'self'; \
    form-action 'none'; frame-ancestors 'none'";

static CONFIG: LazyLock<Arc<Config<'static>>> = LazyLock::new(|| {
    Arc::new(Config::new(["../openapi.json"]).use_base_layout().deep_linking(true).validator_url("none").persist_authorization(false))
});

/// The routes of this module.
pub(crate) fn routes() -> Routes {
    Routes::new().at("/openapi.json", get(document), &[described_document]).at("/docs", get(page), &[described_page]).at(
        "/docs/{file}",
        get(file),
        &[described_file],
    )
}

fn described_document() -> Described {
    Call::<Plain<Operators>>::get("openapi", "This documentation, as OpenAPI 3.1")
        .answers_open(StatusCode::OK, "The document", &[text("openapi").like("3.1.0")])
        .into()
}

fn described_page() -> Described {
    Call::<Plain<Operators>>::get("docs", "This documentation, to read and to try").answers_page(&[(StatusCode::OK, "The page")]).into()
}

fn described_file() -> Described {
    Call::<Plain<Operators>>::get("docsFile", "What the page is made of")
        .path(&text("file").like("swagger-ui.css"))
        .answers_media(StatusCode::OK, "The file", "text/css")
        .answers_media(StatusCode::OK, "The file", "text/javascript")
        .answers_media(StatusCode::OK, "The file", "image/png")
        .refuses([Plain::not_found()])
        .into()
}

async fn document() -> Response {
    ([(header::CONTENT_TYPE, "application/json")], super::written().clone()).into_response()
}

async fn page() -> Response {
    let Some((bytes, _)) = found("index.html") else { return not_found().await };
    // Its files are below its own address.
    let html = String::from_utf8_lossy(&bytes).replacen("<head>", "<head>\n    <base href=\"docs/\">", 1);
    (headers("text/html; charset=utf-8"), html).into_response()
}

async fn file(Segment(name): Segment) -> Response {
    match found(&name) {
        Some((bytes, media)) => (headers(&media), bytes).into_response(),
        None => not_found().await,
    }
}

fn found(name: &str) -> Option<(Bytes, String)> {
    let file = serve(name, Arc::clone(&CONFIG)).ok()??;
    let bytes = match file.bytes {
        Cow::Borrowed(built_in) => Bytes::from_static(built_in),
        Cow::Owned(made) => Bytes::from(made),
    };
    Some((bytes, file.content_type))
}

fn headers(media: &str) -> [(HeaderName, HeaderValue); 3] {
    let media = HeaderValue::try_from(media).unwrap_or(HeaderValue::from_static("application/octet-stream"));
    [
        (header::CONTENT_TYPE, media),
        (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY)),
        (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    ]
}
