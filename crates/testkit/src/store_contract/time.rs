//! Clocks that are set back: what was over stays over, and nothing lives longer than it would have.

use std::time::Duration;

use daftar_core::account::AccountId;
use daftar_core::code::Purpose;
use daftar_core::limit::{Charge, Charged, Exhausted, Gcra, LimitKey, LimitKind};
use daftar_core::message::Channel;
use daftar_core::outbox::Settlement;
use daftar_core::ports::{Outbox as _, Store as _, Timestamp, new_id};
use daftar_store::{SqlStore, Told};

use super::given::{self, DAY, HOUR, MINUTE, now, untried};
use super::{Engine, at_once};
use crate::clock::OsEntropy;

const SECOND: Duration = Duration::from_secs(1);

/// The tables in which things end, and which rows still can.
const ENDING: [(&str, &str); 7] = [
    ("sessions", "TRUE"),
    ("challenges", "state = 'open'"),
    ("registrations", "TRUE"),
    ("customers", "TRUE"),
    ("recoveries", "TRUE"),
    ("access_tokens", "TRUE"),
    ("outbox", "sealed IS NOT NULL"),
];

/// Tells the store what a server's clock shows.
async fn told(store: &SqlStore, now: Timestamp) -> Option<Duration> {
    store.keep_time(Told::Here { latest: Timestamp::MIN, shown: now, now }).await.unwrap().set_back
}

/// How many of them are over at `at`.
async fn over<E: Engine>(engine: &E, at: Timestamp) -> Vec<(&'static str, i64)> {
    let mut over = Vec::new();
    for (table, which) in ENDING {
        let sql = format!("SELECT count(*) FROM {table} WHERE expires_at <= {} AND {which}", at.as_millisecond());
        over.push((table, engine.count(&sql).await));
    }
    over
}

/// One row in each of them at least, made now.
async fn everything(store: &SqlStore) {
    given::everything(store).await;
    given::send(store, Purpose::AppSignup, given::account_id(), given::phone(9)).await;
}

pub async fn fault_6_a_clock_that_goes_on_or_is_back_by_less_than_a_second_changes_nothing<E: Engine>(engine: E) {
    let store = engine.store();
    everything(store).await;
    let ends = "SELECT CAST(sum(expires_at) AS BIGINT) FROM challenges";
    let before = engine.count(ends).await;
    for time in [now(), now() + 10 * MINUTE, now() + 10 * MINUTE - SECOND, now() + DAY, now() + DAY - SECOND] {
        assert_eq!(told(store, time).await, None);
    }
    assert_eq!(engine.count(ends).await, before);
}

pub async fn fault_6_what_was_over_when_the_clock_was_set_back_is_over_then<E: Engine>(engine: E) {
    let store = engine.store();
    everything(store).await;
    // The codes last 10 minutes, the registrations and the messages 30, the grant an hour, the session 12.
    for (latest, back_to) in [(20 * MINUTE, 5 * MINUTE), (40 * MINUTE, 6 * MINUTE), (2 * HOUR, 7 * MINUTE), (13 * HOUR, 8 * MINUTE)] {
        assert_eq!(told(store, now() + latest).await, None);
        let expected = over(&engine, now() + latest).await;
        assert_eq!(told(store, now() + back_to).await, Some(latest - back_to));
        assert_eq!(over(&engine, now() + back_to).await, expected, "back from {latest:?}");
    }
    assert!(over(&engine, now() + 8 * MINUTE).await.iter().all(|(_, rows)| *rows > 0), "of every kind something was over");
}

pub async fn fault_6_what_was_over_stays_over_after_a_restart_with_the_clock_back<E: Engine>(engine: E) {
    everything(engine.store()).await;
    told(engine.store(), now() + 20 * MINUTE).await;
    let engine = engine.reopened().await;
    assert_eq!(told(engine.store(), now() + 2 * MINUTE).await, Some(18 * MINUTE));
    let recoveries = engine.count(&format!("SELECT count(*) FROM recoveries WHERE expires_at > {}", (now() + 2 * MINUTE).as_millisecond())).await;
    assert_eq!(recoveries, 0);
}

pub async fn fault_6_what_was_made_in_an_hour_that_comes_again_lives_no_longer<E: Engine>(engine: E) {
    let store = engine.store();
    everything(store).await;
    let rest = [(4 * MINUTE, "challenges"), (4 * MINUTE, "recoveries"), (54 * MINUTE, "access_tokens"), (11 * HOUR + 54 * MINUTE, "sessions")];
    // Six minutes after all of it was made, somebody finds that the clock is an hour ahead.
    told(store, now() + 6 * MINUTE).await;
    let mended = now() + 6 * MINUTE - HOUR;
    for again in [Some(HOUR), None] {
        assert_eq!(told(store, mended).await, again);
        for (rest, table) in rest {
            let which = if table == "challenges" { "state = 'open'" } else { "TRUE" };
            let all = format!("SELECT count(*) FROM {table} WHERE {which}");
            let end = (mended + rest).as_millisecond();
            let moved = engine.count(&format!("{all} AND created_at <= {} AND expires_at = {end}", mended.as_millisecond())).await;
            assert_eq!(moved, engine.count(&all).await, "{table}");
            assert!(moved > 0, "{table}");
        }
    }
}

