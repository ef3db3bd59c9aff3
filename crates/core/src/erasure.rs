//! Forgetting an account for good: it, its person's contacts wherever they stand, and its pictures. What is not a person's stays: what messages have
//! cost, how often codes were wrong, what other accounts hold.

use std::sync::Arc;

use crate::account::{Account, AccountId};
use crate::code::{Purpose, counted_against};
use crate::identifier::LoginId;
use crate::limit::whom;
use crate::person::PictureId;
use crate::ports::{PictureError, Pictures, Store};
use crate::service::Fault;

/// What is erased of an account, by the names that other tables have for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Traces {
    /// What it is known by.
    pub identifiers: Vec<LoginId>,
    /// What wrong codes are counted against.
    pub subjects: Vec<String>,
    /// Of whom limits count, where that is the account or one of its contacts.
    pub limited: Vec<String>,
}

impl Traces {
    /// Those of an account.
    #[must_use]
    pub fn of(account: &Account) -> Self {
        let username = account.username.clone().map(LoginId::from);
        let email = account.email.as_ref().map(|contact| contact.id.clone().into());
        let phone = account.phone.as_ref().map(|contact| contact.id.clone().into());
        let identifiers: Vec<LoginId> = [username, email, phone].into_iter().flatten().collect();
        let subjects = identifiers.iter().flat_map(|id| counted_against(Purpose::AppEmail, account.id.0, id));
        let mut subjects: Vec<_> = subjects.chain([whom::account(account.id)]).collect();
        subjects.sort_unstable();
        subjects.dedup();
        let limited = identifiers.iter().map(whom::name).chain([whom::account(account.id)]).collect();
        Self { identifiers, subjects, limited }
    }
}

/// What was erased.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Erased {
    /// The picture that nobody names any more.
    pub picture: Option<PictureId>,
}

/// Erases an account; whether there was one. Its picture goes last: an interrupted erasure leaves at most a file that nobody names.
///
/// # Errors
/// [`ErasureError`].
pub async fn erase(store: &dyn Store, pictures: &Arc<dyn Pictures>, account: AccountId) -> Result<bool, ErasureError> {
    let Some(erased) = store.erase_account(account).await.map_err(Fault::from)? else { return Ok(false) };
    if let Some(picture) = erased.picture {
        pictures.forget(&picture).await.map_err(ErasureError::Picture)?;
    }
    Ok(true)
}

/// Why an account was not erased, or not all of it.
#[derive(Debug, thiserror::Error)]
pub enum ErasureError {
    /// It could not be done. Everything is as it was.
    #[error(transparent)]
    Fault(#[from] Fault),
    /// The account is gone, and its picture is not.
    #[error("the account is erased, but its picture could not be")]
    Picture(#[source] PictureError),
}
