//! A mail between its words and its looks: one list of parts, from which the text and the HTML are both written, so that they cannot say
//! different things.

/// What a mail consists of.
pub(super) struct Letter {
    /// The subject.
    pub(super) subject: String,
    /// What lists of mails show behind the subject: never a code, because locked screens show it, too.
    pub(super) preview: String,
    /// The heading of the HTML.
    pub(super) heading: String,
    /// How it begins.
    pub(super) greeting: String,
    /// What it says.
    pub(super) parts: Vec<Part>,
    /// How it ends.
    pub(super) footer: String,
}

/// A part of what a mail says.
pub(super) enum Part {
    /// A paragraph.
    Text(String),
    /// A paragraph in small print.
    Small(String),
    /// A link to follow: a button in HTML, alone on its line in the text.
    Link {
        /// What precedes it in the text.
        intro: String,
        /// What stands on the button.
        label: String,
        /// What precedes it in HTML, below the button.
        instead: String,
        /// Where it leads.
        url: String,
    },
    /// A code or password to copy, alone on its line.
    Code {
        /// What precedes it.
        intro: String,
        /// The code or password.
        code: String,
    },
}

impl Letter {
    /// The mail as plain text.
    pub(super) fn to_text(&self) -> String {
        let parts = self.parts.iter().map(|part| match part {
            Part::Text(text) | Part::Small(text) => text.clone(),
            Part::Link { intro, url, .. } => format!("{intro}\n{url}"),
            Part::Code { intro, code } => format!("{intro}\n{code}"),
        });
        let mut paragraphs = vec![self.greeting.clone()];
        paragraphs.extend(parts);
        paragraphs.push(format!("-- \n{}", self.footer));
        paragraphs.join("\n\n") + "\n"
    }

    /// What its HTML must not leave out.
    pub(super) fn needed(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let parts = self.parts.iter().flat_map(|part| match part {
            Part::Text(text) | Part::Small(text) => vec![("a part's text", text.as_str())],
            Part::Link { label, url, .. } => vec![("a link's url", url.as_str()), ("a link's label", label)],
            Part::Code { intro, code } => vec![("a code's intro", intro.as_str()), ("a code", code)],
        });
        [("the heading", self.heading.as_str()), ("the greeting", &self.greeting)]
            .into_iter()
            .chain(parts)
            .chain([("the footer", self.footer.as_str())])
    }

    /// Where its links lead.
    pub(super) fn links(&self) -> impl Iterator<Item = &str> {
        self.parts.iter().filter_map(|part| match part {
            Part::Link { url, .. } => Some(url.as_str()),
            Part::Text(_) | Part::Small(_) | Part::Code { .. } => None,
        })
    }
}
