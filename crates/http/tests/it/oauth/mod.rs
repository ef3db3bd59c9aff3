//! Access tokens of machine clients (contract `common.md`, *Tokens and sessions*; RFC 6749, 7009, 7662, 8414).

mod forged;
mod introspect;
mod life;
mod metadata;
mod races;
mod realms;
mod requests;
mod revoke;
mod standard;
mod token;

use daftar_core::access::NotAdmitted;
use daftar_core::client::{ClientId, Scope};
use daftar_core::identifier::Country;
use daftar_testkit::{Answer, Caller, Installation};
use serde_json::{Value, json};

/// A machine client as its owner knows it.
#[derive(Clone)]
pub(crate) struct Machine {
    pub(crate) id: ClientId,
    pub(crate) secret: String,
}

impl Machine {
    /// A new one with these scopes.
    pub(crate) async fn new(site: &Installation, scopes: &[Scope]) -> Self {
        let (client, secret) = site.clients().create("host", scopes.to_vec(), Country::indonesia()).await.unwrap();
        Self { id: client.id, secret: secret.expose().to_owned() }
    }

    /// It calls with Basic.
    pub(crate) fn caller(&self, site: &Installation) -> Caller {
        site.anybody().basic(self.id.as_str(), &self.secret)
    }

    /// Asks for a token for everything that it may do.
    pub(crate) async fn ask(&self, site: &Installation) -> Answer {
        self.caller(site).post_form("/oauth/token", &[("grant_type", "client_credentials")]).await
    }

    /// Gets one.
    pub(crate) async fn token(&self, site: &Installation) -> String {
        let answer = self.ask(site).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.json()["access_token"].as_str().unwrap().to_owned()
    }

    /// Asks what a token is worth.
    pub(crate) async fn introspect(&self, site: &Installation, token: &str) -> Value {
        let answer = self.caller(site).post_form("/oauth/introspect", &[("token", token)]).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.json()
    }

    /// Whether it is told that a token is good.
    pub(crate) async fn sees(&self, site: &Installation, token: &str) -> bool {
        let told = self.introspect(site, token).await;
        assert!(told["active"] == true || told == json!({"active": false}), "nothing is told of a token that is not good: {told}");
        told["active"] == true
    }

    /// Ends a token.
    pub(crate) async fn revoke(&self, site: &Installation, token: &str) -> Answer {
        self.caller(site).post_form("/oauth/revoke", &[("token", token)]).await
    }
}

/// A partner's host.
pub(crate) async fn host(site: &Installation) -> Machine {
    Machine::new(site, &[Scope::B2b]).await
}

/// Whether a machine's endpoint lets a token in.
pub(crate) async fn admits(site: &Installation, token: &str, scope: Scope) -> bool {
    let path = match scope {
        Scope::B2b => "/b2b/customer/auth/verifyUsername?username=081234567890",
        Scope::Admin => "/admin/messages",
        // USAPI knows its clients by Basic: no call of it takes a token, but one that did would ask this.
        Scope::Usapi => {
            return match site.accounts().authenticate_access(token, scope).await {
                Ok(_) => true,
                Err(NotAdmitted::Invalid) => false,
                Err(NotAdmitted::Fault(fault)) => unreachable!("{fault}"),
            };
        }
    };
    let answer = site.anybody().bearer(token).get(path).await;
    assert!(answer.status == 200 || answer.status == 401, "{answer:?}");
    answer.status == 200
}

/// Demands an error in the shape of RFC 6749 §5.2, in the characters that it allows.
#[track_caller]
pub(crate) fn refused(answer: &Answer, status: u16, error: &str) {
    let body = answer.json();
    assert_eq!((answer.status.as_u16(), body["error"].as_str()), (status, Some(error)), "{answer:?}");
    let description = body["error_description"].as_str().unwrap();
    assert!(!description.is_empty() && description.bytes().all(|b| matches!(b, 0x20..=0x7e) && b != b'"' && b != b'\\'), "{description}");
    assert_eq!(body.as_object().unwrap().len(), 2, "{body}");
    assert_eq!(answer.header("cache-control"), "no-store");
    let challenge = if status == 401 { "Basic realm=\"oauth\", charset=\"UTF-8\"" } else { "" };
    assert_eq!(answer.header("www-authenticate"), challenge);
}
