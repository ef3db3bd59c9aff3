//! The administration over HTTP: who is let in, and what is told of messages and limits.

mod limits;
mod messages;

use daftar_core::client::Scope;
use daftar_testkit::{Caller, Installation};

use crate::oauth::Machine;

/// A machine client with scope `admin`, calling with its access token.
pub(crate) async fn administrator(site: &Installation) -> Caller {
    let token = Machine::new(site, &[Scope::Admin]).await.token(site).await;
    site.anybody().bearer(&token)
}
