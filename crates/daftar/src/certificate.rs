//! The certificate with which the server speaks TLS. It is read anew when its files change, and at SIGHUP: connections that are open go on, new ones get the new one. What cannot
//! be used is said in the log, and the one before stays.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use daftar_core::ports::{Clock as _, Timestamp};
use metrics::gauge;
use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs::default_provider;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use tokio::signal::unix::Signal;
use x509_cert::der::Decode as _;
use zeroize::Zeroizing;

use crate::system::SystemClock;

/// How often the files are looked at.
const LOOK: Duration = Duration::from_secs(5);
/// How long before its end a certificate is worth a warning.
const SOON: Duration = Duration::from_secs(7 * 24 * 60 * 60);
/// How often the log is reminded of that.
const REMIND: Duration = Duration::from_secs(24 * 60 * 60);

/// Where a certificate and its key are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CertificateFiles {
    /// The certificate and those that lead to its authority.
    pub(crate) certificate: PathBuf,
    /// Its private key.
    pub(crate) key: PathBuf,
}

/// Why a certificate cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CertificateError {
    /// The file of the certificate cannot be read.
    #[error("the certificate cannot be read ({0}); allowed is a PEM file with it and those that lead to its authority")]
    Certificate(#[source] std::io::Error),
    /// The file holds no certificate.
    #[error("there is no certificate in it that can be read; allowed is a PEM file with it and those that lead to its authority")]
    NoCertificate,
    /// The file of the key cannot be read.
    #[error("the key cannot be read ({0}); allowed is a PEM file with the certificate's private key")]
    Key(#[source] std::io::Error),
    /// The file holds no private key.
    #[error("there is no private key in it that can be read; allowed is a PEM file with the certificate's private key")]
    NoKey,
    /// They do not belong together, or are of a kind that is not supported.
    #[error("it is not the key of the certificate in tls.certificate, or of a kind that is not supported ({0})")]
    Unusable(#[source] rustls::Error),
}

impl CertificateError {
    /// Whether it is the key that is at fault.
    pub(crate) const fn is_of_the_key(&self) -> bool {
        matches!(self, Self::Key(_) | Self::NoKey | Self::Unusable(_))
    }
}

/// What files held when they were read.
#[derive(PartialEq, Eq)]
struct Contents {
    certificate: Vec<u8>,
    key: Zeroizing<Vec<u8>>,
}

impl Contents {
    fn read(files: &CertificateFiles) -> Result<Self, CertificateError> {
        let read = |path: &Path| std::fs::read(path);
        let certificate = read(&files.certificate).map_err(CertificateError::Certificate)?;
        let key = read(&files.key).map(Zeroizing::new).map_err(CertificateError::Key)?;
        Ok(Self { certificate, key })
    }

    fn certified(&self) -> Result<Served, CertificateError> {
        let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&self.certificate).collect();
        let chain = chain.ok().filter(|chain| !chain.is_empty()).ok_or(CertificateError::NoCertificate)?;
        let ends_at = chain.first().and_then(end_of).ok_or(CertificateError::NoCertificate)?;
        let key = PrivateKeyDer::from_pem_slice(&self.key).map_err(|_| CertificateError::NoKey)?;
        let key = CertifiedKey::from_der(chain, key, &default_provider()).map_err(CertificateError::Unusable)?;
        Ok(Served { key: Arc::new(key), ends_at })
    }
}

/// When a certificate ends.
fn end_of(certificate: &CertificateDer<'_>) -> Option<Timestamp> {
    let parsed = x509_cert::Certificate::from_der(certificate).ok()?;
    let end = parsed.tbs_certificate.validity.not_after.to_unix_duration().as_secs();
    // "No well-defined expiration date" (RFC 5280 §4.1.2.5) is the last second of the year 9999, which is behind the last that there is here.
    Some(i64::try_from(end).ok().and_then(|end| Timestamp::from_second(end).ok()).unwrap_or(Timestamp::MAX))
}

/// A certificate that can be served.
pub(crate) struct Served {
    key: Arc<CertifiedKey>,
    ends_at: Timestamp,
}

impl Served {
    /// Until when it is good.
    pub(crate) const fn ends_at(&self) -> Timestamp {
        self.ends_at
    }

    /// What is to be said of its end, if that is near.
    pub(crate) fn warning(&self, now: Timestamp) -> Option<String> {
        warning(self.ends_at, now)
    }

    /// Says until when it is good.
    fn announce(&self) {
        gauge!("daftar_certificate_not_after_seconds").set(self.ends_at.as_duration().as_secs_f64());
        tracing::info!(ends_at = %self.ends_at, "the certificate is in use");
    }
}

fn warning(end: Timestamp, now: Timestamp) -> Option<String> {
    match Duration::try_from(end.duration_since(now)).unwrap_or_default() {
        Duration::ZERO => Some(format!("the certificate in tls.certificate ended at {end}: no client trusts it any more")),
        left if left < SOON => Some(format!("the certificate in tls.certificate ends soon, at {end}")),
        _ => None,
    }
}

/// Whether it is time to look at a certificate's end again.
fn is_due(last: Timestamp, now: Timestamp) -> bool {
    Duration::try_from(now.duration_since(last)).is_ok_and(|since| since >= REMIND)
}

/// Reads a certificate and its key.
///
/// # Errors
/// [`CertificateError`].
pub(crate) fn served_by(files: &CertificateFiles) -> Result<Served, CertificateError> {
    Contents::read(files)?.certified()
}

/// A certificate that follows its files.
pub(crate) struct Certificate {
    files: CertificateFiles,
    current: Arc<Current>,
    /// What was read last, good or not: it is said once that it cannot be used.
    seen: Option<Contents>,
    ends_at: Timestamp,
    /// When its end was last thought of.
    reminded_at: Timestamp,
}

#[derive(Debug)]
struct Current(ArcSwap<CertifiedKey>);

impl ResolvesServerCert for Current {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.0.load_full())
    }
}

