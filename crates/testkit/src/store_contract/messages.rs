//! The outbox as its workers see it, and the development inbox.

use std::collections::HashSet;
use std::time::Duration;

use daftar_core::message::{Channel, ContactKind, Content, Envelope, MessageId};
use daftar_core::outbox::{ClaimedMessage, Settlement};
use daftar_core::ports::{Inbox as _, InboxFilter, InboxMessage, Outbox as _, Store as _, Timestamp};
use daftar_store::SqlStore;

use super::given::{self, MINUTE, now, untried};
use super::{Engine, at_once};

const LEASE: Duration = MINUTE;

/// Queues a message to a phone, written at `at`, in the way in which messages are queued: with what causes them.
async fn queue(store: &SqlStore, number: u32, at: Timestamp) -> Envelope {
    let mut pending = given::by_phone(&format!("user{number}"), &given::phone(number));
    pending.new.sending.letters[0] = given::envelope(given::phone(number), Content::ContactChanged { contact: ContactKind::Phone }, at);
    store.start_registration(pending.new.clone(), None).await.unwrap();
    pending.new.sending.letters[0].clone()
}

async fn claim(store: &SqlStore, limit: u32, at: Timestamp) -> Vec<ClaimedMessage> {
    store.claim(Channel::Sms, limit, at, LEASE).await.unwrap().messages
}

fn reason(text: &str) -> String {
    text.to_owned()
}

pub async fn messages_are_claimed_by_channel_when_due_oldest_first<E: Engine>(engine: E) {
    let store = engine.store();
    let (second, first) = (queue(store, 2, now() + MINUTE).await, queue(store, 1, now()).await);
    let future = queue(store, 3, now() + 10 * MINUTE).await;
    store.start_registration(given::by_mail("siti", None).new, None).await.unwrap();
    assert_eq!(store.waiting().await.unwrap(), 4);

    let claimed = claim(store, 10, now() + 2 * MINUTE).await;
    assert_eq!(claimed.iter().map(|message| &message.envelope).collect::<Vec<_>>(), [&first, &second]);
    assert!(claimed.iter().all(|message| message.attempts == 0));
    assert_eq!(store.claim(Channel::Email, 10, now(), LEASE).await.unwrap().messages.len(), 1);
    let later = claim(store, 1, now() + 30 * MINUTE).await;
    assert_eq!(later.len(), 1, "no more than asked for");
    assert_eq!(store.waiting().await.unwrap(), 3, "the first expired meanwhile; claimed ones count");
    assert_ne!(later[0].envelope.id, future.id);
}

pub async fn a_claimed_message_is_nobody_elses_until_its_lease_is_over<E: Engine>(engine: E) {
    let store = engine.store();
    let message = queue(store, 1, now()).await;
    assert_eq!(claim(store, 10, now()).await.len(), 1);
    assert!(claim(store, 10, now() + LEASE - Duration::from_millis(1)).await.is_empty());
    let again = claim(store, 10, now() + LEASE).await;
    assert_eq!((again.len(), again[0].attempts, &again[0].envelope), (1, 1, &message));
}

pub async fn of_20_racing_workers_each_message_has_one<E: Engine>(engine: E) {
    for number in 0..50 {
        queue(engine.store(), number, now()).await;
    }
    let calls = (0..20).map(|_| {
        let store = engine.store().clone();
        async move { claim(&store, 7, now()).await }
    });
    let claimed: Vec<_> = at_once(calls).await.into_iter().flatten().map(|message| message.envelope.id).collect();
    assert_eq!(claimed.len(), 50);
    assert_eq!(claimed.iter().collect::<HashSet<_>>().len(), 50);
}

pub async fn a_sent_message_is_never_claimed_again<E: Engine>(engine: E) {
    let store = engine.store();
    let message = queue(store, 1, now()).await;
    claim(store, 1, now()).await;
    store.settle(message.id, untried(1, Settlement::Sent), now()).await.unwrap();
    assert_eq!(store.waiting().await.unwrap(), 0);
    // A worker that took too long comes back with another view of it.
    let retry = Settlement::Retry { at: now(), reason: reason("late") };
    store.settle(message.id, untried(1, retry), now() + MINUTE).await.unwrap();
    store.settle(message.id, untried(1, Settlement::Failed { reason: reason("late") }), now() + MINUTE).await.unwrap();
    assert!(claim(store, 1, now() + 2 * MINUTE).await.is_empty());
    assert_eq!(engine.count("SELECT count(*) FROM outbox WHERE state = 'sent' AND sealed IS NULL AND last_reason IS NULL").await, 1);
}

