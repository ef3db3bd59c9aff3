//! The administration over HTTP: machine clients with scope `admin` see and do what operators see and do on the command line. Every refusal is a problem (RFC 9457).

mod accounts;
mod audit;
mod caller;
mod clients;
mod described;
mod error;
mod limits;
mod messages;
mod sessions;

use axum::routing::{delete, get, post, put};

use crate::openapi::routes::Routes;

/// The routes of this surface.
pub(crate) fn routes() -> Routes {
    let routes = Routes::new()
        .at("/accounts", get(accounts::find), &[described::accounts])
        .at("/accounts/{id}", get(accounts::show), &[described::account])
        .at("/accounts/{id}/disable", post(accounts::disable), &[described::disable_account])
        .at("/accounts/{id}/enable", post(accounts::enable), &[described::enable_account])
        .at("/accounts/{id}/sessions", get(sessions::list).delete(sessions::end_all), &[described::sessions, described::end_sessions])
        .at("/sessions/{id}", delete(sessions::end), &[described::end_session])
        .at("/audit", get(audit::list), &[described::audit])
        .at("/messages", get(messages::list), &[described::messages])
        .at("/messages/{id}", get(messages::show), &[described::message])
        .at("/messages/{id}/retry", post(messages::retry), &[described::retry_message])
        .at("/limits", get(limits::list), &[described::limits])
        .at("/limits/reset", post(limits::reset), &[described::reset_limits])
        .at("/clients", get(clients::list).post(clients::create), &[described::clients, described::create_client])
        .at("/clients/{id}/rotate", post(clients::rotate), &[described::rotate_client])
        .at("/clients/{id}/disable", post(clients::disable), &[described::disable_client])
        .at("/clients/{id}/country", put(clients::set_country), &[described::set_client_country]);
    routes.refusing(error::BOUNDS, error::not_found, error::method_not_allowed).below("/admin")
}
