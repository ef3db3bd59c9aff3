//! TLS in the program itself: what clients get, how a certificate is renewed, and what happens with one that cannot be used.

use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::{CertificateDer, ServerName};
use rustls::version::{TLS12, TLS13};
use rustls::{ClientConfig, RootCertStore, SupportedProtocolVersion};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::program::{Home, Server};

/// How long something may take that happens at once.
const PATIENCE: Duration = Duration::from_secs(10);

/// A certificate for this machine, which only whoever knows it trusts.
struct Made {
    certificate: CertificateDer<'static>,
    pem: String,
    key: String,
}

impl Made {
    fn new() -> Self {
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        Self { certificate: made.cert.der().clone(), pem: made.cert.pem(), key: made.signing_key.serialize_pem() }
    }

    fn put_into(&self, home: &Home) {
        home.write("tls.pem", &self.pem);
        home.write("tls.key", &self.key);
    }

    /// A handshake of somebody who trusts this certificate alone.
    async fn shake(&self, server: &Server, version: &'static SupportedProtocolVersion) -> std::io::Result<TlsStream<TcpStream>> {
        let mut roots = RootCertStore::empty();
        roots.add(self.certificate.clone()).unwrap();
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = ClientConfig::builder_with_provider(provider).with_protocol_versions(&[version]).unwrap();
        let mut config = config.with_root_certificates(roots).with_no_client_auth();
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        TlsConnector::from(Arc::new(config)).connect(ServerName::try_from("localhost").unwrap(), connect(server).await).await
    }
}

fn address(server: &Server) -> &str {
    server.base.strip_prefix("https://").unwrap()
}

async fn connect(server: &Server) -> TcpStream {
    TcpStream::connect(address(server)).await.unwrap()
}

/// Asks whether the server lives, over a connection that stays open; the whole answer.
async fn asked(stream: &mut TlsStream<TcpStream>) -> String {
    stream.write_all(b"GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n").await.unwrap();
    let mut answer = vec![0; 4096];
    let mut filled = 0;
    while !String::from_utf8_lossy(&answer[..filled]).ends_with("{\"status\":\"ok\"}") {
        let read = timeout(PATIENCE, stream.read(&mut answer[filled..])).await.unwrap().unwrap();
        assert!(read > 0, "closed after {:?}", String::from_utf8_lossy(&answer[..filled]));
        filled += read;
    }
    String::from_utf8_lossy(&answer[..filled]).into_owned()
}

fn secured() -> (Home, Made) {
    let home = Home::for_development().with("DAFTAR_TLS__CERTIFICATE", "tls.pem").with("DAFTAR_TLS__KEY", "tls.key");
    let made = Made::new();
    made.put_into(&home);
    (home, made)
}

#[tokio::test]
async fn clients_are_answered_by_tls_and_told_to_come_by_nothing_else() {
    let (home, made) = secured();
    let server = home.start(&["serve"]);
    for version in [&TLS12, &TLS13] {
        let mut stream = made.shake(&server, version).await.unwrap();
        let (_, session) = stream.get_ref();
        assert_eq!((session.protocol_version(), session.alpn_protocol()), (Some(version.version), Some(&b"http/1.1"[..])));
        let answer = asked(&mut stream).await;
        assert!(answer.starts_with("HTTP/1.1 200 ") && answer.contains("strict-transport-security: max-age=31536000\r\n"), "{answer}");
        asked(&mut stream).await;
    }
    // Nobody else's certificate is taken for it, and plain HTTP harms nobody.
    assert!(Made::new().shake(&server, &TLS13).await.is_err());
    let mut plain = connect(&server).await;
    plain.write_all(b"GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n").await.unwrap();
    let mut answer = Vec::new();
    let _ = timeout(PATIENCE, plain.read_to_end(&mut answer)).await.unwrap();
    assert!(!answer.starts_with(b"HTTP/"), "{answer:?}");
    asked(&mut made.shake(&server, &TLS13).await.unwrap()).await;
    assert!(server.stop().success());
}

#[tokio::test]
async fn a_certificate_is_renewed_and_nobody_is_cut_off() {
    let (home, first) = secured();
    let server = home.start(&["serve"]);
    let mut open = first.shake(&server, &TLS13).await.unwrap();
    asked(&mut open).await;
    // By a signal, at once; then by nothing but new files.
    let mut before = first;
    for by_signal in [true, false] {
        let next = Made::new();
        next.put_into(&home);
        if by_signal {
            server.hang_up();
        }
        server.logs("the certificate is in use");
        asked(&mut next.shake(&server, &TLS13).await.unwrap()).await;
        assert!(before.shake(&server, &TLS13).await.is_err(), "the old one is not served any more");
        asked(&mut open).await;
        before = next;
    }
    assert!(server.stop().success());
}

