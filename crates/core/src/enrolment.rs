//! An account at once, without a proof of its own: for a trusted caller that vouches for what it says (contract `usapi.md`, `/internal/register`).

use crate::account::{AccountId, Claim, NewAccount, Origin, Standing, Surface};
use crate::client::ClientId;
use crate::identifier::{EmailAddress, PhoneNumber, Username};
use crate::locale::Locale;
use crate::password::Password;
use crate::password::common::Whom;
use crate::person::{PersonName, Profile};
use crate::ports::{Claimed, Once, new_id};
use crate::registration::RegisterError;
use crate::repeat::{Repeat, Repeated};
use crate::service::{Accounts, Fault};

/// A person whom a trusted caller enrols.
#[derive(Debug, Clone)]
pub struct Enrolment {
    /// Where.
    pub surface: Surface,
    /// Who vouches.
    pub client: ClientId,
    /// The username.
    pub username: Username,
    /// The password.
    pub password: Password,
    /// First name.
    pub first_name: PersonName,
    /// Last name.
    pub last_name: PersonName,
    /// The phone number, verified by the caller.
    pub phone: PhoneNumber,
    /// The e-mail address, verified by the caller.
    pub email: EmailAddress,
    /// The language to write in.
    pub locale: Locale,
}

impl Accounts {
    /// Makes the account. A repeat of the same call succeeds without doing anything.
    ///
    /// # Errors
    /// [`RegisterError`].
    pub async fn enrol(&self, person: Enrolment, repeat: Option<Repeat>) -> Result<(), RegisterError> {
        let whom = Whom {
            username: Some(&person.username),
            email: Some(&person.email),
            phone: Some(&person.phone),
            first_name: Some(&person.first_name),
            last_name: Some(&person.last_name),
            full_name: None,
        };
        if self.is_common(&person.password, &whom).await? {
            return Err(RegisterError::CommonPassword);
        }
        let claims = vec![
            Claim::new(person.phone, Standing::Vouched),
            Claim::new(person.username, Standing::Vouched),
            Claim::new(person.email, Standing::Vouched),
        ];
        if self.refuse_taken(&claims, repeat.as_ref()).await?.is_some() {
            return Ok(());
        }
        let password = self.hash_new(&person.password).await.map_err(Fault::from)?;
        let now = self.now();
        let account = NewAccount {
            id: AccountId(new_id(now, self.entropy())),
            claims,
            password: Some(password),
            profile: Profile { first_name: Some(person.first_name), last_name: Some(person.last_name), ..Profile::default() },
            origin: Origin { client: Some(person.client), ..Origin::of(person.surface) },
            locale: person.locale,
            created_at: now,
        };
        let once = repeat.map(|repeat| Once { repeat, answer: Vec::new() });
        match self.store().create_account(account, once).await.map_err(Fault::from)? {
            Repeated::First(Claimed::Done(())) | Repeated::Again(_) => Ok(()),
            Repeated::First(Claimed::Taken(kind)) => Err(RegisterError::Taken(kind)),
            Repeated::Different => Err(RegisterError::RepeatedDifferently),
        }
    }

    /// Whether this very call has succeeded before; then there is nothing to check and nothing to do.
    ///
    /// # Errors
    /// [`RegisterError::RepeatedDifferently`] when its key was used for another call, or a fault.
    pub async fn enrolled_before(&self, repeat: &Repeat) -> Result<bool, RegisterError> {
        Ok(self.kept_of(repeat).await?.is_some())
    }

    /// What is kept of an earlier call that this one repeats.
    pub(crate) async fn kept_of(&self, repeat: &Repeat) -> Result<Option<Vec<u8>>, RegisterError> {
        match self.store().repeated(repeat, self.now()).await.map_err(Fault::from)? {
            Repeated::First(()) => Ok(None),
            Repeated::Again(kept) => Ok(Some(kept)),
            Repeated::Different => Err(RegisterError::RepeatedDifferently),
        }
    }

    /// Stops early, before a hash is spent, when something is taken; unless it was taken by the very call that this one repeats, whose
    /// outcome is then the answer.
    pub(crate) async fn refuse_taken(&self, claims: &[Claim], repeat: Option<&Repeat>) -> Result<Option<Vec<u8>>, RegisterError> {
        let Some(kind) = self.store().first_taken(claims, None).await.map_err(Fault::from)? else { return Ok(None) };
        let Some(repeat) = repeat else { return Err(RegisterError::Taken(kind)) };
        let kept = self.kept_of(repeat).await?;
        kept.map(Some).ok_or(RegisterError::Taken(kind))
    }
}
