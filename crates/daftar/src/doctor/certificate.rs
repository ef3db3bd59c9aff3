//! The certificate with which the server itself speaks TLS: whether it can be used, and until when.

use daftar_core::ports::Clock as _;

use crate::certificate::served_by;
use crate::system::SystemClock;

use super::finding::{Finding, chain};
use super::patient::Patient;

/// Looks at it.
pub(super) fn look(patient: &Patient) -> Vec<Finding> {
    let Some(files) = patient.config.tls.files() else {
        return vec![Finding::ok("the server speaks no TLS: that is for the proxy in front, whose certificate is not looked at")];
    };
    // As for whoever checks a certificate, its machine's clock counts.
    let now = SystemClock.now();
    let renewed = "Renew it: the server reads it anew when its files change";
    vec![match served_by(&files) {
        Err(error) => Finding::failed(chain(&error), "Put a PEM file with the certificate and one with its key where `tls` says"),
        Ok(served) => match served.warning(now) {
            Some(warning) if served.ends_at() <= now => Finding::failed(warning, renewed),
            Some(warning) => Finding::warning(warning, renewed),
            None => Finding::ok(format_args!("it is good until {}", served.ends_at())),
        },
    }]
}
