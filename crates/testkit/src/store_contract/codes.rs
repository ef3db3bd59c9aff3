//! Codes for accounts: how many are compared, for what they are good, and the races around them.

use std::time::Duration;

use daftar_core::account::{AccountId, AccountStatus, Contact, Standing};
use daftar_core::code::{Code, GROW_AFTER, Pressure, Purpose};
use daftar_core::identifier::{EmailAddress, IdentifierKind, PhoneNumber};
use daftar_core::message::{Channel, CodeUse, ContactKind, Content};
use daftar_core::ports::{Outbox as _, Store as _};
use daftar_core::redemption::{Pays, Redeemed, Redemption, Refusal};
use daftar_store::SqlStore;

use super::given::{self, MINUTE, Sent, made, now, send};
use super::registrations::queued;
use super::{Engine, at_once};

pub(super) const WRONG: Redeemed = Redeemed::Refused(Refusal::Wrong);

fn mail(name: &str) -> EmailAddress {
    given::email(name)
}

fn number(number: u32) -> PhoneNumber {
    given::phone(number)
}

/// How much wrong guessing there has been against what `sent` is counted against.
pub(super) async fn pressure(store: &SqlStore, sent: &Sent) -> Pressure {
    store.pressure(&sent.challenge.counted_against(), now()).await.unwrap()
}

/// Shows `show` so often, all at once.
pub(super) async fn racing(store: &SqlStore, times: usize, show: impl Fn() -> Redemption) -> Vec<Redeemed> {
    at_once((0..times).map(|_| {
        let (store, show) = (store.clone(), show());
        async move { store.redeem(show).await.unwrap() }
    }))
    .await
}

/// How many tries are left of the one code for its purpose and destination, and whether it is open.
pub(super) async fn left<E: Engine>(engine: &E, sent: &Sent) -> (i64, bool) {
    let (purpose, key) = (sent.challenge.purpose.name(), sent.challenge.destination.key());
    let of = format!("FROM challenges WHERE purpose = '{purpose}' AND destination_key = '{key}'");
    let open = engine.count(&format!("SELECT count(*) {of} AND state = 'open'")).await;
    (engine.count(&format!("SELECT max(tries_left) {of}")).await, open == 1)
}

fn done(outcomes: &[Redeemed]) -> usize {
    outcomes.iter().filter(|outcome| matches!(outcome, Redeemed::Done(_))).count()
}

pub async fn a_code_is_sent_and_signs_its_account_in<E: Engine>(engine: E) {
    let store = engine.store();
    let siti = made(store, "siti", 1).await;
    let sent = send(store, Purpose::AppSignIn, siti.id, mail("siti")).await;
    let told = queued(store, Channel::Email).await;
    assert_eq!(told.len(), 1);
    let content = Content::Code { good_for: CodeUse::SignIn, code: sent.code.expose().to_owned(), code_minutes: 10 };
    assert_eq!((told[0].to.as_str(), &told[0].content), ("siti@example.test", &content));

    let show = sent.show();
    let Pays::SignIn(session, _) = show.pays else { unreachable!() };
    assert_eq!(store.redeem(show).await.unwrap(), Redeemed::Done(siti.id));
    let last = session.expires_at - Duration::from_millis(1);
    assert_eq!(store.session_account(session.id, last).await.unwrap(), Some(siti.id));
    assert_eq!(store.session_account(session.id, session.expires_at).await.unwrap(), None);
    assert_eq!(engine.count("SELECT count(*) FROM sessions WHERE surface = 'app'").await, 1);
    assert_eq!(store.redeem(sent.show()).await.unwrap(), WRONG, "it is spent");
    assert_eq!(engine.count("SELECT count(*) FROM sessions").await, 1);
    assert_eq!(store.redeem(given::code(Purpose::AppSignIn, siti.id, mail("siti")).show()).await.unwrap(), WRONG, "it was never sent");
}

pub async fn a_code_makes_an_account_that_has_proven_its_contact<E: Engine>(engine: E) {
    let store = engine.store();
    let sent = send(store, Purpose::AppSignup, given::account_id(), number(1)).await;
    let show = sent.show();
    let Pays::SignUp(newcomer, session, _) = show.pays.clone() else { unreachable!() };
    assert_eq!(store.redeem(show).await.unwrap(), Redeemed::Done(newcomer.account));
    let account = store.find_account(&number(1).into()).await.unwrap().unwrap();
    assert_eq!((account.id, account.has_password, account.email), (newcomer.account, false, None));
    assert_eq!(account.phone, Some(Contact { id: number(1), verified_at: Some(now()) }));
    assert_eq!(account.username, Some(newcomer.username));
    assert_eq!(store.session_account(session.id, now()).await.unwrap(), Some(newcomer.account));
    assert_eq!(store.redeem(sent.show()).await.unwrap(), WRONG);
    assert_eq!(engine.count("SELECT count(*) FROM accounts").await, 1);
}

