//! Changing an e-mail address or a phone number by proving the new one.

use daftar_core::account::{AccountId, AccountStatus, Contact, NewAccount, Standing};
use daftar_core::code::{GROW_AFTER, Pressure, Purpose};
use daftar_core::identifier::IdentifierKind;
use daftar_core::message::{Channel, ContactKind, Content, Message};
use daftar_core::ports::{Outbox as _, Store as _};
use daftar_core::redemption::{Pays, Redeemed, Redemption, Refusal};
use daftar_core::session::SessionId;
use daftar_store::SqlStore;

use super::codes::{WRONG, left, pressure, racing};
use super::given::{self, DAY, made, now, recover, send, sign_in_by_code};
use super::registrations::queued;
use super::{Engine, at_once};

/// An account that is signed in.
async fn signed_in(store: &SqlStore, name: &str, number: u32) -> (NewAccount, SessionId) {
    let account = made(store, name, number).await;
    let session = sign_in_by_code(store, account.id, given::email(name)).await;
    (account, session)
}

/// An account that is signed in, and whose phone number is not verified.
async fn with_unverified_phone(store: &SqlStore, name: &str, number: u32) -> (NewAccount, SessionId) {
    let account = given::account_with_phone(name, &given::phone(number), Standing::Said);
    store.create_account(account.clone(), None).await.unwrap();
    let session = given::sign_in(store, &account).await;
    (account, session)
}

/// The notices among what waits for `channel`.
async fn notices(store: &SqlStore, channel: Channel) -> Vec<Message> {
    queued(store, channel).await.into_iter().filter(|message| !matches!(message.content, Content::Code { .. })).collect()
}

async fn holder(store: &SqlStore, number: u32) -> Option<AccountId> {
    store.find_account(&given::phone(number).into()).await.unwrap().map(|account| account.id)
}

pub async fn a_proven_contact_takes_the_place_of_the_one_of_its_kind<E: Engine>(engine: E) {
    let store = engine.store();
    let (siti, session) = signed_in(store, "siti", 1).await;
    let sent = send(store, Purpose::AppPhone, siti.id, given::phone(2)).await;
    assert_eq!(store.redeem(sent.prove(session)).await.unwrap(), Redeemed::Done(siti.id));
    let sent = send(store, Purpose::AppEmail, siti.id, given::email("rahma")).await;
    assert_eq!(store.redeem(sent.prove(session)).await.unwrap(), Redeemed::Done(siti.id));
    let account = store.account(siti.id).await.unwrap().unwrap();
    assert_eq!(account.phone, Some(Contact { id: given::phone(2), verified_at: Some(now()) }));
    assert_eq!(account.email, Some(Contact { id: given::email("rahma"), verified_at: Some(now()) }));
    assert_eq!(holder(store, 1).await, None);
    assert_eq!(store.find_account(&given::email("siti").into()).await.unwrap(), None);
    assert_eq!(store.session_account(session, now()).await.unwrap(), Some(siti.id), "the session goes on");
    assert_eq!(store.redeem(sent.prove(session)).await.unwrap(), WRONG, "it is spent");
}

pub async fn row_57_the_old_verified_contact_is_told_of_the_change<E: Engine>(engine: E) {
    let store = engine.store();
    let (siti, session) = signed_in(store, "siti", 1).await;
    for sent in [send(store, Purpose::AppPhone, siti.id, given::phone(2)).await, send(store, Purpose::AppEmail, siti.id, given::email("rahma")).await]
    {
        assert_eq!(store.redeem(sent.prove(session)).await.unwrap(), Redeemed::Done(siti.id));
    }
    for (channel, to, contact) in [
        (Channel::Sms, given::phone(1).as_e164().to_owned(), ContactKind::Phone),
        (Channel::Email, "siti@example.test".to_owned(), ContactKind::Email),
    ] {
        let told = notices(store, channel).await;
        assert_eq!(told.len(), 1);
        assert_eq!((told[0].to.as_str(), told[0].locale), (to.as_str(), siti.locale));
        assert_eq!(told[0].content, Content::ContactChanged { contact });
    }
}

