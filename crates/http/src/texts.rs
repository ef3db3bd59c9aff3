//! What people read, in their language: the pages and the texts of surfaces that answer a person. The texts are data (`locales/<language>/*.ftl`),
//! built into the program.

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
pub(crate) struct Texts(Locale);

impl Texts {
    /// The texts in `locale`.
    pub(crate) const fn of(locale: Locale) -> Self {
        Self(locale)
    }

    /// The language's BCP 47 tag, for the page's `lang`.
    pub(crate) const fn tag(self) -> &'static str {
        self.0.tag()
    }

    /// The text named `name`.
    pub(crate) fn get(self, name: &str) -> String {
        TEXTS.lookup(self.language(), name)
    }

    /// The text named `name`, with what it mentions. Not escaped: templates do that.
    pub(crate) fn with<const N: usize>(self, name: &str, values: [(&'static str, FluentValue<'_>); N]) -> String {
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
    use std::collections::BTreeSet;
    use std::path::{Path, PathBuf};

    /// The files that every language has.
    const FILES: [&str; 2] = ["app.ftl", "pages.ftl"];

    fn folder(locale: Locale) -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("locales").join(locale.tag())
    }

    fn read(locale: Locale, file: &str) -> String {
        std::fs::read_to_string(folder(locale).join(file)).unwrap_or_else(|error| panic!("{file} in {}: {error}", locale.tag()))
    }

    /// The names in a file, each with the values that its text mentions.
    fn texts(file: &str) -> Vec<(&str, Vec<&str>)> {
        let mut texts: Vec<(&str, Vec<&str>)> = Vec::new();
        for line in file.lines().filter(|line| !line.starts_with('#') && !line.is_empty()) {
            if !line.starts_with(char::is_whitespace) {
                texts.push((line.split_once(" =").expect("a line names a text").0, Vec::new()));
            }
            let is_of_a_name = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
            let mentioned = line.split('$').skip(1).map(|rest| rest.split(|c| !is_of_a_name(c)).next().unwrap()).filter(|name| !name.is_empty());
            texts.last_mut().expect("a text before its second line").1.extend(mentioned);
        }
        for text in &mut texts {
            text.1.sort_unstable();
            text.1.dedup();
        }
        texts
    }

    /// A text with `value` for everything that it mentions.
    fn said(locale: Locale, (name, mentioned): &(&str, Vec<&str>), value: &FluentValue<'static>) -> String {
        let values = mentioned.iter().map(|name| (Cow::Owned((*name).to_owned()), value.clone())).collect();
        TEXTS.lookup_with_args(Texts::of(locale).language(), name, &values)
    }

    #[test]
    fn every_language_has_every_text_and_mentions_the_same() {
        for file in FILES {
            let english = read(Locale::English, file);
            let english = texts(&english);
            assert!(!english.is_empty(), "{file}");
            for locale in Locale::ALL {
                assert_eq!(texts(&read(locale, file)), english, "{file} in {}", locale.tag());
                // A count is a number, a name is not; a text that chooses by either has something for both.
                for (text, value) in english.iter().flat_map(|text| [(text, FluentValue::from("x")), (text, 2.into())]) {
                    let (name, said_here) = (text.0, said(locale, text, &value));
                    assert!(!said_here.is_empty() && !said_here.contains("Unknown localization"), "{name} in {}", locale.tag());
                    assert!(!said_here.contains("{$"), "{name} in {} does without a value: {said_here}", locale.tag());
                    assert!(locale == Locale::English || said_here != said(Locale::English, text, &value), "{name} is not translated");
                }
            }
        }
    }

    #[test]
    fn no_file_is_forgotten_here_and_no_two_name_the_same_text() {
        for locale in Locale::ALL {
            let there = std::fs::read_dir(folder(locale)).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
            assert_eq!(there.collect::<BTreeSet<_>>(), FILES.map(str::to_owned).into(), "{}", locale.tag());
        }
        let files = FILES.map(|file| read(Locale::English, file));
        let names: Vec<_> = files.iter().flat_map(|file| texts(file)).map(|(name, _)| name).collect();
        assert!(names.len() > 40);
        assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len());
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
