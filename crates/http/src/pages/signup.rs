//! The page behind the link in a registration's mail. Loading it changes nothing, because mail scanners open links (threat row 39); its first form
//! finishes the registration, its second kills it (row 34). It names what is being confirmed and nothing of anybody else.

use askama::Template;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use daftar_core::identifier::IdentifierKind;
use daftar_core::locale::Locale;
use daftar_core::registration::{Finished, Registration};
use daftar_core::service::Fault;
use fluent_templates::fluent_bundle::FluentValue;

use super::html::{self, Frames};
use super::look::Look;
use crate::App;
use crate::surface::body::{self, BODY_MAX, BodyError};
use crate::surface::caller::language;
use crate::surface::fault::{retry_after, status_of};
use crate::texts::Texts;

/// The content type of an HTML form.
const FORM: &str = "application/x-www-form-urlencoded";

/// `GET`: what is being confirmed, or why there is nothing to confirm.
pub(super) async fn show(State(app): State<App>, uri: Uri, headers: HeaderMap) -> Response {
    let reader = Reader::new(&app, &headers);
    let key = field(uri.query().unwrap_or_default().as_bytes(), "key").unwrap_or_default();
    match app.accounts().registration_behind(&key).await {
        Ok(Some((registration, Ok(())))) => reader.about(&registration).confirm(&registration, &key),
        Ok(Some((registration, Err(dead)))) => reader.about(&registration).outcome(dead, &registration),
        Ok(None) => reader.notice(StatusCode::GONE, Sign::Stop, "refused"),
        Err(fault) => reader.fault(&fault),
    }
}

/// `POST`: one of the two buttons.
pub(super) async fn decide(State(app): State<App>, uri: Uri, headers: HeaderMap, body: Body) -> Response {
    let reader = Reader::new(&app, &headers);
    let (form, decision) = match read_form(&headers, body).await {
        Ok(form) => match Decision::of(field(&form, "decision").as_deref()) {
            Some(decision) => (form, decision),
            None => return reader.notice(StatusCode::BAD_REQUEST, Sign::Stop, "unreadable"),
        },
        Err(error) => return reader.unreadable(error),
    };
    // The link itself may be posted to as well: then its key is in the address.
    let key = field(&form, "key").or_else(|| field(uri.query().unwrap_or_default().as_bytes(), "key")).unwrap_or_default();
    let registration = match app.accounts().registration_behind(&key).await {
        Ok(Some((registration, Ok(())))) => registration,
        Ok(Some((registration, Err(dead)))) => return reader.about(&registration).outcome(dead, &registration),
        Ok(None) => return reader.notice(StatusCode::GONE, Sign::Stop, "refused"),
        Err(fault) => return reader.fault(&fault),
    };
    let reader = reader.about(&registration);
    match decision {
        Decision::Confirm => match app.accounts().finish_by_link(&key).await {
            Ok(finished) => reader.outcome(finished, &registration),
            Err(fault) => reader.fault(&fault),
        },
        Decision::Reject => match app.accounts().disown_registration(&key).await {
            Ok(true) => reader.notice(StatusCode::OK, Sign::Done, "disowned"),
            // Somebody else decided in between.
            Ok(false) => reader.notice(StatusCode::GONE, Sign::Stop, "refused"),
            Err(fault) => reader.fault(&fault),
        },
    }
}

/// Which button was pressed.
#[derive(Debug, Clone, Copy)]
enum Decision {
    Confirm,
    Reject,
}

impl Decision {
    /// The first form confirms, also without saying so.
    fn of(text: Option<&str>) -> Option<Self> {
        match text {
            None | Some("confirm") => Some(Self::Confirm),
            Some("reject") => Some(Self::Reject),
            Some(_) => None,
        }
    }
}

/// Reads a form; no body at all is an empty one, whatever its type.
async fn read_form(headers: &HeaderMap, body: Body) -> Result<axum::body::Bytes, BodyError> {
    let form = body::read(headers, body, BODY_MAX).await?;
    if !form.is_empty() {
        body::expect_type(headers, FORM)?;
    }
    Ok(form)
}

/// The first field named `name`.
fn field(form: &[u8], name: &str) -> Option<String> {
    form_urlencoded::parse(form).find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
}

/// Whom a page is for: the language that the browser asks for, else the one of the registration; and the registration's brand.
struct Reader<'a> {
    app: &'a App,
    headers: &'a HeaderMap,
    texts: Texts,
    look: Look,
}

impl<'a> Reader<'a> {
    /// Somebody of whom nothing but the request is known.
    fn new(app: &'a App, headers: &'a HeaderMap) -> Self {
        let texts = Texts::of(language(headers, Locale::default()));
        Self { app, headers, texts, look: Look::of(app.accounts().policy().brands.of(None)) }
    }

    /// Somebody who holds the link of `registration`.
    fn about(self, registration: &Registration) -> Self {
        let brand = self.app.accounts().policy().brands.of(registration.platform.as_deref());
        Self { texts: Texts::of(language(self.headers, registration.locale)), look: Look::of(brand), ..self }
    }

