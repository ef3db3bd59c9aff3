//! Registrations, their codes and links, and the races around them.

use std::time::Duration;

use daftar_core::account::{Contact, Standing};
use daftar_core::code::{GROW_AFTER, Pressure, Purpose, counted_against};
use daftar_core::identifier::{Country, IdentifierKind, LoginId};
use daftar_core::limit::Charged;
use daftar_core::message::{Channel, ContactKind, Content, Message};
use daftar_core::ports::{Claimed, Outbox as _, Store as _};
use daftar_core::registration::{Finished, Proof, RegistrationState, Resent};
use daftar_core::repeat::Repeated;
use daftar_store::SqlStore;

use super::given::{self, HOUR, MINUTE, Pending, now};
use super::{Engine, at_once};

async fn start(store: &SqlStore, pending: &Pending) {
    assert_eq!(store.start_registration(pending.new.clone(), None).await.unwrap(), Repeated::First(Claimed::Done(Charged::Allowed)));
}

async fn state(store: &SqlStore, pending: &Pending) -> RegistrationState {
    store.registration(pending.id()).await.unwrap().unwrap().state
}

async fn pressure_on(store: &SqlStore, destination: impl Into<LoginId>) -> Pressure {
    store.pressure(&counted_against(Purpose::UsapiSignup, uuid::Uuid::nil(), &destination.into()), now()).await.unwrap()
}

/// What waits in the outbox for `channel`, read.
pub(super) async fn queued(store: &SqlStore, channel: Channel) -> Vec<Message> {
    let claimed = store.claim(channel, 100, now(), MINUTE).await.unwrap();
    claimed.messages.iter().map(|message| given::sealer().open(&message.envelope).unwrap()).collect()
}

fn created(outcome: Finished) -> bool {
    matches!(outcome, Finished::Created(_))
}

pub async fn a_registration_reads_back_as_it_was_written<E: Engine>(engine: E) {
    let store = engine.store();
    for pending in [given::by_mail("siti", Some(&given::phone(1))), given::by_mail("budi", None), given::by_phone("ani", &given::phone(2))] {
        start(store, &pending).await;
        assert_eq!(store.registration(pending.id()).await.unwrap().as_ref(), Some(&pending.new.registration));
        if pending.link.is_some() {
            let linked = store.linked_registration(pending.link()).await.unwrap().unwrap();
            assert_eq!((linked.registration, linked.challenge), (pending.new.registration, pending.new.challenge));
        }
    }
    assert_eq!(store.registration(given::by_mail("siti", None).id()).await.unwrap(), None);
    assert_eq!(store.linked_registration(given::by_mail("siti", None).link()).await.unwrap(), None);
    assert_eq!(queued(store, Channel::Email).await.len(), 2);
    assert_eq!(queued(store, Channel::Sms).await.len(), 1);
}

pub async fn a_taken_claim_is_reported_and_nothing_is_kept<E: Engine>(engine: E) {
    let store = engine.store();
    store.create_account(given::account_with_phone("siti", &given::phone(1), Standing::Vouched), None).await.unwrap();
    let taken = |kind| Repeated::First(Claimed::Taken(kind));
    let both = given::by_phone("siti", &given::phone(1));
    assert_eq!(store.start_registration(both.new.clone(), None).await.unwrap(), taken(IdentifierKind::Phone));
    let name = given::by_mail("siti", None);
    assert_eq!(store.start_registration(name.new.clone(), None).await.unwrap(), taken(IdentifierKind::Username));
    assert_eq!(store.registration(both.id()).await.unwrap(), None);
    assert_eq!(store.waiting().await.unwrap(), 0);
    // Pending registrations reserve nothing.
    start(store, &given::by_mail("budi", None)).await;
    start(store, &given::by_mail("budi", None)).await;
}

