//! Mail by SMTP (RFC 5321): one message in one conversation, and what the server's answers mean for another try.
//!
//! It speaks through lettre's connections but keeps the idle ones itself, see `connections`. Server replies are reduced to their numbers:
//! their text may repeat the address or the link that they are about.

mod connections;
mod dkim;
mod letter;
mod settings;

use std::sync::Arc;

use async_trait::async_trait;
use lettre::transport::smtp::Error as SmtpError;

use daftar_core::message::Recipient;
use daftar_core::ports::Clock;

use crate::transport::{Accepted, Outgoing, SendError, Transport};

pub use connections::Greeting;
use connections::{Connections, Failure};
pub use dkim::{Dkim, DkimError, DkimRecord};
use letter::{LetterError, Sender};
pub use settings::{Authorities, AuthoritiesError, SmtpConfigError, SmtpSettings};

/// Sends mail through one SMTP server.
pub struct SmtpTransport {
    connections: Connections,
    sender: Sender,
    clock: Arc<dyn Clock>,
}

impl SmtpTransport {
    /// A transport for these settings. It connects when there is something to send; a server that is down is no error here.
    ///
    /// # Errors
    /// [`SmtpConfigError`] saying what is wrong, without the password.
    pub fn new(settings: &SmtpSettings, clock: Arc<dyn Clock>) -> Result<Self, SmtpConfigError> {
        let sender = Sender::parse(&settings.from, settings.dkim.clone()).ok_or(SmtpConfigError::From)?;
        Ok(Self { connections: Connections::new(settings::server(&settings.url, settings.authorities.as_ref())?), sender, clock })
    }

    /// Connects, begins TLS and signs in as for a mail, and says goodbye: whether mail could leave. Nothing is sent.
    ///
    /// # Errors
    /// [`SendError::Retry`] saying what keeps mail from leaving, in no more of the server's words than its numbers.
    pub async fn greet(&self) -> Result<Greeting, SendError> {
        self.connections.greet().await.map_err(|error| verdict(&Failure::Connecting(error)))
    }
}

impl std::fmt::Debug for SmtpTransport {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SmtpTransport(..)")
    }
}

#[async_trait]
impl Transport for SmtpTransport {
    async fn send(&self, message: &Outgoing<'_>) -> Result<Accepted, SendError> {
        let Outgoing { id, to, rendered, .. } = *message;
        let Recipient::Email(address) = to else {
            return Err(SendError::Refused("a phone number gets no mail".to_owned()));
        };
        let letter = self.sender.write(id, address, rendered, self.clock.now()).map_err(|error| match error {
            LetterError::Recipient | LetterError::Build => SendError::Refused(error.to_string()),
            LetterError::Sender | LetterError::Sign => SendError::Later(error.to_string()),
        })?;
        self.connections.send(&letter.envelope, &letter.text).await.map_err(|failure| verdict(&failure))?;
        Ok(Accepted::default())
    }
}

/// Whether another try can help. Only what is said of this recipient or of this mail is a last word. Connections, TLS, the password, the sender
/// and whatever else (a 5xx, too, such as 530 "authentication required") an operator can mend, and then no mail may be lost.
fn verdict(failure: &Failure) -> SendError {
    let last_word = match failure {
        Failure::Connecting(error) => return SendError::Retry(format!("no connection to the mail server: {}", describe(error))),
        // The sender is the same in every mail, so this is said of all of them.
        Failure::Sender(error) => return SendError::Retry(describe(error)),
        // RFC 5321 §4.2.2: an address that is none, no such mailbox, not for us, full, not allowed, failed. RFC 7504: a domain without mail.
        Failure::Recipient(error) => matches!(code(error), Some(501 | 550..=554 | 556)),
        Failure::Content(error) => matches!(code(error), Some(550..=554)),
    };
    let (Failure::Connecting(error) | Failure::Sender(error) | Failure::Recipient(error) | Failure::Content(error)) = failure;
    match code(error) {
        _ if last_word => SendError::Refused(describe(error)),
        // A server that puts off one recipient or one mail (greylisting) works.
        Some(400..=499) => SendError::Later(describe(error)),
        _ => SendError::Retry(describe(error)),
    }
}

/// The number of the server's answer, if there was one.
fn code(error: &SmtpError) -> Option<u16> {
    error.status().map(u16::from)
}

/// What happened, without anything that the server wrote but numbers.
fn describe(error: &SmtpError) -> String {
    if let Some(code) = error.status() {
        let text = std::error::Error::source(error).map(ToString::to_string).unwrap_or_default();
        return match enhanced_code(&text) {
            Some(enhanced) => format!("the mail server answered {code} {enhanced}"),
            None => format!("the mail server answered {code}"),
        };
    }
    if error.is_response() {
        return "the mail server's answer makes no sense".to_owned();
    }
    // The others are this machine's own words: a refused connection, an unknown name, a certificate that does not hold.
    error.to_string()
}

/// The enhanced status code (RFC 3463) that a reply's text begins with, such as `5.1.1`.
fn enhanced_code(text: &str) -> Option<&str> {
    let first = text.split_whitespace().next()?;
    let mut parts = first.split('.');
    let class = parts.next().filter(|class| matches!(*class, "2" | "4" | "5"))?;
    let numbers = parts.clone().filter(|part| (1..=3).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit())).count();
    (!class.is_empty() && parts.count() == 2 && numbers == 2).then_some(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn row_52_only_the_numbers_of_a_reply_are_kept() {
        assert_eq!(enhanced_code("5.1.1 <siti@example.test>: no such user"), Some("5.1.1"));
        assert_eq!(enhanced_code("4.7.1 greylisted"), Some("4.7.1"));
        for text in ["", "siti@example.test unknown", "5.1", "5.1.1.1", "5.1234.1", "6.1.1", "5..1", "123456"] {
            assert_eq!(enhanced_code(text), None, "{text}");
        }
    }
}
