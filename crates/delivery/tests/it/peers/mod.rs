//! Mail servers, and checkers of mail, that others wrote: Python's aiosmtpd, Debian's exim, dkimpy. They run on loopback with settings of their
//! own, and end with the test. Where one is missing the test fails and says how to install it.

mod aiosmtpd;
mod dkim;
mod exim;
mod failover;

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use daftar_delivery::{Authorities, SmtpSettings, SmtpTransport};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::sync::watch;
use tokio::time::timeout;

use crate::house::House;

const PATIENCE: Duration = Duration::from_secs(20);
const FROM: &str = "Accounts <no-reply@accounts.example.test>";
/// Debian's own, for which its packages are installed, whatever else is on the path.
const PYTHON: &str = "/usr/bin/python3";
const INSTALL: &str = "install them with: apt-get install exim4-daemon-light python3-aiosmtpd python3-dkim (scripts/test does)";

/// A Python program of this folder, with modules that must be there.
fn python(script: &str, module: &str) -> Command {
    let found = Command::new(PYTHON).args(["-c", &format!("import {module}")]).stderr(Stdio::null()).status();
    assert!(found.is_ok_and(|status| status.success()), "{PYTHON} has no module {module}; {INSTALL}");
    let mut command = Command::new(PYTHON);
    command.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/peers").join(script));
    command
}

/// A mail server on aiosmtpd, whose events are kept.
struct Peer {
    program: Child,
    events: watch::Receiver<Vec<Value>>,
    port: u16,
}

/// A mail as the peer took it.
struct Mail {
    /// The mail, byte by byte.
    raw: Vec<u8>,
    /// What the peer and Python's parser say of it.
    told: Value,
}

impl Mail {
    /// The values of a header, decoded by Python.
    fn header(&self, name: &str) -> Vec<&str> {
        let headers = self.told["headers"].as_array().unwrap().iter();
        headers.filter(|header| header[0].as_str().unwrap().eq_ignore_ascii_case(name)).map(|header| header[1].as_str().unwrap()).collect()
    }

    fn text(&self) -> &str {
        self.told["text"].as_str().unwrap()
    }
}

impl Peer {
    /// A server with these settings (see `mail_server.py`), once it listens.
    async fn start(settings: Value) -> Self {
        let mut command = python("mail_server.py", "aiosmtpd");
        let mut program = command.arg(settings.to_string()).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let (sender, events) = watch::channel(Vec::new());
        let output = BufReader::new(program.stdout.take().unwrap());
        // Ends when the program does.
        std::thread::spawn(move || {
            for line in output.lines().map_while(Result::ok) {
                sender.send_modify(|events| events.push(serde_json::from_str(&line).unwrap()));
            }
        });
        let mut peer = Self { program, events, port: 0 };
        peer.port = peer.happened("listening", 1).await[0]["port"].as_u64().unwrap().try_into().unwrap();
        peer
    }

    /// Waits until it happened so often; everything of that kind so far.
    async fn happened(&self, event: &str, times: usize) -> Vec<Value> {
        let mut events = self.events.clone();
        let of_kind = |events: &[Value]| events.iter().filter(|other| other["event"] == event).cloned().collect::<Vec<_>>();
        let waited = timeout(PATIENCE, events.wait_for(|events| of_kind(events).len() >= times)).await;
        assert!(matches!(waited, Ok(Ok(_))), "waited in vain for {event}; so far: {:?}", *self.events.borrow());
        drop(waited);
        let events = self.events.borrow();
        of_kind(&events)
    }

    /// How often it happened so far.
    fn count(&self, event: &str) -> usize {
        self.events.borrow().iter().filter(|other| other["event"] == event).count()
    }

    /// Waits until so many mails were taken; all of them.
    async fn mails(&self, count: usize) -> Vec<Mail> {
        let told = self.happened("mail", count).await.into_iter();
        told.map(|told| Mail { raw: STANDARD.decode(told["raw"].as_str().unwrap()).unwrap(), told }).collect()
    }

    /// Its URL, with what stands before the host and behind the port.
    fn url(&self, scheme: &str, login: &str, query: &str) -> String {
        format!("{scheme}://{login}127.0.0.1:{}{query}", self.port)
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.program.kill();
        let _ = self.program.wait();
    }
}

/// An authority of its own, and a certificate of it for this machine.
struct Certificates {
    dir: TempDir,
    authority: String,
}

impl Certificates {
    fn make() -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let authority = params.self_signed(&key).unwrap().pem();
        let issuer = Issuer::new(params, key);
        let own = KeyPair::generate().unwrap();
        let certificate = CertificateParams::new(vec!["localhost".to_owned(), "127.0.0.1".to_owned()]).unwrap().signed_by(&own, &issuer).unwrap();
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("certificate.pem"), certificate.pem()).unwrap();
        std::fs::write(dir.path().join("key.pem"), own.serialize_pem()).unwrap();
        Self { dir, authority }
    }

    fn certificate(&self) -> PathBuf {
        self.dir.path().join("certificate.pem")
    }

    fn key(&self) -> PathBuf {
        self.dir.path().join("key.pem")
    }

    /// These settings with the certificate and its key.
    fn added_to(&self, mut settings: Value) -> Value {
        settings["certificate"] = json!(self.certificate());
        settings["key"] = json!(self.key());
        settings
    }

    /// A server whose certificate this authority vouches for.
    fn trusted_by(&self, settings: SmtpSettings) -> SmtpSettings {
        SmtpSettings { authorities: Some(Authorities::from_pem(self.authority.as_bytes()).unwrap()), ..settings }
    }
}

/// A transport with these settings, by the clock of the house.
fn transport(house: &House, settings: &SmtpSettings) -> Arc<SmtpTransport> {
    Arc::new(SmtpTransport::new(settings, house.clock.clone()).unwrap())
}

/// What a program says about what it is given.
fn ask(mut command: Command, question: &Value) -> Value {
    let mut program = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    program.stdin.take().unwrap().write_all(question.to_string().as_bytes()).unwrap();
    let output = program.wait_with_output().unwrap();
    assert!(output.status.success(), "it failed: {command:?}");
    serde_json::from_slice(&output.stdout).unwrap()
}
