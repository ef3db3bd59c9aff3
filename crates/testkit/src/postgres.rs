//! A temporary PostgreSQL: made by `initdb` in a directory of its own, on a free port, as an unprivileged user, with the settings of production that
//! an answer's promise rests on. It is stopped, and its directory gone, when its handle is dropped, or when the process that
//! made it ends in any other way.
//!
//! Tests that do not mind neighbours share one server, each in a database of its own that is cloned from a template: the server that
//! [`SHARED`] names, which `with-postgres` starts around a whole run of tests, or else one that the test's process starts for itself.

use std::os::unix::fs::{MetadataExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::time::Duration;

use daftar_store::{Location, Opening, SqlStore};
use tempfile::TempDir;
use tokio_postgres::{Client, NoTls};
use uuid::Uuid;

/// The environment variable that names the server to share, as a URL without a database.
pub const SHARED: &str = "TEST_POSTGRES";
/// The database from which those of tests are cloned.
const TEMPLATE: &str = "daftar_template";
const USER: &str = "daftar";
const PASSWORD: &str = "only for tests";

/// How a server is to be.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// Lines for its configuration.
    pub lines: Vec<String>,
    /// A certificate and its key, as PEM: it then speaks TLS.
    pub tls: Option<(String, String)>,
}

/// A running server.
pub struct Server {
    dir: TempDir,
    port: u16,
    owner: Option<(u32, u32)>,
}

impl Server {
    /// Makes and starts a server; some of the usual settings may be replaced.
    ///
    /// # Panics
    /// When PostgreSQL is not installed, or does not start.
    #[must_use]
    pub fn start(settings: &Settings) -> Self {
        let dir = tempfile::Builder::new().prefix("daftar-postgres-").tempdir().unwrap();
        let is_root = std::fs::metadata("/proc/self").unwrap().uid() == 0;
        let owner = is_root.then(unprivileged);
        let server = Self { port: free_port(), dir, owner };
        if let Some((user, group)) = owner {
            chown(server.dir.path(), Some(user), Some(group)).unwrap();
        }
        server.make(settings);
        server.go();
        server.watch();
        server
    }

    /// Leaves a process behind that stops the server when this one ends without having done so.
    #[expect(clippy::zombie_processes, reason = "it outlives this process on purpose")]
    fn watch(&self) {
        let (me, dir, data) = (std::process::id(), self.dir.path().display(), self.data());
        let script = format!(
            "while kill -0 {me} && [ -d '{dir}' ]; do sleep 0.3; done; [ -d '{dir}' ] || exit 0; \
             kill -QUIT \"$(head -n 1 '{data}/postmaster.pid')\"; sleep 1; rm -rf '{dir}'",
            data = data.display()
        );
        Command::new("setsid").args(["sh", "-c", &script]).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    }

    fn make(&self, settings: &Settings) {
        std::fs::write(self.dir.path().join("password"), PASSWORD).unwrap();
        let data = self.data();
        self.run(
            "initdb",
            &["--username", USER, "--pwfile", self.dir.path().join("password").to_str().unwrap(), "--auth", "scram-sha-256"],
            &["--encoding", "UTF8", "--locale", "C.UTF-8", "--no-sync", "--pgdata", data.to_str().unwrap()],
        );
        let mut lines = vec![
            format!("port = {}", self.port),
            "listen_addresses = '127.0.0.1'".to_owned(),
            "unix_socket_directories = ''".to_owned(),
            "max_connections = 300".to_owned(),
            "fsync = on".to_owned(),
            "synchronous_commit = on".to_owned(),
            "full_page_writes = on".to_owned(),
        ];
        if let Some((certificate, key)) = &settings.tls {
            self.write("server.crt", certificate);
            self.write("server.key", key);
            lines.push("ssl = on".to_owned());
        }
        lines.extend(settings.lines.iter().cloned());
        self.write("daftar.conf", &(lines.join("\n") + "\n"));
        let main = std::fs::read_to_string(data.join("postgresql.conf")).unwrap();
        self.write("postgresql.conf", &(main + "\ninclude = 'daftar.conf'\n"));
    }

    fn write(&self, name: &str, text: &str) {
        use std::os::unix::fs::PermissionsExt as _;
        let file = self.data().join(name);
        std::fs::write(&file, text).unwrap();
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
        if let Some((user, group)) = self.owner {
            chown(&file, Some(user), Some(group)).unwrap();
        }
    }

    /// Its data directory.
    #[must_use]
    pub fn data(&self) -> PathBuf {
        self.dir.path().join("data")
    }

