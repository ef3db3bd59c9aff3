//! `GET /.well-known/oauth-authorization-server` (RFC 8414).

use daftar_testkit::Installation;
use reqwest::Method;
use serde_json::json;

use super::{host, refused};

const PATH: &str = "/.well-known/oauth-authorization-server";

#[tokio::test]
async fn it_says_where_everything_is() {
    let site = Installation::start().await;
    let at = |path: &str| format!("{}{path}", site.url());
    let methods = ["client_secret_basic", "client_secret_post"];
    let expected = json!({
        "issuer": "https://accounts.example.test",
        "token_endpoint": at("/oauth/token"),
        "introspection_endpoint": at("/oauth/introspect"),
        "revocation_endpoint": at("/oauth/revoke"),
        "jwks_uri": at("/.well-known/jwks.json"),
        "scopes_supported": ["usapi", "b2b", "admin"],
        "response_types_supported": [],
        "grant_types_supported": ["client_credentials"],
        "token_endpoint_auth_methods_supported": methods,
        "introspection_endpoint_auth_methods_supported": methods,
        "revocation_endpoint_auth_methods_supported": methods,
    });
    site.anybody().get(PATH).await.is(200, &expected);
    let token = host(&site).await.token(&site).await;
    assert_eq!(crate::usapi::claims(&token)["iss"], expected["issuer"]);
    // Row 38: whatever the request says of the server's name.
    for name in ["host", "x-forwarded-host", "forwarded"] {
        site.anybody().with(name, "evil.example").get(PATH).await.is(200, &expected);
    }
    let posted = site.anybody().request(Method::POST, PATH).send().await.unwrap();
    refused(&daftar_testkit::Answer::read(posted).await, 405, "invalid_request");
}
