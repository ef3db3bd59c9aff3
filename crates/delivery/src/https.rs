//! The client that gateways, and whoever else is told something over HTTP, are asked with: hyper's own, with rustls and the authorities of this
//! system. It follows no redirection, asks no proxy, and repeats nothing.

use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use rustls::{ClientConfig, RootCertStore};

/// How long a connection may take to come up, TLS aside. Whoever asks bounds the whole.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// How long a connection is kept idle.
const IDLE_MAX: Duration = Duration::from_secs(30);
/// How many are kept idle for each host.
const IDLE_COUNT: usize = 16;

/// A client for `http` and `https`. Cheap to clone; every clone has the same connections.
pub type HttpsClient = Client<Connector, Full<Bytes>>;

/// Makes its connections.
pub(crate) type Connector = HttpsConnector<HttpConnector>;

/// TLS cannot be set up.
#[derive(Debug, thiserror::Error)]
#[error("TLS cannot be set up")]
pub struct NoTls(#[source] rustls::Error);

/// The authorities that this system trusts.
#[must_use]
pub fn authorities_of_the_system() -> RootCertStore {
    let mut authorities = RootCertStore::empty();
    authorities.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    authorities
}

/// A client that trusts these authorities.
///
/// # Errors
/// [`NoTls`].
pub fn client(authorities: RootCertStore) -> Result<HttpsClient, NoTls> {
    connector(authorities).map(client_over)
}

/// What makes connections to hosts whose certificates these authorities made.
pub(crate) fn connector(authorities: RootCertStore) -> Result<Connector, NoTls> {
    let provider = rustls::crypto::aws_lc_rs::default_provider();
    let tls = ClientConfig::builder_with_provider(provider.into()).with_safe_default_protocol_versions().map_err(NoTls)?;
    let tls = tls.with_root_certificates(authorities).with_no_client_auth();
    let mut tcp = HttpConnector::new();
    tcp.enforce_http(false);
    tcp.set_connect_timeout(Some(CONNECT_TIMEOUT));
    tcp.set_nodelay(true);
    Ok(HttpsConnectorBuilder::new().with_tls_config(tls).https_or_http().enable_http1().wrap_connector(tcp))
}

/// A client over these connections.
pub(crate) fn client_over(connector: Connector) -> HttpsClient {
    let mut builder = Client::builder(TokioExecutor::new());
    builder.pool_timer(TokioTimer::new()).pool_idle_timeout(IDLE_MAX).pool_max_idle_per_host(IDLE_COUNT);
    builder.build(connector)
}
