//! What a configuration may say about mail servers and signatures.

use std::collections::BTreeSet;
use std::path::Path;

use crate::config::email::MailServer;
use crate::config::tests::{EXAMPLE, PRODUCTION, load, loaded};
use crate::config::{Checked, Config};

/// The example of RFC 8463 §A.2.
const KEY: &str = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n-----END PRIVATE KEY-----\n";
const BASE: &str = "public_url = 'https://a.example'\n[email]\nfrom = 'accounts@example.com'\n";

/// The names of the servers in their order, each with where it is and how long it may take.
fn servers(config: &Config) -> Vec<(String, String, Option<u64>)> {
    let mailers = config.email.mailers().unwrap().into_iter();
    mailers.map(|mailer| (mailer.name.as_str().to_owned(), mailer.settings.url, mailer.timeout.map(|timeout| timeout.as_secs()))).collect()
}

fn refused(file: &str) -> String {
    let error = load(file, &[]).map(|_| ()).expect_err(file);
    assert!(!error.contains("hunter2"), "{error}");
    error
}

fn written(dir: &Path, name: &str, text: &str) -> String {
    let path = dir.join(name);
    std::fs::write(&path, text).unwrap();
    path.to_str().unwrap().to_owned()
}

#[test]
fn servers_stand_in_their_order_after_the_first_or_without_it() {
    let dir = tempfile::tempdir().unwrap();
    let url_file = written(dir.path(), "url", "smtp://u:hunter2@third.example\n");
    let more = format!(
        "[[email.servers]]\nname = 'second'\nurl = 'smtps://second.example'\ntimeout = '5s'\n[[email.servers]]\nname = 'third'\nurl_file = '{url_file}'\n"
    );
    let listed = |with_first: &str| servers(&loaded(&format!("{BASE}{with_first}{more}"), &[]));
    let server = |name: &str, url: &str, timeout| (name.to_owned(), url.to_owned(), timeout);
    let [second, third] = [server("second", "smtps://second.example", Some(5)), server("third", "smtp://u:hunter2@third.example", None)];
    assert_eq!(listed("url = 'smtp://first.example'\n"), [server("smtp", "smtp://first.example", None), second.clone(), third.clone()]);
    assert_eq!(listed(""), [second, third]);
}

