//! A server's address, read as PostgreSQL's own programs read it, and how a connection to it behaves.

use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio_postgres::Config;
use tokio_postgres::config::{Host, SslMode, TargetSessionAttrs};

/// A host that does not answer by then is not there; of several the next one is tried.
const CONNECT: Duration = Duration::from_secs(2);
/// What was sent and not confirmed for this long went to a machine that is gone.
const UNCONFIRMED: Duration = Duration::from_secs(10);
/// After this much silence the other end is asked whether it still lives, …
const SILENT: Duration = Duration::from_secs(30);
/// … this often, …
const ASK_EVERY: Duration = Duration::from_secs(5);
/// … and given up when it did not answer this many times.
const ASK: u32 = 3;
/// Bounds for the server, in milliseconds: on the wait for somebody else's lock, on a statement, and on a transaction that does nothing because its program
/// has lost interest or is gone. All of them are far above what our short transactions take.
const BOUNDS: &str = "-c lock_timeout=5000 -c statement_timeout=15000 -c idle_in_transaction_session_timeout=15000";
/// What serves reads by an index, and never more than its share. A plan that was made while a table was small would read all of it for as long as the server has not looked
/// again how large it is: a minute or more, which is when a crowd or an attacker comes. Plans that cost little to carry out are not worth compiling either.
const BY_INDEX: &str = "-c enable_seqscan=off -c jit=off";

/// How the connection is protected; the names are libpq's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Protection {
    /// Not at all.
    Disable,
    /// TLS if the server offers it, whoever the server is.
    Prefer,
    /// TLS, whoever the server is.
    Require,
    /// TLS with a server whose certificate names it and is signed by one of the system's authorities, or by one in this file.
    Verify(Option<PathBuf>),
}

/// Which authorities a URL names.
enum Authorities {
    NotNamed,
    System,
    File(PathBuf),
}

/// Why a URL is not an address.
#[derive(Debug, thiserror::Error)]
pub enum AddressError {
    /// It has a part that is not understood.
    #[error("a PostgreSQL URL is postgres://user:password@host:5432/database, perhaps with parameters such as ?sslmode=verify-full")]
    Malformed,
    /// `sslmode` is none of libpq's.
    #[error("sslmode is disable, prefer, require or verify-full")]
    SslMode,
    /// A host or a database is missing.
    #[error("the URL must name a {0}")]
    Missing(&'static str),
}

/// A database of a PostgreSQL server.
#[derive(Clone)]
pub struct Address {
    pub(super) config: Config,
    pub(super) protection: Protection,
}

impl std::fmt::Debug for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Address").field("protection", &self.protection).finish_non_exhaustive()
    }
}

impl Address {
    /// Reads a URL. Beside the parameters of `tokio-postgres`, `sslmode` has the value `verify-full`, and `sslrootcert` names a file of authorities,
    /// which makes `require` verify, too, as libpq does.
    ///
    /// # Errors
    /// [`AddressError`], which repeats nothing of the URL.
    pub fn parse(url: &str) -> Result<Self, AddressError> {
        let (bare, query) = url.split_once('?').unwrap_or((url, ""));
        let (mut mode, mut authorities, mut others) = ("prefer".to_owned(), Authorities::NotNamed, Vec::new());
        for parameter in query.split('&').filter(|parameter| !parameter.is_empty()) {
            match parameter.split_once('=').ok_or(AddressError::Malformed)? {
                ("sslmode", value) => value.clone_into(&mut mode),
                ("sslrootcert", "system") => authorities = Authorities::System,
                ("sslrootcert", file) => authorities = Authorities::File(decoded(file)?),
                _ => others.push(parameter),
            }
        }
        let mut config: Config = format!("{bare}?{}", others.join("&")).parse().map_err(|_| AddressError::Malformed)?;
        let protection = match (mode.as_str(), authorities) {
            ("disable", _) => Protection::Disable,
            ("prefer", _) => Protection::Prefer,
            ("require", Authorities::NotNamed) => Protection::Require,
            ("require" | "verify-full", Authorities::File(file)) => Protection::Verify(Some(file)),
            ("require" | "verify-full", Authorities::NotNamed | Authorities::System) => Protection::Verify(None),
            _ => return Err(AddressError::SslMode),
        };
        if config.get_hosts().is_empty() && config.get_hostaddrs().is_empty() {
            return Err(AddressError::Missing("host"));
        }
        if config.get_dbname().is_none() {
            return Err(AddressError::Missing("database"));
        }
        // Neither a socket of this machine nor an address without a name can be protected.
        let tcp = config.get_hosts().iter().any(|host| matches!(host, Host::Tcp(_)));
        config.ssl_mode(match protection {
            Protection::Disable => SslMode::Disable,
            Protection::Prefer if !tcp => SslMode::Disable,
            Protection::Prefer => SslMode::Prefer,
            Protection::Require | Protection::Verify(_) => SslMode::Require,
        });
        if config.get_application_name().is_none() {
            config.application_name("daftar");
        }
        if config.get_connect_timeout().is_none() {
            config.connect_timeout(CONNECT);
        }
        if config.get_tcp_user_timeout().is_none() {
            config.tcp_user_timeout(UNCONFIRMED);
        }
        if config.get_keepalives_interval().is_none() && config.get_keepalives_retries().is_none() {
            config.keepalives_idle(SILENT).keepalives_interval(ASK_EVERY).keepalives_retries(ASK);
        }
        // A standby would refuse what is written and be behind with what is read: it is as good as no server.
        if !others.iter().any(|parameter| parameter.starts_with("target_session_attrs=")) {
            config.target_session_attrs(TargetSessionAttrs::ReadWrite);
        }
        Ok(Self { config, protection })
    }

