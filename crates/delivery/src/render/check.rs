//! Every message in every language and brand, written with sample data before the first is sent: what an operator's texts and page leave out shows at the
//! start and not in a reader's mailbox, and so does a short message that costs more than one part.

use std::collections::{BTreeMap, BTreeSet};

use daftar_core::brand::Brand;
use daftar_core::identifier::{EmailAddress, PhoneNumber};
use daftar_core::locale::Locale;
use daftar_core::message::{CodeUse, ContactKind, Content, Message, Recipient};

use super::flaw::{Flaw, Flaws};
use super::page::{self, escape};
use super::{RenderError, Renderer, clean, letter, short_key};
use crate::segments::{Encoding, Segments};

/// The longest code, and the longest token of a customer: a prefix and a code.
const CODE: &str = "83920571";
const TOKEN: &str = "WmW-83920571";
const PASSWORD: &str = "Kq7mWx2RtzHd";
const KEY: &str = "pV9xQ2mK7sT4wZ1bN6cH8jL3dF5gR0yA-e_uXiOoPqE";

/// What came out of writing everything.
#[derive(Debug, Default)]
pub struct Review {
    /// What is wrong, in the order of files and lines.
    pub flaws: Vec<Flaw>,
    /// The short messages that take more than one part, each in a sentence.
    pub long: Vec<String>,
}

impl Renderer {
    /// Writes every message in every language and brand.
    #[must_use]
    pub fn review(&self) -> Review {
        let mut reviewing = Reviewing { renderer: self, flaws: BTreeSet::new(), long: BTreeMap::new() };
        for (platform, brand) in self.brands.iter() {
            for locale in Locale::ALL {
                for content in samples(platform, brand) {
                    reviewing.mail(platform, locale, &content);
                    reviewing.short(platform, locale, &content);
                }
            }
        }
        let sentence = |((language, key), Long { brands, worst }): (_, Long<'_>)| sentence(key, language, &brands, worst);
        Review { flaws: reviewing.flaws.into_iter().collect(), long: reviewing.long.into_iter().map(sentence).collect() }
    }

    /// The same, for one who only wants to go on if nothing is wrong; the sentences about short messages that take more than one part.
    ///
    /// # Errors
    /// [`Flaws`].
    pub fn reviewed(&self) -> Result<Vec<String>, Flaws> {
        let Review { flaws, long } = self.review();
        if flaws.is_empty() { Ok(long) } else { Err(Flaws(flaws)) }
    }
}

struct Reviewing<'r> {
    renderer: &'r Renderer,
    flaws: BTreeSet<Flaw>,
    /// By language and key.
    long: BTreeMap<(&'static str, &'static str), Long<'r>>,
}

/// A short message that takes more than one part.
struct Long<'r> {
    /// For these brands.
    brands: Vec<&'r str>,
    /// The worst of the samples.
    worst: Segments,
}

impl<'r> Reviewing<'r> {
    fn mail(&mut self, platform: Option<&str>, locale: Locale, content: &Content) {
        let Ok(address) = EmailAddress::parse("siti@example.com") else { return };
        let message = message(Recipient::Email(address), platform, locale, content);
        let name = clean::line(&self.renderer.brands.of(platform).name);
        let written = letter(&self.renderer.words(&message, &name), content).and_then(|letter| Ok((letter, self.renderer.render(&message)?)));
        let (letter, rendered) = match written {
            Ok(written) => written,
            Err(error) => return self.refuse(locale, &error),
        };
        let html = rendered.html.unwrap_or_default();
        let file = || self.renderer.page.file.clone();
        let missing = letter.needed().filter(|(_, text)| !html.contains(&escape(text)));
        let mut flaws: Vec<Flaw> =
            missing.map(|(name, text)| Flaw::of_file(file(), format!("it leaves out {name}, here {:?}", shown(text)))).collect();
        if letter.links().any(|url| !html.contains(&format!("href=\"{}\"", escape(url)))) {
            flaws.push(Flaw::of_file(file(), "no href=\"…\" leads to a link's url"));
        }
        self.flaws.extend(flaws);
    }

