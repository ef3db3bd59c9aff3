//! Access tokens of machine clients (contract `common.md`, *Tokens and sessions*): issuing them (RFC 6749 §4.4), letting in who holds one, saying what
//! a token is worth (RFC 7662), and ending it (RFC 7009).
//!
//! A token stands for a *grant*, a row that holds the client's secret as it was, as a MAC. The grant is good while it is there and not over, its client is not
//! disabled, and the client's secret is still that one. So whoever rotates or disables a client ends its tokens without looking for them.

use std::time::Duration;

use uuid::Uuid;

use crate::client::{ClientId, MachineClient, Scope};
use crate::ports::{Timestamp, new_id};
use crate::secret::Mac;
use crate::service::{Accounts, Fault};
use crate::session::{NotSignedIn, SessionId};
use crate::token::{AccessClaims, AccountClaims, TokenError, TokenKind, whole_seconds};

/// How long an access token lasts.
pub const ACCESS_LIFETIME: Duration = Duration::from_secs(60 * 60);

/// Names a grant; the `jti` of its token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct GrantId(pub Uuid);

/// What an access token stands for, as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// Its name.
    pub id: GrantId,
    /// Whose token it is.
    pub client: ClientId,
    /// What the token is for.
    pub scopes: Vec<Scope>,
    /// The client's secret, as it was when the token was issued.
    pub secret_mac: Mac,
    /// Since when.
    pub created_at: Timestamp,
    /// Until when.
    pub expires_at: Timestamp,
}

/// A grant that was found good.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LiveGrant {
    /// Whose it is.
    pub client: MachineClient,
    /// What its token is for.
    pub scopes: Vec<Scope>,
}

impl LiveGrant {
    /// What the token is good for: what it was issued for, as far as its client may still do it.
    #[must_use]
    pub fn usable(&self) -> Vec<Scope> {
        self.scopes.iter().copied().filter(|scope| self.client.may(*scope)).collect()
    }
}

/// A token as its client gets it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issued {
    /// The token.
    pub token: String,
    /// How long it lasts.
    pub expires_in: Duration,
    /// What it is for.
    pub scopes: Vec<Scope>,
}

/// Why no token was issued.
#[derive(Debug, thiserror::Error)]
pub enum AccessError {
    /// The client was disabled, or given another secret, meanwhile.
    #[error("the client may not call any more")]
    InvalidClient,
    /// The scope is malformed, unknown, or not the client's.
    #[error("the scope is malformed, unknown, or not the client's")]
    InvalidScope,
    /// It could not be done.
    #[error(transparent)]
    Fault(#[from] Fault),
}

/// Why a caller is not let in.
#[derive(Debug, thiserror::Error)]
pub enum NotAdmitted {
    /// The token is not valid here, or not good any more.
    #[error("the token is not valid here, or not good any more")]
    Invalid,
    /// It could not be found out.
    #[error(transparent)]
    Fault(#[from] Fault),
}

impl From<TokenError> for NotAdmitted {
    fn from(error: TokenError) -> Self {
        match error {
            TokenError::Invalid(_) => Self::Invalid,
            TokenError::Fault(fault) => Self::Fault(fault),
        }
    }
}

/// A token that is good, and what may be said of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Introspection {
    /// A machine client's access token.
    Machine(AccessClaims),
    /// A person's session token, of any surface.
    Person(AccountClaims),
}

/// Why a token was not ended.
#[derive(Debug, thiserror::Error)]
pub enum RevokeError {
    /// It is another machine client's.
    #[error("the token is another client's")]
    NotYours,
    /// It could not be done.
    #[error(transparent)]
    Fault(#[from] Fault),
}

impl Accounts {
    /// Issues a token to a client that has just been authenticated, for `scope` (names with one blank between them) or for all that it may do.
    ///
    /// # Errors
    /// [`AccessError`].
    pub async fn issue_access(&self, client: &MachineClient, scope: Option<&str>) -> Result<Issued, AccessError> {
        let scopes = wished(client, scope).ok_or(AccessError::InvalidScope)?;
        let now = self.now();
        let grant = Grant {
            id: GrantId(new_id(now, self.entropy())),
            client: client.id.clone(),
            scopes,
            secret_mac: client.secret_mac,
            created_at: now,
            expires_at: whole_seconds(now, ACCESS_LIFETIME),
        };
        let claims = AccessClaims {
            registered: self.keys().registered(TokenKind::Access, grant.id.0, now, grant.expires_at),
            sub: client.id.to_string(),
            client_id: client.id.to_string(),
            scope: Scope::list(&grant.scopes),
        };
        let token = self.keys().sign(&claims, now).map_err(Fault::broken)?;
        let issued = Issued { token, expires_in: ACCESS_LIFETIME, scopes: grant.scopes.clone() };
        if self.store().grant_access(grant).await.map_err(Fault::from)? { Ok(issued) } else { Err(AccessError::InvalidClient) }
    }

    /// The machine client for which `token` speaks, if both it and its token may act in `scope`.
    ///
    /// # Errors
    /// [`NotAdmitted`].
    pub async fn authenticate_access(&self, token: &str, scope: Scope) -> Result<MachineClient, NotAdmitted> {
        let (_, grant) = self.granted(token).await?;
        if grant.usable().contains(&scope) { Ok(grant.client) } else { Err(NotAdmitted::Invalid) }
    }