pub async fn a_right_code_makes_the_account<E: Engine>(engine: E) {
    let store = engine.store();
    let pending = given::by_phone("siti", &given::phone(1));
    start(store, &pending).await;
    let show = pending.show_code();
    assert_eq!(store.finish_registration(show.clone()).await.unwrap(), Finished::Created(show.account));
    let account = store.account(show.account).await.unwrap().unwrap();
    assert_eq!(account.phone, Some(Contact { id: given::phone(1), verified_at: Some(now()) }));
    assert_eq!(account.email, Some(Contact { id: given::email("siti"), verified_at: None }));
    assert_eq!(account.origin.platform.as_deref(), Some("ONMART"));
    let record = store.sign_in_record(&given::username("siti").into(), given::from()).await.unwrap().unwrap();
    assert_eq!(record.password, Some(given::password("siti")));
    assert_eq!(state(store, &pending).await, RegistrationState::Complete);
    assert_eq!(store.finish_registration(pending.show_code()).await.unwrap(), Finished::Complete);
}

pub async fn a_link_makes_the_account_once<E: Engine>(engine: E) {
    let store = engine.store();
    let pending = given::by_mail("siti", Some(&given::phone(1)));
    start(store, &pending).await;
    let follow = pending.follow_link(now());
    assert_eq!(store.finish_registration(follow.clone()).await.unwrap(), Finished::Created(follow.account));
    let account = store.account(follow.account).await.unwrap().unwrap();
    assert_eq!(account.email, Some(Contact { id: given::email("siti"), verified_at: Some(now()) }));
    assert_eq!(account.phone, Some(Contact { id: given::phone(1), verified_at: None }));
    assert_eq!(store.finish_registration(pending.follow_link(now())).await.unwrap(), Finished::Complete);
    assert_eq!(store.finish_registration(pending.show_code()).await.unwrap(), Finished::Complete);
    assert_eq!(store.finish_registration(given::by_mail("budi", None).follow_link(now())).await.unwrap(), Finished::Refused);
}

pub async fn row_2_of_200_racing_wrong_codes_five_are_compared<E: Engine>(engine: E) {
    let store = engine.store();
    let pending = given::by_phone("siti", &given::phone(1));
    start(store, &pending).await;
    let calls = (0..200).map(|_| {
        let (store, show) = (store.clone(), pending.show_wrong());
        async move { store.finish_registration(show).await.unwrap() }
    });
    assert!(at_once(calls).await.into_iter().all(|outcome| outcome == Finished::Refused));
    // Only what was compared is counted.
    assert_eq!(pressure_on(store, given::phone(1)).await, Pressure { subject: 5, installation: 5, lost: 5 });
    assert_eq!(store.finish_registration(pending.show_code()).await.unwrap(), Finished::Refused);
    assert_eq!(store.find_account(&given::phone(1).into()).await.unwrap(), None);
}

pub async fn row_7_of_100_racing_right_codes_one_makes_the_account<E: Engine>(engine: E) {
    let store = engine.store();
    let pending = given::by_phone("siti", &given::phone(1));
    start(store, &pending).await;
    let calls = (0..100).map(|_| {
        let (store, show) = (store.clone(), pending.show_code());
        async move { store.finish_registration(show).await.unwrap() }
    });
    let outcomes = at_once(calls).await;
    assert_eq!(outcomes.iter().filter(|outcome| created(**outcome)).count(), 1);
    assert_eq!(outcomes.iter().filter(|outcome| **outcome == Finished::Complete).count(), 99);
    assert_eq!(engine.count("SELECT count(*) FROM accounts").await, 1);
}

pub async fn row_7_of_code_and_link_racing_one_makes_the_account<E: Engine>(engine: E) {
    let store = engine.store();
    let pending = given::by_mail("siti", None);
    start(store, &pending).await;
    let calls = (0..40).map(|n| {
        let (store, show) = (store.clone(), if n % 2 == 0 { pending.show_code() } else { pending.follow_link(now()) });
        async move { store.finish_registration(show).await.unwrap() }
    });
    assert_eq!(at_once(calls).await.into_iter().filter(|outcome| created(*outcome)).count(), 1);
    assert_eq!(engine.count("SELECT count(*) FROM accounts").await, 1);
}

