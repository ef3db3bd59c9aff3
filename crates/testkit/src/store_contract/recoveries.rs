//! Recoveries, and setting passwords.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use daftar_core::account::{AccountId, AccountStatus, NewAccount};
use daftar_core::code::Purpose;
use daftar_core::message::{Channel, Content};
use daftar_core::password::PasswordRecord;
use daftar_core::ports::{Outbox as _, Store as _};
use daftar_core::recovery::{NewPassword, PasswordSet, Recovery, RecoveryId};
use daftar_core::redemption::{Pays, Redeemed};
use daftar_core::session::SessionId;
use daftar_core::sign_in::Opened;
use daftar_store::SqlStore;

use super::codes::{WRONG, racing};
use super::given::{self, MINUTE, first_password, made, now, recover, reset, send, sign_in, sign_in_by_code};
use super::registrations::queued;
use super::{Engine, at_once};

async fn kept_password(store: &SqlStore, name: &str) -> Option<PasswordRecord> {
    store.sign_in_record(&given::email(name).into(), given::from()).await.unwrap().unwrap().password
}

/// An account with a password.
async fn with_password(store: &SqlStore, name: &str) -> NewAccount {
    let account = given::account(name);
    store.create_account(account.clone(), None).await.unwrap();
    account
}

/// `new`, whose password we made up and tell.
fn made_up(new: NewPassword, name: &str) -> NewPassword {
    let told = given::envelope(given::email(name), Content::GeneratedPassword { password: "made up for you".to_owned() }, now());
    NewPassword { told: Some(told.into()), ..new }
}

async fn lives(store: &SqlStore, session: SessionId) -> bool {
    store.session_account(session, now()).await.unwrap().is_some()
}

pub async fn a_recovery_reads_back_as_it_was_given<E: Engine>(engine: E) {
    let store = engine.store();
    let siti = made(store, "siti", 1).await;
    let id = recover(store, siti.id, given::phone(1)).await;
    let kept = Recovery { id, account: siti.id, contact: given::phone(1).into() };
    assert_eq!(store.recovery(id, now()).await.unwrap(), Some(kept));
    let id = recover(store, siti.id, given::email("siti")).await;
    assert_eq!(store.recovery(id, now()).await.unwrap().unwrap().contact, given::email("siti").into());
    assert_eq!(store.recovery(RecoveryId(given::account_id().0), now()).await.unwrap(), None);
    assert_eq!(engine.count("SELECT count(*) FROM sessions").await, 0, "it signs nobody in");
}

pub async fn row_11_a_recovery_is_good_once<E: Engine>(engine: E) {
    let store = engine.store();
    let siti = with_password(store, "siti").await;
    let id = recover(store, siti.id, given::email("siti")).await;
    assert_eq!(store.set_password(reset(siti.id, id, now())).await.unwrap(), PasswordSet::Done);
    assert_eq!(kept_password(store, "siti").await, Some(given::password("after a reset")));
    assert_eq!(store.recovery(id, now()).await.unwrap(), None);
    let again = NewPassword { record: given::password("again"), ..reset(siti.id, id, now()) };
    assert_eq!(store.set_password(again).await.unwrap(), PasswordSet::Over);
    assert_eq!(kept_password(store, "siti").await, Some(given::password("after a reset")));
}

pub async fn row_11_a_recovery_lasts_ten_minutes<E: Engine>(engine: E) {
    let store = engine.store();
    let end = now() + 10 * MINUTE;
    for (name, at, outcome) in [("siti", end, PasswordSet::Over), ("budi", end - Duration::from_millis(1), PasswordSet::Done)] {
        let account = with_password(store, name).await;
        let id = recover(store, account.id, given::email(name)).await;
        assert_eq!(store.recovery(id, at).await.unwrap().is_some(), outcome == PasswordSet::Done);
        assert_eq!(store.set_password(reset(account.id, id, at)).await.unwrap(), outcome);
        assert_eq!(kept_password(store, name).await == account.password, outcome == PasswordSet::Over);
    }
}

pub async fn row_11_a_newer_recovery_voids_the_older<E: Engine>(engine: E) {
    let store = engine.store();
    let (siti, budi) = (made(store, "siti", 1).await, made(store, "budi", 2).await);
    let others = recover(store, budi.id, given::phone(2)).await;
    let old = recover(store, siti.id, given::phone(1)).await;
    let new = recover(store, siti.id, given::email("siti")).await;
    assert_eq!(store.recovery(old, now()).await.unwrap(), None);
    assert_eq!(store.set_password(reset(siti.id, old, now())).await.unwrap(), PasswordSet::Over);
    assert_eq!(store.set_password(reset(siti.id, new, now())).await.unwrap(), PasswordSet::Done);
    assert!(store.recovery(others, now()).await.unwrap().is_some(), "and nobody else's");
}

