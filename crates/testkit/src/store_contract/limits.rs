//! Limits.

use std::time::Duration;

use daftar_core::limit::{Charge, Charged, Gcra, LimitKey, LimitKind};
use daftar_core::ports::Store as _;

use super::given::{HOUR, now};
use super::{Engine, at_once};

fn charge(key: &str, burst: u32) -> Charge {
    Charge::one(LimitKey::new(LimitKind::PasswordAddress, key), Gcra { burst, period: HOUR })
}

pub async fn row_14_of_100_racing_charges_exactly_the_burst_is_allowed<E: Engine>(engine: E) {
    let calls = (0..100).map(|_| {
        let store = engine.store().clone();
        async move { store.charge(vec![charge("narrow", 10), charge("wide", 30)], now()).await.unwrap() }
    });
    let allowed = at_once(calls).await.into_iter().filter(|outcome| *outcome == Charged::Allowed).count();
    assert_eq!(allowed, 10);
}

pub async fn several_limits_are_charged_all_or_none<E: Engine>(engine: E) {
    let store = engine.store();
    assert_eq!(store.charge(vec![charge("narrow", 1)], now()).await.unwrap(), Charged::Allowed);
    for _ in 0..5 {
        let refused = store.charge(vec![charge("wide", 2), charge("narrow", 1)], now()).await.unwrap();
        assert!(matches!(refused, Charged::Refused(_)));
    }
    for _ in 0..2 {
        assert_eq!(store.charge(vec![charge("wide", 2)], now()).await.unwrap(), Charged::Allowed);
    }
    assert!(matches!(store.charge(vec![charge("wide", 2)], now()).await.unwrap(), Charged::Refused(_)));
}

pub async fn a_refund_makes_room_again<E: Engine>(engine: E) {
    let store = engine.store();
    let both = vec![charge("a", 2), charge("b", 2)];
    for _ in 0..2 {
        assert_eq!(store.charge(both.clone(), now()).await.unwrap(), Charged::Allowed);
    }
    assert!(matches!(store.charge(both.clone(), now()).await.unwrap(), Charged::Refused(_)));
    store.refund(both.clone(), now()).await.unwrap();
    assert_eq!(store.charge(both.clone(), now()).await.unwrap(), Charged::Allowed);
    assert!(matches!(store.charge(both.clone(), now()).await.unwrap(), Charged::Refused(_)));
    for _ in 0..2 {
        store.refund(both.clone(), now()).await.unwrap();
    }
    assert_eq!(engine.count("SELECT count(*) FROM limits").await, 0);
}

pub async fn a_refund_of_nothing_changes_nothing<E: Engine>(engine: E) {
    let store = engine.store();
    store.refund(vec![charge("a", 1)], now()).await.unwrap();
    assert_eq!(store.charge(vec![charge("a", 1)], now()).await.unwrap(), Charged::Allowed);
    assert!(matches!(store.charge(vec![charge("a", 1)], now()).await.unwrap(), Charged::Refused(_)));
}

pub async fn a_refusal_says_how_long_until_all_have_room<E: Engine>(engine: E) {
    let store = engine.store();
    let slow = Charge::one(LimitKey::new(LimitKind::PasswordAddress, "slow"), Gcra { burst: 1, period: 24 * HOUR });
    let both = vec![charge("quick", 1), slow, charge("free", 9)];
    assert_eq!(store.charge(both.clone(), now()).await.unwrap(), Charged::Allowed);
    let later = now() + Duration::from_secs(60);
    let wait = 24 * HOUR - Duration::from_secs(60);
    assert!(matches!(store.charge(both.clone(), later).await.unwrap(), Charged::Refused(exhausted) if exhausted.retry_after == wait));
    assert_eq!(store.charge(both, later + wait).await.unwrap(), Charged::Allowed);
}