pub async fn row_3_wrong_codes_add_up_until_a_success<E: Engine>(engine: E) {
    let store = engine.store();
    let mut pending = given::by_phone("siti", &given::phone(1));
    start(store, &pending).await;
    for sent in 1..=3 {
        for _ in 0..2 {
            assert_eq!(store.finish_registration(pending.show_wrong()).await.unwrap(), Finished::Refused);
        }
        assert_eq!(pressure_on(store, given::phone(1)).await.subject, sent * 2);
        let anew = pending.anew(now() + sent * MINUTE);
        assert_eq!(store.resend_registration(anew).await.unwrap(), Resent::Sent);
    }
    assert!(pressure_on(store, given::phone(1)).await.subject >= GROW_AFTER);
    assert_eq!(pressure_on(store, given::phone(2)).await.subject, 0);
    assert!(created(store.finish_registration(pending.show_code()).await.unwrap()));
    assert_eq!(pressure_on(store, given::phone(1)).await.subject, 0);
    let everybody = store.pressure(&["nobody".to_owned()], now() + 3 * MINUTE).await.unwrap();
    assert_eq!(everybody, Pressure { subject: 0, installation: 6, lost: 0 });
}

pub async fn row_5_wrong_codes_of_the_last_hour_count_against_everybody<E: Engine>(engine: E) {
    let store = engine.store();
    for number in 0..4 {
        let pending = given::by_phone(&format!("user{number}"), &given::phone(number));
        start(store, &pending).await;
        let at = now() + number * MINUTE;
        assert_eq!(store.finish_registration(pending.show(&pending.wrong_code(), at)).await.unwrap(), Finished::Refused);
    }
    let everybody = async |at| store.pressure(&["phone/+629999999999".to_owned()], at).await.unwrap().installation;
    assert_eq!(everybody(now() + 3 * MINUTE).await, 4);
    assert_eq!(everybody(now() + HOUR + MINUTE).await, 2);
    assert_eq!(everybody(now() + HOUR + 3 * MINUTE).await, 0);
}

pub async fn row_4_sending_again_voids_the_older_code_and_link<E: Engine>(engine: E) {
    let store = engine.store();
    let mut pending = given::by_mail("siti", None);
    start(store, &pending).await;
    let old = pending.clone();
    assert_eq!(store.resend_registration(pending.anew(now() + MINUTE)).await.unwrap(), Resent::Sent);
    assert_eq!(store.finish_registration(old.follow_link(now())).await.unwrap(), Finished::Refused);
    if old.code.expose() != pending.code.expose() {
        assert_eq!(store.finish_registration(old.show_code()).await.unwrap(), Finished::Refused);
    }
    assert!(created(store.finish_registration(pending.follow_link(now() + MINUTE)).await.unwrap()));
}

pub async fn row_4_a_newer_registration_for_the_same_address_voids_the_older_code<E: Engine>(engine: E) {
    let store = engine.store();
    let (old, new, other) =
        (given::by_phone("siti", &given::phone(1)), given::by_phone("budi", &given::phone(1)), given::by_phone("ani", &given::phone(2)));
    for pending in [&old, &other, &new] {
        start(store, pending).await;
    }
    assert_eq!(store.finish_registration(old.show_code()).await.unwrap(), Finished::Refused);
    assert!(created(store.finish_registration(new.show_code()).await.unwrap()));
    assert!(created(store.finish_registration(other.show_code()).await.unwrap()));
}

pub async fn row_6_another_clients_code_is_not_compared<E: Engine>(engine: E) {
    let store = engine.store();
    let pending = given::by_phone("siti", &given::phone(1));
    start(store, &pending).await;
    for _ in 0..10 {
        let mut show = pending.show_code();
        if let Proof::Code { client, .. } = &mut show.proof {
            *client = given::client("another");
        }
        assert_eq!(store.finish_registration(show).await.unwrap(), Finished::Refused);
    }
    assert_eq!(store.finish_registration(given::by_phone("budi", &given::phone(2)).show_code()).await.unwrap(), Finished::Refused);
    assert_eq!(pressure_on(store, given::phone(1)).await, Pressure::default());
    assert!(created(store.finish_registration(pending.show_code()).await.unwrap()));
}

