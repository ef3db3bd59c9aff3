//! Of whom a limit counts, where that is a person: how it is written in a key, and how operators read it.

use crate::account::AccountId;
use crate::identifier::{IdentifierKind, LoginId, mask};

const ACCOUNT: &str = "account";

/// An account, however somebody spelt it.
pub(crate) fn account(id: AccountId) -> String {
    format!("{ACCOUNT}/{id}")
}

/// A contact, or a name that nobody has.
pub(crate) fn name(id: &LoginId) -> String {
    format!("{}/{}", id.kind().name(), id.key())
}

/// As operators read it: accounts by their id, contacts masked. Of what was typed as a username only the beginning is told, because somebody may have typed a
/// password there.
pub(super) fn told(whom: &str) -> String {
    match whom.split_once('/') {
        Some((ACCOUNT, id)) => id.to_owned(),
        Some((kind, name)) if kind == IdentifierKind::Username.name() => format!("{}***", name.chars().take(1).collect::<String>()),
        Some((_, contact)) => mask(contact),
        None => mask(whom),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identifier::Country;

    #[test]
    fn row_52_who_is_told_is_told_without_the_whole_contact() {
        let id = AccountId(uuid::Uuid::from_u128(7));
        assert_eq!(told(&account(id)), id.to_string());
        for (typed, masked) in [("Siti@example.test", "s***@example.test"), ("081234567890", "+62*****890"), ("Hunter2hunter2", "h***")] {
            assert_eq!(told(&name(&LoginId::classify(typed, &Country::indonesia()).unwrap())), masked);
        }
    }
}
