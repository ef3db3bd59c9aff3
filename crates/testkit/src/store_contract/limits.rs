//! Limits.

use std::time::Duration;

use daftar_core::account::AccountStatus;
use daftar_core::code::Purpose;
use daftar_core::limit::conversion::Conversion;
use daftar_core::limit::sending::SendingLimits;
use daftar_core::limit::{Budget, Charge, Charged, Exhausted, Fare, Gcra, Limit, LimitKey, LimitKind, Sending};
use daftar_core::ports::Store as _;
use daftar_core::redemption::{Redeemed, Redemption};
use daftar_core::secret::Mac;
use daftar_core::sign_in::OpenSession;

use super::given::{self, DAY, HOUR, MINUTE, account_id, now, phone, send};
use super::{Engine, at_once};

fn charge(key: &str, burst: u32) -> Charge {
    Charge::one(LimitKey::new(LimitKind::PasswordAddress, key), Gcra { burst, period: HOUR })
}

pub async fn row_14_of_100_racing_charges_exactly_the_burst_is_allowed<E: Engine>(engine: E) {
    let calls = (0..100).map(|_| {
        let store = engine.store().clone();
        async move { store.charge(vec![charge("narrow", 10), charge("wide", 30)], now()).await.unwrap() }
    });
    let allowed = at_once(calls).await.into_iter().filter(|outcome| *outcome == Charged::Allowed).count();
    assert_eq!(allowed, 10);
}

pub async fn several_limits_are_charged_all_or_none<E: Engine>(engine: E) {
    let store = engine.store();
    assert_eq!(store.charge(vec![charge("narrow", 1)], now()).await.unwrap(), Charged::Allowed);
    for _ in 0..5 {
        let refused = store.charge(vec![charge("wide", 2), charge("narrow", 1)], now()).await.unwrap();
        assert!(matches!(refused, Charged::Refused(_)));
    }
    for _ in 0..2 {
        assert_eq!(store.charge(vec![charge("wide", 2)], now()).await.unwrap(), Charged::Allowed);
    }
    assert!(matches!(store.charge(vec![charge("wide", 2)], now()).await.unwrap(), Charged::Refused(_)));
}

pub async fn a_refund_makes_room_again<E: Engine>(engine: E) {
    let store = engine.store();
    let both = vec![charge("a", 2), charge("b", 2)];
    for _ in 0..2 {
        assert_eq!(store.charge(both.clone(), now()).await.unwrap(), Charged::Allowed);
    }
    assert!(matches!(store.charge(both.clone(), now()).await.unwrap(), Charged::Refused(_)));
    store.refund(both.clone(), now()).await.unwrap();
    assert_eq!(store.charge(both.clone(), now()).await.unwrap(), Charged::Allowed);
    assert!(matches!(store.charge(both.clone(), now()).await.unwrap(), Charged::Refused(_)));
    for _ in 0..2 {
        store.refund(both.clone(), now()).await.unwrap();
    }
    assert_eq!(engine.count("SELECT count(*) FROM limits").await, 0);
}

pub async fn a_refund_of_nothing_changes_nothing<E: Engine>(engine: E) {
    let store = engine.store();
    store.refund(vec![charge("a", 1)], now()).await.unwrap();
    assert_eq!(store.charge(vec![charge("a", 1)], now()).await.unwrap(), Charged::Allowed);
    assert!(matches!(store.charge(vec![charge("a", 1)], now()).await.unwrap(), Charged::Refused(_)));
}

pub async fn a_refusal_says_how_long_until_all_have_room<E: Engine>(engine: E) {
    let store = engine.store();
    let slow = Charge::one(LimitKey::new(LimitKind::PasswordAddress, "slow"), Gcra { burst: 1, period: 24 * HOUR });
    let both = vec![charge("quick", 1), slow, charge("free", 9)];
    assert_eq!(store.charge(both.clone(), now()).await.unwrap(), Charged::Allowed);
    let later = now() + Duration::from_secs(60);
    let wait = 24 * HOUR - Duration::from_secs(60);
    assert!(matches!(store.charge(both.clone(), later).await.unwrap(), Charged::Refused(exhausted) if exhausted.retry_after == wait));
    assert_eq!(store.charge(both, later + wait).await.unwrap(), Charged::Allowed);
}

