//! What is kept of every attempt, what a receipt changes whenever it comes, and what an operator is told and can do.

use std::time::Duration;

use daftar_core::limit::LimitKind;
use daftar_core::message::{Channel, Envelope, MessageId, Recipient};
use daftar_core::outbox::receipt::Change;
use daftar_core::outbox::status::{MessageFilter, MessageStatus, Retried};
use daftar_core::outbox::{Answer, ClaimedMessage, MessageState, Receipt, ReceiptOutcome, Receipted, Settled, Settlement, TriedAttempt};
use daftar_core::ports::{Outbox as _, Store as _, StoreError, Timestamp};
use daftar_store::SqlStore;

use super::given::{self, DAY, MINUTE, now, route, settled, taken, untried};
use super::{Engine, at_once};

const SECOND: Duration = Duration::from_secs(1);

/// A message with a code, queued at `now`.
async fn queued(store: &SqlStore, number: u32) -> given::Pending {
    let pending = given::by_phone(&format!("user{number}"), &given::phone(number));
    store.start_registration(pending.new.clone(), None).await.unwrap();
    pending
}

async fn claim(store: &SqlStore, at: Timestamp) -> Vec<ClaimedMessage> {
    store.claim(Channel::Sms, 10, at, MINUTE).await.unwrap().messages
}

/// The one message that is due at `at`.
async fn claimed(store: &SqlStore, at: Timestamp) -> ClaimedMessage {
    let mut claimed = claim(store, at).await;
    assert_eq!(claimed.len(), 1, "at {at}");
    claimed.remove(0)
}

async fn settle(store: &SqlStore, message: &ClaimedMessage, settled: Settled, at: Timestamp) -> Option<Receipted> {
    store.settle(message.envelope.id, settled, at).await.unwrap()
}

async fn status(store: &SqlStore, envelope: &Envelope) -> MessageStatus {
    store.message_status(envelope.id).await.unwrap().unwrap()
}

fn receipt(reference: &str, outcome: ReceiptOutcome) -> Receipt {
    let reason = (outcome == ReceiptOutcome::Undelivered).then(|| "absent subscriber".to_owned());
    Receipt { reference: reference.to_owned(), outcome, reason }
}

async fn note(store: &SqlStore, by: &str, reference: &str, outcome: ReceiptOutcome, at: Timestamp) -> Option<Receipted> {
    store.note_receipt(&route(by), receipt(reference, outcome), at).await.unwrap()
}

fn awaiting(until: Timestamp) -> Settlement {
    Settlement::Awaiting { until }
}

fn later(at: Timestamp) -> Settlement {
    Settlement::Retry { at, reason: "no answer in time".to_owned() }
}

/// A message that `first` took under the reference `r1` and whose receipt is awaited for a minute.
async fn awaited(store: &SqlStore) -> (Envelope, ClaimedMessage) {
    let pending = queued(store, 1).await;
    let message = claimed(store, now()).await;
    assert_eq!(settle(store, &message, settled(taken(&message, "first", Some("r1"), now()), awaiting(now() + MINUTE)), now()).await, None);
    (pending.new.sending.letters[0].clone(), message)
}

pub async fn every_attempt_is_kept_as_it_was_and_told_to_the_next_claim<E: Engine>(engine: E) {
    let store = engine.store();
    let pending = queued(store, 1).await;
    let first = claimed(store, now()).await;
    assert_eq!((first.number, first.attempts, first.tried.len()), (1, 0, 0));
    let mut refused = taken(&first, "first", None, now());
    refused.answer = Answer::Refused { reason: "21610".to_owned() };
    refused.ended_at = now() + SECOND;
    settle(store, &first, settled(refused.clone(), later(now() + SECOND)), now() + SECOND).await;

    // The second one is cut off, and leaves nothing but its number.
    assert_eq!(claimed(store, now() + SECOND).await.number, 2);
    let third = claimed(store, now() + MINUTE + SECOND).await;
    assert_eq!((third.number, third.attempts, third.cut_off()), (3, 2, 1));
    assert_eq!(third.tried, [TriedAttempt { attempt: refused.clone(), receipt: None }]);
    let put_off = given::settled(taken(&third, "second", Some("r3"), now()), Settlement::Sent);
    let told = settle(store, &third, put_off.clone(), now() + 2 * MINUTE).await;
    assert_eq!(told, None);
    // Settled twice, because the answer to the first was lost.
    settle(store, &third, put_off.clone(), now() + 2 * MINUTE).await;

    let status = status(store, &pending.new.sending.letters[0]).await;
    assert_eq!((status.state, status.claims, status.has_letter, status.next_at), (MessageState::Sent, 3, false, None));
    let attempts: Vec<_> = status.attempts.iter().map(|tried| tried.attempt.clone()).collect();
    assert_eq!(attempts, [refused, put_off.attempt.unwrap()]);
    assert_eq!(status.cost().to_string(), "0.045", "what was refused costs nothing");
}

