//! The page behind the link in the mail to a customer whom a partner host registers (contract `invas.md`). Loading it changes nothing (threat row 39); its
//! first form proves the address, and the customer goes on in the host's app; its second kills the registration (row 34).

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::Response;
use daftar_core::customer::{CustomerRegistration, DeadLink};
use daftar_core::identifier::EmailAddress;

use super::choice::{self, Choice, ChoicePage, key_in};
use super::reader::{Reader, Sign};
use crate::App;
use crate::surface::blur;

/// `GET`: what is being authorised, or why there is nothing to authorise.
pub(super) async fn show(State(app): State<App>, uri: Uri, headers: HeaderMap) -> Response {
    let reader = Reader::new(&app, &headers);
    let key = key_in(&uri).unwrap_or_default();
    match app.accounts().customer_behind(&key).await {
        Ok(Some((registration, Ok(())))) => confirm(&about(reader, &registration), &registration, &key),
        Ok(Some((registration, Err(dead)))) => over(&about(reader, &registration), dead),
        Ok(None) => over(&reader, DeadLink::Refused),
        Err(fault) => reader.fault(&fault),
    }
}

/// `POST`: one of the two buttons.
pub(super) async fn decide(State(app): State<App>, uri: Uri, headers: HeaderMap, body: Body) -> Response {
    let reader = Reader::new(&app, &headers);
    let (choice, key) = match choice::read(&reader, &uri, &headers, body).await {
        Ok(read) => read,
        Err(unreadable) => return unreadable,
    };
    let reader = match app.accounts().customer_behind(&key).await {
        Ok(Some((registration, Ok(())))) => about(reader, &registration),
        Ok(Some((registration, Err(dead)))) => return over(&about(reader, &registration), dead),
        Ok(None) => return over(&reader, DeadLink::Refused),
        Err(fault) => return reader.fault(&fault),
    };
    match choice {
        Choice::Confirm => match app.accounts().authorise_customer(&key).await {
            Ok(Ok(())) => reader.notice(StatusCode::OK, Sign::Good, "authorised"),
            // Somebody else decided in between.
            Ok(Err(dead)) => over(&reader, dead),
            Err(fault) => reader.fault(&fault),
        },
        Choice::Reject => match app.accounts().disown_customer(&key).await {
            Ok(true) => reader.notice(StatusCode::OK, Sign::Done, "disowned"),
            Ok(false) => over(&reader, DeadLink::Refused),
            Err(fault) => reader.fault(&fault),
        },
    }
}

/// Customers are written to in the installation's own brand.
fn about<'a>(reader: Reader<'a>, registration: &CustomerRegistration) -> Reader<'a> {
    reader.about(registration.locale, None)
}

/// The page with the two buttons. The mail may have gone to a stranger, to whom the phone number must not be given away.
fn confirm(reader: &Reader<'_>, registration: &CustomerRegistration, key: &str) -> Response {
    let (texts, customer) = (reader.texts, &registration.customer);
    let page = ChoicePage {
        texts,
        look: &reader.look,
        title: texts.get("authorise-title"),
        heading: texts.get("authorise-heading"),
        intro: texts.get("authorise-intro"),
        details: vec![
            (texts.get("confirm-name"), customer.name.as_str().to_owned()),
            (texts.get("confirm-email"), customer.email.as_ref().map(EmailAddress::as_str).unwrap_or_default().to_owned()),
            (texts.get("authorise-phone"), blur::phone(&customer.phone)),
        ],
        action: super::CUSTOMER,
        key,
        button: texts.get("authorise-button"),
        time_left: reader.time_left(registration.expires_at),
    };
    reader.answer(StatusCode::OK, &page)
}

/// Why a link does nothing.
fn over(reader: &Reader<'_>, dead: DeadLink) -> Response {
    let (sign, name) = match dead {
        DeadLink::Used => (Sign::Done, "authorised-before"),
        DeadLink::Complete => (Sign::Done, "customer-complete"),
        DeadLink::Expired => (Sign::Stop, "expired"),
        DeadLink::Refused => (Sign::Stop, "refused"),
    };
    reader.notice(StatusCode::GONE, sign, name)
}
