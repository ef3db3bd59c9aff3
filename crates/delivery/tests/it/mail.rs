//! Real SMTP conversations.

use std::sync::Arc;
use std::time::Duration;

use daftar_core::locale::Locale;
use daftar_core::outbox::Settlement;
use daftar_testkit::smtp::{Behaviour, SmtpSink};

use crate::house::{CODE, House, LINK, Scripted};

const SECOND: Duration = Duration::from_secs(1);

#[tokio::test]
async fn a_mail_arrives_with_both_parts_and_its_headers() {
    let (house, server) = (House::new(), SmtpSink::start());
    let worker = house.spawn_with_mail(&server.url());
    let id = house.queue("siti@example.test");
    let mails = server.received(1).await;
    let mail = &mails[0];
    assert_eq!((mail.to.as_slice(), mail.from.as_str()), (["siti@example.test".to_owned()].as_slice(), "no-reply@accounts.example.test"));
    assert_eq!(mail.header("Message-ID"), [format!("<{}@accounts.example.test>", id.0)]);
    assert_eq!(mail.header("From"), ["ONMART <no-reply@accounts.example.test>"]);
    assert_eq!(mail.header("To"), ["siti@example.test"]);
    assert_eq!(mail.header("Auto-Submitted"), ["auto-generated"]);
    assert_eq!(mail.header("Date"), ["Thu, 05 Nov 2026 08:00:00 +0000"]);
    assert!(mail.header("Content-Type")[0].starts_with("multipart/alternative;"), "{}", mail.raw);
    assert_eq!(mail.subject, "Confirm your ONMART account");
    assert!(mail.text.lines().any(|line| line == LINK) && mail.text.lines().any(|line| line == CODE), "{}", mail.text);
    let html = mail.html.as_deref().unwrap();
    assert!(html.contains(&format!("href=\"{LINK}\"")) && html.contains(CODE), "{html}");
    assert_eq!(house.done(id).await.history, [Settlement::Sent]);
    worker.stop().await;
}

#[tokio::test]
async fn a_mail_in_chinese_survives_the_way() {
    let (house, server) = (House::new(), SmtpSink::start());
    let worker = house.spawn_with_mail(&server.url());
    house.queue_in("siti@example.test", Locale::TraditionalChinese);
    let mail = &server.received(1).await[0];
    assert_eq!(mail.subject, "請確認您的 ONMART 帳戶");
    assert!(mail.raw.is_ascii() && mail.text.contains("驗證碼在 10 分鐘內有效"), "{}", mail.text);
    assert!(mail.html.as_deref().unwrap().contains("這不是我"));
    worker.stop().await;
}

#[tokio::test]
async fn row_45_a_mail_put_off_with_451_is_delivered_once() {
    let (house, server) = (House::new(), SmtpSink::start());
    server.behave(Behaviour::Refuse(451));
    let worker = house.spawn_with_mail(&server.url());
    let id = house.queue("siti@example.test");
    assert_eq!(house.put_off(id, 1).await, "the mail server answered 451 4.7.1");
    server.behave(Behaviour::Accept);
    house.clock.advance(SECOND);
    let row = house.done(id).await;
    assert_eq!((row.history.last(), row.attempts), (Some(&Settlement::Sent), 2));
    worker.stop().await;
    assert_eq!(server.mails().len(), 1);
}

#[tokio::test]
async fn row_52_a_mail_refused_with_550_is_given_up_without_naming_the_recipient() {
    let (house, server) = (House::new(), SmtpSink::start());
    server.behave(Behaviour::Refuse(550));
    let worker = house.spawn_with_mail(&server.url());
    let id = house.queue("siti@example.test");
    assert_eq!(house.done(id).await.history, [Settlement::Failed { reason: "the mail server answered 550 5.7.1".to_owned() }]);
    worker.stop().await;
    assert_eq!((server.mails().len(), server.counts().begun), (0, 1));
}

