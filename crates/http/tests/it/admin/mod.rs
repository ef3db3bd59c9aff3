//! The administration over HTTP: who is let in, and what is told of messages and limits.

mod accounts;
mod audit;
mod clients;
mod limits;
mod messages;
mod sessions;

use daftar_core::client::Scope;
use daftar_testkit::{Answer, Caller, Installation};
use reqwest::Method;

use crate::invas::problem;
use crate::oauth::Machine;
use crate::usapi::signed_in;

/// A machine client with scope `admin`, calling with its access token.
pub(crate) async fn administrator(site: &Installation) -> Caller {
    let token = Machine::new(site, &[Scope::Admin]).await.token(site).await;
    site.anybody().bearer(&token)
}

/// Demands that whoever is no administrator is refused at these calls before anything of his request is read (threat row 33).
async fn strangers_are_refused(site: &Installation, calls: &[(&str, String)]) {
    let host = Machine::new(site, &[Scope::Usapi, Scope::B2b]).await.token(site).await;
    let person = signed_in(site, 33).await;
    let anybody = site.anybody();
    for caller in [anybody.clone(), anybody.bearer("x"), anybody.bearer(&host), anybody.bearer(&person), site.shop()] {
        for (method, path) in calls {
            for body in [None, Some("{"), Some("nothing")] {
                let request = caller.request(Method::from_bytes(method.as_bytes()).unwrap(), path);
                let request = body.into_iter().fold(request, |request, body| request.header("content-type", "application/json").body(body));
                problem(&Answer::read(request.send().await.unwrap()).await, 401, "UNAUTHORIZED", None);
            }
        }
    }
}
