//! Where push messages go: the devices of sessions.

use daftar_core::account::{AccountStatus, NewAccount};
use daftar_core::device::{Device, DeviceKind};
use daftar_core::ports::Store as _;
use daftar_core::session::SessionId;
use daftar_core::sign_in::Opened;
use daftar_store::SqlStore;

use super::given::{self, DAY, HOUR, device, made, now, recover, sign_in, sign_in_by_code};
use super::{Engine, at_once};

/// An account with so many sessions.
async fn signed_in<const N: usize>(store: &SqlStore, name: &str) -> (NewAccount, [SessionId; N]) {
    let account = given::account(name);
    store.create_account(account.clone(), None).await.unwrap();
    let mut sessions = [SessionId(account.id.0); N];
    for session in &mut sessions {
        *session = sign_in(store, &account).await;
    }
    (account, sessions)
}

/// Whose session the device named `token` belongs to.
async fn bound_to(store: &SqlStore, token: &str) -> Option<SessionId> {
    store.session_of_device(&device(token).token, now()).await.unwrap().map(|(session, _)| session)
}

async fn bind(store: &SqlStore, session: SessionId, token: &str) -> bool {
    store.bind_device(session, device(token), now()).await.unwrap()
}

pub async fn a_device_reads_back_as_it_was_bound<E: Engine>(engine: E) {
    let store = engine.store();
    let (_, [session]) = signed_in(store, "siti").await;
    for kind in [Some(DeviceKind::Ios), Some(DeviceKind::Android), None] {
        let device = Device { kind, ..device("token") };
        assert!(store.bind_device(session, device.clone(), now()).await.unwrap());
        assert_eq!(store.session_of_device(&device.token, now()).await.unwrap(), Some((session, kind)));
    }
    assert_eq!(bound_to(store, "Token").await, None, "upper and lower case differ");
}

pub async fn a_device_can_be_bound_while_signing_in<E: Engine>(engine: E) {
    let store = engine.store();
    let (siti, [old]) = signed_in(store, "siti").await;
    assert!(bind(store, old, "token").await);
    let mut open = given::opening(&siti);
    open.device = Some(device("token"));
    assert_eq!(store.open_session(open.clone()).await.unwrap(), Opened::Open);
    assert_eq!(bound_to(store, "token").await, Some(open.session.id));
    assert_eq!(store.session_account(old, now()).await.unwrap(), Some(siti.id), "losing a device ends no session");
}

pub async fn a_device_belongs_to_the_newest_session_alone<E: Engine>(engine: E) {
    let store = engine.store();
    let (_, sessions) = signed_in::<2>(store, "siti").await;
    let (_, others) = signed_in::<1>(store, "budi").await;
    for session in sessions.into_iter().chain(others) {
        assert!(bind(store, session, "token").await);
        assert_eq!(bound_to(store, "token").await, Some(session));
        assert_eq!(engine.count("SELECT count(*) FROM sessions WHERE device_token IS NOT NULL OR device_kind IS NOT NULL").await, 1);
    }
}

pub async fn a_session_has_one_device<E: Engine>(engine: E) {
    let store = engine.store();
    let (_, [session]) = signed_in(store, "siti").await;
    for token in ["one", "two"] {
        assert!(bind(store, session, token).await);
    }
    assert_eq!((bound_to(store, "one").await, bound_to(store, "two").await), (None, Some(session)));
}

pub async fn an_ended_session_has_no_device<E: Engine>(engine: E) {
    let store = engine.store();
    let (_, [out, stays]) = signed_in(store, "siti").await;
    let (budi, [disabled]) = signed_in(store, "budi").await;
    let (ani, [reset]) = signed_in(store, "ani").await;
    for (session, token) in [(out, "out"), (stays, "stays"), (disabled, "disabled"), (reset, "reset")] {
        assert!(bind(store, session, token).await);
    }
    store.end_session(out, now()).await.unwrap();
    store.set_status(budi.id, AccountStatus::Disabled, now()).await.unwrap();
    let recovery = recover(store, ani.id, given::email("ani")).await;
    store.set_password(given::reset(ani.id, recovery, now())).await.unwrap();
    for token in ["out", "disabled", "reset"] {
        assert_eq!(bound_to(store, token).await, None, "{token}");
    }
    assert_eq!(bound_to(store, "stays").await, Some(stays));
    assert_eq!(engine.count("SELECT count(*) FROM sessions WHERE device_token IS NOT NULL OR device_kind IS NOT NULL").await, 1);
}

