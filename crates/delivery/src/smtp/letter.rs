//! A rendered message as a mail: its headers and its two parts (RFC 5322, RFC 2046).

use lettre::message::header::{HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart, SinglePart};
use lettre::{Address, Message};

use daftar_core::identifier::EmailAddress;
use daftar_core::message::MessageId;
use daftar_core::ports::Timestamp;

use crate::render::Rendered;

/// Why a message cannot be a mail.
#[derive(Debug, thiserror::Error)]
pub(super) enum LetterError {
    /// The recipient is not what the mail library calls an address.
    #[error("the recipient's address cannot be used")]
    Address,
    /// The mail library refuses the mail.
    #[error("the mail cannot be put together")]
    Build,
}

/// Who mails are from. The name is the brand's, the address is the installation's.
pub(super) struct Sender(Address);

impl Sender {
    /// The address of a mailbox written `address` or `Name <address>`.
    pub(super) fn parse(mailbox: &str) -> Option<Self> {
        mailbox.trim().parse::<Mailbox>().ok().map(|mailbox| Self(mailbox.email))
    }

    /// Writes the mail. Its `Message-ID` is the same at every try, so that a mailbox that got it twice can show it once.
    pub(super) fn write(&self, id: MessageId, to: &EmailAddress, rendered: &Rendered, now: Timestamp) -> Result<Message, LetterError> {
        let to: Address = to.as_str().parse().map_err(|_| LetterError::Address)?;
        let from_name = Some(rendered.from_name.clone()).filter(|name| !name.is_empty());
        let headers = Message::builder()
            .from(Mailbox::new(from_name, self.0.clone()))
            .to(Mailbox::new(None, to))
            .subject(rendered.subject.clone().unwrap_or_default())
            .date(now.into())
            .message_id(Some(format!("<{}@{}>", id.0, self.0.domain())));
        let body = match &rendered.html {
            Some(html) => headers.multipart(MultiPart::alternative_plain_html(rendered.text.clone(), html.clone())),
            None => headers.singlepart(SinglePart::plain(rendered.text.clone())),
        };
        let mut mail = body.map_err(|_| LetterError::Build)?;
        // RFC 3834: vacation responders leave it alone.
        mail.headers_mut().insert_raw(HeaderValue::new(HeaderName::new_from_ascii_str("Auto-Submitted"), "auto-generated".to_owned()));
        Ok(mail)
    }
}
