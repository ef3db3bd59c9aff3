//! The checks of `[email]`: every server, the sender, the files, and what mail is signed with.

use std::sync::Arc;

use daftar_delivery::{Dkim, SmtpConfigError, SmtpTransport};

use super::EmailTransport;
use super::check::Findings;
use super::email::{Fault, Mailer};
use super::error::Problem;
use crate::system::SystemClock;

impl Findings<'_> {
    /// Whether mail can leave.
    pub(super) fn email(&mut self) {
        let email = &self.config().email;
        if email.transport(self.config().environment) == EmailTransport::Inbox {
            if self.in_production() {
                self.refuse("email.transport", "\"inbox\"", "the inbox is for development alone; in production allowed is \"smtp\"");
            }
            return;
        }
        match email.mailers() {
            Ok(mailers) => {
                for mailer in &mailers {
                    self.mail_server(mailer);
                }
                if let Some(dkim) = mailers.first().and_then(|mailer| mailer.settings.dkim.as_deref()) {
                    self.signature(dkim);
                }
            }
            Err(faults) => {
                for fault in faults {
                    self.fault(fault);
                }
            }
        }
    }

    /// A server is told by its name, which no layer of the configuration knows as a key; the whole list is.
    fn fault(&mut self, Fault { key, value, allowed }: Fault) {
        let listed = if key.starts_with("email.servers") { "email.servers" } else { &key };
        let source = value.as_ref().and_then(|_| self.written.source_of(listed));
        self.problems.push(Problem { key, source, value, allowed });
    }

    fn mail_server(&mut self, Mailer { name, settings, timeout, told: (key, url) }: &Mailer) {
        match SmtpTransport::new(settings, Arc::new(SystemClock)) {
            Ok(_) => {}
            // The sender is the same for all, and said once.
            Err(SmtpConfigError::From) if self.problems.iter().any(|problem| problem.key == "email.from") => {}
            Err(wrong @ SmtpConfigError::From) => self.refuse("email.from", format_args!("{:?}", settings.from), wrong.to_string()),
            Err(wrong) => self.fault(Fault { key: key.clone(), value: Some(format!("{url:?}")), allowed: wrong.to_string() }),
        }
        let patience = self.config().outbox.send_timeout.duration();
        if let Some(timeout) = timeout.filter(|timeout| *timeout > patience) {
            let (key, value) = (format!("email.servers.{}.timeout", name.as_str()), format!("\"{}s\"", timeout.as_secs()));
            self.fault(Fault { key, value: Some(value), allowed: "allowed is outbox.send_timeout or less".to_owned() });
        }
    }

    fn signature(&mut self, dkim: &Dkim) {
        let record = dkim.record();
        self.notes.push(format!("mail is signed; publish this TXT record, or the signatures count for nothing:\n{}\n{}", record.name, record.text));
        let brands = self.config().brands();
        let own: Vec<_> =
            self.config().email.from.as_ref().into_iter().chain(brands.iter().filter_map(|(_, brand)| brand.mail_from.as_ref())).collect();
        for from in own {
            let domain = from.rsplit('@').next().unwrap_or_default().trim_end_matches('>');
            if !dkim.signs_for(domain) {
                self.warnings.push(format!("mail from {from} is not signed: its domain is neither email.dkim.domain nor below it"));
            }
        }
    }
}

#[cfg(test)]
mod tests;