pub async fn a_message_whose_receipt_does_not_come_is_claimed_again_with_its_letter<E: Engine>(engine: E) {
    let store = engine.store();
    let (envelope, first) = awaited(store).await;
    assert_eq!(store.waiting().await.unwrap(), 0);
    assert!(claim(store, now() + MINUTE - SECOND).await.is_empty());
    let again = claimed(store, now() + MINUTE).await;
    assert_eq!((&again.envelope, again.tried.len(), again.number), (&first.envelope, 1, 2));
    settle(store, &again, settled(taken(&again, "second", Some("r2"), now() + MINUTE), Settlement::Sent), now() + MINUTE).await;
    let status = status(store, &envelope).await;
    assert_eq!((status.state, status.has_letter), (MessageState::Sent, false));
}

pub async fn a_receipt_ends_the_waiting_and_wipes_the_letter<E: Engine>(engine: E) {
    let store = engine.store();
    let (envelope, _) = awaited(store).await;
    let told = note(store, "first", "r1", ReceiptOutcome::Delivered, now() + SECOND).await.unwrap();
    assert_eq!((told.message, told.outcome, told.goes_on()), (envelope.id, ReceiptOutcome::Delivered, false));
    assert_eq!((told.created_at, told.at, told.route.as_str()), (envelope.created_at, now() + SECOND, "first"));
    let status = status(store, &envelope).await;
    assert_eq!((status.state, status.has_letter), (MessageState::Delivered, false));
    let kept = status.attempts[0].receipt.clone().unwrap();
    assert_eq!((kept.outcome, kept.at), (ReceiptOutcome::Delivered, now() + SECOND));
    assert!(claim(store, now() + 5 * MINUTE).await.is_empty());
}

pub async fn row_45_a_receipt_that_comes_before_the_answer_is_kept_for_it<E: Engine>(engine: E) {
    let store = engine.store();
    let pending = queued(store, 1).await;
    let message = claimed(store, now()).await;
    assert_eq!(note(store, "first", "r1", ReceiptOutcome::Delivered, now()).await, None);
    let told = settle(store, &message, settled(taken(&message, "first", Some("r1"), now()), awaiting(now() + MINUTE)), now()).await;
    assert_eq!(told.map(|told| (told.message, told.outcome)), Some((pending.new.sending.letters[0].id, ReceiptOutcome::Delivered)));
    assert_eq!(status(store, &pending.new.sending.letters[0]).await.state, MessageState::Delivered);

    // The same with one that says that it will not arrive: it goes on at once.
    let other = queued(store, 2).await;
    let message = claimed(store, now()).await;
    note(store, "first", "r2", ReceiptOutcome::Undelivered, now()).await;
    let told = settle(store, &message, settled(taken(&message, "first", Some("r2"), now()), awaiting(now() + MINUTE)), now()).await;
    assert!(told.unwrap().goes_on());
    assert_eq!(claimed(store, now()).await.envelope, other.new.sending.letters[0]);
}

pub async fn row_45_a_receipt_that_comes_twice_or_changes_its_mind_changes_nothing<E: Engine>(engine: E) {
    let store = engine.store();
    let (envelope, _) = awaited(store).await;
    assert!(note(store, "first", "r1", ReceiptOutcome::Delivered, now()).await.is_some());
    for outcome in [ReceiptOutcome::Delivered, ReceiptOutcome::Undelivered] {
        assert_eq!(note(store, "first", "r1", outcome, now() + SECOND).await, None);
    }
    let status = status(store, &envelope).await;
    assert_eq!(status.state, MessageState::Delivered);
    assert_eq!(status.attempts[0].receipt.clone().unwrap().at, now());
}

