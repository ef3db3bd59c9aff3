//! A disk under SQLite that is full, takes no writes, breaks, is slow, or hangs (`threats.md`, *Faults* 4): `strace` answers the running server's calls in the disk's place, and lets them through again
//! when the fault is over. Who wants something written is told to come again; what only reads goes on; nobody is told anything false, and all is well by itself afterwards.

use std::process::{Child, Command, Stdio};
use std::time::Duration;

use daftar_testkit::pictures;
use reqwest::RequestBuilder;
use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};
use tokio::time::Instant;

use super::program::{Client, Home, Server, are_told_to_come_again, lines};

/// How soon `/readyz` must turn.
const TURNS_WITHIN: Duration = Duration::from_secs(2);
/// How soon all must be well again.
const RECOVERS_WITHIN: Duration = Duration::from_secs(5);
/// How soon one that has nothing to do with the fault is.
const SOON: Duration = Duration::from_secs(2);

/// The calls that change a file, make one, …
const WRITING: &str = "pwrite64,ftruncate,fallocate,?rename,renameat,renameat2,?link,linkat,?mkdir,mkdirat";
/// … and put it on the disk. Nothing else that the server does uses any of these.
const SYNCING: &str = "fsync,fdatasync";

/// A disk with a fault, until it is dropped.
struct Faulty(Child);

impl Faulty {
    /// From now on these calls of the server end like this.
    fn disk(server: &Server, calls: &str, how: &str) -> Self {
        let process = server.process().to_string();
        let (trace, inject) = (format!("--trace={calls}"), format!("--inject={calls}:{how}"));
        let arguments = ["-f", "--signal=none", "-o", "/dev/null", &trace, &inject, "-p", &process];
        let mut strace = Command::new("strace").args(arguments).stderr(Stdio::piped()).spawn().expect("strace is there (`scripts/test` installs it)");
        // It is heard out: writing to nobody would end it.
        let said = lines(strace.stderr.take().unwrap());
        assert!(said.iter().any(|line| line.contains("attached")), "strace could not attach");
        Self(strace)
    }
}

impl Drop for Faulty {
    fn drop(&mut self) {
        let _ = Command::new("kill").args(["-INT", &self.0.id().to_string()]).status();
        let _ = self.0.wait();
    }
}

struct Site {
    home: Home,
    server: Server,
    shop: Client,
    http: reqwest::Client,
    token: String,
}