/// What a destination may be sent: one, whatever else happens within a minute.
fn destination() -> Charge {
    let budget = SendingLimits::default().per_destination;
    Charge::of(LimitKey::new(LimitKind::SendDestination, "phone/+6281200000001"), &budget, 1)
}

pub async fn row_43_a_budget_counts_exactly_also_when_the_store_was_closed_meanwhile<E: Engine>(engine: E) {
    let at = |seconds: u64| now() + Duration::from_secs(seconds);
    for second in [0, 60, 120] {
        assert_eq!(engine.store().charge(vec![destination()], at(second)).await.unwrap(), Charged::Allowed);
    }
    let engine = engine.reopened().await;
    let wait = |charged| match charged {
        Charged::Refused(Exhausted { retry_after, .. }) => retry_after,
        Charged::Allowed => Duration::ZERO,
    };
    assert_eq!(wait(engine.store().charge(vec![destination()], at(599)).await.unwrap()), Duration::from_secs(1));
    assert_eq!(engine.store().charge(vec![destination()], at(600)).await.unwrap(), Charged::Allowed);
}

pub async fn row_42_of_100_racing_short_messages_the_hour_pays_for_exactly_its_number<E: Engine>(engine: E) {
    let hour = SendingLimits::by_hour(30);
    let sends = (0..100).map(|n| {
        let (store, hour) = (engine.store().clone(), Charge::of(LimitKey::of_everybody(LimitKind::SmsHour), &hour, 1));
        let sent = given::code(Purpose::AppSignup, given::account_id(), given::phone(n));
        let sending = Sending { letters: vec![sent.envelope], fare: paid(vec![hour]) };
        async move { store.send_challenge(sent.challenge, sending).await.unwrap() }
    });
    let sent = at_once(sends).await.into_iter().filter(|charged| *charged == Some(Charged::Allowed)).count();
    assert_eq!(sent, 30);
    for table in ["challenges", "outbox"] {
        assert_eq!(engine.count(&format!("SELECT count(*) FROM {table}")).await, 30, "{table}");
    }
}

/// What is charged for a message to an account that has proven where it goes.
const fn paid(charges: Vec<Charge>) -> Fare {
    Fare { charges, is_judged: false }
}

pub async fn row_43_a_refused_message_leaves_the_code_before_it_alone<E: Engine>(engine: E) {
    let store = engine.store();
    let account = given::made(store, "siti", 1).await;
    let first = given::code(Purpose::AppSignIn, account.id, given::email("siti"));
    let pays = |sent: &given::Sent| Sending { letters: vec![sent.envelope.clone()], fare: paid(vec![destination()]) };
    assert_eq!(store.send_challenge(first.challenge.clone(), pays(&first)).await.unwrap(), Some(Charged::Allowed));
    let second = given::code(Purpose::AppSignIn, account.id, given::email("siti"));
    assert!(matches!(store.send_challenge(second.challenge.clone(), pays(&second)).await.unwrap(), Some(Charged::Refused(_))));
    assert_eq!(store.redeem(first.show()).await.unwrap(), Redeemed::Done(account.id));
    assert_eq!(engine.count("SELECT count(*) FROM challenges").await, 1);
}

pub async fn row_42_what_became_of_a_prefixs_codes_is_known<E: Engine>(engine: E) {
    let store = engine.store();
    let standing = async |at| store.sending_standing(Vec::new(), Some("+628120000"), at).await.unwrap().conversion;
    let mut sent = Vec::new();
    for n in 0..5 {
        sent.push(given::code(Purpose::AppSignup, given::account_id(), given::phone(n)).sent(store).await);
    }
    given::code(Purpose::AppSignup, given::account_id(), given::phone(99_999_999)).sent(store).await;
    given::code(Purpose::AppSignup, given::account_id(), given::email("siti")).sent(store).await;
    // By codes to whoever has proven the number nothing is judged.
    let owner = given::made(store, "siti", 7).await;
    for purpose in [Purpose::AppSignIn, Purpose::AppReset] {
        let sent = given::code(purpose, owner.id, given::phone(7));
        store.send_challenge(sent.challenge, Sending { letters: vec![sent.envelope], fare: paid(Vec::new()) }).await.unwrap();
    }
    assert_eq!(standing(now()).await, Conversion { over: 0, verified: 0 }, "none has had its chance");
    for sent in &sent[..2] {
        assert!(matches!(store.redeem(sent.show()).await.unwrap(), Redeemed::Done(_)));
    }
    assert_eq!(standing(now()).await, Conversion { over: 2, verified: 2 });
    assert_eq!(standing(now() + HOUR).await, Conversion { over: 5, verified: 2 });
    assert_eq!(standing(now() + 24 * HOUR).await, Conversion { over: 0, verified: 0 }, "a day later it is forgotten");
}