pub async fn a_failed_message_keeps_its_reason_and_loses_its_letter_when_it_expires<E: Engine>(engine: E) {
    let store = engine.store();
    let message = queue(store, 1, now()).await;
    claim(store, 1, now()).await;
    store.settle(message.id, untried(1, Settlement::Failed { reason: reason("550 no such user") }), now()).await.unwrap();
    assert!(claim(store, 1, now() + 2 * MINUTE).await.is_empty());
    let kept = |letter| format!("SELECT count(*) FROM outbox WHERE state = 'failed' AND sealed {letter} AND last_reason = '550 no such user'");
    assert_eq!(engine.count(&kept("IS NOT NULL")).await, 1);
    assert!(claim(store, 1, message.expires_at).await.is_empty());
    assert_eq!(engine.count(&kept("IS NULL")).await, 1);
}

pub async fn a_retried_message_comes_back_when_it_is_due<E: Engine>(engine: E) {
    let store = engine.store();
    let message = queue(store, 1, now()).await;
    for attempt in 0..3 {
        let at = now() + 2 * attempt * MINUTE;
        let claimed = claim(store, 1, at).await;
        assert_eq!((claimed.len(), claimed[0].attempts, &claimed[0].envelope), (1, attempt, &message));
        let due = at + 2 * MINUTE;
        store.settle(message.id, untried(claimed[0].number, Settlement::Retry { at: due, reason: reason("try later") }), at).await.unwrap();
        assert_eq!(store.waiting().await.unwrap(), 1);
        assert!(claim(store, 1, due - Duration::from_millis(1)).await.is_empty());
    }
}

pub async fn an_expired_message_is_given_up_unsent<E: Engine>(engine: E) {
    let store = engine.store();
    let (waiting, leased) = (queue(store, 1, now()).await, queue(store, 2, now() - MINUTE).await);
    let in_flight = claim(store, 1, now() + 28 * MINUTE + Duration::from_secs(30)).await;
    assert_eq!(in_flight[0].envelope.id, leased.id);
    let given_up = "SELECT count(*) FROM outbox WHERE state = 'failed' AND last_reason = 'expired' AND sealed IS NULL";
    // Past its time, but on its way: its worker will say what became of it.
    assert_eq!(claim(store, 10, leased.expires_at).await[0].envelope.id, waiting.id);
    assert_eq!(engine.count(given_up).await, 0);
    let late = store.claim(Channel::Sms, 10, waiting.expires_at, LEASE).await.unwrap();
    assert!(late.messages.is_empty());
    let mut told: Vec<_> = late.given_up.iter().map(|given_up| (given_up.id, given_up.reason.as_str())).collect();
    told.sort_unstable_by_key(|(id, _)| id.0);
    let mut expected = [(waiting.id, "expired"), (leased.id, "expired")];
    expected.sort_unstable_by_key(|(id, _)| id.0);
    assert_eq!(told, expected);
    assert_eq!(engine.count(given_up).await, 2);
    assert_eq!(store.waiting().await.unwrap(), 0);
}

fn letter(at: Timestamp) -> InboxMessage {
    InboxMessage {
        id: MessageId(given::account_id().0),
        channel: Channel::Email,
        to: "siti@example.test".to_owned(),
        subject: Some("Your code".to_owned()),
        text: "123456 ✓".to_owned(),
        html: Some("<p>123456</p>".to_owned()),
        sent_at: at,
    }
}

pub async fn the_inbox_shows_the_newest_first<E: Engine>(engine: E) {
    let store = engine.store();
    let mail = letter(now());
    let mut text = InboxMessage { channel: Channel::Sms, to: "+6281200000001".to_owned(), subject: None, html: None, ..letter(now() + MINUTE) };
    // Of one millisecond, and with ids that sort the other way.
    let mut last = InboxMessage { id: letter(now()).id, ..text.clone() };
    if last.id.0 > text.id.0 {
        std::mem::swap(&mut last.id, &mut text.id);
    }
    for message in [&mail, &text, &last] {
        store.deliver(message.clone()).await.unwrap();
    }
    assert_eq!(store.newest(&InboxFilter::default(), 2).await.unwrap(), [last.clone(), text.clone()]);
    assert_eq!(store.newest(&InboxFilter::default(), 10).await.unwrap(), [last.clone(), text.clone(), mail.clone()]);
    let filter = |channel, to: Option<&str>| InboxFilter { channel, to: to.map(str::to_lowercase) };
    for message in [&last, &text, &mail] {
        let found = store.newest(&filter(Some(message.channel), Some(&message.to)), 10).await.unwrap();
        assert!(found.contains(message) && found.iter().all(|m| m.channel == message.channel && m.to == message.to));
    }
    assert_eq!(store.newest(&filter(None, Some("nobody@example.test")), 10).await.unwrap(), []);
    assert_eq!(store.message(mail.id).await.unwrap(), Some(mail));
    assert_eq!(store.message(letter(now()).id).await.unwrap(), None);
}

pub async fn a_message_delivered_twice_is_in_the_inbox_once<E: Engine>(engine: E) {
    let store = engine.store();
    let first = letter(now());
    let second = InboxMessage { text: "another".to_owned(), ..first.clone() };
    for message in [&first, &second] {
        store.deliver(message.clone()).await.unwrap();
    }
    assert_eq!(store.newest(&InboxFilter::default(), 10).await.unwrap(), [first]);
}
