//! From what a message says to its words: subject, text and HTML of a mail, or one short message. Names and addresses that people typed are
//! cleaned on the way in and escaped on the way out (threat row 40). A subject never shows a code or password: subjects appear on locked screens.
//!
//! | module | what lives there |
//! |---|---|
//! | `texts` | the words, by language: ours, and an operator's in their place |
//! | `keys` | what each text may name and must |
//! | `letter`, `page`, `colour` | a mail's parts, its page, the colours of a brand on it |
//! | `overrides`, `flaw` | the folder of an operator, and what is wrong in it |
//! | `check` | every message in every language and brand, before the first is sent |
//! | `clean` | what people typed, made fit to stand in a message |

mod check;
mod clean;
mod colour;
mod flaw;
mod keys;
mod letter;
mod overrides;
mod page;
mod texts;

use daftar_core::brand::Brands;
use daftar_core::locale::Locale;
use daftar_core::message::{Channel, CodeUse, ContactKind, Content, Message};

pub use check::Review;
pub use flaw::{Flaw, Flaws};
pub use overrides::Overrides;

use letter::{Letter, Part};
use page::{Look, Page};
use texts::{Texts, Words};

/// A message in the words of its language and brand.
#[derive(Clone, PartialEq, Eq)]
pub struct Rendered {
    /// The brand's name: who a mail says it is from.
    pub from_name: String,
    /// The subject; a short message has none.
    pub subject: Option<String>,
    /// The text: all of a short message, the plain part of a mail.
    pub text: String,
    /// The HTML part; a short message has none.
    pub html: Option<String>,
    /// The code or token that it carries, if it does: for ways that put it into a text of their own.
    pub code: Option<String>,
    /// The language that it is in.
    pub locale: Locale,
    /// The brand's sender for short messages, if it has one of its own.
    pub sms_sender: Option<String>,
    /// The brand's address for mail, if it has one of its own.
    pub mail_from: Option<String>,
}

// The words hold codes and links (threat row 52).
impl std::fmt::Debug for Rendered {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Rendered").field("from_name", &self.from_name).finish_non_exhaustive()
    }
}

/// Why a message has no words: always a fault of this program, never of the message.
#[derive(Debug, thiserror::Error)]
pub enum RenderError {
    /// A text is missing, or names something that it is not given.
    #[error("the text {key} cannot be written in {language}: {what}")]
    Text {
        /// The text's key.
        key: &'static str,
        /// The language's tag.
        language: &'static str,
        /// What is wrong with it.
        what: String,
    },
    /// It goes by mail alone.
    #[error("{kind} is not said by short message")]
    MailOnly {
        /// The stable name of what it says.
        kind: &'static str,
    },
    /// The page of the mail does not come out.
    #[error("the mail cannot be laid out")]
    Layout(#[source] minijinja::Error),
}

/// Puts messages into words. Built once, at the start, from the configuration alone; from then on a function of the message.
pub struct Renderer {
    texts: Texts,
    page: Page,
    brands: Brands,
}

impl std::fmt::Debug for Renderer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Renderer(..)")
    }
}

impl Renderer {
    /// For `brands`, with an operator's texts in place of ours.
    ///
    /// # Errors
    /// [`Flaws`] when they cannot be read as what they are. What they say is for [`Renderer::review`] to judge.
    pub fn new(brands: Brands, overrides: &Overrides) -> Result<Self, Flaws> {
        let (texts, mut flaws) = Texts::new(overrides);
        let (page, more) = Page::new(overrides);
        flaws.extend(more);
        if flaws.is_empty() { Ok(Self { texts, page, brands }) } else { Err(Flaws(flaws)) }
    }

    /// Puts `message` into words, for the way that its recipient is reached by.
    ///
    /// # Errors
    /// [`RenderError`].
    pub fn render(&self, message: &Message) -> Result<Rendered, RenderError> {
        let brand = self.brands.of(message.platform.as_deref());
        let name = clean::line(&brand.name);
        let words = self.words(message, &name);
        let code = message.content.code().map(str::to_owned);
        let (subject, text, html) = match message.to.channel() {
            Channel::Email => {
                let letter = letter(&words, &message.content)?;
                let look = Look { language: words.language(), brand: &name, color: &brand.color, logo: brand.logo.as_deref() };
                let page = self.page.lay_out(&letter, &look).map_err(RenderError::Layout)?;
                let text = letter.to_text();
                (Some(letter.subject), text, Some(page))
            }
            Channel::Sms => {
                let key = short_key(&message.content).ok_or(RenderError::MailOnly { kind: message.content.name() })?;
                (None, with_autofill(words.say(key)?, brand.autofill_domain.as_deref(), code.as_deref()), None)
            }
        };
        let (sms_sender, mail_from) = (brand.sms_sender.clone(), brand.mail_from.clone());
        Ok(Rendered { from_name: name, subject, text, html, code, locale: message.locale, sms_sender, mail_from })
    }

    /// The texts in the language of `message`, with everything that they may name.
    fn words(&self, message: &Message, brand: &str) -> Words<'_> {
        words_for(&message.content, self.texts.words(message.locale).with("brand", brand.to_owned()))
    }
}

/// A short message whose last line says on the pages of which domain a phone may offer the code, and on no others
/// (<https://wicg.github.io/sms-one-time-codes/>).
fn with_autofill(text: String, domain: Option<&str>, code: Option<&str>) -> String {
    match (domain, code) {
        (Some(domain), Some(code)) => format!("{text}\n@{domain} #{code}"),
        (None, _) | (_, None) => text,
    }
}

