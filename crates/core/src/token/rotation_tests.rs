//! Keys that rotate while replicas sign and check: nobody's good token is refused, and made-up names cost the store nothing.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use futures_util::future::join_all;
use jsonwebtoken::EncodingKey;

use super::*;
use crate::ports::testing::CountingEntropy;
use crate::ports::{Clock, SigningKeys, StoreError};
use crate::secret::Secrets;

const KIND: TokenKind = TokenKind::Session(Surface::Usapi);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);
const SECOND: Duration = Duration::from_secs(1);

/// A store of keys, the clock of everybody, and a count of how often it was asked.
struct House {
    keys: Mutex<Vec<SealedKey>>,
    now: Mutex<Timestamp>,
    readings: AtomicUsize,
    away: AtomicBool,
}

#[async_trait]
impl SigningKeys for House {
    async fn signing_keys(&self) -> Result<Vec<SealedKey>, StoreError> {
        self.readings.fetch_add(1, Ordering::SeqCst);
        tokio::task::yield_now().await;
        if self.away.load(Ordering::SeqCst) { Err(StoreError::Unavailable("away".into())) } else { Ok(self.keys.lock().unwrap().clone()) }
    }

    async fn first_signing_key(&self, first: SealedKey) -> Result<Vec<SealedKey>, StoreError> {
        let mut keys = self.keys.lock().unwrap();
        if keys.is_empty() {
            keys.push(first);
        }
        Ok(keys.clone())
    }

    async fn rotate_signing_keys(&self, rotation: Rotation) -> Result<(), StoreError> {
        let mut keys = self.keys.lock().unwrap();
        *keys = rotation.turn(std::mem::take(&mut keys), None);
        Ok(())
    }
}

impl Clock for House {
    fn now(&self) -> Timestamp {
        *self.now.lock().unwrap()
    }
}

impl House {
    async fn new() -> (Arc<Self>, StoredKeys) {
        let start = Mutex::new(Timestamp::from_second(1_790_000_000).unwrap());
        let house = Arc::new(Self { keys: Mutex::default(), now: start, readings: AtomicUsize::new(0), away: AtomicBool::new(false) });
        let entropy = Arc::new(CountingEntropy::default());
        let keys = StoredKeys::new(house.clone(), house.clone(), entropy, &Secrets::derive(&[7; 32]));
        keys.begin(None).await.unwrap();
        (house, keys)
    }

    fn wait(&self, time: Duration) {
        *self.now.lock().unwrap() += time;
    }

    fn sign(&self, replica: &KeyRing) -> String {
        let now = self.now();
        let registered = replica.registered(KIND, Uuid::from_u128(1), now, now + DAY);
        replica.sign(&AccountClaims { registered, sub: Uuid::from_u128(2) }, now).unwrap()
    }

    async fn check(&self, replica: &KeyRing, token: &str) -> Result<(), TokenError> {
        replica.check::<AccountClaims>(token, KIND, self.now()).await.map(drop)
    }

    fn published(&self, replica: &KeyRing) -> usize {
        replica.jwks(self.now()).keys.len()
    }
}

async fn replica(keys: &StoredKeys) -> KeyRing {
    KeyRing::stored("https://id.example", keys.clone()).await.unwrap()
}

fn kid(token: &str) -> String {
    jsonwebtoken::decode_header(token).unwrap().kid.unwrap()
}

/// A token of ours in everything but its key.
fn made_up(kid: &str) -> String {
    let key = EncodingKey::from_ec_pem(SigningKey::generate().unwrap().as_bytes()).unwrap();
    let header = Header { kid: Some(kid.to_owned()), ..Header::new(Algorithm::ES256) };
    with_low_s(jsonwebtoken::encode(&header, &serde_json::json!({}), &key).unwrap())
}

#[tokio::test]
async fn a_new_key_is_published_before_it_signs_and_the_old_one_checks_until_its_tokens_end() {
    let (house, keys) = House::new().await;
    let one = replica(&keys).await;
    let old = house.sign(&one);
    keys.rotate(DAY).await.unwrap();
    one.reload().await.unwrap();
    assert_eq!((house.published(&one), kid(&house.sign(&one))), (2, kid(&old)));
    house.wait(ANNOUNCED);
    let new = house.sign(&one);
    assert_ne!(kid(&new), kid(&old));
    house.wait(DAY - ANNOUNCED - SECOND);
    assert!(house.check(&one, &old).await.is_ok());
    house.wait(ANNOUNCED + SECOND);
    assert_eq!(house.published(&one), 1);
    assert!(matches!(house.check(&one, &old).await, Err(TokenError::Invalid(_))));
}

#[tokio::test]
async fn a_token_that_is_remembered_is_refused_once_the_term_of_its_key_is_over() {
    let (house, keys) = House::new().await;
    let one = replica(&keys).await;
    let now = house.now();
    // It says of itself that it is good for longer than its key.
    let registered = one.registered(KIND, Uuid::from_u128(1), now, now + 10 * DAY);
    let token = one.sign(&AccountClaims { registered, sub: Uuid::from_u128(2) }, now).unwrap();
    keys.rotate(DAY).await.unwrap();
    one.reload().await.unwrap();
    assert!(house.check(&one, &token).await.is_ok());
    house.wait(ANNOUNCED + DAY - SECOND);
    assert!(house.check(&one, &token).await.is_ok());
    house.wait(2 * SECOND);
    assert!(matches!(house.check(&one, &token).await, Err(TokenError::Invalid(_))));
}

