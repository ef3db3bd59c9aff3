//! Customers' registrations: proofs, hosts, replacing, sending anew, and the races around them.

use std::slice;

use daftar_core::account::{Contact, Origin, Standing, Surface};
use daftar_core::code::{Code, Purpose, counted_against};
use daftar_core::customer::{Applicant, Confirmed, CustomerState, DeadLink, NotConfirmed};
use daftar_core::identifier::{IdentifierKind, LoginId};
use daftar_core::limit::Charged;
use daftar_core::message::{Channel, ContactKind, Content};
use daftar_core::password::Scheme;
use daftar_core::ports::{Claimed, Once, Store as _};
use daftar_core::repeat::{Repeat, RepeatKey, Repeated};
use daftar_store::SqlStore;

use super::given::{self, Applying, DAY, MINUTE, customer, now, phone};
use super::registrations::queued;
use super::{Engine, at_once};

const DONE: Repeated<Claimed<Charged>> = Repeated::First(Claimed::Done(Charged::Allowed));

async fn register(store: &SqlStore, applying: &Applying) {
    assert_eq!(store.register_customer(applying.new.clone(), None).await.unwrap(), DONE);
}

async fn kept(store: &SqlStore, applying: &Applying) -> Vec<Applicant> {
    let registration = applying.registration();
    store.applicants(&registration.host, registration.customer.phone.tail(), now()).await.unwrap()
}

async fn state(store: &SqlStore, applying: &Applying) -> CustomerState {
    store.linked_customer(applying.link()).await.unwrap().unwrap().state
}

async fn wrong_codes(store: &SqlStore, number: u32) -> u32 {
    let subjects = counted_against(Purpose::InvasSignup, uuid::Uuid::nil(), &phone(number).into());
    store.pressure(&subjects, now()).await.unwrap().subject
}

const fn refused(why: NotConfirmed) -> Confirmed {
    Confirmed::Refused(why)
}

pub async fn a_registration_is_found_by_its_host_and_the_end_of_its_phone<E: Engine>(engine: E) {
    let store = engine.store();
    let (one, other) = (customer("bank", "siti", &phone(1)), customer("bank", "budi", &phone(2)));
    register(store, &one).await;
    register(store, &other).await;
    assert_eq!(kept(store, &one).await, slice::from_ref(&one.new.applicant));
    assert_eq!(kept(store, &other).await, slice::from_ref(&other.new.applicant));
    assert_eq!(store.linked_customer(one.link()).await.unwrap().as_ref(), Some(one.registration()));
    assert_eq!(store.applicants(&given::client("shop"), phone(1).tail(), now()).await.unwrap(), [], "row 32");
    assert_eq!(store.applicants(&given::client("bank"), phone(1).tail(), one.registration().expires_at).await.unwrap(), [], "over");
    assert_eq!((queued(store, Channel::Sms).await.len(), queued(store, Channel::Email).await.len()), (2, 2));
}

pub async fn a_token_makes_the_account_once_and_proves_the_phone<E: Engine>(engine: E) {
    let store = engine.store();
    let applying = customer("bank", "siti", &phone(1));
    register(store, &applying).await;
    let confirm = applying.show();
    assert_eq!(store.confirm_customer(confirm.clone()).await.unwrap(), Confirmed::Done);
    let account = store.account(Applying::made(&confirm)).await.unwrap().unwrap();
    assert_eq!(account.phone, Some(Contact { id: phone(1), verified_at: Some(now()) }));
    assert_eq!(account.email, Some(Contact { id: given::email("siti"), verified_at: None }));
    let said = &applying.registration().customer;
    let profile = account.profile;
    assert_eq!(
        (profile.full_name, profile.birth_date, profile.birth_place),
        (Some(said.name.clone()), Some(said.birth_date), Some(said.birth_place.clone()))
    );
    assert_eq!((profile.gender, profile.country), (Some(said.gender), Some(said.country.clone())));
    let from_bank =
        Origin { client: Some(given::client("bank")), source: said.source.clone(), group: Some(said.group.clone()), ..Origin::of(Surface::Invas) };
    assert_eq!(account.origin, from_bank);
    let record = store.sign_in_record(&phone(1).into(), given::from()).await.unwrap().unwrap();
    assert_eq!(record.password.unwrap().scheme, Scheme::Md5Argon2id);
    assert_eq!(state(store, &applying).await, CustomerState::Complete);
    assert_eq!(store.confirm_customer(applying.show()).await.unwrap(), refused(NotConfirmed::Unknown));
    assert_eq!(store.authorise_customer(applying.link(), now()).await.unwrap(), Err(DeadLink::Complete));
    assert_eq!(kept(store, &applying).await, []);
}