pub async fn a_code_expires_before_its_link<E: Engine>(engine: E) {
    let store = engine.store();
    let (siti, budi) = (given::by_mail("siti", None), given::by_mail("budi", None));
    for pending in [&siti, &budi] {
        start(store, pending).await;
    }
    assert_eq!(store.finish_registration(siti.show(&siti.code, now() + 10 * MINUTE)).await.unwrap(), Finished::Expired);
    assert_eq!(store.finish_registration(siti.show(&siti.wrong_code(), now() + 10 * MINUTE)).await.unwrap(), Finished::Expired);
    assert_eq!(pressure_on(store, given::email("siti")).await.subject, 0);
    let last = now() + 30 * MINUTE - Duration::from_millis(1);
    assert!(created(store.finish_registration(siti.follow_link(last)).await.unwrap()));
    assert_eq!(store.finish_registration(budi.follow_link(now() + 30 * MINUTE)).await.unwrap(), Finished::Expired);
    assert_eq!(store.find_account(&given::email("budi").into()).await.unwrap(), None);
}

pub async fn a_finished_registration_is_sent_nothing<E: Engine>(engine: E) {
    let store = engine.store();
    let mut pending = given::by_mail("siti", None);
    assert_eq!(store.resend_registration(pending.anew(now())).await.unwrap(), Resent::Dead);
    let mut pending = given::by_mail("siti", None);
    start(store, &pending).await;
    assert_eq!(store.resend_registration(pending.clone().anew(now() + 30 * MINUTE)).await.unwrap(), Resent::Dead);
    assert!(created(store.finish_registration(pending.follow_link(now())).await.unwrap()));
    assert_eq!(store.resend_registration(pending.anew(now())).await.unwrap(), Resent::Complete);
    assert_eq!(store.waiting().await.unwrap(), 1);
}

pub async fn row_34_a_disowned_registration_is_dead<E: Engine>(engine: E) {
    let store = engine.store();
    let mut pending = given::by_mail("siti", None);
    start(store, &pending).await;
    assert!(!store.disown_registration(given::by_mail("budi", None).link(), now()).await.unwrap());
    assert!(!store.disown_registration(pending.link(), now() + 30 * MINUTE).await.unwrap());
    assert!(store.disown_registration(pending.link(), now()).await.unwrap());
    assert!(!store.disown_registration(pending.link(), now()).await.unwrap());
    assert_eq!(state(store, &pending).await, RegistrationState::Disowned);
    assert_eq!(store.finish_registration(pending.show_code()).await.unwrap(), Finished::Refused);
    assert_eq!(store.finish_registration(pending.follow_link(now())).await.unwrap(), Finished::Refused);
    assert_eq!(store.resend_registration(pending.anew(now())).await.unwrap(), Resent::Dead);
    let finished = given::by_mail("budi", None);
    start(store, &finished).await;
    assert!(created(store.finish_registration(finished.show_code()).await.unwrap()));
    assert!(!store.disown_registration(finished.link(), now()).await.unwrap());
    assert_eq!(state(store, &finished).await, RegistrationState::Complete);
}