pub async fn fault_6_a_message_waits_no_longer_when_the_clock_is_set_back<E: Engine>(engine: E) {
    let store = engine.store();
    let pending = given::by_phone("budi", &given::phone(1));
    store.start_registration(pending.new.clone(), None).await.unwrap();
    let claim = async |at| store.claim(Channel::Sms, 10, at, MINUTE).await.unwrap().messages;
    let [message] = claim(now()).await.try_into().unwrap();
    let retry = Settlement::Retry { at: now() + 2 * MINUTE, reason: "busy".to_owned() };
    store.settle(message.envelope.id, untried(message.number, retry), now()).await.unwrap();
    told(store, now() + MINUTE).await;
    let mended = now() + MINUTE - HOUR;
    told(store, mended).await;
    assert!(claim(mended + MINUTE - SECOND).await.is_empty());
    assert_eq!(claim(mended + MINUTE).await.len(), 1);
    // The lease is as long as it was, too.
    told(store, mended + MINUTE).await;
    told(store, mended - HOUR).await;
    assert!(claim(mended - HOUR + MINUTE - SECOND).await.is_empty());
    assert_eq!(claim(mended - HOUR + MINUTE).await.len(), 1);
}

pub async fn fault_6_a_limit_refills_as_if_the_clock_had_not_been_set_back<E: Engine>(engine: E) {
    let store = engine.store();
    let key = || LimitKey::new(LimitKind::PasswordAddress, "here");
    let charge = async |at| {
        let limit = Gcra { burst: 2, period: HOUR };
        store.charge(vec![Charge::one(key(), limit)], at).await.unwrap()
    };
    let refused = |wait| Charged::Refused(Exhausted { retry_after: wait, spent: vec![key()] });
    assert_eq!((charge(now()).await, charge(now()).await), (Charged::Allowed, Charged::Allowed));
    told(store, now() + 20 * MINUTE).await;
    for back_to in [now() - DAY, now() - 2 * DAY] {
        told(store, back_to).await;
        assert_eq!(charge(back_to).await, refused(10 * MINUTE));
    }
    let mended = now() - 2 * DAY;
    assert_eq!(charge(mended + 10 * MINUTE).await, Charged::Allowed);
    assert_eq!(charge(mended + 10 * MINUTE).await, refused(30 * MINUTE));
    told(store, mended + HOUR + 10 * MINUTE).await;
    told(store, mended).await;
    assert_eq!((charge(mended).await, charge(mended).await), (Charged::Allowed, Charged::Allowed));
}

pub async fn fault_6_wrong_codes_count_against_everybody_for_an_hour_although_the_clock_is_set_back<E: Engine>(engine: E) {
    let store = engine.store();
    let wrong = async |number, at| {
        let pending = given::by_phone(&format!("user{number}"), &given::phone(number));
        store.start_registration(pending.new.clone(), None).await.unwrap();
        store.finish_registration(pending.show(&pending.wrong_code(), at)).await.unwrap();
    };
    let counted = async |at| store.pressure(&["nobody".to_owned()], at).await.unwrap().installation;
    wrong(1, now()).await;
    wrong(2, now() + 5 * MINUTE).await;
    told(store, now() + 6 * MINUTE).await;
    let mended = now() + 6 * MINUTE - DAY;
    told(store, mended).await;
    assert_eq!((counted(mended).await, counted(mended + 50 * MINUTE).await, counted(mended + HOUR).await), (2, 2, 0));
    assert_eq!(counted(now() + 6 * MINUTE).await, 0, "they are moved, and not counted twice");
}

pub async fn fault_6_a_thousand_rows_are_put_in_order_however_many_servers_say_so<E: Engine>(engine: E) {
    let store = engine.store().clone();
    let send = |number: u32| {
        let store = store.clone();
        async move {
            let sent = given::code(Purpose::AppSignup, AccountId(new_id(now(), &OsEntropy)), given::phone(number));
            store.send_challenge(sent.challenge, sent.envelope.into()).await.unwrap();
        }
    };
    at_once((0..600).map(send)).await;
    at_once((600..1100).map(send)).await;
    told(&store, now() + 20 * MINUTE).await;
    let (latest, back_to) = (now() + 20 * MINUTE, now() + 5 * MINUTE);
    let tell = |_| {
        let store = store.clone();
        async move { store.keep_time(Told::Here { latest, shown: latest, now: back_to }).await.unwrap().set_back }
    };
    let steps = at_once((0..8).map(tell)).await;
    assert_eq!(steps.into_iter().flatten().collect::<Vec<_>>(), [15 * MINUTE]);
    assert_eq!(engine.count(&format!("SELECT count(*) FROM challenges WHERE expires_at = {}", back_to.as_millisecond())).await, 1100);
}

pub async fn fault_6_a_clock_that_wakes_up_in_another_century_takes_nothing_with_it<E: Engine>(engine: E) {
    let store = engine.store();
    let siti = given::account("siti");
    store.create_account(siti.clone(), None).await.unwrap();
    let session = given::sign_in(store, &siti).await;
    let here = |latest, shown, now| Told::Here { latest, shown, now };
    let latest = store.keep_time(here(Timestamp::MIN, now(), now())).await.unwrap().latest;
    let kept = store.keep_time(here(latest, now(), Timestamp::UNIX_EPOCH)).await.unwrap();
    assert!(kept.is_absurd);
    let kept = store.keep_time(here(kept.latest, Timestamp::UNIX_EPOCH, now())).await.unwrap();
    assert_eq!(kept.set_back, None);
    assert_eq!(store.session_account(session, now()).await.unwrap(), Some(siti.id), "nobody is signed out");
}
