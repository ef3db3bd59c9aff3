//! Threat row 49: sockets that say nothing.

use std::time::Duration;

use serde_json::json;
use tokio::io::AsyncReadExt as _;
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout};

use super::program::Home;

/// How many there are.
const SILENT: usize = 2000;
/// How long the server bears with them (`docs/security.md`, row 49).
const HEADER_TIMEOUT: Duration = Duration::from_secs(10);
/// How often others ask meanwhile.
const ROUNDS: usize = 20;
/// What a busy machine may add to that.
const LENIENCE: Duration = Duration::from_secs(10);

#[tokio::test]
async fn row_49_2000_silent_sockets_harm_nobody_and_are_closed_in_time() {
    // Ours and, by inheritance, the server's.
    let files = rlimit::increase_nofile_limit(u64::MAX).unwrap();
    assert!(files > 2 * SILENT as u64, "this system allows {files} open files only");
    let home = Home::for_development();
    let server = home.start(&["serve"]);
    let address = server.base.trim_start_matches("http://").to_owned();

    let mut sockets = JoinSet::new();
    for _ in 0..SILENT {
        let mut socket = TcpStream::connect(&address).await.unwrap();
        let opened = Instant::now();
        sockets.spawn(async move {
            // Closed with an answer, without one, or hard: it is gone.
            let closed = timeout(HEADER_TIMEOUT + LENIENCE, socket.read_to_end(&mut Vec::new())).await.is_ok();
            (closed, opened.elapsed())
        });
    }

    let http = reqwest::Client::builder().timeout(Duration::from_secs(2)).build().unwrap();
    for _ in 0..ROUNDS {
        for path in ["/healthz", "/readyz"] {
            assert_eq!(http.get(format!("{}{path}", server.base)).send().await.unwrap().status(), 200, "{path}");
        }
        let check = http.post(format!("{}/check/email", server.base)).json(&json!({"email": "siti@example.test"}));
        assert_eq!(check.send().await.unwrap().status(), 200);
    }
    assert!(sockets.try_join_next().is_none(), "all of them were there meanwhile");

    let ends = sockets.join_all().await;
    let left = ends.iter().filter(|(closed, _)| !closed).count();
    assert_eq!((ends.len(), left), (SILENT, 0), "all of them are closed");
    let soonest = ends.iter().map(|(_, after)| *after).min().unwrap();
    assert!(soonest + Duration::from_secs(1) > HEADER_TIMEOUT, "none before its time: {soonest:?}");
}