pub async fn without_a_token_the_link_must_have_been_used_and_proves_the_address<E: Engine>(engine: E) {
    let store = engine.store();
    let applying = customer("bank", "siti", &phone(1));
    register(store, &applying).await;
    let confirm = applying.confirm(None, now());
    assert_eq!(store.confirm_customer(confirm.clone()).await.unwrap(), refused(NotConfirmed::TokenRequired));
    assert_eq!(store.authorise_customer(applying.link(), now()).await.unwrap(), Ok(()));
    assert_eq!(store.authorise_customer(applying.link(), now()).await.unwrap(), Err(DeadLink::Used));
    assert_eq!(store.confirm_customer(confirm.clone()).await.unwrap(), Confirmed::Done);
    let account = store.account(Applying::made(&confirm)).await.unwrap().unwrap();
    assert_eq!(account.phone, Some(Contact { id: phone(1), verified_at: None }));
    assert_eq!(account.email, Some(Contact { id: given::email("siti"), verified_at: Some(now()) }));
}

pub async fn row_32_another_host_confirms_and_sends_nothing_and_is_not_counted<E: Engine>(engine: E) {
    let store = engine.store();
    let mut applying = customer("bank", "siti", &phone(1));
    register(store, &applying).await;
    let stranger = given::client("shop");
    for mut confirm in [applying.show(), applying.show_wrong(), applying.confirm(None, now())] {
        confirm.host = stranger.clone();
        assert_eq!(store.confirm_customer(confirm).await.unwrap(), refused(NotConfirmed::Unknown));
    }
    let (mut token, mut link) = (applying.clone().token_anew(now()), applying.clone().link_anew(now()));
    (token.host, link.host) = (stranger.clone(), stranger);
    assert_eq!(store.resend_token(token).await.unwrap(), None);
    assert!(store.resend_link(link).await.unwrap().is_none());
    assert_eq!(wrong_codes(store, 1).await, 0);
    assert_eq!((queued(store, Channel::Sms).await.len(), queued(store, Channel::Email).await.len()), (1, 1));
    assert_eq!(kept(store, &applying).await, slice::from_ref(&applying.new.applicant));
    applying.new.sending.letters.clear();
    assert_eq!(store.confirm_customer(applying.show()).await.unwrap(), Confirmed::Done);
}

pub async fn a_newer_registration_replaces_its_own_hosts_older_one_alone<E: Engine>(engine: E) {
    let store = engine.store();
    let (old, others, new) = (customer("bank", "siti", &phone(1)), customer("shop", "siti", &phone(1)), customer("bank", "siti", &phone(1)));
    for applying in [&old, &others, &new] {
        register(store, applying).await;
    }
    assert_eq!(state(store, &old).await, CustomerState::Replaced);
    assert_eq!(store.confirm_customer(old.show()).await.unwrap(), refused(NotConfirmed::Unknown));
    assert_eq!(store.authorise_customer(old.link(), now()).await.unwrap(), Err(DeadLink::Refused));
    assert_eq!(kept(store, &new).await, slice::from_ref(&new.new.applicant));
    assert_eq!(kept(store, &others).await, slice::from_ref(&others.new.applicant), "row 4: the purpose includes the host");
    assert_eq!(store.confirm_customer(others.show()).await.unwrap(), Confirmed::Done);
    assert_eq!(store.confirm_customer(new.show()).await.unwrap(), refused(NotConfirmed::Taken(IdentifierKind::Phone)));
}

