//! What an operator writes about the mail server (contract `operations.md`, *Configuration*), and what it means.

use std::sync::Arc;

use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, TlsParameters};
use percent_encoding::percent_decode_str;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use url::Url;

use super::connections::{Server, Tls};
use super::dkim::Dkim;

/// The port of `smtps` (RFC 8314), of `smtp` with a password or asked-for TLS (RFC 6409), and of `smtp` without.
const PORTS: (u16, u16, u16) = (465, 587, 25);

/// What is configured of one mail server.
#[derive(Clone)]
pub struct SmtpSettings {
    /// Where it is: `smtp://user:pass@host:587`, or `smtps://…` for TLS from the start; user and password percent-encoded.
    /// `?tls=required|opportunistic|none` says how `smtp` uses STARTTLS; without it: `required` when there is a password, else `opportunistic`.
    pub url: String,
    /// The sender, `address` or `Name <address>`. The name that readers see is the brand's.
    pub from: String,
    /// Authorities whose certificates hold beside those that this system trusts.
    pub authorities: Option<Authorities>,
    /// What signs the mail, where the sender is of its domain.
    pub dkim: Option<Arc<Dkim>>,
}

impl SmtpSettings {
    /// A server and a sender: the system's authorities, and no signature.
    #[must_use]
    pub fn new(url: impl Into<String>, from: impl Into<String>) -> Self {
        Self { url: url.into(), from: from.into(), authorities: None, dkim: None }
    }
}

// The URL holds a password (threat row 52).
impl std::fmt::Debug for SmtpSettings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SmtpSettings").field("from", &self.from).finish_non_exhaustive()
    }
}

/// The certificates of authorities.
#[derive(Debug, Clone)]
pub struct Authorities(Certificate);

/// Why they cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("it must hold certificates of authorities in PEM")]
pub struct AuthoritiesError;

impl Authorities {
    /// Those in a PEM file.
    ///
    /// # Errors
    /// [`AuthoritiesError`] when there is none, or one that is none.
    pub fn from_pem(pem: &[u8]) -> Result<Self, AuthoritiesError> {
        let mut roots = rustls::RootCertStore::empty();
        for certificate in CertificateDer::pem_slice_iter(pem) {
            roots.add(certificate.map_err(|_| AuthoritiesError)?).map_err(|_| AuthoritiesError)?;
        }
        if roots.is_empty() {
            return Err(AuthoritiesError);
        }
        Certificate::from_pem(pem).map(Self).map_err(|_| AuthoritiesError)
    }
}

/// Why the settings cannot be used. No text of it repeats the URL, because that holds a password.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SmtpConfigError {
    /// Not a URL, not one of the two schemes, or without a host.
    #[error("allowed is smtp://user:password@host:port or smtps://user:password@host:port (percent-encode what is not a letter or a digit)")]
    Url,
    /// `tls` is something else.
    #[error("tls must be one of: required, opportunistic, none (with smtps: leave it out)")]
    Tls,
    /// It has something behind the host that means nothing.
    #[error("only ?tls=… may follow the host and the port")]
    Superfluous,
    /// A user without a password or the reverse, or not UTF-8 when decoded.
    #[error("user and password must both be there, percent-encoded UTF-8")]
    Credentials,
    /// TLS cannot be set up for this host.
    #[error("TLS cannot be set up for this host")]
    Host,
    /// The sender is not a mailbox.
    #[error("allowed is an e-mail address or: Name <address>")]
    From,
}

