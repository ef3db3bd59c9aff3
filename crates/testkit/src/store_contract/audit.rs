//! The audit trail: no deed without its entry, no entry without its deed; and what operators look for.

use std::sync::Arc;
use std::time::Duration;

use daftar_core::account::{AccountId, AccountStatus, Standing};
use daftar_core::audit::{Act, Caller, Door, Filter, Scribe, Told};
use daftar_core::code::Purpose;
use daftar_core::identifier::{Country, IdentifierKind};
use daftar_core::limit::{Charge, Gcra, LimitKey, LimitKind};
use daftar_core::ports::{Claimed, SigningKeys as _, Store as _};
use daftar_core::recovery::PasswordSet;
use daftar_core::registration::Finished;
use daftar_core::repeat::Repeated;
use daftar_core::secret::Mac;
use daftar_core::session::SessionId;
use daftar_core::token::{Others, Rotation, SealedKey, Term};
use daftar_store::SqlStore;
use uuid::Uuid;

use super::Engine;
use super::given::{self, DAY, HOUR, now};
use crate::clock::{ManualClock, OsEntropy};

/// The same store, by which the machine client "shop" does things; and the clock by which they are written down.
fn noting(store: &SqlStore) -> (SqlStore, Arc<ManualClock>) {
    let clock = Arc::new(ManualClock::default());
    let caller = Caller::client(given::client("shop"), Door::Admin, "192.0.2.7".parse::<std::net::IpAddr>().unwrap().into());
    (store.noted_by(Scribe::new(caller, clock.clone(), Arc::new(OsEntropy))), clock)
}

async fn trail(store: &SqlStore, filter: Filter) -> Vec<Told> {
    store.audit(&filter, 1000).await.unwrap()
}

/// What was done, oldest first: the act, to which account, and to what else.
async fn deeds(store: &SqlStore) -> Vec<(String, Option<String>, Option<String>)> {
    let mut told = trail(store, Filter::default()).await;
    told.reverse();
    told.into_iter().map(|entry| (entry.act, entry.account, entry.about)).collect()
}

fn deed(act: Act, account: Option<AccountId>, about: Option<&str>) -> (String, Option<String>, Option<String>) {
    (act.name().to_owned(), account.map(|id| id.to_string()), about.map(str::to_owned))
}

pub async fn an_entry_says_who_did_what_to_whom_through_which_door_and_from_where<E: Engine>(engine: E) {
    let (store, _) = noting(engine.store());
    let siti = given::account("siti");
    store.create_account(siti.clone(), None).await.unwrap();
    let told = trail(&store, Filter::default()).await;
    let expected = Told {
        id: told[0].id.clone(),
        at: now().to_string(),
        act: "account.made".to_owned(),
        account: Some(siti.id.to_string()),
        about: None,
        actor: "client".to_owned(),
        name: Some("shop".to_owned()),
        door: "admin".to_owned(),
        from: Some("192.0.2.7".to_owned()),
    };
    assert_eq!(told, [expected]);
}

pub async fn everything_that_is_done_to_an_account_is_written_down_in_its_order<E: Engine>(engine: E) {
    // In one moment: the order is that of the deeds all the same.
    let (store, _) = noting(engine.store());
    let siti = given::account("siti");
    store.create_account(siti.clone(), None).await.unwrap();
    let session = given::sign_in(&store, &siti).await;
    assert!(store.end_session(session, now()).await.unwrap());
    let by_code = given::sign_in_by_code(&store, siti.id, given::email("siti")).await;
    let recovery = given::recover(&store, siti.id, given::email("siti")).await;
    assert_eq!(store.set_password(given::reset(siti.id, recovery, now())).await.unwrap(), PasswordSet::Done);
    assert!(store.set_status(siti.id, AccountStatus::Disabled, now()).await.unwrap());
    assert!(store.set_status(siti.id, AccountStatus::Active, now()).await.unwrap());
    store.erase_account(siti.id).await.unwrap().unwrap();
    let (id, session, by_code) = (Some(siti.id), session.0.to_string(), by_code.0.to_string());
    assert_eq!(
        deeds(&store).await,
        [
            deed(Act::AccountMade, id, None),
            deed(Act::SessionOpened, id, Some(&session)),
            deed(Act::SessionEnded, id, Some(&session)),
            deed(Act::SessionOpened, id, Some(&by_code)),
            deed(Act::RecoveryBegun, id, None),
            deed(Act::PasswordReplaced, id, None),
            deed(Act::AccountDisabled, id, None),
            deed(Act::AccountEnabled, id, None),
            deed(Act::AccountErased, id, None),
        ],
        "and the trail outlives the account"
    );
}