pub async fn row_1_a_code_of_4_or_5_digits_dies_after_three_wrong_ones_and_a_longer_one_after_five<E: Engine>(engine: E) {
    let store = engine.store();
    for (digits, tries) in [(4, 3), (5, 3), (6, 5), (8, 5)] {
        for wrong in [tries - 1, tries] {
            let name = format!("user{digits}{wrong}");
            let account = made(store, &name, u32::from(digits) * 10 + wrong).await;
            let sent = given::code_of(digits, Purpose::AppSignIn, account.id, mail(&name)).sent(store).await;
            for _ in 0..wrong {
                assert_eq!(store.redeem(sent.wrong(sent.show())).await.unwrap(), WRONG);
            }
            let right = if wrong == tries { WRONG } else { Redeemed::Done(account.id) };
            assert_eq!(store.redeem(sent.show()).await.unwrap(), right, "{digits} digits after {wrong} wrong ones");
        }
    }
    assert_eq!(engine.count("SELECT count(*) FROM sessions").await, 4);
}

pub async fn row_2_of_200_racing_guesses_exactly_the_allowed_ones_are_compared<E: Engine>(engine: E) {
    let store = engine.store();
    for (digits, tries, before) in [(4, 3, 0), (6, 5, 3)] {
        let name = format!("user{digits}");
        let account = made(store, &name, digits.into()).await;
        let sent = given::code_of(digits, Purpose::AppSignIn, account.id, mail(&name)).sent(store).await;
        let outcomes = racing(store, 200, || sent.wrong(sent.show())).await;
        assert!(outcomes.iter().all(|outcome| *outcome == WRONG), "{outcomes:?}");
        // Only what was compared is counted.
        assert_eq!(pressure(store, &sent).await, Pressure { subject: tries, installation: before + tries, lost: before + tries });
        assert_eq!(left(&engine, &sent).await.0, 0);
        assert_eq!(store.redeem(sent.show()).await.unwrap(), WRONG);
    }
}

pub async fn row_3_wrong_codes_add_up_per_account_until_a_success<E: Engine>(engine: E) {
    let store = engine.store();
    let (siti, budi) = (made(store, "siti", 1).await, made(store, "budi", 2).await);
    let by_mail = send(store, Purpose::AppSignIn, siti.id, mail("siti")).await;
    let by_phone = send(store, Purpose::AppReset, siti.id, number(1)).await;
    let third = send(store, Purpose::AppReset, siti.id, mail("siti")).await;
    for sent in [&by_mail, &by_phone] {
        for _ in 0..3 {
            assert_eq!(pressure(store, sent).await.subject.cmp(&GROW_AFTER), std::cmp::Ordering::Less);
            assert_eq!(store.redeem(sent.wrong(sent.show())).await.unwrap(), WRONG);
        }
    }
    assert_eq!(pressure(store, &third).await, Pressure { subject: GROW_AFTER, installation: GROW_AFTER, lost: GROW_AFTER });
    // Neither a code that was sent before nor a new one is compared any more, if it is short.
    let fresh = given::code_of(5, Purpose::AppSignIn, siti.id, number(1)).sent(store).await;
    for sent in [&third, &fresh] {
        for _ in 0..5 {
            assert_eq!(store.redeem(sent.show()).await.unwrap(), WRONG);
            assert_eq!(store.redeem(sent.wrong(sent.show())).await.unwrap(), WRONG);
        }
        assert_eq!(left(&engine, sent).await, (3, true));
    }
    assert_eq!(pressure(store, &third).await.subject, GROW_AFTER, "what is not compared does not count");
    // Nobody else is kept out by that.
    let other = send(store, Purpose::AppSignIn, budi.id, mail("budi")).await;
    assert_eq!(store.redeem(other.show()).await.unwrap(), Redeemed::Done(budi.id));
    assert_eq!(pressure(store, &third).await.subject, GROW_AFTER, "somebody else's success forgives nothing");

    let grown = given::code_of(8, Purpose::AppSignIn, siti.id, mail("siti")).sent(store).await;
    assert_eq!(store.redeem(grown.show()).await.unwrap(), Redeemed::Done(siti.id));
    // What was tried on the code before it was a slip; what was tried elsewhere stays a guess.
    assert_eq!(pressure(store, &third).await, Pressure { subject: 0, installation: GROW_AFTER, lost: 3 });
    assert_eq!(store.redeem(third.show()).await.unwrap(), Redeemed::Done(siti.id));
}

