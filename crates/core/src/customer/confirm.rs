//! Confirming a customer's registration: by the token, or, once the link was used, without it.

use super::{Applicant, ConfirmCustomer, Confirmed, FindError, NewCustomer, NotConfirmed, PhoneAsSent};
use crate::account::AccountId;
use crate::client::ClientId;
use crate::code::{ChallengeState, Code, Purpose, Shown};
use crate::identifier::{IdentifierKind, Username};
use crate::measure::{self, Outcome};
use crate::password::PreHashedPassword;
use crate::ports::{Timestamp, new_id};
use crate::service::{Accounts, Fault};

/// How many usernames are drawn until one is free.
const DRAWS: usize = 5;

/// A token as the customer typed it.
#[derive(Debug, Clone)]
pub enum TypedToken {
    /// It has the form of one.
    Token(Code),
    /// It cannot be one: refused without a comparison (threat row 8).
    Odd,
}

/// What a host sends to confirm.
#[derive(Debug, Clone)]
pub struct Confirmation {
    /// The host.
    pub host: ClientId,
    /// The customer's phone.
    pub username: PhoneAsSent,
    /// The password, pre-hashed.
    pub password: PreHashedPassword,
    /// The token, unless the link was used.
    pub token: Option<TypedToken>,
}

/// Why confirming led to no account.
#[derive(Debug, thiserror::Error)]
pub enum ConfirmError {
    /// The registration does not become an account.
    #[error(transparent)]
    Refused(#[from] NotConfirmed),
    /// The password is one that guessers try first. Nothing was compared or spent.
    #[error("the password is too common")]
    CommonPassword,
    /// It could not be found out.
    #[error(transparent)]
    Fault(#[from] Fault),
}

impl From<FindError> for ConfirmError {
    fn from(error: FindError) -> Self {
        match error {
            FindError::Unknown => Self::Refused(NotConfirmed::Unknown),
            FindError::Fault(fault) => Self::Fault(fault),
        }
    }
}

impl Accounts {
    /// Makes the account, and says since when it is there.
    ///
    /// # Errors
    /// [`ConfirmError`].
    pub async fn confirm_customer(&self, confirmation: Confirmation) -> Result<(AccountId, Timestamp), ConfirmError> {
        if self.is_common_pre_hashed(&confirmation.password).await? {
            return Err(ConfirmError::CommonPassword);
        }
        let prefix = match &confirmation.token {
            Some(TypedToken::Token(code)) => code.prefix(),
            Some(TypedToken::Odd) | None => None,
        };
        let applicant = self.applicant(&confirmation.host, &confirmation.username, prefix.as_ref()).await?;
        // What is clear by now costs no hash.
        let shown = self.worth_hashing(&applicant, confirmation.token).await?;
        let password = self.hash_pre_hashed(&confirmation.password).await.map_err(Fault::from)?;
        for _ in 0..DRAWS {
            let now = self.now();
            let account = AccountId(new_id(now, self.entropy()));
            let new = NewCustomer { account, username: Username::draw(self.entropy()), password: password.clone() };
            let (id, host, sealer) = (applicant.registration.id, confirmation.host.clone(), self.sealer().clone());
            let confirm = ConfirmCustomer { id, host, shown: shown.clone(), new, sealer, now };
            let confirmed = self.store().confirm_customer(confirm).await.map_err(Fault::from)?;
            if shown.is_some() {
                measure::shown(Purpose::InvasSignup, outcome_of(&confirmed));
            }
            match confirmed {
                Confirmed::Done => {
                    self.ring();
                    return Ok((account, now));
                }
                // Nothing was spent: another name is as good.
                Confirmed::Refused(NotConfirmed::Taken(IdentifierKind::Username)) => {}
                Confirmed::Refused(other) => return Err(other.into()),
            }
        }
        Err(Fault::broken("every username that was drawn is taken").into())
    }

    async fn worth_hashing(&self, applicant: &Applicant, token: Option<TypedToken>) -> Result<Option<Shown>, ConfirmError> {
        let now = self.now();
        let Some(token) = token else {
            return if applicant.registration.authorised_at.is_some() { Ok(None) } else { Err(NotConfirmed::TokenRequired.into()) };
        };
        let pressure = self.store().pressure(&applicant.token.counted_against(), now).await.map_err(Fault::from)?;
        let left = applicant.token.left(pressure, self.policy().guesses);
        // A token that is used or voided was so a moment ago, by somebody beside this call: what became of the registration is for the transaction to say.
        let is_open = applicant.token.state == ChallengeState::Open;
        if is_open && (applicant.token.over(now).is_some() || left == 0) {
            return Err(NotConfirmed::Over.into());
        }
        match token {
            TypedToken::Odd => Err(NotConfirmed::Wrong { left }.into()),
            TypedToken::Token(code) => {
                let (key, limits) = (self.secrets().codes.clone(), self.policy().guesses);
                Ok(Some(Shown { purpose: Purpose::InvasSignup, by: None, code, key, limits }))
            }
        }
    }
}

/// As operators count it.
const fn outcome_of(confirmed: &Confirmed) -> Outcome {
    match confirmed {
        Confirmed::Done | Confirmed::Refused(NotConfirmed::Taken(_)) => Outcome::Right,
        Confirmed::Refused(NotConfirmed::Over) => Outcome::Expired,
        Confirmed::Refused(NotConfirmed::Wrong { .. } | NotConfirmed::Unknown | NotConfirmed::TokenRequired) => Outcome::Wrong,
    }
}
