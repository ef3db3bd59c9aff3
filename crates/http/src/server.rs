//! The HTTP/1.1 server: accepts, times out whoever does not finish a header (threat row 49) or does not read what is answered, and on shutdown
//! lets what is in flight finish. It speaks TLS where it is given something to encrypt with; HTTP/2 is a proxy's business.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use rustls::ServerConfig;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::Instant;
use tokio_io_timeout::TimeoutStream;
use tokio_rustls::TlsAcceptor;
use tower::ServiceExt as _;

use crate::surface::caller::Peer;

/// How long accepting pauses when the process has no file descriptor left, …
const BREATH: Duration = Duration::from_millis(50);
/// … and how often the log says so: a disk is not to fill up besides.
const SAID_EVERY: Duration = Duration::from_secs(10);

/// How long the server waits for its clients.
#[derive(Debug, Clone, Copy)]
pub struct Timeouts {
    /// How long a client may take to send a request's header, the first one included; and for the handshake of TLS before that.
    pub header: Duration,
    /// How long a client may take none of what is written to it.
    pub write: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self { header: Duration::from_secs(10), write: Duration::from_secs(30) }
    }
}

/// How one server is run.
#[derive(Debug, Clone, Default)]
pub struct Serving {
    /// How long it waits for its clients.
    pub timeouts: Timeouts,
    /// What it encrypts with; `None`: it speaks plain HTTP.
    pub tls: Option<Arc<ServerConfig>>,
    /// How many connections there may be at once; who comes then waits until one ends. `None`: as many as come.
    pub connections: Option<usize>,
}

/// Serves `router` until `shutdown` resolves, then gives requests in flight up to `drain` to finish and cuts off the rest.
///
/// # Errors
/// Whatever the listener says when it is not this program's to mend.
pub async fn serve(
    serving: Serving,
    listener: TcpListener,
    router: Router,
    shutdown: impl Future<Output = ()> + Send,
    drain: Duration,
) -> io::Result<()> {
    let graceful = GracefulShutdown::new();
    let (ending, ended) = watch::channel(());
    let mut connections = JoinSet::new();
    let acceptor = Acceptor::new(&serving);
    tokio::pin!(shutdown);
    let mut said = None;
    loop {
        let is_full = serving.connections.is_some_and(|most| connections.len() >= most);
        if is_full {
            complain(&mut said, "there are as many as there may be");
        }
        let accepted = tokio::select! {
            accepted = listener.accept(), if !is_full => accepted,
            // What became of a connection, its task has logged.
            Some(_) = connections.join_next() => continue,
            () = &mut shutdown => break,
        };
        match accepted {
            Ok((stream, address)) => {
                let connection = Connection { acceptor: acceptor.clone(), peer: Peer(address), router: router.clone(), watcher: graceful.watcher() };
                connections.spawn(connection.take(stream, ended.clone()));
            }
            Err(error) => pause_after(&error, &mut said).await,
        }
    }
    drop((listener, ending));
    if tokio::time::timeout(drain, graceful.shutdown()).await.is_err() {
        tracing::warn!("some requests did not finish in time and are cut off");
    }
    connections.shutdown().await;
    Ok(())
}

/// What all connections have in common.
#[derive(Clone)]
struct Acceptor {
    timeouts: Timeouts,
    http: http1::Builder,
    tls: Option<TlsAcceptor>,
}

impl Acceptor {
    fn new(serving: &Serving) -> Self {
        let mut http = http1::Builder::new();
        http.timer(TokioTimer::new()).header_read_timeout(serving.timeouts.header);
        Self { timeouts: serving.timeouts, http, tls: serving.tls.clone().map(TlsAcceptor::from) }
    }
}

/// One accepted socket.
struct Connection {
    acceptor: Acceptor,
    peer: Peer,
    router: Router,
    watcher: Watcher,
}

impl Connection {
    /// Answers what comes over it, after a handshake if there is one. `ended` says that the server takes nothing new: whoever has not finished his handshake by then
    /// has asked nothing yet.
    async fn take(self, stream: TcpStream, mut ended: watch::Receiver<()>) {
        let stream = impatient(stream, self.acceptor.timeouts.write);
        let Some(tls) = self.acceptor.tls.clone() else { return self.answer(stream).await };
        let handshake = tokio::time::timeout(self.acceptor.timeouts.header, tls.accept(stream));
        tokio::select! {
            shaken = handshake => match shaken {
                Ok(Ok(stream)) => self.answer(stream).await,
                Ok(Err(error)) => tracing::debug!(%error, "a handshake failed"),
                Err(_) => tracing::debug!("a handshake took too long"),
            },
            _ = ended.changed() => {}
        }
    }

    async fn answer(self, stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static) {
        let Self { acceptor, peer, router, watcher } = self;
        let service = hyper::service::service_fn(move |request: hyper::Request<Incoming>| {
            let mut request: Request = request.map(Body::new);
            request.extensions_mut().insert(peer);
            router.clone().oneshot(request)
        });
        if let Err(error) = watcher.watch(acceptor.http.serve_connection(TokioIo::new(stream), service)).await {
            tracing::debug!(%error, "a connection ended early");
        }
    }
}

/// A stream that gives up on a client that reads nothing. The timer in it must not move, hence the box.
type Impatient = Pin<Box<TimeoutStream<TcpStream>>>;

fn impatient(stream: TcpStream, write_timeout: Duration) -> Impatient {
    // Without it, small answers wait for the client's delayed acknowledgement; a socket that refuses is merely slower.
    let _ = stream.set_nodelay(true);
    let mut stream = TimeoutStream::new(stream);
    stream.set_write_timeout(Some(write_timeout));
    Box::pin(stream)
}

/// A connection that went away before it was accepted is nothing; running out of descriptors mends itself when some are closed.
async fn pause_after(error: &io::Error, said: &mut Option<Instant>) {
    let gone = matches!(error.kind(), io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionRefused);
    if !gone {
        complain(said, error);
        tokio::time::sleep(BREATH).await;
    }
}

/// Tells the log that nobody is let in, unless it was `said` just now.
fn complain(said: &mut Option<Instant>, why: impl std::fmt::Display) {
    if said.is_none_or(|said| said.elapsed() >= SAID_EVERY) {
        *said = Some(Instant::now());
        tracing::error!(%why, "cannot accept connections for the moment");
    }
}