#[tokio::test]
async fn what_an_operator_can_mend_loses_no_mail() {
    // Authentication that is missing, wrong, too weak or without TLS; a sender that is not allowed; a server that does not know a command.
    let recipient = [530, 534, 535, 538, 500, 502, 503, 555].map(Behaviour::Refuse);
    let sender = [530, 535, 550, 553, 554, 501].map(Behaviour::RefuseSender);
    let content = [530, 500, 451].map(Behaviour::RefuseContent);
    for behaviour in recipient.into_iter().chain(sender).chain(content) {
        let (house, server) = (House::new(), SmtpSink::start());
        server.behave(behaviour);
        let worker = house.spawn_with_mail(&server.url());
        let id = house.queue("siti@example.test");
        let row = house.until(id, |row| !row.history.is_empty()).await;
        assert!(matches!(row.history.as_slice(), [Settlement::Retry { .. }]), "{behaviour:?}: {:?}", row.history);
        server.behave(Behaviour::Accept);
        house.clock.advance(SECOND);
        assert_eq!(house.done(id).await.history.last(), Some(&Settlement::Sent), "{behaviour:?}");
        worker.stop().await;
        assert_eq!(server.mails().len(), 1);
    }
}

#[tokio::test]
async fn what_is_said_of_the_recipient_or_the_mail_is_the_last_word() {
    let recipient = [501, 550, 551, 552, 553, 554, 556].map(Behaviour::Refuse);
    let content = [550, 552, 554].map(Behaviour::RefuseContent);
    for behaviour in recipient.into_iter().chain(content) {
        let (house, server) = (House::new(), SmtpSink::start());
        server.behave(behaviour);
        let worker = house.spawn_with_mail(&server.url());
        let row = house.done(house.queue("siti@example.test")).await;
        assert!(matches!(row.history.as_slice(), [Settlement::Failed { .. }]), "{behaviour:?}: {:?}", row.history);
        worker.stop().await;
        assert_eq!((server.mails().len(), server.counts().begun), (0, 1));
    }
}

#[tokio::test]
async fn a_last_word_counts_although_the_server_does_not_say_goodbye() {
    let (mut house, server) = (House::new(), SmtpSink::start());
    house.pace.send = 5 * SECOND;
    server.behave(Behaviour::RefuseAndHang(550));
    let worker = house.spawn_with_mail(&server.url());
    let row = house.done(house.queue("siti@example.test")).await;
    assert_eq!(row.history, [Settlement::Failed { reason: "the mail server answered 550 5.7.1".to_owned() }]);
    worker.stop().await;
}

#[tokio::test]
async fn row_45_a_server_that_hangs_delays_its_own_mail_only() {
    let (mut house, server) = (House::new(), SmtpSink::start());
    house.pace.send = Duration::from_millis(300);
    server.behave(Behaviour::Hang);
    let sms = Scripted::new([]);
    let worker = house.spawn(Arc::new(house.smtp(&server.url())), sms.clone());
    let mail = house.queue("siti@example.test");
    server.until(|counts| counts.connections >= 1).await;
    let message = house.queue("+6281234567890");
    assert_eq!(house.done(message).await.history, [Settlement::Sent]);
    assert_eq!(house.put_off(mail, 1).await, "no answer in time");
    server.behave(Behaviour::Accept);
    house.clock.advance(SECOND);
    assert_eq!(house.done(mail).await.history.last(), Some(&Settlement::Sent));
    worker.stop().await;
    assert_eq!(server.mails().len(), 1);
}

#[tokio::test]
async fn row_45_a_mail_survives_a_server_that_hangs_up() {
    let (house, server) = (House::new(), SmtpSink::start());
    server.behave(Behaviour::HangUp);
    let worker = house.spawn_with_mail(&server.url());
    let id = house.queue("siti@example.test");
    house.put_off(id, 1).await;
    server.behave(Behaviour::Accept);
    house.clock.advance(SECOND);
    assert_eq!(house.done(id).await.history.last(), Some(&Settlement::Sent));
    worker.stop().await;
    assert_eq!(server.mails().len(), 1);
}

