//! Changing the basic profile.

use daftar_core::account::{Contact, NewAccount, Standing};
use daftar_core::code::Code;
use daftar_core::identifier::{IdentifierKind, PhoneNumber};
use daftar_core::limit::contacts::TestContacts;
use daftar_core::limit::sending::{NoticeRules, SendingLimits};
use daftar_core::limit::{LimitKey, LimitKind, Usage};
use daftar_core::message::{Channel, ContactKind, Content};
use daftar_core::person::{BirthDate, Gender, PictureId};
use daftar_core::ports::{Claimed, Outbox as _, Store as _};
use daftar_core::profile::{ProfileUpdate, ProfileUpdated};

use super::given::{self, now};
use super::registrations::queued;
use super::{Engine, at_once};

fn change(account: &NewAccount, phone: &PhoneNumber) -> ProfileUpdate {
    ProfileUpdate {
        account: account.id,
        birth_date: BirthDate::parse("1996-10-18", now()).unwrap(),
        gender: Gender::Female,
        phone: phone.clone(),
        picture: None,
        sealer: given::sealer(),
        now: now(),
    }
}

const DONE: Claimed<ProfileUpdated> = Claimed::Done(ProfileUpdated { found: true, replaced_picture: None });

fn picture(symbol: &str) -> Option<PictureId> {
    PictureId::parse(&symbol.repeat(43))
}

pub async fn a_profile_reads_back_as_it_was_changed<E: Engine>(engine: E) {
    let store = engine.store();
    let siti = given::account("siti");
    store.create_account(siti.clone(), None).await.unwrap();
    let mut update = change(&siti, &given::phone(1));
    update.picture = picture("a");
    assert_eq!(store.update_profile(update.clone()).await.unwrap(), DONE);
    let account = store.account(siti.id).await.unwrap().unwrap();
    assert_eq!((account.profile.birth_date, account.profile.gender), (Some(update.birth_date), Some(Gender::Female)));
    assert_eq!((account.profile.first_name, account.profile.picture), (siti.profile.first_name, picture("a")));

    update.picture = None;
    assert_eq!(store.update_profile(update.clone()).await.unwrap(), DONE);
    assert_eq!(store.account(siti.id).await.unwrap().unwrap().profile.picture, picture("a"));
    update.picture = picture("b");
    let replaced = ProfileUpdated { found: true, replaced_picture: picture("a") };
    assert_eq!(store.update_profile(update).await.unwrap(), Claimed::Done(replaced));
    assert_eq!(store.account(siti.id).await.unwrap().unwrap().profile.picture, picture("b"));
}

pub async fn the_same_phone_keeps_its_standing<E: Engine>(engine: E) {
    let store = engine.store();
    for (name, number, standing) in [("siti", given::phone(1), Standing::Vouched), ("budi", given::phone(2), Standing::Said)] {
        let account = given::account_with_phone(name, &number, standing);
        store.create_account(account.clone(), None).await.unwrap();
        let before = store.account(account.id).await.unwrap().unwrap().phone;
        assert_eq!(store.update_profile(change(&account, &number)).await.unwrap(), DONE);
        assert_eq!(store.account(account.id).await.unwrap().unwrap().phone, before);
    }
    assert_eq!(store.waiting().await.unwrap(), 0);
}

pub async fn a_new_phone_starts_unverified<E: Engine>(engine: E) {
    let store = engine.store();
    let siti = given::account_with_phone("siti", &given::phone(1), Standing::Said);
    store.create_account(siti.clone(), None).await.unwrap();
    assert_eq!(store.update_profile(change(&siti, &given::phone(2))).await.unwrap(), DONE);
    let account = store.account(siti.id).await.unwrap().unwrap();
    assert_eq!(account.phone, Some(Contact { id: given::phone(2), verified_at: None }));
    assert!(!store.is_held(&given::phone(1).into(), false).await.unwrap());
    assert_eq!(store.waiting().await.unwrap(), 0, "nobody proved that the old number was theirs");
}

pub async fn row_57_a_verified_phone_is_told_that_it_was_changed<E: Engine>(engine: E) {
    let store = engine.store();
    let siti = given::account_with_phone("siti", &given::phone(1), Standing::Vouched);
    store.create_account(siti.clone(), None).await.unwrap();
    assert_eq!(store.update_profile(change(&siti, &given::phone(2))).await.unwrap(), DONE);
    let told = queued(store, Channel::Sms).await;
    assert_eq!(told.len(), 1);
    assert_eq!((told[0].to.as_str(), told[0].locale), (given::phone(1).as_e164(), siti.locale));
    assert_eq!(told[0].content, Content::ContactChanged { contact: ContactKind::Phone });
}

