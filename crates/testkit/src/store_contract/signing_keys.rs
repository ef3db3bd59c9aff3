//! The keys that sign tokens.

use std::sync::Arc;
use std::time::Duration;

use daftar_core::code::Purpose;
use daftar_core::ports::{SigningKeys as _, Store as _, Timestamp};
use daftar_core::redemption::Pays;
use daftar_core::token::{KeyRing, Others, Rotation, SealedKey, StoredKeys, Term};
use daftar_store::SqlStore;

use super::given::{self, DAY, HOUR, MINUTE, now, sign_in};
use super::{Engine, at_once};
use crate::clock::{ManualClock, OsEntropy};

fn key(kid: &str, signs_from: Timestamp) -> SealedKey {
    SealedKey { kid: kid.to_owned(), sealed: kid.as_bytes().to_vec(), created_at: now(), term: Term { signs_from, retires_at: None } }
}

async fn first(store: &SqlStore) -> SealedKey {
    store.first_signing_key(key("first", now())).await.unwrap().remove(0)
}

async fn rotate(store: &SqlStore, kid: &str, others: Others) {
    store.rotate_signing_keys(Rotation { key: key(kid, now() + MINUTE), others }).await.unwrap();
}

/// The keys' names and ends, the newest first.
async fn ends(store: &SqlStore) -> Vec<(String, Option<Timestamp>)> {
    store.signing_keys().await.unwrap().into_iter().map(|key| (key.kid, key.term.retires_at)).collect()
}

pub async fn a_key_reads_back_as_it_was_written<E: Engine>(engine: E) {
    assert_eq!(engine.store().signing_keys().await.unwrap(), []);
    let kept = first(engine.store()).await;
    assert_eq!(kept, key("first", now()));
    let engine = engine.reopened().await;
    assert_eq!(engine.store().signing_keys().await.unwrap(), [kept]);
}

pub async fn of_16_racing_first_keys_one_is_everybodys<E: Engine>(engine: E) {
    let calls = (0..16).map(|n| {
        let store = engine.store().clone();
        async move { store.first_signing_key(key(&format!("key {n}"), now())).await.unwrap() }
    });
    let answers = at_once(calls).await;
    assert_eq!(answers[0].len(), 1);
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
    assert_eq!(engine.store().signing_keys().await.unwrap(), answers[0]);
}

pub async fn a_rotated_key_checks_until_nothing_that_it_signed_can_live<E: Engine>(engine: E) {
    let store = engine.store();
    first(store).await;
    rotate(store, "second", Others::Retire(HOUR)).await;
    let retired = ("first".to_owned(), Some(now() + MINUTE + HOUR));
    assert_eq!(ends(store).await, [("second".to_owned(), None), retired.clone()]);
    rotate(store, "third", Others::Retire(2 * HOUR)).await;
    let third = Some(now() + MINUTE + Duration::from_millis(1) + 2 * HOUR);
    assert_eq!(ends(store).await, [("third".to_owned(), None), ("second".to_owned(), third), retired], "the newest signs last");
}

pub async fn a_session_that_was_opened_for_longer_keeps_its_key<E: Engine>(engine: E) {
    let store = engine.store();
    let siti = given::account("siti");
    store.create_account(siti.clone(), None).await.unwrap();
    sign_in(store, &siti).await;
    first(store).await;
    rotate(store, "second", Others::Retire(MINUTE)).await;
    assert_eq!(ends(store).await[1], ("first".to_owned(), Some(now() + 12 * HOUR)));
}

pub async fn a_code_and_a_recovery_that_last_longer_keep_their_key<E: Engine>(engine: E) {
    let store = engine.store();
    let siti = given::made(store, "siti", 1).await;
    first(store).await;
    given::send(store, Purpose::AppSignIn, siti.id, given::phone(1)).await;
    rotate(store, "second", Others::Retire(MINUTE)).await;
    assert_eq!(ends(store).await[1], ("first".to_owned(), Some(now() + 10 * MINUTE)));

    let mut show = given::send(store, Purpose::AppReset, siti.id, given::phone(1)).await.show();
    let Pays::Recovery(recovery, _) = &mut show.pays else { unreachable!() };
    recovery.expires_at = now() + 20 * MINUTE;
    store.redeem(show).await.unwrap();
    rotate(store, "third", Others::Retire(MINUTE)).await;
    assert_eq!(ends(store).await[1], ("second".to_owned(), Some(now() + 20 * MINUTE)));
}

pub async fn a_grant_that_lasts_longer_keeps_its_key<E: Engine>(engine: E) {
    let store = engine.store();
    let shop = given::machine("shop");
    store.create_client(shop.clone()).await.unwrap();
    first(store).await;
    assert!(store.grant_access(given::grant(&shop)).await.unwrap());
    rotate(store, "second", Others::Retire(Duration::ZERO)).await;
    assert_eq!(ends(store).await[1], ("first".to_owned(), Some(now() + HOUR)));
}

pub async fn a_revoked_key_is_gone_at_once<E: Engine>(engine: E) {
    let store = engine.store();
    first(store).await;
    rotate(store, "second", Others::Retire(HOUR)).await;
    rotate(store, "third", Others::Vanish).await;
    assert_eq!(ends(store).await, [("third".to_owned(), None)]);
}

pub async fn of_16_racing_rotations_one_key_is_the_newest<E: Engine>(engine: E) {
    first(engine.store()).await;
    let calls = (0..16).map(|n| {
        let store = engine.store().clone();
        async move { rotate(&store, &format!("key {n}"), Others::Retire(HOUR)).await }
    });
    at_once(calls).await;
    let keys = engine.store().signing_keys().await.unwrap();
    assert_eq!(keys.len(), 17);
    assert_eq!(keys.iter().filter(|key| key.term.retires_at.is_none()).count(), 1);
    assert!(keys[0].term.retires_at.is_none() && keys.windows(2).all(|pair| pair[0].term.signs_from > pair[1].term.signs_from), "{keys:?}");
}

pub async fn a_sweep_deletes_a_key_that_has_retired<E: Engine>(engine: E) {
    let store = engine.store();
    first(store).await;
    rotate(store, "second", Others::Retire(DAY)).await;
    let retired = now() + MINUTE + DAY;
    assert_eq!(store.sweep(retired - Duration::from_millis(1)).await.unwrap(), 0);
    assert_eq!(store.sweep(retired).await.unwrap(), 1);
    assert_eq!(ends(store).await, [("second".to_owned(), None)]);
}

pub async fn row_54_the_database_holds_no_signing_key_in_clear<E: Engine>(engine: E) {
    let keys = StoredKeys::new(Arc::new(engine.store().clone()), Arc::new(ManualClock::default()), Arc::new(OsEntropy), &given::secrets());
    keys.begin(None).await.unwrap();
    keys.rotate(DAY).await.unwrap();
    let bytes = engine.bytes().await;
    let legible = String::from_utf8_lossy(&bytes);
    let holds = |text: &str| legible.contains(text);
    for info in keys.list().await.unwrap() {
        assert!(holds(&info.kid), "this looks in the right place");
    }
    assert!(!holds("PRIVATE KEY"));
    assert!(KeyRing::stored("i", keys).await.is_ok(), "the master key opens them");
    let thief = daftar_core::secret::Secrets::derive(&[8; 32]);
    let keys = StoredKeys::new(Arc::new(engine.store().clone()), Arc::new(ManualClock::default()), Arc::new(OsEntropy), &thief);
    assert!(KeyRing::stored("i", keys).await.is_err(), "and no other");
}
