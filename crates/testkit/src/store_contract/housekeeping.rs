//! Readiness, the master key, and sweeping.

use std::time::Duration;

use daftar_core::limit::{Charge, Charged, Gcra, LimitKey, LimitKind};
use daftar_core::ports::{Outbox as _, Store as _, StoreError};
use daftar_core::secret::Mac;

use super::Engine;
use super::given::{self, DAY, HOUR, MINUTE, now};

pub async fn the_store_is_ready<E: Engine>(engine: E) {
    for _ in 0..3 {
        engine.store().ready().await.unwrap();
    }
}

pub async fn the_store_is_not_ready_when_its_schema_is_older<E: Engine>(engine: E) {
    engine.execute("UPDATE refinery_schema_history SET version = version - 1000").await;
    assert!(matches!(engine.store().ready().await, Err(StoreError::Unavailable(_))));
    engine.execute("UPDATE refinery_schema_history SET version = version + 1000").await;
    engine.store().ready().await.unwrap();
}

pub async fn the_store_serves_from_a_newer_schema_until_that_says_it_is_too_old<E: Engine>(engine: E) {
    engine.execute("UPDATE refinery_schema_history SET version = version + 1000").await;
    engine.store().ready().await.unwrap();
    engine.execute("UPDATE oldest_program SET known = known + 1000").await;
    assert!(matches!(engine.store().ready().await, Err(StoreError::Unavailable(_))));
    engine.execute("UPDATE oldest_program SET known = known - 1000").await;
    engine.store().ready().await.unwrap();
}

pub async fn the_master_key_is_remembered_the_first_time<E: Engine>(engine: E) {
    let store = engine.store();
    assert!(store.same_master_key(Mac([1; 32])).await.unwrap());
    assert!(store.same_master_key(Mac([1; 32])).await.unwrap());
    assert!(!store.same_master_key(Mac([2; 32])).await.unwrap());
    assert!(store.same_master_key(Mac([1; 32])).await.unwrap());
    let engine = engine.reopened().await;
    assert!(!engine.store().same_master_key(Mac([2; 32])).await.unwrap());
}

/// The tables in which things end, in the order of their names.
const TABLES: [&str; 13] = [
    "access_tokens",
    "attempts",
    "challenges",
    "customers",
    "limits",
    "outbox",
    "receipts",
    "recoveries",
    "registrations",
    "repeats",
    "sessions",
    "wrong_code_minutes",
    "inbox",
];

async fn left<E: Engine>(engine: &E) -> Vec<(&'static str, i64)> {
    let mut left = Vec::new();
    for table in TABLES {
        left.push((table, engine.count(&format!("SELECT count(*) FROM {table}")).await));
    }
    left
}

pub async fn a_sweep_deletes_what_is_past_and_keeps_what_is_not<E: Engine>(engine: E) {
    let store = engine.store();
    given::everything(store).await;
    let went = async |after: Duration| {
        let count = store.sweep(now() + after).await.unwrap();
        let empty: Vec<_> = left(&engine).await.into_iter().filter(|(_, rows)| *rows == 0).map(|(table, _)| table).collect();
        (count, empty)
    };
    assert_eq!(went(Duration::ZERO).await, (0, vec![]));
    assert_eq!(went(10 * MINUTE - Duration::from_millis(1)).await, (0, vec![]));
    assert_eq!(went(10 * MINUTE).await, (1, vec!["recoveries"]));
    assert_eq!(went(HOUR - MINUTE).await.0, 0);
    assert_eq!(went(HOUR).await, (3, vec!["access_tokens", "limits", "recoveries", "wrong_code_minutes"]));
    assert_eq!(went(DAY - MINUTE).await.0, 0);
    assert_eq!(went(DAY).await, (1, vec!["access_tokens", "limits", "recoveries", "repeats", "wrong_code_minutes"]));
    assert_eq!(went(DAY + 10 * MINUTE).await.0, 3, "the challenges");
    assert_eq!(went(DAY + 30 * MINUTE).await.0, 2, "the registrations");
    assert_eq!(
        went(30 * DAY).await.0,
        14,
        "the sent messages, their attempts and receipts, the copy of one in the inbox, and the count of wrong codes"
    );
    assert_eq!(went(30 * DAY + 12 * HOUR).await, (1, TABLES.to_vec()));
    assert_eq!(engine.count("SELECT count(*) FROM accounts").await, 1);
    assert_eq!(store.waiting().await.unwrap(), 0);
}

pub async fn a_sweep_takes_a_bounded_amount<E: Engine>(engine: E) {
    let store = engine.store();
    let charges = (0..1200).map(|n| Charge::one(LimitKey::new(LimitKind::PasswordAddress, n), Gcra { burst: 1, period: MINUTE })).collect();
    store.charge(charges, now()).await.unwrap();
    let mut swept = Vec::new();
    for _ in 0..4 {
        swept.push(store.sweep(now() + HOUR).await.unwrap());
    }
    assert_eq!(swept, [500, 500, 200, 0]);
}

pub async fn row_14_a_sweep_beside_it_takes_no_fresh_charge_away<E: Engine>(engine: E) {
    let store = engine.store();
    let charge = |n: u32| vec![Charge::one(LimitKey::new(LimitKind::PasswordAddress, n), Gcra { burst: 1, period: MINUTE })];
    for n in 0..100 {
        store.charge(charge(n), now()).await.unwrap();
    }
    // All of them are past, are charged again, and are swept, at once.
    let later = now() + HOUR;
    let charges = (0..100).map(|n| {
        let store = store.clone();
        tokio::spawn(async move { assert_eq!(store.charge(charge(n), later).await.unwrap(), Charged::Allowed) })
    });
    let sweeps = (0..8).map(|_| {
        let store = store.clone();
        tokio::spawn(async move {
            store.sweep(later).await.unwrap();
        })
    });
    for task in charges.chain(sweeps).collect::<Vec<_>>() {
        task.await.unwrap();
    }
    for n in 0..100 {
        assert!(matches!(store.charge(charge(n), later).await.unwrap(), Charged::Refused { .. }), "the charge of key {n} is gone");
    }
}