#[test]
fn servers_are_taken_from_a_variable() {
    for text in
        [r#"[{name = "backup", url = "smtp://b.example", timeout = "5s"}]"#, r#"[{"name": "backup", "url": "smtp://b.example", "timeout": "5s"}]"#]
    {
        let config = loaded(PRODUCTION, &[("DAFTAR_EMAIL__SERVERS", text)]);
        let names: Vec<_> = servers(&config).into_iter().map(|(name, ..)| name).collect();
        assert_eq!(names, ["smtp", "backup"]);
    }
}

#[test]
fn what_is_wrong_with_a_server_names_it() {
    let first = format!("{BASE}url = 'smtp://first.example'\n");
    let with = |server: &str| refused(&format!("{first}[[email.servers]]\n{server}"));
    for (server, says) in [
        ("name = 'b'", &["`email.servers.b.url`", "url_file"][..]),
        ("name = 'b'\nurl = 'http://u:hunter2@b.example'", &["`email.servers.b.url` = \"http://u:***@b.example/\"", "FILE", "smtp://user"]),
        ("name = 'b'\nurl = 'smtp://u:hunter2@b.example?tls=maybe'", &["`email.servers.b.url`", "tls must be"]),
        ("name = 'b'\nurl = 'smtp://b.example'\nurl_file = '/x'", &["`email.servers.b.url` = ***", "one of url and url_file"]),
        ("name = 'b'\nurl_file = '/nowhere/hidden'", &["`email.servers.b.url_file` = \"/nowhere/hidden\"", "FILE", "cannot be read"]),
        ("name = 'b'\nurl = 'smtp://b.example'\ntimeout = '21s'", &["`email.servers.b.timeout` = \"21s\"", "FILE", "outbox.send_timeout"]),
        ("name = 'b'\nurl = 'smtp://b.example'\ntimeout = '0s'", &["`email.servers.0.timeout` = ***", "from \"1s\""]),
        ("name = 'a b'\nurl = 'smtp://b.example'", &["`email.servers.0.name` = ***", "letters, digits"]),
        ("name = 'smtp'\nurl = 'smtp://b.example'", &["`email.servers` = \"smtp\" twice", "email.url"]),
        ("name = 'b'\nurl = 7", &["`email.servers.0.url` = ***", "a text in quotes"]),
        ("name = 'b'\nulr = 'smtp://u:hunter2@b.example'", &["`email.servers.0.ulr`", "no such key"]),
    ] {
        let error = with(server);
        for part in says {
            assert!(error.contains(part), "{server}\nshould say {part}, says\n{error}");
        }
    }
    let error = refused(&format!("{BASE}transport = 'smtp'"));
    assert!(error.contains("`email.url`") && error.contains("[[email.servers]]"), "{error}");
    let sender = refused(
        "public_url = 'https://a.example'\n[email]\nfrom = 'nobody'\nurl = 'smtp://a.example'\n[[email.servers]]\nname = 'b'\nurl = 'smtp://b.example'",
    );
    assert_eq!(sender.matches("`email.from`").count(), 1, "{sender}");
}

#[test]
fn a_signature_is_checked_and_says_what_to_publish() {
    let dir = tempfile::tempdir().unwrap();
    let key = written(dir.path(), "dkim.pem", KEY);
    let with = |domain: &str, key: &str| format!("{PRODUCTION}[email.dkim]\ndomain = '{domain}'\nselector = 'd26'\nkey_file = '{key}'\n");
    let Checked { notes, warnings, .. } = load(&with("example.com", &key), &[]).unwrap();
    assert!(notes[0].contains("\nd26._domainkey.example.com\nv=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="), "{notes:?}");
    assert!(!format!("{notes:?}{warnings:?}").contains("J1hsZ3v") && !warnings.iter().any(|warning| warning.contains("dkim")), "{warnings:?}");
    let elsewhere = load(&with("example.org", &key), &[]).unwrap().warnings;
    assert!(elsewhere.iter().any(|warning| warning.contains("accounts@example.com is not signed")), "{elsewhere:?}");

    let brand = "[brand]\nmail_from = 'hello@mail.example.com'\n[[usapi.platforms]]\nid = 'A'\nname = 'Shop'\ncolor = '#000000'\nmail_from = 'a@shop.example'\n";
    let of_brands = load(&(with("example.com", &key) + brand), &[]).unwrap().warnings;
    let unsigned: Vec<_> = of_brands.iter().filter(|warning| warning.contains("not signed")).collect();
    assert!(unsigned.len() == 1 && unsigned[0].contains("a@shop.example"), "{unsigned:?}");

    let no_key = written(dir.path(), "none.pem", "hunter2");
    for (file, says) in [
        (with("localhost", &key), &["`email.dkim.domain` = \"localhost\"", "FILE", "allowed is the domain"][..]),
        (with("example.com", &no_key), &["`email.dkim.key_file` = ", "none.pem", "FILE", "2048 bits", "Ed25519"]),
        (with("example.com", "/nowhere/dkim.pem"), &["`email.dkim.key_file` = \"/nowhere/dkim.pem\"", "cannot be read"]),
        (format!("{PRODUCTION}[email.dkim]\nselector = 'd26'"), &["`email.dkim.domain`", "`email.dkim.key_file`", "together"]),
        (with("example.com", &key).replace("d26", "d 26"), &["`email.dkim.selector` = \"d 26\"", "labels"]),
        (format!("{PRODUCTION}ca_file = '/nowhere/ca.pem'"), &["`email.ca_file` = \"/nowhere/ca.pem\"", "FILE", "cannot be read"]),
        (format!("{PRODUCTION}ca_file = '{key}'"), &["`email.ca_file` = ", "certificates of authorities"]),
    ] {
        let error = refused(&file);
        for part in says {
            assert!(error.contains(part), "{file}\nshould say {part}, says\n{error}");
        }
    }
}

#[test]
fn servers_are_shown_without_their_passwords_and_can_be_read_again() {
    let file =
        format!("{BASE}[[email.servers]]\nname = 'b'\nurl = 'smtp://u:hunter2@b.example'\n[[email.servers]]\nname = 'c'\nurl = 'smtp://c.example'\n");
    let config = loaded(&file, &[]);
    let shown = config.shown().unwrap();
    assert!(shown.contains("smtp://u:***@b.example") && !shown.contains("hunter2"), "{shown}");
    assert_eq!(loaded(&shown, &[]).email.servers.len(), 2);
    assert!(!format!("{config:?}").contains("hunter2"));
}

#[test]
fn the_example_shows_every_key_of_a_mail_server() {
    let shown = EXAMPLE.split("# [[email.servers]]\n").nth(1).unwrap();
    let lines = shown.lines().map_while(|line| line.strip_prefix("# ")).map(|line| format!("{line}\n")).collect::<String>();
    let example: toml::Table = toml::from_str(&lines).unwrap();
    let name = daftar_core::outbox::RouteName::parse("a").unwrap();
    let known = MailServer { name, url: None, url_file: None, timeout: None };
    let known = serde_json::to_value(known).unwrap();
    assert_eq!(example.keys().collect::<BTreeSet<_>>(), known.as_object().unwrap().keys().collect());
}
