//! Grants, which access tokens of machine clients stand for.

use std::time::Duration;

use daftar_core::access::{ACCESS_LIFETIME, Grant, GrantId, LiveGrant};
use daftar_core::client::{MachineClient, Scope};
use daftar_core::ports::Store as _;
use daftar_core::secret::Mac;
use daftar_store::SqlStore;

use super::given::{self, grant, machine, now};
use super::{Engine, at_once};

async fn kept(store: &SqlStore, name: &str) -> MachineClient {
    let client = machine(name);
    store.create_client(client.clone()).await.unwrap();
    client
}

async fn granted(store: &SqlStore, client: &MachineClient) -> GrantId {
    let grant = grant(client);
    let id = grant.id;
    assert!(store.grant_access(grant).await.unwrap());
    id
}

async fn is_good(store: &SqlStore, id: GrantId) -> bool {
    store.live_grant(id, now()).await.unwrap().is_some()
}

pub async fn a_grant_reads_back_as_it_was_written_with_its_client<E: Engine>(engine: E) {
    let (shop, _) = (kept(engine.store(), "shop").await, kept(engine.store(), "another").await);
    let both = Grant { scopes: vec![Scope::B2b, Scope::Usapi], ..grant(&shop) };
    assert!(engine.store().grant_access(both.clone()).await.unwrap());
    let one = granted(engine.store(), &shop).await;
    let engine = engine.reopened().await;
    let read = async |id| engine.store().live_grant(id, now()).await.unwrap();
    assert_eq!(read(both.id).await, Some(LiveGrant { client: shop.clone(), scopes: both.scopes }));
    assert_eq!(read(one).await, Some(LiveGrant { client: shop, scopes: vec![Scope::B2b] }));
    assert_eq!(read(GrantId(given::account_id().0)).await, None);
}

pub async fn a_grant_is_good_until_it_is_over<E: Engine>(engine: E) {
    let store = engine.store();
    let shop = kept(store, "shop").await;
    let id = granted(store, &shop).await;
    let end = now() + ACCESS_LIFETIME;
    assert!(store.live_grant(id, end - Duration::from_millis(1)).await.unwrap().is_some());
    assert_eq!(store.live_grant(id, end).await.unwrap(), None);
}

pub async fn an_ended_grant_is_good_no_more_and_the_others_are<E: Engine>(engine: E) {
    let store = engine.store();
    let shop = kept(store, "shop").await;
    let (ended, other) = (granted(store, &shop).await, granted(store, &shop).await);
    for _ in 0..2 {
        store.end_access(ended).await.unwrap();
        assert!(!is_good(store, ended).await && is_good(store, other).await);
    }
    store.end_access(GrantId(given::account_id().0)).await.unwrap();
}

pub async fn a_rotated_or_disabled_client_has_no_good_grant_and_gets_none_for_what_it_was<E: Engine>(engine: E) {
    let store = engine.store();
    let (rotated, disabled, other) = (kept(store, "rotated").await, kept(store, "disabled").await, kept(store, "other").await);
    let (of_rotated, of_disabled, of_other) = (granted(store, &rotated).await, granted(store, &disabled).await, granted(store, &other).await);
    assert!(store.rotate_client(&rotated.id, Mac([4; 32])).await.unwrap());
    assert!(store.disable_client(&disabled.id, now()).await.unwrap());
    assert!(!is_good(store, of_rotated).await && !is_good(store, of_disabled).await && is_good(store, of_other).await);
    for client in [&rotated, &disabled, &machine("nobody")] {
        assert!(!store.grant_access(grant(client)).await.unwrap(), "{client:?}");
    }
    let anew = MachineClient { secret_mac: Mac([4; 32]), ..rotated };
    let id = granted(store, &anew).await;
    assert!(is_good(store, id).await && !is_good(store, of_rotated).await);
    assert_eq!(engine.count("SELECT count(*) FROM access_tokens").await, 4, "nothing was kept for those who were refused");
}

pub async fn nobody_else_has_the_grant_of_a_client_whose_secret_is_the_same<E: Engine>(engine: E) {
    let store = engine.store();
    let (shop, twin) = (kept(store, "shop").await, kept(store, "twin").await);
    assert_eq!(shop.secret_mac, twin.secret_mac);
    let id = granted(store, &shop).await;
    assert_eq!(store.live_grant(id, now()).await.unwrap().map(|grant| grant.client), Some(shop));
}

pub async fn of_64_grants_beside_a_rotation_none_is_good_after_it<E: Engine>(engine: E) {
    let store = engine.store();
    let shop = kept(store, "shop").await;
    let grants: Vec<_> = (0..64).map(|_| grant(&shop)).collect();
    let calls = grants.iter().cloned().enumerate().map(|(n, grant)| {
        let (store, id) = (store.clone(), shop.id.clone());
        async move {
            if n == 32 {
                assert!(store.rotate_client(&id, Mac([4; 32])).await.unwrap());
            }
            store.grant_access(grant).await.unwrap()
        }
    });
    let kept = at_once(calls).await;
    assert!(!kept[32], "it came after the rotation");
    for grant in grants {
        assert!(!is_good(store, grant.id).await);
    }
}

pub async fn of_64_grants_that_end_while_others_begin_exactly_those_are_gone<E: Engine>(engine: E) {
    let store = engine.store();
    let shop = kept(store, "shop").await;
    let mut ending = Vec::new();
    for _ in 0..64 {
        ending.push(granted(store, &shop).await);
    }
    let calls = ending.iter().map(|&id| {
        let (store, grant) = (store.clone(), grant(&shop));
        async move {
            let began = grant.id;
            let (ended, kept) = tokio::join!(store.end_access(id), store.grant_access(grant));
            ended.unwrap();
            assert!(kept.unwrap());
            began
        }
    });
    let began = at_once(calls).await;
    for (ended, began) in ending.into_iter().zip(began) {
        assert!(!is_good(store, ended).await && is_good(store, began).await);
    }
}
