//! Making an account by a code alone (contract `app-auth.md`, nature SIGNUP): no name, no password; the contact that the code went to is proven.

use crate::account::{AccountId, Claim, NewAccount, Origin, Standing, Surface};
use crate::code::{Code, Purpose};
use crate::identifier::{IdentifierKind, LoginId, Username};
use crate::limit::ClientAddress;
use crate::locale::Locale;
use crate::person::Profile;
use crate::ports::{Timestamp, new_id};
use crate::redemption::{CodeError, Pays, Refusal};
use crate::service::Accounts;

/// How many usernames are drawn until one is free. There are some 10^14 of them.
const DRAWS: usize = 5;

/// Somebody who has nothing yet but a code.
#[derive(Debug, Clone)]
pub struct Newcomer {
    /// The new account's name for ever.
    pub account: AccountId,
    /// The username that was drawn for it.
    pub username: Username,
    /// Where.
    pub surface: Surface,
    /// The language to write in.
    pub locale: Locale,
    /// Now.
    pub now: Timestamp,
}

impl Newcomer {
    /// The account, once it has proven `contact`.
    #[must_use]
    pub fn proving(&self, contact: &LoginId) -> NewAccount {
        NewAccount {
            id: self.account,
            claims: vec![Claim::new(contact.clone(), Standing::Proven), Claim::new(self.username.clone(), Standing::Vouched)],
            password: None,
            profile: Profile::default(),
            origin: Origin::of(self.surface),
            locale: self.locale,
            created_at: self.now,
        }
    }
}

impl Accounts {
    /// Makes the account and signs it in; the session's token. `locale` is the language to write to it in.
    ///
    /// # Errors
    /// [`CodeError`].
    pub async fn sign_up_by_code(&self, token: &str, code: Code, locale: Locale, from: ClientAddress) -> Result<String, CodeError> {
        let from = from.kept(&self.secrets().addresses);
        let mut outcome = Err(CodeError::Refused(Refusal::Taken(IdentifierKind::Username)));
        for _ in 0..DRAWS {
            let now = self.now();
            let account = AccountId(new_id(now, self.entropy()));
            let newcomer = Newcomer { account, username: Username::draw(self.entropy()), surface: Surface::App, locale, now };
            let session = self.draft_session(Surface::App, false);
            let pays = Pays::SignUp(newcomer, session, from);
            outcome = self.redeem(token, Purpose::AppSignup, None, code.clone(), pays).await.map(|id| session.of(id));
            // Nothing was spent: another name is as good.
            if !matches!(outcome, Err(CodeError::Refused(Refusal::Taken(IdentifierKind::Username)))) {
                break;
            }
        }
        Ok(self.token_of(&outcome?)?)
    }
}
