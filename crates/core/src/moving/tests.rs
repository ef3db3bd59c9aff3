//! Rows and passwords as they are read and written, and who is let in.

use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::password::{Brought, BroughtError, PepperName};
use super::row::{Reading, RowError, read, write};
use super::*;
use crate::account::{Contact, Surface};
use crate::client::ClientId;
use crate::hashing::HashingCost;
use crate::identifier::{Country, EmailAddress, PhoneNumber, Username};
use crate::password::Password;
use crate::person::{BirthDate, FullName, Gender, PersonName, PictureId, PlaceName};
use crate::ports::testing::CountingEntropy;
use crate::secret::Secrets;

fn now() -> Timestamp {
    "2026-11-21T10:00:00.123Z".parse().unwrap()
}

fn pepper() -> PepperName {
    PepperName::of(&Secrets::derive(&[1; 32]))
}

fn reading() -> Reading {
    Reading { country: Country::hong_kong(), locale: Locale::TraditionalChinese, pepper: pepper(), realm: String::new(), now: now() }
}

fn fields(row: Value) -> Map<String, Value> {
    match row {
        Value::Object(fields) => fields,
        other => panic!("{other} is no row"),
    }
}

fn row(row: Value) -> Result<Row, RowError> {
    read(&fields(row), &reading())
}

#[test]
fn a_row_says_as_little_as_a_name() {
    let Row { id, comer, password } = row(json!({"username": "siti"})).unwrap();
    assert_eq!((id, comer.is_named, password), (None, false, None));
    assert_eq!((comer.status, comer.locale, comer.created_at), (AccountStatus::Active, Locale::TraditionalChinese, now()));
    assert_eq!(comer.identifiers, [(Username::parse("siti").unwrap().into(), Some(now()))]);
    assert_eq!((comer.profile, comer.origin), (Profile::default(), Origin::of(Surface::Usapi)));
}

#[test]
fn flags_and_moments_are_read_as_databases_write_them() {
    for (yes, no) in
        [(json!(true), json!(false)), (json!("true"), json!("FALSE")), (json!("t"), json!("f")), (json!(1), json!(0)), (json!("1"), json!("0"))]
    {
        let proven = |flag: &Value| row(json!({"email": "siti@example.com", "email_verified": flag})).unwrap().comer.identifiers[0].1;
        assert_eq!((proven(&yes), proven(&no)), (Some(now()), None));
        let status = |flag: &Value| row(json!({"username": "siti", "disabled": flag})).unwrap().comer.status;
        assert_eq!((status(&yes), status(&no)), (AccountStatus::Disabled, AccountStatus::Active));
    }
    for (written, at) in [
        (json!("2020-01-02T03:04:05Z"), "2020-01-02T03:04:05Z"),
        (json!("2020-01-02T03:04:05.678901+08:00"), "2020-01-01T19:04:05.678Z"),
        (json!("2020-01-02 03:04:05"), "2020-01-02T03:04:05Z"),
        (json!("2020-01-02 03:04:05.5"), "2020-01-02T03:04:05.5Z"),
        (json!(1_577_934_245), "2020-01-02T03:04:05Z"),
        (json!("1577934245"), "2020-01-02T03:04:05Z"),
    ] {
        let created_at = row(json!({"username": "siti", "created_at": written})).unwrap().comer.created_at;
        assert_eq!(created_at, at.parse().unwrap(), "{written}");
        let proven = row(json!({"phone": "+6281200000001", "phone_verified_at": written})).unwrap().comer.identifiers[0].1;
        assert_eq!(proven, Some(at.parse().unwrap()), "{written}");
    }
}

#[test]
fn phone_numbers_are_read_as_everywhere() {
    let phone = |text: &str| row(json!({"phone": text})).map(|row| row.comer.identifiers[0].0.shown().to_owned());
    assert_eq!(phone("68098227").unwrap(), "+85268098227");
    assert_eq!(phone("+62 812-0000-0001").unwrap(), "+6281200000001");
    assert_eq!(phone("6281200000001").unwrap(), "+6281200000001");
    // Digits that USAPI took once, though no network has them.
    assert_eq!(phone("+621234567").unwrap(), "+621234567");
    assert!(phone("+1 900 234 5678").is_err() && phone("12").is_err());
}

