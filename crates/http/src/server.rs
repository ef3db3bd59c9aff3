//! The HTTP/1.1 server: accepts, times out whoever does not finish a header (threat row 49) or does not read what is answered, and on shutdown
//! lets what is in flight finish. TLS and HTTP/2 are a proxy's business until they are built in.

use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_io_timeout::TimeoutStream;
use tower::ServiceExt as _;

use crate::surface::caller::Peer;

/// How long accepting pauses when the process has no file descriptor left.
const BREATH: Duration = Duration::from_millis(50);

/// How long the server waits for its clients.
#[derive(Debug, Clone, Copy)]
pub struct Timeouts {
    /// How long a client may take to send a request's header, the first one included.
    pub header: Duration,
    /// How long a client may take none of what is written to it.
    pub write: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self { header: Duration::from_secs(10), write: Duration::from_secs(30) }
    }
}

/// Serves `router` until `shutdown` resolves, then gives requests in flight up to `drain` to finish and cuts off the rest.
///
/// # Errors
/// Whatever the listener says when it is not this program's to mend.
pub async fn serve(listener: TcpListener, router: Router, shutdown: impl Future<Output = ()> + Send, drain: Duration) -> io::Result<()> {
    serve_within(Timeouts::default(), listener, router, shutdown, drain).await
}

/// The same, with other time-outs.
///
/// # Errors
/// As [`serve`].
pub async fn serve_within(
    timeouts: Timeouts,
    listener: TcpListener,
    router: Router,
    shutdown: impl Future<Output = ()> + Send,
    drain: Duration,
) -> io::Result<()> {
    let graceful = GracefulShutdown::new();
    let mut connections = JoinSet::new();
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(timeouts.header);
    tokio::pin!(shutdown);
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            // What became of a connection, its task has logged.
            Some(_) = connections.join_next() => continue,
            () = &mut shutdown => break,
        };
        match accepted {
            Ok((stream, address)) => {
                let connection = connection(&http, impatient(stream, timeouts.write), Peer(address), router.clone());
                let watched = graceful.watch(connection);
                connections.spawn(async move {
                    if let Err(error) = watched.await {
                        tracing::debug!(%error, "a connection ended early");
                    }
                });
            }
            Err(error) => pause_after(&error).await,
        }
    }
    drop(listener);
    if tokio::time::timeout(drain, graceful.shutdown()).await.is_err() {
        tracing::warn!("some requests did not finish in time and are cut off");
    }
    connections.shutdown().await;
    Ok(())
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

fn connection(
    http: &http1::Builder,
    stream: Impatient,
    peer: Peer,
    router: Router,
) -> http1::Connection<
    TokioIo<Impatient>,
    impl hyper::service::HttpService<Incoming, ResBody = Body, Error = Infallible, Future: Send + 'static> + Send + 'static,
> {
    let service = hyper::service::service_fn(move |request: hyper::Request<Incoming>| {
        let mut request: Request = request.map(Body::new);
        request.extensions_mut().insert(peer);
        router.clone().oneshot(request)
    });
    http.serve_connection(TokioIo::new(stream), service)
}

/// A connection that went away before it was accepted is nothing; running out of descriptors mends itself when some are closed.
async fn pause_after(error: &io::Error) {
    let gone = matches!(error.kind(), io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionRefused);
    if !gone {
        tracing::error!(%error, "cannot accept connections for the moment");
        tokio::time::sleep(BREATH).await;
    }
}
