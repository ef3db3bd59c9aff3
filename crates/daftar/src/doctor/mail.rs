//! Mail servers: whether each takes our connection, TLS and password. Nothing is sent.

use std::sync::Arc;

use daftar_delivery::{Greeting, SmtpTransport};
use futures_util::future::join_all;
use tokio::time::timeout;

use crate::config::{EmailTransport, Mailer};

use super::ANSWERS_WITHIN;
use super::finding::{Finding, chain};
use super::patient::{Moment, Patient};

const ADVICE: &str = "Mail waits in the outbox, or goes by the next server. Look at the server, at what is between, and at its URL in `email`";

/// Looks at each.
pub(super) async fn look(patient: &Patient) -> Vec<Finding> {
    let email = &patient.config.email;
    if email.transport(patient.config.environment) == EmailTransport::Inbox {
        return vec![Finding::ok("it goes into the development inbox")];
    }
    match email.mailers() {
        Err(faults) => faults.iter().map(|fault| Finding::failed(format_args!("`{}`: {}", fault.key, fault.allowed), "No mail leaves")).collect(),
        Ok(mailers) => join_all(mailers.iter().map(|mailer| greet(mailer, patient))).await,
    }
}

async fn greet(mailer: &Mailer, patient: &Patient) -> Finding {
    let within = mailer.timeout.map_or(ANSWERS_WITHIN, |timeout| timeout.min(ANSWERS_WITHIN));
    let (_, url) = &mailer.told;
    let found = match SmtpTransport::new(&mailer.settings, Arc::new(Moment(patient.now))) {
        Err(error) => Finding::failed(chain(&error), "No mail leaves by it"),
        Ok(server) => match timeout(within, server.greet()).await {
            Err(_) => Finding::failed(format_args!("{url} did not answer within {} s", within.as_secs()), ADVICE),
            Ok(Err(error)) => Finding::failed(format_args!("{url}: {error}"), ADVICE),
            Ok(Ok(greeting)) => Finding::ok(format_args!("{url} answers{}", told(greeting))),
        },
    };
    found.of(mailer.name.as_str())
}

const fn told(Greeting { is_encrypted, is_signed_in }: Greeting) -> &'static str {
    match (is_encrypted, is_signed_in) {
        (true, true) => " under TLS, and takes the password",
        (true, false) => " under TLS",
        (false, true) => " without TLS, and takes the password",
        (false, false) => " without TLS",
    }
}