pub async fn row_60_what_is_noted_counts_whether_or_not_there_was_room<E: Engine>(engine: E) {
    let store = engine.store();
    let many = (0..300).map(|n| charge(&n.to_string(), 2)).chain([Charge { amount: 7, ..charge("much", 10) }]).collect();
    let rooms = store.note_usage(many, now()).await.unwrap();
    assert_eq!((rooms.len(), rooms.last().map(|(_, room)| room.left)), (301, Some(3)));
    let rooms = store.note_usage(vec![Charge { amount: 7, ..charge("much", 10) }], now()).await.unwrap();
    assert_eq!(rooms.first().map(|(_, room)| (room.left, room.wait)), Some((0, HOUR / 10)));
    assert!(matches!(store.charge(vec![charge("much", 10)], now()).await.unwrap(), Charged::Refused(_)));
    assert_eq!(store.note_usage(Vec::new(), now()).await.unwrap(), []);
}

pub async fn fault_6_a_clock_an_hour_back_is_mended_in_the_store<E: Engine>(engine: E) {
    let store = engine.store();
    let (quick, exact) = (charge("quick", 1), destination());
    let earlier = now() - HOUR;
    for charge in [quick, exact] {
        assert_eq!(store.charge(vec![charge.clone()], now()).await.unwrap(), Charged::Allowed);
        let Charged::Refused(Exhausted { retry_after, .. }) = store.charge(vec![charge.clone()], earlier).await.unwrap() else { unreachable!() };
        assert!(retry_after <= HOUR);
        assert!(matches!(store.charge(vec![charge.clone()], earlier + retry_after - Duration::from_millis(1)).await.unwrap(), Charged::Refused(_)));
        assert_eq!(store.charge(vec![charge], earlier + retry_after).await.unwrap(), Charged::Allowed, "it is not held for the hour as well");
    }
}

pub async fn row_15_addresses_that_people_signed_in_from_are_known<E: Engine>(engine: E) {
    let store = engine.store();
    let (siti, budi) = (given::account("siti"), given::made(store, "budi", 2).await);
    store.create_account(siti.clone(), None).await.unwrap();
    let known = async |name: &str, from: Mac| {
        let record = store.sign_in_record(&given::email(name).into(), from).await.unwrap().unwrap();
        assert_eq!(store.is_known(record.account, from).await.unwrap(), record.is_known_address);
        record.is_known_address
    };
    assert!(!known("siti", given::from()).await);
    store.open_session(given::opening(&siti)).await.unwrap();
    assert!(known("siti", given::from()).await);
    assert!(!known("siti", Mac([9; 32])).await && !known("budi", given::from()).await);
    let code = given::send(store, Purpose::AppSignIn, budi.id, given::email("budi")).await;
    store.redeem(code.wrong(code.show())).await.unwrap();
    assert!(!known("budi", given::from()).await, "a wrong code makes nobody known");
    store.redeem(code.show()).await.unwrap();
    assert!(known("budi", given::from()).await);
    store.open_session(given::opening(&siti)).await.unwrap();
    assert_eq!(engine.count("SELECT count(*) FROM known_addresses").await, 2);
}

/// What is used, in order.
async fn used<E: Engine>(engine: &E, kind: Option<LimitKind>, limit: u32) -> Vec<String> {
    let found = engine.store().limits_used(kind, limit, now() + MINUTE).await.unwrap();
    found.into_iter().map(|(key, _)| key.as_str().to_owned()).collect()
}

async fn note<E: Engine>(engine: &E, kind: LimitKind, of: &str, period: Duration) {
    let charge = Charge::one(LimitKey::new(kind, of), Gcra { burst: 1, period });
    engine.store().note_usage(vec![charge], now()).await.unwrap();
}