/// Everything that the texts about `content` may name.
fn words_for<'t>(content: &Content, words: Words<'t>) -> Words<'t> {
    match content {
        Content::SignupCode { name, code, code_minutes, link_minutes, .. } => {
            let words = words.with("code", code.clone()).with("minutes", *code_minutes).with("link_minutes", *link_minutes);
            greeting(name, words)
        }
        Content::CustomerLink { name, link_minutes, .. } => greeting(name, words.with("link_minutes", *link_minutes)),
        Content::Code { good_for, code, code_minutes } => {
            words.with("use", use_name(*good_for)).with("code", code.clone()).with("minutes", *code_minutes)
        }
        Content::GeneratedPassword { password } => words.with("password", password.clone()),
        Content::ContactLost { contact, masked } => words.with("contact", contact_name(*contact)).with("masked", clean::line(masked)),
        Content::ContactChanged { contact } => words.with("contact", contact_name(*contact)),
    }
}

/// Lets the texts greet by name, if it is one.
fn greeting<'t>(name: &str, words: Words<'t>) -> Words<'t> {
    match clean::greetable(name) {
        Some(name) => words.with("name", name),
        None => words,
    }
}

/// The word by which the texts choose between the contacts.
const fn contact_name(contact: ContactKind) -> &'static str {
    match contact {
        ContactKind::Email => "email",
        ContactKind::Phone => "phone",
    }
}

/// The word by which the texts choose between the uses of a code.
const fn use_name(good_for: CodeUse) -> &'static str {
    match good_for {
        CodeUse::SignIn => "sign-in",
        CodeUse::ResetPassword => "reset",
        CodeUse::ChangeContact => "contact",
    }
}

/// The text that says `content` in one short message, if it goes by any.
const fn short_key(content: &Content) -> Option<&'static str> {
    match content {
        Content::SignupCode { .. } => Some("signup-sms"),
        // What it proves is an address.
        Content::CustomerLink { .. } => None,
        Content::Code { .. } => Some("code-sms"),
        Content::GeneratedPassword { .. } => Some("password-sms"),
        Content::ContactLost { .. } => Some("contact-lost-sms"),
        Content::ContactChanged { .. } => Some("contact-changed-sms"),
    }
}

/// The mail that says `content`.
fn letter(words: &Words<'_>, content: &Content) -> Result<Letter, RenderError> {
    let (subject, heading, preview, parts) = match content {
        Content::SignupCode { code, link, .. } => {
            let mut parts = vec![Part::Text(words.say("signup-intro")?)];
            if let Some(url) = link {
                parts.extend(confirming(words, url)?);
            }
            let code_intro = if link.is_some() { "signup-code-instead" } else { "signup-code-intro" };
            parts.push(Part::Code { intro: words.say(code_intro)?, code: code.clone() });
            parts.push(Part::Small(words.say("code-lasts")?));
            parts.push(Part::Small(words.say(if link.is_some() { "signup-not-you" } else { "signup-not-you-linkless" })?));
            ("signup-subject", "signup-heading", "signup-intro", parts)
        }
        Content::CustomerLink { link, .. } => {
            let mut parts = vec![Part::Text(words.say("customer-intro")?)];
            parts.extend(confirming(words, link)?);
            parts.push(Part::Small(words.say("customer-not-you")?));
            ("customer-subject", "signup-heading", "customer-intro", parts)
        }
        Content::Code { code, .. } => {
            let parts = vec![
                Part::Code { intro: words.say("code-intro")?, code: code.clone() },
                Part::Small(words.say("code-lasts")?),
                Part::Small(words.say("code-not-you")?),
            ];
            ("code-subject", "code-heading", "code-lasts", parts)
        }
        Content::GeneratedPassword { password } => {
            let parts = vec![
                Part::Code { intro: words.say("password-intro")?, code: password.clone() },
                Part::Small(words.say("password-advice")?),
                Part::Small(words.say("password-not-you")?),
            ];
            ("password-subject", "password-heading", "password-advice", parts)
        }
        Content::ContactLost { .. } => {
            let parts = vec![Part::Text(words.say("contact-lost-body")?), Part::Small(words.say("contact-lost-advice")?)];
            ("contact-lost-subject", "contact-lost-heading", "contact-lost-body", parts)
        }
        Content::ContactChanged { .. } => {
            let parts = vec![Part::Text(words.say("contact-changed-body")?), Part::Text(words.say("contact-changed-advice")?)];
            ("contact-changed-subject", "contact-changed-heading", "contact-changed-body", parts)
        }
    };
    let greeting = if words.knows("name") { "greeting" } else { "greeting-nameless" };
    let [subject, preview, heading, greeting, footer] =
        [words.say(subject)?, words.say(preview)?, words.say(heading)?, words.say(greeting)?, words.say("footer")?];
    Ok(Letter { subject, preview, heading, greeting, parts, footer })
}

/// A link that confirms the address, and how long it works.
fn confirming(words: &Words<'_>, url: &str) -> Result<[Part; 2], RenderError> {
    let link = Part::Link {
        intro: words.say("signup-link-intro")?,
        label: words.say("signup-button")?,
        instead: words.say("signup-link-instead")?,
        url: url.to_owned(),
    };
    Ok([link, Part::Small(words.say("signup-link-lasts")?)])
}

#[cfg(test)]
mod tests;
