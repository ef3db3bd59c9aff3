//! Of whom a limit counts, where that is a person: how it is written in a key, and how operators read it.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::account::AccountId;
use crate::identifier::{LoginId, mask};
use crate::secret::{Mac, MacKey};

const ACCOUNT: &str = "account";
const UNKNOWN: &str = "unknown";

/// An account, however somebody spelt it.
pub(crate) fn account(id: AccountId) -> String {
    format!("{ACCOUNT}/{id}")
}

/// A contact, or a name that nobody has.
pub(crate) fn name(id: &LoginId) -> String {
    format!("{}/{}", id.kind().name(), id.key())
}

/// Whom nobody knows, by what tells him from others and by nothing that he typed: it may be a password (threat row 54).
pub(crate) fn unknown(id: &LoginId, key: &MacKey) -> String {
    let Mac(mac) = key.sign(&[id.kind().name().as_bytes(), id.key().as_bytes()]);
    format!("{UNKNOWN}/{}", URL_SAFE_NO_PAD.encode(mac))
}

/// As operators read it: accounts by their id, contacts masked, and nothing of whom nobody knows.
pub(super) fn told(whom: &str) -> String {
    match whom.split_once('/') {
        Some((ACCOUNT, id)) => id.to_owned(),
        Some((UNKNOWN, _)) => "***".to_owned(),
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
        for (typed, masked) in [("Siti@example.test", "s***@example.test"), ("081234567890", "+62*****890")] {
            assert_eq!(told(&name(&LoginId::classify(typed, &Country::indonesia()).unwrap())), masked);
        }
    }

    #[test]
    fn row_54_what_was_typed_as_a_name_that_nobody_has_does_not_stand_in_its_key() {
        let key = crate::secret::Secrets::derive(&[1; 32]).addresses;
        let of = |text: &str| unknown(&LoginId::classify(text, &Country::indonesia()).unwrap(), &key);
        for (typed, of_it) in [("Hunter2hunter2", "unter2"), ("P@ss.word1", "ss.word1"), ("081234567890", "1234567890")] {
            assert!(!of(typed).contains(of_it) && told(&of(typed)) == "***");
        }
        assert_eq!(of("Hunter2hunter2"), of("hunter2HUNTER2"), "spelt otherwise it is the same");
        assert_ne!(of("hunter2hunter2"), of("hunter3hunter3"));
    }
}
