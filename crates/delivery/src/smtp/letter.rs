//! A rendered message as a mail: its headers and its two parts (RFC 5322, RFC 2046), signed where it can be.

use std::sync::Arc;

use lettre::address::Envelope;
use lettre::message::header::{HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart, SinglePart};
use lettre::{Address, Message};

use daftar_core::identifier::EmailAddress;
use daftar_core::message::MessageId;
use daftar_core::ports::Timestamp;

use super::dkim::Dkim;
use crate::render::Rendered;

/// Why a message cannot be a mail.
#[derive(Debug, thiserror::Error)]
pub(super) enum LetterError {
    /// The recipient is not what the mail library calls an address.
    #[error("the recipient's address cannot be used")]
    Recipient,
    /// The brand's own sender is not what the mail library calls an address.
    #[error("the brand's address cannot be used as a sender")]
    Sender,
    /// The mail library refuses the mail.
    #[error("the mail cannot be put together")]
    Build,
    /// The library of the keys fails.
    #[error("the mail cannot be signed")]
    Sign,
}

/// A mail, ready to be handed over.
pub(super) struct Letter {
    /// Its sender and its recipient.
    pub(super) envelope: Envelope,
    /// Its headers and its body.
    pub(super) text: Vec<u8>,
}

/// Who mails are from, unless their brand has an address of its own. The name is always the brand's.
pub(super) struct Sender {
    address: Address,
    dkim: Option<Arc<Dkim>>,
}

impl Sender {
    /// The address of a mailbox written `address` or `Name <address>`, whose mails are signed by `dkim`.
    pub(super) fn parse(mailbox: &str, dkim: Option<Arc<Dkim>>) -> Option<Self> {
        Some(Self { address: address(mailbox)?, dkim })
    }

    /// Writes the mail. Its `Message-ID` is the same at every try, so that a mailbox that got it twice can show it once.
    pub(super) fn write(&self, id: MessageId, to: &EmailAddress, rendered: &Rendered, now: Timestamp) -> Result<Letter, LetterError> {
        let to: Address = to.as_str().parse().map_err(|_| LetterError::Recipient)?;
        let from = match &rendered.mail_from {
            Some(own) => address(own).ok_or(LetterError::Sender)?,
            None => self.address.clone(),
        };
        let domain = from.domain().to_owned();
        let from_name = Some(rendered.from_name.clone()).filter(|name| !name.is_empty());
        let headers = Message::builder()
            .from(Mailbox::new(from_name, from))
            .to(Mailbox::new(None, to))
            .subject(rendered.subject.clone().unwrap_or_default())
            .date(now.into())
            .message_id(Some(format!("<{}@{domain}>", id.0)));
        let body = match &rendered.html {
            Some(html) => headers.multipart(MultiPart::alternative_plain_html(rendered.text.clone(), html.clone())),
            None => headers.singlepart(SinglePart::plain(rendered.text.clone())),
        };
        let mut mail = body.map_err(|_| LetterError::Build)?;
        for (name, value) in [
            // RFC 3834, and Exchange's own: vacation responders leave it alone.
            ("Auto-Submitted", "auto-generated".to_owned()),
            ("X-Auto-Response-Suppress", "All".to_owned()),
            ("Content-Language", rendered.locale.tag().to_owned()),
            // Gmail puts mails of one subject into one conversation, where the newest code hides behind the first: a name of its own keeps each apart.
            ("X-Entity-Ref-ID", id.0.to_string()),
        ] {
            let name = HeaderName::new_from_ascii(name.to_owned()).map_err(|_| LetterError::Build)?;
            mail.headers_mut().insert_raw(HeaderValue::new(name, value));
        }
        Ok(Letter { envelope: mail.envelope().clone(), text: self.signed(mail.formatted(), &domain, now)? })
    }

    /// The mail with its signature, if mail from `domain` gets one.
    fn signed(&self, mail: Vec<u8>, domain: &str, now: Timestamp) -> Result<Vec<u8>, LetterError> {
        let Some(dkim) = self.dkim.as_ref().filter(|dkim| dkim.signs_for(domain)) else {
            return Ok(mail);
        };
        let text = String::from_utf8(mail).map_err(|_| LetterError::Build)?;
        let signature = dkim.sign(&text, now).ok_or(LetterError::Sign)?;
        Ok([signature, text].concat().into_bytes())
    }
}

fn address(mailbox: &str) -> Option<Address> {
    mailbox.trim().parse::<Mailbox>().ok().map(|mailbox| mailbox.email)
}
