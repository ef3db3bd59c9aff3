//! The texts of `locales/`, built into the program. A text that a language lacks is an error, not English: a test keeps the languages
//! complete.

use std::collections::HashMap;

use fluent_templates::fluent_bundle::FluentValue;
use fluent_templates::{LanguageIdentifier, static_loader};

use daftar_core::locale::Locale;

use super::RenderError;

static_loader! {
    static TEXTS = {
        locales: "./locales",
        fallback_language: "en",
        // The marks that Fluent puts around inserted words are invisible, cannot be copied with a code, and push a short message out of its alphabet.
        customise: |bundle| bundle.set_use_isolating(false),
    };
}

/// One language, and what its texts may name.
pub(super) struct Words {
    locale: Locale,
    args: HashMap<&'static str, FluentValue<'static>>,
}

impl Words {
    /// The texts of `locale`.
    pub(super) fn new(locale: Locale) -> Self {
        Self { locale, args: HashMap::new() }
    }

    /// Lets the texts name `value`; a number also chooses the plural form.
    pub(super) fn with(mut self, name: &'static str, value: impl Into<FluentValue<'static>>) -> Self {
        self.args.insert(name, value.into());
        self
    }

    /// Whether the texts may name `name`.
    pub(super) fn knows(&self, name: &str) -> bool {
        self.args.contains_key(name)
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
        let missing = || RenderError::Text { key, language: self.language() };
        let language: LanguageIdentifier = self.language().parse().map_err(|_| missing())?;
        TEXTS.lookup_single_language(&language, key, Some(&self.args)).map_err(|_| missing())
    }
}
