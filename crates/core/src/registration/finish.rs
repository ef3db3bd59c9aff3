//! Finishing a registration by code or by link, and disowning it.

use super::{FinishRegistration, Finished, Proof, Registration};
use crate::account::{AccountId, Surface};
use crate::client::ClientId;
use crate::code::{Code, Purpose, Shown};
use crate::measure::{self, Outcome};
use crate::ports::new_id;
use crate::service::{Accounts, Fault};

impl Accounts {
    /// Finishes a registration with the code that was sent. A token that names nothing here is [`Finished::Refused`], as a wrong code is.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn finish_by_code(&self, token: &str, surface: Surface, client: &ClientId, code: Code) -> Result<Finished, Fault> {
        let Some(registration) = self.registration_named(token, surface).await? else { return Ok(Finished::Refused) };
        let shown = Shown { purpose: Purpose::UsapiSignup, by: None, code, key: self.secrets().codes.clone(), limits: self.policy().guesses };
        let finished = self.finish(Proof::Code { registration, client: client.clone(), shown }).await?;
        let outcome = match finished {
            Finished::Created(_) | Finished::Taken(_) => Outcome::Right,
            Finished::Refused | Finished::Complete => Outcome::Wrong,
            Finished::Expired => Outcome::Expired,
        };
        measure::shown(Purpose::UsapiSignup, outcome);
        Ok(finished)
    }

    /// Finishes a registration with the secret of its link.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn finish_by_link(&self, secret: &str) -> Result<Finished, Fault> {
        self.finish(Proof::Link(self.link_mac(secret))).await
    }

    /// The registration behind a link, for a page that names it, and whether the link is live; if not, what trying to finish with it would come to.
    /// `None`: there is no such link. Changes nothing (row 39).
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn registration_behind(&self, secret: &str) -> Result<Option<(Registration, Result<(), Finished>)>, Fault> {
        let linked = self.store().linked_registration(self.link_mac(secret)).await?;
        Ok(linked.map(|linked| {
            let live = linked.live(self.now());
            (linked.registration, live)
        }))
    }

    /// "This was not me": kills the registration behind a link (row 34). Whether there was a live one.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn disown_registration(&self, secret: &str) -> Result<bool, Fault> {
        Ok(self.store().disown_registration(self.link_mac(secret), self.now()).await?)
    }

    async fn finish(&self, proof: Proof) -> Result<Finished, Fault> {
        let now = self.now();
        let account = AccountId(new_id(now, self.entropy()));
        let finished = self.store().finish_registration(FinishRegistration { proof, account, sealer: self.sealer().clone(), now }).await?;
        if matches!(finished, Finished::Created(_)) {
            self.ring();
        }
        Ok(finished)
    }
}
