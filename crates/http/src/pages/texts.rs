//! What the pages say. The texts are data (`locales/<language>/pages.ftl`), built into the program.

use std::borrow::Cow;
use std::collections::HashMap;

use daftar_core::locale::Locale;
use fluent_templates::fluent_bundle::FluentValue;
use fluent_templates::{LanguageIdentifier, Loader as _, langid, static_loader};

static_loader! {
    static TEXTS = {
        locales: "./locales",
        fallback_language: "en",
        // The invisible marks around values are meant for texts of mixed direction; pages have <bdi> for that.
        customise: |bundle| bundle.set_use_isolating(false),
    };
}

static ENGLISH: LanguageIdentifier = langid!("en");
static INDONESIAN: LanguageIdentifier = langid!("id");
static TRADITIONAL_CHINESE: LanguageIdentifier = langid!("zh-Hant");

/// The texts in one language.
#[derive(Debug, Clone, Copy)]
pub(super) struct Texts(Locale);

impl Texts {
    /// The texts in `locale`.
    pub(super) const fn of(locale: Locale) -> Self {
        Self(locale)
    }

    /// The language's BCP 47 tag, for the page's `lang`.
    pub(super) const fn tag(self) -> &'static str {
        self.0.tag()
    }

    /// The text named `name`.
    pub(super) fn get(self, name: &str) -> String {
        TEXTS.lookup(self.language(), name)
    }

    /// The text named `name`, with what it mentions. Not escaped: templates do that.
    pub(super) fn with<const N: usize>(self, name: &str, values: [(&'static str, FluentValue<'_>); N]) -> String {
        let values: HashMap<Cow<'static, str>, FluentValue<'_>> = values.into_iter().map(|(name, value)| (Cow::Borrowed(name), value)).collect();
        TEXTS.lookup_with_args(self.language(), name, &values)
    }

    fn language(self) -> &'static LanguageIdentifier {
        match self.0 {
            Locale::English => &ENGLISH,
            Locale::Indonesian => &INDONESIAN,
            Locale::TraditionalChinese => &TRADITIONAL_CHINESE,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ENGLISH_FILE: &str = include_str!("../../locales/en/pages.ftl");
    const FILES: [&str; 3] = [ENGLISH_FILE, include_str!("../../locales/id/pages.ftl"), include_str!("../../locales/zh-Hant/pages.ftl")];

    /// The names in a file, each with the values that its text mentions.
    fn texts(file: &str) -> Vec<(&str, Vec<&str>)> {
        let mut texts: Vec<(&str, Vec<&str>)> = Vec::new();
        for line in file.lines().filter(|line| !line.starts_with('#') && !line.is_empty()) {
            if !line.starts_with(char::is_whitespace) {
                texts.push((line.split_once(" =").expect("a line names a text").0, Vec::new()));
            }
            let mentioned = line.split("{ $").skip(1).map(|rest| rest.split([' ', '}']).next().unwrap());
            texts.last_mut().expect("a text before its second line").1.extend(mentioned);
        }
        for text in &mut texts {
            text.1.sort_unstable();
            text.1.dedup();
        }
        texts
    }

    /// A text with something for everything that any text mentions.
    fn said(locale: Locale, name: &str) -> String {
        let value = || FluentValue::from("x");
        let values = [("brand", value()), ("minutes", 2.into()), ("name", value()), ("username", value()), ("email", value())];
        Texts::of(locale).with(name, values)
    }

    #[test]
    fn every_language_has_every_text_and_mentions_the_same() {
        let english = texts(ENGLISH_FILE);
        assert!(english.len() > 40);
        for file in FILES {
            assert_eq!(texts(file), english);
        }
        for locale in Locale::ALL {
            for (name, _) in &english {
                let text = said(locale, name);
                assert!(!text.is_empty() && !text.contains("Unknown localization"), "{name} in {}", locale.tag());
                assert!(locale == Locale::English || text != said(Locale::English, name), "{name} is not translated");
            }
        }
    }

    #[test]
    fn minutes_are_counted_as_people_do() {
        let minutes = |locale, count: u64| Texts::of(locale).with("confirm-time", [("minutes", count.into())]);
        assert_eq!(minutes(Locale::English, 1), "This link works for one more minute.");
        assert_eq!(minutes(Locale::English, 29), "This link works for 29 more minutes.");
        assert_eq!(minutes(Locale::Indonesian, 1), "Tautan ini masih berlaku 1 menit lagi.");
        assert_eq!(minutes(Locale::TraditionalChinese, 29), "此連結將於 29 分鐘後失效。");
    }
}
