//! Descriptors that run out: more sockets than the server may open files. Those who are connected are served, the processor is left alone, and all is well once there is room.

use std::time::Duration;

use base64::Engine as _;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::Instant;

use super::program::{Client, Home, Server};

/// How many files the server may have open, …
const FILES: &str = "ulimit -n 100; exec \"$@\"";
/// … and how many sockets come: more than are let in, and fewer than the operating system lets wait besides.
const SOCKETS: usize = 120;
/// How many files are kept for the database at least.
const KEPT: usize = 20;
/// How long they stay: less than the time after which the server closes who says nothing.
const STAY: Duration = Duration::from_secs(3);
/// How much of a processor waiting for room may take. A loop that does not wait takes all of one.
const LITTLE: f64 = 0.5;
/// How many lines the log may have for that.
const FEW: usize = 10;
/// How soon all must be well again.
const RECOVERS_WITHIN: Duration = Duration::from_secs(5);

/// How long the server's processor time is, in seconds: its fields after the name are counted in hundredths.
fn processor_time(server: &Server) -> f64 {
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", server.process())).unwrap();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
    [fields[11], fields[12]].iter().map(|ticks| ticks.parse::<f64>().unwrap() / 100.0).sum()
}

/// Somebody who is connected, and calls over this one connection: a client of the usual kind makes another one when it likes.
struct Connected(TcpStream);

impl Connected {
    async fn to(server: &Server) -> Self {
        Self(TcpStream::connect(server.base.trim_start_matches("http://")).await.unwrap())
    }

    /// The status of the answer to a request in these lines, with this body, and the answer.
    async fn call(&mut self, lines: &str, body: &Value) -> (u16, Value) {
        let body = body.to_string();
        let request = format!("{lines}\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}", body.len());
        self.0.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        loop {
            let mut some = [0; 4096];
            let read = self.0.read(&mut some).await.unwrap();
            assert!(read > 0, "the connection was closed: {answer}");
            answer.push_str(std::str::from_utf8(&some[..read]).unwrap());
            let Some((head, body)) = answer.split_once("\r\n\r\n") else { continue };
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap();
            if body.len() == length.parse::<usize>().unwrap() {
                return (head.split(' ').nth(1).unwrap().parse().unwrap(), serde_json::from_str(body).unwrap());
            }
        }
    }

    async fn sign_in(&mut self) -> Value {
        let (status, answer) = self.call("POST /auth HTTP/1.1", &json!({"username": "siti", "password": "correct horse"})).await;
        assert_eq!(status, 200, "{answer}");
        answer["token"].clone()
    }

    async fn register(&mut self, shop: &Client, name: &str, number: u32) {
        let credentials = base64::engine::general_purpose::STANDARD.encode(format!("{}:{}", shop.id, shop.secret));
        let person = json!({
            "username": name, "password": "correct horse", "first_name": "Siti", "last_name": "Rahma",
            "phone_number": format!("62812{number:08}"), "email": format!("{name}@example.test"),
        });
        let (status, answer) = self.call(&format!("POST /internal/register HTTP/1.1\r\nauthorization: Basic {credentials}"), &person).await;
        assert_eq!(status, 200, "{answer}");
    }

    async fn profile(&mut self, token: &Value) {
        let token = token.as_str().unwrap();
        let (status, answer) = self.call(&format!("GET /basic-profile HTTP/1.1\r\nauthorization: Bearer {token}"), &Value::Null).await;
        assert_eq!(status, 200, "{answer}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn descriptors_that_run_out_harm_nobody_who_is_connected_and_are_back_when_there_is_room() {
    let home = Home::for_development();
    let shop = home.client();
    let server = home.start_by("sh", &["-c", FILES, "sh"]);
    let mut connected = Connected::to(&server).await;
    connected.register(&shop, "siti", 1).await;
    let token = connected.sign_in().await;

    let mut sockets = Vec::new();
    for _ in 0..SOCKETS {
        sockets.push(TcpStream::connect(server.base.trim_start_matches("http://")).await.unwrap());
    }
    server.logs("cannot accept connections");
    let (began, busy) = (Instant::now(), processor_time(&server));
    tokio::time::sleep(STAY).await;
    let share = (processor_time(&server) - busy) / began.elapsed().as_secs_f64();
    assert!(share < LITTLE, "waiting for room took {share:.2} processors");
    let open = std::fs::read_dir(format!("/proc/{}/fd", server.process())).unwrap().count();
    assert!(open + KEPT <= 100, "{open} files are open: there is no room for the database");
    for number in 2..12 {
        connected.profile(&token).await;
        connected.register(&shop, &format!("budi{number}"), number).await;
        connected.sign_in().await;
    }

    drop(sockets);
    let began = Instant::now();
    let (newcomer, ready) = (reqwest::Client::builder().timeout(RECOVERS_WITHIN).build().unwrap(), format!("{}/readyz", server.base));
    assert_eq!(newcomer.get(ready).send().await.unwrap().status(), 200);
    assert!(newcomer.get(&server.base).send().await.is_ok() && began.elapsed() < RECOVERS_WITHIN);
    let complaints = server.log_so_far().iter().filter(|line| line.contains("cannot accept connections")).count();
    assert!(complaints < FEW, "{complaints} lines more in the log");
    assert!(server.stop().success());
}
