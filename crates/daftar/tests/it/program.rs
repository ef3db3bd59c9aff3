//! The program under test: a home directory of its own, the commands run in it, and servers that end with the test.

use std::io::{BufRead as _, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use daftar_testkit::database::Engine;
use daftar_testkit::postgres::Database;
use futures_util::future::join_all;
use reqwest::RequestBuilder;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::time::Instant;

/// How long anything may take that should take a moment.
const PATIENCE: Duration = Duration::from_secs(30);

/// A working directory in which the program runs.
pub(crate) struct Home {
    dir: TempDir,
    variables: Vec<(String, String)>,
}

/// What a command said.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) status: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Said {
    /// What it said, if it ended well.
    pub(crate) fn ok(self) -> String {
        assert_eq!(self.status, Some(0), "{self:?}");
        self.out
    }

    /// What it said on standard error, if it failed as one does that cannot do what was asked.
    pub(crate) fn failed(self) -> String {
        assert_eq!((self.status, self.out.as_str()), (Some(1), ""), "{self:?}");
        self.err
    }
}

impl Home {
    /// A home without any configuration.
    pub(crate) fn bare() -> Self {
        Self { dir: tempfile::tempdir().unwrap(), variables: Vec::new() }
    }

    /// A home for development at any free port, where hashing is cheap and nothing is limited; on the engine that the run of tests is about.
    pub(crate) fn for_development() -> Self {
        let home = Self::without_a_database();
        match Engine::of_this_run() {
            Engine::Sqlite => home,
            Engine::Postgres => home.with("DAFTAR_DATABASE__URL", &Database::shared_now().url()),
        }
    }

    /// A home for development whose database is a file in it.
    pub(crate) fn with_a_file() -> Self {
        Self::without_a_database()
    }

    /// A home for development whose database has no schema yet.
    pub(crate) fn with_an_empty_database() -> Self {
        let home = Self::without_a_database();
        match Engine::of_this_run() {
            Engine::Sqlite => home,
            Engine::Postgres => home.with("DAFTAR_DATABASE__URL", &Database::empty_now().url()),
        }
    }

    /// A home of one of several servers on one database: with a directory of its own, and the keys of all.
    pub(crate) fn of_a_replica(database: &str) -> Self {
        Self::without_a_database()
            .with("DAFTAR_DATABASE__URL", database)
            .with("DAFTAR_SECRETS__MASTER_KEY", "b1e0f3a7c25d94886f10aa3e5b7cd2914e6608f7391b2d5ac4e8f07162ab93dd")
    }

    fn without_a_database() -> Self {
        Self::bare()
            .with("DAFTAR_ENVIRONMENT", "development")
            .with("DAFTAR_LISTEN", "127.0.0.1:0")
            .with("DAFTAR_HASHING__MEMORY_KIB", "8")
            .with("DAFTAR_HASHING__PASSES", "1")
            .with("DAFTAR_LIMITS__ENABLED", "false")
            .with("DAFTAR_SHUTDOWN__DELAY", "0s")
    }

    /// The same with an environment variable more.
    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The URL of its database.
    pub(crate) fn database_url(&self) -> String {
        let configured = self.variables.iter().find(|(name, _)| name == "DAFTAR_DATABASE__URL");
        configured.map_or_else(|| format!("sqlite://{}", self.path("daftar-data/daftar.db").display()), |(_, url)| url.clone())
    }

