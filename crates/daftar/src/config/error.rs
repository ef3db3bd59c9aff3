//! What is wrong with a configuration: the key, where it was set, its value (masked where it may be secret), and what is allowed.

use std::fmt;
use std::path::PathBuf;

use figment::error::{Actual, Kind};

use super::secret::{MASK, is_secret, masked_url};

/// One value that is not allowed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Problem {
    /// The key, written with dots.
    pub(crate) key: String,
    /// Where it was set; `None`: nowhere.
    pub(crate) source: Option<String>,
    /// What it was set to, masked; `None`: nothing, or the key itself is the problem.
    pub(crate) value: Option<String>,
    /// What is allowed.
    pub(crate) allowed: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`", self.key)?;
        if let Some(value) = &self.value {
            write!(f, " = {value}")?;
        }
        if let Some(source) = &self.source {
            write!(f, " ({source})")?;
        }
        write!(f, ": {}", self.allowed)
    }
}

/// Why there is no configuration to work with.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConfigError {
    /// The file cannot be read.
    #[error("the configuration file {} cannot be read", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The file is not TOML.
    #[error("the configuration file {} is not TOML: line {line}: {what}", path.display())]
    Syntax {
        /// The file.
        path: PathBuf,
        /// The line, counted from 1.
        line: usize,
        /// What the parser says, without the line's text.
        what: String,
    },
    /// Keys or values are not allowed.
    #[error("the configuration is not usable:{}", listed(.0))]
    Values(Vec<Problem>),
}

fn listed(problems: &[Problem]) -> String {
    problems.iter().map(|problem| format!("\n  {problem}")).collect()
}

impl From<Problem> for ConfigError {
    fn from(problem: Problem) -> Self {
        Self::Values(vec![problem])
    }
}

impl ConfigError {
    /// The same, in words for one who writes a configuration and no Rust.
    pub(super) fn from_figment(error: figment::Error) -> Self {
        Self::Values(error.into_iter().map(problem).collect())
    }
}

fn problem(error: figment::Error) -> Problem {
    let mut path = error.path.clone();
    let source = error.metadata.as_ref().map(|metadata| metadata.name.to_string());
    let (value, allowed) = match error.kind {
        Kind::UnknownField(field, known) => {
            if path.last() != Some(&field) {
                path.push(field);
            }
            (None, format!("there is no such key; there are {}", known.join(", ")))
        }
        Kind::UnknownVariant(variant, known) => (Some(format!("{variant:?}")), format!("allowed is {}", quoted(known))),
        Kind::InvalidType(actual, expected) | Kind::InvalidValue(actual, expected) => {
            (Some(shown(&actual)), format!("allowed is {}", plain(&expected)))
        }
        Kind::MissingField(field) => {
            path.push(field.into_owned());
            (None, "it must be set".to_owned())
        }
        other => (None, other.to_string()),
    };
    let key = path.join(".");
    let value = value.map(|value| if is_secret(&key) { MASK.to_owned() } else { value });
    Problem { key, source, value, allowed }
}

fn quoted(known: &[&str]) -> String {
    known.iter().map(|name| format!("{name:?}")).collect::<Vec<_>>().join(" or ")
}

fn shown(actual: &Actual) -> String {
    match actual {
        Actual::Bool(value) => value.to_string(),
        Actual::Unsigned(value) => value.to_string(),
        Actual::Signed(value) => value.to_string(),
        Actual::Float(value) => value.to_string(),
        Actual::Char(value) => format!("{value:?}"),
        Actual::Str(value) => format!("{:?}", if value.contains("://") { masked_url(value) } else { value.clone() }),
        Actual::Seq => "a list".to_owned(),
        Actual::Map => "a table".to_owned(),
        other => other.to_string(),
    }
}

/// What serde calls a type, in plain words; sentences of our own pass through.
fn plain(expected: &str) -> &str {
    match expected {
        "a string" => "a text in quotes",
        "a boolean" => "true or false",
        "path string" => "a path in quotes",
        "a sequence" => "a list, such as [\"…\", \"…\"]",
        structure if structure.starts_with("struct ") => "a table of keys",
        enumeration if enumeration.starts_with("enum ") => "a name in quotes",
        other => other,
    }
}