pub async fn row_4_a_new_token_voids_the_old_one_and_is_counted<E: Engine>(engine: E) {
    let store = engine.store();
    let mut applying = customer("bank", "siti", &phone(1));
    register(store, &applying).await;
    let old = applying.show();
    for sends in [2, 3] {
        assert_eq!(store.resend_token(applying.token_anew(now())).await.unwrap(), Some(Ok(sends)));
    }
    assert_eq!(engine.count("SELECT count(*) FROM challenges WHERE state = 'open'").await, 1);
    let [found] = kept(store, &applying).await.try_into().unwrap();
    assert_eq!((found.registration.sends, &found.registration.prefix), (3, &applying.registration().prefix));
    assert_eq!(store.confirm_customer(old).await.unwrap(), refused(NotConfirmed::Wrong { left: 2 }));
    assert_eq!(store.confirm_customer(applying.show()).await.unwrap(), Confirmed::Done);
    assert_eq!(store.resend_token(applying.token_anew(now())).await.unwrap(), None);
}

pub async fn a_new_link_kills_the_old_one_and_leaves_the_token<E: Engine>(engine: E) {
    let store = engine.store();
    let mut applying = customer("bank", "siti", &phone(1));
    register(store, &applying).await;
    let old = applying.link();
    assert_eq!(store.resend_link(applying.link_anew(now())).await.unwrap(), Some(Charged::Allowed));
    assert_eq!(store.linked_customer(old).await.unwrap(), None);
    assert_eq!(store.authorise_customer(old, now()).await.unwrap(), Err(DeadLink::Refused));
    assert_eq!(store.authorise_customer(applying.link(), now()).await.unwrap(), Ok(()));
    assert_eq!(kept(store, &applying).await[0].token, applying.new.applicant.token);
    assert_eq!(store.confirm_customer(applying.show()).await.unwrap(), Confirmed::Done);
    assert_eq!(store.resend_link(applying.link_anew(now())).await.unwrap(), None);
}

pub async fn row_1_wrong_tokens_are_counted_until_it_is_dead<E: Engine>(engine: E) {
    let store = engine.store();
    let mut applying = customer("bank", "siti", &phone(1));
    register(store, &applying).await;
    let odd = applying.confirm(Some(&Code::parse_token("UhY12345678").unwrap()), now());
    assert_eq!(store.confirm_customer(odd).await.unwrap(), refused(NotConfirmed::Wrong { left: 3 }), "row 8: no try");
    for left in [2, 1, 0] {
        assert_eq!(store.confirm_customer(applying.show_wrong()).await.unwrap(), refused(NotConfirmed::Wrong { left }));
    }
    assert_eq!(store.confirm_customer(applying.show()).await.unwrap(), refused(NotConfirmed::Over));
    assert_eq!(wrong_codes(store, 1).await, 3);
    store.resend_token(applying.token_anew(now())).await.unwrap();
    assert_eq!(store.confirm_customer(applying.confirm(Some(&applying.token), now() + 10 * MINUTE)).await.unwrap(), refused(NotConfirmed::Over));
    assert_eq!(store.confirm_customer(applying.show()).await.unwrap(), Confirmed::Done);
    assert_eq!(wrong_codes(store, 1).await, 0, "forgiven");
}

pub async fn row_34_a_disowned_registration_is_dead_with_its_token<E: Engine>(engine: E) {
    let store = engine.store();
    let applying = customer("bank", "siti", &phone(1));
    register(store, &applying).await;
    assert!(store.disown_customer(applying.link(), now()).await.unwrap());
    assert!(!store.disown_customer(applying.link(), now()).await.unwrap());
    assert_eq!(state(store, &applying).await, CustomerState::Disowned);
    assert_eq!(store.confirm_customer(applying.show()).await.unwrap(), refused(NotConfirmed::Unknown));
    assert_eq!(store.authorise_customer(applying.link(), now()).await.unwrap(), Err(DeadLink::Refused));
    assert_eq!(engine.count("SELECT count(*) FROM challenges WHERE state = 'open'").await, 0);
    register(store, &customer("bank", "siti", &phone(1))).await;
}