    /// A path in it.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// Puts a file into it.
    pub(crate) fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path(name), text).unwrap();
    }

    /// A command to run in it.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        self.settled(Command::new(env!("CARGO_BIN_EXE_daftar")), arguments)
    }

    /// The same by another program, which becomes it.
    pub(crate) fn command_by(&self, program: &str, its_arguments: &[&str], arguments: &[&str]) -> Command {
        self.settled(Command::new(program), &[its_arguments, &[env!("CARGO_BIN_EXE_daftar")], arguments].concat())
    }

    fn settled(&self, mut command: Command, arguments: &[&str]) -> Command {
        command.args(arguments).current_dir(self.dir.path()).env_clear().envs(self.variables.iter().cloned()).stdin(Stdio::null());
        command
    }

    /// Runs a command to its end.
    pub(crate) fn run(&self, arguments: &[&str]) -> Said {
        let output = self.command(arguments).output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        Said { status: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
    }

    /// Runs a command that prints JSON.
    pub(crate) fn json(&self, arguments: &[&str]) -> Value {
        serde_json::from_str(&self.run(arguments).ok()).unwrap()
    }

    /// Starts a server and waits until it listens.
    pub(crate) fn start(&self, arguments: &[&str]) -> Server {
        Server::start(self.command(arguments))
    }

    /// Starts a server by another program, which becomes it: what that does to itself, it does to the server.
    pub(crate) fn start_by(&self, program: &str, its_arguments: &[&str]) -> Server {
        Server::start(self.command_by(program, its_arguments, &["serve"]))
    }

    /// The same as [`Home::start`], and the line of its log before that which contains `text`.
    pub(crate) fn start_and(&self, arguments: &[&str], text: &str) -> (Server, String) {
        Server::start_and(self.command(arguments), Some(text))
    }

    /// Makes a machine client for USAPI.
    pub(crate) fn client(&self) -> Client {
        let made = self.json(&["client", "create", "shop", "--scope", "usapi", "--json"]);
        Client { id: made["id"].as_str().unwrap().to_owned(), secret: made["secret"].as_str().unwrap().to_owned() }
    }
}

/// A machine client's credentials.
#[derive(Clone)]
pub(crate) struct Client {
    pub(crate) id: String,
    pub(crate) secret: String,
}

/// A running server. Dropping it kills it.
pub(crate) struct Server {
    child: Child,
    log: Receiver<String>,
    out: Receiver<String>,
    pub(crate) base: String,
}

impl Server {
    fn start(command: Command) -> Self {
        Self::start_and(command, None).0
    }

    fn start_and(mut command: Command, text: Option<&str>) -> (Self, String) {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let (log, out) = (lines(child.stderr.take().unwrap()), lines(child.stdout.take().unwrap()));
        let mut server = Self { child, log, out, base: String::new() };
        let wanted = text.map(|text| server.logs(text)).unwrap_or_default();
        let line = server.logs("listening on http");
        server.base = line.split("listening on ").nth(1).unwrap().trim().to_owned();
        (server, wanted)
    }

    /// Waits for a line of the log that contains `text`.
    pub(crate) fn logs(&self, text: &str) -> String {
        let mut seen = Vec::new();
        while let Ok(line) = self.log.recv_timeout(PATIENCE) {
            if line.contains(text) {
                return line;
            }
            seen.push(line);
        }
        panic!("the log never said {text:?}, but: {seen:#?}");
    }

    /// What it logged since it was asked last.
    pub(crate) fn log_so_far(&self) -> Vec<String> {
        self.log.try_iter().collect()
    }

    /// The lines of its standard output up to the first that contains `text`.
    pub(crate) fn prints_until(&self, text: &str) -> Vec<String> {
        let mut seen: Vec<String> = Vec::new();
        while !seen.last().is_some_and(|line| line.contains(text)) {
            seen.push(self.out.recv_timeout(PATIENCE).unwrap_or_else(|_| panic!("it never printed {text:?}, but: {seen:#?}")));
        }
        seen
    }

    /// Its process.
    pub(crate) fn process(&self) -> u32 {
        self.child.id()
    }

    /// Kills it: it does nothing more, but what it wrote is with the operating system.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Asks it to end.
    pub(crate) fn terminate(&self) {
        self.signal("-TERM");
    }

    /// Presses Ctrl-C.
    pub(crate) fn interrupt(&self) {
        self.signal("-INT");
    }

    /// Asks it to read anew what can change.
    pub(crate) fn hang_up(&self) {
        self.signal("-HUP");
    }