pub async fn row_45_a_receipt_for_what_is_not_ours_changes_nothing<E: Engine>(engine: E) {
    let store = engine.store();
    let (envelope, _) = awaited(store).await;
    for (by, reference) in [("first", "r2"), ("second", "r1"), ("first", "R1"), ("first", "")] {
        assert_eq!(note(store, by, reference, ReceiptOutcome::Delivered, now()).await, None);
    }
    assert_eq!(status(store, &envelope).await.state, MessageState::Awaiting);
}

pub async fn what_will_not_arrive_goes_on_at_once_or_is_given_up<E: Engine>(engine: E) {
    let store = engine.store();
    let (envelope, _) = awaited(store).await;
    let told = note(store, "first", "r1", ReceiptOutcome::Undelivered, now() + SECOND).await.unwrap();
    assert!(told.goes_on());
    let again = claimed(store, now() + SECOND).await;
    settle(store, &again, settled(taken(&again, "second", Some("r2"), now()), Settlement::Sent), now() + SECOND).await;
    let told = note(store, "second", "r2", ReceiptOutcome::Undelivered, now() + 2 * SECOND).await.unwrap();
    assert_eq!(told.change, Some(Change::Failed));
    let failed = status(store, &envelope).await;
    assert_eq!((failed.state, failed.reason.as_deref()), (MessageState::Failed, Some("undelivered")));
    assert_eq!(failed.attempts[1].receipt.clone().unwrap().reason.as_deref(), Some("absent subscriber"));
    // The first gateway was wrong: it has arrived after all.
    assert!(note(store, "first", "r1", ReceiptOutcome::Delivered, now() + MINUTE).await.is_some());
    assert_eq!(status(store, &envelope).await.state, MessageState::Delivered);
}

pub async fn what_will_not_arrive_matters_only_for_the_newest_attempt<E: Engine>(engine: E) {
    let store = engine.store();
    let (envelope, _) = awaited(store).await;
    let again = claimed(store, now() + MINUTE).await;
    // It is being sent by the second route right now.
    let told = note(store, "first", "r1", ReceiptOutcome::Undelivered, now() + MINUTE).await.unwrap();
    assert!(!told.goes_on() && claim(store, now() + MINUTE).await.is_empty());
    settle(store, &again, settled(taken(&again, "second", Some("r2"), now()), Settlement::Sent), now() + MINUTE).await;
    assert_eq!(status(store, &envelope).await.state, MessageState::Sent);
}

pub async fn an_awaited_message_that_expires_is_sent_and_not_failed<E: Engine>(engine: E) {
    let store = engine.store();
    let pending = queued(store, 1).await;
    let message = claimed(store, now()).await;
    let end = pending.new.sending.letters[0].expires_at;
    settle(store, &message, settled(taken(&message, "first", None, now()), awaiting(end + SECOND)), now()).await;
    assert!(claim(store, end).await.is_empty());
    let status = status(store, &pending.new.sending.letters[0]).await;
    assert_eq!((status.state, status.has_letter, status.reason), (MessageState::Sent, false, None));
}

pub async fn row_42_what_a_second_route_costs_is_counted_when_it_has_taken_the_message<E: Engine>(engine: E) {
    let store = engine.store();
    let day = async || {
        let used = store.limits_used(Some(LimitKind::SmsDay), 1, now()).await.unwrap();
        used.iter().flat_map(|(_, usage)| &usage.log).map(|spend| spend.amount).sum::<u64>()
    };
    awaited(store).await;
    assert_eq!(day().await, 0, "the first is paid by whoever sends it");
    let again = claimed(store, now() + MINUTE).await;
    settle(store, &again, settled(taken(&again, "second", Some("r2"), now() + MINUTE), Settlement::Sent), now() + MINUTE).await;
    assert_eq!(day().await, 45_000);
}

pub async fn a_used_code_is_not_sent_by_another_route<E: Engine>(engine: E) {
    let store = engine.store();
    let used = queued(store, 1).await;
    let message = claimed(store, now()).await;
    settle(store, &message, settled(taken(&message, "first", None, now()), awaiting(now() + MINUTE)), now()).await;
    store.finish_registration(used.show_code()).await.unwrap();
    assert!(claim(store, now() + MINUTE).await.is_empty());
    let status = status(store, &used.new.sending.letters[0]).await;
    assert_eq!((status.state, status.has_letter, status.reason.as_deref()), (MessageState::Sent, false, Some("its code was used")));
}

