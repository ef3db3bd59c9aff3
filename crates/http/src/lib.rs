//! The HTTP surfaces, the web pages and the operator endpoints. A handler parses, makes one call on the core's `Accounts`, and maps the outcome;
//! it holds no rule and no storage.
//!
//! | module | what lives there |
//! |---|---|
//! | `surface` | what the surfaces share: bodies, strict JSON, properties, who calls, the shield against floods, what every response carries |
//! | `usapi` | USAPI: its requests, answers, texts and statuses |
//! | `app` | App User Auth: the same of its own |
//! | `invas` | INVAS: the same of its own |
//! | `admin` | what machine clients with scope `admin` may see and do |
//! | `oauth` | access tokens of machine clients |
//! | [`pages`] | the pages behind the links in messages |
//! | `texts` | what people read, by language (`locales/*/*.ftl`) |
//! | [`operate`] | health, public keys, metrics, the development inbox |
//! | `receipts` | where SMS gateways report |
//! | `pictures` | profile pictures at their unguessable URLs |
//! | [`openapi`] | the documentation of every call, made by the program itself |
//! | [`server`] | the HTTP/1.1 server with its time-outs and its graceful end |

mod admin;
mod app;
mod invas;
mod oauth;
pub mod openapi;
pub mod operate;
pub mod pages;
mod pictures;
pub mod receipts;
pub mod server;
mod state;
mod surface;
mod texts;
mod usapi;

use axum::Router;
use axum::http::{HeaderName, HeaderValue, Method, header};
use axum::middleware::from_fn_with_state;
use daftar_core::brand::Links;
use openapi::routes::Routes;
use surface::bounds::{Bounds, bounded};
use surface::meter::Meters;
use tower_http::cors::CorsLayer;

pub use state::{App, Parts, Readiness, Settings};
pub use surface::caller::Peer;

/// Where the links in messages lead, for people who reach this installation at `base`: its public URL, or a brand's own.
#[must_use]
pub fn links(base: &str) -> Links {
    let to = |page: &str| format!("{base}{page}?key=");
    Links { signup: to(pages::SIGNUP), customer: to(pages::CUSTOMER) }
}

/// Everything that the program answers.
pub fn router(app: App) -> Router {
    let cors = cors(&app.settings().cors_origins);
    let metrics_here = if app.settings().metrics_apart { Routes::new() } else { operate::metrics_routes() };
    let plain = usapi::routes().and(pages::routes()).and(pictures::routes()).and(operate::routes()).and(receipts::routes()).and(openapi::routes());
    let routes = plain
        .and(metrics_here)
        .router()
        .fallback(surface::headers::not_found)
        .method_not_allowed_fallback(surface::headers::method_not_allowed)
        .layer(from_fn_with_state(Bounds::plain(), bounded))
        .merge(oauth::routes().router())
        .merge(invas::routes().router())
        .merge(admin::routes().router())
        .merge(app::router(&app));
    let routes = match cors {
        Some(cors) => routes.layer(cors),
        None => routes,
    };
    let meters = Meters::of(surfaces().iter().flat_map(Routes::paths));
    let around = surface::headers::Around::new(app.accounts().random_number()).metering(meters).shielding(&app);
    routes.layer(from_fn_with_state(around, surface::headers::around)).with_state(app)
}

/// Every route that there is, for the documentation.
fn surfaces() -> [Routes; 10] {
    let operators = openapi::routes().and(operate::metrics_routes());
    let [usapi, app, invas, oauth, admin] = [usapi::routes(), app::routes(), invas::routes(), oauth::routes(), admin::routes()];
    [usapi, app, invas, oauth, admin, pages::routes(), pictures::routes(), receipts::routes(), operate::routes(), operators]
}

/// What the address answers that metrics have of their own.
pub fn metrics_router(app: App) -> Router {
    operate::metrics_routes().router().fallback(surface::headers::not_found).with_state(app)
}

/// Scripts of other origins may call only where an operator says so (threat row 59).
fn cors(origins: &[String]) -> Option<CorsLayer> {
    let origins: Vec<HeaderValue> = origins.iter().filter_map(|origin| origin.parse().ok()).collect();
    (!origins.is_empty()).then(|| {
        CorsLayer::new().allow_origin(origins).allow_methods([Method::GET, Method::POST, Method::PUT, Method::DELETE]).allow_headers([
            header::AUTHORIZATION,
            header::CONTENT_TYPE,
            header::ACCEPT_LANGUAGE,
            HeaderName::from_static("idempotency-key"),
        ])
    })
}