pub async fn row_57_an_old_contact_that_was_never_verified_is_told_nothing<E: Engine>(engine: E) {
    let store = engine.store();
    let (siti, session) = with_unverified_phone(store, "siti", 1).await;
    let sent = send(store, Purpose::AppPhone, siti.id, given::phone(2)).await;
    assert_eq!(store.redeem(sent.prove(session)).await.unwrap(), Redeemed::Done(siti.id));
    assert_eq!((holder(store, 1).await, holder(store, 2).await), (None, Some(siti.id)));
    assert_eq!(store.waiting().await.unwrap(), 1, "only the code");
}

pub async fn row_34_somebodys_own_unverified_contact_can_be_proven<E: Engine>(engine: E) {
    let store = engine.store();
    let (siti, session) = with_unverified_phone(store, "siti", 1).await;
    let sent = send(store, Purpose::AppPhone, siti.id, given::phone(1)).await;
    assert_eq!(store.redeem(sent.prove(session)).await.unwrap(), Redeemed::Done(siti.id));
    let account = store.account(siti.id).await.unwrap().unwrap();
    assert_eq!(account.phone, Some(Contact { id: given::phone(1), verified_at: Some(now()) }));
    assert_eq!(store.waiting().await.unwrap(), 1, "only the code");
    sign_in_by_code(store, siti.id, given::phone(1)).await;
}

pub async fn row_34_a_proof_takes_a_contact_from_an_account_that_never_proved_it_which_is_told<E: Engine>(engine: E) {
    let store = engine.store();
    let (budi, _) = with_unverified_phone(store, "budi", 9).await;
    let (siti, session) = signed_in(store, "siti", 1).await;
    let sent = send(store, Purpose::AppPhone, siti.id, given::phone(9)).await;
    assert_eq!(store.redeem(sent.prove(session)).await.unwrap(), Redeemed::Done(siti.id));
    assert_eq!((holder(store, 9).await, holder(store, 1).await), (Some(siti.id), None));
    assert_eq!(store.account(budi.id).await.unwrap().unwrap().phone, None);
    let told = notices(store, Channel::Email).await;
    assert_eq!((told.len(), told[0].to.as_str()), (1, "budi@example.test"));
    assert_eq!(told[0].content, Content::ContactLost { contact: ContactKind::Phone, masked: "+62*****009".to_owned() });
    let told = notices(store, Channel::Sms).await;
    assert_eq!((told.len(), told[0].to.as_str()), (1, given::phone(1).as_e164()));
}

pub async fn row_34_a_contact_that_somebody_else_proved_meanwhile_is_taken_and_nothing_is_written<E: Engine>(engine: E) {
    let store = engine.store();
    let (siti, session) = signed_in(store, "siti", 1).await;
    let sent = send(store, Purpose::AppPhone, siti.id, given::phone(2)).await;
    let own = send(store, Purpose::AppSignIn, siti.id, given::phone(1)).await;
    let recovery = recover(store, siti.id, given::phone(1)).await;
    store.redeem(sent.wrong(sent.prove(session))).await.unwrap();
    made(store, "budi", 2).await;
    let (before, waiting) = (store.account(siti.id).await.unwrap(), store.waiting().await.unwrap());
    for _ in 0..5 {
        assert_eq!(store.redeem(sent.prove(session)).await.unwrap(), Redeemed::Refused(Refusal::Taken(IdentifierKind::Phone)));
    }
    assert_eq!((left(&engine, &sent).await, pressure(store, &sent).await.subject), ((2, true), 1));
    assert_eq!((store.account(siti.id).await.unwrap(), store.waiting().await.unwrap()), (before, waiting));
    assert!(store.recovery(recovery, now()).await.unwrap().is_some());
    assert_eq!(store.redeem(own.show()).await.unwrap(), Redeemed::Done(siti.id));
}

