//! How many wrong passwords are let through (threat rows 14–16).
//!
//! Three counters, and no lock. What an address does wrong slows down that address: for one account, and over all accounts. What strangers do wrong to an account,
//! from wherever, slows down strangers: an address that has signed in to it before is charged for none of it, and so its owner is never kept out.

use std::time::Duration;

use super::{Charge, ClientAddress, Gcra, LimitKey, LimitKind, whom};
use crate::account::AccountId;
use crate::identifier::LoginId;
use crate::secret::MacKey;

/// How many wrong passwords are let through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PasswordLimits {
    /// Per account and client address.
    pub per_account_and_address: Gcra,
    /// Per client address over all accounts.
    pub per_address: Gcra,
    /// Per account over all client addresses that never signed in to it.
    pub strangers: Gcra,
}

impl Default for PasswordLimits {
    fn default() -> Self {
        let quarter = Duration::from_secs(15 * 60);
        Self {
            per_account_and_address: Gcra { burst: 10, period: quarter },
            per_address: Gcra { burst: 30, period: quarter },
            strangers: Gcra { burst: 20, period: 4 * quarter },
        }
    }
}

/// Whose password is tried, from where.
#[derive(Debug, Clone, Copy)]
pub struct Attempt<'a> {
    /// Who, if somebody is known by what was typed.
    pub account: Option<AccountId>,
    /// The identifier as it was typed.
    pub typed: Option<&'a LoginId>,
    /// Under this key a name is kept that nobody has.
    pub key: &'a MacKey,
    /// From where.
    pub from: ClientAddress,
    /// Whether somebody signed in to the account from there before.
    pub is_known: bool,
}

impl PasswordLimits {
    /// What one password attempt is charged to. An account counts once however it is spelt (row 16); a name that nobody has counts by itself, so
    /// that the limit does not tell who exists.
    #[must_use]
    pub fn charges(&self, attempt: Attempt<'_>) -> Vec<Charge> {
        let Attempt { account, typed, key, from, is_known } = attempt;
        let mut charges = Vec::with_capacity(3);
        let whose = match (account, typed) {
            (Some(account), _) => Some(whom::account(account)),
            (None, Some(id)) => Some(whom::unknown(id, key)),
            (None, None) => None,
        };
        if let Some(whose) = whose {
            let here = format_args!("{from}/{whose}").to_string();
            charges.push(Charge::one(LimitKey::new(LimitKind::PasswordAccountAddress, here), self.per_account_and_address));
            if !is_known {
                charges.push(Charge::one(LimitKey::new(LimitKind::PasswordStrangers, &whose), self.strangers));
            }
        }
        charges.push(Charge::one(LimitKey::new(LimitKind::PasswordAddress, from), self.per_address));
        charges
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identifier::Country;
    use crate::secret::Secrets;
    use std::net::IpAddr;

    fn key() -> MacKey {
        Secrets::derive(&[1; 32]).addresses
    }

    fn kinds(is_known: bool) -> Vec<LimitKind> {
        let from = ClientAddress::from(IpAddr::from([192, 0, 2, 1]));
        let account = Some(AccountId(uuid::Uuid::from_u128(1)));
        let attempt = Attempt { account, typed: None, key: &key(), from, is_known };
        PasswordLimits::default().charges(attempt).iter().map(|charge| charge.key.kind()).collect()
    }

    #[test]
    fn row_15_who_signed_in_before_is_not_charged_for_strangers() {
        assert_eq!(kinds(true), [LimitKind::PasswordAccountAddress, LimitKind::PasswordAddress]);
        assert_eq!(kinds(false), [LimitKind::PasswordAccountAddress, LimitKind::PasswordStrangers, LimitKind::PasswordAddress]);
    }

    #[test]
    fn row_16_one_account_is_one_counter() {
        let (limits, from) = (PasswordLimits::default(), ClientAddress::from(IpAddr::from([192, 0, 2, 1])));
        let account = Some(AccountId(uuid::Uuid::from_u128(1)));
        let by = |text: &str| {
            let typed = LoginId::classify(text, &Country::indonesia()).ok();
            limits.charges(Attempt { account, typed: typed.as_ref(), key: &key(), from, is_known: false })
        };
        assert_eq!(by("siti"), by("SITI@example.test"));
        assert_eq!(by("siti"), by("081234567890"));
    }
}