pub async fn row_11_of_16_racing_resets_one_is_done<E: Engine>(engine: E) {
    let store = engine.store();
    let siti = with_password(store, "siti").await;
    let id = recover(store, siti.id, given::email("siti")).await;
    let calls = (0..16).map(|n| {
        let (store, record) = (store.clone(), given::password(&format!("no {n}")));
        let new = NewPassword { record: record.clone(), ..made_up(reset(siti.id, id, now()), "siti") };
        async move { (record, store.set_password(new).await.unwrap()) }
    });
    let outcomes = at_once(calls).await;
    let done: Vec<_> = outcomes.iter().filter(|(_, outcome)| *outcome == PasswordSet::Done).collect();
    assert_eq!((done.len(), outcomes.iter().filter(|(_, outcome)| *outcome == PasswordSet::Over).count()), (1, 15));
    assert_eq!(kept_password(store, "siti").await.as_ref(), Some(&done[0].0));
    assert_eq!(store.waiting().await.unwrap(), 2, "the code, and one password");
}

pub async fn row_11_a_recovery_is_no_good_for_another_account<E: Engine>(engine: E) {
    let store = engine.store();
    let (siti, budi) = (with_password(store, "siti").await, with_password(store, "budi").await);
    let session = sign_in(store, &budi).await;
    let id = recover(store, siti.id, given::email("siti")).await;
    assert_eq!(store.set_password(reset(budi.id, id, now())).await.unwrap(), PasswordSet::Over);
    assert_eq!(store.set_password(reset(given::account_id(), id, now())).await.unwrap(), PasswordSet::Over);
    assert_eq!((kept_password(store, "budi").await, lives(store, session).await), (budi.password, true));
    assert!(store.recovery(id, now()).await.unwrap().is_some());
}

pub async fn row_7_of_100_racing_right_codes_one_gives_a_recovery<E: Engine>(engine: E) {
    let store = engine.store();
    let siti = made(store, "siti", 1).await;
    let sent = send(store, Purpose::AppReset, siti.id, given::phone(1)).await;
    let outcomes = racing(store, 100, || sent.show()).await;
    assert_eq!(outcomes.iter().filter(|outcome| **outcome == Redeemed::Done(siti.id)).count(), 1);
    assert_eq!(outcomes.iter().filter(|outcome| **outcome == WRONG).count(), 99);
    assert_eq!(engine.count("SELECT count(*) FROM recoveries").await, 1);
}

pub async fn row_12_a_reset_ends_every_session_of_the_account<E: Engine>(engine: E) {
    let store = engine.store();
    let (siti, budi) = (with_password(store, "siti").await, with_password(store, "budi").await);
    let ended = [sign_in(store, &siti).await, sign_in_by_code(store, siti.id, given::email("siti")).await];
    let others = sign_in(store, &budi).await;
    let id = recover(store, siti.id, given::email("siti")).await;
    assert_eq!(store.set_password(reset(siti.id, id, now())).await.unwrap(), PasswordSet::Done);
    for session in ended {
        assert!(!lives(store, session).await);
    }
    assert!(lives(store, others).await);
    assert_eq!(store.open_session(given::opening(&siti)).await.unwrap(), Opened::Stale, "the old password is none any more");
    let session = sign_in_by_code(store, siti.id, given::email("siti")).await;
    assert!(lives(store, session).await);
}

/// How a sign-in stood to a reset beside it, as far as that can be told from outside.
struct Beside {
    session: SessionId,
    over_before: bool,
    begun_after: bool,
}