pub async fn what_is_used_is_listed_longest_first_and_by_kind<E: Engine>(engine: E) {
    note(&engine, LimitKind::SendPrefix, "+6281234", HOUR).await;
    note(&engine, LimitKind::SendPause, "+6281234", DAY).await;
    note(&engine, LimitKind::SendPrefix, "+628123", 2 * HOUR).await;
    note(&engine, LimitKind::PasswordAddress, "192.0.2.1", MINUTE).await;
    let all = ["send.pause/+6281234", "send.prefix/+628123", "send.prefix/+6281234"];
    assert_eq!(used(&engine, None, 10).await, all, "what is free again is not used");
    assert_eq!(used(&engine, None, 2).await, all[..2]);
    assert_eq!(used(&engine, Some(LimitKind::SendPrefix), 10).await, all[1..]);
    let budget = Budget::of(5, HOUR, Duration::ZERO);
    let charge = Charge::of(LimitKey::new(LimitKind::SmsHour, "all"), &budget, 3);
    engine.store().charge(vec![charge], now()).await.unwrap();
    let found = engine.store().limits_used(Some(LimitKind::SmsHour), 1, now()).await.unwrap();
    assert_eq!(Limit::Counted(budget).room(found.first().map(|(_, usage)| usage), now()).left, 2);
}

pub async fn a_reset_forgets_one_limit_or_a_kind_and_nothing_else<E: Engine>(engine: E) {
    let store = engine.store();
    for prefix in ["+628123", "+6281234", "+62812345"] {
        note(&engine, LimitKind::SendPrefix, prefix, HOUR).await;
    }
    note(&engine, LimitKind::SendPause, "+6281234", HOUR).await;
    let one = LimitKey::new(LimitKind::SendPrefix, "+6281234");
    assert_eq!(store.reset_limits(LimitKind::SendPrefix, Some(one.clone())).await.unwrap(), 1);
    assert_eq!(store.reset_limits(LimitKind::SendPrefix, Some(one)).await.unwrap(), 0);
    assert_eq!(used(&engine, None, 10).await, ["send.pause/+6281234", "send.prefix/+628123", "send.prefix/+62812345"]);
    assert_eq!(store.reset_limits(LimitKind::SendPrefix, None).await.unwrap(), 2);
    assert_eq!(used(&engine, None, 10).await, ["send.pause/+6281234"]);
}

pub async fn row_42_a_prefix_whose_pause_is_reset_is_judged_anew<E: Engine>(engine: E) {
    let store = engine.store();
    for number in [10_001, 10_002, 20_001] {
        send(store, Purpose::AppSignup, account_id(), phone(number)).await;
    }
    let later = now() + HOUR;
    let judged = async |prefix| store.sending_standing(Vec::new(), Some(prefix), later).await.unwrap().conversion.over;
    let (one, other) = ("+628120001", "+628120002");
    assert_eq!((phone(10_001).prefix(), judged(one).await, judged(other).await), (one, 2, 1));
    let pause = |prefix: &str| Charge::one(LimitKey::new(LimitKind::SendPause, prefix), Gcra { burst: 1, period: HOUR });
    assert!(store.pause_prefix(pause(one), now()).await.unwrap());
    assert!(!store.pause_prefix(pause(one), now()).await.unwrap(), "it has begun");
    assert_eq!((judged(one).await, judged(other).await), (0, 1), "what led to a pause leads to no other");
    send(store, Purpose::AppSignup, account_id(), phone(10_004)).await;
    for prefix in [one, other] {
        note(&engine, LimitKind::SendPause, prefix, DAY).await;
    }
    store.reset_limits(LimitKind::SendPause, Some(LimitKey::new(LimitKind::SendPause, one))).await.unwrap();
    assert_eq!((judged(one).await, judged(other).await), (0, 1));
    send(store, Purpose::AppSignup, account_id(), phone(10_003)).await;
    assert_eq!(judged(one).await, 1, "what is sent from then on counts");
    assert_eq!(store.reset_limits(LimitKind::SendPause, None).await.unwrap(), 1);
    assert_eq!((judged(one).await, judged(other).await), (1, 0), "only what was paused begins anew");
}

