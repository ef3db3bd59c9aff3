//! Others who do the same, installed from their registries and set up for production as their documentation says (`benches/peers/`): people sign in
//! there with the same passwords at the same cost, and who is signed in asks who he is, over the same connections as with us.

use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use daftar_testkit::database::Engine;
use daftar_testkit::postgres;
use rustix::process::{Pid, Signal, kill_process_group};
use serde_json::Value;
use tempfile::TempDir;

use crate::load::{self, Connection, Requests, Visitor};
use crate::people::{self, PASSWORD};
use crate::place::{CONNECTIONS, checked};

/// How many accounts there are.
const ACCOUNTS: u32 = 2_000;
/// How many are signed in.
const SESSIONS: usize = 500;

/// Somebody else's service.
pub struct Peer {
    /// Its name.
    pub name: &'static str,
    sign_ins: Arc<Requests>,
    session_checks: Arc<Requests>,
    server: Server,
    // After the server, which uses them.
    _directory: TempDir,
    _database: Option<postgres::Database>,
}

/// What is to be known of one.
struct Kind {
    /// The name of its folder, too.
    name: &'static str,
    /// The file that pins what is installed.
    pins: &'static str,
    install: &'static [&'static [&'static str]],
    /// How many accounts follows.
    fill: &'static [&'static str],
    /// How many processes follows.
    serve: &'static [&'static str],
    sign_in: &'static str,
    check: &'static str,
    /// The header that an answer to a sign-in lets its receiver send.
    session: fn(&[u8]) -> Option<(&'static str, String)>,
}

const BETTER_AUTH: Kind = Kind {
    name: "better-auth",
    pins: "package-lock.json",
    install: &[&["npm", "ci", "--no-audit", "--no-fund"]],
    fill: &["node", "server.mjs", "fill"],
    serve: &["node", "server.mjs", "serve"],
    sign_in: "/api/auth/sign-in/email",
    check: "/api/auth/get-session",
    session: |answer| Some(("cookie", load::header(answer, "set-cookie")?.split(';').next()?.to_owned())),
};

const ALLAUTH: Kind = Kind {
    name: "allauth",
    pins: "requirements.txt",
    install: &[&["python3", "-m", "venv", "venv"], &["pip", "install", "--quiet", "--requirement", "requirements.txt"]],
    fill: &["python", "app.py"],
    // Without threads, gunicorn ends every connection after an answer.
    serve: &["gunicorn", "app:application", "--bind", "127.0.0.1:0", "--keep-alive", "75", "--threads", "4", "--workers"],
    sign_in: "/_allauth/app/v1/auth/login",
    check: "/_allauth/app/v1/auth/session",
    session: |answer| {
        let said: Value = serde_json::from_slice(&load::body(answer)).ok()?;
        Some(("x-session-token", said["meta"]["session_token"].as_str()?.to_owned()))
    },
};

impl Peer {
    /// better-auth on Node.
    #[must_use]
    pub fn better_auth(engine: Engine) -> Self {
        Self::start(&BETTER_AUTH, engine)
    }

    /// django-allauth's headless calls on gunicorn.
    #[must_use]
    pub fn allauth(engine: Engine) -> Self {
        Self::start(&ALLAUTH, engine)
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.server.address
    }

    /// A sign-in of everybody.
    #[must_use]
    pub fn sign_ins(&self) -> &Arc<Requests> {
        &self.sign_ins
    }

    /// Who am I, by everybody who is signed in.
    #[must_use]
    pub fn session_checks(&self) -> &Arc<Requests> {
        &self.session_checks
    }

    /// People sign in with their passwords; how many a second.
    #[must_use]
    pub fn sign_in(&self, time: Duration) -> f64 {
        checked(load::run(&[self.address()], &self.sign_ins, CONNECTIONS, time, 200)).rate
    }

    /// People who are signed in ask who they are; how many a second.
    #[must_use]
    pub fn check_sessions(&self, time: Duration) -> f64 {
        checked(load::run(&[self.address()], &self.session_checks, CONNECTIONS, time, 200)).rate
    }

    fn start(kind: &'static Kind, engine: Engine) -> Self {
        let home = kind.installed();
        println!("filling {} on {engine:?} with {ACCOUNTS} accounts …", kind.name);
        let directory = tempfile::tempdir().unwrap();
        let database = (engine == Engine::Postgres).then(postgres::Database::empty_now);
        let store = database.as_ref().map_or_else(|| directory.path().join("peer.db").display().to_string(), postgres::Database::url);
        succeed(command(&home, kind.fill).arg(ACCOUNTS.to_string()).env("STORE", &store));
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let server = Server::start(command(&home, kind.serve).arg(cores.to_string()).env("STORE", &store));
        println!("signing {SESSIONS} people in …");
        let mut session_checks = Vec::new();
        while session_checks.len() < SESSIONS {
            session_checks.extend(signed_in(kind, server.address));
        }
        session_checks.truncate(SESSIONS);
        Self {
            name: kind.name,
            sign_ins: Arc::new((0..ACCOUNTS).map(|n| sign_in(kind, n, PASSWORD)).collect()),
            session_checks: Arc::new(session_checks),
            server,
            _directory: directory,
            _database: database,
        }
    }
}