pub async fn row_12_no_session_that_was_opened_before_a_reset_beside_it_lives<E: Engine>(engine: E) {
    let store = engine.store();
    for n in 0..4 {
        let name = format!("user{n}");
        let siti = with_password(store, &name).await;
        let id = recover(store, siti.id, given::email(&name)).await;
        let mut codes = Vec::new();
        for _ in 0..16 {
            codes.push(send(store, Purpose::AppSignIn, siti.id, given::email(&name)).await);
        }
        engine.execute("UPDATE challenges SET state = 'open' WHERE state = 'voided'").await;
        let (begun, done) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicBool::new(false)));
        let mut by_code = Vec::new();
        let mut by_password = Vec::new();
        let mut resetting = None;
        for (at, sent) in codes.into_iter().enumerate() {
            let (store, begun, done, open) = (store.clone(), Arc::clone(&begun), Arc::clone(&done), given::opening(&siti));
            if at == 8 {
                // Some are over before the reset begins.
                while by_code.iter().filter(|task: &&tokio::task::JoinHandle<_>| task.is_finished()).count() < 2 {
                    tokio::task::yield_now().await;
                }
                let (store, begun, done, id) = (store.clone(), Arc::clone(&begun), Arc::clone(&done), id);
                resetting = Some(tokio::spawn(async move {
                    begun.store(true, Ordering::SeqCst);
                    assert_eq!(store.set_password(reset(siti.id, id, now())).await.unwrap(), PasswordSet::Done);
                    done.store(true, Ordering::SeqCst);
                }));
            }
            let other = store.clone();
            by_password.push(tokio::spawn(async move { (open.session.id, other.open_session(open).await.unwrap()) }));
            by_code.push(tokio::spawn(async move {
                let (show, begun_after) = (sent.show(), done.load(Ordering::SeqCst));
                let Pays::SignIn(session, _) = show.pays else { unreachable!() };
                assert_eq!(store.redeem(show).await.unwrap(), Redeemed::Done(AccountId(sent.challenge.subject)));
                Beside { session: session.id, over_before: !begun.load(Ordering::SeqCst), begun_after }
            }));
        }
        resetting.unwrap().await.unwrap();
        let mut before = 0;
        for task in by_code {
            let Beside { session, over_before, begun_after } = task.await.unwrap();
            before += usize::from(over_before);
            assert!(!(over_before && lives(store, session).await), "it was opened before the reset");
            assert!(!begun_after || lives(store, session).await, "it was opened after the reset");
        }
        assert!(before >= 2);
        for task in by_password {
            let (session, opened) = task.await.unwrap();
            assert!(matches!(opened, Opened::Open | Opened::Stale));
            assert!(!lives(store, session).await, "it was opened with the old password");
        }
    }
}

pub async fn a_disabled_account_resets_no_password<E: Engine>(engine: E) {
    let store = engine.store();
    let siti = with_password(store, "siti").await;
    let id = recover(store, siti.id, given::email("siti")).await;
    store.set_status(siti.id, AccountStatus::Disabled, now()).await.unwrap();
    let new = made_up(reset(siti.id, id, now()), "siti");
    assert_eq!(store.set_password(new).await.unwrap(), PasswordSet::Disabled);
    assert_eq!((kept_password(store, "siti").await, store.waiting().await.unwrap()), (siti.password, 1));
}

pub async fn an_account_that_is_enabled_again_revives_no_recovery<E: Engine>(engine: E) {
    let store = engine.store();
    let siti = with_password(store, "siti").await;
    let id = recover(store, siti.id, given::email("siti")).await;
    for status in [AccountStatus::Disabled, AccountStatus::Active] {
        store.set_status(siti.id, status, now()).await.unwrap();
    }
    assert_eq!(store.set_password(reset(siti.id, id, now())).await.unwrap(), PasswordSet::Over);
    assert_eq!(kept_password(store, "siti").await, siti.password);
}

pub async fn row_13_a_recovery_is_worth_nothing_once_the_account_has_lost_its_contact_however<E: Engine>(engine: E) {
    let store = engine.store();
    let siti = with_password(store, "siti").await;
    let id = recover(store, siti.id, given::email("siti")).await;
    // As an older program does it beside us, which knows no recoveries.
    engine.execute("UPDATE identifiers SET verified_at = NULL WHERE kind = 'email'").await;
    assert_eq!(store.set_password(reset(siti.id, id, now())).await.unwrap(), PasswordSet::Over);
    assert_eq!(kept_password(store, "siti").await, siti.password);
}

pub async fn a_made_up_password_is_not_told_to_a_contact_that_the_account_has_lost<E: Engine>(engine: E) {
    let store = engine.store();
    let siti = made(store, "siti", 1).await;
    let session = sign_in_by_code(store, siti.id, given::phone(1)).await;
    let waiting = store.waiting().await.unwrap();
    engine.execute("UPDATE identifiers SET verified_at = NULL WHERE kind = 'email'").await;
    let new = made_up(first_password(siti.id, session, "first"), "siti");
    assert_eq!(store.set_password(new).await.unwrap(), PasswordSet::NoContact);
    assert!(!store.account(siti.id).await.unwrap().unwrap().has_password);
    assert_eq!(store.waiting().await.unwrap(), waiting);
}