pub async fn who_loses_a_contact_has_it_written_down<E: Engine>(engine: E) {
    let (store, _) = noting(engine.store());
    let number = given::phone(1);
    let loser = given::account_with_phone("budi", &number, Standing::Said);
    store.create_account(loser.clone(), None).await.unwrap();
    let pending = given::by_phone("siti", &number);
    store.start_registration(pending.new.clone(), None).await.unwrap();
    let finish = pending.show_code();
    let winner = finish.account;
    assert_eq!(store.finish_registration(finish).await.unwrap(), Finished::Created(winner));
    assert_eq!(
        deeds(&store).await,
        [
            deed(Act::AccountMade, Some(loser.id), None),
            deed(Act::ContactLost, Some(loser.id), Some("phone")),
            deed(Act::AccountMade, Some(winner), None),
        ]
    );
}

pub async fn what_operators_change_is_written_down<E: Engine>(engine: E) {
    let (store, _) = noting(engine.store());
    let till = given::machine("till");
    store.create_client(till.clone()).await.unwrap();
    assert!(store.rotate_client(&till.id, Mac([4; 32])).await.unwrap());
    assert!(store.set_client_country(&till.id, Country::hong_kong()).await.unwrap());
    assert!(store.disable_client(&till.id, now()).await.unwrap());
    assert!(store.disable_client(&till.id, now()).await.unwrap(), "which it was already");
    let used = Charge::one(LimitKey::new(LimitKind::SendDestination, "email/siti@example.test"), Gcra { burst: 1, period: HOUR });
    store.charge(vec![used], now()).await.unwrap();
    store.reset_limits(LimitKind::SendDestination, None).await.unwrap();
    let key = SealedKey { kid: "next".to_owned(), sealed: vec![1], created_at: now(), term: Term { signs_from: now(), retires_at: None } };
    store.rotate_signing_keys(Rotation { key, others: Others::Vanish }).await.unwrap();
    store.end_everything(now()).await.unwrap();
    store.note(Act::AccountsExported).await.unwrap();
    assert_eq!(
        deeds(&store).await,
        [
            deed(Act::ClientMade, None, Some("till")),
            deed(Act::ClientRotated, None, Some("till")),
            deed(Act::ClientMoved, None, Some("till")),
            deed(Act::ClientDisabled, None, Some("till")),
            deed(Act::LimitReset, None, Some("send.destination")),
            deed(Act::KeysRotated, None, Some("revoked")),
            deed(Act::Restored, None, None),
            deed(Act::AccountsExported, None, None),
        ]
    );
}

pub async fn what_was_refused_is_no_deed<E: Engine>(engine: E) {
    let (store, _) = noting(engine.store());
    engine.store().create_account(given::account("siti"), None).await.unwrap();
    let taken = store.create_account(given::account("siti"), None).await.unwrap();
    assert!(matches!(taken, Repeated::First(Claimed::Taken(_))), "{taken:?}");
    let nobody = given::account_id();
    assert!(!store.set_status(nobody, AccountStatus::Disabled, now()).await.unwrap());
    assert!(!store.end_session(SessionId(nobody.0), now()).await.unwrap());
    let siti = engine.store().find_account(&given::username("siti").into()).await.unwrap().unwrap();
    assert!(store.set_status(siti.id, AccountStatus::Active, now()).await.unwrap(), "which it was already");
    assert_eq!(store.reset_limits(LimitKind::SendDestination, None).await.unwrap(), 0);
    assert_eq!(store.end_sessions(nobody, now()).await.unwrap(), 0);
    assert_eq!(store.erase_account(nobody).await.unwrap(), None);
    assert!(!store.rotate_client(&given::client("nobody"), Mac([4; 32])).await.unwrap());
    let code = given::send(&store, Purpose::AppSignup, given::account_id(), given::phone(1)).await;
    store.redeem(code.wrong(code.show())).await.unwrap();
    assert_eq!(deeds(&store).await, [], "and a store without a scribe notes nothing");
}

pub async fn the_trail_is_read_page_by_page_by_account_and_by_act<E: Engine>(engine: E) {
    let (store, clock) = noting(engine.store());
    let (siti, budi) = (given::account("siti"), given::account("budi"));
    for account in [&siti, &budi] {
        store.create_account(account.clone(), None).await.unwrap();
        // Several at one moment: pages part them all the same.
        for _ in 0..3 {
            given::sign_in(&store, account).await;
        }
        clock.advance(Duration::from_millis(1));
    }
    let all = trail(&store, Filter::default()).await;
    assert_eq!(all.len(), 8);
    let (mut paged, mut before): (Vec<Told>, Option<Uuid>) = (Vec::new(), None);
    loop {
        let page = store.audit(&Filter { before, ..Filter::default() }, 3).await.unwrap();
        let Some(last) = page.last() else { break };
        before = Some(last.id.parse().unwrap());
        paged.extend(page);
    }
    assert_eq!(paged, all);
    // Forwards, as somebody reads who was here before, while more is written.
    let (mut followed, mut after): (Vec<Told>, Option<Uuid>) = (Vec::new(), all.last().map(|first| first.id.parse().unwrap()));
    loop {
        let page = store.audit(&Filter { after, ..Filter::default() }, 3).await.unwrap();
        let Some(last) = page.last() else { break };
        after = Some(last.id.parse().unwrap());
        followed.extend(page);
    }
    followed.reverse();
    assert_eq!(followed, all[..7]);
    assert_eq!(trail(&store, Filter { account: Some(siti.id), ..Filter::default() }).await, all[4..]);
    let opened = trail(&store, Filter { account: Some(budi.id), act: Some(Act::SessionOpened), ..Filter::default() }).await;
    assert_eq!((opened.len(), opened.iter().all(|entry| entry.account == Some(budi.id.to_string()))), (3, true));
    let made = trail(&store, Filter { act: Some(Act::AccountMade), ..Filter::default() }).await;
    assert_eq!(made, [all[3].clone(), all[7].clone()]);
}