pub async fn row_3_wrong_codes_of_newcomers_add_up_per_destination<E: Engine>(engine: E) {
    let store = engine.store();
    for _ in 0..2 {
        let sent = send(store, Purpose::AppSignup, given::account_id(), number(1)).await;
        for _ in 0..3 {
            assert_eq!(store.redeem(sent.wrong(sent.show())).await.unwrap(), WRONG);
        }
    }
    let sent = send(store, Purpose::AppSignup, given::account_id(), number(1)).await;
    assert_eq!(pressure(store, &sent).await.subject, GROW_AFTER);
    assert_eq!(store.redeem(sent.show()).await.unwrap(), WRONG);
    let other = send(store, Purpose::AppSignup, given::account_id(), number(2)).await;
    assert!(matches!(store.redeem(other.show()).await.unwrap(), Redeemed::Done(_)));
    let grown = given::code_of(8, Purpose::AppSignup, given::account_id(), number(1)).sent(store).await;
    assert!(matches!(store.redeem(grown.show()).await.unwrap(), Redeemed::Done(_)));
    assert_eq!(pressure(store, &sent).await.subject, 0);
}

pub async fn row_3_of_200_racing_guesses_at_four_codes_of_one_account_six_are_compared<E: Engine>(engine: E) {
    let store = engine.store();
    let siti = made(store, "siti", 1).await;
    let mut codes = Vec::new();
    for purpose in [Purpose::AppSignIn, Purpose::AppReset] {
        codes.push(send(store, purpose, siti.id, mail("siti")).await);
        codes.push(send(store, purpose, siti.id, number(1)).await);
    }
    let calls = (0..200).map(|n: usize| {
        let (store, sent) = (store.clone(), &codes[n % 4]);
        let show = sent.wrong(sent.show());
        async move { store.redeem(show).await.unwrap() }
    });
    assert!(at_once(calls).await.into_iter().all(|outcome| outcome == WRONG));
    assert_eq!(pressure(store, &codes[0]).await, Pressure { subject: GROW_AFTER, installation: GROW_AFTER, lost: GROW_AFTER });
    let tried = "SELECT CAST(12 - sum(tries_left) AS BIGINT) FROM challenges";
    assert_eq!(engine.count(tried).await, i64::from(GROW_AFTER));
}

pub async fn row_4_a_newer_code_voids_the_older_one_of_its_purpose_and_destination_alone<E: Engine>(engine: E) {
    let store = engine.store();
    let siti = made(store, "siti", 1).await;
    let old = send(store, Purpose::AppSignIn, siti.id, mail("siti")).await;
    let elsewhere = send(store, Purpose::AppSignIn, siti.id, number(1)).await;
    let other_purpose = send(store, Purpose::AppReset, siti.id, mail("siti")).await;
    let new = send(store, Purpose::AppSignIn, siti.id, mail("SITI")).await;
    assert_eq!(store.redeem(old.show()).await.unwrap(), WRONG);
    assert_eq!(pressure(store, &old).await, Pressure::default(), "a dead code is not compared");
    for sent in [elsewhere, other_purpose, new] {
        assert_eq!(store.redeem(sent.show()).await.unwrap(), Redeemed::Done(siti.id));
    }
}

pub async fn row_4_of_16_racing_codes_for_one_purpose_and_destination_one_is_good<E: Engine>(engine: E) {
    let store = engine.store();
    let siti = made(store, "siti", 1).await;
    let calls = (0..16).map(|_| {
        let (store, sent) = (store.clone(), given::code(Purpose::AppSignIn, siti.id, mail("siti")));
        async move { sent.sent(&store).await }
    });
    let sent = at_once(calls).await;
    assert_eq!(engine.count("SELECT count(*) FROM challenges WHERE state = 'open'").await, 1);
    let mut outcomes = Vec::new();
    for sent in sent {
        outcomes.push(store.redeem(sent.show()).await.unwrap());
    }
    assert_eq!(done(&outcomes), 1);
}