    /// The page with the two buttons.
    fn confirm(&self, registration: &Registration, key: &str) -> Response {
        let seconds = registration.expires_at.duration_since(self.app.accounts().now()).as_secs();
        let minutes = u64::try_from(seconds / 60).unwrap_or_default().max(1);
        let page = ConfirmPage {
            texts: self.texts,
            look: &self.look,
            title: self.texts.get("confirm-title"),
            heading: self.texts.with("confirm-heading", [("brand", self.look.name.as_str().into())]),
            time_left: self.texts.with("confirm-time", [("minutes", minutes.into())]),
            registration,
            key,
        };
        self.answer(StatusCode::OK, &page)
    }

    /// What came of confirming, or why there is nothing to confirm any more.
    fn outcome(&self, finished: Finished, registration: &Registration) -> Response {
        let username = ("username", FluentValue::from(registration.username.as_str()));
        match finished {
            Finished::Created(_) => {
                let page = self.notice_page(Sign::Good, "created", "created");
                self.answer(
                    StatusCode::OK,
                    &NoticePage {
                        heading: self.texts.with("created-heading", [("name", registration.first_name.as_str().into())]),
                        text: self.texts.with("created-text", [("brand", self.look.name.as_str().into())]),
                        next: self.texts.with("created-next", [username]),
                        ..page
                    },
                )
            }
            Finished::Taken(kind) => {
                let name = match kind {
                    IdentifierKind::Username => "taken-username",
                    IdentifierKind::Email => "taken-email",
                    IdentifierKind::Phone => "taken-phone",
                };
                let email = ("email", registration.email.as_str().into());
                let text = self.texts.with(&format!("{name}-text"), [username, email]);
                self.answer(StatusCode::OK, &NoticePage { text, ..self.notice_page(Sign::Stop, "taken", name) })
            }
            Finished::Complete => self.notice(StatusCode::GONE, Sign::Done, "complete"),
            Finished::Expired => self.notice(StatusCode::GONE, Sign::Stop, "expired"),
            Finished::Refused => self.notice(StatusCode::GONE, Sign::Stop, "refused"),
        }
    }

    /// A page that only says something.
    fn notice(&self, status: StatusCode, sign: Sign, name: &str) -> Response {
        self.answer(status, &self.notice_page(sign, name, name))
    }

    fn notice_page(&self, sign: Sign, title: &str, name: &str) -> NoticePage<'_> {
        let text = |part| self.texts.get(&format!("{name}-{part}"));
        let title = self.texts.get(&format!("{title}-title"));
        NoticePage { texts: self.texts, look: &self.look, title, sign, heading: text("heading"), text: text("text"), next: text("next") }
    }

    fn unreadable(&self, error: BodyError) -> Response {
        let status = match error {
            BodyError::ContentType { .. } => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            BodyError::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            BodyError::Malformed => StatusCode::BAD_REQUEST,
        };
        self.notice(status, Sign::Stop, "unreadable")
    }

    fn fault(&self, fault: &Fault) -> Response {
        match status_of(fault) {
            (status, Some(seconds)) => ([retry_after(seconds)], self.notice(status, Sign::Stop, "busy")).into_response(),
            (status, None) => self.notice(status, Sign::Stop, "broken"),
        }
    }

    fn answer(&self, status: StatusCode, page: &impl Template) -> Response {
        let language =
            [(header::CONTENT_LANGUAGE, HeaderValue::from_static(self.texts.tag())), (header::VARY, HeaderValue::from_static("accept-language"))];
        (language, html::answer(status, page, &self.look.style, Frames::None)).into_response()
    }
}

/// `templates/confirm.html`.
#[derive(Template)]
#[template(path = "confirm.html")]
struct ConfirmPage<'a> {
    texts: Texts,
    look: &'a Look,
    title: String,
    heading: String,
    time_left: String,
    registration: &'a Registration,
    key: &'a str,
}

/// `templates/notice.html`.
#[derive(Template)]
#[template(path = "notice.html")]
struct NoticePage<'a> {
    texts: Texts,
    look: &'a Look,
    title: String,
    sign: Sign,
    heading: String,
    text: String,
    next: String,
}

/// What a notice shows before it speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sign {
    /// It worked.
    Good,
    /// It is over.
    Done,
    /// It did not work.
    Stop,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_field_of_a_name_counts() {
        assert_eq!(field(b"decision=reject&key=a%2Bb+c&key=z", "key").as_deref(), Some("a+b c"));
        assert_eq!(field(b"keys=1&=2&%ff%fe", "key"), None);
        assert_eq!(field(b"key", "key").as_deref(), Some(""));
    }

    #[test]
    fn the_first_form_confirms_also_without_saying_so() {
        assert!(matches!(Decision::of(None), Some(Decision::Confirm)));
        assert!(matches!(Decision::of(Some("confirm")), Some(Decision::Confirm)));
        assert!(matches!(Decision::of(Some("reject")), Some(Decision::Reject)));
        assert!(Decision::of(Some("")).is_none() && Decision::of(Some("Reject")).is_none());
    }
}