    fn run(&self, program: &str, arguments: &[&str], more: &[&str]) {
        let mut command = Command::new(programs().join(program));
        command.args(arguments).args(more).current_dir(self.dir.path()).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        if let Some((user, group)) = self.owner {
            command.uid(user).gid(group);
        }
        let output = command.output().unwrap();
        assert!(output.status.success(), "{program} failed: {}", String::from_utf8_lossy(&output.stderr));
    }

    fn control(&self, arguments: &[&str]) {
        let (data, log) = (self.data(), self.dir.path().join("log"));
        self.run("pg_ctl", &["--pgdata", data.to_str().unwrap(), "--log", log.to_str().unwrap(), "--wait", "--timeout", "30"], arguments);
    }

    /// Starts it, after it was stopped.
    pub fn go(&self) {
        self.control(&["start"]);
    }

    /// Ends it as a shutdown of the machine would, and starts it again.
    pub fn restart(&self) {
        self.control(&["--mode", "fast", "restart"]);
    }

    /// Ends it: `fast` closes every connection, `immediate` is as good as a crash.
    pub fn stop(&self, mode: &str) {
        self.control(&["--mode", mode, "stop"]);
    }

    /// Sends every process of it a signal: `STOP` freezes it, `CONT` lets it go on.
    pub fn signal(&self, name: &str) {
        for process in self.processes() {
            // A child may have ended meanwhile.
            let _ = Command::new("kill").args([&format!("-{name}"), &process]).stderr(Stdio::null()).status().unwrap();
        }
    }

    /// Kills every process of it, and waits until they are gone.
    pub fn kill(&self) {
        let processes = self.processes();
        self.signal("KILL");
        while processes.iter().any(|process| std::path::Path::new("/proc").join(process).exists()) {
            std::thread::park_timeout(Duration::from_millis(5));
        }
    }

    fn processes(&self) -> Vec<String> {
        let first = std::fs::read_to_string(self.data().join("postmaster.pid")).unwrap();
        let first = first.lines().next().unwrap().trim().to_owned();
        let children = Command::new("pgrep").args(["--parent", &first]).output().unwrap();
        let children = String::from_utf8(children.stdout).unwrap();
        std::iter::once(first.as_str()).chain(children.split_whitespace()).map(str::to_owned).collect()
    }

    /// Its URL without a database.
    #[must_use]
    pub fn url(&self) -> String {
        format!("postgres://{USER}:{}@127.0.0.1:{}", PASSWORD.replace(' ', "%20"), self.port)
    }

    /// Its port.
    #[must_use]
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// A database of its own for a test.
    pub async fn database(&self) -> Database {
        Database::fresh(&self.url()).await
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let data = self.data();
        let mut command = Command::new(programs().join("pg_ctl"));
        command.args(["--pgdata", data.to_str().unwrap_or_default(), "--mode", "immediate", "--wait", "stop"]);
        command.current_dir("/").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        if let Some((user, group)) = self.owner {
            command.uid(user).gid(group);
        }
        // A test may have stopped it already.
        let _ = command.status();
    }
}

/// Where PostgreSQL's programs are: the newest version that Debian installed, or the path.
fn programs() -> PathBuf {
    let installed = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let versions = installed.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok().map(|version| (version, entry.path().join("bin"))));
    let on_the_path = || {
        let path = std::env::var_os("PATH").unwrap_or_default();
        std::env::split_paths(&path).find(|dir| dir.join("initdb").exists())
    };
    let found = versions.filter(|(_, bin)| bin.join("initdb").exists()).max().map(|(_, bin)| bin).or_else(on_the_path);
    found.expect("these tests need PostgreSQL's server: ./scripts/test installs it (on Debian: apt-get install postgresql)")
}

/// The user and group of somebody without rights: PostgreSQL does not run for root.
fn unprivileged() -> (u32, u32) {
    let users = std::fs::read_to_string("/etc/passwd").unwrap();
    let ids = |name: &str| {
        let fields: Vec<_> = users.lines().map(|line| line.split(':').collect::<Vec<_>>()).find(|fields| fields[0] == name)?;
        Some((fields[2].parse().unwrap(), fields[3].parse().unwrap()))
    };
    ids("postgres").or_else(|| ids("nobody")).expect("there is a user without rights")
}

/// A free port for a server that is stopped and started again: from below those that the system gives to whoever asks for any, so that nobody else has
/// it meanwhile.
///
/// # Panics
/// When there is none.
#[must_use]
pub fn free_port() -> u16 {
    let mut random = [0; 2];
    getrandom::fill(&mut random).unwrap();
    let first = u16::from_le_bytes(random) % 10_000;
    let ports = (0..10_000).map(|n| 20_000 + (first + n) % 10_000);
    let is_free = |port: &u16| std::net::TcpListener::bind(("127.0.0.1", *port)).is_ok();
    ports.into_iter().find(is_free).expect("there is a free port")
}

