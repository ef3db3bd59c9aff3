//! Starting a limit anew, for somebody whom an operator names as he is used to (`daftar limits reset`).

use std::net::IpAddr;

use super::{ClientAddress, LimitKey, LimitKind, whom};
use crate::account::AccountId;
use crate::client::ClientId;
use crate::identifier::{Country, IdentifierKind, LoginId};
use crate::ports::{Store, StoreError, Timestamp};
use crate::service::Accounts;

/// Of how many addresses the wrong passwords for one account are looked for.
const ADDRESSES: u32 = 1_000_000;

/// Of whom limits are reset.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Whose {
    /// A contact, an account, an address, a prefix, a machine client, as the kind wants it.
    pub of: String,
    /// Wrong passwords for an account from this address alone.
    pub from: Option<ClientAddress>,
}

/// Why nothing is reset.
#[derive(Debug, thiserror::Error)]
pub enum ResetError {
    /// Limits of this kind are of something else.
    #[error("is not {0}")]
    IsNot(&'static str),
    /// It could not be done.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Forgets what `whose` has used of the limits of `kind`; of how many there was something to forget. A phone number without its country is read in `countries`,
/// USAPI's and App's.
///
/// # Errors
/// [`ResetError`].
pub async fn reset(store: &dyn Store, countries: (&Country, &Country), kind: LimitKind, whose: &Whose, now: Timestamp) -> Result<u64, ResetError> {
    let of = whose.of.trim();
    let keys = match kind {
        LimitKind::SmsHour | LimitKind::SmsDay if of == "all" => vec![LimitKey::of_everybody(kind)],
        LimitKind::SmsHour | LimitKind::SmsDay => return Err(ResetError::IsNot("\"all\": this limit is everybody's")),
        LimitKind::PasswordAddress | LimitKind::SendAddress | LimitKind::LookUpAddress => {
            let address: IpAddr = of.parse().map_err(|_| ResetError::IsNot("an IP address"))?;
            vec![LimitKey::new(kind, ClientAddress::from(address))]
        }
        LimitKind::SendClient | LimitKind::LookUpClient => {
            vec![LimitKey::new(kind, ClientId::parse(of).ok_or(ResetError::IsNot("the id of a machine client"))?)]
        }
        LimitKind::SendDestination | LimitKind::SendStrangers => {
            let contacts = readings(of, countries).into_iter().filter(|id| id.kind() != IdentifierKind::Username);
            some(contacts.map(|id| LimitKey::new(kind, whom::name(&id))).collect(), "an e-mail address or a phone number")?
        }
        LimitKind::SendPrefix | LimitKind::SendOwners | LimitKind::SendPause => {
            let (itself, of_numbers) = prefixes(of, countries);
            let itself: Vec<_> = itself.map(|prefix| LimitKey::new(kind, prefix)).into_iter().collect();
            let of_numbers: Vec<_> = of_numbers.iter().map(|prefix| LimitKey::new(kind, prefix)).collect();
            // What is a prefix can look like a short number, too: the prefix is meant, if there is something to reset.
            let count = forget(store, kind, itself.clone()).await?;
            if count > 0 {
                return Ok(count);
            }
            some([itself, of_numbers].concat(), "a phone number or the beginning of one, with its + and country")?
        }
        LimitKind::PasswordStrangers => whoms(store, of, countries).await?.iter().map(|whom| LimitKey::new(kind, whom)).collect(),
        LimitKind::PasswordAccountAddress => {
            let whoms = whoms(store, of, countries).await?;
            match whose.from {
                Some(from) => whoms.iter().map(|whom| LimitKey::new(kind, format_args!("{from}/{whom}"))).collect(),
                None => {
                    let is_his = |key: &LimitKey| key.of().split_once('/').is_some_and(|(_, of)| whoms.iter().any(|whom| whom == of));
                    store.limits_used(Some(kind), ADDRESSES, now).await?.into_iter().map(|(key, _)| key).filter(is_his).collect()
                }
            }
        }
    };
    Ok(forget(store, kind, keys).await?)
}

impl Accounts {
    /// Forgets what `whose` has used of the limits of `kind`, as [`reset`]; `None`: what everybody has.
    ///
    /// # Errors
    /// [`ResetError`].
    pub async fn reset_limits(&self, kind: LimitKind, whose: Option<&Whose>) -> Result<u64, ResetError> {
        let policy = self.policy();
        match whose {
            Some(whose) => reset(self.store(), (&policy.country, &policy.app.country), kind, whose, self.now()).await,
            None => Ok(self.store().reset_limits(kind, None).await?),
        }
    }
}

async fn forget(store: &dyn Store, kind: LimitKind, keys: Vec<LimitKey>) -> Result<u64, StoreError> {
    let mut count = 0;
    for key in keys {
        count += store.reset_limits(kind, Some(key)).await?;
    }
    Ok(count)
}

fn some(keys: Vec<LimitKey>, wanted: &'static str) -> Result<Vec<LimitKey>, ResetError> {
    if keys.is_empty() { Err(ResetError::IsNot(wanted)) } else { Ok(keys) }
}

fn readings(text: &str, countries: (&Country, &Country)) -> Vec<LoginId> {
    LoginId::readings(text, countries.0, countries.1)
}

/// The prefix that a text is, and those of the numbers that it may be.
fn prefixes(text: &str, countries: (&Country, &Country)) -> (Option<String>, Vec<String>) {
    let itself = text.strip_prefix('+').filter(|digits| !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()));
    let of_number = |id: LoginId| match id {
        LoginId::Phone(number) => Some(number.prefix().to_owned()),
        LoginId::Username(_) | LoginId::Email(_) => None,
    };
    (itself.map(|_| text.to_owned()), readings(text, countries).into_iter().filter_map(of_number).collect())
}

/// Every account that a text may name. Of names that nobody has nothing is kept by which they could be found.
async fn whoms(store: &dyn Store, text: &str, countries: (&Country, &Country)) -> Result<Vec<String>, ResetError> {
    let mut whoms: Vec<String> = text.parse().ok().map(|id| whom::account(AccountId(id))).into_iter().collect();
    let readings = readings(text, countries);
    if whoms.is_empty() && readings.is_empty() {
        return Err(ResetError::IsNot("an account's id, e-mail address, phone number or username"));
    }
    for id in readings {
        whoms.extend(store.find_account(&id).await?.map(|account| whom::account(account.id)));
    }
    Ok(whoms)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_is_named_by_itself_or_by_a_number_with_it() {
        let (usapi, app) = (Country::indonesia(), Country::hong_kong());
        let of = |text| prefixes(text, (&usapi, &app));
        let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        assert_eq!(of("+6281234"), (Some("+6281234".to_owned()), texts(&["+628"])));
        assert_eq!(of("+62 812-3456-7890"), (None, texts(&["+628123456"])));
        assert_eq!(of("081234567890"), (None, texts(&["+628123456"])));
        assert_eq!(of("siti"), (None, Vec::new()));
    }
}