pub async fn row_6_a_code_shown_for_another_purpose_is_refused_and_the_try_counts<E: Engine>(engine: E) {
    let store = engine.store();
    for (n, purpose, other) in [(1, Purpose::AppSignIn, Purpose::AppReset), (2, Purpose::AppReset, Purpose::AppSignIn)] {
        let siti = made(store, &format!("user{n}"), n).await;
        let sent = send(store, purpose, siti.id, number(n)).await;
        let swapped = given::code(other, siti.id, number(n)).show().pays;
        assert_eq!(store.redeem(sent.show_for(other, None, swapped)).await.unwrap(), WRONG);
        assert_eq!((left(&engine, &sent).await, pressure(store, &sent).await.subject), ((2, true), 1));
        assert_eq!(engine.count("SELECT count(*) FROM recoveries").await + engine.count("SELECT count(*) FROM sessions").await, i64::from(n) - 1);
        assert_eq!(store.redeem(sent.show()).await.unwrap(), Redeemed::Done(siti.id));
    }
}

pub async fn row_7_of_100_racing_right_codes_one_signs_in<E: Engine>(engine: E) {
    let store = engine.store();
    let siti = made(store, "siti", 1).await;
    let sent = send(store, Purpose::AppSignIn, siti.id, mail("siti")).await;
    let outcomes = racing(store, 100, || sent.show()).await;
    assert_eq!((done(&outcomes), outcomes.iter().filter(|outcome| **outcome == WRONG).count()), (1, 99));
    assert_eq!(engine.count("SELECT count(*) FROM sessions").await, 1);
}

pub async fn row_7_of_100_racing_right_codes_one_makes_an_account<E: Engine>(engine: E) {
    let store = engine.store();
    let sent = send(store, Purpose::AppSignup, given::account_id(), mail("siti")).await;
    let outcomes = racing(store, 100, || sent.show()).await;
    assert_eq!((done(&outcomes), outcomes.iter().filter(|outcome| **outcome == WRONG).count()), (1, 99));
    assert_eq!((engine.count("SELECT count(*) FROM accounts").await, engine.count("SELECT count(*) FROM sessions").await), (1, 1));
}

pub async fn row_8_a_code_of_another_length_is_refused_and_costs_nothing<E: Engine>(engine: E) {
    let store = engine.store();
    let siti = made(store, "siti", 1).await;
    let sent = send(store, Purpose::AppSignIn, siti.id, mail("siti")).await;
    for _ in 0..10 {
        let mut show = sent.show();
        show.shown.code = Code::parse(&format!("{}0", sent.code.expose())).unwrap();
        assert_eq!(store.redeem(show).await.unwrap(), WRONG);
    }
    assert_eq!((left(&engine, &sent).await, pressure(store, &sent).await), ((3, true), Pressure::default()));
    assert_eq!(store.redeem(sent.show()).await.unwrap(), Redeemed::Done(siti.id));
}

pub async fn a_code_that_has_expired_is_not_compared<E: Engine>(engine: E) {
    let store = engine.store();
    let siti = made(store, "siti", 1).await;
    let sent = send(store, Purpose::AppSignIn, siti.id, mail("siti")).await;
    let end = now() + 10 * MINUTE;
    for show in [sent.show(), sent.wrong(sent.show())] {
        assert_eq!(store.redeem(Redemption { now: end, ..show }).await.unwrap(), Redeemed::Refused(Refusal::Expired));
    }
    assert_eq!((left(&engine, &sent).await, pressure(store, &sent).await), ((3, true), Pressure::default()));
    assert_eq!(store.redeem(Redemption { now: end - Duration::from_millis(1), ..sent.show() }).await.unwrap(), Redeemed::Done(siti.id));
}

pub async fn a_disabled_account_is_told_so_after_a_right_code_alone_and_the_code_is_spent<E: Engine>(engine: E) {
    let store = engine.store();
    let siti = made(store, "siti", 1).await;
    let codes = [send(store, Purpose::AppSignIn, siti.id, mail("siti")).await, send(store, Purpose::AppReset, siti.id, mail("siti")).await];
    store.set_status(siti.id, AccountStatus::Disabled, now()).await.unwrap();
    for sent in &codes {
        assert_eq!(store.redeem(sent.wrong(sent.show())).await.unwrap(), WRONG);
        assert_eq!(store.redeem(sent.show()).await.unwrap(), Redeemed::Refused(Refusal::Disabled));
        assert!(!left(&engine, sent).await.1);
    }
    store.set_status(siti.id, AccountStatus::Active, now()).await.unwrap();
    for sent in &codes {
        assert_eq!(store.redeem(sent.show()).await.unwrap(), WRONG);
    }
    assert_eq!((engine.count("SELECT count(*) FROM sessions").await, engine.count("SELECT count(*) FROM recoveries").await), (0, 0));
}

