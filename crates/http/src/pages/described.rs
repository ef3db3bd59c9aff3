//! What the documentation says of the pages behind links.

use axum::http::StatusCode;

use crate::openapi::operation::{Call, Described};
use crate::openapi::parameter::language;
use crate::openapi::plain::{Pages, Plain};
use crate::openapi::property::{one_of, text};

type Page = Call<Plain<Pages>>;

const OVER: (StatusCode, &str) = (StatusCode::GONE, "It is expired, used, killed or forged, and what to do");
const FAULTS: [(StatusCode, &str); 2] =
    [(StatusCode::SERVICE_UNAVAILABLE, "Too much is going on"), (StatusCode::INTERNAL_SERVER_ERROR, "Something is broken")];

fn shown(call: Page, what: &str) -> Described {
    call.detail("Opening it changes nothing.")
        .query(&text("key").like("k3b9fhj7").or_empty().about("The link's secret").optional())
        .header(&language("the page"))
        .answers_page(&[(StatusCode::OK, what), OVER])
        .answers_page(&FAULTS)
        .into()
}

fn decided(call: Page) -> Described {
    let decision = one_of("decision", ["confirm", "reject"]).optional();
    let key = text("key").like("k3b9fhj7").or_empty().about("The link's secret").optional();
    call.query(&key)
        .header(&language("the page"))
        .may_read_form(&[decision, key.clone()])
        .answers_page(&[
            (StatusCode::OK, "What came of it"),
            OVER,
            (StatusCode::BAD_REQUEST, "The form cannot be read"),
            (StatusCode::PAYLOAD_TOO_LARGE, "The form is too large"),
            (StatusCode::UNSUPPORTED_MEDIA_TYPE, "It is no form"),
        ])
        .answers_page(&FAULTS)
        .into()
}

pub(super) fn signup() -> Described {
    shown(Page::get("signupPage", "The page behind the link of a registration"), "What is being confirmed, and two buttons")
}

pub(super) fn decide_signup() -> Described {
    decided(Page::post("decideSignup", "Finish the registration, or kill it"))
}

pub(super) fn customer() -> Described {
    shown(Page::get("customerPage", "The page behind the link to a customer"), "What is being authorised, and two buttons")
}

pub(super) fn decide_customer() -> Described {
    decided(Page::post("decideCustomer", "Prove the customer's address, or kill the registration"))
}