pub async fn a_registration_that_is_over_is_dead_and_swept_a_day_later<E: Engine>(engine: E) {
    let store = engine.store();
    let applying = customer("bank", "siti", &phone(1));
    register(store, &applying).await;
    let end = applying.registration().expires_at;
    assert_eq!(store.confirm_customer(applying.confirm(Some(&applying.token), end)).await.unwrap(), refused(NotConfirmed::Unknown));
    assert_eq!(store.authorise_customer(applying.link(), end).await.unwrap(), Err(DeadLink::Expired));
    store.sweep(end + DAY - MINUTE).await.unwrap();
    assert_eq!(engine.count("SELECT count(*) FROM customers").await, 1);
    store.sweep(end + DAY).await.unwrap();
    assert_eq!(engine.count("SELECT count(*) FROM customers").await, 0);
}

pub async fn what_is_taken_is_reported_and_the_token_not_spent<E: Engine>(engine: E) {
    let store = engine.store();
    let applying = customer("bank", "siti", &phone(1));
    register(store, &applying).await;
    store.create_account(given::account("siti"), None).await.unwrap();
    for _ in 0..4 {
        assert_eq!(store.confirm_customer(applying.show()).await.unwrap(), refused(NotConfirmed::Taken(IdentifierKind::Email)));
    }
    store.create_account(given::account_with_phone("budi", &phone(1), Standing::Vouched), None).await.unwrap();
    assert_eq!(store.confirm_customer(applying.show()).await.unwrap(), refused(NotConfirmed::Taken(IdentifierKind::Phone)));
    assert_eq!(kept(store, &applying).await, slice::from_ref(&applying.new.applicant));
    let again = customer("bank", "ani", &phone(1));
    assert_eq!(store.register_customer(again.new, None).await.unwrap(), Repeated::First(Claimed::Taken(IdentifierKind::Phone)));
    let again = customer("bank", "siti", &phone(2));
    assert_eq!(store.register_customer(again.new, None).await.unwrap(), Repeated::First(Claimed::Taken(IdentifierKind::Email)));
}

pub async fn row_34_the_token_takes_a_phone_that_nobody_proved_and_the_loser_is_told<E: Engine>(engine: E) {
    let store = engine.store();
    let squatter = given::account_with_phone("budi", &phone(1), Standing::Said);
    store.create_account(squatter.clone(), None).await.unwrap();
    let applying = customer("bank", "siti", &phone(1));
    register(store, &applying).await;
    // The link alone proves no phone.
    store.authorise_customer(applying.link(), now()).await.unwrap().unwrap();
    let by_link = applying.confirm(None, now());
    assert_eq!(store.confirm_customer(by_link).await.unwrap(), refused(NotConfirmed::Taken(IdentifierKind::Phone)));
    assert_eq!(store.confirm_customer(applying.show()).await.unwrap(), Confirmed::Done);
    assert_eq!(store.account(squatter.id).await.unwrap().unwrap().phone, None);
    let told = queued(store, Channel::Email).await;
    assert!(told.iter().any(|message| matches!(&message.content, Content::ContactLost { contact: ContactKind::Phone, .. })), "{told:?}");
}

pub async fn row_58_a_repeat_registers_nothing<E: Engine>(engine: E) {
    let store = engine.store();
    let applying = customer("bank", "siti", &phone(1));
    let repeat = Repeat::new(given::client("bank"), RepeatKey::parse(b"key").unwrap(), "register", b"body", &given::secrets().repeats);
    let once = Some(Once { repeat, answer: b"first".to_vec() });
    assert_eq!(store.register_customer(applying.new.clone(), once.clone()).await.unwrap(), DONE);
    let again = customer("bank", "siti", &phone(1));
    assert_eq!(store.register_customer(again.new, once).await.unwrap(), Repeated::Again(b"first".to_vec()));
    assert_eq!(kept(store, &applying).await, slice::from_ref(&applying.new.applicant));
}

