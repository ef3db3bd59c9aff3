//! Power cuts (`threats.md`, *Faults* 1): a disk keeps what it was told to sync, and of the rest any part. `strace` writes down what a server under load does to its database; from that, at any
//! moment, a disk is made as a cut would have left it, on which everything must be that was answered before.
//!
//! There are 8 cuts; `TEST_POWER_CUTS` says otherwise. On SQLite alone: how PostgreSQL keeps what it was told is its own matter.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use tokio::sync::Mutex;
use tokio::task::JoinSet;

use super::program::{Client, Home, Server, any_below, register};

const CLIENTS: usize = 4;
/// How many promises are made meanwhile: enough for the log to be folded into the database.
const PROMISES: usize = 300;
/// The header by which a client's next request says how many promises it has been made; `strace` sees it come.
const PROMISED: &str = "x-promised";
/// What a disk writes whole.
const SECTOR: usize = 512;

/// What was answered with yes.
#[derive(Debug)]
enum Promise {
    Account(String),
    Session(String),
    Ended(String),
}

/// What happened, in its order.
#[derive(Debug)]
enum Event {
    /// A file was changed, …
    Changed(String, Change),
    /// … and is on the disk.
    Synced(String),
    /// A client said how many promises it had.
    Heard(usize, usize),
}

#[derive(Debug, Clone)]
enum Change {
    Write(usize, Vec<u8>),
    Length(usize),
}

impl Change {
    fn make(&self, file: &mut Vec<u8>) {
        match self {
            Self::Write(at, bytes) => {
                file.resize(file.len().max(at + bytes.len()), 0);
                file[*at..at + bytes.len()].copy_from_slice(bytes);
            }
            Self::Length(length) => file.resize(*length, 0),
        }
    }
}

/// A file on a disk.
#[derive(Debug, Clone, Default)]
struct Kept {
    synced: Vec<u8>,
    since: Vec<Change>,
}

impl Kept {
    fn sync(&mut self) {
        self.since.drain(..).for_each(|change| change.make(&mut self.synced));
    }

    /// What a cut leaves of it: of what was not synced any part, and perhaps half a write.
    fn cut(mut self) -> Vec<u8> {
        for mut change in self.since {
            if let Change::Write(_, bytes) = &mut change
                && any_below(4) == 0
            {
                bytes.truncate(any_below(bytes.len() / SECTOR + 1) * SECTOR);
            }
            if any_below(2) == 0 {
                change.make(&mut self.synced);
            }
        }
        self.synced
    }
}

/// The bytes of a text in which `strace` writes them as `\x…`.
fn bytes(text: &str) -> Vec<u8> {
    text.split("\\x").skip(1).filter_map(|byte| u8::from_str_radix(byte.get(..2)?, 16).ok()).collect()
}

/// Reads what `strace` wrote: `process call(descriptor<file>, …) = result`, or a call in two lines where others were in between.
fn events(log: &str) -> Vec<Event> {
    let mut begun = BTreeMap::new();
    let whole = log.lines().filter_map(|line| {
        let (process, call) = line.split_once(' ')?;
        let call = call.trim_start();
        if let Some(beginning) = call.strip_suffix(" <unfinished ...>") {
            begun.insert(process, beginning);
            return None;
        }
        match call.strip_prefix("<... ") {
            Some(rest) => Some(format!("{}{}", begun.remove(process)?, rest.split_once("resumed>")?.1)),
            None => Some(call.to_owned()),
        }
    });
    whole.filter_map(|call| event(&call)).collect()
}

fn event(call: &str) -> Option<Event> {
    let (name, rest) = call.split_once('(')?;
    let (rest, result) = rest.rsplit_once(") ")?;
    let mut arguments = rest.split(", ");
    let file = String::from_utf8(bytes(arguments.next()?)).ok()?;
    let file = Path::new(&file).file_name().and_then(|name| name.to_str()).unwrap_or_default().to_owned();
    let result = result.trim_start_matches([' ', '=']);
    // The index of the log is in memory, and made anew.
    let is_ours = file.starts_with("daftar.db") && !file.ends_with("-shm");
    if result.starts_with('-') || !(is_ours || name == "recvfrom") {
        return None;
    }
    match name {
        "pwrite64" => {
            let written = bytes(arguments.next()?);
            assert_eq!(result.parse(), Ok(written.len()), "a write is whole in the log");
            Some(Event::Changed(file, Change::Write(arguments.nth(1)?.parse().ok()?, written)))
        }
        "ftruncate" => Some(Event::Changed(file, Change::Length(arguments.next()?.parse().ok()?))),
        "fsync" | "fdatasync" => Some(Event::Synced(file)),
        "recvfrom" => {
            let request = String::from_utf8(bytes(arguments.next()?)).ok()?;
            let (client, count) = request.lines().find_map(|line| line.strip_prefix(PROMISED))?.trim_start_matches([':', ' ']).split_once('/')?;
            Some(Event::Heard(client.parse().ok()?, count.trim().parse().ok()?))
        }
        other => panic!("the database is written by {other}, which is not understood here"),
    }
}

