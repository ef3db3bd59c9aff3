//! What people write, and what it is taken for.

use super::*;
use proptest::prelude::*;

fn id() -> Country {
    Country::indonesia()
}

fn hk() -> Country {
    Country::hong_kong()
}

fn email(text: &str) -> Result<String, IdentifierError> {
    EmailAddress::parse(text).map(|address| address.as_str().to_owned())
}

#[test]
fn one_string_is_classified_the_same_way_everywhere() {
    let kind = |text: &str| LoginId::classify(text, &id()).map(|id| id.kind());
    assert_eq!(kind("siti@example.test"), Ok(IdentifierKind::Email));
    assert_eq!(kind("+62 812-3456-7890"), Ok(IdentifierKind::Phone));
    assert_eq!(kind("(0812) 3456 7890"), Ok(IdentifierKind::Phone));
    assert_eq!(kind("123456"), Ok(IdentifierKind::Username));
    assert_eq!(kind("test regis 3"), Ok(IdentifierKind::Username));
    assert_eq!(kind("   "), Err(IdentifierError::Empty));
}

#[test]
fn a_phone_written_in_many_ways_is_one_phone() {
    let expected = Ok("+6281234567890".to_owned());
    let usapi = PhoneNumber::parse_usapi("6281234567890").map(|n| n.as_e164().to_owned());
    assert_eq!(usapi, expected);
    for text in ["081234567890", "+62 812-3456-7890", "6281234567890", "+62(0)81234567890", "0812-3456-7890"] {
        let classified = LoginId::classify(text, &id()).map(|id| id.key().to_owned());
        assert_eq!(classified, expected, "{text}");
    }
}

#[test]
fn a_home_prefix_after_the_country_code_is_dropped_only_where_that_gives_a_number() {
    let parsed = |text: &str| PhoneNumber::parse_usapi(text).map(|n| n.digits().to_owned());
    assert_eq!(parsed("62081234567890"), Ok("6281234567890".to_owned()));
    for odd in ["62077348996", "620964070762", "620000001", "6200000001"] {
        assert_eq!(parsed(odd), Ok(odd.to_owned()));
    }
}

#[test]
fn usapi_takes_the_documented_numbers_and_no_others() {
    for good in ["62123456789", "621234567891", "6287654321", "621234567", "62123456789012345"] {
        assert!(PhoneNumber::parse_usapi(good).is_ok(), "{good}");
    }
    for bad in ["62123456", "621234567890123456", "0812345678", "+6281234567", "62 81234567", "62812345６7", "62812345abc"] {
        assert_eq!(PhoneNumber::parse_usapi(bad), Err(IdentifierError::Malformed), "{bad}");
    }
}

#[test]
fn row_41_smuggled_addresses_are_refused() {
    for bad in [
        "a＠b.example",
        "a@x,b@y",
        "a@x\r\nBcc: c@d.example",
        "a@b.example\r\n",
        "a b@c.example",
        "@b.example",
        "a@",
        "a@b",
        "a@b..example",
        ".a@b.example",
        "a..b@c.example",
        "a@-b.example",
        "a@127.0.0.1",
        "a@[127.0.0.1]",
        "\"a\"@b.example",
        "a@b.example>",
        "ü@b.example",
        "a@b_c.example",
    ] {
        assert_eq!(email(bad), Err(IdentifierError::Malformed), "{bad:?}");
    }
}

#[test]
fn an_address_keeps_its_local_part_and_lowers_its_domain() {
    assert_eq!(email(" Siti.Rahma+shop@Example.TEST "), Ok("Siti.Rahma+shop@example.test".to_owned()));
    assert_eq!(email("a@bücher.example"), Ok("a@xn--bcher-kva.example".to_owned()));
    let (one, two) = (LoginId::classify("A@B.example", &id()), LoginId::classify("a@b.EXAMPLE", &id()));
    assert_eq!(one.map(|id| id.key().to_owned()), two.map(|id| id.key().to_owned()));
}

#[test]
fn a_username_never_looks_like_another_kind() {
    for bad in ["a@b", "0812345678", "+62 812 3456", "a＠b.example", "１２３４５６７８", "tab\there", "zero\u{200b}width"] {
        assert_eq!(Username::parse(bad), Err(IdentifierError::Malformed), "{bad:?}");
    }
    assert_eq!(Username::parse(&"x".repeat(65)), Err(IdentifierError::TooLong { max: 64 }));
    assert_eq!(Username::parse("  Siti R. ").map(|n| n.as_str().to_owned()), Ok("Siti R.".to_owned()));
}

#[test]
fn the_beginning_of_an_identifier_is_read_as_the_whole_is_kept() {
    let of = |text| LoginId::beginnings(text, &Country::indonesia(), &Country::hong_kong());
    let begins = |text, id: LoginId| of(text).iter().any(|(kind, beginning)| *kind == id.kind() && id.key().starts_with(beginning));
    let name = |text| LoginId::from(Username::parse(text).unwrap());
    let number = |text| LoginId::from(PhoneNumber::from_e164(text).unwrap());
    for (text, id) in [
        (" Ada.L", name("ada.lovelace")),
        ("STRAẞ", name("Straße")),
        ("ada@EX", LoginId::from(EmailAddress::parse("ada@example.com").unwrap())),
        ("+852 91-2", number("+85291234567")),
        ("85291", number("+85291234567")),
        ("0812-3", number("+6281234567890")),
        ("812", number("+6281234567890")),
        ("9123", number("+85291234567")),
    ] {
        assert!(begins(text, id), "{text}: {:?}", of(text));
    }
    assert!(!begins("+812", number("+6281234567890")), "with its + it is a country's");
    assert_eq!(of("+").len(), 2, "no number begins with nothing");
    assert_eq!(of("62").len(), 5, "nothing is looked for twice");
    assert!(of("  ").is_empty());
}

