//! Accounts that move in, and the pages in which they move out.

use daftar_core::account::{AccountId, AccountStatus, NewAccount};
use daftar_core::identifier::{IdentifierKind, LoginId};
use daftar_core::moving::{Entry, NewComer};
use daftar_core::password::{PasswordRecord, Scheme};
use daftar_core::ports::Store as _;

use super::given::{self, now};
use super::{Engine, at_once};

/// Somebody who moves in with a username, a verified address, a phone number that was only said, and a hash that other software made.
fn comer(name: &str, number: u32) -> NewComer {
    let NewAccount { id, profile, origin, locale, .. } = given::account(name);
    NewComer {
        id,
        is_named: true,
        status: AccountStatus::Disabled,
        identifiers: vec![(given::username(name).into(), Some(now())), (given::email(name).into(), Some(now())), (given::phone(number).into(), None)],
        password: Some(PasswordRecord { scheme: Scheme::Foreign, phc: format!("$2b$04${number}") }),
        profile,
        origin,
        locale,
        created_at: now() - 400 * given::DAY,
    }
}

/// The same by no name of their own.
fn unnamed(comer: &NewComer) -> NewComer {
    NewComer { id: given::account_id(), is_named: false, ..comer.clone() }
}

/// Enough of them for several statements of each kind, those without a password or a phone among them.
fn crowd() -> Vec<NewComer> {
    let one = |n: u32| {
        let mut comer = comer(&format!("person {n}").replace(' ', "-"), n);
        if n.is_multiple_of(3) {
            comer.password = None;
        }
        comer.identifiers.truncate(if n.is_multiple_of(5) { 2 } else { 3 });
        comer
    };
    (0..230).map(one).collect()
}

pub async fn accounts_that_move_in_read_back_as_they_were<E: Engine>(engine: E) {
    let (store, crowd) = (engine.store(), crowd());
    assert_eq!(store.enter_accounts(crowd.clone()).await.unwrap(), vec![Entry::New; crowd.len()]);
    for comer in &crowd {
        let account = store.account(comer.id).await.unwrap().unwrap();
        assert_eq!((account.status, account.created_at, account.locale), (comer.status, comer.created_at, comer.locale));
        assert_eq!((&account.profile, &account.origin, account.has_password), (&comer.profile, &comer.origin, comer.password.is_some()));
        for (id, verified_at) in &comer.identifiers {
            let record = store.sign_in_record(id, given::from()).await.unwrap().unwrap();
            assert_eq!((record.account, record.status, &record.password), (comer.id, comer.status, &comer.password));
            assert_eq!(account.has_proven(id), verified_at.is_some());
        }
    }
    assert_eq!(
        engine.count("SELECT count(*) FROM identifiers").await,
        i64::try_from(crowd.iter().flat_map(|comer| &comer.identifiers).count()).unwrap()
    );
    assert_eq!(store.enter_accounts(Vec::new()).await.unwrap(), Vec::new());
}

pub async fn whoever_moved_in_before_is_known_and_nothing_changes<E: Engine>(engine: E) {
    let store = engine.store();
    let (siti, budi) = (comer("siti", 1), unnamed(&comer("budi", 2)));
    assert_eq!(store.enter_accounts(vec![siti.clone(), budi.clone(), unnamed(&budi)]).await.unwrap(), [Entry::New, Entry::New, Entry::Known]);
    let before = engine.rows().await;
    // By its id, whatever else the row says now; without one, by all that it is known by.
    let mut changed = NewComer { status: AccountStatus::Active, ..siti.clone() };
    changed.identifiers = vec![(given::email("other").into(), None)];
    let mut less = unnamed(&budi);
    less.identifiers.pop();
    assert_eq!(store.enter_accounts(vec![siti, changed, unnamed(&budi), less]).await.unwrap(), [Entry::Known; 4]);
    assert_eq!(engine.rows().await, before);
}

