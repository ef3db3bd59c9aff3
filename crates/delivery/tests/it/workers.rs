//! The workers, against faults of what they work with.

use std::time::Duration;

use daftar_core::outbox::Settlement;
use daftar_core::ports::{Clock as _, Outbox as _};
use daftar_delivery::SendError;
use tokio::sync::watch;

use crate::house::{Act, House, Scripted};

const SECOND: Duration = Duration::from_secs(1);

#[tokio::test]
async fn a_code_that_has_expired_is_never_sent() {
    let house = House::new();
    let mail = Scripted::new([]);
    let id = house.queue("siti@example.test");
    house.clock.advance(600 * SECOND);
    let worker = house.spawn_mail(mail.clone());
    let row = house.done(id).await;
    assert_eq!(row.history, [Settlement::Failed { reason: "it expired before it could be sent".to_owned() }]);
    worker.stop().await;
    assert_eq!(mail.sent(), []);
}

#[tokio::test]
async fn a_message_is_tried_ever_more_slowly_until_it_expires() {
    let house = House::new();
    let busy = || Act::Answer(SendError::Retry("busy".to_owned()));
    let mail = Scripted::new((0..100).map(|_| busy()));
    let worker = house.spawn_mail(mail.clone());
    let (id, start) = (house.queue("siti@example.test"), house.clock.now());
    let mut tries = 0;
    let row = loop {
        tries += 1;
        let row = house.until(id, |row| row.history.len() >= tries).await;
        if row.done {
            break row;
        }
        house.clock.advance(row.due.duration_since(house.clock.now()).try_into().unwrap());
    };
    worker.stop().await;
    // 1, 2, 5, 10, 20, 30 and then 60 seconds apart: the last try that fits into ten minutes is at 548 s.
    assert_eq!((tries, house.clock.now().duration_since(start).as_secs()), (15, 548));
    assert_eq!(row.history.last(), Some(&Settlement::Failed { reason: "expired; the last try: busy".to_owned() }));
    assert_eq!(mail.sent(), []);
}

#[tokio::test]
async fn two_workers_on_one_outbox_send_each_message_once() {
    let house = House::new();
    let mail = Scripted::new([]);
    let mut ids: Vec<_> = (0..150).map(|n| house.queue(&format!("u{n}@example.test"))).collect();
    let workers = [house.spawn_mail(mail.clone()), house.spawn_mail(mail.clone())];
    ids.extend((150..300).map(|n| house.queue(&format!("u{n}@example.test"))));
    for id in &ids {
        assert_eq!(house.done(*id).await.history, [Settlement::Sent]);
    }
    for worker in workers {
        worker.stop().await;
    }
    let mut sent = mail.sent();
    sent.sort_by_key(|id| id.0);
    ids.sort_by_key(|id| id.0);
    assert_eq!(sent, ids);
}

#[tokio::test]
async fn a_ring_is_answered_at_once_by_every_channel() {
    let mut house = House::new();
    // Nobody looks by himself within the time of this test.
    house.pace.tick = Duration::from_secs(3600);
    let worker = house.spawn(Scripted::new([]), Scripted::new([]));
    for n in 0..50 {
        let (mail, sms) = (house.queue(&format!("u{n}@example.test")), house.queue("+6281234567890"));
        house.done(mail).await;
        house.done(sms).await;
    }
    worker.stop().await;
}

#[tokio::test]
async fn a_send_that_panics_harms_nobody_else() {
    let house = House::new();
    let mail = Scripted::new([Act::Panic]);
    let worker = house.spawn_mail(mail.clone());
    let unlucky = house.queue("one@example.test");
    assert_eq!(house.put_off(unlucky, 1).await, "the sender panicked");
    let other = house.queue("two@example.test");
    assert_eq!(house.done(other).await.history, [Settlement::Sent]);
    house.clock.advance(SECOND);
    assert_eq!(house.done(unlucky).await.history.last(), Some(&Settlement::Sent));
    worker.stop().await;
}

#[tokio::test]
async fn row_45_hanging_sends_leave_room_for_others() {
    let house = House::new();
    let mail = Scripted::new((0..7).map(|_| Act::Hang));
    let worker = house.spawn_mail(mail.clone());
    for n in 0..7 {
        house.queue(&format!("stuck{n}@example.test"));
    }
    mail.called(7).await;
    for n in 0..40 {
        let id = house.queue(&format!("u{n}@example.test"));
        house.done(id).await;
    }
    drop(worker);
    assert_eq!(mail.sent().len(), 40);
}