    fn short(&mut self, platform: Option<&'r str>, locale: Locale, content: &Content) {
        let (Some(key), Ok(number)) = (short_key(content), PhoneNumber::from_e164("+6281234567890")) else { return };
        let rendered = match self.renderer.render(&message(Recipient::Sms(number), platform, locale, content)) {
            Ok(rendered) => rendered,
            Err(error) => return self.refuse(locale, &error),
        };
        if secret(content).is_some_and(|secret| !rendered.text.contains(secret)) {
            let (file, line) = self.renderer.texts.place(locale, key);
            let what = "it does not always show the code or password that it is about".to_owned();
            self.flaws.insert(Flaw { file, line, key: Some(key.to_owned()), what });
        }
        let segments = Segments::of(&rendered.text);
        if segments.count > 1 {
            let name = self.renderer.brands.of(platform).name.as_str();
            let long = self.long.entry((locale.tag(), key)).or_insert(Long { brands: Vec::new(), worst: segments });
            if !long.brands.contains(&name) {
                long.brands.push(name);
            }
            if segments.count > long.worst.count {
                long.worst = segments;
            }
        }
    }

    fn refuse(&mut self, locale: Locale, error: &RenderError) {
        let flaw = match error {
            RenderError::Text { key, what, .. } => {
                let (file, line) = self.renderer.texts.place(locale, key);
                Flaw { file, line, key: Some((*key).to_owned()), what: what.clone() }
            }
            RenderError::Layout(error) => page::flaw(&self.renderer.page.file, error),
            RenderError::MailOnly { .. } => return,
        };
        self.flaws.insert(flaw);
    }
}

fn message(to: Recipient, platform: Option<&str>, locale: Locale, content: &Content) -> Message {
    Message { to, locale, platform: platform.map(str::to_owned), content: content.clone() }
}

/// The beginning of a text.
fn shown(text: &str) -> String {
    if text.chars().count() > 40 { text.chars().take(39).chain(['…']).collect() } else { text.to_owned() }
}

/// What a short message must show.
fn secret(content: &Content) -> Option<&str> {
    match content {
        Content::GeneratedPassword { password } => Some(password),
        Content::SignupCode { .. }
        | Content::CustomerLink { .. }
        | Content::Code { .. }
        | Content::ContactLost { .. }
        | Content::ContactChanged { .. } => content.code(),
    }
}

fn sentence(key: &str, language: &str, brands: &[&str], segments: Segments) -> String {
    let of = format!("the brand{} {}", if brands.len() == 1 { "" } else { "s" }, brands.join(", "));
    let Segments { encoding, count, forced_by } = segments;
    let why = match (encoding, forced_by) {
        (Encoding::Ucs2, Some(c)) => format!("with {c:?} in it only 70 characters fit into one"),
        (Encoding::Ucs2, None) | (Encoding::Gsm7, _) => "160 characters fit into one".to_owned(),
    };
    format!("the short message {key} ({language}) of {of} takes {count} parts, and is paid for as {count} messages: {why}")
}

/// One of every kind of thing to say, in every form: with and without a name and a link, one minute and many, each use and contact. A token with a prefix
/// is sent to customers alone, and those belong to no platform.
fn samples(platform: Option<&str>, brand: &Brand) -> Vec<Content> {
    let to = |path: &str| format!("https://accounts.example.com{path}?key=");
    let links = brand.links.clone();
    let (signup, customer) =
        links.map_or_else(|| (to("/signup/confirm"), to("/b2b/customer/register/authorize")), |links| (links.signup, links.customer));
    let (code, link) = (if platform.is_none() { TOKEN } else { CODE }, format!("{signup}{KEY}"));
    let mut samples = vec![Content::GeneratedPassword { password: PASSWORD.to_owned() }];
    for minutes in [1, 30] {
        for (name, link) in [("Siti", None), ("", Some(link.clone()))] {
            samples.push(Content::SignupCode { name: name.to_owned(), code: code.to_owned(), code_minutes: minutes, link, link_minutes: minutes });
        }
        samples.push(Content::CustomerLink { name: "Siti".to_owned(), link: format!("{customer}{KEY}"), link_minutes: minutes });
        let uses = [CodeUse::SignIn, CodeUse::ResetPassword, CodeUse::ChangeContact];
        samples.extend(uses.map(|good_for| Content::Code { good_for, code: CODE.to_owned(), code_minutes: minutes }));
    }
    for contact in [ContactKind::Email, ContactKind::Phone] {
        samples.push(Content::ContactLost { contact, masked: "+62*****890".to_owned() });
        samples.push(Content::ContactChanged { contact });
    }
    samples
}
