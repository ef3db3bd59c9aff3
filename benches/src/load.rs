//! A load generator: keep-alive connections that send prepared bytes and read just enough of the answer to find its end. It runs on a thread of its
//! own, away from the server's.

use std::borrow::Cow;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// Prepared requests.
pub type Requests = Vec<Vec<u8>>;

/// What a run came to.
#[derive(Debug, Clone)]
pub struct Run {
    /// Answers per second.
    pub rate: f64,
    /// How long each answer took, sorted.
    pub latencies: Vec<Duration>,
    /// Answers with another status than was expected.
    pub unexpected: usize,
}

impl Run {
    /// The latency that `share` (0 to 1) of the answers kept.
    #[must_use]
    pub fn percentile(&self, share: f64) -> Duration {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss, reason = "an index into a list")]
        let index = ((self.latencies.len() as f64 * share) as usize).min(self.latencies.len().saturating_sub(1));
        self.latencies.get(index).copied().unwrap_or_default()
    }
}

/// A prepared POST of a JSON body.
#[must_use]
pub fn post(path: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!("POST {path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}").into_bytes()
}

/// The same, passed on by a proxy for the `n`th of its clients.
#[must_use]
pub fn post_for(n: u32, path: &str, body: &str) -> Vec<u8> {
    let [_, a, b, c] = n.to_be_bytes();
    let passed_on = format!("host: localhost\r\nx-forwarded-for: 10.{a}.{b}.{c}\r\n");
    String::from_utf8_lossy(&post(path, body)).replacen("host: localhost\r\n", &passed_on, 1).into_bytes()
}

/// The same, by a machine client.
#[must_use]
pub fn post_by((id, secret): (&str, &str), path: &str, body: &str) -> Vec<u8> {
    let credentials = STANDARD.encode(format!("{id}:{secret}"));
    let authorized = format!("host: localhost\r\nauthorization: Basic {credentials}\r\n");
    String::from_utf8_lossy(&post(path, body)).replacen("host: localhost\r\n", &authorized, 1).into_bytes()
}

/// A prepared GET by whoever holds `token`.
#[must_use]
pub fn get_as(token: &str, path: &str) -> Vec<u8> {
    get_with(("authorization", &format!("Bearer {token}")), path)
}

/// A prepared GET with a header.
#[must_use]
pub fn get_with((name, value): (&str, &str), path: &str) -> Vec<u8> {
    format!("GET {path} HTTP/1.1\r\nhost: localhost\r\n{name}: {value}\r\n\r\n").into_bytes()
}

/// Sends `requests` in turn over `connections`, which are spread over `addresses`, for `time`, expecting `status`. Blocks; the work is done on one other
/// thread.
#[must_use]
pub fn run(addresses: &[SocketAddr], requests: &Arc<Requests>, connections: usize, time: Duration, status: u16) -> Run {
    let requests = Arc::clone(requests);
    let expected = format!("HTTP/1.1 {status} ").into_bytes();
    visits(addresses, connections, time, move |visitor, mut connection| {
        let (requests, expected) = (Arc::clone(&requests), expected.clone());
        async move {
            let (mut visits, mut next) = (visitor.visits(), visitor.number);
            while let Some(began) = visits.next() {
                let answer = connection.ask(requests.get(next % requests.len()).unwrap()).await;
                visits.ended(began, answer.starts_with(&expected));
                next += visitor.of;
            }
            visits
        }
    })
}

/// One of several who visit at once.
#[derive(Debug, Clone, Copy)]
pub struct Visitor {
    /// Which of them, counted from 0.
    pub number: usize,
    /// How many they are.
    pub of: usize,
    begin: Instant,
    time: Duration,
}

impl Visitor {
    /// What its visits come to.
    #[must_use]
    pub fn visits(&self) -> Visits {
        Visits { end: self.begin + self.time, latencies: Vec::new(), unexpected: 0 }
    }
}

/// What somebody's visits came to so far.
#[derive(Debug)]
pub struct Visits {
    end: Instant,
    latencies: Vec<Duration>,
    unexpected: usize,
}

impl Visits {
    /// The begin of another one, if there still is time.
    #[expect(clippy::should_implement_trait, reason = "its end is told to it")]
    pub fn next(&mut self) -> Option<Instant> {
        let now = now();
        (now < self.end).then_some(now)
    }

    /// One came to its end, as was expected or not.
    pub fn ended(&mut self, began: Instant, is_expected: bool) {
        self.latencies.push(began.elapsed());
        self.unexpected += usize::from(!is_expected);
    }
}

