//! The page behind the link in a registration's mail. Loading it changes nothing, because mail scanners open links (threat row 39); its first form
//! finishes the registration, its second kills it (row 34). It names what is being confirmed and nothing of anybody else.

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::Response;
use daftar_core::audit::{Caller, Door};
use daftar_core::identifier::IdentifierKind;
use daftar_core::registration::{Finished, Registration};
use fluent_templates::fluent_bundle::FluentValue;

use super::choice::{self, Choice, ChoicePage, key_in};
use super::reader::{Reader, Sign};
use crate::App;
use crate::surface::caller::CallerAddress;

/// `GET`: what is being confirmed, or why there is nothing to confirm.
pub(super) async fn show(State(app): State<App>, uri: Uri, headers: HeaderMap) -> Response {
    let reader = Reader::new(&app, &headers);
    let key = key_in(&uri).unwrap_or_default();
    match app.accounts().registration_behind(&key).await {
        Ok(Some((registration, Ok(())))) => confirm(&about(reader, &registration), &registration, &key),
        Ok(Some((registration, Err(dead)))) => outcome(&about(reader, &registration), dead, &registration),
        Ok(None) => reader.notice(StatusCode::GONE, Sign::Stop, "refused"),
        Err(fault) => reader.fault(&fault),
    }
}

/// `POST`: one of the two buttons.
pub(super) async fn decide(State(app): State<App>, CallerAddress(from): CallerAddress, uri: Uri, headers: HeaderMap, body: Body) -> Response {
    let reader = Reader::new(&app, &headers);
    let (choice, key) = match choice::read(&reader, &uri, &headers, body).await {
        Ok(read) => read,
        Err(unreadable) => return unreadable,
    };
    let registration = match app.accounts().registration_behind(&key).await {
        Ok(Some((registration, Ok(())))) => registration,
        Ok(Some((registration, Err(dead)))) => return outcome(&about(reader, &registration), dead, &registration),
        Ok(None) => return reader.notice(StatusCode::GONE, Sign::Stop, "refused"),
        Err(fault) => return reader.fault(&fault),
    };
    let reader = about(reader, &registration);
    match choice {
        Choice::Confirm => match app.called(Caller::owner(Door::Page, from)).finish_by_link(&key).await {
            Ok(finished) => outcome(&reader, finished, &registration),
            Err(fault) => reader.fault(&fault),
        },
        Choice::Reject => match app.accounts().disown_registration(&key).await {
            Ok(true) => reader.notice(StatusCode::OK, Sign::Done, "disowned"),
            // Somebody else decided in between.
            Ok(false) => reader.notice(StatusCode::GONE, Sign::Stop, "refused"),
            Err(fault) => reader.fault(&fault),
        },
    }
}

fn about<'a>(reader: Reader<'a>, registration: &Registration) -> Reader<'a> {
    reader.about(registration.locale, registration.platform.as_deref())
}

/// The page with the two buttons.
fn confirm(reader: &Reader<'_>, registration: &Registration, key: &str) -> Response {
    let texts = reader.texts;
    let name = format!("{} {}", registration.first_name.as_str(), registration.last_name.as_str());
    let page = ChoicePage {
        texts,
        look: &reader.look,
        title: texts.get("confirm-title"),
        heading: texts.with("confirm-heading", [("brand", reader.look.name.as_str().into())]),
        intro: texts.get("confirm-intro"),
        details: vec![
            (texts.get("confirm-name"), name),
            (texts.get("confirm-username"), registration.username.as_str().to_owned()),
            (texts.get("confirm-email"), registration.email.as_str().to_owned()),
        ],
        action: super::SIGNUP,
        key,
        button: texts.get("confirm-button"),
        time_left: reader.time_left(registration.expires_at),
    };
    reader.answer(StatusCode::OK, &page)
}

/// What came of confirming, or why there is nothing to confirm any more.
fn outcome(reader: &Reader<'_>, finished: Finished, registration: &Registration) -> Response {
    let texts = reader.texts;
    let username = ("username", FluentValue::from(registration.username.as_str()));
    match finished {
        Finished::Created(_) => {
            let mut page = reader.notice_page(Sign::Good, "created", "created");
            page.heading = texts.with("created-heading", [("name", registration.first_name.as_str().into())]);
            page.text = texts.with("created-text", [("brand", reader.look.name.as_str().into())]);
            page.next = texts.with("created-next", [username]);
            reader.answer(StatusCode::OK, &page)
        }
        Finished::Taken(kind) => {
            let name = match kind {
                IdentifierKind::Username => "taken-username",
                IdentifierKind::Email => "taken-email",
                IdentifierKind::Phone => "taken-phone",
            };
            let mut page = reader.notice_page(Sign::Stop, "taken", name);
            page.text = texts.with(&format!("{name}-text"), [username, ("email", registration.email.as_str().into())]);
            reader.answer(StatusCode::OK, &page)
        }
        Finished::Complete => reader.notice(StatusCode::GONE, Sign::Done, "complete"),
        Finished::Expired => reader.notice(StatusCode::GONE, Sign::Stop, "expired"),
        Finished::Refused => reader.notice(StatusCode::GONE, Sign::Stop, "refused"),
    }
}
