//! A client library that we did not write speaks with these endpoints: what it takes for a token, an introspection, a revocation and an error is one.

use std::time::Duration;

use daftar_core::client::Scope;
use daftar_testkit::Installation;
use oauth2::basic::{BasicClient, BasicErrorResponseType, BasicTokenType};
use oauth2::{
    AuthType, ClientId, ClientSecret, EndpointNotSet, EndpointSet, HttpRequest, HttpResponse, IntrospectionUrl, RequestTokenError,
    RevocationErrorResponseType, RevocationUrl, StandardRevocableToken, TokenIntrospectionResponse as _, TokenResponse as _, TokenUrl,
};

use super::{Machine, admits, host};
use crate::usapi::signed_in;

type Client = BasicClient<EndpointNotSet, EndpointNotSet, EndpointSet, EndpointSet, EndpointSet>;

/// The library, told where the installation's own description says that everything is.
async fn client(site: &Installation, machine: &Machine) -> Client {
    let described = site.anybody().get("/.well-known/oauth-authorization-server").await.json();
    // It ends tokens over TLS alone, which is a proxy's business; `over_http` takes it off again.
    let at = |endpoint: &str| described[endpoint].as_str().unwrap().replacen("http://", "https://", 1);
    BasicClient::new(ClientId::new(machine.id.to_string()))
        .set_client_secret(ClientSecret::new(machine.secret.clone()))
        .set_token_uri(TokenUrl::new(at("token_endpoint")).unwrap())
        .set_introspection_url(IntrospectionUrl::new(at("introspection_endpoint")).unwrap())
        .set_revocation_url(RevocationUrl::new(at("revocation_endpoint")).unwrap())
}

/// The library's requests, sent by the client that every test uses.
async fn over_http(request: HttpRequest) -> Result<HttpResponse, reqwest::Error> {
    let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy().build()?;
    let mut request = reqwest::Request::try_from(request)?;
    request.url_mut().set_scheme("http").unwrap();
    let answer = http.execute(request).await?;
    let mut response = HttpResponse::default();
    *response.status_mut() = answer.status();
    *response.headers_mut() = answer.headers().clone();
    *response.body_mut() = answer.bytes().await?.to_vec();
    Ok(response)
}

fn scope(name: &str) -> oauth2::Scope {
    oauth2::Scope::new(name.to_owned())
}

#[tokio::test]
async fn a_token_is_issued_told_and_ended() {
    let site = Installation::start().await;
    let machine = Machine::new(&site, &[Scope::Usapi, Scope::B2b]).await;
    for way in [AuthType::BasicAuth, AuthType::RequestBody] {
        let client = client(&site, &machine).await.set_auth_type(way);
        let whole = client.exchange_client_credentials().request_async(&over_http).await.unwrap();
        assert_eq!(whole.scopes(), Some(&vec![scope("b2b"), scope("usapi")]));
        let token = client.exchange_client_credentials().add_scope(scope("b2b")).request_async(&over_http).await.unwrap();
        assert_eq!((token.token_type(), token.expires_in()), (&BasicTokenType::Bearer, Some(Duration::from_secs(3600))));
        assert_eq!((token.scopes(), token.refresh_token().is_none()), (Some(&vec![scope("b2b")]), true));
        assert!(admits(&site, token.access_token().secret(), Scope::B2b).await);

        let told = client.introspect(token.access_token()).set_token_type_hint("access_token").request_async(&over_http).await.unwrap();
        assert!(told.active());
        assert_eq!((told.scopes(), told.client_id().map(|id| id.as_str())), (Some(&vec![scope("b2b")]), Some(machine.id.as_str())));
        assert_eq!((told.sub(), told.iss()), (Some(machine.id.as_str()), Some("https://accounts.example.test")));
        let (issued, ends) = (told.iat().unwrap().timestamp(), told.exp().unwrap().timestamp());
        assert_eq!((issued, ends), (site.accounts().now().as_second(), site.accounts().now().as_second() + 3600));

        let ended = StandardRevocableToken::AccessToken(token.access_token().clone());
        for _ in 0..2 {
            client.revoke_token(ended.clone()).unwrap().request_async(&over_http).await.unwrap();
        }
        assert!(!client.introspect(token.access_token()).request_async(&over_http).await.unwrap().active());
        assert!(!admits(&site, token.access_token().secret(), Scope::B2b).await);
        assert!(client.introspect(whole.access_token()).request_async(&over_http).await.unwrap().active());
    }
}

#[tokio::test]
async fn a_persons_token_is_told_and_ended() {
    let site = Installation::start().await;
    let client = client(&site, &host(&site).await).await;
    let token = oauth2::AccessToken::new(signed_in(&site, 1).await);
    let told = client.introspect(&token).request_async(&over_http).await.unwrap();
    assert!(told.active() && told.client_id().is_none() && told.scopes().is_none());
    assert_eq!(told.aud(), Some(&vec!["usapi".to_owned()]));
    client.revoke_token(token.clone().into()).unwrap().request_async(&over_http).await.unwrap();
    assert_eq!(site.anybody().bearer(token.secret()).get("/basic-profile").await.status, 401);
}

#[tokio::test]
async fn errors_are_those_of_the_standard() {
    let site = Installation::start().await;
    let (machine, other) = (host(&site).await, host(&site).await);
    let ours = client(&site, &machine).await;
    for odd in ["admin", "everything"] {
        let error = ours.exchange_client_credentials().add_scope(scope(odd)).request_async(&over_http).await.unwrap_err();
        let RequestTokenError::ServerResponse(told) = error else { unreachable!("{error:?}") };
        assert_eq!(told.error(), &BasicErrorResponseType::InvalidScope);
        assert!(told.error_description().is_some());
    }
    let impostor = client(&site, &Machine { secret: "wrong".to_owned(), ..machine.clone() }).await;
    let RequestTokenError::ServerResponse(told) = impostor.exchange_client_credentials().request_async(&over_http).await.unwrap_err() else {
        unreachable!()
    };
    assert_eq!(told.error(), &BasicErrorResponseType::InvalidClient);
    let password = oauth2::ResourceOwnerPassword::new("secret".to_owned());
    let name = oauth2::ResourceOwnerUsername::new("siti".to_owned());
    let RequestTokenError::ServerResponse(told) = ours.exchange_password(&name, &password).request_async(&over_http).await.unwrap_err() else {
        unreachable!()
    };
    assert_eq!(told.error(), &BasicErrorResponseType::UnsupportedGrantType);

    let theirs = oauth2::AccessToken::new(other.token(&site).await);
    let RequestTokenError::ServerResponse(told) = impostor.introspect(&theirs).request_async(&over_http).await.unwrap_err() else { unreachable!() };
    assert_eq!(told.error(), &BasicErrorResponseType::InvalidClient);
    let RequestTokenError::ServerResponse(told) = ours.revoke_token(theirs.into()).unwrap().request_async(&over_http).await.unwrap_err() else {
        unreachable!()
    };
    assert_eq!(told.error(), &RevocationErrorResponseType::Basic(BasicErrorResponseType::InvalidGrant));
}