pub async fn row_7_of_100_right_tokens_at_once_one_makes_the_account<E: Engine>(engine: E) {
    let store = engine.store();
    let applying = customer("bank", "siti", &phone(1));
    register(store, &applying).await;
    let answers = at_once((0..100).map(|_| {
        let (store, confirm) = (store.clone(), applying.show());
        async move { store.confirm_customer(confirm).await.unwrap() }
    }))
    .await;
    assert_eq!(answers.iter().filter(|answer| **answer == Confirmed::Done).count(), 1);
    assert!(answers.iter().all(|answer| matches!(answer, Confirmed::Done | Confirmed::Refused(NotConfirmed::Unknown))), "{answers:?}");
    assert_eq!(engine.count("SELECT count(*) FROM accounts").await, 1);
}

pub async fn row_2_of_100_wrong_tokens_at_once_three_are_compared<E: Engine>(engine: E) {
    let store = engine.store();
    let applying = customer("bank", "siti", &phone(1));
    register(store, &applying).await;
    let answers = at_once((0..100).map(|_| {
        let (store, confirm) = (store.clone(), applying.show_wrong());
        async move { store.confirm_customer(confirm).await.unwrap() }
    }))
    .await;
    assert_eq!(answers.iter().filter(|answer| matches!(answer, Confirmed::Refused(NotConfirmed::Wrong { .. }))).count(), 3);
    assert_eq!(wrong_codes(store, 1).await, 3);
}

pub async fn of_64_registrations_of_a_phone_at_once_one_is_pending_at_each_host<E: Engine>(engine: E) {
    let store = engine.store();
    let registering: Vec<_> = (0..64).map(|n| customer(if n % 2 == 0 { "bank" } else { "shop" }, "siti", &phone(1))).collect();
    let answers = at_once(registering.iter().map(|applying| {
        let (store, new) = (store.clone(), applying.new.clone());
        async move { store.register_customer(new, None).await.unwrap() }
    }))
    .await;
    assert!(answers.iter().all(|answer| *answer == DONE), "{answers:?}");
    for host in ["bank", "shop"] {
        let [found] = store.applicants(&given::client(host), phone(1).tail(), now()).await.unwrap().try_into().unwrap();
        let applying = registering.iter().find(|applying| applying.registration().id == found.registration.id).unwrap();
        assert_eq!(found, applying.new.applicant);
    }
    assert_eq!(engine.count("SELECT count(*) FROM challenges WHERE state = 'open'").await, 2);
}

pub async fn whoever_confirms_disowns_replaces_or_sends_anew_at_once_nobody_wins_twice<E: Engine>(engine: E) {
    let store = engine.store();
    for round in 0..8 {
        let mut applying = customer("bank", &format!("siti{round}"), &phone(round));
        register(store, &applying).await;
        let (confirm, link) = (applying.show(), applying.link());
        let (newer, token) = (customer("bank", &format!("siti{round}"), &phone(round)), applying.token_anew(now()));
        let stores = [(); 4].map(|()| store.clone());
        let [s1, s2, s3, s4] = stores;
        let (confirmed, disowned, registered, resent) = tokio::join!(
            tokio::spawn(async move { s1.confirm_customer(confirm).await.unwrap() }),
            tokio::spawn(async move { s2.disown_customer(link, now()).await.unwrap() }),
            tokio::spawn(async move { s3.register_customer(newer.new, None).await.unwrap() }),
            tokio::spawn(async move { s4.resend_token(token).await.unwrap() }),
        );
        let (confirmed, disowned) = (confirmed.unwrap(), disowned.unwrap());
        assert!(!(confirmed == Confirmed::Done && disowned), "an account of a registration that was disowned");
        let made = store.is_held(&LoginId::from(phone(round)), true).await.unwrap();
        assert_eq!(made, confirmed == Confirmed::Done);
        let _ = (registered.unwrap(), resent.unwrap());
        let open = engine.count(&format!("SELECT count(*) FROM customers WHERE state = 'pending' AND phone = '{}'", phone(round).as_e164())).await;
        assert!(open <= 1);
    }
}