pub async fn no_contact_is_changed_without_a_live_session_and_the_code_is_not_spent<E: Engine>(engine: E) {
    let store = engine.store();
    let (siti, session) = signed_in(store, "siti", 1).await;
    let (_, others) = signed_in(store, "budi", 2).await;
    let ended = sign_in_by_code(store, siti.id, given::email("siti")).await;
    store.end_session(ended, now()).await.unwrap();
    let mut sent = given::code(Purpose::AppPhone, siti.id, given::phone(3));
    sent.challenge.expires_at = now() + 60 * DAY;
    let sent = sent.sent(store).await;
    let over = Redemption { now: now() + 30 * DAY, ..sent.prove(session) };
    for show in [sent.prove(ended), sent.prove(others), sent.prove(SessionId(given::account_id().0)), over] {
        assert_eq!(store.redeem(show).await.unwrap(), Redeemed::Refused(Refusal::SignedOut));
    }
    assert_eq!((left(&engine, &sent).await, pressure(store, &sent).await), ((3, true), Pressure::default()));
    assert_eq!((holder(store, 1).await, holder(store, 3).await), (Some(siti.id), None));
    assert_eq!(store.redeem(sent.prove(session)).await.unwrap(), Redeemed::Done(siti.id));
}

pub async fn a_disabled_account_changes_no_contact<E: Engine>(engine: E) {
    let store = engine.store();
    let (siti, session) = signed_in(store, "siti", 1).await;
    let sent = send(store, Purpose::AppPhone, siti.id, given::phone(2)).await;
    store.set_status(siti.id, AccountStatus::Disabled, now()).await.unwrap();
    assert_eq!(store.redeem(sent.prove(session)).await.unwrap(), Redeemed::Refused(Refusal::SignedOut));
    assert_eq!((holder(store, 1).await, holder(store, 2).await), (Some(siti.id), None));
}

pub async fn row_6_another_accounts_code_for_a_contact_is_refused_and_the_try_counts<E: Engine>(engine: E) {
    let store = engine.store();
    let (siti, session) = signed_in(store, "siti", 1).await;
    let (budi, others) = signed_in(store, "budi", 2).await;
    let sent = send(store, Purpose::AppPhone, siti.id, given::phone(3)).await;
    let stolen = sent.show_for(Purpose::AppPhone, Some(budi.id.0), Pays::Contact(others));
    assert_eq!(store.redeem(stolen).await.unwrap(), WRONG);
    assert_eq!((left(&engine, &sent).await, pressure(store, &sent).await.subject), ((2, true), 1));
    assert_eq!(holder(store, 3).await, None);
    assert_eq!(store.redeem(sent.prove(session)).await.unwrap(), Redeemed::Done(siti.id));
}

pub async fn row_3_many_contacts_buy_an_account_no_more_guesses<E: Engine>(engine: E) {
    let store = engine.store();
    let (siti, session) = signed_in(store, "siti", 1).await;
    for number in [2, 3] {
        let sent = send(store, Purpose::AppPhone, siti.id, given::phone(number)).await;
        for _ in 0..3 {
            assert_eq!(store.redeem(sent.wrong(sent.prove(session))).await.unwrap(), WRONG);
        }
    }
    let fresh = send(store, Purpose::AppPhone, siti.id, given::phone(4)).await;
    let sign_in = send(store, Purpose::AppSignIn, siti.id, given::email("siti")).await;
    assert_eq!(pressure(store, &fresh).await.subject, GROW_AFTER);
    assert_eq!(store.redeem(fresh.prove(session)).await.unwrap(), WRONG);
    assert_eq!(store.redeem(sign_in.show()).await.unwrap(), WRONG);
    assert_eq!(left(&engine, &fresh).await, (3, true));
}

pub async fn row_3_many_accounts_buy_no_more_guesses_at_a_contact<E: Engine>(engine: E) {
    let store = engine.store();
    for n in 1..=2 {
        let (account, session) = signed_in(store, &format!("user{n}"), n).await;
        let sent = send(store, Purpose::AppPhone, account.id, given::phone(9)).await;
        for _ in 0..3 {
            assert_eq!(store.redeem(sent.wrong(sent.prove(session))).await.unwrap(), WRONG);
        }
    }
    let (siti, session) = signed_in(store, "siti", 3).await;
    let at_it = send(store, Purpose::AppPhone, siti.id, given::phone(9)).await;
    assert_eq!(pressure(store, &at_it).await.subject, GROW_AFTER);
    assert_eq!(store.redeem(at_it.prove(session)).await.unwrap(), WRONG);
    let grown = given::code_of(8, Purpose::AppPhone, siti.id, given::phone(9)).sent(store).await;
    assert_eq!(store.redeem(grown.prove(session)).await.unwrap(), Redeemed::Done(siti.id));
    assert_eq!(pressure(store, &grown).await.subject, 0, "a success forgives both");
}