/// A database for one test. It goes with its server: dropping databases while others end their connections makes PostgreSQL 15 wait for ever now and then.
pub struct Database {
    server: String,
    name: String,
}

impl Database {
    /// A database with the newest schema on the shared server.
    pub async fn shared() -> Self {
        Self::fresh(&shared_server()).await
    }

    /// [`Database::shared`] for a test that does not wait.
    #[must_use]
    pub fn shared_now() -> Self {
        now(Self::shared)
    }

    /// [`Database::empty`] for a test that does not wait.
    #[must_use]
    pub fn empty_now() -> Self {
        now(Self::empty)
    }

    /// A database with the newest schema on the server at `url`.
    pub async fn fresh(server: &str) -> Self {
        let database = Self::named(server);
        let admin = connect(&format!("{server}/postgres")).await;
        make_template(server, &admin).await;
        admin.batch_execute(&format!("CREATE DATABASE {} TEMPLATE {TEMPLATE}", database.name)).await.unwrap();
        database
    }

    /// A database with nothing in it, on the shared server.
    pub async fn empty() -> Self {
        let database = Self::named(&shared_server());
        let admin = connect(&format!("{}/postgres", database.server)).await;
        admin.batch_execute(&format!("CREATE DATABASE {} TEMPLATE template0", database.name)).await.unwrap();
        database
    }

    fn named(server: &str) -> Self {
        let mut random = [0; 16];
        getrandom::fill(&mut random).unwrap();
        Self { server: server.to_owned(), name: format!("test_{}", Uuid::from_bytes(random).simple()) }
    }

    /// Its URL.
    #[must_use]
    pub fn url(&self) -> String {
        format!("{}/{}", self.server, self.name)
    }

    /// A connection to it behind the store's back.
    pub async fn connect(&self) -> Client {
        connect(&self.url()).await
    }
}

/// Waits for what is made, elsewhere: a test's runtime cannot wait within itself.
fn now<F: Future<Output = Database>>(make: impl FnOnce() -> F + Send + 'static) -> Database {
    let making = std::thread::spawn(|| {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(make())
    });
    making.join().unwrap()
}

/// The server that tests share.
fn shared_server() -> String {
    // Nobody drops it: its watcher stops it when this process is gone.
    static OWN: OnceLock<Server> = OnceLock::new();
    std::env::var(SHARED).unwrap_or_else(|_| OWN.get_or_init(|| Server::start(&Settings::default())).url())
}

async fn make_template(server: &str, admin: &Client) {
    // Whoever comes first makes it; a lock in this database keeps the others until it is whole.
    admin.batch_execute("SELECT pg_advisory_lock(1)").await.unwrap();
    let there = admin.query_opt("SELECT 1 FROM pg_database WHERE datname = $1", &[&TEMPLATE]).await.unwrap().is_some();
    if !there {
        let making = format!("{TEMPLATE}_being_made");
        admin.batch_execute(&format!("DROP DATABASE IF EXISTS {making}")).await.unwrap();
        admin.batch_execute(&format!("CREATE DATABASE {making} TEMPLATE template0")).await.unwrap();
        let location = Location::parse(&format!("{server}/{making}")).unwrap();
        drop(SqlStore::open(&location, Opening::migrating(true)).await.unwrap());
        until_alone(admin, &making).await;
        admin.batch_execute(&format!("ALTER DATABASE {making} RENAME TO {TEMPLATE}")).await.unwrap();
    }
    admin.batch_execute("SELECT pg_advisory_unlock(1)").await.unwrap();
}

/// Waits until nobody is connected to `database`: connections end a moment after their handles.
async fn until_alone(admin: &Client, database: &str) {
    let sql = "SELECT count(*) FROM pg_stat_activity WHERE datname = $1";
    while admin.query_one(sql, &[&database]).await.unwrap().get::<_, i64>(0) > 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

async fn connect(url: &str) -> Client {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.expect("the test's PostgreSQL answers");
    tokio::spawn(connection);
    client
}

/// Every page of a database, those of its indexes and of what was deleted included, as it goes to disk. They are read through the server: having all that is in
/// memory written first would stop every other test.
pub async fn bytes_on_disk(client: &Client) -> Vec<u8> {
    client.batch_execute("CREATE EXTENSION IF NOT EXISTS pageinspect").await.unwrap();
    let sql = "SELECT get_raw_page(c.oid::regclass::text, 'main', page) FROM pg_class c, \
               generate_series(0, pg_relation_size(c.oid) / current_setting('block_size')::int - 1) page WHERE c.relkind IN ('r', 'i', 't', 'S')";
    client.query(sql, &[]).await.unwrap().iter().flat_map(|row| row.get::<_, Vec<u8>>(0)).collect()
}