#[test]
fn a_row_that_is_not_right_is_refused_with_its_field() {
    let secret = "hunter2-in-clear";
    for (wrong, says) in [
        (json!({"shoe": 1, "username": "siti"}), "there is no field `shoe`"),
        (json!({"first_name": "Siti"}), "neither `username`, `email` nor `phone`"),
        (json!({"username": " ", "email": null}), "neither `username`, `email` nor `phone`"),
        (json!({"username": 7}), "`username` is not a text"),
        (json!({"username": "0812 345 678"}), "`username`: the identifier has the wrong form"),
        (json!({"email": "siti"}), "`email`: "),
        (json!({"phone": "siti"}), "`phone`: "),
        (json!({"username": "siti", "id": "7"}), "`id` is not a UUID"),
        (json!({"username": "siti", "id": "018f3c7e-0000-7000-8000-000000000001", "external_id": "7"}), "`external_id` contradicts"),
        (json!({"username": "siti", "email_verified": true}), "`email_verified` contradicts"),
        (json!({"username": "siti", "phone_verified_at": 7}), "`phone_verified_at` contradicts"),
        (json!({"email": "siti@example.com", "email_verified": false, "email_verified_at": 7}), "`email_verified_at` contradicts"),
        (json!({"username": "siti", "disabled": "perhaps"}), "`disabled` is not true or false"),
        (json!({"username": "siti", "created_at": "yesterday"}), "`created_at` is not a moment"),
        (json!({"username": "siti", "birth_date": "2026-11-21"}), "`birth_date`: "),
        (json!({"username": "siti", "gender": "M"}), "`gender` is not male or female"),
        (json!({"username": "siti", "country": "Indonesia"}), "`country` is not "),
        (json!({"username": "siti", "locale": "tlh"}), "`locale` is not "),
        (json!({"username": "siti", "surface": "fax"}), "`surface` is not "),
        (json!({"username": "siti", "first_name": "x".repeat(101)}), "`first_name`: the text has more than 100"),
        (json!({"username": "siti", "picture": "../../etc/passwd"}), "`picture` is not "),
        (json!({"username": "siti", "password_hash": secret}), "`password_hash`: the hash has none of the known forms"),
        (json!({"username": "siti", "password_hash": {"$2b$": secret}}), "`password_hash` is not a text"),
        (json!({"username": "siti", "password_hash": "$2b$31$abcdefghijklmnopqrstuujydOTSfIH/d5oUHpsygqV5X9xJLQc6e"}), "too much time or memory"),
    ] {
        let error = row(wrong.clone()).expect_err(&wrong.to_string()).to_string();
        assert!(error.contains(says), "{wrong}: {error}");
        assert!(!error.contains(secret), "{error}");
    }
}

#[test]
fn a_name_elsewhere_is_always_the_same_id_here_and_another_one_for_another_realm() {
    let id = |realm: &str, name: &str| {
        let reading = Reading { realm: realm.to_owned(), ..reading() };
        read(&fields(json!({"username": "siti", "external_id": name})), &reading).unwrap().id.unwrap()
    };
    assert_eq!(id("", "42"), id("", "42"));
    let all = [id("", "42"), id("", "43"), id("shop", "42"), id("sho", "p/42"), id("shop/", "42")];
    assert_eq!(all.iter().collect::<HashSet<_>>().len(), all.len());
    assert_eq!(all[0].0.get_version_num(), 8);
    assert!(row(json!({"username": "siti", "external_id": "42"})).unwrap().comer.is_named);
}

#[tokio::test]
async fn ours_come_back_under_the_same_pepper_alone() {
    let (secrets, entropy) = (Secrets::derive(&[1; 32]), CountingEntropy::default());
    let pool = HashingPool::start(HashingCost { memory_kib: 64, passes: 1, lanes: 1 }, 1, secrets.passwords.clone(), &entropy).unwrap();
    let mut records = vec![pool.hash(&Password::typed("correct horse"), &entropy).await.unwrap()];
    for text in ["3CB4E732631F47E6EB961F34554B7CDE", "{SSHA}awc/Cj0kafyFd5d8fGn07xoHBJJzYWx0c2FsdA=="] {
        let ForeignHash::Fast(fast) = ForeignHash::parse(text).unwrap() else { panic!("{text} is slow") };
        records.push(pool.wrap(&fast, Pains::Least, &entropy).await.unwrap());
    }
    assert_eq!(records.iter().map(|record| record.scheme).collect::<Vec<_>>(), [Scheme::Argon2id, Scheme::Md5Argon2id, Scheme::ForeignArgon2id]);
    let other = PepperName::of(&Secrets::derive(&[2; 32]));
    for record in records {
        let text = Brought::text(&record, &pepper());
        assert_eq!(Brought::parse(&text, &pepper()), Ok(Brought::Ours(record.clone())));
        assert_eq!(Brought::parse(&text, &other), Err(BroughtError::OtherPepper));
        for damaged in [
            &text.replace("argon2id$v", "argon2x$v"),
            &text.replace("m=64,", "m=2097152,").replace("m=8,", "m=2097152,"),
            text.rsplit_once('$').unwrap().0,
        ] {
            assert_eq!(Brought::parse(damaged, &pepper()), Err(BroughtError::Malformed), "{damaged}");
        }
    }
    for odd in ["daftar:", "daftar:argon2id", "daftar:rot13:x:y", "daftar:foreign:x:$2b$04$abcdefghijklmnopqrstuujydOTSfIH/d5oUHpsygqV5X9xJLQc6e"] {
        assert_eq!(Brought::parse(odd, &pepper()), Err(BroughtError::Malformed), "{odd}");
    }
}