    /// The same for connections that serve: nothing on them may take long. What the URL itself sets comes later, and wins.
    pub(super) fn bounded(&self) -> Config {
        let mut config = self.config.clone();
        let own = config.get_options().unwrap_or_default();
        let options = format!("{BOUNDS} {BY_INDEX} {own}");
        config.options(options.trim_end());
        config
    }

    /// Whether somebody between here and the server could read and change what is said.
    #[must_use]
    pub fn is_exposed(&self) -> bool {
        let local = |host: &Host| match host {
            Host::Tcp(name) => name == "localhost" || name.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback()),
            Host::Unix(_) => true,
        };
        let here = self.config.get_hosts().iter().all(local) && self.config.get_hostaddrs().iter().all(std::net::IpAddr::is_loopback);
        !matches!(self.protection, Protection::Verify(_)) && !here
    }
}

fn decoded(text: &str) -> Result<PathBuf, AddressError> {
    let text = percent_encoding::percent_decode_str(text).decode_utf8().map_err(|_| AddressError::Malformed)?;
    Ok(Path::new(text.as_ref()).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn protection(parameters: &str) -> Protection {
        Address::parse(&format!("postgres://user:pass@db.example/daftar{parameters}")).unwrap().protection
    }

    #[test]
    fn a_connection_is_protected_as_libpq_would() {
        assert_eq!(protection(""), Protection::Prefer);
        assert_eq!(protection("?sslmode=disable"), Protection::Disable);
        assert_eq!(protection("?sslmode=require"), Protection::Require);
        assert_eq!(protection("?sslmode=verify-full"), Protection::Verify(None));
        assert_eq!(protection("?sslmode=verify-full&sslrootcert=system"), Protection::Verify(None));
        assert_eq!(protection("?sslmode=require&sslrootcert=system"), Protection::Verify(None));
        let file = Protection::Verify(Some("/etc/a ca.pem".into()));
        assert_eq!(protection("?sslrootcert=%2Fetc%2Fa%20ca.pem&sslmode=require"), file);
    }

    #[test]
    fn what_is_missing_or_odd_is_said_without_repeating_it() {
        let wrong = |url: &str| Address::parse(url).unwrap_err().to_string();
        assert!(wrong("postgres://user:pass@host/db?sslmode=verify-ca").contains("verify-full"));
        assert!(wrong("postgres://user:pass@host/").contains("database"));
        assert!(wrong("postgres://user@/db").contains("host"));
        for odd in ["postgres://user:secret@host:port/db", "postgres://user:secret@host/db?secret", "postgres://user:secret@host/db?secret=1"] {
            assert!(!wrong(odd).contains("secret"), "{odd}: {}", wrong(odd));
        }
    }

    #[test]
    fn a_connection_is_exposed_that_leaves_the_machine_unverified() {
        let exposed = |url: &str| Address::parse(url).unwrap().is_exposed();
        assert!(exposed("postgres://u@db.example/d") && exposed("postgres://u@10.0.0.1/d?sslmode=require"));
        assert!(exposed("postgres://u@localhost/d?hostaddr=10.0.0.1"));
        assert!(!exposed("postgres://u@db.example/d?sslmode=verify-full"));
        assert!(
            !exposed("postgres://u@localhost/d") && !exposed("postgres://u@127.0.0.1/d") && !exposed("postgres:///d?host=/run/postgresql&user=u")
        );
    }
}