pub async fn row_42_a_cap_that_is_nearly_spent_is_told_before_it_is<E: Engine>(engine: E) {
    let store = engine.store();
    let (hour, budget) = (LimitKey::of_everybody(LimitKind::SmsHour), Budget::of(10, HOUR, Duration::ZERO));
    let one = Charge::of(hour.clone(), &budget, 1);
    let prefix = Charge::of(LimitKey::new(LimitKind::SendPrefix, "+6281234"), &budget, 1);
    let both = || vec![one.clone(), prefix.clone()];
    for sent in 0..10 {
        let standing = store.sending_standing(both(), None, now()).await.unwrap();
        let expected = if sent > 8 { vec![hour.clone()] } else { Vec::new() };
        assert_eq!((standing.charged, standing.nearly, standing.conversion), (Charged::Allowed, expected, Conversion::default()), "{sent}");
        store.charge(both(), now()).await.unwrap();
    }
    assert_eq!(store.sending_standing(both(), None, now() + HOUR).await.unwrap().nearly, [], "the hour is over");
}

pub async fn row_15_whoever_recovers_by_a_code_is_known_where_he_is<E: Engine>(engine: E) {
    let store = engine.store();
    let (siti, budi) = (given::account("siti"), given::made(store, "budi", 2).await);
    store.create_account(siti.clone(), None).await.unwrap();
    for account in [siti.id, budi.id] {
        let code = given::send(store, Purpose::AppReset, account, given::email("budi")).await;
        assert_eq!(store.redeem(code.show()).await.is_ok_and(|redeemed| redeemed == Redeemed::Done(account)), account == budi.id);
    }
    assert!(store.is_known(budi.id, given::from()).await.unwrap());
    assert!(!store.is_known(siti.id, given::from()).await.unwrap(), "the code did not speak for it");
}

pub async fn row_15_whoever_recovers_an_account_makes_strangers_of_all_others<E: Engine>(engine: E) {
    let store = engine.store();
    let (siti, other) = (given::account("siti"), given::account("budi"));
    for account in [&siti, &other] {
        store.create_account(account.clone(), None).await.unwrap();
        store.open_session(OpenSession { from: Mac([9; 32]), ..given::opening(account) }).await.unwrap();
    }
    let code = given::send(store, Purpose::AppReset, siti.id, given::email("siti")).await;
    store.redeem(code.wrong(code.show())).await.unwrap();
    let known = async |account, from| store.is_known(account, from).await.unwrap();
    assert!(known(siti.id, Mac([9; 32])).await);
    assert_eq!(store.redeem(code.show()).await.unwrap(), Redeemed::Done(siti.id));
    assert!(!known(siti.id, Mac([9; 32])).await && known(siti.id, given::from()).await);
    assert!(known(other.id, Mac([9; 32])).await, "nobody else's");
    store.set_status(siti.id, AccountStatus::Disabled, now()).await.unwrap();
    assert!(!known(siti.id, given::from()).await, "nor is anybody known to an account that an operator has ended");
}

pub async fn row_5_what_is_forgiven_counts_no_longer_than_what_was_wrong<E: Engine>(engine: E) {
    let store = engine.store();
    let lost = async |at| store.pressure(&["nobody".to_owned()], at).await.unwrap().lost;
    let (own, other) = (given::made(store, "own", 1).await, given::made(store, "other", 2).await);
    let slipped = given::send(store, Purpose::AppSignIn, own.id, given::email("own")).await;
    store.redeem(slipped.wrong(slipped.show())).await.unwrap();
    let right = Redemption { now: now() + 9 * MINUTE, ..slipped.show() };
    assert!(matches!(store.redeem(right).await.unwrap(), Redeemed::Done(_)));
    assert_eq!(lost(now() + 9 * MINUTE).await, 0);
    let guessed = given::send(store, Purpose::AppSignIn, other.id, given::email("other")).await;
    let wrong = guessed.wrong(guessed.show());
    store.redeem(Redemption { now: now() + 9 * MINUTE, ..wrong }).await.unwrap();
    assert_eq!(lost(now() + 9 * MINUTE).await, 1);
    assert_eq!(lost(now() + 65 * MINUTE).await, 1, "a slip that is over forgives no guess that is not");
}
