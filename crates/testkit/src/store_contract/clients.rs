//! Machine clients.

use daftar_core::client::{MachineClient, Scope};
use daftar_core::identifier::Country;
use daftar_core::ports::{Store as _, StoreError};
use daftar_core::secret::Mac;

use super::Engine;
use super::given::{self, HOUR, now};

fn shop(id: &str) -> MachineClient {
    MachineClient {
        id: given::client(id),
        name: "Toko Siti, Jakarta".to_owned(),
        scopes: vec![Scope::Usapi, Scope::Admin],
        country: Country::indonesia(),
        secret_mac: Mac([3; 32]),
        created_at: now(),
        disabled_at: None,
    }
}

pub async fn a_client_reads_back_as_it_was_written<E: Engine>(engine: E) {
    let store = engine.store();
    let mut bare = shop("bare");
    bare.scopes.clear();
    bare.country = Country::parse("HK").unwrap();
    for client in [shop("shop"), bare] {
        store.create_client(client.clone()).await.unwrap();
        assert_eq!(store.client(&client.id).await.unwrap(), Some(client));
    }
    assert_eq!(store.client(&given::client("another")).await.unwrap(), None);
}

pub async fn clients_are_listed_oldest_first<E: Engine>(engine: E) {
    let store = engine.store();
    let (mut young, old) = (shop("a"), shop("b"));
    young.created_at = now() + HOUR;
    for client in [&young, &old] {
        store.create_client(client.clone()).await.unwrap();
    }
    assert_eq!(store.clients().await.unwrap(), [old, young]);
}

pub async fn a_client_is_rotated_and_disabled<E: Engine>(engine: E) {
    let store = engine.store();
    let (client, other) = (shop("shop"), shop("other"));
    for client in [&client, &other] {
        store.create_client(client.clone()).await.unwrap();
    }
    assert!(store.rotate_client(&client.id, Mac([4; 32])).await.unwrap());
    assert_eq!(store.client(&client.id).await.unwrap().unwrap().secret_mac, Mac([4; 32]));
    assert!(store.disable_client(&client.id, now()).await.unwrap());
    assert!(store.disable_client(&client.id, now() + HOUR).await.unwrap());
    assert_eq!(store.client(&client.id).await.unwrap().unwrap().disabled_at, Some(now()));
    assert_eq!(store.client(&other.id).await.unwrap(), Some(other));
    let nobody = given::client("nobody");
    assert!(!store.rotate_client(&nobody, Mac([4; 32])).await.unwrap());
    assert!(!store.disable_client(&nobody, now()).await.unwrap());
}

pub async fn a_client_reads_phone_numbers_where_it_was_told_to<E: Engine>(engine: E) {
    let store = engine.store();
    let (client, other) = (shop("shop"), shop("other"));
    for client in [&client, &other] {
        store.create_client(client.clone()).await.unwrap();
    }
    let hong_kong = Country::parse("HK").unwrap();
    assert!(store.set_client_country(&client.id, hong_kong.clone()).await.unwrap());
    assert_eq!(store.client(&client.id).await.unwrap(), Some(MachineClient { country: hong_kong.clone(), ..client.clone() }));
    assert_eq!(store.client(&other.id).await.unwrap(), Some(other));
    assert!(!store.set_client_country(&given::client("nobody"), hong_kong).await.unwrap());
    // As the program before countries wrote it.
    engine.execute("UPDATE clients SET country = NULL").await;
    assert_eq!(store.client(&client.id).await.unwrap(), Some(client));
}

pub async fn no_two_clients_have_one_id<E: Engine>(engine: E) {
    let store = engine.store();
    store.create_client(shop("shop")).await.unwrap();
    let mut second = shop("shop");
    second.secret_mac = Mac([9; 32]);
    assert!(matches!(store.create_client(second).await, Err(StoreError::Failed(_))));
    assert_eq!(store.clients().await.unwrap(), [shop("shop")]);
}
