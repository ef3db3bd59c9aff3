//! Accounts and who holds which identifier.

use daftar_core::account::{AccountStatus, Claim, Contact, NewAccount, Standing};
use daftar_core::identifier::{Country, IdentifierKind, LoginId, PhoneNumber};
use daftar_core::person::{BirthDate, Gender, PictureId};
use daftar_core::ports::{Claimed, Store as _, StoreError};
use daftar_core::repeat::Repeated;
use daftar_core::sign_in::Opened;

use super::given::{self, HOUR, now, sign_in};
use super::{Engine, at_once};

const DONE: Repeated<Claimed<()>> = Repeated::First(Claimed::Done(()));

fn taken(kind: IdentifierKind) -> Repeated<Claimed<()>> {
    Repeated::First(Claimed::Taken(kind))
}

pub async fn an_account_reads_back_as_it_was_written<E: Engine>(engine: E) {
    let store = engine.store();
    let mut new = given::account_with_phone("siti", &given::phone(1), Standing::Said);
    new.profile.birth_date = Some(BirthDate::parse("1996-10-18", now()).unwrap());
    new.profile.gender = Some(Gender::Female);
    new.profile.picture = PictureId::parse(&"p".repeat(43));
    new.origin.platform = Some("ONMART".to_owned());
    assert_eq!(store.create_account(new.clone(), None).await.unwrap(), DONE);

    let account = store.account(new.id).await.unwrap().unwrap();
    assert_eq!((account.id, account.status), (new.id, AccountStatus::Active));
    assert_eq!(account.username, Some(given::username("siti")));
    assert_eq!(account.email, Some(Contact { id: given::email("siti"), verified_at: Some(now()) }));
    assert_eq!(account.phone, Some(Contact { id: given::phone(1), verified_at: None }));
    assert_eq!((&account.profile, &account.origin), (&new.profile, &new.origin));
    assert_eq!((account.locale, account.created_at), (new.locale, new.created_at));
    assert!(account.has_password);

    for id in [given::username("siti").into(), given::email("siti").into(), LoginId::from(given::phone(1))] {
        assert_eq!(store.find_account(&id).await.unwrap().as_ref(), Some(&account), "{id:?}");
        let record = store.sign_in_record(&id, given::from()).await.unwrap().unwrap();
        assert_eq!((record.account, record.status, record.password), (new.id, AccountStatus::Active, new.password.clone()));
    }
}

pub async fn an_account_without_a_password_reads_back_as_it_was_written_and_no_password_opens_it<E: Engine>(engine: E) {
    let store = engine.store();
    let new = given::reachable("siti", 1);
    assert_eq!(store.create_account(new.clone(), None).await.unwrap(), DONE);
    let account = store.account(new.id).await.unwrap().unwrap();
    assert_eq!((account.id, account.has_password, &account.username), (new.id, false, &None));
    assert_eq!(account.email.clone(), Some(Contact { id: given::email("siti"), verified_at: Some(now()) }));
    assert_eq!(account.phone.clone(), Some(Contact { id: given::phone(1), verified_at: Some(now()) }));
    for id in [given::email("siti").into(), LoginId::from(given::phone(1))] {
        assert_eq!(store.find_account(&id).await.unwrap().as_ref(), Some(&account));
        assert_eq!(store.sign_in_record(&id, given::from()).await.unwrap().unwrap().password, None);
    }
    for text in ["siti", ""] {
        let open = given::opening(&NewAccount { password: Some(given::password(text)), ..new.clone() });
        assert_eq!(store.open_session(open).await.unwrap(), Opened::Stale);
    }
    assert_eq!(engine.count("SELECT count(*) FROM sessions").await + engine.count("SELECT count(*) FROM passwords").await, 0);
}

pub async fn an_identifier_is_one_in_upper_and_lower_case<E: Engine>(engine: E) {
    let store = engine.store();
    store.create_account(given::account("Siti"), None).await.unwrap();
    for text in ["SITI", "siti@EXAMPLE.test", "SITI@example.TEST"] {
        let id = LoginId::classify(text, &Country::indonesia()).unwrap();
        assert!(store.is_held(&id, true).await.unwrap(), "{text}");
        let shown = store.find_account(&id).await.unwrap().unwrap();
        assert_eq!(shown.username.unwrap().as_str(), "Siti");
    }
    assert_eq!(store.create_account(given::account("sITI"), None).await.unwrap(), taken(IdentifierKind::Username));
}

pub async fn nobody_is_known_by_a_name_that_nobody_has<E: Engine>(engine: E) {
    let store = engine.store();
    store.create_account(given::account("siti"), None).await.unwrap();
    // A username is no e-mail address, though their texts be the same.
    for id in [given::username("budi").into(), given::email("budi").into(), LoginId::from(given::phone(1))] {
        assert!(!store.is_held(&id, false).await.unwrap());
        assert_eq!(store.find_account(&id).await.unwrap(), None);
        assert_eq!(store.sign_in_record(&id, given::from()).await.unwrap(), None);
    }
    assert_eq!(store.account(given::account_id()).await.unwrap(), None);
}

