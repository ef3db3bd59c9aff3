//! A database that was restored from a copy: everything that was open in it is over.

use daftar_core::code::Purpose;
use daftar_core::message::Channel;
use daftar_core::ports::{Outbox as _, Store as _};
use daftar_core::redemption::{Redeemed, Refusal};
use daftar_core::registration::Finished;

use super::Engine;
use super::given::{self, MINUTE, now};

pub async fn what_is_restored_brings_nothing_back_to_life<E: Engine>(engine: E) {
    let store = engine.store();
    let siti = given::everything(store).await;
    let session = given::sign_in(store, &siti).await;
    let code = given::send(store, Purpose::AppReset, siti.id, given::email("siti")).await;
    let pending = given::by_mail("mei", None);
    store.start_registration(pending.new.clone(), None).await.unwrap();
    let shop = given::machine("till");
    store.create_client(shop.clone()).await.unwrap();
    let grant = given::grant(&shop);
    assert!(store.grant_access(grant.clone()).await.unwrap());

    // Also by a clock that is behind: what was made after its moment is no less over.
    assert!(store.end_everything(now() - MINUTE).await.unwrap() > 5);

    assert_eq!(store.session_account(session, now()).await.unwrap(), None);
    assert!(matches!(store.redeem(code.show()).await.unwrap(), Redeemed::Refused(Refusal::Wrong)));
    for proof in [pending.show_code(), pending.follow_link(now())] {
        assert!(!matches!(store.finish_registration(proof).await.unwrap(), Finished::Created(_)));
    }
    assert!(store.live_grant(grant.id, now()).await.unwrap().is_none());
    for channel in [Channel::Email, Channel::Sms] {
        assert!(store.claim(channel, 10, now(), MINUTE).await.unwrap().messages.is_empty());
    }
    for open in [
        "SELECT count(*) FROM sessions WHERE ended_at IS NULL",
        "SELECT count(*) FROM challenges WHERE state = 'open'",
        "SELECT count(*) FROM recoveries",
        "SELECT count(*) FROM access_tokens",
        "SELECT count(*) FROM sessions WHERE device_token IS NOT NULL",
        "SELECT count(*) FROM repeats WHERE length(answer) > 0",
        "SELECT count(*) FROM outbox WHERE sealed IS NOT NULL OR state IN ('waiting', 'accepted')",
    ] {
        assert_eq!(engine.count(open).await, 0, "{open}");
    }
    // The account is whole, and whoever knows its password comes in.
    let session = given::sign_in(store, &siti).await;
    assert_eq!(store.session_account(session, now()).await.unwrap(), Some(siti.id));
}

pub async fn what_has_ended_before_stays_as_it_is<E: Engine>(engine: E) {
    let store = engine.store();
    given::everything(store).await;
    store.end_everything(now()).await.unwrap();
    let before = engine.rows().await;
    assert_eq!(store.end_everything(now() + MINUTE).await.unwrap(), 0);
    assert_eq!(engine.rows().await, before);
}
