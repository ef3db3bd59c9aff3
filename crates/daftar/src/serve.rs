//! Running the server: from the socket to the last answer.
//!
//! It ends in this order, so that no acknowledged answer is lost and no balancer sends somebody into the void: not ready, a pause in which
//! requests are still taken, no new connections, answers for what is at work, the workers, the store, what is left to be traced.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::Context as _;
use daftar_http::server::Serving;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::certificate::Certificate;
use crate::config::{Checked, Config, Sources, Use};
use crate::logging;
use crate::signals::{self, Signals};
use crate::traces::Traces;
use crate::wiring::Installation;

/// How long requests at work may take to finish (contract `common.md`, *HTTP*).
const DRAIN: Duration = Duration::from_secs(20);
/// How many files are kept for what serves the connections: the database, pictures, mail servers and gateways. Half of all, where there are few.
const FILES_KEPT: u64 = 256;

/// `daftar serve`.
pub(crate) async fn run(sources: &Sources) -> anyhow::Result<()> {
    let Checked { config, warnings, .. } = Config::load(sources, Use::Serving)?;
    let traces = observe(&config, &warnings)?;
    Server::start(&config).await?.run(&config).await?;
    traces.stop().await;
    Ok(())
}

/// Starts the log and, where they are asked for, traces; and says what works, but perhaps not as meant.
pub(crate) fn observe(config: &Config, warnings: &[String]) -> anyhow::Result<Traces> {
    let (traces, recorder) = Traces::start(&config.traces)?;
    logging::start(&config.log, recorder);
    for warning in warnings {
        tracing::warn!("{warning}");
    }
    Ok(traces)
}

/// A server that listens and is ready to answer.
pub(crate) struct Server {
    listener: TcpListener,
    metrics: Option<TcpListener>,
    signals: Signals,
    certificate: Option<Certificate>,
    /// How many connections there may be, if that is known.
    connections: Option<usize>,
    pub(crate) installation: Installation,
}

impl Server {
    /// Binds the socket, then puts the installation together.
    pub(crate) async fn start(config: &Config) -> anyhow::Result<Self> {
        // Silent sockets must not use up what people need (threat row 49); a system that refuses gives us what it gave.
        let files = rlimit::increase_nofile_limit(u64::MAX).inspect_err(|error| tracing::debug!(%error, "the number of open files stays as it is"));
        let signals = Signals::listen().context("signals cannot be heard")?;
        let listener = TcpListener::bind(config.listen).await.with_context(|| {
            format!("cannot listen at `listen` = \"{}\" (set another address there, or in the environment variable DAFTAR_LISTEN)", config.listen)
        })?;
        let metrics = match config.metrics.listen {
            Some(address) => Some(TcpListener::bind(address).await.with_context(|| format!("cannot listen at `metrics.listen` = \"{address}\""))?),
            None => None,
        };
        let installation = Installation::start(config, listener.local_addr()?).await?;
        let certificate = config.tls.files().map(Certificate::open).transpose().context("`tls`")?;
        let connections = files.ok().and_then(|files| usize::try_from(files - FILES_KEPT.min(files / 2)).ok());
        Ok(Self { listener, metrics, signals, certificate, connections, installation })
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> anyhow::Result<SocketAddr> {
        Ok(self.listener.local_addr()?)
    }

    /// Serves until a signal ends it.
    pub(crate) async fn run(self, config: &Config) -> anyhow::Result<()> {
        let address = self.address()?;
        let Self { listener, metrics, mut signals, certificate, connections, installation } = self;
        let (readiness, delay) = (installation.app.readiness().clone(), config.shutdown.delay.duration());
        let asked_to_end = async move {
            let signal = signals.next().await;
            readiness.drain();
            tracing::info!(signal, "ending: not ready any more");
            // Whoever asks twice does not want to wait.
            tokio::spawn(async move {
                let signal = signals.next().await;
                tracing::warn!(signal, "ending at once");
                std::process::exit(1);
            });
            tokio::time::sleep(delay).await;
        };
        if let Some(metrics) = &metrics {
            tracing::info!("metrics at http://{}/metrics", metrics.local_addr()?);
        }
        let serving = Serving { tls: certificate.as_ref().map(Certificate::tls), connections, ..Serving::default() };
        let following = follow(certificate)?;
        tracing::info!("listening on {}://{address}", config.scheme());
        let router = daftar_http::router(installation.app.clone());
        let metrics = metrics.map(|listener| serve_metrics(listener, installation.app.clone()));
        daftar_http::server::serve(serving, listener, router, asked_to_end, DRAIN).await.context("the server failed")?;
        following.abort();
        // Whoever watches sees the draining, too.
        if let Some(metrics) = metrics {
            metrics.abort();
            let _ = metrics.await;
        }
        installation.stop().await;
        tracing::info!("ended");
        Ok(())
    }
}

/// Reads the certificate anew whenever it changes; without one, SIGHUP is heard, and that there is nothing to do.
fn follow(certificate: Option<Certificate>) -> anyhow::Result<JoinHandle<()>> {
    let mut hangups = signals::hangups().context("signals cannot be heard")?;
    Ok(match certificate {
        Some(certificate) => tokio::spawn(certificate.follow(hangups)),
        None => tokio::spawn(async move {
            while hangups.recv().await.is_some() {
                tracing::info!("SIGHUP: nothing that is in use can be read anew; restart to change the configuration");
            }
        }),
    })
}

/// Answers for metrics until it is aborted.
fn serve_metrics(listener: TcpListener, app: daftar_http::App) -> JoinHandle<()> {
    let router = daftar_http::metrics_router(app);
    tokio::spawn(async move {
        if let Err(error) = daftar_http::server::serve(Serving::default(), listener, router, std::future::pending(), DRAIN).await {
            tracing::error!(%error, "metrics cannot be read any more");
        }
    })
}