/// Lets `connections` visitors, spread over `addresses`, each do as `visit` says for `time`. Blocks; the work is done on one other thread.
#[must_use]
pub fn visits<F>(addresses: &[SocketAddr], connections: usize, time: Duration, visit: impl Fn(Visitor, Connection) -> F + Send + 'static) -> Run
where
    F: Future<Output = Visits> + 'static,
{
    let addresses = addresses.to_vec();
    let work = move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        tokio::task::LocalSet::new().block_on(&runtime, async move {
            let mut ready = Vec::new();
            for n in 0..connections {
                ready.push(Connection::open(*addresses.get(n % addresses.len()).unwrap()).await);
            }
            let begin = now();
            let started = ready
                .into_iter()
                .enumerate()
                .map(|(number, connection)| tokio::task::spawn_local(visit(Visitor { number, of: connections, begin, time }, connection)));
            let visitors: Vec<_> = started.collect();
            let (mut latencies, mut unexpected) = (Vec::new(), 0);
            for visitor in visitors {
                let visits = visitor.await.unwrap();
                latencies.extend(visits.latencies);
                unexpected += visits.unexpected;
            }
            let seconds = begin.elapsed().as_secs_f64();
            latencies.sort_unstable();
            #[expect(clippy::cast_precision_loss, reason = "far fewer than 2^52 answers")]
            let rate = latencies.len() as f64 / seconds;
            Run { rate, latencies, unexpected }
        })
    };
    std::thread::spawn(work).join().unwrap()
}

/// The moment, by a stopwatch.
#[expect(clippy::disallowed_methods, reason = "a benchmark measures real time")]
#[must_use]
pub fn now() -> Instant {
    Instant::now()
}

/// A connection that is kept alive.
#[derive(Debug)]
pub struct Connection {
    socket: TcpStream,
    buffer: Vec<u8>,
}

impl Connection {
    /// Connects.
    pub async fn open(address: SocketAddr) -> Self {
        let socket = TcpStream::connect(address).await.unwrap();
        socket.set_nodelay(true).unwrap();
        Self { socket, buffer: vec![0; 16 * 1024] }
    }

    /// Sends a request and reads its whole answer.
    pub async fn ask(&mut self, request: &[u8]) -> &[u8] {
        self.socket.write_all(request).await.unwrap();
        let mut filled = 0;
        loop {
            let read = self.socket.read(self.buffer.get_mut(filled..).unwrap()).await.unwrap();
            assert!(read > 0, "the server closed the connection");
            filled += read;
            if is_whole(self.buffer.get(..filled).unwrap()) {
                return self.buffer.get(..filled).unwrap();
            }
        }
    }
}

/// The body of an answer.
#[must_use]
pub fn body(answer: &[u8]) -> Cow<'_, [u8]> {
    let (head, body) = split(answer).unwrap();
    if is_chunked(head) { Cow::Owned(joined(body).unwrap()) } else { Cow::Borrowed(body) }
}

/// The first header of that name in an answer; names are written in any case.
#[must_use]
pub fn header<'a>(answer: &'a [u8], name: &str) -> Option<&'a str> {
    said_in(split(answer)?.0, name)
}

fn is_whole(answer: &[u8]) -> bool {
    let Some((head, body)) = split(answer) else { return false };
    match said_in(head, "content-length") {
        Some(length) => body.len() >= length.parse().unwrap(),
        None => !is_chunked(head) || joined(body).is_some(),
    }
}

/// Head and body, once the head is whole.
fn split(answer: &[u8]) -> Option<(&str, &[u8])> {
    let end = answer.windows(4).position(|window| window == b"\r\n\r\n")?;
    Some((std::str::from_utf8(answer.get(..end)?).unwrap(), answer.get(end + 4..)?))
}

fn said_in<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    head.lines().find_map(|line| line.split_once(':').filter(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim()))
}

fn is_chunked(head: &str) -> bool {
    said_in(head, "transfer-encoding").is_some_and(|coding| coding.eq_ignore_ascii_case("chunked"))
}

/// The chunks of a body in one piece, once the last has come. Nobody here sends trailers after it.
fn joined(mut chunks: &[u8]) -> Option<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let line = chunks.windows(2).position(|window| window == b"\r\n")?;
        let size = usize::from_str_radix(std::str::from_utf8(chunks.get(..line)?).unwrap(), 16).unwrap();
        let (from, until) = (line + 2, line + 2 + size);
        let rest = chunks.get(until + 2..)?;
        if size == 0 {
            return Some(body);
        }
        body.extend_from_slice(chunks.get(from..until)?);
        chunks = rest;
    }
}