    /// What `token` is worth. `None`: nothing, or nothing that `caller` may know of. Everybody may know of persons' sessions, because who holds such a token could
    /// as well use it; of machine clients' tokens only of its own, unless it administers the installation.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn introspect(&self, caller: &MachineClient, token: &str) -> Result<Option<Introspection>, Fault> {
        Ok(match self.worth(token).await? {
            Some(Introspection::Machine(claims)) if !governs(caller, &claims) => None,
            worth => worth,
        })
    }

    /// Ends a token: a machine client's own, or a person's with its session. One that is not good is left as it is (RFC 7009 §2.2).
    ///
    /// # Errors
    /// [`RevokeError`].
    pub async fn revoke(&self, caller: &MachineClient, token: &str) -> Result<(), RevokeError> {
        match self.worth(token).await? {
            None => Ok(()),
            Some(Introspection::Machine(claims)) if !governs(caller, &claims) => Err(RevokeError::NotYours),
            Some(Introspection::Machine(claims)) => Ok(self.store().end_access(GrantId(claims.registered.jti)).await.map_err(Fault::from)?),
            Some(Introspection::Person(claims)) => {
                self.sign_out(SessionId(claims.registered.jti)).await?;
                Ok(())
            }
        }
    }

    /// What `token` is worth to whoever may know.
    async fn worth(&self, token: &str) -> Result<Option<Introspection>, Fault> {
        let Some(kind) = TokenKind::claimed_by(token) else { return Ok(None) };
        match kind {
            TokenKind::Access => match self.granted(token).await {
                Ok((claims, grant)) => {
                    let scope = Scope::list(&grant.usable());
                    Ok((!scope.is_empty()).then_some(Introspection::Machine(AccessClaims { scope, ..claims })))
                }
                Err(NotAdmitted::Invalid) => Ok(None),
                Err(NotAdmitted::Fault(fault)) => Err(fault),
            },
            TokenKind::Session(surface) => match self.signed_in(token, surface).await {
                Ok(claims) => Ok(Some(Introspection::Person(claims))),
                Err(NotSignedIn::Invalid) => Ok(None),
                Err(NotSignedIn::Fault(fault)) => Err(fault),
            },
            // They prove nothing, or are good for one thing alone that nobody else has to know of.
            TokenKind::Registration(_) | TokenKind::Code(_) | TokenKind::Recovery(_) => Ok(None),
        }
    }

    /// The good grant for which `token` stands.
    async fn granted(&self, token: &str) -> Result<(AccessClaims, LiveGrant), NotAdmitted> {
        let now = self.now();
        let claims: AccessClaims = self.keys().check(token, TokenKind::Access, now).await?;
        let grant = self.store().live_grant(GrantId(claims.registered.jti), now).await.map_err(Fault::from)?;
        let grant = grant.filter(|grant| grant.client.id.as_str() == claims.sub).ok_or(NotAdmitted::Invalid)?;
        Ok((claims, grant))
    }
}

/// What a token is issued for, never nothing; `None`: it is not.
fn wished(client: &MachineClient, scope: Option<&str>) -> Option<Vec<Scope>> {
    let Some(scope) = scope else { return (!client.scopes.is_empty()).then(|| client.scopes.clone()) };
    let mut scopes = scope.split(' ').map(Scope::from_name).collect::<Option<Vec<_>>>()?;
    scopes.sort_unstable_by_key(|scope| scope.name());
    scopes.dedup();
    scopes.iter().all(|scope| client.may(*scope)).then_some(scopes)
}

/// Whether a machine client's token is `caller`'s own, or `caller` administers the installation.
fn governs(caller: &MachineClient, claims: &AccessClaims) -> bool {
    caller.id.as_str() == claims.sub || caller.may(Scope::Admin)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identifier::Country;

    fn client(scopes: &[Scope]) -> MachineClient {
        MachineClient {
            id: ClientId::parse("shop").unwrap(),
            name: "shop".to_owned(),
            scopes: scopes.to_vec(),
            country: Country::indonesia(),
            secret_mac: Mac([0; 32]),
            created_at: Timestamp::UNIX_EPOCH,
            disabled_at: None,
        }
    }

    #[test]
    fn a_token_is_for_what_was_wished_and_for_everything_where_nothing_was() {
        let shop = client(&[Scope::B2b, Scope::Usapi]);
        assert_eq!(wished(&shop, None), Some(vec![Scope::B2b, Scope::Usapi]));
        assert_eq!(wished(&shop, Some("usapi")), Some(vec![Scope::Usapi]));
        assert_eq!(wished(&shop, Some("usapi b2b usapi")), Some(vec![Scope::B2b, Scope::Usapi]));
        for odd in ["", " ", "usapi ", " usapi", "usapi  b2b", "usapi\tb2b", "USAPI", "admin", "usapi admin", "everything", "usapi,b2b"] {
            assert_eq!(wished(&shop, Some(odd)), None, "{odd:?}");
        }
        assert_eq!(wished(&client(&[]), None), None);
    }

    #[test]
    fn a_token_is_good_for_what_its_client_may_still_do() {
        let grant = LiveGrant { client: client(&[Scope::B2b]), scopes: vec![Scope::B2b, Scope::Usapi] };
        assert_eq!(grant.usable(), [Scope::B2b]);
    }
}
