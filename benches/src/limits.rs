//! What the machine could do at most: hashes without a service around them, answers without a store behind them, queries without HTTP in front.

use std::net::SocketAddr;
use std::process::{Command, Stdio};
use std::time::Duration;

use argon2_rust::{Algorithm, Argon2, Params, Version};
use axum::Router;
use axum::routing::post;
use daftar_http::server::Serving;
use daftar_testkit::database::Engine;
use tokio::runtime::Runtime;

use crate::load;
use crate::people::{self, password_in};
use crate::site::Site;

/// Hashes on every core, without pool, queue or HTTP.
#[must_use]
pub fn raw_hash_rate(password: &'static str, time: Duration) -> f64 {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let threads: Vec<_> = (0..cores)
        .map(|_| {
            std::thread::spawn(move || {
                let mut hasher = Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::default()).hasher();
                let (mut tag, mut done, begin) = ([0; 32], 0_u32, load::now());
                while begin.elapsed() < time {
                    hasher.hash_into(password.as_bytes(), b"0123456789abcdef", &mut tag).unwrap();
                    done += 1;
                }
                f64::from(done) / begin.elapsed().as_secs_f64()
            })
        })
        .collect();
    threads.into_iter().map(|thread| thread.join().unwrap()).sum()
}

/// The same server with a handler that does nothing but answer.
#[must_use]
pub fn bare_handler(runtime: &Runtime, answer: axum::Json<serde_json::Value>) -> SocketAddr {
    let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).unwrap();
    let address = listener.local_addr().unwrap();
    let router = Router::new().route("/check/email", post(move || std::future::ready(answer.clone())));
    runtime.spawn(async move { daftar_http::server::serve(Serving::default(), listener, router, std::future::pending(), Duration::ZERO).await });
    address
}

/// The query of `/check/email`, by PostgreSQL's own load generator over as many connections as callers; queries per second.
#[must_use]
pub fn pgbench(database: &str, accounts: u32, connections: usize, time: Duration) -> f64 {
    let text = format!(
        "\\set n random(0, {})\nSELECT verified_at FROM identifiers WHERE kind = 'email' AND key = 'user' || :n || '@example.test';\n",
        accounts - 1
    );
    bench(database, &text, connections, time)
}

/// A script of `pgbench`, run so long over so many connections; how often per second.
fn bench(database: &str, text: &str, connections: usize, time: Duration) -> f64 {
    let directory = tempfile::tempdir().unwrap();
    let script = directory.path().join("script.sql");
    std::fs::write(&script, text).unwrap();
    let output = Command::new("pgbench")
        .args(["--no-vacuum", "--protocol", "prepared", "--jobs", "1", "--client", &connections.to_string(), "--time", &time.as_secs().to_string()])
        .args(["--file", script.to_str().unwrap(), database])
        .env("PGPASSWORD", password_in(database))
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    let rate = said.lines().find_map(|line| line.strip_prefix("tps = ")?.split_whitespace().next()?.parse().ok());
    rate.unwrap_or_else(|| panic!("pgbench said {said} {}", String::from_utf8_lossy(&output.stderr)))
}

/// One writer on a site's disk that commits each row by itself, as safely as we do; rows per second.
#[must_use]
pub fn commits(site: &Site, time: Duration) -> f64 {
    match site.engine {
        Engine::Sqlite => commits_to_file(time),
        Engine::Postgres => commits_to_server(&site.installation.database_url(), time),
    }
}

fn commits_to_file(time: Duration) -> f64 {
    let directory = tempfile::tempdir().unwrap();
    let connection = rusqlite::Connection::open(directory.path().join("rows.db")).unwrap();
    connection.pragma_update(None, "journal_mode", "WAL").unwrap();
    connection.pragma_update(None, "synchronous", "FULL").unwrap();
    connection.execute_batch("CREATE TABLE written (row INTEGER PRIMARY KEY, text TEXT NOT NULL)").unwrap();
    let mut insert = connection.prepare("INSERT INTO written (text) VALUES ('a row of a usual length, as a code or a session has it')").unwrap();
    let (mut done, begin) = (0_u32, load::now());
    while begin.elapsed() < time {
        insert.execute([]).unwrap();
        done += 1;
    }
    f64::from(done) / begin.elapsed().as_secs_f64()
}

fn commits_to_server(database: &str, time: Duration) -> f64 {
    people::psql(database, "CREATE TABLE IF NOT EXISTS written (row BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, text TEXT NOT NULL)");
    let insert = "INSERT INTO written (text) VALUES ('a row of a usual length, as a code or a session has it');\n";
    let rate = bench(database, insert, 1, time.max(Duration::from_secs(2)));
    people::psql(database, "DROP TABLE written");
    rate
}
