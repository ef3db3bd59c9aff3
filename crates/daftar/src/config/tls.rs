//! `[tls]`: the certificate with which the server itself speaks TLS.

use std::path::PathBuf;

use daftar_core::ports::Clock as _;
use serde::{Deserialize, Serialize};

use crate::certificate::{CertificateFiles, served_by};
use crate::system::SystemClock;

use super::check::Findings;

/// `[tls]`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Tls {
    /// The certificate and those that lead to its authority, as PEM.
    pub(crate) certificate: Option<PathBuf>,
    /// Its private key, as PEM.
    pub(crate) key: Option<PathBuf>,
}

impl Tls {
    /// The files, if the server is to speak TLS.
    pub(crate) fn files(&self) -> Option<CertificateFiles> {
        Some(CertificateFiles { certificate: self.certificate.clone()?, key: self.key.clone()? })
    }
}

impl Findings<'_> {
    /// Reads the certificate: what is wrong with it is said before the server starts.
    pub(super) fn tls(&mut self) {
        let tls = &self.config().tls;
        match (&tls.certificate, &tls.key) {
            (None, None) => {}
            (Some(_), None) => self.miss("tls.key", "it must be set with tls.certificate: the PEM file of its private key"),
            (None, Some(_)) => {
                self.miss("tls.certificate", "it must be set with tls.key: the PEM file of the certificate and those that lead to its authority");
            }
            (Some(certificate), Some(key)) => {
                let files = CertificateFiles { certificate: certificate.clone(), key: key.clone() };
                match served_by(&files) {
                    Ok(served) => self.warnings.extend(served.warning(SystemClock.now())),
                    Err(error) => {
                        let (name, path) = if error.is_of_the_key() { ("tls.key", key) } else { ("tls.certificate", certificate) };
                        self.refuse(name, format_args!("{path:?}"), error.to_string());
                    }
                }
            }
        }
    }
}
