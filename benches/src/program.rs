//! The program itself, as an operator runs it: how soon it is ready, how much memory it takes, and how fast people move in; with nobody in it and with a million.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use daftar_testkit::database::Engine;
use daftar_testkit::postgres;
use tempfile::TempDir;

use crate::load;
use crate::people;
use crate::table::{Aim, Measure, Table};

type Row = Measure<2>;

const READY: Row = Row::aiming("**from its start until it is ready, ms**", 0, Aim::AtMost(200.0));
const READY_FULL: Row = Row::aiming("**the same with a million accounts, ms**", 0, Aim::AtMost(200.0));
const IDLE: Row = Row::aiming("**memory when idle, MB**", 1, Aim::AtMost(30.0));
const IDLE_FULL: Row = Row::new("the same with a million accounts, MB", 1);
const IMPORT: Row = Row::new("`daftar account import` of bcrypt hashes, rows/s", 0);

const MANY: u32 = 1_000_000;
const IMPORTED: u32 = 20_000;
/// After it is ready, until its memory is read.
const REST: Duration = Duration::from_secs(2);

/// Two homes on each engine: an empty one and one with a million accounts.
pub struct Programs {
    homes: [[Home; 2]; 2],
    table: Table<2>,
}

impl Programs {
    /// Makes the homes.
    #[must_use]
    pub fn prepare() -> Self {
        let make = |engine| {
            println!("filling {engine:?} with {MANY} accounts …");
            let full = Home::new(engine);
            full.run(&["migrate"]);
            people::write(&full.database, engine, MANY, "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5J3Mgc2FsdA$bm9ib2R5J3MgaGFzaCBhdCBhbGwsIGp1c3QgMzI");
            [Home::new(engine), full]
        };
        Self { homes: [make(Engine::Sqlite), make(Engine::Postgres)], table: Table::new("the program", ["SQLite", "PostgreSQL"]) }
    }

    /// Measures everything once.
    pub fn measure(&mut self) {
        for (column, [empty, full]) in self.homes.iter().enumerate() {
            for (home, ready, idle) in [(empty, READY, IDLE), (full, READY_FULL, IDLE_FULL)] {
                let running = home.serve();
                self.table.push(ready, column, running.ready_after.as_secs_f64() * 1e3);
                rest();
                self.table.push(idle, column, running.megabytes());
            }
        }
        for (column, engine) in [Engine::Sqlite, Engine::Postgres].into_iter().enumerate() {
            self.table.push(IMPORT, column, import(&Home::new(engine)));
        }
    }

    /// What it came to.
    #[must_use]
    pub fn table(&self) -> &Table<2> {
        &self.table
    }
}

#[expect(clippy::disallowed_methods, reason = "whether memory comes and goes is seen by waiting")]
fn rest() {
    std::thread::sleep(REST);
}

/// People move into an empty installation; rows per second.
fn import(home: &Home) -> f64 {
    home.run(&["migrate"]);
    let file = home.dir.path().join("people.jsonl");
    let mut out = std::io::BufWriter::new(std::fs::File::create(&file).unwrap());
    for n in 0..IMPORTED {
        writeln!(
            out,
            "{{\"username\":\"user {n}\",\"email\":\"user{n}@example.test\",\"first_name\":\"Siti\",\"last_name\":\"Rahma\",\
             \"password_hash\":\"$2b$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy\"}}"
        )
        .unwrap();
    }
    out.flush().unwrap();
    let began = load::now();
    home.run(&["account", "import", file.to_str().unwrap()]);
    f64::from(IMPORTED) / began.elapsed().as_secs_f64()
}

/// A home directory of the program, and its database.
struct Home {
    dir: TempDir,
    database: String,
    _server: Option<postgres::Database>,
}

impl Home {
    fn new(engine: Engine) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let server = (engine == Engine::Postgres).then(postgres::Database::empty_now);
        let database = server.as_ref().map_or_else(|| format!("sqlite://{}", dir.path().join("daftar.db").display()), postgres::Database::url);
        Self { dir, database, _server: server }
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(program());
        command.args(arguments).current_dir(self.dir.path()).env_clear().stdin(Stdio::null());
        command.env("DAFTAR_ENVIRONMENT", "development").env("DAFTAR_LISTEN", "127.0.0.1:0").env("DAFTAR_SHUTDOWN__DELAY", "0s");
        command.env("DAFTAR_DATA_DIR", self.dir.path()).env("DAFTAR_DATABASE__URL", &self.database);
        command
    }

    fn run(&self, arguments: &[&str]) {
        let output = self.command(arguments).output().unwrap();
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    }

    fn serve(&self) -> Running {
        let began = load::now();
        let mut child = self.command(&["serve"]).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let mut log = BufReader::new(child.stderr.take().unwrap()).lines().map_while(Result::ok);
        let line = log.find(|line| line.contains("listening on http")).unwrap();
        std::thread::spawn(move || log.for_each(drop));
        let address: SocketAddr = line.split("http://").nth(1).unwrap().trim().parse().unwrap();
        while !is_ready(address) {
            std::thread::yield_now();
        }
        Running { child, ready_after: began.elapsed() }
    }
}

fn is_ready(address: SocketAddr) -> bool {
    let mut socket = TcpStream::connect(address).unwrap();
    socket.write_all(b"GET /readyz HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    socket.read_to_string(&mut answer).unwrap();
    answer.starts_with("HTTP/1.1 200 ")
}

/// The program that was built beside this benchmark.
fn program() -> PathBuf {
    let me = std::env::current_exe().unwrap();
    me.parent().and_then(|deps| deps.parent()).unwrap().join("daftar")
}

/// Builds the program as it is shipped.
pub fn build() {
    println!("building the program …");
    let built = Command::new(env!("CARGO")).args(["build", "--release", "--locked", "--package", "daftar"]).status().unwrap();
    assert!(built.success(), "the program could not be built");
}

struct Running {
    child: Child,
    ready_after: Duration,
}

impl Running {
    /// What the system says that it has in memory.
    fn megabytes(&self) -> f64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let kilobytes = status.lines().find_map(|line| line.strip_prefix("VmRSS:")?.trim().strip_suffix(" kB")?.parse::<f64>().ok());
        kilobytes.unwrap() * 1024.0 / 1e6
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
