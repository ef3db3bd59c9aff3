//! `/receipts/{route}`: where SMS gateways report what became of a message. Whether a request is the gateway's, and what it says, is known to whoever knows the gateway;
//! here it is only handed over whole.

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use daftar_core::outbox::receipt::NotTaken;
use daftar_core::outbox::{Hook, HookError, RouteName};

use crate::App;
use crate::openapi::operation::{Call, Described};
use crate::openapi::plain::{Gateways, Plain};
use crate::openapi::property::text;
use crate::openapi::routes::Routes;
use crate::surface::body::{BODY_MAX, BodyError, read};
use crate::surface::fault::{retry_after, status_of};
use crate::surface::headers::{message, not_found};
use crate::surface::segment::Segment;

/// The path to which the name of a route is added.
pub const PATH: &str = "/receipts/";

/// The routes of this module. Some gateways report with GET.
pub(crate) fn routes() -> Routes {
    let (reported, sent) = (|| described(Call::get("receiptByQuery", "Report by query")), || described(Call::post("receipt", "Report by body")));
    Routes::new().at("/receipts/{route}", get(take).post(take), &[reported, sent])
}

fn described(call: Call<Plain<Gateways>>) -> Described {
    call.detail("In the form of the route's own gateway, and proven as that gateway does: by a signature, or by a token in the address.")
        .path(&text("route").like("twilio").about("The route's name in `sms.routes`"))
        .answers_nothing(StatusCode::NO_CONTENT, "It is noted")
        .refuses([
            Plain::saying(StatusCode::BAD_REQUEST, "The receipt cannot be read"),
            Plain::saying(StatusCode::FORBIDDEN, "The signature or token is missing or wrong"),
            Plain::saying(StatusCode::PAYLOAD_TOO_LARGE, "The body is too large"),
            Plain::not_found(),
        ])
        .into()
}

async fn take(State(app): State<App>, Segment(route): Segment, request: Request) -> Response {
    let Some(route) = RouteName::parse(&route) else { return not_found().await };
    let (head, body) = request.into_parts();
    let body = match read(&head.headers, body, BODY_MAX).await {
        Ok(body) => body,
        Err(BodyError::TooLarge) => return message(StatusCode::PAYLOAD_TOO_LARGE, "The body is too large"),
        Err(BodyError::Malformed | BodyError::ContentType { .. }) => return message(StatusCode::BAD_REQUEST, "The body cannot be read"),
    };
    let path = head.uri.path_and_query().map_or(head.uri.path(), |whole| whole.as_str());
    let headers = head.headers.iter().filter_map(|(name, value)| Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned())));
    let hook = Hook {
        route,
        method: head.method.as_str().to_owned(),
        url: format!("{}{path}", app.settings().public_url),
        headers: headers.collect(),
        body,
    };
    match app.accounts().take_receipts(&hook).await {
        Ok(_) => StatusCode::NO_CONTENT.into_response(),
        Err(NotTaken::Hook(HookError::Unknown)) => not_found().await,
        // Anybody can send one: counted, and not worth a line in the log that operators read.
        Err(NotTaken::Hook(error @ HookError::Forged)) => {
            metrics::counter!("daftar_receipts_forged_total", "route" => hook.route.as_str().to_owned()).increment(1);
            tracing::debug!(route = hook.route.as_str(), %error, "receipts were refused");
            message(StatusCode::FORBIDDEN, "The signature or token is missing or wrong")
        }
        Err(NotTaken::Hook(error @ HookError::Unreadable)) => {
            tracing::warn!(route = hook.route.as_str(), %error, "receipts were refused");
            message(StatusCode::BAD_REQUEST, "The receipt cannot be read")
        }
        // The gateway tries again.
        Err(NotTaken::Fault(fault)) => match status_of(&fault) {
            (status, Some(seconds)) => ([retry_after(seconds)], message(status, "Service is busy, please try again")).into_response(),
            (status, None) => message(status, "Internal error"),
        },
    }
}
