//! HTTP to gateways: one request, one answer, and why there is none. It follows no redirection, asks no proxy, reads no more of an answer than it needs, and
//! repeats nothing that a gateway wrote.

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::header::{HeaderName, HeaderValue};
use hyper::{Method, StatusCode, Uri};
use hyper_rustls::MaybeHttpsStream;
use hyper_util::client::legacy::Error as ClientError;
use rustls::RootCertStore;
use tower::ServiceExt as _;

use crate::https::{self, Connector, HttpsClient};
use crate::transport::SendError;

use super::settings::GatewayError;

/// How much of an answer is read.
const ANSWER_MAX: usize = 64 * 1024;

/// What is asked of a gateway.
pub(super) struct Request {
    pub(super) method: Method,
    pub(super) url: String,
    /// Names in lower case.
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
}

impl Request {
    /// A `POST` of JSON.
    pub(super) fn json(url: String, body: &serde_json::Value) -> Self {
        let headers = vec![("content-type".to_owned(), "application/json".to_owned())];
        Self { method: Method::POST, url, headers, body: body.to_string().into_bytes() }
    }

    /// A `POST` of a form.
    pub(super) fn form(url: String, fields: &[(&str, &str)]) -> Self {
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let headers = vec![("content-type".to_owned(), "application/x-www-form-urlencoded".to_owned())];
        Self { method: Method::POST, url, headers, body: body.into_bytes() }
    }

    /// The same with one more header field.
    pub(super) fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }
}

/// What a gateway answered.
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) body: Bytes,
}

impl Reply {
    /// Whether its status says that all went well.
    pub(super) const fn is_success(&self) -> bool {
        matches!(self.status, 200..=299)
    }

    /// Its body as JSON; `None`: it is none.
    pub(super) fn json(&self) -> Option<serde_json::Value> {
        serde_json::from_slice(&self.body).ok()
    }
}

/// Speaks HTTP to all gateways, and keeps connections for the next message.
#[derive(Clone)]
pub struct GatewayClient {
    http: HttpsClient,
    connector: Connector,
    has_authorities: bool,
}

impl std::fmt::Debug for GatewayClient {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("GatewayClient(..)")
    }
}

impl GatewayClient {
    /// A client that trusts the authorities of this system.
    ///
    /// # Errors
    /// When TLS cannot be set up.
    pub fn new() -> Result<Self, GatewayError> {
        Self::trusting(https::authorities_of_the_system())
    }

    /// A client that trusts these authorities.
    fn trusting(authorities: RootCertStore) -> Result<Self, GatewayError> {
        let has_authorities = !authorities.is_empty();
        let connector = https::connector(authorities).map_err(|_| GatewayError::Tls)?;
        Ok(Self { http: https::client_over(connector.clone()), connector, has_authorities })
    }

    /// Whether a certificate of `url` could be checked.
    pub(super) fn can_check(&self, url: &str) -> bool {
        self.has_authorities || !url.starts_with("https:")
    }

    /// Makes a connection to whoever is at `url`, TLS and all, and closes it again: nothing is asked. Whether it was under TLS.
    pub(super) async fn reach(&self, url: &str) -> Result<bool, SendError> {
        let uri: Uri = url.parse().map_err(|_| SendError::Retry("its URL cannot be used".to_owned()))?;
        let connecting = self.connector.clone().oneshot(uri);
        let connection = connecting.await.map_err(|error| SendError::Retry(Causes::of(&*error).of_no_connection()))?;
        Ok(matches!(connection, MaybeHttpsStream::Https(_)))
    }

    /// Asks, and waits for the answer. Dropped on its way, it takes its connection with it.
    pub(super) async fn call(&self, request: Request) -> Result<Reply, SendError> {
        let request = built(request).ok_or_else(|| SendError::Retry("the request cannot be put together".to_owned()))?;
        let response = self.http.request(request).await.map_err(|error| SendError::Retry(describe(&error)))?;
        let status: StatusCode = response.status();
        let mut body = response.into_body();
        let mut read = Vec::new();
        while read.len() < ANSWER_MAX {
            let Some(frame) = body.frame().await else { break };
            let frame = frame.map_err(|_| SendError::Retry("the connection to the gateway broke off".to_owned()))?;
            let Ok(data) = frame.into_data() else { continue };
            read.extend(data.iter().take(ANSWER_MAX - read.len()));
        }
        Ok(Reply { status: status.as_u16(), body: read.into() })
    }
}

fn built(request: Request) -> Option<hyper::Request<Full<Bytes>>> {
    let mut built = hyper::Request::builder().method(request.method).uri(request.url);
    let headers = built.headers_mut()?;
    headers.insert(hyper::header::USER_AGENT, HeaderValue::from_static(concat!("daftar/", env!("CARGO_PKG_VERSION"))));
    headers.insert(hyper::header::ACCEPT, HeaderValue::from_static("application/json"));
    for (name, value) in request.headers {
        // A header field may hold a password.
        let mut value = HeaderValue::from_str(&value).ok()?;
        value.set_sensitive(true);
        headers.insert(HeaderName::from_bytes(name.as_bytes()).ok()?, value);
    }
    built.body(Full::new(request.body.into())).ok()
}

