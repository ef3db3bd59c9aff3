//! The folder in which an operator keeps texts and a template of his own: `<language>/messages.ftl` with any of our keys, and `mail.html`. Read once, at
//! the start. A file that would never be read is refused, because its writer believes that it is.

use std::fs;
use std::path::Path;

use daftar_core::locale::Locale;

use super::flaw::{Flaw, Flaws};

/// The name of a file with texts.
const TEXTS: &str = "messages.ftl";
/// The name of the page of every mail.
const PAGE: &str = "mail.html";
const PLACES: &str = "there are en/messages.ftl, id/messages.ftl, zh-Hant/messages.ftl and mail.html";

/// A file of an operator's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Source {
    /// Where it is.
    pub(super) file: String,
    /// What it holds.
    pub(super) text: String,
}

/// Texts and templates that stand in place of ours. The default is none.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Overrides {
    texts: Vec<(Locale, Source)>,
    page: Option<Source>,
}

impl Overrides {
    /// Reads the folder `dir`.
    ///
    /// # Errors
    /// [`Flaws`]: what cannot be read, and what nobody would read.
    pub fn read(dir: &Path) -> Result<Self, Flaws> {
        let mut reading = Reading::default();
        for (name, is_folder, path) in reading.entries(dir) {
            match Locale::ALL.into_iter().find(|locale| locale.tag() == name) {
                Some(locale) if is_folder => reading.language(locale, &path),
                _ if name == PAGE && !is_folder => reading.found.page = reading.source(&path),
                _ => reading.refuse(&name, is_folder, &path),
            }
        }
        if reading.flaws.is_empty() { Ok(reading.found) } else { Err(Flaws(reading.flaws)) }
    }

    /// The texts of `locale`.
    pub(super) fn texts(&self, locale: Locale) -> Option<&Source> {
        self.texts.iter().find(|(there, _)| *there == locale).map(|(_, source)| source)
    }

    /// The page of every mail.
    pub(super) const fn page(&self) -> Option<&Source> {
        self.page.as_ref()
    }
}

/// What was found so far.
#[derive(Default)]
struct Reading {
    found: Overrides,
    flaws: Vec<Flaw>,
}

impl Reading {
    /// What is in a folder, in the order of names: name, whether it is a folder, path.
    fn entries(&mut self, dir: &Path) -> Vec<(String, bool, std::path::PathBuf)> {
        let listed = fs::read_dir(dir).and_then(|entries| {
            let entries = entries.map(|entry| entry.map(|entry| (entry.file_name().to_string_lossy().into_owned(), entry.path())));
            entries.collect::<Result<Vec<_>, _>>()
        });
        match listed {
            Ok(mut entries) => {
                entries.sort();
                entries.into_iter().map(|(name, path)| (name, path.is_dir(), path)).collect()
            }
            Err(error) => {
                self.flaws.push(Flaw::of_file(dir.display().to_string(), format!("the folder cannot be read: {error}")));
                Vec::new()
            }
        }
    }

    fn language(&mut self, locale: Locale, dir: &Path) {
        for (name, is_folder, path) in self.entries(dir) {
            if name != TEXTS || is_folder {
                self.refuse(&name, is_folder, &path);
            } else if let Some(source) = self.source(&path) {
                self.found.texts.push((locale, source));
            }
        }
    }

    fn source(&mut self, path: &Path) -> Option<Source> {
        let file = path.display().to_string();
        match fs::read_to_string(path) {
            // A mark that editors of some systems put in front.
            Ok(text) => Some(Source { file, text: text.strip_prefix('\u{feff}').map_or(text.clone(), str::to_owned) }),
            Err(error) => {
                self.flaws.push(Flaw::of_file(file, format!("it cannot be read: {error}")));
                None
            }
        }
    }

    /// Notes and hidden files may lie there; what looks like ours and is not, may not.
    fn refuse(&mut self, name: &str, is_folder: bool, path: &Path) {
        let looks_like_ours = is_folder || [".ftl", ".html"].iter().any(|end| name.ends_with(end));
        if looks_like_ours && !name.starts_with('.') {
            self.flaws.push(Flaw::of_file(path.display().to_string(), format!("nothing reads it; {PLACES}")));
        }
    }
}