pub async fn row_34_an_unverified_contact_neither_signs_in_nor_recovers<E: Engine>(engine: E) {
    let store = engine.store();
    let siti = given::account_with_phone("siti", &number(1), Standing::Said);
    store.create_account(siti.clone(), None).await.unwrap();
    // Nor does one of somebody else's, for which a code was sent all the same.
    for to in [number(1), number(2)] {
        for purpose in [Purpose::AppSignIn, Purpose::AppReset] {
            let sent = send(store, purpose, siti.id, to.clone()).await;
            assert_eq!(store.redeem(sent.show()).await.unwrap(), WRONG);
        }
    }
    // To nobody none is sent.
    let nobodys = given::code(Purpose::AppSignIn, given::account_id(), number(3));
    assert_eq!(store.send_challenge(nobodys.challenge.clone(), nobodys.envelope.clone().into()).await.unwrap(), None);
    assert_eq!(store.redeem(nobodys.show()).await.unwrap(), WRONG);
    assert_eq!((engine.count("SELECT count(*) FROM sessions").await, engine.count("SELECT count(*) FROM recoveries").await), (0, 0));
    let sent = send(store, Purpose::AppSignIn, siti.id, mail("siti")).await;
    assert_eq!(store.redeem(sent.show()).await.unwrap(), Redeemed::Done(siti.id));
}

pub async fn row_34_whoever_signs_up_takes_a_contact_that_its_holder_never_proved<E: Engine>(engine: E) {
    let store = engine.store();
    let squatter = given::account_with_phone("budi", &number(1), Standing::Said);
    store.create_account(squatter.clone(), None).await.unwrap();
    let sent = send(store, Purpose::AppSignup, given::account_id(), number(1)).await;
    let Redeemed::Done(made) = store.redeem(sent.show()).await.unwrap() else { panic!("it is refused") };
    assert_eq!(store.find_account(&number(1).into()).await.unwrap().unwrap().id, made);
    assert_eq!(store.account(squatter.id).await.unwrap().unwrap().phone, None);
    let told = queued(store, Channel::Email).await;
    assert_eq!((told.len(), told[0].to.as_str()), (1, "budi@example.test"));
    assert_eq!(told[0].content, Content::ContactLost { contact: ContactKind::Phone, masked: "+62*****001".to_owned() });
}

pub async fn a_right_code_is_not_spent_where_its_identifier_was_taken_meanwhile<E: Engine>(engine: E) {
    let store = engine.store();
    let sent = send(store, Purpose::AppSignup, given::account_id(), number(1)).await;
    store.redeem(sent.wrong(sent.show())).await.unwrap();
    let of = |name: Option<&str>| {
        let mut newcomer = given::newcomer();
        newcomer.username = name.map_or(newcomer.username, given::username);
        sent.show_for(Purpose::AppSignup, None, Pays::SignUp(newcomer, given::session(), given::from()))
    };
    store.create_account(given::account("siti"), None).await.unwrap();
    for _ in 0..5 {
        assert_eq!(store.redeem(of(Some("siti"))).await.unwrap(), Redeemed::Refused(Refusal::Taken(IdentifierKind::Username)));
    }
    let rival: AccountId = made(store, "budi", 1).await.id;
    for _ in 0..5 {
        assert_eq!(store.redeem(of(None)).await.unwrap(), Redeemed::Refused(Refusal::Taken(IdentifierKind::Phone)));
    }
    assert_eq!((left(&engine, &sent).await, pressure(store, &sent).await.subject), ((2, true), 1), "nothing is written");
    assert_eq!((engine.count("SELECT count(*) FROM accounts").await, engine.count("SELECT count(*) FROM sessions").await), (2, 0));
    assert_eq!((store.find_account(&number(1).into()).await.unwrap().unwrap().id, store.waiting().await.unwrap()), (rival, 1));
    // Once the number is free again, the code is as good as before.
    engine.execute("DELETE FROM identifiers WHERE kind = 'phone'").await;
    assert!(matches!(store.redeem(of(None)).await.unwrap(), Redeemed::Done(_)));
}