#[tokio::test]
async fn a_server_that_comes_up_later_gets_the_mail() {
    let (house, server) = (House::new(), SmtpSink::start());
    let (address, url) = (server.address(), server.url());
    server.stop().await;
    let worker = house.spawn_with_mail(&url);
    let id = house.queue("siti@example.test");
    let reason = house.put_off(id, 1).await;
    assert!(reason.starts_with("no connection to the mail server: ") && !reason.contains('@'), "{reason}");
    let server = SmtpSink::start_at(address, None);
    house.clock.advance(SECOND);
    assert_eq!(server.received(1).await[0].to, ["siti@example.test"]);
    assert_eq!(house.done(id).await.attempts, 2);
    worker.stop().await;
}

#[tokio::test]
async fn connections_are_reused_and_a_dead_one_is_replaced_within_the_same_try() {
    let (house, server) = (House::new(), SmtpSink::start());
    let (address, url) = (server.address(), server.url());
    let worker = house.spawn_with_mail(&url);
    for name in ["one", "two", "three"] {
        let id = house.queue(&format!("{name}@example.test"));
        house.done(id).await;
    }
    assert_eq!(server.counts().connections, 1);
    server.stop().await;
    let server = SmtpSink::start_at(address, None);
    let id = house.queue("four@example.test");
    let row = house.done(id).await;
    assert_eq!((row.history.as_slice(), row.attempts), ([Settlement::Sent].as_slice(), 1));
    worker.stop().await;
    assert_eq!(server.mails().len(), 1);
}

#[tokio::test]
async fn row_45_a_late_answer_is_not_taken_for_the_next_mails_own() {
    let (mut house, server) = (House::new(), SmtpSink::start());
    house.pace.send = Duration::from_millis(300);
    let worker = house.spawn_with_mail(&server.url());
    // A connection that is kept, then cut off in the middle of a mail, whose answers come afterwards.
    let first = house.queue("one@example.test");
    house.done(first).await;
    server.behave(Behaviour::HangInMail);
    let second = house.queue("two@example.test");
    assert_eq!(house.put_off(second, 1).await, "no answer in time");
    server.behave(Behaviour::Accept);
    let third = house.queue("three@example.test");
    house.done(third).await;
    house.clock.advance(SECOND);
    house.done(second).await;
    worker.stop().await;
    let mails = server.mails();
    assert_eq!(mails.iter().map(|mail| mail.to.concat()).collect::<Vec<_>>(), ["one@example.test", "three@example.test", "two@example.test"]);
    for (mail, id) in mails.iter().zip([first, third, second]) {
        assert_eq!(mail.header("Message-ID"), [format!("<{}@accounts.example.test>", id.0)]);
        assert_eq!(mail.header("To"), mail.to);
    }
}

#[tokio::test]
async fn a_password_is_given_and_a_wrong_one_loses_no_mail() {
    let (house, server) = (House::new(), SmtpSink::start_with_password("daftar", "p:ss w@rd"));
    let worker = house.spawn_with_mail(&format!("smtp://daftar:wrong@{}?tls=none", server.address()));
    let id = house.queue("siti@example.test");
    assert_eq!(house.put_off(id, 1).await, "no connection to the mail server: the mail server answered 535");
    worker.stop().await;
    house.clock.advance(SECOND);
    let worker = house.spawn_with_mail(&format!("smtp://daftar:p%3Ass%20w%40rd@{}?tls=none", server.address()));
    assert_eq!(house.done(id).await.history.last(), Some(&Settlement::Sent));
    worker.stop().await;
}

#[tokio::test]
async fn neither_password_nor_mail_goes_over_an_open_line_unless_it_is_allowed() {
    let (house, server) = (House::new(), SmtpSink::start_with_password("daftar", "secret"));
    // With a password and without `tls=`, TLS is required, which this server does not speak.
    let worker = house.spawn_with_mail(&format!("smtp://daftar:secret@{}", server.address()));
    let id = house.queue("siti@example.test");
    let reason = house.put_off(id, 1).await;
    assert!(reason.contains("STARTTLS"), "{reason}");
    worker.stop().await;
    // The greeting was answered with EHLO, and nothing came after it.
    assert_eq!((server.counts().begun, server.counts().lines), (0, 1));
}
