//! Whom a page is for, and the pages that only say something: in the reader's language and the brand's colours, faults included.

use askama::Template;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use daftar_core::locale::Locale;
use daftar_core::ports::Timestamp;
use daftar_core::service::Fault;

use super::html::{self, Frames};
use super::look::Look;
use crate::App;
use crate::surface::body::BodyError;
use crate::surface::caller::language;
use crate::surface::fault::{retry_after, status_of};
use crate::texts::Texts;

/// Whom a page is for: the language that the browser asks for, else the one of the registration; and the registration's brand.
pub(super) struct Reader<'a> {
    app: &'a App,
    headers: &'a HeaderMap,
    pub(super) texts: Texts,
    pub(super) look: Look,
}

impl<'a> Reader<'a> {
    /// Somebody of whom nothing but the request is known.
    pub(super) fn new(app: &'a App, headers: &'a HeaderMap) -> Self {
        let texts = Texts::of(language(headers, Locale::default()));
        Self { app, headers, texts, look: Look::of(app.accounts().policy().brands.of(None)) }
    }

    /// Somebody who holds the link of a registration that is written to in `locale` and for `platform`.
    pub(super) fn about(self, locale: Locale, platform: Option<&str>) -> Self {
        let brand = self.app.accounts().policy().brands.of(platform);
        Self { texts: Texts::of(language(self.headers, locale)), look: Look::of(brand), ..self }
    }

    /// How long a link works that ends at `end`.
    pub(super) fn time_left(&self, end: Timestamp) -> String {
        let seconds = end.duration_since(self.app.accounts().now()).as_secs();
        let minutes = u64::try_from(seconds / 60).unwrap_or_default().max(1);
        self.texts.with("confirm-time", [("minutes", minutes.into())])
    }

    /// A page that only says something.
    pub(super) fn notice(&self, status: StatusCode, sign: Sign, name: &str) -> Response {
        self.answer(status, &self.notice_page(sign, name, name))
    }

    /// The same, to be changed before it is answered.
    pub(super) fn notice_page(&self, sign: Sign, title: &str, name: &str) -> NoticePage<'_> {
        let text = |part| self.texts.get(&format!("{name}-{part}"));
        let title = self.texts.get(&format!("{title}-title"));
        NoticePage { texts: self.texts, look: &self.look, title, sign, heading: text("heading"), text: text("text"), next: text("next") }
    }

    /// What could not be read.
    pub(super) fn unreadable(&self, error: BodyError) -> Response {
        let status = match error {
            BodyError::ContentType { .. } => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            BodyError::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            BodyError::Malformed => StatusCode::BAD_REQUEST,
        };
        self.notice(status, Sign::Stop, "unreadable")
    }

    /// What is at fault who is not the reader.
    pub(super) fn fault(&self, fault: &Fault) -> Response {
        match status_of(fault) {
            (status, Some(seconds)) => ([retry_after(seconds)], self.notice(status, Sign::Stop, "busy")).into_response(),
            (status, None) => self.notice(status, Sign::Stop, "broken"),
        }
    }

    /// Any page.
    pub(super) fn answer(&self, status: StatusCode, page: &impl Template) -> Response {
        let language =
            [(header::CONTENT_LANGUAGE, HeaderValue::from_static(self.texts.tag())), (header::VARY, HeaderValue::from_static("accept-language"))];
        (language, html::answer(status, page, &self.look.style, Frames::None, self.look.logo_origin.as_deref())).into_response()
    }
}

/// `templates/notice.html`.
#[derive(Template)]
#[template(path = "notice.html")]
pub(super) struct NoticePage<'a> {
    texts: Texts,
    look: &'a Look,
    title: String,
    sign: Sign,
    pub(super) heading: String,
    pub(super) text: String,
    pub(super) next: String,
}

/// What a notice shows before it speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sign {
    /// It worked.
    Good,
    /// It is over.
    Done,
    /// It did not work.
    Stop,
}
