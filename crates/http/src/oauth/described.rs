//! What the documentation says of the calls for access tokens.

use axum::http::StatusCode;
use daftar_core::access::ACCESS_LIFETIME;
use daftar_core::client::Scope;

use super::error::{BOUNDS, OauthError};
use crate::openapi::operation::{Call, Described};
use crate::openapi::property::{Property, boolean, constant, integer, list, one_of, text, uuid};
use crate::openapi::refusal::Refusal;
use crate::openapi::security::Caller;
use crate::surface::bounds::Bounds;

impl Refusal for OauthError {
    const TAG: &'static str = "OAuth";
    const BOUNDS: Bounds = BOUNDS;

    fn properties() -> Vec<Property> {
        vec![text("error").like("invalid_request").about("RFC 6749 §5.2"), text("error_description").like("The parameter token is missing")]
    }
}

const TOKEN: &str = "eyJhbGciOiJFUzI1NiJ9.eyJqdGkiOiIwMTkzOGY2ZSJ9.c2lnbmF0dXJl";

fn scope() -> Property {
    let names: Vec<_> = Scope::ALL.iter().map(|scope| scope.name()).collect();
    text("scope").like(Scope::B2b.name()).about(format!("Names with a blank between them, of: {}", names.join(", ")))
}

/// A client names itself by Basic, or in the form.
fn by_client(call: Call<OauthError>, properties: impl IntoIterator<Item = Property>) -> Call<OauthError> {
    let id = text("client_id").like("k3b9fhj7").about("Only where there is no Basic").optional();
    let secret = text("client_secret").like("…").about("Only where there is no Basic").optional();
    let form: Vec<Property> = properties.into_iter().chain([id, secret]).collect();
    call.by_either(Caller::Client, OauthError::InvalidClient).reads_form(&form).refuses([OauthError::Repeated, OauthError::TwoWays])
}

pub(super) fn issue() -> Described {
    let lifetime = i64::try_from(ACCESS_LIFETIME.as_secs()).unwrap_or_default();
    let grant_type = constant("grant_type", "client_credentials");
    by_client(Call::post("issueAccessToken", "Get an access token"), [grant_type, scope().or_empty().optional()])
        .detail("Without `scope` the token is for everything that the client may do.")
        .answers(
            StatusCode::OK,
            "The token",
            &[text("access_token").like(TOKEN), constant("token_type", "Bearer"), integer("expires_in").like(lifetime), scope()],
        )
        .refuses([OauthError::Missing("grant_type"), OauthError::GrantType, OauthError::Scope])
        .into()
}

pub(super) fn introspect() -> Described {
    let claims = [
        boolean("active"),
        text("iss").like("https://accounts.example.test"),
        text("sub").like("01938f6e-9b1a-7c44-8a5e-3f2b9d1c7e60").about("The account, or the machine client"),
        text("aud").like("usapi"),
        uuid("jti"),
        integer("iat").like(1_795_000_000),
        integer("exp").like(1_795_003_600),
        scope(),
        text("client_id").like("k3b9fhj7"),
    ];
    let claims = claims.into_iter().enumerate().map(|(place, claim)| if place == 0 { claim } else { claim.optional() });
    by_client(Call::post("introspect", "What is a token worth?"), [text("token").like(TOKEN)])
        .answers_open(StatusCode::OK, "Its claims, if it is good; else `active` is false and nothing else is said", &claims.collect::<Vec<_>>())
        .refuses([OauthError::Missing("token")])
        .into()
}

pub(super) fn revoke() -> Described {
    by_client(Call::post("revoke", "End a token"), [text("token").like(TOKEN)])
        .answers_nothing(StatusCode::OK, "It is not good any more, if it ever was")
        .refuses([OauthError::Missing("token"), OauthError::NotYours])
        .into()
}

pub(super) fn metadata() -> Described {
    let at = |name, path: &str| text(name).formatted("uri").like(format!("https://accounts.example.test{path}"));
    let some = |name, example: &'static str| list(name, text("").like(example));
    Call::<OauthError>::get("authorizationServer", "Where everything is")
        .answers(
            StatusCode::OK,
            "RFC 8414",
            &[
                at("issuer", ""),
                at("token_endpoint", "/oauth/token"),
                at("introspection_endpoint", "/oauth/introspect"),
                at("revocation_endpoint", "/oauth/revoke"),
                at("jwks_uri", "/.well-known/jwks.json"),
                list("scopes_supported", one_of("", Scope::ALL.iter().map(|scope| scope.name()))),
                list("response_types_supported", text("")).like(Vec::<String>::new()),
                some("grant_types_supported", "client_credentials"),
                some("token_endpoint_auth_methods_supported", "client_secret_basic"),
                some("introspection_endpoint_auth_methods_supported", "client_secret_basic"),
                some("revocation_endpoint_auth_methods_supported", "client_secret_basic"),
            ],
        )
        .into()
}