pub async fn row_34_a_proof_takes_an_unverified_contact_and_its_holder_is_told<E: Engine>(engine: E) {
    let store = engine.store();
    let squatter = given::account_with_phone("budi", &given::phone(1), Standing::Said);
    store.create_account(squatter.clone(), None).await.unwrap();
    let owner = given::by_phone("siti", &given::phone(1));
    start(store, &owner).await;
    let show = owner.show_code();
    assert_eq!(store.finish_registration(show.clone()).await.unwrap(), Finished::Created(show.account));
    assert_eq!(store.find_account(&given::phone(1).into()).await.unwrap().unwrap().id, show.account);
    let left = store.account(squatter.id).await.unwrap().unwrap();
    assert_eq!((left.phone, left.email.map(|email| email.id)), (None, Some(given::email("budi"))));

    let told = queued(store, Channel::Email).await;
    assert_eq!(told.len(), 1);
    assert_eq!(LoginId::classify(told[0].to.as_str(), &Country::indonesia()), Ok(given::email("budi").into()));
    assert_eq!(told[0].locale, squatter.locale);
    assert_eq!(told[0].content, Content::ContactLost { contact: ContactKind::Phone, masked: "+62*****001".to_owned() });
}

pub async fn row_34_a_holder_without_another_contact_loses_it_silently<E: Engine>(engine: E) {
    let store = engine.store();
    let mut squatter = given::account_with_phone("budi", &given::phone(1), Standing::Said);
    squatter.claims.retain(|claim| claim.id.kind() != IdentifierKind::Email);
    store.create_account(squatter.clone(), None).await.unwrap();
    let owner = given::by_phone("siti", &given::phone(1));
    start(store, &owner).await;
    assert!(created(store.finish_registration(owner.show_code()).await.unwrap()));
    assert_eq!(store.account(squatter.id).await.unwrap().unwrap().phone, None);
    assert_eq!(store.waiting().await.unwrap(), 1, "only the code");
}

pub async fn row_13_losing_a_contact_voids_the_losers_codes_to_it<E: Engine>(engine: E) {
    let store = engine.store();
    let squatter = given::account_with_phone("budi", &given::phone(1), Standing::Said);
    store.create_account(squatter.clone(), None).await.unwrap();
    // Codes of the account's own, as a later use case will send them: to the number that it loses, and to its mail.
    for mut own in [given::by_phone("number", &given::phone(1)), given::by_mail("mail", None)] {
        own.new.challenge.subject = squatter.id.0;
        start(store, &own).await;
    }
    let owner = given::by_phone("siti", &given::phone(1));
    start(store, &owner).await;
    engine.execute("UPDATE challenges SET state = 'open'").await;
    assert!(created(store.finish_registration(owner.show_code()).await.unwrap()));
    let voided = "SELECT count(*) FROM challenges WHERE state = 'voided' AND destination_kind = 'phone'";
    assert_eq!(engine.count(voided).await, 1);
    assert_eq!(engine.count("SELECT count(*) FROM challenges WHERE state = 'open' AND destination_kind = 'email'").await, 1);
}

pub async fn a_name_taken_meanwhile_costs_neither_the_code_nor_a_try<E: Engine>(engine: E) {
    let store = engine.store();
    let pending = given::by_phone("siti", &given::phone(1));
    start(store, &pending).await;
    let rival = given::account("siti");
    store.create_account(rival.clone(), None).await.unwrap();
    for _ in 0..10 {
        assert_eq!(store.finish_registration(pending.show_code()).await.unwrap(), Finished::Taken(IdentifierKind::Username));
    }
    assert_eq!(pressure_on(store, given::phone(1)).await, Pressure::default());
    assert_eq!(state(store, &pending).await, RegistrationState::Pending);
    assert_eq!(engine.count("SELECT tries_left FROM challenges").await, 5);
    assert!(!store.is_held(&given::phone(1).into(), false).await.unwrap());
}

pub async fn a_finished_registration_forgets_its_password<E: Engine>(engine: E) {
    let store = engine.store();
    let (finished, disowned) = (given::by_mail("siti", None), given::by_mail("budi", None));
    for pending in [&finished, &disowned] {
        start(store, pending).await;
    }
    assert!(created(store.finish_registration(finished.show_code()).await.unwrap()));
    assert!(store.disown_registration(disowned.link(), now()).await.unwrap());
    for pending in [&finished, &disowned] {
        assert_eq!(store.registration(pending.id()).await.unwrap().unwrap().password.phc, "");
    }
}