impl Kind {
    /// Its folder among what was built, where what is pinned is installed, and its program as it is now.
    fn installed(&self) -> PathBuf {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("peers").join(self.name);
        let me = std::env::current_exe().unwrap();
        let home = me.parent().and_then(Path::parent).unwrap().join("peers").join(self.name);
        let (wanted, there) = (std::fs::read(source.join(self.pins)).unwrap(), home.join("installed"));
        let is_installed = std::fs::read(&there).is_ok_and(|pins| pins == wanted);
        if !is_installed && home.exists() {
            std::fs::remove_dir_all(&home).unwrap();
        }
        std::fs::create_dir_all(&home).unwrap();
        for file in std::fs::read_dir(&source).unwrap() {
            let file = file.unwrap();
            std::fs::copy(file.path(), home.join(file.file_name())).unwrap();
        }
        if !is_installed {
            println!("installing {}, which takes some minutes the first time …", self.name);
            for step in self.install {
                succeed(&mut command(&home, step));
            }
            std::fs::write(there, wanted).unwrap();
        }
        home
    }
}

/// A command in a peer's folder, where what was installed goes first.
fn command(home: &Path, words: &[&str]) -> Command {
    let (program, arguments) = words.split_first().unwrap();
    let inherited = std::env::var_os("PATH").unwrap_or_default();
    let path = std::env::join_paths(std::iter::once(home.join("venv/bin")).chain(std::env::split_paths(&inherited))).unwrap();
    let mut command = Command::new(program);
    command.args(arguments).current_dir(home).stdin(Stdio::null()).stdout(Stdio::null());
    command.env("PATH", path).env("NODE_ENV", "production").env("PASSWORD", PASSWORD);
    command
}

fn succeed(command: &mut Command) {
    let output = command.stderr(Stdio::piped()).output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
}

fn sign_in(kind: &Kind, n: u32, password: &str) -> Vec<u8> {
    load::post(kind.sign_in, &format!("{{\"email\":\"{}\",\"password\":\"{password}\"}}", people::email(n)))
}

/// Signs people in for a second and asks who they are, each once: a rate means something only where the answers are those of the work. What they ask
/// is handed back.
fn signed_in(kind: &'static Kind, address: SocketAddr) -> Requests {
    let (check, checks) = std::sync::mpsc::channel();
    let visit = move |visitor: Visitor, mut connection: Connection| {
        let check = check.clone();
        async move {
            let (mut visits, mut n) = (visitor.visits(), u32::try_from(visitor.number).unwrap());
            let refused = connection.ask(&sign_in(kind, n, "wrong battery staple")).await;
            assert!(refused.starts_with(b"HTTP/1.1 4"), "a wrong password: {}", String::from_utf8_lossy(refused));
            while let Some(began) = visits.next() {
                let answer = connection.ask(&sign_in(kind, n % ACCOUNTS, PASSWORD)).await;
                let Some((name, value)) = (kind.session)(answer) else { panic!("no session: {}", String::from_utf8_lossy(answer)) };
                let request = load::get_with((name, &value), kind.check);
                let answer = connection.ask(&request).await;
                let said: Value = serde_json::from_slice(&load::body(answer)).unwrap();
                let is_known = [&said["user"], &said["data"]["user"]].iter().any(|user| user["email"] == people::email(n % ACCOUNTS));
                assert!(is_known, "who is signed in is known: {said}");
                check.send(request).unwrap();
                visits.ended(began, true);
                n += u32::try_from(visitor.of).unwrap();
            }
            visits
        }
    };
    let _rate = load::visits(&[address], CONNECTIONS, Duration::from_secs(1), visit);
    checks.iter().collect()
}

/// A process with all that it started, which end with it.
struct Server {
    child: Child,
    address: SocketAddr,
}

impl Server {
    /// Starts it and waits until it says where it listens.
    fn start(command: &mut Command) -> Self {
        let mut child = command.process_group(0).stderr(Stdio::piped()).spawn().unwrap();
        let mut log = BufReader::new(child.stderr.take().unwrap()).lines().map_while(Result::ok);
        let mut before = Vec::new();
        let address = log.find_map(|line| {
            let address = line.split_once("http://").and_then(|(_, rest)| rest.split_whitespace().next()?.parse().ok());
            before.push(line);
            address
        });
        let Some(address) = address else { panic!("{command:?} does not listen: {before:?}") };
        std::thread::spawn(move || log.for_each(drop));
        Self { child, address }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = kill_process_group(Pid::from_child(&self.child), Signal::KILL);
        let _ = self.child.wait();
    }
}
