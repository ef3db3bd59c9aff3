//! Web pages: what the links in messages lead to (contract `usapi.md`, *Finishing a registration*; `invas.md`). Plain HTML without scripts, one response
//! each, in the reader's language and the brand's colours.
//!
//! | module | what lives there |
//! |---|---|
//! | `signup` | the page that finishes a registration |
//! | `customer` | the page that authorises a customer's registration |
//! | `choice` | their two buttons |
//! | `reader` | whom a page is for, and pages that only say something |
//! | `html` | the response around a page and its content security policy |
//! | `look` | a brand's name, and colours that can be read on it |

mod choice;
mod customer;
pub(crate) mod html;
mod look;
mod reader;
mod signup;

use axum::Router;
use axum::routing::get;

use crate::App;

/// The page that finishes a registration.
pub(crate) const SIGNUP: &str = "/signup/confirm";
/// The page that authorises a customer's registration (contract `invas.md`).
pub(crate) const CUSTOMER: &str = "/b2b/customer/register/authorize";

/// The routes of this module.
pub fn router() -> Router<App> {
    Router::new().route(SIGNUP, get(signup::show).post(signup::decide)).route(CUSTOMER, get(customer::show).post(customer::decide))
}
