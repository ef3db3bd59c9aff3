//! Connecting: the one place where a connection to the server begins.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use deadpool_postgres::{ClientWrapper, Connect};
use tokio::task::JoinHandle;
use tokio_postgres::{Client, Config, Error};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::Address;
use super::fault::{Fault, unreachable};
use super::tls::{TlsError, connector};

/// How long connecting may take, from the first packet to the server's welcome: less than anybody waits.
const PATIENCE: Duration = Duration::from_millis(2500);

/// Connects to one server.
#[derive(Clone)]
pub(super) struct Dialer {
    config: Config,
    tls: MakeRustlsConnect,
}

impl Dialer {
    /// Connections that serve: what takes too long on them is ended by the server.
    pub(super) fn bounded(address: &Address) -> Result<Self, TlsError> {
        Ok(Self { config: address.bounded(), tls: connector(&address.protection)? })
    }

    /// Connections for long work: a migration, a copy.
    pub(super) fn unbounded(address: &Address) -> Result<Self, TlsError> {
        Ok(Self { config: address.config.clone(), tls: connector(&address.protection)? })
    }

    /// The configuration, for the pool, which hands it back to [`Connect::connect`].
    pub(super) const fn config(&self) -> &Config {
        &self.config
    }

    /// A new connection.
    pub(super) async fn connection(&self) -> Result<ClientWrapper, Fault> {
        match tokio::time::timeout(PATIENCE, self.connect(&self.config)).await {
            Ok(connected) => connected.map(|(client, task)| ClientWrapper::new(client, task)).map_err(unreachable),
            Err(elapsed) => Err(Fault::Unreachable(Box::new(elapsed))),
        }
    }
}

impl Connect for Dialer {
    fn connect(&self, config: &Config) -> Pin<Box<dyn Future<Output = Result<(Client, JoinHandle<()>), Error>> + Send + '_>> {
        let config = config.clone();
        Box::pin(async move {
            let (client, connection) = config.connect(self.tls.clone()).await?;
            let task = tokio::spawn(async move {
                // Whoever uses the connection learns of its end, too, and says so where it matters.
                if let Err(error) = connection.await {
                    tracing::debug!(error = &Fault::from(error) as &dyn std::error::Error, "a connection to PostgreSQL ended");
                }
            });
            Ok((client, task))
        })
    }
}