/// Why there was no answer, in this machine's own words: those of certificates, names and headers are a remote party's.
fn describe(error: &ClientError) -> String {
    let causes = Causes::of(error);
    if causes.nonsense {
        "the gateway's answer makes no sense".to_owned()
    } else if error.is_connect() {
        causes.of_no_connection()
    } else {
        "the connection to the gateway broke off".to_owned()
    }
}

/// What stands behind an error.
#[derive(Default)]
struct Causes {
    kind: Option<std::io::ErrorKind>,
    certificate: bool,
    tls: bool,
    nonsense: bool,
}

impl Causes {
    fn of(error: &(dyn std::error::Error + 'static)) -> Self {
        let mut causes = Self::default();
        let mut cause = Some(error);
        while let Some(error) = cause {
            causes.certificate |= matches!(error.downcast_ref(), Some(rustls::Error::InvalidCertificate(_)));
            causes.tls |= error.is::<rustls::Error>();
            causes.nonsense |= error.downcast_ref::<hyper::Error>().is_some_and(hyper::Error::is_parse);
            let io = error.downcast_ref::<std::io::Error>();
            causes.kind = io.map(std::io::Error::kind).or(causes.kind);
            // What such an error wraps is not what it calls its source.
            cause = match io.and_then(std::io::Error::get_ref) {
                Some(inner) => Some(inner),
                None => error.source(),
            };
        }
        causes
    }

    fn of_no_connection(&self) -> String {
        match self.kind {
            _ if self.certificate => "no connection to the gateway: its certificate does not hold".to_owned(),
            _ if self.tls => "no connection to the gateway: no TLS with it".to_owned(),
            Some(kind) => format!("no connection to the gateway: {kind}"),
            None => "no connection to the gateway".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};
    use std::net::TcpListener;
    use std::sync::Arc;

    use rustls::pki_types::{CertificateDer, PrivateKeyDer};
    use rustls::{ServerConfig, ServerConnection, StreamOwned};

    use super::*;

    /// A server for one connection, and the certificate that it shows.
    fn server() -> (u16, CertificateDer<'static>) {
        let own = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let certificate: CertificateDer<'static> = own.cert.into();
        let key = PrivateKeyDer::try_from(own.signing_key.serialize_der()).unwrap();
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
        let config = Arc::new(config.with_no_client_auth().with_single_cert(vec![certificate.clone()], key).unwrap());
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        std::thread::spawn(move || {
            let (tcp, _) = listener.accept().unwrap();
            let mut stream = StreamOwned::new(ServerConnection::new(config).unwrap(), tcp);
            // A client that does not trust us hangs up.
            if stream.read(&mut [0; 4096]).is_ok() {
                let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi");
                let _ = stream.flush();
            }
        });
        (port, certificate)
    }

    fn hello(port: u16) -> Request {
        Request::form(format!("https://localhost:{port}/"), &[("a", "b")])
    }

    #[tokio::test]
    async fn a_certificate_counts_if_somebody_we_trust_made_it() {
        let (port, certificate) = server();
        let mut authorities = RootCertStore::empty();
        authorities.add(certificate).unwrap();
        let reply = GatewayClient::trusting(authorities).unwrap().call(hello(port)).await.unwrap();
        assert_eq!((reply.status, reply.body.as_ref()), (200, b"hi".as_slice()));
        let (port, _) = server();
        let refused = GatewayClient::new().unwrap().call(hello(port)).await.err().unwrap();
        assert_eq!(refused, SendError::Retry("no connection to the gateway: its certificate does not hold".to_owned()));
    }

    #[tokio::test]
    async fn a_gateway_is_reached_without_asking_it_anything() {
        let (port, certificate) = server();
        let mut authorities = RootCertStore::empty();
        authorities.add(certificate).unwrap();
        let trusting = GatewayClient::trusting(authorities).unwrap();
        assert_eq!(trusting.reach(&format!("https://localhost:{port}/")).await, Ok(true));
        let (port, _) = server();
        let refused = trusting.reach(&format!("https://localhost:{port}/")).await;
        assert_eq!(refused, Err(SendError::Retry("no connection to the gateway: its certificate does not hold".to_owned())));
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/send", listener.local_addr().unwrap());
        assert_eq!(trusting.reach(&url).await, Ok(false));
        let (mut connection, mut read) = (listener.accept().unwrap().0, Vec::new());
        connection.read_to_end(&mut read).unwrap();
        assert!(read.is_empty(), "nothing is asked: {read:?}");
        drop(listener);
        assert_eq!(trusting.reach(&url).await, Err(SendError::Retry("no connection to the gateway: connection refused".to_owned())));
    }

    #[test]
    fn without_authorities_no_gateway_is_spoken_to_over_tls() {
        let nobody = GatewayClient::trusting(RootCertStore::empty()).unwrap();
        assert!(!nobody.can_check("https://sms.example.test/") && nobody.can_check("http://127.0.0.1/"));
    }
}