#[test]
fn a_pepper_is_named_without_being_given_away() {
    let secrets = Secrets::derive(&[1; 32]);
    assert_eq!(pepper().as_str().len(), 16);
    assert_ne!(pepper(), PepperName::of(&Secrets::derive(&[2; 32])));
    assert_eq!(pepper(), PepperName::of(&secrets));
}

/// An account of which everything is known, or only what `bits` say.
fn account(bits: u32, name: &str) -> Account {
    let has = |bit: u32| bits & (1 << bit) != 0;
    let at = |seconds| Timestamp::from_second(seconds).unwrap();
    Account {
        id: AccountId(uuid::Uuid::from_u128(u128::from(bits) << 64 | 7)),
        status: if has(0) { AccountStatus::Disabled } else { AccountStatus::Active },
        username: Username::parse("siti").ok(),
        email: has(1).then(|| Contact { id: EmailAddress::parse("Siti@example.com").unwrap(), verified_at: has(2).then(|| at(1_500_000_000)) }),
        phone: has(3).then(|| Contact { id: PhoneNumber::from_e164("+621234567").unwrap(), verified_at: has(4).then(|| at(1_600_000_000)) }),
        has_password: true,
        profile: Profile {
            first_name: has(5).then(|| PersonName::parse(name).ok()).flatten(),
            last_name: has(6).then(|| PersonName::parse(name).ok()).flatten(),
            full_name: has(7).then(|| FullName::parse(name).ok()).flatten(),
            birth_date: has(8).then(|| BirthDate::parse("1990-12-31", now()).unwrap()),
            birth_place: has(9).then(|| PlaceName::parse(name).ok()).flatten(),
            gender: has(10).then_some(Gender::Female),
            country: has(11).then(Country::indonesia),
            picture: has(12).then(|| PictureId::parse(&"p".repeat(43)).unwrap()),
        },
        origin: Origin {
            surface: if has(13) { Surface::Invas } else { Surface::App },
            client: has(14).then(|| ClientId::parse("shop").unwrap()),
            platform: has(15).then(|| "ONMART".to_owned()),
            source: has(16).then(|| "01011".to_owned()),
            group: has(17).then(|| "01".to_owned()),
        },
        locale: if has(18) { Locale::Indonesian } else { Locale::TraditionalChinese },
        created_at: Timestamp::from_millisecond(1_400_000_000_123).unwrap(),
    }
}

proptest! {
    #[test]
    fn what_is_written_is_read_as_the_same_account(bits in 0_u32..1 << 19, name in "\\PC{1,30}") {
        let account = account(bits, &name);
        let record = PasswordRecord { scheme: Scheme::Foreign, phc: "$2b$04$abcdefghijklmnopqrstuujydOTSfIH/d5oUHpsygqV5X9xJLQc6e".to_owned() };
        let written = write(&account, Some(&record), &pepper());
        let text = written.to_string();
        let Row { id, comer, password } = read(&fields(serde_json::from_str(&text).unwrap()), &reading()).unwrap();
        prop_assert_eq!(id, Some(account.id));
        let again = |kind| comer.identifiers.iter().find(|(id, _)| id.kind() == kind);
        let email = account.email.as_ref().map(|contact| (LoginId::from(contact.id.clone()), contact.verified_at));
        let phone = account.phone.as_ref().map(|contact| (LoginId::from(contact.id.clone()), contact.verified_at));
        prop_assert_eq!(again(IdentifierKind::Email).cloned(), email);
        prop_assert_eq!(again(IdentifierKind::Phone).cloned(), phone);
        prop_assert_eq!(again(IdentifierKind::Username).map(|(id, _)| id.clone()), account.username.map(LoginId::from));
        prop_assert_eq!((comer.status, comer.locale, comer.created_at), (account.status, account.locale, account.created_at));
        prop_assert_eq!((comer.profile, comer.origin), (account.profile, account.origin));
        prop_assert!(matches!(password, Some(Brought::Foreign(hash)) if hash.text() == record.phc));
    }

    #[test]
    fn no_row_makes_the_reader_panic(names in prop::collection::vec(prop::sample::select(row::FIELDS.to_vec()), 0..8), values in prop::collection::vec("\\PC{0,40}", 8)) {
        let fields: Map<String, Value> = names.into_iter().zip(values).map(|(name, value)| (name.to_owned(), Value::String(value))).collect();
        let _ = read(&fields, &reading());
    }
}
