//! The page with two buttons, and the form that either of them posts: yes, or "this was not me".

use askama::Template;
use axum::body::Body;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::Response;

use super::look::Look;
use super::reader::{Reader, Sign};
use crate::surface::body::{self, BODY_MAX, BodyError};
use crate::surface::form::field;
use crate::texts::Texts;

/// The content type of an HTML form.
const FORM: &str = "application/x-www-form-urlencoded";

/// `templates/choice.html`.
#[derive(Template)]
#[template(path = "choice.html")]
pub(super) struct ChoicePage<'a> {
    pub(super) texts: Texts,
    pub(super) look: &'a Look,
    pub(super) title: String,
    pub(super) heading: String,
    pub(super) intro: String,
    /// What is known of the registration: a label, and what stands behind it.
    pub(super) details: Vec<(String, String)>,
    /// Where the forms are posted.
    pub(super) action: &'static str,
    pub(super) key: &'a str,
    pub(super) button: String,
    pub(super) time_left: String,
}

/// Which button was pressed.
#[derive(Debug, Clone, Copy)]
pub(super) enum Choice {
    Confirm,
    Reject,
}

impl Choice {
    /// The first form confirms, also without saying so.
    fn of(text: Option<&str>) -> Option<Self> {
        match text {
            None | Some("confirm") => Some(Self::Confirm),
            Some("reject") => Some(Self::Reject),
            Some(_) => None,
        }
    }
}

/// The secret of the link in a page's address.
pub(super) fn key_in(uri: &Uri) -> Option<String> {
    field(uri.query().unwrap_or_default().as_bytes(), "key")
}

/// Reads which button was pressed, and the secret of the link.
///
/// # Errors
/// The page that says why it cannot be read.
pub(super) async fn read(reader: &Reader<'_>, uri: &Uri, headers: &HeaderMap, body: Body) -> Result<(Choice, String), Response> {
    let form = read_form(headers, body).await.map_err(|error| reader.unreadable(error))?;
    let choice = Choice::of(field(&form, "decision").as_deref());
    let choice = choice.ok_or_else(|| reader.notice(StatusCode::BAD_REQUEST, Sign::Stop, "unreadable"))?;
    // The link itself may be posted to as well: then its key is in the address.
    Ok((choice, field(&form, "key").or_else(|| key_in(uri)).unwrap_or_default()))
}

/// Reads a form; no body at all is an empty one, whatever its type.
async fn read_form(headers: &HeaderMap, body: Body) -> Result<axum::body::Bytes, BodyError> {
    let form = body::read(headers, body, BODY_MAX).await?;
    if !form.is_empty() {
        body::expect_type(headers, FORM)?;
    }
    Ok(form)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_form_confirms_also_without_saying_so() {
        assert!(matches!(Choice::of(None), Some(Choice::Confirm)));
        assert!(matches!(Choice::of(Some("confirm")), Some(Choice::Confirm)));
        assert!(matches!(Choice::of(Some("reject")), Some(Choice::Reject)));
        assert!(Choice::of(Some("")).is_none() && Choice::of(Some("Reject")).is_none());
    }
}