pub async fn old_entries_go_a_bounded_amount_at_a_time_and_young_ones_stay<E: Engine>(engine: E) {
    let (store, clock) = noting(engine.store());
    let siti = given::account("siti");
    store.create_account(siti.clone(), None).await.unwrap();
    for _ in 0..520 {
        store.note(Act::AccountsExported).await.unwrap();
    }
    clock.advance(HOUR);
    given::sign_in(&store, &siti).await;
    let later = now() + 30 * DAY;
    assert_eq!(store.sweep_audit(later - Duration::from_millis(1), 30 * DAY).await.unwrap(), 0);
    for went in [500, 21, 0] {
        assert_eq!(store.sweep_audit(later, 30 * DAY).await.unwrap(), went);
    }
    assert_eq!(trail(&store, Filter::default()).await.len(), 1);
}

pub async fn the_sessions_of_an_account_are_those_that_live_the_newest_first<E: Engine>(engine: E) {
    let store = engine.store();
    let (siti, budi) = (given::account("siti"), given::account("budi"));
    store.create_account(siti.clone(), None).await.unwrap();
    store.create_account(budi.clone(), None).await.unwrap();
    let mut opened = Vec::new();
    for hours in 0..3 {
        let mut open = given::opening(&siti);
        open.session.created_at = now() + hours * HOUR;
        open.session.expires_at = now() + (12 + hours) * HOUR;
        opened.insert(0, open.session.clone());
        store.open_session(open).await.unwrap();
    }
    let others = given::sign_in(store, &budi).await;
    assert_eq!(store.live_sessions(siti.id, now(), 10).await.unwrap(), opened);
    assert_eq!(store.live_sessions(siti.id, now(), 2).await.unwrap(), opened[..2]);
    assert_eq!(store.live_sessions(siti.id, now() + 12 * HOUR, 10).await.unwrap(), opened[..2], "the oldest is over");
    assert!(store.end_session(opened[0].id, now()).await.unwrap());
    assert_eq!(store.live_sessions(siti.id, now(), 10).await.unwrap(), opened[1..]);
    assert_eq!(store.end_sessions(siti.id, now()).await.unwrap(), 2);
    assert_eq!(store.end_sessions(siti.id, now()).await.unwrap(), 0);
    assert_eq!(store.live_sessions(siti.id, now(), 10).await.unwrap(), []);
    assert_eq!(store.session_account(others, now()).await.unwrap(), Some(budi.id), "nobody else's");
}

pub async fn accounts_are_found_by_how_anything_of_theirs_begins<E: Engine>(engine: E) {
    let store = engine.store();
    let mut ids = Vec::new();
    for (name, number) in [("siti", 11), ("sitinur", 12), ("sito", 21), ("site_1", 31), ("site11", 32)] {
        let account = given::account_with_phone(name, &given::phone(number), Standing::Vouched);
        ids.push(account.id);
        store.create_account(account, None).await.unwrap();
    }
    let found = async |kind: IdentifierKind, beginning: &str, limit: u32| {
        let found = store.accounts_beginning(vec![(kind, beginning.to_owned())], limit).await.unwrap();
        found.into_iter().map(|account| account.id).collect::<Vec<_>>()
    };
    let name = IdentifierKind::Username;
    assert_eq!(found(name, "siti", 10).await, ids[..2]);
    assert_eq!(found(name, "sit", 2).await.len(), 2);
    assert_eq!(found(name, "site_", 10).await, [ids[3]], "no character stands for another");
    assert_eq!(found(name, "sit%", 10).await, []);
    assert_eq!(found(IdentifierKind::Phone, "+628120000001", 10).await, ids[..2]);
    assert_eq!(found(IdentifierKind::Email, "sito@", 10).await, [ids[2]]);
    let both = vec![(name, "siti".to_owned()), (IdentifierKind::Email, "siti".to_owned())];
    assert_eq!(store.accounts_beginning(both, 10).await.unwrap().len(), 2, "each once");
}
