//! Mail to Python's aiosmtpd, read by Python's own parser.

use std::time::Duration;

use daftar_core::locale::Locale;
use daftar_core::outbox::Settlement;
use daftar_delivery::SmtpSettings;
use serde_json::json;

use super::{Certificates, FROM, Peer, transport};
use crate::house::{CODE, House, LINK};

const SECOND: Duration = Duration::from_secs(1);

#[tokio::test]
async fn a_mail_arrives_and_another_parser_finds_nothing_amiss() {
    for (locale, subject) in [
        (Locale::English, "Confirm your ONMART account"),
        (Locale::Indonesian, "Konfirmasi akun ONMART Anda"),
        (Locale::TraditionalChinese, "請確認您的 ONMART 帳戶"),
    ] {
        let (house, peer) = (House::new(), Peer::start(json!({})).await);
        let worker = house.spawn_with_mail(&peer.url("smtp", "", "?tls=none"));
        let id = house.queue_in("siti@example.test", locale);
        let mail = peer.mails(1).await.remove(0);
        assert_eq!(mail.told["defects"], json!([]), "{}", mail.told);
        assert_eq!((mail.header("Subject"), &mail.told["names"]), (vec![subject], &json!(["ONMART"])));
        assert_eq!(mail.header("Message-ID"), [format!("<{}@accounts.example.test>", id.0)]);
        assert_eq!(mail.header("X-Entity-Ref-ID"), [id.0.to_string()]);
        assert_eq!(mail.header("To"), ["siti@example.test"]);
        assert_eq!((mail.header("MIME-Version"), mail.header("Content-Language")), (vec!["1.0"], vec![locale.tag()]));
        assert_eq!((mail.header("Auto-Submitted"), mail.header("X-Auto-Response-Suppress")), (vec!["auto-generated"], vec!["All"]));
        for unwanted in ["List-Unsubscribe", "Precedence", "Bcc", "Cc", "X-Mailer", "User-Agent", "DKIM-Signature"] {
            assert_eq!(mail.header(unwanted), Vec::<&str>::new(), "{unwanted}");
        }
        assert!(mail.text().lines().any(|line| line == LINK) && mail.text().lines().any(|line| line == CODE), "{}", mail.text());
        assert!(mail.told["html"].as_str().unwrap().contains(LINK));
        // RFC 5322 §2.1.1, and nothing that would need 8BITMIME or SMTPUTF8.
        assert!(mail.raw.is_ascii() && mail.raw.split(|byte| *byte == b'\n').all(|line| line.len() <= 999));
        assert_eq!(mail.told["options"], json!([]));
        assert_eq!(house.done(id).await.history, [Settlement::Sent]);
        worker.stop().await;
        assert_eq!(peer.count("mail"), 1);
    }
}

#[tokio::test]
async fn a_server_without_8bitmime_and_smtputf8_gets_chinese() {
    let (house, peer) = (House::new(), Peer::start(json!({"hidden": ["8BITMIME", "SMTPUTF8", "SIZE"]})).await);
    let worker = house.spawn_with_mail(&peer.url("smtp", "", "?tls=none"));
    house.queue_in("siti@example.test", Locale::TraditionalChinese);
    let mail = peer.mails(1).await.remove(0);
    assert!(mail.text().contains("驗證碼在 10 分鐘內有效"), "{}", mail.text());
    worker.stop().await;
}

#[tokio::test]
async fn a_password_goes_over_starttls_to_a_server_that_the_named_authority_vouches_for() {
    let (house, certificates) = (House::new(), Certificates::make());
    let peer = Peer::start(certificates.added_to(json!({"password": ["daftar", "p:ss w@rd"]}))).await;
    let settings = SmtpSettings::new(peer.url("smtp", "daftar:p%3Ass%20w%40rd@", ""), FROM);
    let worker = house.spawn_mail(transport(&house, &certificates.trusted_by(settings)));
    let id = house.queue("siti@example.test");
    assert_eq!(house.done(id).await.history, [Settlement::Sent]);
    let mail = peer.mails(1).await.remove(0);
    assert_eq!((&mail.told["encrypted"], &mail.told["authenticated"]), (&json!(true), &json!(true)));
    assert_eq!(peer.happened("password", 1).await[0]["encrypted"], true);
    worker.stop().await;
}

#[tokio::test]
async fn a_password_goes_over_tls_from_the_start() {
    let (house, certificates) = (House::new(), Certificates::make());
    let peer = Peer::start(certificates.added_to(json!({"password": ["daftar", "secret"], "tls_at_once": true}))).await;
    let settings = SmtpSettings::new(peer.url("smtps", "daftar:secret@", ""), FROM);
    let worker = house.spawn_mail(transport(&house, &certificates.trusted_by(settings)));
    let id = house.queue("siti@example.test");
    assert_eq!(house.done(id).await.history, [Settlement::Sent]);
    assert!(peer.happened("password", 1).await[0]["right"] == true);
    worker.stop().await;
}

#[tokio::test]
async fn neither_password_nor_mail_goes_to_a_server_that_nobody_vouches_for() {
    let (house, certificates) = (House::new(), Certificates::make());
    let peer = Peer::start(certificates.added_to(json!({"password": ["daftar", "secret"]}))).await;
    for (scheme, query) in [("smtp", ""), ("smtp", "?tls=opportunistic")] {
        let worker = house.spawn_with_mail(&peer.url(scheme, "daftar:secret@", query));
        let id = house.queue("siti@example.test");
        let reason = house.put_off(id, 1).await;
        assert!(reason.starts_with("no connection to the mail server: ") && reason.contains("certificate"), "{reason}");
        worker.stop().await;
    }
    assert_eq!((peer.count("password"), peer.count("mail")), (0, 0));
}

#[tokio::test]
async fn row_45_a_mail_that_is_greylisted_arrives_once() {
    let (house, peer) = (House::new(), Peer::start(json!({"greylists": true})).await);
    let worker = house.spawn_with_mail(&peer.url("smtp", "", "?tls=none"));
    let id = house.queue("siti@example.test");
    assert_eq!(house.put_off(id, 1).await, "the mail server answered 451 4.7.1");
    house.clock.advance(SECOND);
    assert_eq!(house.done(id).await.history.last(), Some(&Settlement::Sent));
    worker.stop().await;
    let mails = peer.mails(1).await;
    assert_eq!((mails.len(), peer.count("greylisted")), (1, 1));
    assert_eq!(mails[0].header("Message-ID"), [format!("<{}@accounts.example.test>", id.0)]);
}

#[tokio::test]
async fn a_mail_goes_at_its_first_try_after_the_server_closed_the_idle_connection() {
    let (house, peer) = (House::new(), Peer::start(json!({"idle": 1})).await);
    let worker = house.spawn_with_mail(&peer.url("smtp", "", "?tls=none"));
    for (name, connections) in [("one", 1), ("two", 2)] {
        let id = house.queue(&format!("{name}@example.test"));
        let row = house.done(id).await;
        assert_eq!((row.history.as_slice(), row.attempts), ([Settlement::Sent].as_slice(), 1));
        peer.happened("disconnected", connections).await;
    }
    worker.stop().await;
    assert_eq!((peer.count("connected"), peer.count("mail")), (2, 2));
}