pub async fn row_3_of_200_racing_guesses_of_four_accounts_at_one_contact_six_are_compared<E: Engine>(engine: E) {
    let store = engine.store();
    let mut guesses = Vec::new();
    for n in 1..=4 {
        let (account, session) = signed_in(store, &format!("user{n}"), n).await;
        guesses.push((send(store, Purpose::AppPhone, account.id, given::phone(9)).await, session));
    }
    engine.execute("UPDATE challenges SET state = 'open' WHERE purpose = 'app.phone'").await;
    let calls = (0..200).map(|n: usize| {
        let (sent, session) = &guesses[n % 4];
        let (store, show) = (store.clone(), sent.wrong(sent.prove(*session)));
        async move { store.redeem(show).await.unwrap() }
    });
    assert!(at_once(calls).await.into_iter().all(|outcome| outcome == WRONG));
    assert_eq!(pressure(store, &guesses[0].0).await, Pressure { subject: GROW_AFTER, installation: GROW_AFTER, lost: GROW_AFTER });
}

pub async fn row_13_changing_a_contact_voids_the_accounts_codes_that_went_to_it<E: Engine>(engine: E) {
    let store = engine.store();
    let (siti, session) = signed_in(store, "siti", 1).await;
    let (budi, others) = signed_in(store, "budi", 2).await;
    let (sign_in, reset) =
        (send(store, Purpose::AppSignIn, siti.id, given::phone(1)).await, send(store, Purpose::AppReset, siti.id, given::phone(1)).await);
    let by_mail = send(store, Purpose::AppReset, siti.id, given::email("siti")).await;
    let somebody_elses = send(store, Purpose::AppPhone, budi.id, given::phone(1)).await;
    let sent = send(store, Purpose::AppPhone, siti.id, given::phone(3)).await;
    assert_eq!(store.redeem(sent.prove(session)).await.unwrap(), Redeemed::Done(siti.id));
    assert_eq!((left(&engine, &sign_in).await, left(&engine, &reset).await), ((3, false), (3, false)));
    assert_eq!(left(&engine, &somebody_elses).await, (3, true));
    // Not even if the number comes back: what was sent before is dead.
    let back = send(store, Purpose::AppPhone, siti.id, given::phone(1)).await;
    engine.execute("UPDATE challenges SET state = 'open' WHERE purpose = 'app.phone' AND state = 'voided'").await;
    assert_eq!(store.redeem(back.prove(session)).await.unwrap(), Redeemed::Done(siti.id));
    for sent in [sign_in, reset] {
        assert_eq!(store.redeem(sent.show()).await.unwrap(), WRONG);
    }
    assert_eq!(store.redeem(by_mail.show()).await.unwrap(), Redeemed::Done(siti.id));
    let kept = store.redeem(somebody_elses.prove(others)).await.unwrap();
    assert_eq!(kept, Redeemed::Refused(Refusal::Taken(IdentifierKind::Phone)), "it was compared");
}

pub async fn row_13_changing_a_contact_voids_the_recoveries_that_a_code_to_it_paid_for<E: Engine>(engine: E) {
    let store = engine.store();
    for (n, purpose, lives) in [(1, Purpose::AppPhone, false), (2, Purpose::AppEmail, true)] {
        let (siti, session) = signed_in(store, &format!("user{n}"), n).await;
        let recovery = recover(store, siti.id, given::phone(n)).await;
        let sent = match purpose {
            Purpose::AppPhone => send(store, purpose, siti.id, given::phone(10 + n)).await,
            _ => send(store, purpose, siti.id, given::email("another")).await,
        };
        assert_eq!(store.redeem(sent.prove(session)).await.unwrap(), Redeemed::Done(siti.id));
        assert_eq!(store.recovery(recovery, now()).await.unwrap().is_some(), lives);
    }
}