#[tokio::test]
async fn an_outbox_that_is_away_is_waited_for() {
    let house = House::new();
    house.outbox.go_away(true);
    let mail = Scripted::new([]);
    let worker = house.spawn_mail(mail.clone());
    house.turned_away(2).await;
    let id = house.queue("siti@example.test");
    house.outbox.go_away(false);
    assert_eq!(house.done(id).await.history, [Settlement::Sent]);
    worker.stop().await;
}

#[tokio::test]
async fn a_message_whose_note_is_late_is_sent_once() {
    let house = House::new();
    let (go, wait) = watch::channel(false);
    let mail = Scripted::new([Act::Wait(wait)]);
    let worker = house.spawn_mail(mail.clone());
    let id = house.queue("siti@example.test");
    mail.called(1).await;
    // The outbox goes away between the sending and the note of it.
    house.outbox.go_away(true);
    go.send_replace(true);
    house.turned_away(2).await;
    house.outbox.go_away(false);
    let row = house.done(id).await;
    assert_eq!((row.history.as_slice(), row.attempts), ([Settlement::Sent].as_slice(), 1));
    worker.stop().await;
    assert_eq!(mail.sent(), [id]);
}

#[tokio::test]
async fn a_message_that_cannot_be_read_is_given_up() {
    let house = House::new();
    let id = house.queue("siti@example.test");
    house.outbox.damage(id);
    let worker = house.spawn_mail(Scripted::new([]));
    let row = house.done(id).await;
    let Some(Settlement::Failed { reason }) = row.history.last() else { panic!("{:?}", row.history) };
    assert!(reason.starts_with("it cannot be read: "), "{reason}");
    worker.stop().await;
}

#[tokio::test]
async fn a_message_that_a_newer_program_wrote_is_left_for_it() {
    let house = House::new();
    let id = house.queue("siti@example.test");
    house.outbox.renew(id);
    let worker = house.spawn_mail(Scripted::new([]));
    assert_eq!(house.put_off(id, 1).await, "it is of a form that this program does not know");
    worker.stop().await;
    assert_eq!(house.outbox.waiting().await.unwrap(), 1);
}

#[tokio::test]
async fn a_short_message_without_a_route_waits_and_says_why() {
    let house = House::new();
    let id = house.queue("+6281234567890");
    let worker = house.spawn_mail(Scripted::new([]));
    assert_eq!(house.put_off(id, 1).await, "no route is configured");
    worker.stop().await;
    assert_eq!(house.outbox.waiting().await.unwrap(), 1);
}

#[tokio::test]
async fn stopping_finishes_what_is_being_sent_and_hands_back_the_rest() {
    let house = House::new();
    let (go, wait) = watch::channel(false);
    let mail = Scripted::new((0..8).map(|_| Act::Wait(wait.clone())));
    let ids: Vec<_> = (0..12).map(|n| house.queue(&format!("u{n}@example.test"))).collect();
    let worker = house.spawn_mail(mail.clone());
    mail.called(8).await;
    let stopping = tokio::spawn(worker.stop());
    for id in &ids[8..] {
        assert_eq!(house.put_off(*id, 1).await, "the service was stopping");
    }
    go.send_replace(true);
    stopping.await.unwrap();
    let mut sent = mail.sent();
    sent.sort_by_key(|id| id.0);
    let mut expected = ids[..8].to_vec();
    expected.sort_by_key(|id| id.0);
    assert_eq!(sent, expected);
    assert_eq!(house.outbox.waiting().await.unwrap(), 4);
    // Whoever comes next sends them.
    let worker = house.spawn_mail(mail.clone());
    for id in &ids[8..] {
        assert_eq!(house.done(*id).await.history.last(), Some(&Settlement::Sent));
    }
    worker.stop().await;
}

#[tokio::test]
async fn stopping_does_not_wait_for_ever() {
    let mut house = House::new();
    house.pace.stop = Duration::from_millis(100);
    let mail = Scripted::new([Act::Hang]);
    let worker = house.spawn_mail(mail.clone());
    let id = house.queue("siti@example.test");
    mail.called(1).await;
    worker.stop().await;
    assert!(house.outbox.row(id).history.is_empty());
}