    fn signal(&self, name: &str) {
        let status = Command::new("kill").args([name, &self.child.id().to_string()]).status().unwrap();
        assert!(status.success());
    }

    /// Asks it to end and waits until it has.
    pub(crate) fn stop(self) -> ExitStatus {
        self.terminate();
        self.ended()
    }

    /// Waits until it has ended: until its log is closed, and no longer than is decent.
    pub(crate) fn ended(mut self) -> ExitStatus {
        while self.log.recv_timeout(PATIENCE).is_ok() {}
        self.child.wait().unwrap()
    }

    /// Registers `name` at once, with the password "correct horse"; the status of the answer.
    pub(crate) async fn register(&self, http: &reqwest::Client, client: &Client, name: &str, number: u32) -> reqwest::Result<u16> {
        register(http, &self.base, client, name, number).await
    }

    /// Signs `name` in and gives back the token.
    pub(crate) async fn sign_in(&self, http: &reqwest::Client, name: &str) -> Result<String, u16> {
        let body = json!({"username": name, "password": "correct horse"});
        let answer = http.post(format!("{}/auth", self.base)).json(&body).send().await.unwrap();
        match answer.status().as_u16() {
            200 => Ok(answer.json::<Value>().await.unwrap()["token"].as_str().unwrap().to_owned()),
            other => Err(other),
        }
    }

    /// The status with which a token's profile is answered.
    pub(crate) async fn profile(&self, http: &reqwest::Client, token: &str) -> u16 {
        let answer = http.get(format!("{}/basic-profile", self.base)).bearer_auth(token).send().await.unwrap();
        let status = answer.status().as_u16();
        // Read to its end, so that the connection can be used again.
        answer.bytes().await.unwrap();
        status
    }
}

/// [`Server::register`] for a task of its own.
pub(crate) async fn register(http: &reqwest::Client, base: &str, client: &Client, name: &str, number: u32) -> reqwest::Result<u16> {
    let body = json!({
        "username": name, "password": "correct horse", "first_name": "Siti", "last_name": "Rahma",
        "phone_number": format!("62812{number:08}"), "email": format!("{name}@example.com"),
    });
    let answer = http.post(format!("{base}/internal/register")).basic_auth(&client.id, Some(&client.secret)).json(&body).send().await?;
    let status = answer.status().as_u16();
    answer.bytes().await?;
    Ok(status)
}

/// How soon any call is answered, whatever is wrong.
const ANSWERED_WITHIN: Duration = Duration::from_secs(10);

/// Whoever makes one of these calls, all at once, is told to come again, and in time.
pub(crate) async fn are_told_to_come_again(calls: impl IntoIterator<Item = (&'static str, RequestBuilder)>) {
    let told = calls.into_iter().map(|(what, call)| async move {
        let began = Instant::now();
        let answer = call.send().await.unwrap();
        assert_eq!(answer.status(), 503, "{what}");
        assert!(answer.headers().contains_key("retry-after"), "{what}");
        assert!(began.elapsed() < ANSWERED_WITHIN, "{what} took {:?}", began.elapsed());
    });
    join_all(told).await;
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The lines of a stream, read to its end whether anybody wants them or not.
pub(crate) fn lines(from: impl Read + Send + 'static) -> Receiver<String> {
    let (line, lines) = channel();
    std::thread::spawn(move || BufReader::new(from).lines().map_while(Result::ok).for_each(|text| drop(line.send(text))));
    lines
}

/// The permission bits of a file.
pub(crate) fn mode(path: &Path) -> u32 {
    use std::os::unix::fs::MetadataExt as _;
    std::fs::metadata(path).unwrap().mode() & 0o777
}

/// Any number below `end`.
pub(crate) fn any_below(end: usize) -> usize {
    let mut bytes = [0; 8];
    getrandom::fill(&mut bytes).unwrap();
    usize::from_le_bytes(bytes) % end
}
