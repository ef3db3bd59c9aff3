//! Rows of accounts that move in, as lines of JSON or as a table. What is entered is exported as a row that is read as the same account; a refusal names
//! the field and does not repeat what is in it.
#![no_main]

use std::io::Cursor;
use std::sync::LazyLock;

use daftar::Rows;
use daftar_core::account::{Account, AccountId, Contact};
use daftar_core::foreign::ForeignHash;
use daftar_core::identifier::{Country, LoginId};
use daftar_core::locale::Locale;
use daftar_core::moving::password::{Brought, PepperName};
use daftar_core::moving::row::{self, Reading};
use daftar_core::moving::{NewComer, Row};
use daftar_core::password::{PasswordRecord, Scheme};
use daftar_core::ports::Timestamp;
use daftar_core::secret::Secrets;
use libfuzzer_sys::fuzz_target;
use uuid::Uuid;

/// What no refusal may repeat.
const SECRET: &str = "hunter2";

static READING: LazyLock<Reading> = LazyLock::new(|| Reading {
    country: Country::hong_kong(),
    locale: Locale::English,
    pepper: PepperName::of(&Secrets::derive(&[1; 32])),
    realm: String::new(),
    now: Timestamp::from_second(1_790_000_000).expect("a moment"),
});

fuzz_target!(|input: &[u8]| {
    let file = Box::new(Cursor::new(input.to_vec()));
    // Lines of JSON begin with a brace, and a table with a name.
    let rows = if input.trim_ascii_start().starts_with(b"{") { Ok(Rows::json(file)) } else { Rows::csv(file) };
    let Ok(mut rows) = rows else { return };
    let mut last = 0;
    while let Ok(Some(line)) = rows.read() {
        assert!(line.number > last, "rows come in their order");
        last = line.number;
        let Ok(fields) = line.fields else { continue };
        match row::read(&fields, &READING) {
            Ok(row) => moves_out(row),
            Err(error) => {
                let is_secret = fields.keys().all(|name| !name.contains(SECRET));
                assert!(!is_secret || !error.to_string().contains(SECRET), "{error}");
            }
        }
    }
    assert!(rows.position() <= input.len() as u64, "no more is read than there is");
});

/// The account is written as a row that is read as the same.
fn moves_out(Row { id, comer, password }: Row) {
    let id = id.unwrap_or(AccountId(Uuid::from_u128(7)));
    let record = password.as_ref().map(|password| match password {
        Brought::Ours(record) => record.clone(),
        Brought::Foreign(hash) => PasswordRecord { scheme: Scheme::Foreign, phc: hash.text() },
    });
    let written = row::write(&account(id, &comer), record.as_ref(), &READING.pepper);
    let fields = written.as_object().expect("a row is an object");
    let again = row::read(fields, &READING).unwrap_or_else(|error| panic!("{error}: {written}"));
    assert_eq!(again.id, Some(id), "{written}");
    let NewComer { status, profile, origin, locale, created_at, .. } = &again.comer;
    let was = (&comer.status, &comer.profile, &comer.origin, &comer.locale, &comer.created_at);
    assert_eq!((status, profile, origin, locale, created_at), was, "{written}");
    assert!(again.comer.identifiers == comer.identifiers, "{written}");
    assert!(again.password == password, "{written}");
    assert!(matches!(&password, None | Some(Brought::Ours(_))) || record.is_some_and(|record| ForeignHash::parse(&record.phc).is_ok()));
}

fn account(id: AccountId, comer: &NewComer) -> Account {
    let NewComer { status, identifiers, profile, origin, locale, created_at, .. } = comer.clone();
    let mut account =
        Account { id, status, username: None, email: None, phone: None, has_password: comer.password.is_some(), profile, origin, locale, created_at };
    for (id, verified_at) in identifiers {
        match id {
            LoginId::Username(name) => account.username = Some(name),
            LoginId::Email(id) => account.email = Some(Contact { id, verified_at }),
            LoginId::Phone(id) => account.phone = Some(Contact { id, verified_at }),
        }
    }
    account
}