pub async fn a_made_up_password_is_told_once_it_is_set<E: Engine>(engine: E) {
    let store = engine.store();
    let siti = made(store, "siti", 1).await;
    let session = sign_in_by_code(store, siti.id, given::phone(1)).await;
    let new = made_up(first_password(siti.id, session, "first"), "siti");
    assert_eq!(store.set_password(new.clone()).await.unwrap(), PasswordSet::Done);
    assert_eq!(store.set_password(made_up(first_password(siti.id, session, "second"), "siti")).await.unwrap(), PasswordSet::AlreadySet);
    let told = queued(store, Channel::Email).await;
    assert_eq!((told.len(), told[0].to.as_str()), (1, "siti@example.test"));
    assert_eq!(told[0].content, Content::GeneratedPassword { password: "made up for you".to_owned() });
}

pub async fn the_first_password_is_set_once_and_ends_no_session<E: Engine>(engine: E) {
    let store = engine.store();
    let siti = made(store, "siti", 1).await;
    let sessions = [sign_in_by_code(store, siti.id, given::phone(1)).await, sign_in_by_code(store, siti.id, given::email("siti")).await];
    let recovery = recover(store, siti.id, given::phone(1)).await;
    assert_eq!(store.set_password(first_password(siti.id, sessions[0], "first")).await.unwrap(), PasswordSet::Done);
    assert!(store.account(siti.id).await.unwrap().unwrap().has_password);
    assert_eq!(store.set_password(first_password(siti.id, sessions[1], "second")).await.unwrap(), PasswordSet::AlreadySet);
    assert_eq!(kept_password(store, "siti").await, Some(given::password("first")));
    for session in sessions {
        assert!(lives(store, session).await);
    }
    assert_eq!(store.recovery(recovery, now()).await.unwrap(), None, "a recovery dies with every new password");
    let with_it = NewAccount { password: Some(given::password("first")), ..siti };
    assert!(lives(store, sign_in(store, &with_it).await).await);
}

pub async fn of_16_racing_first_passwords_one_is_set<E: Engine>(engine: E) {
    let store = engine.store();
    let siti = made(store, "siti", 1).await;
    let session = sign_in_by_code(store, siti.id, given::phone(1)).await;
    let calls = (0..16).map(|n| {
        let (store, new) = (store.clone(), first_password(siti.id, session, &format!("no {n}")));
        async move { (new.record.clone(), store.set_password(new).await.unwrap()) }
    });
    let outcomes = at_once(calls).await;
    let done: Vec<_> = outcomes.iter().filter(|(_, outcome)| *outcome == PasswordSet::Done).collect();
    assert_eq!((done.len(), outcomes.iter().filter(|(_, outcome)| *outcome == PasswordSet::AlreadySet).count()), (1, 15));
    assert_eq!(kept_password(store, "siti").await.as_ref(), Some(&done[0].0));
    assert!(lives(store, session).await);
}

pub async fn the_first_password_needs_a_live_session_of_the_account<E: Engine>(engine: E) {
    let store = engine.store();
    let (siti, budi) = (made(store, "siti", 1).await, made(store, "budi", 2).await);
    let ended = sign_in_by_code(store, siti.id, given::phone(1)).await;
    store.end_session(ended, now()).await.unwrap();
    let others = sign_in_by_code(store, budi.id, given::phone(2)).await;
    let live = sign_in_by_code(store, siti.id, given::phone(1)).await;
    let over = NewPassword { now: now() + 30 * given::DAY, ..first_password(siti.id, live, "first") };
    let none = SessionId(given::account_id().0);
    let refused = [ended, others, none].map(|session| first_password(siti.id, session, "first"));
    for new in refused.into_iter().chain([over, first_password(given::account_id(), live, "first")]) {
        assert_eq!(store.set_password(new).await.unwrap(), PasswordSet::Over);
    }
    store.set_status(siti.id, AccountStatus::Disabled, now()).await.unwrap();
    assert_eq!(store.set_password(first_password(siti.id, live, "first")).await.unwrap(), PasswordSet::Over);
    assert_eq!(engine.count("SELECT count(*) FROM passwords").await, 0);
}

pub async fn an_account_without_a_password_gets_one_by_a_recovery<E: Engine>(engine: E) {
    let store = engine.store();
    let siti = made(store, "siti", 1).await;
    let session = sign_in_by_code(store, siti.id, given::phone(1)).await;
    let id = recover(store, siti.id, given::phone(1)).await;
    assert_eq!(store.set_password(reset(siti.id, id, now())).await.unwrap(), PasswordSet::Done);
    assert!(store.account(siti.id).await.unwrap().unwrap().has_password);
    assert!(!lives(store, session).await);
}