#[tokio::test]
async fn one_that_cannot_be_used_is_told_of_and_the_one_before_stays() {
    let (home, made) = secured();
    let server = home.start(&["serve"]);
    let other = Made::new();
    // One file alone is changed each time: the files are also looked at by themselves, and what is between two writes would be told of as well.
    for (name, text) in [("tls.pem", "nothing"), ("tls.pem", other.pem.as_str()), ("tls.key", "nothing")] {
        home.write(name, text);
        server.hang_up();
        server.logs("the one before stays in use");
        asked(&mut made.shake(&server, &TLS13).await.unwrap()).await;
    }
    std::fs::remove_file(home.path("tls.pem")).unwrap();
    server.hang_up();
    server.logs("the one before stays in use");
    other.put_into(&home);
    server.logs("the certificate is in use");
    asked(&mut other.shake(&server, &TLS13).await.unwrap()).await;
}

#[test]
fn what_is_wrong_with_a_certificate_is_said_before_the_server_starts() {
    let (home, made) = secured();
    let refused = |says: &[&str]| {
        let told = home.run(&["serve"]).failed();
        assert!(says.iter().all(|said| told.contains(said)), "{told}");
        assert!(!told.contains("PRIVATE"), "{told}");
    };
    home.write("tls.key", &Made::new().key);
    refused(&["`tls.key` = \"tls.key\"", "it is not the key of the certificate in tls.certificate"]);
    home.write("tls.key", &made.pem);
    refused(&["`tls.key`", "there is no private key in it"]);
    home.write("tls.pem", &made.key);
    refused(&["`tls.certificate` = \"tls.pem\"", "there is no certificate in it"]);
    std::fs::remove_file(home.path("tls.pem")).unwrap();
    refused(&["`tls.certificate`", "the certificate cannot be read (No such file or directory"]);
    let half = Home::for_development().with("DAFTAR_TLS__CERTIFICATE", "tls.pem");
    assert!(half.run(&["serve"]).failed().contains("`tls.key`"));
    let half = Home::for_development().with("DAFTAR_TLS__KEY", "tls.key");
    assert!(half.run(&["serve"]).failed().contains("`tls.certificate`"));
}

#[test]
fn a_certificate_that_has_ended_is_warned_of() {
    let (home, _) = secured();
    let said = |home: &Home| {
        let said = home.run(&["config", "check"]);
        format!("{}{}", said.out, said.err)
    };
    assert!(!said(&home).contains("tls.certificate ended"));
    let key = rcgen::KeyPair::generate().unwrap();
    let mut ended = rcgen::CertificateParams::new(["localhost".to_owned()]).unwrap();
    ended.not_after = rcgen::date_time_ymd(2025, 1, 1);
    home.write("tls.pem", &ended.self_signed(&key).unwrap().pem());
    home.write("tls.key", &key.serialize_pem());
    assert!(
        said(&home).contains("the certificate in tls.certificate ended at 2025-01-01T00:00:00Z: no client trusts it any more"),
        "{}",
        said(&home)
    );
}

#[tokio::test]
async fn row_49_who_does_not_finish_his_handshake_is_closed_in_time_and_holds_up_no_end() {
    let (home, made) = secured();
    let server = home.start(&["serve"]);
    let (mut silent, opened) = (connect(&server).await, Instant::now());
    asked(&mut made.shake(&server, &TLS13).await.unwrap()).await;
    let _ = timeout(2 * PATIENCE, silent.read_to_end(&mut Vec::new())).await.expect("it is closed");
    assert!(opened.elapsed() + Duration::from_secs(1) > PATIENCE, "not before its time");
    let _silent = connect(&server).await;
    let asked = Instant::now();
    assert!(server.stop().success());
    assert!(asked.elapsed() < PATIENCE, "{:?}", asked.elapsed());
}

#[test]
fn without_a_certificate_a_hangup_ends_nothing() {
    let server = Home::for_development().start(&["serve"]);
    server.hang_up();
    server.logs("SIGHUP");
    assert!(server.stop().success());
}