#[tokio::test]
async fn a_replica_that_has_not_looked_yet_takes_a_token_by_a_newer_key() {
    let (house, keys) = House::new().await;
    let (quick, slow) = (replica(&keys).await, replica(&keys).await);
    for _ in 0..2 {
        // Without the announcement, and twice within a second: the hardest that can happen.
        keys.revoke().await.unwrap();
        quick.reload().await.unwrap();
        assert!(house.check(&slow, &house.sign(&quick)).await.is_ok());
    }
}

#[tokio::test]
async fn a_revoked_key_signs_and_checks_nothing_any_more() {
    let (house, keys) = House::new().await;
    let one = replica(&keys).await;
    let old = house.sign(&one);
    assert!(house.check(&one, &old).await.is_ok());
    keys.rotate(DAY).await.unwrap();
    keys.revoke().await.unwrap();
    one.reload().await.unwrap();
    assert_eq!(house.published(&one), 1);
    assert_ne!(kid(&house.sign(&one)), kid(&old));
    assert!(matches!(house.check(&one, &old).await, Err(TokenError::Invalid(_))));
}

#[tokio::test]
async fn a_replica_whose_clock_is_behind_still_signs_after_a_revocation() {
    let (house, keys) = House::new().await;
    keys.revoke().await.unwrap();
    let one = replica(&keys).await;
    let now = house.now() - DAY;
    let registered = one.registered(KIND, Uuid::from_u128(1), now, now + DAY);
    assert!(one.sign(&AccountClaims { registered, sub: Uuid::from_u128(2) }, now).is_ok());
}

#[tokio::test]
async fn a_flood_of_made_up_names_asks_the_store_once_a_second() {
    let (house, keys) = House::new().await;
    let one = replica(&keys).await;
    let before = house.readings.load(Ordering::SeqCst);
    let tokens: Vec<_> = (0..500).map(|n| made_up(&format!("{n:043}"))).collect();
    let began = tokio::time::Instant::now();
    for batch in 1..=2 {
        let answers = join_all(tokens.iter().map(|token| house.check(&one, token))).await;
        assert!(answers.iter().all(|answer| matches!(answer, Err(TokenError::Invalid(_)))));
        assert_eq!(house.readings.load(Ordering::SeqCst) - before, batch, "one for all who ask together");
    }
    assert!(began.elapsed() > SECOND / 2, "and none for a second after it");
}

#[tokio::test]
async fn a_known_key_and_a_name_that_no_key_can_have_ask_nothing() {
    let (house, keys) = House::new().await;
    let one = replica(&keys).await;
    let token = house.sign(&one);
    keys.rotate(DAY).await.unwrap();
    one.reload().await.unwrap();
    let before = house.readings.load(Ordering::SeqCst);
    assert!(house.check(&one, &token).await.is_ok());
    house.wait(DAY + ANNOUNCED);
    let long = "x".repeat(44);
    for token in [token, made_up("' OR 1=1"), made_up(""), made_up(&long), made_up(&"../".repeat(14)), "x.y.z".to_owned()] {
        assert!(matches!(house.check(&one, &token).await, Err(TokenError::Invalid(_))));
    }
    assert_eq!(house.readings.load(Ordering::SeqCst), before);
}

#[tokio::test]
async fn without_the_store_an_unknown_key_is_nobodys_fault_but_ours() {
    let (house, keys) = House::new().await;
    let one = replica(&keys).await;
    let known = house.sign(&one);
    house.away.store(true, Ordering::SeqCst);
    let unknown: Vec<_> = (0..3).map(|n| made_up(&format!("{n:043}"))).collect();
    for answer in join_all(unknown.iter().map(|token| house.check(&one, token))).await {
        assert!(matches!(answer, Err(TokenError::Fault(Fault::Unavailable(_)))), "{answer:?}");
    }
    assert!(matches!(one.reload().await, Err(Fault::Unavailable(_))));
    assert!(house.check(&one, &known).await.is_ok(), "what is known needs no store");
    house.away.store(false, Ordering::SeqCst);
    assert!(matches!(house.check(&one, &unknown[0]).await, Err(TokenError::Invalid(_))));
}

#[tokio::test]
async fn a_store_that_lost_its_keys_leaves_us_ours() {
    let (house, keys) = House::new().await;
    let one = replica(&keys).await;
    let token = house.sign(&one);
    house.keys.lock().unwrap().clear();
    assert!(matches!(one.reload().await, Err(Fault::Broken(_))));
    assert!(house.check(&one, &token).await.is_ok());
    assert!(KeyRing::stored("i", keys).await.is_err());
}

#[tokio::test]
async fn a_key_from_before_is_taken_over_as_the_first_one_and_only_as_that() {
    let (house, keys) = House::new().await;
    house.keys.lock().unwrap().clear();
    let pem = SigningKey::generate().unwrap();
    let name = SigningKey::es256(&pem).unwrap().kid().to_owned();
    keys.begin(Some(&pem)).await.unwrap();
    keys.begin(Some(&SigningKey::generate().unwrap())).await.unwrap();
    let listed: Vec<_> = keys.list().await.unwrap().into_iter().map(|key| key.kid).collect();
    assert_eq!(listed, [name]);
}

#[tokio::test]
async fn the_list_says_what_each_key_is_for() {
    let (house, keys) = House::new().await;
    let states = async || keys.list().await.unwrap().into_iter().map(|key| key.state).collect::<Vec<_>>();
    assert_eq!(states().await, [KeyState::Signing]);
    keys.rotate(DAY).await.unwrap();
    assert_eq!(states().await, [KeyState::Next, KeyState::Signing]);
    house.wait(ANNOUNCED);
    assert_eq!(states().await, [KeyState::Signing, KeyState::Checking]);
    house.wait(DAY);
    assert_eq!(states().await, [KeyState::Signing]);
}