/// The server at `url`, whose certificate one of the system's authorities or of `authorities` must vouch for.
///
/// # Errors
/// [`SmtpConfigError`].
pub(super) fn server(url: &str, authorities: Option<&Authorities>) -> Result<Server, SmtpConfigError> {
    let url = Url::parse(url).map_err(|_| SmtpConfigError::Url)?;
    let host = url.host_str().filter(|host| !host.is_empty()).ok_or(SmtpConfigError::Url)?;
    if !matches!(url.path(), "" | "/") || url.fragment().is_some() || url.query_pairs().any(|(key, _)| key != "tls") {
        return Err(SmtpConfigError::Superfluous);
    }
    // An IPv6 address stands in brackets in a URL only.
    let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
    let credentials = credentials(&url)?;
    let wish = url.query_pairs().map(|(_, value)| value.into_owned()).next();
    let parameters = || {
        let builder =
            authorities.into_iter().fold(TlsParameters::builder(host.clone()), |builder, more| builder.add_root_certificate(more.0.clone()));
        builder.build().map_err(|_| SmtpConfigError::Host)
    };
    let (tls, default_port) = match (url.scheme(), wish.as_deref()) {
        ("smtps", None) => (Tls::FromTheStart(parameters()?), PORTS.0),
        ("smtp", Some("required")) => (Tls::Required(parameters()?), PORTS.1),
        // A password never goes over an open line unless the operator says so.
        ("smtp", None) if credentials.is_some() => (Tls::Required(parameters()?), PORTS.1),
        ("smtp", None | Some("opportunistic")) => (Tls::Opportunistic(parameters()?), if credentials.is_some() { PORTS.1 } else { PORTS.2 }),
        ("smtp", Some("none")) => (Tls::None, if credentials.is_some() { PORTS.1 } else { PORTS.2 }),
        ("smtp" | "smtps", Some(_)) => return Err(SmtpConfigError::Tls),
        _ => return Err(SmtpConfigError::Url),
    };
    Ok(Server { port: url.port().unwrap_or(default_port), host, tls, credentials })
}

fn credentials(url: &Url) -> Result<Option<Credentials>, SmtpConfigError> {
    let decode = |text: &str| percent_decode_str(text).decode_utf8().map(std::borrow::Cow::into_owned).map_err(|_| SmtpConfigError::Credentials);
    match (url.username(), url.password()) {
        ("", None) => Ok(None),
        ("", Some(_)) | (_, None) => Err(SmtpConfigError::Credentials),
        (user, Some(password)) => Ok(Some(Credentials::new(decode(user)?, decode(password)?))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a URL came to, in one line.
    fn read(url: &str) -> Result<String, SmtpConfigError> {
        server(url, None).map(|server| {
            let tls = match server.tls {
                Tls::FromTheStart(_) => "from the start",
                Tls::Required(_) => "required",
                Tls::Opportunistic(_) => "opportunistic",
                Tls::None => "none",
            };
            format!("{}:{} {tls}{}", server.host, server.port, if server.credentials.is_some() { ", password" } else { "" })
        })
    }

    #[test]
    fn a_url_says_where_and_how() {
        for (url, meaning) in [
            ("smtp://mail.example", "mail.example:25 opportunistic"),
            ("smtp://u:p@mail.example:2525", "mail.example:2525 required, password"),
            ("smtp://u:p@mail.example", "mail.example:587 required, password"),
            ("smtp://u:p@mail.example?tls=none", "mail.example:587 none, password"),
            ("smtp://mail.example/?tls=required", "mail.example:587 required"),
            ("smtps://u:p@mail.example", "mail.example:465 from the start, password"),
            ("smtp://[::1]:25?tls=none", "::1:25 none"),
        ] {
            assert_eq!(read(url).as_deref(), Ok(meaning), "{url}");
        }
    }

    #[test]
    fn a_password_is_decoded_as_it_was_encoded() {
        let server = server("smtp://user%40mail.example:p%3Ass+w%20rd@mail.example", None).unwrap();
        assert_eq!(server.credentials, Some(Credentials::new("user@mail.example".into(), "p:ss+w rd".into())));
    }

    #[test]
    fn row_52_a_bad_url_is_explained_without_repeating_it() {
        for (url, error) in [
            ("", SmtpConfigError::Url),
            ("mail.example:25", SmtpConfigError::Url),
            ("http://u:hunter2@mail.example", SmtpConfigError::Url),
            ("smtp://", SmtpConfigError::Url),
            ("smtp://u:hunter2@mail.example?tls=maybe", SmtpConfigError::Tls),
            ("smtps://u:hunter2@mail.example?tls=none", SmtpConfigError::Tls),
            ("smtp://u:hunter2@mail.example?tsl=none", SmtpConfigError::Superfluous),
            ("smtp://u:hunter2@mail.example/path", SmtpConfigError::Superfluous),
            ("smtp://user@mail.example", SmtpConfigError::Credentials),
            ("smtp://:hunter2@mail.example", SmtpConfigError::Credentials),
            ("smtp://u:hunter2%ff@mail.example", SmtpConfigError::Credentials),
        ] {
            assert_eq!(read(url), Err(error.clone()), "{url}");
            assert!(!error.to_string().contains("hunter2"), "{error}");
        }
        let settings = SmtpSettings::new("smtp://u:hunter2@mail.example", "no-reply@example.test");
        assert!(!format!("{settings:?}").contains("hunter2"));
    }
}
