//! Connections to the mail server: made, reused, thrown away.
//!
//! Why not lettre's own pool: a send that the worker cuts off after its time puts its connection back there in the middle of a conversation,
//! and the next mail would take the late answers to the first one for its own. Here a connection belongs to its send, and only a conversation that
//! came to its end gives it back.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use lettre::address::Envelope;
use lettre::transport::smtp::Error as SmtpError;
use lettre::transport::smtp::authentication::{Credentials, DEFAULT_MECHANISMS};
use lettre::transport::smtp::client::{AsyncSmtpConnection, TlsParameters};
use lettre::transport::smtp::commands::{Data, Mail, Rcpt};
use lettre::transport::smtp::extension::{ClientId, MailBodyParameter, MailParameter};
use tokio::time::{Instant, timeout};

/// How long the TCP connection may take to come up.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// How long an idle connection may take to say that it lives.
const PROBE_TIMEOUT: Duration = Duration::from_secs(3);
/// How long a server may take to say goodbye.
const FAREWELL_TIMEOUT: Duration = Duration::from_secs(1);
/// How long a connection is kept idle. Servers hang up after minutes, firewalls forget sooner.
const IDLE_MAX: Duration = Duration::from_secs(30);
/// How many connections are kept idle: as many as are used at once.
const IDLE_COUNT: usize = 8;

/// When TLS begins.
pub(super) enum Tls {
    /// With the connection.
    FromTheStart(TlsParameters),
    /// By STARTTLS, or there is no mail.
    Required(TlsParameters),
    /// By STARTTLS, if the server offers it.
    Opportunistic(TlsParameters),
    /// Never.
    None,
}

/// A mail server and how to speak to it.
pub(super) struct Server {
    /// Its name or address.
    pub(super) host: String,
    /// Its port.
    pub(super) port: u16,
    /// When TLS begins.
    pub(super) tls: Tls,
    /// Who we are to it.
    pub(super) credentials: Option<Credentials>,
}

/// Where a conversation broke off.
pub(super) enum Failure {
    /// Before this mail came into play: the connection, TLS, the password.
    Connecting(SmtpError),
    /// At the sender (`MAIL FROM`), who is the same in every mail.
    Sender(SmtpError),
    /// At the recipient (`RCPT TO`).
    Recipient(SmtpError),
    /// At the mail itself (`DATA`).
    Content(SmtpError),
}

/// What came of greeting a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Greeting {
    /// Whether the conversation was under TLS.
    pub is_encrypted: bool,
    /// Whether the server took our password.
    pub is_signed_in: bool,
}

struct Idle {
    connection: AsyncSmtpConnection,
    since: Instant,
}

/// The connections to one server.
pub(super) struct Connections {
    server: Server,
    hello: ClientId,
    idle: Mutex<Vec<Idle>>,
}

impl Connections {
    /// None yet.
    pub(super) fn new(server: Server) -> Self {
        Self { server, hello: ClientId::default(), idle: Mutex::new(Vec::new()) }
    }

    /// Hands one mail over. Dropped on its way, it takes its connection with it.
    pub(super) async fn send(&self, envelope: &Envelope, mail: &[u8]) -> Result<(), Failure> {
        let mut connection = match self.living().await {
            Some(connection) => connection,
            None => self.connect().await.map_err(Failure::Connecting)?,
        };
        match hand_over(&mut connection, envelope, mail).await {
            Ok(()) => {
                self.park(connection);
                Ok(())
            }
            Err(failure) => {
                // What became of the mail does not hang on the answer to a farewell.
                let _ = timeout(FAREWELL_TIMEOUT, connection.abort()).await;
                Err(failure)
            }
        }
    }

    /// Begins a conversation as for a mail, and ends it before there is one.
    pub(super) async fn greet(&self) -> Result<Greeting, SmtpError> {
        let mut connection = self.connect().await?;
        let greeting = Greeting { is_encrypted: connection.is_encrypted(), is_signed_in: self.server.credentials.is_some() };
        let _ = timeout(FAREWELL_TIMEOUT, connection.abort()).await;
        Ok(greeting)
    }

    /// An idle connection that still answers. The youngest is asked, and speaks for all: asking one after the other would take a mail's whole time
    /// when the server is gone.
    async fn living(&self) -> Option<AsyncSmtpConnection> {
        let mut idle = self.unpark()?;
        if idle.since.elapsed() < IDLE_MAX && timeout(PROBE_TIMEOUT, idle.connection.test_connected()).await == Ok(true) {
            return Some(idle.connection);
        }
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).clear();
        None
    }

    async fn connect(&self) -> Result<AsyncSmtpConnection, SmtpError> {
        let Server { host, port, tls, credentials } = &self.server;
        let from_the_start = match tls {
            Tls::FromTheStart(parameters) => Some(parameters.clone()),
            Tls::Required(_) | Tls::Opportunistic(_) | Tls::None => None,
        };
        let address = (host.as_str(), *port);
        let mut connection = AsyncSmtpConnection::connect_tokio1(address, Some(CONNECT_TIMEOUT), &self.hello, from_the_start, None).await?;
        match tls {
            Tls::Required(parameters) => connection.starttls(parameters.clone(), &self.hello).await?,
            Tls::Opportunistic(parameters) if connection.can_starttls() => connection.starttls(parameters.clone(), &self.hello).await?,
            Tls::Opportunistic(_) | Tls::FromTheStart(_) | Tls::None => {}
        }
        if let Some(credentials) = credentials {
            connection.auth(DEFAULT_MECHANISMS, credentials).await?;
        }
        Ok(connection)
    }

    fn unpark(&self) -> Option<Idle> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop()
    }

    fn park(&self, connection: AsyncSmtpConnection) {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.len() < IDLE_COUNT {
            idle.push(Idle { connection, since: Instant::now() });
        }
    }
}

/// One mail, command by command: lettre's own `send` does not tell which of them was turned down.
async fn hand_over(connection: &mut AsyncSmtpConnection, envelope: &Envelope, mail: &[u8]) -> Result<(), Failure> {
    let sender = Mail::new(envelope.from().cloned(), parameters(envelope, mail));
    connection.command(sender).await.map_err(Failure::Sender)?;
    for recipient in envelope.to() {
        connection.command(Rcpt::new(recipient.clone(), Vec::new())).await.map_err(Failure::Recipient)?;
    }
    connection.command(Data).await.map_err(Failure::Content)?;
    connection.message(mail).await.map_err(Failure::Content)?;
    Ok(())
}

/// What the server must be able to do for this mail (RFC 6531, RFC 6152): as a rule nothing, because addresses and mails are ASCII.
fn parameters(envelope: &Envelope, mail: &[u8]) -> Vec<MailParameter> {
    let addresses_are_ascii = envelope.from().into_iter().chain(envelope.to()).all(|address| AsRef::<str>::as_ref(address).is_ascii());
    let utf8 = (!addresses_are_ascii).then_some(MailParameter::SmtpUtfEight);
    let eight_bits = (!mail.is_ascii()).then_some(MailParameter::Body(MailBodyParameter::EightBitMime));
    utf8.into_iter().chain(eight_bits).collect()
}
