//! Changing the e-mail address or phone number of an account by proving the new one (contract `app-auth.md`, natures UPDATE_EMAIL and UPDATE_PHONE).
//! Whoever proves it gets it (threat row 34), the old one is told (row 57), and what was sent to the old one is dead (row 13).

use crate::code::{Code, Purpose};
use crate::message::ContactKind;
use crate::redemption::{CodeError, Pays};
use crate::service::Accounts;
use crate::session::LiveSession;

impl Accounts {
    /// Puts the contact that the code went to on the account, in place of the one of its kind.
    ///
    /// # Errors
    /// [`CodeError`].
    pub async fn change_contact(&self, who: LiveSession, kind: ContactKind, token: &str, code: Code) -> Result<(), CodeError> {
        let purpose = match kind {
            ContactKind::Email => Purpose::AppEmail,
            ContactKind::Phone => Purpose::AppPhone,
        };
        self.redeem(token, purpose, Some(who.account.0), code, Pays::Contact(who.id)).await?;
        Ok(())
    }
}