pub async fn an_identifier_of_somebody_else_keeps_one_out_and_lets_its_mates_in<E: Engine>(engine: E) {
    let store = engine.store();
    store.create_account(given::account("siti"), None).await.unwrap();
    let mut late = comer("late", 9);
    late.identifiers.insert(2, (given::username("ani").into(), None));
    late.identifiers.remove(0);
    // A username of siti's, an address of hers; a number of somebody in the same batch; and a row without an id that is half of one account.
    let (mut name, mut address, mut number, ani) = (comer("siti", 1), comer("dewi", 2), comer("eka", 3), comer("ani", 3));
    name.identifiers.truncate(1);
    address.identifiers[1] = (given::email("SITI").into(), None);
    number.identifiers.remove(0);
    let half = NewComer { identifiers: vec![(given::email("siti").into(), None), (given::phone(8).into(), None)], ..unnamed(&ani) };
    let batch = vec![name, address, ani.clone(), number, half, late, comer("free", 4)];
    let taken = |kind| Entry::Taken(kind);
    let expected = [
        taken(IdentifierKind::Username),
        taken(IdentifierKind::Email),
        Entry::New,
        taken(IdentifierKind::Phone),
        taken(IdentifierKind::Email),
        taken(IdentifierKind::Username),
        Entry::New,
    ];
    assert_eq!(store.enter_accounts(batch).await.unwrap(), expected);
    assert_eq!(engine.count("SELECT count(*) FROM accounts").await, 3);
    assert_eq!(engine.count("SELECT count(*) FROM identifiers").await, 2 + 3 + 3);
    assert_eq!(store.find_account(&LoginId::from(given::phone(3))).await.unwrap().unwrap().id, ani.id);
    assert_eq!(store.find_account(&LoginId::from(given::phone(8))).await.unwrap(), None);
}

pub async fn foreseeing_says_the_same_and_changes_nothing<E: Engine>(engine: E) {
    let store = engine.store();
    store.create_account(given::account("siti"), None).await.unwrap();
    let mut batch = crowd();
    batch.extend([comer("siti", 300), batch[7].clone(), unnamed(&batch[7])]);
    let before = engine.rows().await;
    let foreseen = store.foresee_entries(batch.clone()).await.unwrap();
    assert_eq!(engine.rows().await, before);
    assert_eq!(foreseen[230..], [Entry::Taken(IdentifierKind::Username), Entry::Known, Entry::Known]);
    assert_eq!(store.enter_accounts(batch).await.unwrap(), foreseen);
}

pub async fn of_8_imports_of_the_same_people_at_once_each_is_made_once<E: Engine>(engine: E) {
    let crowd: Vec<_> = crowd().iter().take(60).enumerate().map(|(n, comer)| if n % 2 == 0 { unnamed(comer) } else { comer.clone() }).collect();
    let imports = (0..8).map(|n| {
        let (store, mut crowd) = (engine.store().clone(), crowd.clone());
        crowd.rotate_left(n * 7);
        async move { store.enter_accounts(crowd).await.unwrap() }
    });
    let entries: Vec<_> = at_once(imports).await.into_iter().flatten().collect();
    assert_eq!(entries.iter().filter(|entry| **entry == Entry::New).count(), 60);
    assert_eq!(entries.iter().filter(|entry| **entry == Entry::Known).count(), 7 * 60);
    assert_eq!(engine.count("SELECT count(*) FROM accounts").await, 60);
}

pub async fn pages_hold_every_account_once_in_the_order_of_ids<E: Engine>(engine: E) {
    let (store, crowd) = (engine.store(), crowd());
    assert_eq!(store.accounts_after(None, 10).await.unwrap(), Vec::new());
    store.enter_accounts(crowd.clone()).await.unwrap();
    let (mut seen, mut after): (Vec<(AccountId, Option<PasswordRecord>)>, _) = (Vec::new(), None);
    loop {
        let page = store.accounts_after(after, 50).await.unwrap();
        assert!(page.len() <= 50);
        let Some((last, _)) = page.last() else { break };
        after = Some(last.id);
        for (account, password) in page {
            assert_eq!(store.account(account.id).await.unwrap().as_ref(), Some(&account));
            seen.push((account.id, password));
        }
    }
    let mut expected: Vec<_> = crowd.into_iter().map(|comer| (comer.id, comer.password)).collect();
    expected.sort_by_key(|(id, _)| *id);
    assert!(seen == expected, "{} pages' rows, {} accounts", seen.len(), expected.len());
}
