//! Usernames, e-mail addresses, phone numbers and countries, as people write them. What is taken is written back as it is kept and read again as the
//! same; one number is one number, however it is shown.
#![no_main]

use daftar_core::identifier::{Country, EmailAddress, IdentifierKind, LoginId, PhoneNumber, Username, mask};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    // The first two letters may name a country.
    let named = text.get(..2).and_then(Country::parse);
    let countries = [Some(Country::indonesia()), Some(Country::hong_kong()), named.clone()];
    let text = if named.is_some() { text.get(2..).unwrap_or_default() } else { text };
    if let Ok(name) = Username::parse(text) {
        again(&name.into());
    }
    if let Ok(address) = EmailAddress::parse(text) {
        email(&address);
        again(&address.into());
    }
    if let Ok(number) = PhoneNumber::parse_usapi(text) {
        assert!(number.digits().starts_with("62"), "USAPI's numbers are Indonesia's");
        again(&number.clone().into());
        let spelled = PhoneNumber::parse_usapi(number.digits());
        assert_eq!(spelled.as_ref(), Ok(&number), "USAPI shows a number as it takes it");
    }
    for country in countries.iter().flatten() {
        phone(text, country);
        classified(text, country);
    }
    let _ = mask(text);
});

/// What is kept of an identifier is read as that identifier, and is unique by the same key.
fn again(id: &LoginId) {
    let stored = LoginId::from_stored(id.kind(), id.shown()).expect("what is shown can be kept");
    assert!(stored == *id && stored.is_same(id), "what is kept is the same");
    // The key of a name may be longer than a name, or begin with a blank that its first letter was composed of.
    let key = LoginId::from_stored(id.kind(), id.key());
    assert!(key.is_some() || id.kind() == IdentifierKind::Username, "a key is an identifier of its kind");
    assert!(key.is_none_or(|key| key.key() == id.key() || key.shown() != id.key()), "the key of a key is the key");
    for spelling in [id.shown().to_lowercase(), id.shown().to_uppercase()] {
        let other = LoginId::from_stored(id.kind(), &spelling);
        assert!(other.is_none_or(|other| other.is_same(id)), "it is one whatever its case");
    }
    let classified = LoginId::classify(id.shown(), &Country::indonesia()).expect("what is kept can be typed");
    assert!(classified.kind() == id.kind() && classified.is_same(id), "what is kept signs in");
}

/// Nothing that mail software could read as another address, a header or a path (threat row 41).
fn email(address: &EmailAddress) {
    let text = address.as_str();
    assert!(text.is_ascii() && text.len() <= 254 && text.matches('@').count() == 1, "one address");
    assert!(text.bytes().all(|byte| byte.is_ascii_graphic() && !b",;:<>()[]\\\"".contains(&byte)), "nothing but an address");
}

/// What a text is read as in a country is E.164, and is read as the same number from every way in which we show it.
fn phone(text: &str, country: &Country) {
    for number in [PhoneNumber::parse(text, country), PhoneNumber::read(text, country), PhoneNumber::parse_mobile(text, country)] {
        let Ok(number) = number else { continue };
        assert_eq!(PhoneNumber::from_e164(number.as_e164()).as_ref(), Ok(&number));
        assert_eq!(PhoneNumber::tail_of(text).as_deref(), Some(number.tail()), "a number is found by the tail of what was typed");
        assert!(number.as_e164().starts_with(number.prefix()) && number.as_e164().ends_with(number.tail()));
        again(&number.clone().into());
        let shown = number.shown_in(country);
        if shown != number.as_e164() {
            assert_eq!(PhoneNumber::read(&shown, country).as_ref(), Ok(&number), "App reads what it shows");
        }
    }
}

fn classified(text: &str, country: &Country) {
    for id in [LoginId::classify(text, country), LoginId::classify_app(text, country)].into_iter().flatten() {
        // Somebody who signs in may type a name that nobody can have.
        if id.kind() != IdentifierKind::Username || Username::parse(text).is_ok() {
            again(&id);
        }
    }
    assert!(LoginId::readings(text, country, &Country::hong_kong()).len() <= 2);
}