pub async fn row_42_a_notice_by_short_message_is_sent_and_counts_as_money<E: Engine>(engine: E) {
    let store = engine.store();
    let sending = SendingLimits { sms_by_hour: SendingLimits::by_hour(1), ..SendingLimits::default() };
    for n in [1, 2] {
        let person = given::account_with_phone(&format!("person{n}"), &given::phone(n), Standing::Vouched);
        store.create_account(person.clone(), None).await.unwrap();
        let rules = NoticeRules { sending: Some(sending.clone()), ..NoticeRules::default() };
        let update = ProfileUpdate { sealer: given::sealer().with(rules), ..change(&person, &given::phone(n + 10)) };
        assert_eq!(store.update_profile(update).await.unwrap(), DONE);
    }
    assert_eq!(queued(store, Channel::Sms).await.len(), 2, "people must hear of it");
    let spent = |used: Vec<(LimitKey, Usage)>| used[0].1.log.iter().map(|spend| spend.amount).sum::<u64>();
    assert_eq!(spent(store.limits_used(Some(LimitKind::SmsHour), 1, now()).await.unwrap()), 2);
    assert_eq!(spent(store.limits_used(Some(LimitKind::SmsDay), 1, now()).await.unwrap()), 100_000);
}

pub async fn a_contact_for_tests_is_told_nothing<E: Engine>(engine: E) {
    let store = engine.store();
    let siti = given::account_with_phone("siti", &given::phone(1), Standing::Vouched);
    store.create_account(siti.clone(), None).await.unwrap();
    let test_contacts = TestContacts(vec![(given::phone(1).into(), Code::parse("1234").unwrap())]);
    let rules = NoticeRules { test_contacts, ..NoticeRules::default() };
    let update = ProfileUpdate { sealer: given::sealer().with(rules), ..change(&siti, &given::phone(2)) };
    assert_eq!(store.update_profile(update).await.unwrap(), DONE);
    assert_eq!(queued(store, Channel::Sms).await.len(), 0);
}

pub async fn row_13_changing_the_phone_voids_the_accounts_codes_to_it<E: Engine>(engine: E) {
    let store = engine.store();
    let siti = given::account_with_phone("siti", &given::phone(1), Standing::Said);
    store.create_account(siti.clone(), None).await.unwrap();
    // A code of the account's own, as a later use case will send it, and one of somebody who registers with the number.
    let mut own = given::by_phone("own", &given::phone(1));
    own.new.challenge.subject = siti.id.0;
    for pending in [own, given::by_phone("budi", &given::phone(1))] {
        store.start_registration(pending.new, None).await.unwrap();
    }
    engine.execute("UPDATE challenges SET state = 'open'").await;
    assert_eq!(store.update_profile(change(&siti, &given::phone(2))).await.unwrap(), DONE);
    assert_eq!(engine.count("SELECT count(*) FROM challenges WHERE state = 'voided'").await, 1);
    let others = "SELECT count(*) FROM challenges c JOIN registrations r ON r.id = c.subject WHERE c.state = 'open'";
    assert_eq!(engine.count(others).await, 1);
}

pub async fn a_taken_phone_changes_nothing_at_all<E: Engine>(engine: E) {
    let store = engine.store();
    let siti = given::account_with_phone("siti", &given::phone(1), Standing::Vouched);
    store.create_account(siti.clone(), None).await.unwrap();
    for (name, number, standing) in [("budi", given::phone(2), Standing::Said), ("ani", given::phone(3), Standing::Vouched)] {
        store.create_account(given::account_with_phone(name, &number, standing), None).await.unwrap();
        let before = store.account(siti.id).await.unwrap();
        let mut update = change(&siti, &number);
        update.picture = picture("a");
        assert_eq!(store.update_profile(update).await.unwrap(), Claimed::Taken(IdentifierKind::Phone));
        assert_eq!(store.account(siti.id).await.unwrap(), before);
    }
    assert_eq!(store.waiting().await.unwrap(), 0);
}

pub async fn of_16_accounts_that_want_one_phone_one_gets_it<E: Engine>(engine: E) {
    let mut calls = Vec::new();
    for n in 0..16 {
        let account = given::account_with_phone(&format!("user{n}"), &given::phone(n), Standing::Vouched);
        engine.store().create_account(account.clone(), None).await.unwrap();
        let (store, update) = (engine.store().clone(), change(&account, &given::phone(99)));
        calls.push(async move { store.update_profile(update).await.unwrap() });
    }
    let outcomes = at_once(calls).await;
    assert_eq!(outcomes.iter().filter(|outcome| **outcome == DONE).count(), 1);
    assert_eq!(outcomes.iter().filter(|outcome| **outcome == Claimed::Taken(IdentifierKind::Phone)).count(), 15);
    assert_eq!(engine.count("SELECT count(*) FROM identifiers WHERE kind = 'phone'").await, 16);
}

pub async fn the_profile_of_nobody_is_not_found<E: Engine>(engine: E) {
    let update = change(&given::account("nobody"), &given::phone(1));
    let outcome = engine.store().update_profile(update).await.unwrap();
    assert_eq!(outcome, Claimed::Done(ProfileUpdated { found: false, replaced_picture: None }));
    assert!(!engine.store().is_held(&given::phone(1).into(), false).await.unwrap());
}
