//! Signatures, checked by dkimpy with the record that an operator is told to publish.

use std::sync::Arc;

use aws_lc_rs::encoding::{AsDer as _, Pkcs8V1Der};
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::RsaKeyPair;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use daftar_core::identifier::EmailAddress;
use daftar_core::locale::Locale;
use daftar_core::message::Recipient;
use daftar_delivery::{Dkim, Outgoing, Rendered, SmtpSettings, Transport as _};
use rcgen::{KeyPair, PKCS_ED25519};
use serde_json::{Value, json};

use super::{FROM, Mail, Peer, ask, python, transport};
use crate::house::House;

const DOMAIN: &str = "example.test";

/// A new RSA key in both forms that there are.
fn rsa_keys() -> [String; 2] {
    let pair = RsaKeyPair::generate(KeySize::Rsa2048).unwrap();
    let der: Pkcs8V1Der<'_> = pair.as_der().unwrap();
    let der: &[u8] = (*der).as_ref();
    // PKCS #8 is PKCS #1 behind 26 bytes that say so.
    [("PRIVATE KEY", der), ("RSA PRIVATE KEY", &der[26..])].map(|(label, der)| pem(label, der))
}

fn pem(label: &str, der: &[u8]) -> String {
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", STANDARD.encode(der))
}

fn ed25519() -> Arc<Dkim> {
    let pem = KeyPair::generate_for(&PKCS_ED25519).unwrap().serialize_pem();
    Arc::new(Dkim::new(DOMAIN, "daftar-2026", pem.as_bytes()).unwrap())
}

fn settings(peer: &Peer, dkim: &Arc<Dkim>) -> SmtpSettings {
    SmtpSettings { dkim: Some(Arc::clone(dkim)), ..SmtpSettings::new(peer.url("smtp", "", "?tls=none"), FROM) }
}

/// Whether the signature of `raw` holds when the record of `dkim` is published.
fn holds(raw: &[u8], dkim: &Dkim) -> Result<(), Value> {
    let record = dkim.record();
    let told = ask(python("dkim_check.py", "dkim"), &json!({"mail": STANDARD.encode(raw), "records": {record.name: record.text}}));
    if told["holds"] == true { Ok(()) } else { Err(told) }
}

fn rendered(subject: &str, text: &str, html: Option<&str>, mail_from: Option<&str>) -> Rendered {
    Rendered {
        from_name: "萬客隆 “ONMART” <shop>".to_owned(),
        subject: Some(subject.to_owned()),
        text: text.to_owned(),
        html: html.map(str::to_owned),
        code: None,
        locale: Locale::TraditionalChinese,
        sms_sender: None,
        mail_from: mail_from.map(str::to_owned),
    }
}

/// Sends it past the outbox; as it arrived.
async fn send(house: &House, peer: &Peer, dkim: &Arc<Dkim>, rendered: &Rendered) -> Mail {
    let to = Recipient::Email(EmailAddress::parse("siti@example.test").unwrap());
    let id = house.queue("nobody@example.test");
    let before = peer.count("mail");
    transport(house, &settings(peer, dkim)).send(&Outgoing { id, number: 1, to: &to, rendered }).await.unwrap();
    peer.mails(before + 1).await.pop().unwrap()
}

#[tokio::test]
async fn mail_in_every_language_is_signed_with_every_kind_of_key() {
    let [pkcs8, pkcs1] = rsa_keys();
    let rsa = |pem: &str| Arc::new(Dkim::new(DOMAIN, "s1", pem.as_bytes()).unwrap());
    for (dkim, algorithm) in [(rsa(&pkcs8), "a=rsa-sha256"), (rsa(&pkcs1), "a=rsa-sha256"), (ed25519(), "a=ed25519-sha256")] {
        let (house, peer) = (House::new(), Peer::start(json!({})).await);
        let worker = house.spawn_mail(transport(&house, &settings(&peer, &dkim)));
        for locale in Locale::ALL {
            house.queue_in("siti@example.test", locale);
        }
        for mail in peer.mails(3).await {
            assert!(mail.header("DKIM-Signature")[0].contains(algorithm), "{}", mail.told);
            assert_eq!(mail.told["defects"], json!([]));
            holds(&mail.raw, &dkim).unwrap();
        }
        worker.stop().await;
    }
}

