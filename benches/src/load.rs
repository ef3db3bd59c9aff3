//! A load generator: keep-alive connections that send prepared bytes and read just enough of the answer to find its end. It runs on a thread of its
//! own, away from the server's.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

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

/// Sends `requests` in turn over `connections`, which are spread over `addresses`, for `time`, expecting `status`. Blocks; the work is done on one other
/// thread.
#[must_use]
pub fn run(addresses: &[SocketAddr], requests: &Arc<Requests>, connections: usize, time: Duration, status: u16) -> Run {
    let (requests, addresses) = (Arc::clone(requests), addresses.to_vec());
    let work = move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async move {
            let begin = now();
            let workers = (0..connections).map(|n| {
                let requests = Arc::clone(&requests);
                let address = *addresses.get(n % addresses.len()).unwrap();
                tokio::spawn(async move { drive(address, &requests, n, connections, begin, time, status).await })
            });
            let workers: Vec<_> = workers.collect();
            let (mut latencies, mut unexpected) = (Vec::new(), 0);
            for worker in workers {
                let (taken, odd) = worker.await.unwrap();
                latencies.extend(taken);
                unexpected += odd;
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

async fn drive(
    address: SocketAddr,
    requests: &[Vec<u8>],
    first: usize,
    step: usize,
    begin: Instant,
    time: Duration,
    status: u16,
) -> (Vec<Duration>, usize) {
    let mut socket = TcpStream::connect(address).await.unwrap();
    socket.set_nodelay(true).unwrap();
    let expected = format!("HTTP/1.1 {status} ").into_bytes();
    let (mut latencies, mut unexpected, mut buffer, mut next) = (Vec::new(), 0, vec![0; 16 * 1024], first);
    while begin.elapsed() < time {
        let sent = now();
        socket.write_all(requests.get(next % requests.len()).unwrap()).await.unwrap();
        next += step;
        let mut filled = 0;
        loop {
            let read = socket.read(buffer.get_mut(filled..).unwrap()).await.unwrap();
            assert!(read > 0, "the server closed the connection");
            filled += read;
            if is_whole(buffer.get(..filled).unwrap()) {
                break;
            }
        }
        latencies.push(sent.elapsed());
        unexpected += usize::from(!buffer.starts_with(&expected));
    }
    (latencies, unexpected)
}

fn is_whole(answer: &[u8]) -> bool {
    let Some(end) = answer.windows(4).position(|window| window == b"\r\n\r\n") else { return false };
    let head = std::str::from_utf8(answer.get(..end).unwrap_or_default()).unwrap_or_default();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse::<usize>().ok()).unwrap_or(0);
    answer.len() >= end + 4 + length
}
