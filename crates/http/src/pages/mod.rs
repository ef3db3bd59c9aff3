//! Web pages: what the links in messages lead to (contract `usapi.md`, *Finishing a registration*; `invas.md`). Plain HTML without scripts, one response
//! each, in the reader's language and the brand's colours.
//!
//! | module | what lives there |
//! |---|---|
//! | `signup` | the page that finishes a registration |
//! | `customer` | the page that authorises a customer's registration |
//! | `choice` | their two buttons |
//! | `reader` | whom a page is for, and pages that only say something |
//! | `described` | what the documentation says of them |
//! | `html` | the response around a page and its content security policy |
//! | `look` | a brand's name, and colours that can be read on it |

mod choice;
mod customer;
mod described;
pub(crate) mod html;
mod look;
mod reader;
mod signup;

use axum::routing::get;

use crate::openapi::routes::Routes;

/// The page that finishes a registration.
pub(crate) const SIGNUP: &str = "/signup/confirm";
/// The page that authorises a customer's registration (contract `invas.md`).
pub(crate) const CUSTOMER: &str = "/b2b/customer/register/authorize";

/// The routes of this module.
pub(crate) fn routes() -> Routes {
    Routes::new().at(SIGNUP, get(signup::show).post(signup::decide), &[described::signup, described::decide_signup]).at(
        CUSTOMER,
        get(customer::show).post(customer::decide),
        &[described::customer, described::decide_customer],
    )
}
