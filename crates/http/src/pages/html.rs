//! The response around a page. A page brings its style along, and the policy allows that style by its hash and nothing else: no script, no
//! other host, no frame around it (threat row 40).

use askama::Template;
use aws_lc_rs::digest::{SHA256, digest};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// Where a page may take frames from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Frames {
    /// It has none.
    None,
    /// This installation.
    Own,
}

/// Answers with `page`, whose only style is `style`, and which may show pictures from the origin `pictures`. It goes nowhere as a referrer, because the secret of a link may be in its address.
pub(crate) fn answer(status: StatusCode, page: &impl Template, style: &str, frames: Frames, pictures: Option<&str>) -> Response {
    let html = match page.render() {
        Ok(html) => html,
        Err(error) => {
            tracing::error!(error = &error as &dyn std::error::Error, "a page could not be rendered");
            return (StatusCode::INTERNAL_SERVER_ERROR, "Internal error").into_response();
        }
    };
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8")),
        (header::CONTENT_SECURITY_POLICY, policy(style, frames, pictures)),
        (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    ];
    (status, headers, html).into_response()
}

fn policy(style: &str, frames: Frames, pictures: Option<&str>) -> HeaderValue {
    let hash = STANDARD.encode(digest(&SHA256, style.as_bytes()));
    let frames = match frames {
        Frames::None => "",
        Frames::Own => " frame-src 'self';",
    };
    let pictures = pictures.map(|origin| format!(" {origin}")).unwrap_or_default();
    let policy = format!(
        "default-src 'none'; style-src 'sha256-{hash}'; img-src data:{pictures};{frames} form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    );
    HeaderValue::try_from(policy).unwrap_or(HeaderValue::from_static("default-src 'none'"))
}