pub async fn row_13_losing_a_contact_voids_the_losers_codes_to_it<E: Engine>(engine: E) {
    let store = engine.store();
    let (budi, others) = with_unverified_phone(store, "budi", 9).await;
    let (siti, session) = signed_in(store, "siti", 1).await;
    let his = send(store, Purpose::AppPhone, budi.id, given::phone(9)).await;
    let hers = send(store, Purpose::AppPhone, siti.id, given::phone(9)).await;
    engine.execute("UPDATE challenges SET state = 'open' WHERE purpose = 'app.phone'").await;
    assert_eq!(store.redeem(hers.prove(session)).await.unwrap(), Redeemed::Done(siti.id));
    assert_eq!(store.redeem(his.prove(others)).await.unwrap(), WRONG);
    assert_eq!(engine.count("SELECT count(*) FROM challenges WHERE purpose = 'app.phone' AND state = 'voided'").await, 1);
}

pub async fn row_7_of_100_racing_right_codes_one_changes_the_contact<E: Engine>(engine: E) {
    let store = engine.store();
    let (siti, session) = signed_in(store, "siti", 1).await;
    let sent = send(store, Purpose::AppPhone, siti.id, given::phone(2)).await;
    let outcomes = racing(store, 100, || sent.prove(session)).await;
    assert_eq!(outcomes.iter().filter(|outcome| **outcome == Redeemed::Done(siti.id)).count(), 1);
    assert_eq!(outcomes.iter().filter(|outcome| **outcome == WRONG).count(), 99);
    assert_eq!(notices(store, Channel::Sms).await.len(), 1);
}

pub async fn row_34_of_16_accounts_that_prove_one_contact_at_once_one_gets_it<E: Engine>(engine: E) {
    let store = engine.store();
    let mut shows = Vec::new();
    for n in 0..16 {
        let (account, session) = signed_in(store, &format!("user{n}"), n).await;
        shows.push(send(store, Purpose::AppPhone, account.id, given::phone(99)).await.prove(session));
    }
    engine.execute("UPDATE challenges SET state = 'open' WHERE purpose = 'app.phone'").await;
    let outcomes = at_once(shows.into_iter().map(|show| {
        let store = store.clone();
        async move { store.redeem(show).await.unwrap() }
    }))
    .await;
    let won: Vec<_> = outcomes.iter().filter_map(|outcome| if let Redeemed::Done(account) = outcome { Some(*account) } else { None }).collect();
    assert_eq!(outcomes.iter().filter(|outcome| **outcome == Redeemed::Refused(Refusal::Taken(IdentifierKind::Phone))).count(), 15);
    assert_eq!(won, [holder(store, 99).await.unwrap()]);
    assert_eq!(engine.count("SELECT count(*) FROM identifiers WHERE kind = 'phone'").await, 16, "the others keep what they have");
}

pub async fn row_13_a_code_to_the_old_contact_beside_its_change_works_before_it_or_not_at_all<E: Engine>(engine: E) {
    let store = engine.store();
    for n in 1..=8 {
        let (siti, session) = signed_in(store, &format!("user{n}"), n).await;
        let change = send(store, Purpose::AppPhone, siti.id, given::phone(100 + n)).await.prove(session);
        let old = send(store, Purpose::AppReset, siti.id, given::phone(n)).await;
        let sign_in = send(store, Purpose::AppSignIn, siti.id, given::phone(n)).await;
        let outcomes = at_once([change, old.show(), sign_in.show()].map(|show| {
            let store = store.clone();
            async move { store.redeem(show).await.unwrap() }
        }))
        .await;
        assert_eq!(outcomes[0], Redeemed::Done(siti.id));
        // Before or after it, no right to choose a password is left over from the old number.
        assert_eq!(engine.count("SELECT count(*) FROM recoveries").await, 0, "{outcomes:?}");
        assert_eq!((left(&engine, &old).await.1, left(&engine, &sign_in).await.1), (false, false));
    }
}