pub async fn the_first_taken_claim_is_reported_and_nothing_is_written<E: Engine>(engine: E) {
    let store = engine.store();
    store.create_account(given::account_with_phone("siti", &given::phone(1), Standing::Vouched), None).await.unwrap();
    let mut new = given::account_with_phone("budi", &given::phone(2), Standing::Vouched);
    new.claims = vec![
        Claim::new(given::phone(2), Standing::Vouched),
        Claim::new(given::username("siti"), Standing::Vouched),
        Claim::new(given::email("siti"), Standing::Vouched),
    ];
    assert_eq!(store.first_taken(&new.claims, None).await.unwrap(), Some(IdentifierKind::Username));
    assert_eq!(store.create_account(new.clone(), None).await.unwrap(), taken(IdentifierKind::Username));
    assert_eq!(store.account(new.id).await.unwrap(), None);
    assert!(!store.is_held(&given::phone(2).into(), false).await.unwrap());
    assert_eq!(engine.count("SELECT count(*) FROM passwords").await, 1);
}

pub async fn of_64_simultaneous_accounts_for_one_phone_one_is_made<E: Engine>(engine: E) {
    let calls = (0..64).map(|n| {
        let store = engine.store().clone();
        let new = given::account_with_phone(&format!("user{n}"), &given::phone(1), Standing::Vouched);
        async move { (new.id, store.create_account(new, None).await.unwrap()) }
    });
    let outcomes = at_once(calls).await;
    let made: Vec<_> = outcomes.iter().filter(|(_, outcome)| *outcome == DONE).collect();
    assert_eq!(made.len(), 1);
    assert_eq!(outcomes.iter().filter(|(_, outcome)| *outcome == taken(IdentifierKind::Phone)).count(), 63);
    assert_eq!(engine.store().find_account(&given::phone(1).into()).await.unwrap().unwrap().id, made[0].0);
    assert_eq!(engine.count("SELECT count(*) FROM accounts").await, 1);
    assert_eq!(engine.count("SELECT count(*) FROM identifiers").await, 3);
}

pub async fn an_unverified_holder_stands_in_the_way_of_everybody_but_a_proof<E: Engine>(engine: E) {
    let store = engine.store();
    let (said, proven) = (given::phone(1), given::phone(2));
    let siti = given::account_with_phone("siti", &said, Standing::Said);
    store.create_account(siti.clone(), None).await.unwrap();
    store.create_account(given::account_with_phone("budi", &proven, Standing::Vouched), None).await.unwrap();
    let first_taken = async |number: &PhoneNumber, standing, except| {
        let claim = Claim::new(number.clone(), standing);
        store.first_taken(&[claim], except).await.unwrap()
    };
    for standing in [Standing::Said, Standing::Vouched] {
        assert_eq!(first_taken(&said, standing, None).await, Some(IdentifierKind::Phone));
        assert_eq!(first_taken(&said, standing, Some(siti.id)).await, None);
    }
    assert_eq!(first_taken(&said, Standing::Proven, None).await, None);
    assert_eq!(first_taken(&proven, Standing::Proven, None).await, Some(IdentifierKind::Phone));
    assert!(store.is_held(&said.clone().into(), false).await.unwrap());
    assert!(!store.is_held(&said.into(), true).await.unwrap());
    assert!(store.is_held(&proven.into(), true).await.unwrap());
}

pub async fn an_account_holds_one_identifier_of_a_kind<E: Engine>(engine: E) {
    let store = engine.store();
    let mut new = given::account("siti");
    new.claims.push(Claim::new(given::email("other"), Standing::Vouched));
    assert!(matches!(store.create_account(new.clone(), None).await, Err(StoreError::Failed(_))));
    assert_eq!(store.account(new.id).await.unwrap(), None);
}

pub async fn row_12_disabling_ends_every_session_for_good<E: Engine>(engine: E) {
    let store = engine.store();
    let siti = given::account("siti");
    store.create_account(siti.clone(), None).await.unwrap();
    let sessions = [sign_in(store, &siti).await, sign_in(store, &siti).await];
    assert!(store.set_status(siti.id, AccountStatus::Disabled, now()).await.unwrap());
    for session in sessions {
        assert_eq!(store.session_account(session, now()).await.unwrap(), None);
    }
    assert_eq!(store.sign_in_record(&given::email("siti").into(), given::from()).await.unwrap().unwrap().status, AccountStatus::Disabled);

    assert!(store.set_status(siti.id, AccountStatus::Active, now() + HOUR).await.unwrap());
    for session in sessions {
        assert_eq!(store.session_account(session, now() + HOUR).await.unwrap(), None);
    }
    let again = sign_in(store, &siti).await;
    assert_eq!(store.session_account(again, now()).await.unwrap(), Some(siti.id));
    assert!(!store.set_status(given::account_id(), AccountStatus::Disabled, now()).await.unwrap());
}
