//! Accounts and machine clients as operators name and read them, on the command line and over HTTP alike.

use serde::Serialize;

use crate::account::{Account, AccountId, AccountStatus};
use crate::client::{ClientId, Clients, MachineClient, Scope};
use crate::identifier::{Country, LoginId, Username};
use crate::message::MessageId;
use crate::outbox::status::{Retried, Told as ToldMessage};
use crate::person::{FullName, Gender, PersonName, PlaceName};
use crate::ports::{Store, StoreError};
use crate::service::{Accounts, Fault};
use crate::session::Session;

/// An account as operators read it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ToldAccount {
    /// Its name for ever.
    pub id: String,
    /// `active` or `disabled`.
    pub status: &'static str,
    /// Its username.
    pub username: Option<String>,
    /// Its e-mail address …
    pub email: Option<String>,
    /// … and whether it is proven.
    pub email_verified: bool,
    /// Its phone number, in E.164 form …
    pub phone: Option<String>,
    /// … and whether it is proven.
    pub phone_verified: bool,
    /// Whether it has a password.
    pub has_password: bool,
    /// The person's first name.
    pub first_name: Option<String>,
    /// The person's last name.
    pub last_name: Option<String>,
    /// The person's whole name, where nobody said which part is which.
    pub full_name: Option<String>,
    /// The day of birth.
    pub birth_date: Option<String>,
    /// The place of birth.
    pub birth_place: Option<String>,
    /// `male` or `female`.
    pub gender: Option<&'static str>,
    /// The country, as INVAS was told.
    pub country: Option<String>,
    /// The surface that made it.
    pub surface: &'static str,
    /// The machine client that asked for it.
    pub client: Option<String>,
    /// USAPI's `platform`.
    pub platform: Option<String>,
    /// INVAS's `sourceId`.
    pub source: Option<String>,
    /// INVAS's `accountGroupId`.
    pub group: Option<String>,
    /// The language in which it is written to.
    pub locale: &'static str,
    /// When it was made.
    pub created_at: String,
}

impl From<&Account> for ToldAccount {
    fn from(account: &Account) -> Self {
        let name = |name: &Option<PersonName>| name.as_ref().map(|name| name.as_str().to_owned());
        let Account { email, phone, profile, origin, .. } = account;
        Self {
            id: account.id.to_string(),
            status: account.status.name(),
            username: account.username.as_ref().map(|name| Username::as_str(name).to_owned()),
            email: email.as_ref().map(|contact| contact.id.as_str().to_owned()),
            email_verified: email.as_ref().is_some_and(|contact| contact.verified_at.is_some()),
            phone: phone.as_ref().map(|contact| contact.id.as_e164().to_owned()),
            phone_verified: phone.as_ref().is_some_and(|contact| contact.verified_at.is_some()),
            has_password: account.has_password,
            first_name: name(&profile.first_name),
            last_name: name(&profile.last_name),
            full_name: profile.full_name.as_ref().map(|name| FullName::as_str(name).to_owned()),
            birth_date: profile.birth_date.map(|day| day.to_string()),
            birth_place: profile.birth_place.as_ref().map(|place| PlaceName::as_str(place).to_owned()),
            gender: profile.gender.map(Gender::name),
            country: profile.country.as_ref().map(|country| Country::as_str(country).to_owned()),
            surface: origin.surface.name(),
            client: origin.client.as_ref().map(|client| ClientId::as_str(client).to_owned()),
            platform: origin.platform.clone(),
            source: origin.source.clone(),
            group: origin.group.clone(),
            locale: account.locale.tag(),
            created_at: account.created_at.to_string(),
        }
    }
}

/// A machine client as operators read it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ToldClient {
    /// The user-id of its Basic authentication.
    pub id: String,
    /// What its owner calls it.
    pub name: String,
    /// What it may do.
    pub scopes: Vec<&'static str>,
    /// Where it reads phone numbers, if that matters to it.
    pub country: Option<String>,
    /// When it was made.
    pub created_at: String,
    /// When it was disabled.
    pub disabled_at: Option<String>,
}