#[test]
fn usernames_are_one_whatever_their_case() {
    for (one, other) in [("Siti", "sITI"), ("ΟΔΟΣ", "οδος"), ("STRASSE", "straße"), ("STRAẞE", "straße"), ("ﬁ", "FI")] {
        let key = |text: &str| Username::parse(text).map(|name| LoginId::from(name).key().to_owned());
        assert_eq!(key(one), key(other), "{one} and {other}");
    }
}

#[test]
fn masks_keep_nothing_that_identifies() {
    assert_eq!(mask("siti@example.test"), "s***@example.test");
    assert_eq!(mask("+6281234567890"), "+62*****890");
    assert_eq!(mask("siti"), "***");
}

proptest! {
    #[test]
    fn a_parsed_username_classifies_as_itself(text in "\\PC{1,70}") {
        if let Ok(name) = Username::parse(&text) {
            prop_assert_eq!(LoginId::classify(name.as_str(), &id()), Ok(LoginId::Username(name)));
        }
    }

    #[test]
    fn nothing_makes_classification_panic(text in any::<String>()) {
        let _ = LoginId::classify(&text, &id());
    }

    #[test]
    fn parsing_an_address_twice_changes_nothing(text in "[a-zA-Z0-9.+]{1,10}@[a-zA-Z0-9.-]{1,20}") {
        if let Ok(address) = EmailAddress::parse(&text) {
            prop_assert_eq!(EmailAddress::parse(address.as_str()), Ok(address));
        }
    }
}

#[test]
fn app_reads_a_number_at_home_first_and_abroad_else() {
    let read = |text: &str| PhoneNumber::read(text, &hk()).map(|number| number.as_e164().to_owned());
    for home in ["68098227", "6809 8227", "852 6809 8227", "85268098227", "+852 6809 8227", "(6809) 8227", " 68098227 "] {
        assert_eq!(read(home).as_deref(), Ok("+85268098227"), "{home}");
    }
    for abroad in ["6281234567890", "+62 812-3456-7890", "+6281234567890", "62 812 3456 7890", "+62 (0)812 3456 7890", "62081234567890"] {
        assert_eq!(read(abroad).as_deref(), Ok("+6281234567890"), "{abroad}");
    }
    // The same rule at home in Indonesia.
    assert_eq!(PhoneNumber::read("081234567890", &id()).unwrap().as_e164(), "+6281234567890");
    // Digits that are a number at home are that, though a number abroad begins like it.
    assert_eq!(PhoneNumber::read("85268098227", &id()).unwrap().as_e164(), "+6285268098227");
    assert_eq!(PhoneNumber::read("+85268098227", &id()).unwrap().as_e164(), "+85268098227");
    for bad in [
        "",
        "123456",
        "081234567890",
        "006281234567890",
        "+0812345678",
        "680982271234567890",
        "6809x8227",
        "６８０９８２２７",
        "+852 1",
        "68098227;ext=1",
    ] {
        assert_eq!(read(bad), Err(IdentifierError::Malformed), "{bad}");
    }
}

#[test]
fn app_and_usapi_read_the_same_digits_as_the_same_number() {
    // Two of them could be Indonesian numbers of an area that begins with 62.
    for digits in ["6281234567890", "62812345678", "62211234567", "620812345678901", "62123456789012345"] {
        for country in [hk(), id()] {
            assert_eq!(PhoneNumber::read(digits, &country), PhoneNumber::parse_usapi(digits), "{digits}");
            assert_eq!(PhoneNumber::read(&format!("+{digits}"), &country), PhoneNumber::parse_usapi(digits), "{digits}");
        }
    }
}

#[test]
fn app_shows_national_digits_at_home_and_e164_abroad() {
    let shown = |number: &str, country: &Country| PhoneNumber::from_e164(number).unwrap().shown_in(country);
    assert_eq!(shown("+85268098227", &hk()), "68098227");
    assert_eq!(shown("+6281234567890", &hk()), "+6281234567890");
    assert_eq!(shown("+6281234567890", &id()), "081234567890");
    // One that is none of its country would not be read as the same number again.
    assert_eq!(shown("+85212345678", &hk()), "+85212345678");
}

#[test]
fn a_drawn_username_can_be_had_and_read_aloud() {
    let entropy = crate::ports::testing::CountingEntropy::default();
    for _ in 0..1000 {
        let name = Username::draw(&entropy);
        assert_eq!(name.as_str().len(), 8);
        assert!(name.as_str().bytes().all(|b| b.is_ascii_alphanumeric() && !b"01Il".contains(&b)), "{}", name.as_str());
        assert!(matches!(LoginId::classify(name.as_str(), &id()), Ok(LoginId::Username(_))));
    }
}

#[test]
fn app_takes_no_username_that_nobody_can_have() {
    assert!(matches!(LoginId::classify_app(" OZFQkAz5 ", &hk()), Ok(LoginId::Username(_))));
    // Row 41: what looks like an address to a person is none.
    assert!(LoginId::classify_app("a\u{ff20}b.example", &hk()).is_err());
    assert!(LoginId::classify_app("a@x,b@y", &hk()).is_err());
}
