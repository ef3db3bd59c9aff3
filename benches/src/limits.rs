//! What the machine could do at most: hashes without a service around them, answers without a store behind them, queries without HTTP in front.

use std::net::SocketAddr;
use std::process::{Command, Stdio};
use std::time::Duration;

use argon2_rust::{Algorithm, Argon2, Params, Version};
use axum::Router;
use axum::routing::post;
use daftar_http::server::Serving;
use tokio::runtime::Runtime;
use url::Url;

use crate::load;

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
    let directory = tempfile::tempdir().unwrap();
    let script = directory.path().join("look-up.sql");
    let text = format!(
        "\\set n random(0, {})\nSELECT verified_at FROM identifiers WHERE kind = 'email' AND key = 'user' || :n || '@example.test';\n",
        accounts - 1
    );
    std::fs::write(&script, text).unwrap();
    let url = Url::parse(database).unwrap();
    let output = Command::new("pgbench")
        .args(["--no-vacuum", "--protocol", "prepared", "--jobs", "1", "--client", &connections.to_string(), "--time", &time.as_secs().to_string()])
        .args(["--file", script.to_str().unwrap(), database])
        .env("PGPASSWORD", url.password().unwrap_or_default().replace("%20", " "))
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    let rate = said.lines().find_map(|line| line.strip_prefix("tps = ")?.split_whitespace().next()?.parse().ok());
    rate.unwrap_or_else(|| panic!("pgbench said {said} {}", String::from_utf8_lossy(&output.stderr)))
}