impl From<&MachineClient> for ToldClient {
    fn from(client: &MachineClient) -> Self {
        Self {
            id: client.id.as_str().to_owned(),
            name: client.name.clone(),
            scopes: client.scopes.iter().map(|scope| scope.name()).collect(),
            country: client.may(Scope::B2b).then(|| client.country.as_str().to_owned()),
            created_at: client.created_at.to_string(),
            disabled_at: client.disabled_at.map(|at| at.to_string()),
        }
    }
}

/// A session as operators read it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ToldSession {
    /// Its name.
    pub id: String,
    /// Whose it is.
    pub account: String,
    /// Where the account is signed in.
    pub surface: &'static str,
    /// Since when.
    pub created_at: String,
    /// Until when.
    pub expires_at: String,
}

impl From<&Session> for ToldSession {
    fn from(session: &Session) -> Self {
        Self {
            id: session.id.0.to_string(),
            account: session.account.to_string(),
            surface: session.surface.name(),
            created_at: session.created_at.to_string(),
            expires_at: session.expires_at.to_string(),
        }
    }
}

/// Every account that `whom` may name: an id, or an identifier. A phone number without its country is read in `countries`, USAPI's and App's, and so may be that of two.
///
/// # Errors
/// [`StoreError`].
pub async fn named(store: &dyn Store, countries: (&Country, &Country), whom: &str) -> Result<Vec<Account>, StoreError> {
    if let Ok(id) = whom.parse()
        && let Some(account) = store.account(AccountId(id)).await?
    {
        return Ok(vec![account]);
    }
    let mut found: Vec<Account> = Vec::new();
    for id in LoginId::readings(whom, countries.0, countries.1) {
        let account = store.find_account(&id).await?;
        found.extend(account.filter(|account| found.iter().all(|other| other.id != account.id)));
    }
    Ok(found)
}

impl Accounts {
    /// Every account that `whom` may name, as [`named`].
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn named(&self, whom: &str) -> Result<Vec<Account>, Fault> {
        let policy = self.policy();
        Ok(named(self.store(), (&policy.country, &policy.app.country), whom).await?)
    }

    /// Accounts that are known by something that begins like `text`, at most `limit`.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn search(&self, text: &str, limit: u32) -> Result<Vec<Account>, Fault> {
        let policy = self.policy();
        Ok(self.store().accounts_beginning(LoginId::beginnings(text, &policy.country, &policy.app.country), limit).await?)
    }

    /// The newest `limit` sessions of an account that live, newest first.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn sessions(&self, account: AccountId, limit: u32) -> Result<Vec<Session>, Fault> {
        Ok(self.store().live_sessions(account, self.now(), limit).await?)
    }

    /// Ends every session of an account, on every server at once. How many there were.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn end_sessions(&self, account: AccountId) -> Result<u64, Fault> {
        Ok(self.store().end_sessions(account, self.now()).await?)
    }

    /// Enables or disables an account, and what it is then; disabling ends its sessions at once. `None`: there is no such account.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn put_status(&self, id: AccountId, status: AccountStatus) -> Result<Option<Account>, Fault> {
        self.set_status(id, status).await?;
        Ok(self.store().account(id).await?)
    }

    /// The administration of machine clients.
    #[must_use]
    pub fn clients(&self) -> Clients {
        let parts = self.parts();
        Clients::new(self.kept_store(), parts.clock.clone(), parts.entropy.clone(), parts.secrets.clone())
    }

    /// One message with every attempt; its contact is masked. `None`: there is no such message.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn message(&self, id: MessageId) -> Result<Option<ToldMessage>, Fault> {
        Ok(self.store().message_status(id).await?.map(|message| message.told(false)))
    }

    /// Makes a message that was not sent due at once, by every route anew. `None`: there is no such message.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn retry_message(&self, id: MessageId) -> Result<Option<Retried>, Fault> {
        let retried = self.store().retry_message(id, self.now()).await?;
        self.parts().doorbell.ring();
        Ok(retried)
    }
}
