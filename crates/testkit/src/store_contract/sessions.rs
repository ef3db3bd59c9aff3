//! Sessions.

use std::time::Duration;

use daftar_core::account::{Account, AccountId, AccountStatus};
use daftar_core::limit::{Charge, Charged, Gcra, LimitKey, LimitKind};
use daftar_core::password::PasswordRecord;
use daftar_core::ports::{Store as _, Timestamp};
use daftar_core::session::{Reachable, SessionId};
use daftar_core::sign_in::Opened;
use daftar_store::SqlStore;

use super::Engine;
use super::given::{self, HOUR, now, opening, sign_in};

async fn kept_password(store: &SqlStore, name: &str) -> Option<PasswordRecord> {
    store.sign_in_record(&given::username(name).into(), given::from()).await.unwrap().unwrap().password
}

/// Whose session it is, which all ways of asking agree on.
async fn speaks_for(store: &SqlStore, session: SessionId, at: Timestamp) -> Option<AccountId> {
    let (account, profile) = (store.session_account(session, at).await.unwrap(), store.session_profile(session, at).await.unwrap());
    assert_eq!(profile.as_ref().map(|profile| profile.id), account);
    let expected = profile.clone().map(|Account { id, email, phone, .. }| Reachable {
        account: id,
        email: email.map(|email| email.id),
        phone: phone.map(|phone| phone.id),
    });
    assert_eq!(store.session_contacts(session, at).await.unwrap(), expected);
    if let Some(profile) = profile {
        assert_eq!(store.account(profile.id).await.unwrap(), Some(profile));
    }
    account
}

pub async fn a_session_speaks_for_its_account_until_it_is_over<E: Engine>(engine: E) {
    let store = engine.store();
    let (siti, budi) = (given::account("siti"), given::account("budi"));
    for account in [&siti, &budi] {
        store.create_account(account.clone(), None).await.unwrap();
    }
    let (session, others) = (sign_in(store, &siti).await, sign_in(store, &budi).await);
    let last = now() + 12 * HOUR - Duration::from_millis(1);
    assert_eq!(speaks_for(store, session, now()).await, Some(siti.id));
    assert_eq!(speaks_for(store, session, last).await, Some(siti.id));
    assert_eq!(speaks_for(store, session, now() + 12 * HOUR).await, None);
    assert_eq!(speaks_for(store, SessionId(given::account_id().0), now()).await, None);
    store.set_status(budi.id, AccountStatus::Disabled, now()).await.unwrap();
    assert_eq!(speaks_for(store, others, now()).await, None, "a disabled account's");
}

pub async fn signing_out_ends_that_session_alone_and_for_good<E: Engine>(engine: E) {
    let store = engine.store();
    let siti = given::account("siti");
    store.create_account(siti.clone(), None).await.unwrap();
    let (ended, other) = (sign_in(store, &siti).await, sign_in(store, &siti).await);
    for at in [now(), now() + HOUR] {
        store.end_session(ended, at).await.unwrap();
        assert_eq!(speaks_for(store, ended, at).await, None);
        assert_eq!(speaks_for(store, other, at).await, Some(siti.id));
    }
    let first = now().as_millisecond();
    assert_eq!(engine.count(&format!("SELECT count(*) FROM sessions WHERE ended_at = {first}")).await, 1, "it ended the first time");
    store.end_session(SessionId(given::account_id().0), now()).await.unwrap();
}

pub async fn no_session_opens_for_a_password_that_was_changed<E: Engine>(engine: E) {
    let store = engine.store();
    let siti = given::account("siti");
    store.create_account(siti.clone(), None).await.unwrap();
    let mut open = opening(&siti);
    open.password = given::password("an older one");
    open.rehashed = Some(given::password("of an older one"));
    assert_eq!(store.open_session(open.clone()).await.unwrap(), Opened::Stale);
    assert_eq!(store.session_account(open.session.id, now()).await.unwrap(), None);
    assert_eq!(kept_password(store, "siti").await, siti.password);
    assert_eq!(store.open_session(opening(&given::account("nobody"))).await.unwrap(), Opened::Stale);
}

pub async fn row_12_no_session_opens_for_a_disabled_account<E: Engine>(engine: E) {
    let store = engine.store();
    let siti = given::account("siti");
    store.create_account(siti.clone(), None).await.unwrap();
    store.set_status(siti.id, AccountStatus::Disabled, now()).await.unwrap();
    assert_eq!(store.open_session(opening(&siti)).await.unwrap(), Opened::Disabled);
    assert_eq!(engine.count("SELECT count(*) FROM sessions").await, 0);
}

pub async fn a_stale_password_is_replaced_by_its_new_record<E: Engine>(engine: E) {
    let store = engine.store();
    let siti = given::account("siti");
    store.create_account(siti.clone(), None).await.unwrap();
    let mut open = opening(&siti);
    open.rehashed = Some(given::password("stronger"));
    assert_eq!(store.open_session(open).await.unwrap(), Opened::Open);
    assert_eq!(kept_password(store, "siti").await, Some(given::password("stronger")));
    assert_eq!(store.open_session(opening(&siti)).await.unwrap(), Opened::Stale);
}

pub async fn a_right_password_gives_its_charges_back<E: Engine>(engine: E) {
    let store = engine.store();
    let siti = given::account("siti");
    store.create_account(siti.clone(), None).await.unwrap();
    let charge = vec![Charge::one(LimitKey::new(LimitKind::PasswordAddress, "password/here"), Gcra { burst: 1, period: HOUR })];
    assert_eq!(store.charge(charge.clone(), now()).await.unwrap(), Charged::Allowed);
    let mut stale = opening(&siti);
    (stale.password, stale.refund) = (given::password("an older one"), charge.clone());
    assert_eq!(store.open_session(stale).await.unwrap(), Opened::Stale);
    assert!(matches!(store.charge(charge.clone(), now()).await.unwrap(), Charged::Refused { .. }));

    let mut open = opening(&siti);
    open.refund = charge.clone();
    assert_eq!(store.open_session(open).await.unwrap(), Opened::Open);
    assert_eq!(store.charge(charge, now()).await.unwrap(), Charged::Allowed);
}
