//! The checks of `[email]`: every server, the sender, the files, and what mail is signed with.

use std::sync::Arc;

use daftar_delivery::{Dkim, SmtpConfigError, SmtpTransport};

use super::Findings;
use crate::config::EmailTransport;
use crate::config::email::{Fault, Mailer};
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
                for Fault { key, value, allowed } in faults {
                    match value {
                        Some(value) => self.refuse(&key, value, allowed),
                        None => self.miss(&key, allowed),
                    }
                }
            }
        }
    }

    fn mail_server(&mut self, Mailer { name, settings, timeout, told: (key, url) }: &Mailer) {
        match SmtpTransport::new(settings, Arc::new(SystemClock)) {
            Ok(_) => {}
            // The sender is the same for all, and said once.
            Err(SmtpConfigError::From) if self.problems.iter().any(|problem| problem.key == "email.from") => {}
            Err(wrong @ SmtpConfigError::From) => self.refuse("email.from", format_args!("{:?}", settings.from), wrong.to_string()),
            Err(wrong) => self.refuse(key, format_args!("{url:?}"), wrong.to_string()),
        }
        let patience = self.config().outbox.send_timeout.duration();
        if let Some(timeout) = timeout.filter(|timeout| *timeout > patience) {
            let key = format!("email.servers.{}.timeout", name.as_str());
            self.refuse(&key, format_args!("\"{}s\"", timeout.as_secs()), "allowed is outbox.send_timeout or less");
        }
    }

    fn signature(&mut self, dkim: &Dkim) {
        let record = dkim.record();
        self.notes
            .push(format!("mail is signed; publish this TXT record, or receivers take the signatures for forged:\n{}\n{}", record.name, record.text));
        let from = self.config().email.from.as_deref().unwrap_or_default();
        let domain = from.rsplit('@').next().unwrap_or_default().trim_end_matches('>');
        if !dkim.signs_for(domain) {
            self.warnings.push(format!("mail from email.from is not signed: {domain:?} is neither email.dkim.domain nor below it"));
        }
    }
}