#[tokio::test]
async fn odd_mails_are_signed_as_they_arrive() {
    let (house, peer, dkim) = (House::new(), Peer::start(json!({})).await, ed25519());
    let long = "您的驗證碼已經寄出請在十分鐘內使用".repeat(12);
    for (subject, text, html) in [
        ("A subject that is long enough to be folded, more than once, because it goes on and on and on, word after word after word", "x", None),
        (long.as_str(), long.as_str(), Some("<p>驗證碼</p>")),
        ("trailing   blanks  ", "a line with blanks at its end   \n\ttabs\t\t and   runs\n\n\n\n", None),
        ("", "", None),
        (".", ".\n..\n.\n", Some(".\r\n.\n")),
        ("lines without an end", &"word ".repeat(900), Some(&"<b>x</b>".repeat(400))),
    ] {
        let mail = send(&house, &peer, &dkim, &rendered(subject, text, html, None)).await;
        holds(&mail.raw, &dkim).unwrap_or_else(|why| panic!("{subject:?}: {why}"));
        assert_eq!((mail.header("Subject").concat().trim(), &mail.told["names"]), (subject.trim(), &json!(["萬客隆 “ONMART” <shop>"])));
        assert!(mail.raw.is_ascii() && mail.raw.split(|byte| *byte == b'\n').all(|line| line.len() <= 999), "{subject:?}");
    }
}

#[tokio::test]
async fn a_signature_survives_what_servers_do_and_nothing_else() {
    let (house, peer, dkim) = (House::new(), Peer::start(json!({})).await, ed25519());
    let mail = send(&house, &peer, &dkim, &rendered("Your code", "Use this code:\n482915\n", None, None)).await;
    let raw = String::from_utf8(mail.raw).unwrap();
    for harmless in [
        raw.replace("Subject: Your code", "SUBJECT:   Your\r\n\tcode  "),
        raw.replace("Use this code:", "Use  this   code:  ") + "\r\n\r\n",
        format!("Received: from here\r\n\tby there; Thu, 5 Nov 2026 08:00:00 +0000\r\n{raw}"),
    ] {
        assert_ne!(harmless, raw);
        holds(harmless.as_bytes(), &dkim).unwrap();
    }
    for forged in [
        raw.replace("482915", "482916"),
        raw.replace("Your code", "Your prize"),
        raw.replace("To: siti@", "To: somebody@"),
        raw.replace("auto-generated", "no"),
        format!("From: attacker@evil.test\r\n{raw}"),
        format!("Subject: Your prize\r\n{raw}"),
        format!("Reply-To: attacker@evil.test\r\n{raw}"),
    ] {
        assert_ne!(forged, raw);
        assert!(holds(forged.as_bytes(), &dkim).is_err(), "{forged}");
    }
    assert!(holds(raw.as_bytes(), &ed25519()).is_err(), "another key");
}

#[tokio::test]
async fn a_brands_own_address_is_signed_for_only_if_it_is_of_the_domain() {
    let (house, peer, dkim) = (House::new(), Peer::start(json!({})).await, ed25519());
    for (from, is_signed) in [("hello@shop.example.test", true), ("hello@example.test", true), ("hello@shop.test", false)] {
        let mail = send(&house, &peer, &dkim, &rendered("s", "t", None, Some(from))).await;
        assert_eq!((mail.told["sender"].as_str(), mail.header("From")[0].contains(from)), (Some(from), true));
        assert_eq!(mail.header("DKIM-Signature").len(), usize::from(is_signed), "{from}");
        assert!(mail.header("Message-ID")[0].ends_with(&format!("@{}>", from.split('@').next_back().unwrap())));
        assert_eq!(holds(&mail.raw, &dkim).is_ok(), is_signed, "{from}");
    }
}
