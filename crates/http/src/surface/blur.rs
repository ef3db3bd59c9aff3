//! Contacts as somebody may see them who is not signed in (contract `app-auth.md`, *Blurring*): enough to recognise one's own, too little to learn another's.

use daftar_core::identifier::{EmailAddress, PhoneNumber};

/// `bi*****@*****.com`: the first two characters of the local part (one, if it has fewer than three), and the last label of the domain.
pub(crate) fn email(address: &EmailAddress) -> String {
    let (local, domain) = address.as_str().split_once('@').unwrap_or_default();
    let shown = if local.chars().count() < 3 { 1 } else { 2 };
    let first: String = local.chars().take(shown).collect();
    let last = domain.rsplit('.').next().unwrap_or_default();
    format!("{first}*****@*****.{last}")
}

/// `******27`: the last two digits.
pub(crate) fn phone(number: &PhoneNumber) -> String {
    let digits = number.digits();
    let last: String = digits.chars().skip(digits.chars().count().saturating_sub(2)).collect();
    format!("******{last}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_shows_two_characters_and_its_last_label() {
        let blurred = |text: &str| email(&EmailAddress::parse(text).unwrap());
        assert_eq!(blurred("billy@mail.example.com"), "bi*****@*****.com");
        assert_eq!(blurred("abc@example.test"), "ab*****@*****.test");
        assert_eq!(blurred("ab@example.test"), "a*****@*****.test");
        assert_eq!(blurred("a@example.co.id"), "a*****@*****.id");
    }

    #[test]
    fn a_number_shows_its_last_two_digits() {
        assert_eq!(phone(&PhoneNumber::from_e164("+85268098227").unwrap()), "******27");
    }
}