impl Certificate {
    /// Reads it.
    ///
    /// # Errors
    /// [`CertificateError`].
    pub(crate) fn open(files: CertificateFiles) -> Result<Self, CertificateError> {
        let contents = Contents::read(&files)?;
        let served = contents.certified()?;
        served.announce();
        // That it ends soon was said when the configuration was checked.
        let (ends_at, reminded_at) = (served.ends_at, SystemClock.now());
        Ok(Self { ends_at, reminded_at, files, current: Arc::new(Current(ArcSwap::new(served.key))), seen: Some(contents) })
    }

    /// What the server encrypts with.
    pub(crate) fn tls(&self) -> Arc<ServerConfig> {
        let mut config = ServerConfig::builder().with_no_client_auth().with_cert_resolver(Arc::<Current>::clone(&self.current));
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Arc::new(config)
    }

    /// Reads it anew whenever its files change, and at every SIGHUP, for ever.
    pub(crate) async fn follow(mut self, mut hangups: Signal) {
        loop {
            let asked = tokio::select! {
                () = tokio::time::sleep(LOOK) => false,
                _ = hangups.recv() => true,
            };
            self.look(asked);
            self.remind(SystemClock.now());
        }
    }

    /// Says that it ends soon, or has ended, once a day.
    fn remind(&mut self, now: Timestamp) {
        if !is_due(self.reminded_at, now) {
            return;
        }
        self.reminded_at = now;
        if let Some(warning) = warning(self.ends_at, now) {
            tracing::warn!("{warning}");
        }
    }

    fn look(&mut self, asked: bool) {
        let read = Contents::read(&self.files);
        let known = matches!((&read, &self.seen), (Ok(there), Some(seen)) if there == seen) || (read.is_err() && self.seen.is_none());
        if known && !asked {
            return;
        }
        match read.as_ref().map_err(ToString::to_string).and_then(|contents| contents.certified().map_err(|error| error.to_string())) {
            Ok(served) => {
                self.current.0.store(Arc::clone(&served.key));
                served.announce();
                self.ends_at = served.ends_at;
                self.reminded_at = Timestamp::UNIX_EPOCH;
            }
            Err(error) => {
                let CertificateFiles { certificate, key } = &self.files;
                tracing::error!(?certificate, ?key, error, "the certificate cannot be read anew: the one before stays in use");
            }
        }
        self.seen = read.ok();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_log_is_reminded_once_a_day_of_an_end_that_is_near() {
        let (now, day) = (Timestamp::from_second(1_800_000_000).unwrap(), REMIND);
        assert!(!is_due(now, now) && !is_due(now, now + day - Duration::from_secs(1)) && is_due(now, now + day));
        assert!(!is_due(now, now - day), "a clock that was set back reminds nobody");
        assert_eq!(warning(now + SOON, now), None);
        assert!(warning(now + SOON - Duration::from_secs(1), now).unwrap().contains("ends soon"));
        assert!(warning(now, now).unwrap().contains("ended at"));
    }

    #[test]
    fn a_certificate_without_an_end_is_one_that_ends_last() {
        let mut endless = rcgen::CertificateParams::new(["localhost".to_owned()]).unwrap();
        endless.not_after = rcgen::date_time_ymd(9999, 12, 31);
        let key = rcgen::KeyPair::generate().unwrap();
        let certificate = endless.self_signed(&key).unwrap();
        let end = end_of(certificate.der()).unwrap();
        assert!(warning(end, Timestamp::from_second(4_000_000_000).unwrap()).is_none(), "{end}");
    }
}
