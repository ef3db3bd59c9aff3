//! The texts of `locales/`, built into the program, and an operator's in their place. A text that a language lacks is an error, not English.

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::resolver::ResolverError;
use fluent_bundle::resolver::errors::ReferenceKind;
use fluent_bundle::{FluentArgs, FluentError, FluentResource, FluentValue};
use fluent_syntax::parser::ParserError;

use daftar_core::locale::Locale;

use super::RenderError;
use super::flaw::Flaw;
use super::keys;
use super::overrides::{Overrides, Source};

/// The texts of a language that are built in.
const fn built_in(locale: Locale) -> &'static str {
    match locale {
        Locale::English => include_str!("../../locales/en/messages.ftl"),
        Locale::Indonesian => include_str!("../../locales/id/messages.ftl"),
        Locale::TraditionalChinese => include_str!("../../locales/zh-Hant/messages.ftl"),
    }
}

/// Every text in every language.
pub(super) struct Texts {
    languages: Vec<Language>,
}

struct Language {
    locale: Locale,
    bundle: FluentBundle<FluentResource>,
    own: Option<Source>,
}

impl Texts {
    /// Ours, with the operator's in their place, and what is wrong with those.
    pub(super) fn new(overrides: &Overrides) -> (Self, Vec<Flaw>) {
        let mut flaws = Vec::new();
        let languages = Locale::ALL.map(|locale| Language::new(locale, overrides.texts(locale), &mut flaws)).into();
        (Self { languages }, flaws)
    }

    /// The language `locale`, with nothing yet that its texts may name.
    pub(super) fn words(&self, locale: Locale) -> Words<'_> {
        Words { texts: self, locale, args: FluentArgs::new() }
    }

    /// Where a text stands: the file, and the line if it is an operator's.
    pub(super) fn place(&self, locale: Locale, key: &str) -> (String, Option<usize>) {
        let own = self.language(locale).and_then(|language| language.own.as_ref());
        let found = own.and_then(|source| Some((source.file.clone(), Some(line_of_key(&source.text, key)?))));
        found.unwrap_or_else(|| (format!("the built-in texts ({})", locale.tag()), None))
    }

    fn language(&self, locale: Locale) -> Option<&Language> {
        self.languages.iter().find(|language| language.locale == locale)
    }
}

impl Language {
    fn new(locale: Locale, own: Option<&Source>, flaws: &mut Vec<Flaw>) -> Self {
        let mut bundle = FluentBundle::new_concurrent(locale.tag().parse().into_iter().collect());
        // The marks that Fluent puts around inserted words are invisible, cannot be copied with a code, and push a short message out of its alphabet.
        bundle.set_use_isolating(false);
        let file = format!("the built-in texts ({})", locale.tag());
        bundle.add_resource_overriding(parsed(built_in(locale), &file, flaws));
        if let Some(source) = own {
            let resource = parsed(&source.text, &source.file, flaws);
            let known = |key: &str| bundle.has_message(key);
            let found = keys::flaws_in(&resource, known);
            let placed =
                |(key, what): (String, String)| Flaw { file: source.file.clone(), line: line_of_key(&source.text, &key), key: Some(key), what };
            flaws.extend(found.into_iter().map(placed));
            bundle.add_resource_overriding(resource);
        }
        Self { locale, bundle, own: own.cloned() }
    }
}

fn parsed(text: &str, file: &str, flaws: &mut Vec<Flaw>) -> FluentResource {
    // The parser takes the line ends of one system only for what they are.
    match FluentResource::try_new(text.replace("\r\n", "\n")) {
        Ok(resource) => resource,
        Err((resource, errors)) => {
            let flaw = |error: ParserError| Flaw {
                file: file.to_owned(),
                line: Some(line_at(resource.source(), error.pos.start)),
                key: None,
                what: format!("this is not Fluent: {}", error.kind),
            };
            flaws.extend(errors.into_iter().map(flaw));
            resource
        }
    }
}

/// The line of a place in a text, counted from 1.
fn line_at(text: &str, place: usize) -> usize {
    text.bytes().take(place).filter(|byte| *byte == b'\n').count() + 1
}

/// The line on which the text `key` begins. Nothing else begins a line with a letter or a dash.
fn line_of_key(text: &str, key: &str) -> Option<usize> {
    let begins = |line: &str| line.strip_prefix(key).is_some_and(|rest| rest.trim_start().starts_with('='));
    text.lines().position(begins).map(|line| line + 1)
}

/// One language, and what its texts may name.
pub(super) struct Words<'t> {
    texts: &'t Texts,
    locale: Locale,
    args: FluentArgs<'static>,
}

impl Words<'_> {
    /// Lets the texts name `value`; a number also chooses the plural form.
    pub(super) fn with(mut self, name: &'static str, value: impl Into<FluentValue<'static>>) -> Self {
        self.args.set(name, value);
        self
    }

    /// Whether the texts may name `name`.
    pub(super) fn knows(&self, name: &str) -> bool {
        self.args.get(name).is_some()
    }

    /// The language's tag.
    pub(super) const fn language(&self) -> &'static str {
        self.locale.tag()
    }

    /// The text `key`.
    ///
    /// # Errors
    /// [`RenderError::Text`] when the language does not have it, or when it names what it was not given.
    pub(super) fn say(&self, key: &'static str) -> Result<String, RenderError> {
        let cannot = |what: String| RenderError::Text { key, language: self.language(), what };
        let bundle = self.texts.language(self.locale).map(|language| &language.bundle);
        let pattern = bundle.and_then(|bundle| Some((bundle, bundle.get_message(key)?.value()?)));
        let (bundle, pattern) = pattern.ok_or_else(|| cannot("there is no such text".to_owned()))?;
        let mut errors = Vec::new();
        let text = bundle.format_pattern(pattern, Some(&self.args), &mut errors).into_owned();
        match errors.first() {
            None => Ok(text),
            Some(error) => Err(cannot(said(error))),
        }
    }
}

fn said(error: &FluentError) -> String {
    match error {
        FluentError::ResolverError(ResolverError::Reference(ReferenceKind::Variable { id })) => format!("it names ${id}, which it is not given"),
        other => other.to_string(),
    }
}
