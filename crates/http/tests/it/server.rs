//! The server itself, under a router of the test: who is cut off, and when.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::routing::get;
use daftar_http::server::{Serving, Timeouts, serve};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, oneshot};
use tokio::task::JoinHandle;

/// How long something that must happen may take.
const PATIENCE: Duration = Duration::from_secs(10);

struct Server {
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    served: JoinHandle<()>,
}

async fn serving(router: Router, timeouts: Timeouts, drain: Duration) -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel::<()>();
    let served = tokio::spawn(async move {
        let until = async {
            let _ = stopped.await;
        };
        serve(Serving { timeouts, ..Serving::default() }, listener, router, until, drain).await.unwrap();
    });
    Server { address, stop, served }
}

/// Sends requests one behind the other, without reading an answer, until the server ends the connection.
async fn send_and_never_read(address: SocketAddr, path: &str) -> std::io::Error {
    let mut socket = TcpStream::connect(address).await.unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nhost: x\r\n\r\n");
    loop {
        if let Err(error) = socket.write_all(request.as_bytes()).await {
            return error;
        }
    }
}

#[tokio::test]
async fn row_49_a_client_that_never_reads_its_answers_is_cut_off() {
    let router = Router::new().route("/large", get(|| async { "x".repeat(1_000_000) })).route("/small", get(|| async { "x" }));
    let server = serving(router, Timeouts { write: Duration::from_millis(200), ..Timeouts::default() }, PATIENCE).await;
    for path in ["/large", "/small"] {
        let ended = tokio::time::timeout(PATIENCE, send_and_never_read(server.address, path)).await;
        ended.unwrap_or_else(|_| panic!("{path}: the connection was never ended"));
    }
}

#[tokio::test]
async fn a_client_that_reads_slowly_is_not_cut_off() {
    let router = Router::new().route("/", get(|| async { "x".repeat(16_000_000) }));
    let server = serving(router, Timeouts { write: Duration::from_millis(500), ..Timeouts::default() }, PATIENCE).await;
    let mut socket = TcpStream::connect(server.address).await.unwrap();
    socket.write_all(b"GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").await.unwrap();
    let (mut read, mut piece) = (0, vec![0; 1_000_000]);
    let mut pause = tokio::time::interval(Duration::from_millis(50));
    loop {
        pause.tick().await;
        match socket.read(&mut piece).await.unwrap() {
            0 => break,
            length => read += length,
        }
    }
    assert!(read > 16_000_000, "{read} bytes came");
}

/// A router whose only handler never answers; the `Arc` is held as long as a request is in it.
fn stuck(entered: &Arc<Notify>) -> (Router, Arc<()>) {
    let (entered, held) = (Arc::clone(entered), Arc::new(()));
    let inside = Arc::downgrade(&held);
    let handler = move || {
        let (entered, holding) = (Arc::clone(&entered), inside.upgrade());
        async move {
            entered.notify_one();
            std::future::pending::<()>().await;
            drop(holding);
        }
    };
    (Router::new().route("/", get(handler)), held)
}

#[tokio::test]
async fn a_stuck_request_does_not_outlive_the_drain() {
    let entered = Arc::new(Notify::new());
    let (router, held) = stuck(&entered);
    let server = serving(router, Timeouts::default(), Duration::from_millis(50)).await;
    let mut socket = TcpStream::connect(server.address).await.unwrap();
    socket.write_all(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    entered.notified().await;
    assert_eq!(Arc::strong_count(&held), 2, "the request is in flight");
    server.stop.send(()).unwrap();
    tokio::time::timeout(PATIENCE, server.served).await.unwrap().unwrap();
    assert_eq!(Arc::strong_count(&held), 1, "the request ended with the server");
    assert_eq!(socket.read(&mut [0; 16]).await.unwrap_or_default(), 0, "and so did its connection");
}

#[tokio::test]
async fn a_request_in_flight_may_finish_while_draining() {
    let (entered, go_on) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (entering, going_on) = (Arc::clone(&entered), Arc::clone(&go_on));
    let handler = move || {
        let (entering, going_on) = (Arc::clone(&entering), Arc::clone(&going_on));
        async move {
            entering.notify_one();
            going_on.notified().await;
            "finished"
        }
    };
    let server = serving(Router::new().route("/", get(handler)), Timeouts::default(), PATIENCE).await;
    let mut socket = TcpStream::connect(server.address).await.unwrap();
    socket.write_all(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    entered.notified().await;
    server.stop.send(()).unwrap();
    go_on.notify_one();
    let mut answer = String::new();
    tokio::time::timeout(PATIENCE, socket.read_to_string(&mut answer)).await.unwrap().unwrap();
    assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with("finished"), "{answer}");
    tokio::time::timeout(PATIENCE, server.served).await.unwrap().unwrap();
}
