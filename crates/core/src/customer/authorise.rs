//! The page behind the link in a customer's mail. Opening it changes nothing (threat row 39); its button proves the address; "this was not me" kills the
//! registration (row 34).

use super::{CustomerRegistration, DeadLink};
use crate::secret::Mac;
use crate::service::{Accounts, Fault};

impl Accounts {
    /// The registration behind a link, for a page that names it, and whether the link is live. `None`: there is no such link. Changes nothing.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn customer_behind(&self, secret: &str) -> Result<Option<(CustomerRegistration, Result<(), DeadLink>)>, Fault> {
        let registration = self.store().linked_customer(self.customer_link_mac(secret)).await?;
        Ok(registration.map(|registration| {
            let live = registration.link_is_live(self.now());
            (registration, live)
        }))
    }

    /// The link's button: the customer's address is proven, and the host may confirm without a token.
    ///
    /// # Errors
    /// [`Fault`]; the answer says why the link did nothing, if it did not.
    pub async fn authorise_customer(&self, secret: &str) -> Result<Result<(), DeadLink>, Fault> {
        Ok(self.store().authorise_customer(self.customer_link_mac(secret), self.now()).await?)
    }

    /// "This was not me": kills the registration behind a link. Whether there was a live one.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn disown_customer(&self, secret: &str) -> Result<bool, Fault> {
        Ok(self.store().disown_customer(self.customer_link_mac(secret), self.now()).await?)
    }

    /// Bound to what the link is for: a sign-up's secret is none here.
    pub(super) fn customer_link_mac(&self, secret: &str) -> Mac {
        self.secrets().links.sign(&[b"customer", secret.as_bytes()])
    }
}
