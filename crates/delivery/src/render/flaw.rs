//! What is wrong with a text or a template of an operator: where, and what to write instead.

use std::fmt;

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Flaw {
    /// The file.
    pub file: String,
    /// The line, counted from 1, where it is known.
    pub line: Option<usize>,
    /// The text's key, where there is one.
    pub key: Option<String>,
    /// What is wrong.
    pub what: String,
}

impl Flaw {
    /// Something wrong with a whole file.
    pub(super) fn of_file(file: impl Into<String>, what: impl Into<String>) -> Self {
        Self { file: file.into(), line: None, key: None, what: what.into() }
    }
}

impl fmt::Display for Flaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.file)?;
        if let Some(line) = self.line {
            write!(f, ", line {line}")?;
        }
        if let Some(key) = &self.key {
            write!(f, ", `{key}`")?;
        }
        write!(f, ": {}", self.what)
    }
}

/// Everything that is wrong with the texts and templates of an installation.
#[derive(Debug, thiserror::Error)]
#[error("the texts are not usable:{}", listed(.0))]
pub struct Flaws(pub Vec<Flaw>);

fn listed(flaws: &[Flaw]) -> String {
    flaws.iter().map(|flaw| format!("\n  {flaw}")).collect()
}
