//! `GET /.well-known/oauth-authorization-server`: where everything is (RFC 8414). Addresses are built from `public_url` alone (threat row 38).

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use daftar_core::client::Scope;
use serde_json::json;

use crate::App;

/// Where clients look for it.
pub(super) const PATH: &str = "/.well-known/oauth-authorization-server";
/// How clients authenticate, at every endpoint.
const METHODS: [&str; 2] = ["client_secret_basic", "client_secret_post"];

pub(super) async fn show(State(app): State<App>) -> Response {
    let at = |path: &str| format!("{}{path}", app.settings().public_url);
    Json(json!({
        "issuer": app.accounts().keys().issuer(),
        "token_endpoint": at("/oauth/token"),
        "introspection_endpoint": at("/oauth/introspect"),
        "revocation_endpoint": at("/oauth/revoke"),
        "jwks_uri": at("/.well-known/jwks.json"),
        "scopes_supported": Scope::ALL.iter().map(|scope| scope.name()).collect::<Vec<_>>(),
        "response_types_supported": [],
        "grant_types_supported": ["client_credentials"],
        "token_endpoint_auth_methods_supported": METHODS,
        "introspection_endpoint_auth_methods_supported": METHODS,
        "revocation_endpoint_auth_methods_supported": METHODS,
    }))
    .into_response()
}