impl Site {
    async fn start() -> Self {
        let home = Home::with_a_file();
        let (shop, server, http) = (home.client(), home.start(&["serve"]), reqwest::Client::new());
        assert_eq!(server.register(&http, &shop, "siti", 1).await.unwrap(), 200);
        let token = server.sign_in(&http, "siti").await.unwrap();
        Self { home, server, shop, http, token }
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.server.base)
    }

    fn person(name: &str, phone: &str) -> Value {
        json!({
            "username": name, "password": "correct horse", "first_name": "Budi", "last_name": "Santoso",
            "phone_number": phone, "email": format!("{name}@example.com"), "mode": "LINK",
        })
    }

    /// Calls that write.
    fn writes(&self) -> Vec<(&'static str, RequestBuilder)> {
        let shop = |path: &str| self.http.post(self.url(path)).basic_auth(&self.shop.id, Some(&self.shop.secret));
        let profile = json!({"gender": "Laki-Laki", "phone_number": "6281200000001", "date_of_birth": "1996-10-18"}).to_string();
        let picture = Part::bytes(pictures::jpeg(32, 32)).file_name("siti.jpg");
        let form = Form::new().text("basic_profile", profile).part("profile_img", picture);
        vec![
            ("an account", shop("/internal/register").json(&Self::person("budi", "6281299999998"))),
            ("a registration", shop("/signup").json(&Self::person("ani", "6281299999997"))),
            ("a sign-in", self.http.post(self.url("/auth")).json(&json!({"username": "siti", "password": "correct horse"}))),
            ("a code", self.http.post(self.url("/app/auth/otp")).json(&json!({"nature": 1, "loginID": "siti@example.com"}))),
            ("a picture", self.http.post(self.url("/update-basic-profile")).bearer_auth(&self.token).multipart(form)),
        ]
    }

    /// What only reads goes on, and at once.
    async fn reads_go_on(&self) {
        for (what, call) in [
            ("a session", self.http.get(self.url("/basic-profile")).bearer_auth(&self.token)),
            ("a look-up", self.http.post(self.url("/app/auth/account/check")).json(&json!({"loginID": "siti"}))),
            ("life", self.http.get(self.url("/healthz"))),
        ] {
            let began = Instant::now();
            assert_eq!(call.send().await.unwrap().status(), 200, "{what}");
            assert!(began.elapsed() < SOON, "{what} took {:?}", began.elapsed());
        }
    }

    /// Everybody who wants something written is told to come again, and in time.
    async fn writes_are_refused(&self) {
        are_told_to_come_again(self.writes()).await;
    }

    async fn turns(&self, status: u16, within: Duration) {
        let turning = async {
            while self.http.get(self.url("/readyz")).send().await.unwrap().status() != status {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        assert!(tokio::time::timeout(within, turning).await.is_ok(), "/readyz did not turn to {status} within {within:?}");
    }

    /// Of what was refused nothing is there, and all of it can be done now; what was there still is, also after a crash.
    async fn all_is_well(self) {
        self.turns(200, RECOVERS_WITHIN).await;
        for (what, call) in self.writes() {
            assert_eq!(call.send().await.unwrap().status(), 200, "{what}");
        }
        self.reads_go_on().await;
        self.server.kill();
        let server = self.home.start(&["serve"]);
        for name in ["siti", "budi"] {
            assert!(server.sign_in(&self.http, name).await.is_ok(), "{name}");
        }
        assert_eq!(server.profile(&self.http, &self.token).await, 200);
        assert!(server.stop().success());
        let database = rusqlite::Connection::open(self.home.path("daftar-data/daftar.db")).unwrap();
        let sound: String = database.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
        assert_eq!(sound, "ok");
    }
}

/// A fault of the disk: writes are refused while it lasts, and nothing else happens.
async fn passes(calls: &str, how: &str) {
    let site = Site::start().await;
    let faulty = Faulty::disk(&site.server, calls, how);
    site.turns(503, TURNS_WITHIN).await;
    site.writes_are_refused().await;
    site.reads_go_on().await;
    drop(faulty);
    site.all_is_well().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fault_4_a_full_disk_is_503_for_writes_until_there_is_room() {
    passes(WRITING, "error=ENOSPC").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fault_4_a_disk_that_is_read_only_is_503_for_writes_until_it_is_writable() {
    passes(&format!("{WRITING},{SYNCING}"), "error=EROFS").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fault_4_a_disk_that_cannot_sync_is_503_for_writes_until_it_can() {
    passes(SYNCING, "error=EIO").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fault_4_a_disk_that_cannot_be_read_makes_nobody_say_anything_false() {
    let site = Site::start().await;
    let faulty = Faulty::disk(&site.server, "pread64", "error=EIO");
    let mut refused = 0;
    for _ in 0..10 {
        let look_up = site.http.post(site.url("/app/auth/account/check")).json(&json!({"loginID": "siti"}));
        let session = site.http.get(site.url("/basic-profile")).bearer_auth(&site.token);
        // What is in memory still may be said.
        for answer in [look_up.send().await.unwrap(), session.send().await.unwrap()] {
            match answer.status().as_u16() {
                200 => assert!(answer.text().await.unwrap().contains("true"), "there is such an account, whose address is known"),
                // SQLite cannot tell a disk that cannot be read from damage, and does not say that it passes.
                status => {
                    assert!(matches!(status, 500 | 503), "{status}: {:?}", answer.text().await);
                    refused += 1;
                }
            }
        }
    }
    assert!(refused > 0, "nothing was read");
    drop(faulty);
    site.all_is_well().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fault_4_a_disk_that_is_slow_makes_writes_slow_and_nothing_else() {
    let site = Site::start().await;
    let faulty = Faulty::disk(&site.server, SYNCING, "delay_enter=200ms");
    for (what, call) in site.writes() {
        assert_eq!(call.send().await.unwrap().status(), 200, "{what}");
        site.reads_go_on().await;
    }
    site.turns(200, TURNS_WITHIN).await;
    drop(faulty);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fault_4_a_disk_that_hangs_keeps_nobody_waiting() {
    let site = Site::start().await;
    let faulty = Faulty::disk(&site.server, SYNCING, "delay_enter=60s");
    site.turns(503, TURNS_WITHIN).await;
    tokio::join!(site.writes_are_refused(), site.reads_go_on());
    drop(faulty);
    site.turns(200, RECOVERS_WITHIN).await;
    site.reads_go_on().await;
    assert!(site.server.sign_in(&site.http, "siti").await.is_ok());
}