/// Lets clients register, sign in and out until they were made enough promises; those of each client, in their order.
async fn load(server: &Server, shop: &Client) -> Vec<Vec<Promise>> {
    let all = Arc::new(Mutex::new(0));
    let mut clients = JoinSet::new();
    for client in 0..CLIENTS {
        let (base, shop, all) = (server.base.clone(), shop.clone(), Arc::clone(&all));
        clients.spawn(async move {
            let mut promises = Vec::new();
            while *all.lock().await < PROMISES {
                let before = promises.len();
                visit(&base, &shop, client, &mut promises).await;
                *all.lock().await += promises.len() - before;
            }
            (client, promises)
        });
    }
    let mut promises = clients.join_all().await;
    promises.sort_by_key(|(client, _)| *client);
    promises.into_iter().map(|(_, promises)| promises).collect()
}

async fn visit(base: &str, shop: &Client, client: usize, promises: &mut Vec<Promise>) {
    let http = |promises: &Vec<Promise>| {
        let told = format!("{client}/{}", promises.len()).parse().unwrap();
        let headers = [(reqwest::header::HeaderName::from_static(PROMISED), told)].into_iter().collect();
        reqwest::Client::builder().default_headers(headers).build().unwrap()
    };
    let number = u32::try_from(client * 1_000_000 + promises.len()).unwrap();
    let name = format!("person{number}");
    assert_eq!(register(&http(promises), base, shop, &name, number).await.unwrap(), 200);
    promises.push(Promise::Account(name.clone()));
    for ends in [false, true] {
        let credentials = json!({"username": name, "password": "correct horse"});
        let answer = http(promises).post(format!("{base}/auth")).json(&credentials).send().await.unwrap();
        let token = answer.json::<serde_json::Value>().await.unwrap()["token"].as_str().unwrap().to_owned();
        if ends {
            let end = http(promises).post(format!("{base}/oauth/revoke")).basic_auth(&shop.id, Some(&shop.secret)).form(&[("token", &token)]);
            assert_eq!(end.send().await.unwrap().status(), 200);
            promises.push(Promise::Ended(token));
        } else {
            promises.push(Promise::Session(token));
        }
    }
}

/// A home whose files are as a cut leaves them.
fn after_a_cut(before: &Home, files: &BTreeMap<String, Kept>) -> Home {
    let home = Home::with_a_file();
    std::fs::create_dir(home.path("daftar-data")).unwrap();
    std::fs::copy(before.path("daftar-data/master.key"), home.path("daftar-data/master.key")).unwrap();
    for (name, file) in files {
        std::fs::write(home.path("daftar-data").join(name), file.clone().cut()).unwrap();
    }
    home
}

/// Demands that everything is as it was answered. How many promises that were.
async fn are_kept<'a>(home: &Home, promises: impl Iterator<Item = &'a Promise>) -> usize {
    let database = rusqlite::Connection::open(home.path("daftar-data/daftar.db")).unwrap();
    let sound: String = database.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    assert_eq!(sound, "ok");
    drop(database);
    let (server, http, mut kept) = (home.start(&["serve"]), reqwest::Client::new(), 0);
    for promise in promises {
        let is_kept = match promise {
            Promise::Account(name) => server.sign_in(&http, name).await.is_ok(),
            Promise::Session(token) => server.profile(&http, token).await == 200,
            Promise::Ended(token) => server.profile(&http, token).await == 401,
        };
        assert!(is_kept, "{promise:?} was answered before the cut");
        kept += 1;
    }
    kept
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fault_1_whenever_the_power_is_cut_what_was_answered_is_on_the_disk() {
    let cuts = std::env::var("TEST_POWER_CUTS").map_or(8, |text| text.parse().unwrap());
    let home = Home::with_a_file();
    let shop = home.client();
    let read = |name: &str| std::fs::read(home.path("daftar-data").join(name)).unwrap_or_default();
    let disk = ["daftar.db", "daftar.db-wal"].map(|name| (name.to_owned(), Kept { synced: read(name), since: Vec::new() }));

    let file = home.path("calls");
    let calls = "--trace=pwrite64,pwritev,write,ftruncate,fallocate,fsync,fdatasync,recvfrom";
    let watch = ["-D", "-f", "-y", "-xx", "-qq", "-s", "70000", "--signal=none", calls, "-o", file.to_str().unwrap()];
    let server = home.start_by("strace", &watch);
    let promises = load(&server, &shop).await;
    server.kill();
    let log = || std::fs::read_to_string(&file).unwrap();
    // `strace` is a moment behind.
    while !log().ends_with('\n') {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let events = events(&log());
    assert!(events.iter().any(|event| matches!(event, Event::Synced(file) if file == "daftar.db")), "the log was folded in");

    let mut all = 0;
    for _ in 0..cuts {
        let cut = any_below(events.len());
        let (mut files, mut heard) = (BTreeMap::from(disk.clone()), [0; CLIENTS]);
        for event in &events[..cut] {
            match event {
                Event::Changed(file, change) => files.get_mut(file).expect("only the database and its log are written").since.push(change.clone()),
                Event::Synced(file) => files.get_mut(file).unwrap().sync(),
                Event::Heard(client, count) => heard[*client] = *count,
            }
        }
        all += are_kept(&after_a_cut(&home, &files), promises.iter().zip(heard).flat_map(|(promises, heard)| &promises[..heard])).await;
    }
    println!("{cuts} cuts among {} events, {all} promises kept", events.len());
}