pub async fn row_4_a_replaced_code_is_not_tried_again<E: Engine>(engine: E) {
    let store = engine.store();
    let mut replaced = queued(store, 1).await;
    let old = replaced.new.sending.letters[0].clone();
    let message = claimed(store, now()).await;
    settle(store, &message, untried(message.number, later(now() + MINUTE)), now()).await;
    let resend = replaced.anew(now() + SECOND);
    store.resend_registration(resend.clone()).await.unwrap();
    let newer = claimed(store, now() + MINUTE).await;
    assert_eq!(newer.envelope.id, resend.sending.letters[0].id);
    let status = status(store, &old).await;
    assert_eq!((status.state, status.reason.as_deref()), (MessageState::Failed, Some("its code was replaced or disowned")));
}

pub async fn a_code_that_was_never_tried_is_sent_although_a_newer_one_follows<E: Engine>(engine: E) {
    let store = engine.store();
    let mut pending = queued(store, 1).await;
    let resend = pending.anew(now() + SECOND);
    store.resend_registration(resend).await.unwrap();
    assert_eq!(claim(store, now() + SECOND).await.len(), 2);
}

pub async fn a_failed_message_is_sent_once_more_on_demand_while_it_is_worth_it<E: Engine>(engine: E) {
    let store = engine.store();
    let pending = queued(store, 1).await;
    let id = pending.new.sending.letters[0].id;
    let first = claimed(store, now()).await;
    let mut refused = taken(&first, "first", None, now());
    refused.answer = Answer::Refused { reason: "21610".to_owned() };
    settle(store, &first, settled(refused.clone(), Settlement::Failed { reason: "21610".to_owned() }), now()).await;
    assert!(claim(store, now() + MINUTE).await.is_empty());
    assert_eq!(store.retry_message(id, now() + MINUTE).await.unwrap(), Some(Retried::Queued));
    let again = claimed(store, now() + MINUTE).await;
    assert_eq!(store.retry_message(id, now() + MINUTE).await.unwrap(), Some(Retried::Underway));
    assert_eq!((again.number, again.attempts, again.tried.len(), &again.envelope), (2, 0, 0, &pending.new.sending.letters[0]));
    settle(store, &again, settled(taken(&again, "first", None, now()), Settlement::Failed { reason: "again".to_owned() }), now()).await;
    assert_eq!(status(store, &pending.new.sending.letters[0]).await.attempts.len(), 2, "the history stays");

    let end = pending.new.sending.letters[0].expires_at;
    assert_eq!(store.retry_message(id, end).await.unwrap(), Some(Retried::Expired));
    claim(store, end).await;
    assert_eq!(store.retry_message(id, now()).await.unwrap(), Some(Retried::Expired), "its letter is gone");
    assert_eq!(store.retry_message(MessageId(given::account_id().0), now()).await.unwrap(), None);
}

pub async fn what_was_sent_is_not_sent_once_more<E: Engine>(engine: E) {
    let store = engine.store();
    let (envelope, _) = awaited(store).await;
    assert_eq!(store.retry_message(envelope.id, now()).await.unwrap(), Some(Retried::Queued), "no receipt, and somebody is waiting");
    let again = claimed(store, now()).await;
    settle(store, &again, untried(again.number, Settlement::Sent), now()).await;
    assert_eq!(store.retry_message(envelope.id, now()).await.unwrap(), Some(Retried::Done(MessageState::Sent)));
    note(store, "first", "r1", ReceiptOutcome::Delivered, now()).await;
    assert_eq!(store.retry_message(envelope.id, now()).await.unwrap(), Some(Retried::Done(MessageState::Delivered)));
}

