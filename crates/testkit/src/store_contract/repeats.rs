//! Repeated calls.

use std::time::Duration;

use daftar_core::account::NewAccount;
use daftar_core::identifier::IdentifierKind;
use daftar_core::limit::Charged;
use daftar_core::ports::{Claimed, Once, Store as _};
use daftar_core::repeat::{Repeat, RepeatKey, Repeated};

use super::given::{self, DAY, now};
use super::{Engine, at_once};

fn repeat(client: &str, key: &str, body: &str) -> Repeat {
    Repeat::new(given::client(client), RepeatKey::parse(key.as_bytes()).unwrap(), "/signup", body.as_bytes(), &given::secrets().repeats)
}

fn once(repeat: &Repeat, answer: &str) -> Option<Once> {
    Some(Once { repeat: repeat.clone(), answer: answer.into() })
}

fn again<T>(answer: &str) -> Repeated<Claimed<T>> {
    Repeated::Again(answer.into())
}

const DONE: Repeated<Claimed<()>> = Repeated::First(Claimed::Done(()));
const STARTED: Repeated<Claimed<Charged>> = Repeated::First(Claimed::Done(Charged::Allowed));

pub async fn row_58_a_repeated_call_gets_the_first_answer<E: Engine>(engine: E) {
    let store = engine.store();
    let call = repeat("shop", "key-1", "body");
    assert_eq!(store.repeated(&call, now()).await.unwrap(), Repeated::First(()));
    assert_eq!(store.create_account(given::account("siti"), once(&call, "first")).await.unwrap(), DONE);
    // The same person again: without the key, the username would be taken.
    assert_eq!(store.create_account(given::account("siti"), once(&call, "second")).await.unwrap(), again("first"));
    assert_eq!(store.repeated(&call, now()).await.unwrap(), Repeated::Again("first".into()));

    let call = repeat("shop", "key-2", "body");
    assert_eq!(store.start_registration(given::by_mail("budi", None).new, once(&call, "started")).await.unwrap(), STARTED);
    assert_eq!(store.start_registration(given::by_mail("budi", None).new, once(&call, "anew")).await.unwrap(), again("started"));
    for table in ["registrations", "challenges", "outbox"] {
        assert_eq!(engine.count(&format!("SELECT count(*) FROM {table}")).await, 1, "{table}");
    }
}

pub async fn row_58_of_64_racing_repeats_one_is_carried_out<E: Engine>(engine: E) {
    let call = repeat("shop", "key", "body");
    let calls = (0..64).map(|n| {
        let (store, once) = (engine.store().clone(), once(&call, &format!("answer {n}")));
        async move { store.start_registration(given::by_mail("siti", None).new, once).await.unwrap() }
    });
    let outcomes = at_once(calls).await;
    assert_eq!(outcomes.iter().filter(|outcome| **outcome == STARTED).count(), 1);
    let place = outcomes.iter().position(|outcome| *outcome == STARTED).unwrap();
    let answer = again(&format!("answer {place}"));
    assert_eq!(outcomes.iter().filter(|outcome| **outcome == answer).count(), 63);
    assert_eq!(engine.count("SELECT count(*) FROM outbox").await, 1);
}

pub async fn row_58_another_call_under_the_same_key_is_told_apart<E: Engine>(engine: E) {
    let store = engine.store();
    store.create_account(given::account("siti"), once(&repeat("shop", "key", "body"), "first")).await.unwrap();
    let other = repeat("shop", "key", "another body");
    assert_eq!(store.repeated(&other, now()).await.unwrap(), Repeated::Different);
    let budi = given::account("budi");
    assert_eq!(store.create_account(budi.clone(), once(&other, "second")).await.unwrap(), Repeated::Different);
    assert_eq!(store.account(budi.id).await.unwrap(), None);
}

pub async fn row_58_a_key_belongs_to_its_client<E: Engine>(engine: E) {
    let store = engine.store();
    store.create_account(given::account("siti"), once(&repeat("shop", "key", "body"), "first")).await.unwrap();
    let other = repeat("market", "key", "another body");
    assert_eq!(store.create_account(given::account("budi"), once(&other, "second")).await.unwrap(), DONE);
    assert_eq!(store.repeated(&repeat("shop", "key", "body"), now()).await.unwrap(), Repeated::Again("first".into()));
}

pub async fn row_58_a_key_is_free_again_after_a_day<E: Engine>(engine: E) {
    let store = engine.store();
    let (first, second) = (repeat("shop", "key", "body"), repeat("shop", "key", "another body"));
    store.create_account(given::account("siti"), once(&first, "first")).await.unwrap();
    let almost = now() + DAY - Duration::from_millis(1);
    assert_eq!(store.repeated(&first, almost).await.unwrap(), Repeated::Again("first".into()));
    assert_eq!(store.repeated(&first, now() + DAY).await.unwrap(), Repeated::First(()));
    let budi = NewAccount { created_at: now() + DAY, ..given::account("budi") };
    assert_eq!(store.create_account(budi, once(&second, "second")).await.unwrap(), DONE);
    assert_eq!(store.repeated(&second, now() + DAY).await.unwrap(), Repeated::Again("second".into()));
    assert_eq!(store.repeated(&first, now() + DAY).await.unwrap(), Repeated::Different);
}

pub async fn row_58_only_successes_are_kept<E: Engine>(engine: E) {
    let store = engine.store();
    store.create_account(given::account("siti"), None).await.unwrap();
    let call = repeat("shop", "key", "body");
    let taken = Claimed::Taken(IdentifierKind::Username);
    assert_eq!(store.create_account(given::account("siti"), once(&call, "made")).await.unwrap(), Repeated::First(taken));
    let taken = Claimed::Taken(IdentifierKind::Username);
    assert_eq!(store.start_registration(given::by_mail("siti", None).new, once(&call, "started")).await.unwrap(), Repeated::First(taken));
    assert_eq!(store.repeated(&call, now()).await.unwrap(), Repeated::First(()));
    assert_eq!(store.create_account(given::account("budi"), once(&call, "made")).await.unwrap(), DONE);
}