pub async fn a_device_is_bound_to_a_live_session_alone<E: Engine>(engine: E) {
    let store = engine.store();
    let (_, [live, ended]) = signed_in(store, "siti").await;
    let (budi, [disabled]) = signed_in(store, "budi").await;
    assert!(bind(store, live, "token").await);
    store.end_session(ended, now()).await.unwrap();
    store.set_status(budi.id, AccountStatus::Disabled, now()).await.unwrap();
    for session in [ended, disabled, SessionId(given::account_id().0)] {
        assert!(!bind(store, session, "token").await);
    }
    let over = now() + 12 * HOUR;
    assert!(!store.bind_device(live, device("token"), over).await.unwrap());
    assert_eq!(bound_to(store, "token").await, Some(live), "nobody took it");
    assert_eq!(store.session_of_device(&device("token").token, over).await.unwrap(), None, "its session is over");
    // One whose session is over is free for the next one.
    let ani = made(store, "ani", 1).await;
    let next = sign_in_by_code(store, ani.id, given::phone(1)).await;
    assert!(store.bind_device(next, device("token"), now() + DAY).await.unwrap());
    assert_eq!(bound_to(store, "token").await, Some(next));
}

pub async fn of_16_sessions_that_want_one_device_at_once_one_has_it<E: Engine>(engine: E) {
    let store = engine.store();
    let mut calls = Vec::new();
    for n in 0..16 {
        let (_, [session]) = signed_in(store, &format!("user{n}")).await;
        let store = store.clone();
        calls.push(async move { bind(&store, session, "token").await });
    }
    assert!(at_once(calls).await.into_iter().all(|bound| bound));
    assert!(bound_to(store, "token").await.is_some());
    assert_eq!(engine.count("SELECT count(*) FROM sessions WHERE device_token IS NOT NULL").await, 1);
}

pub async fn sessions_that_swap_their_devices_at_once_wait_for_one_another<E: Engine>(engine: E) {
    let store = engine.store();
    let (_, [siti]) = signed_in(store, "siti").await;
    let (_, [budi]) = signed_in(store, "budi").await;
    for round in 0..8 {
        for (session, token) in [(siti, "one"), (budi, "two")] {
            assert!(bind(store, session, token).await);
        }
        let swapped = at_once([(siti, "two"), (budi, "one")].map(|(session, token)| {
            let store = store.clone();
            async move { bind(&store, session, token).await }
        }))
        .await;
        assert_eq!(swapped, [true, true], "round {round}");
        assert_eq!((bound_to(store, "one").await, bound_to(store, "two").await), (Some(budi), Some(siti)), "round {round}");
    }
}

pub async fn no_device_is_bound_to_a_session_that_ends_at_the_same_time<E: Engine>(engine: E) {
    let store = engine.store();
    for n in 0..8 {
        let (account, sessions) = signed_in::<6>(store, &format!("user{n}")).await;
        let binding = sessions.into_iter().enumerate().map(|(at, session)| {
            let store = store.clone();
            tokio::spawn(async move {
                bind(&store, session, &format!("token/{n}/{at}")).await;
            })
        });
        let ending = [0, 1].map(|out| {
            let (store, session, account) = (store.clone(), sessions[out], account.id);
            tokio::spawn(async move {
                match out {
                    0 => {
                        store.end_session(session, now()).await.unwrap();
                    }
                    _ => assert!(store.set_status(account, AccountStatus::Disabled, now()).await.unwrap()),
                }
            })
        });
        for task in binding.chain(ending).collect::<Vec<_>>() {
            task.await.unwrap();
        }
        assert_eq!(engine.count("SELECT count(*) FROM sessions WHERE device_token IS NOT NULL").await, 0);
    }
}