pub async fn whoever_settles_a_message_that_was_claimed_again_changes_nothing_of_it<E: Engine>(engine: E) {
    let store = engine.store();
    let pending = queued(store, 1).await;
    let slow = claimed(store, now()).await;
    let newer = claimed(store, now() + MINUTE).await;
    assert_eq!((slow.number, newer.number), (1, 2));
    for settlement in [later(now()), awaiting(now()), Settlement::Sent, Settlement::Failed { reason: "late".to_owned() }] {
        settle(store, &slow, untried(slow.number, settlement), now() + MINUTE).await;
        // Its lease stands, and so does its letter.
        assert!(claim(store, now() + MINUTE).await.is_empty());
        let message = status(store, &pending.new.sending.letters[0]).await;
        assert_eq!((message.state, message.has_letter, message.reason), (MessageState::Queued, true, None));
    }
    settle(store, &newer, untried(newer.number, Settlement::Sent), now() + MINUTE).await;
    assert_eq!(status(store, &pending.new.sending.letters[0]).await.state, MessageState::Sent);
}

pub async fn an_undelivered_message_that_nobody_else_takes_is_failed<E: Engine>(engine: E) {
    let store = engine.store();
    let (envelope, _) = awaited(store).await;
    note(store, "first", "r1", ReceiptOutcome::Undelivered, now()).await;
    let again = claimed(store, now()).await;
    let outcome = again.tried[0].receipt.clone().unwrap().outcome;
    assert_eq!((outcome, again.tried[0].may_arrive()), (ReceiptOutcome::Undelivered, false));
    settle(store, &again, untried(again.number, later(now() + MINUTE)), now()).await;
    let late = store.claim(Channel::Sms, 10, envelope.expires_at, MINUTE).await.unwrap();
    assert_eq!(late.given_up.len(), 1);
    assert_eq!(status(store, &envelope).await.state, MessageState::Failed);
}

pub async fn a_name_that_a_gateway_uses_again_does_not_judge_the_newer_attempt<E: Engine>(engine: E) {
    let store = engine.store();
    let (envelope, _) = awaited(store).await;
    note(store, "first", "r1", ReceiptOutcome::Undelivered, now()).await;
    let again = claimed(store, now()).await;
    let told = settle(store, &again, settled(taken(&again, "first", Some("r1"), now()), awaiting(now() + MINUTE)), now()).await;
    assert_eq!(told, None);
    assert_eq!(status(store, &envelope).await.state, MessageState::Awaiting);
    assert!(note(store, "first", "r1", ReceiptOutcome::Delivered, now()).await.is_some());
}

pub async fn messages_are_listed_newest_first_by_recipient_state_and_page<E: Engine>(engine: E) {
    let store = engine.store();
    let mut sent = Vec::new();
    for number in 1..=5 {
        sent.push(queued(store, number).await.new.sending.letters[0].clone());
    }
    store.start_registration(given::by_mail("siti", None).new, None).await.unwrap();
    sent.sort_by_key(|envelope| std::cmp::Reverse(envelope.id.0));
    let ids = |messages: Vec<MessageStatus>| messages.into_iter().map(|message| message.id).collect::<Vec<_>>();
    let sms = MessageFilter { channel: Some(Channel::Sms), ..MessageFilter::default() };
    let expected: Vec<_> = sent.iter().map(|envelope| envelope.id).collect();
    assert_eq!(ids(store.messages(&sms, 10).await.unwrap()), expected);
    assert_eq!(ids(store.messages(&sms, 2).await.unwrap()), expected[..2]);
    let next = MessageFilter { before: Some(expected[1]), ..sms.clone() };
    assert_eq!(ids(store.messages(&next, 2).await.unwrap()), expected[2..4]);
    assert_eq!(store.messages(&MessageFilter::default(), 10).await.unwrap().len(), 6);

    let to = |to: Vec<Recipient>| MessageFilter { to: Some(to), ..MessageFilter::default() };
    let one = store.messages(&to(vec![Recipient::Sms(given::phone(3))]), 10).await.unwrap();
    assert_eq!(one.iter().map(|message| message.to.as_str().to_owned()).collect::<Vec<_>>(), [given::phone(3).as_e164()]);
    let shouted = daftar_core::identifier::EmailAddress::parse("SITI@EXAMPLE.TEST").unwrap();
    assert_eq!(store.messages(&to(vec![Recipient::Email(shouted), Recipient::Sms(given::phone(4))]), 10).await.unwrap().len(), 2);
    assert_eq!(store.messages(&to(Vec::new()), 10).await.unwrap(), []);

    let failed = claim(store, now()).await.remove(0);
    settle(store, &failed, untried(failed.number, Settlement::Failed { reason: "no".to_owned() }), now()).await;
    let in_state = |states: &[MessageState]| MessageFilter { states: states.to_vec(), ..MessageFilter::default() };
    assert_eq!(ids(store.messages(&in_state(&[MessageState::Failed]), 10).await.unwrap()), [failed.envelope.id]);
    assert_eq!(store.messages(&in_state(&[MessageState::Queued, MessageState::Failed]), 10).await.unwrap().len(), 6);
    assert_eq!(store.messages(&in_state(&[MessageState::Delivered]), 10).await.unwrap(), []);
}

