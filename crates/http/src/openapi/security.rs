//! Who must say who he is, and how.

use daftar_core::client::Scope;
use utoipa::openapi::security::{ClientCredentials, Flow, Http, HttpAuthScheme, HttpBuilder, OAuth2, Scopes, SecurityRequirement, SecurityScheme};

/// Who calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Caller {
    /// A machine client, by its id and secret.
    Client,
    /// A machine client with this scope, by an access token.
    Machine(Scope),
    /// Somebody who is signed in on USAPI.
    Person,
    /// Somebody who is signed in on App.
    AppPerson,
    /// Somebody who has shown the code of a recovery.
    Recovering,
}

impl Caller {
    const fn name(self) -> &'static str {
        match self {
            Self::Client => "client",
            Self::Machine(_) => "machine",
            Self::Person => "person",
            Self::AppPerson => "appPerson",
            Self::Recovering => "recovering",
        }
    }

    /// What an operation demands of its caller.
    pub(super) fn requirement(self) -> SecurityRequirement {
        let scopes: &[Scope] = match &self {
            Self::Machine(scope) => std::slice::from_ref(scope),
            Self::Client | Self::Person | Self::AppPerson | Self::Recovering => &[],
        };
        SecurityRequirement::new(self.name(), scopes.iter().map(|scope| scope.name()))
    }
}

/// Every way to say who one is.
pub(super) fn schemes() -> Vec<(&'static str, SecurityScheme)> {
    let bearer = |detail: &str| {
        let scheme = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("JWT").description(Some(detail));
        SecurityScheme::Http(scheme.build())
    };
    let mut basic = Http::new(HttpAuthScheme::Basic);
    basic.description = Some("A machine client's id and secret, as `daftar client create` shows them".to_owned());
    let scopes = Scope::ALL.iter().map(|scope| {
        let what = match scope {
            Scope::Usapi => "USAPI",
            Scope::B2b => "INVAS",
            Scope::Admin => "the administration",
        };
        (scope.name(), what)
    });
    let machine = OAuth2::new([Flow::ClientCredentials(ClientCredentials::new("/oauth/token", Scopes::from_iter(scopes)))]);
    vec![
        (Caller::Client.name(), SecurityScheme::Http(basic)),
        (Caller::Machine(Scope::Admin).name(), SecurityScheme::OAuth2(machine)),
        (Caller::Person.name(), bearer("The token of `POST /auth`")),
        (Caller::AppPerson.name(), bearer("The access token of App's `login`, `login/verify` or `signup/verify`")),
        (Caller::Recovering.name(), bearer("The access token of `forgot-password/verify`, which is good for this alone")),
    ]
}
