//! A mail as a page: `templates/mail.html`, or an operator's in its place, in the template language Jinja. A name that the page is not given is an error,
//! and everything inserted is escaped (threat row 40).

use minijinja::value::Value;
use minijinja::{AutoEscape, Environment, Error, Output, State, UndefinedBehavior, context};

use super::colour::{edges, of_brand};
use super::flaw::Flaw;
use super::letter::{Letter, Part};
use super::overrides::Overrides;

const BUILT_IN: &str = include_str!("../../templates/mail.html");
/// Its ending makes the engine escape what it inserts.
const NAME: &str = "mail.html";
/// What a page may name.
const GIVEN: [&str; 13] =
    ["language", "subject", "preview", "heading", "greeting", "parts", "footer", "brand", "logo", "color", "ink", "edge", "edge_dark"];

/// The page of every mail.
pub(super) struct Page {
    engine: Environment<'static>,
    /// Where it comes from.
    pub(super) file: String,
}

/// How a mail looks.
pub(super) struct Look<'a> {
    /// The language's tag.
    pub(super) language: &'static str,
    /// The brand's name.
    pub(super) brand: &'a str,
    /// The brand's colour, as it is written.
    pub(super) color: &'a str,
    /// The brand's logo.
    pub(super) logo: Option<&'a str>,
}

impl Page {
    /// Ours, or the operator's, and what is wrong with that.
    pub(super) fn new(overrides: &Overrides) -> (Self, Vec<Flaw>) {
        let (file, source) =
            overrides.page().map_or_else(|| (format!("the built-in page {NAME}"), BUILT_IN.to_owned()), |own| (own.file.clone(), own.text.clone()));
        let mut engine = Environment::new();
        engine.set_undefined_behavior(UndefinedBehavior::Strict);
        engine.set_formatter(insert);
        let read = engine.add_template_owned(NAME, source).and_then(|()| engine.get_template(NAME).map(|page| page.undeclared_variables(false)));
        let flaws = match read {
            Err(error) => vec![flaw(&file, &error)],
            Ok(named) => {
                let globals: Vec<String> = engine.globals().map(|(name, _)| name.to_owned()).collect();
                let unknown = named.into_iter().filter(|name| !GIVEN.contains(&name.as_str()) && !globals.contains(name));
                let what = |name| format!("it names {name}, which it is not given; it may name {}", GIVEN.join(", "));
                unknown.map(|name| Flaw::of_file(&file, what(name))).collect()
            }
        };
        (Self { engine, file }, flaws)
    }

    /// Lays a letter out.
    ///
    /// # Errors
    /// The engine's, when the page names what is not there.
    pub(super) fn lay_out(&self, letter: &Letter, look: &Look<'_>) -> Result<String, Error> {
        let color = of_brand(look.color);
        let [edge, edge_dark] = edges(color).map(|edge| edge.to_string());
        let parts: Vec<Value> = letter.parts.iter().map(value).collect();
        self.engine.get_template(NAME)?.render(context! {
            language => look.language,
            subject => letter.subject.as_str(),
            preview => letter.preview.as_str(),
            heading => letter.heading.as_str(),
            greeting => letter.greeting.as_str(),
            parts => parts,
            footer => letter.footer.as_str(),
            brand => look.brand,
            logo => look.logo,
            color => color.to_string(),
            ink => color.ink().to_string(),
            edge => edge,
            edge_dark => edge_dark,
        })
    }
}

/// A part as a page sees it.
fn value(part: &Part) -> Value {
    match part {
        Part::Text(text) => context! { kind => "text", text => text },
        Part::Small(text) => context! { kind => "small", text => text },
        Part::Link { intro, label, instead, url } => context! { kind => "link", intro => intro, label => label, instead => instead, url => url },
        Part::Code { intro, code } => context! { kind => "code", intro => intro, code => code },
    }
}

/// Where an engine's error is, and what it says.
pub(super) fn flaw(file: &str, error: &Error) -> Flaw {
    let what = error.detail().map_or_else(|| error.kind().to_string(), |detail| format!("{}: {detail}", error.kind()));
    Flaw { file: file.to_owned(), line: error.line(), key: None, what }
}

/// Inserts a value. The engine's own way writes the slashes of a link as `&#x2f;`, which filters for unwanted mail take for a disguise.
fn insert(out: &mut Output<'_>, state: &mut State<'_, '_>, value: &Value) -> Result<(), Error> {
    let escaped = matches!(state.auto_escape(), AutoEscape::Html) && !value.is_safe();
    match value.as_str().filter(|_| escaped) {
        Some(text) => out.write_str(&escape(text)).map_err(Error::from),
        None => minijinja::escape_formatter(out, state, value),
    }
}

/// `text` with its markup made harmless.
pub(super) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&#38;"),
            '<' => escaped.push_str("&#60;"),
            '>' => escaped.push_str("&#62;"),
            '"' => escaped.push_str("&#34;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
    }
    escaped
}