pub async fn queues_are_counted_by_channel<E: Engine>(engine: E) {
    let store = engine.store();
    queued(store, 1).await;
    queued(store, 2).await;
    let queues = store.queues().await.unwrap();
    let sms = queues.iter().find(|queue| queue.channel == Channel::Sms).unwrap();
    let mail = queues.iter().find(|queue| queue.channel == Channel::Email).unwrap();
    assert_eq!((sms.waiting, sms.oldest, mail.waiting, mail.oldest), (2, Some(now()), 0, None));
    assert_eq!((sms.ends, mail.ends), (Some(now() + 30 * MINUTE), None));
}

/// Row 45: the answer to the sending and its receipt, at once and in any order.
pub async fn row_45_of_answers_and_receipts_at_once_none_is_lost<E: Engine>(engine: E) {
    let store = engine.store();
    for number in 0..40 {
        queued(store, number).await;
    }
    let claimed = store.claim(Channel::Sms, 40, now(), MINUTE).await.unwrap().messages;
    assert_eq!(claimed.len(), 40);
    let answers = claimed.iter().map(|message| {
        let reference = message.envelope.id.0.to_string();
        let settled = settled(taken(message, "first", Some(&reference), now()), awaiting(now() + MINUTE));
        let (store, id) = (store.clone(), message.envelope.id);
        tokio::spawn(async move {
            store.settle(id, settled, now()).await.unwrap();
        })
    });
    let receipts = claimed.iter().flat_map(|message| {
        let reference = message.envelope.id.0.to_string();
        (0..2).map(move |_| reference.clone())
    });
    let receipts = receipts.map(|reference| {
        let store = store.clone();
        tokio::spawn(async move {
            store.note_receipt(&route("first"), receipt(&reference, ReceiptOutcome::Delivered), now()).await.unwrap();
        })
    });
    for task in answers.chain(receipts).collect::<Vec<_>>() {
        task.await.unwrap();
    }
    let delivered = MessageFilter { states: vec![MessageState::Delivered], ..MessageFilter::default() };
    assert_eq!(store.messages(&delivered, 100).await.unwrap().len(), 40);
}

pub async fn row_45_of_16_receipts_at_once_one_is_new<E: Engine>(engine: E) {
    let store = engine.store();
    awaited(store).await;
    let calls = (0..16).map(|_| {
        let store = store.clone();
        async move { note(&store, "first", "r1", ReceiptOutcome::Delivered, now()).await }
    });
    assert_eq!(at_once(calls).await.into_iter().flatten().count(), 1);
}

pub async fn attempts_and_receipts_are_kept_for_30_days<E: Engine>(engine: E) {
    let store = engine.store();
    let (envelope, _) = awaited(store).await;
    note(store, "first", "r1", ReceiptOutcome::Delivered, now()).await;
    note(store, "first", "somebody-elses", ReceiptOutcome::Delivered, now()).await;
    store.sweep(now() + 30 * DAY - SECOND).await.unwrap();
    assert_eq!(status(store, &envelope).await.attempts.len(), 1);
    store.sweep(now() + 30 * DAY).await.unwrap();
    assert_eq!(store.message_status(envelope.id).await.unwrap(), None);
    for table in ["outbox", "attempts", "receipts"] {
        assert_eq!(engine.count(&format!("SELECT count(*) FROM {table}")).await, 0, "{table}");
    }
}

pub async fn a_damaged_attempt_names_itself<E: Engine>(engine: E) {
    let store = engine.store();
    let (envelope, _) = awaited(store).await;
    engine.execute("UPDATE attempts SET answer = 'perhaps'").await;
    let error = store.message_status(envelope.id).await.unwrap_err();
    assert!(matches!(error, StoreError::Corrupt { table: "attempts", column: "answer", .. }), "{error:?}");
}
