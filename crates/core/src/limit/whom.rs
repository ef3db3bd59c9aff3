//! Of whom a limit counts, where that is a person: how it is written in a key, and how operators read it.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::account::AccountId;
use crate::identifier::{IdentifierKind, LoginId, mask};
use crate::secret::{Mac, MacKey};

const ACCOUNT: &str = "account";

/// An account, however somebody spelt it.
pub(crate) fn account(id: AccountId) -> String {
    format!("{ACCOUNT}/{id}")
}

/// A contact, or a name that nobody has.
pub(crate) fn name(id: &LoginId) -> String {
    format!("{}/{}", id.kind().name(), id.key())
}

/// What somebody typed whom nobody knows: a contact by itself, anything else by what tells it from others and nothing of it, because somebody may have typed a
/// password there (threat row 54).
pub(crate) fn unknown(id: &LoginId, key: &MacKey) -> String {
    match id {
        LoginId::Email(_) | LoginId::Phone(_) => name(id),
        LoginId::Username(_) => {
            let Mac(mac) = key.sign(&[id.kind().name().as_bytes(), id.key().as_bytes()]);
            format!("{}/{}", id.kind().name(), URL_SAFE_NO_PAD.encode(mac))
        }
    }
}

/// As operators read it: accounts by their id, contacts masked; of a name that nobody has nothing is known.
pub(super) fn told(whom: &str) -> String {
    match whom.split_once('/') {
        Some((ACCOUNT, id)) => id.to_owned(),
        Some((kind, _)) if kind == IdentifierKind::Username.name() => "***".to_owned(),
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
        for (typed, masked) in [("Siti@example.test", "s***@example.test"), ("081234567890", "+62*****890"), ("Hunter2hunter2", "***")] {
            assert_eq!(told(&name(&LoginId::classify(typed, &Country::indonesia()).unwrap())), masked);
        }
    }

    #[test]
    fn row_54_what_was_typed_as_a_name_that_nobody_has_does_not_stand_in_its_key() {
        let key = crate::secret::Secrets::derive(&[1; 32]).addresses;
        let of = |text: &str| unknown(&LoginId::classify(text, &Country::indonesia()).unwrap(), &key);
        assert!(!of("Hunter2hunter2").contains("unter2"));
        assert_eq!(of("Hunter2hunter2"), of("hunter2HUNTER2"), "spelt otherwise it is the same");
        assert_ne!(of("hunter2hunter2"), of("hunter3hunter3"));
        assert_eq!(of("Siti@example.test"), "email/siti@example.test");
    }
}
