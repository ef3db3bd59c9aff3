//! Reading: defaults, then the file, then environment variables, each layer with a name so that an error can say where a value was set.
//!
//! Figment merges them. Its own reading of environment variables guesses a value's type from its text (a brand called `123` would
//! become a number), so here the type of the key's default decides.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use figment::value::{Dict, Map, Value};
use figment::{Figment, Metadata, Profile, Provider};

use super::error::{ConfigError, Problem};
use super::{Config, DEFAULT_FILE, DEVELOPMENT_DATA};

const PREFIX: &str = "DAFTAR_";

/// The defaults to begin with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Preset {
    /// Those of `daftar.example.toml`.
    Usual,
    /// The same for `environment = "development"`, and no waiting at the end.
    Development,
}

/// What a configuration is read from.
#[derive(Debug, Clone)]
pub(crate) struct Sources {
    /// The defaults to begin with.
    pub(crate) preset: Preset,
    /// The file that was named.
    pub(crate) file: Option<PathBuf>,
    /// The environment variables, `DAFTAR_…` and others.
    pub(crate) variables: Vec<(OsString, OsString)>,
}

impl Sources {
    /// The file that was named and the variables of this process.
    pub(crate) fn of_process(preset: Preset, file: Option<PathBuf>) -> Self {
        Self { preset, file, variables: std::env::vars_os().collect() }
    }

    /// For commands that work beside a server: where nothing is configured and `daftar dev` has left an installation in the working
    /// directory, that one is meant.
    pub(crate) fn or_development(mut self) -> Self {
        let unconfigured = self.file.is_none() && !Path::new(DEFAULT_FILE).exists();
        let unset = !self.variables.iter().any(|(name, _)| name.to_string_lossy().starts_with(PREFIX));
        if unconfigured && unset && Path::new(DEVELOPMENT_DATA).join(crate::dev::CLIENT_FILE).exists() {
            self.preset = Preset::Development;
        }
        self
    }
}

/// A configuration as it was written, with the layers that it came from.
#[derive(Debug)]
pub(crate) struct Written {
    pub(super) config: Config,
    figment: Figment,
}

impl Written {
    /// Where `key` was set; `None`: it has its default.
    pub(super) fn source_of(&self, key: &str) -> Option<String> {
        self.figment.find_metadata(key).map(|metadata| metadata.name.to_string())
    }
}

/// One layer: a table of values and the name of where they stand.
struct Layer {
    name: String,
    values: Dict,
}

impl Provider for Layer {
    fn metadata(&self) -> Metadata {
        Metadata::named(self.name.clone())
    }

    fn data(&self) -> Result<Map<Profile, Dict>, figment::Error> {
        Ok(Map::from([(Profile::Default, self.values.clone())]))
    }
}

/// Reads every layer.
pub(super) fn read(sources: &Sources) -> Result<Written, ConfigError> {
    let mut figment = Figment::new();
    if sources.preset == Preset::Development {
        let development = [("environment", Value::from("development")), ("shutdown", Value::from(Dict::from([("delay".into(), Value::from("0s"))])))];
        let values = development.map(|(key, value)| (key.to_owned(), value)).into();
        figment = figment.merge(Layer { name: "defaults of `daftar dev`".to_owned(), values });
    }
    let default = Path::new(DEFAULT_FILE);
    if let Some(path) = sources.file.as_deref().or_else(|| default.exists().then_some(default)) {
        figment = figment.merge(file(path)?);
    }
    let defaults = serde_json::to_value(Config::default()).unwrap_or_default();
    for layer in variables(&sources.variables, &defaults)? {
        figment = figment.merge(layer);
    }
    match figment.extract() {
        Ok(config) => Ok(Written { config, figment }),
        Err(error) => Err(ConfigError::from_figment(error)),
    }
}

fn file(path: &Path) -> Result<Layer, ConfigError> {
    let unreadable = |source| ConfigError::File { path: path.to_owned(), source };
    let text = std::fs::read_to_string(path).map_err(unreadable)?;
    let table: toml::Table = toml::from_str(&text).map_err(|error| ConfigError::Syntax {
        path: path.to_owned(),
        // The parser's own report quotes the line, which may hold a secret.
        line: error.span().map_or(1, |span| 1 + text.bytes().take(span.start).filter(|b| *b == b'\n').count()),
        what: error.message().to_owned(),
    })?;
    Ok(Layer { name: path.display().to_string(), values: table.into_iter().map(|(key, value)| (key, of_toml(value))).collect() })
}

fn of_toml(value: toml::Value) -> Value {
    match value {
        toml::Value::String(text) => Value::from(text),
        toml::Value::Integer(number) => u64::try_from(number).map_or_else(|_| Value::from(number), Value::from),
        toml::Value::Float(number) => Value::from(number),
        toml::Value::Boolean(yes) => Value::from(yes),
        toml::Value::Datetime(date) => Value::from(date.to_string()),
        toml::Value::Array(values) => Value::from(values.into_iter().map(of_toml).collect::<Vec<_>>()),
        toml::Value::Table(table) => Value::from(table.into_iter().map(|(key, value)| (key, of_toml(value))).collect::<Dict>()),
    }
}

/// One layer for every `DAFTAR_…` variable, in the order of their names.
fn variables(all: &[(OsString, OsString)], defaults: &serde_json::Value) -> Result<Vec<Layer>, ConfigError> {
    let ours: BTreeMap<_, _> = all.iter().filter_map(|(name, value)| Some((name.to_str()?.to_owned(), value))).collect();
    let mut layers = Vec::new();
    for (variable, value) in ours {
        let Some(path) = variable.strip_prefix(PREFIX) else { continue };
        let path: Vec<String> = path.split("__").map(str::to_ascii_lowercase).collect();
        let name = format!("environment variable {variable}");
        let Some(text) = value.to_str() else {
            return Err(Problem { key: path.join("."), source: Some(name), value: None, allowed: "UTF-8 text".to_owned() }.into());
        };
        let default = path.iter().try_fold(defaults, |table, part| table.get(part));
        let value = path.iter().rev().fold(of_variable(text, default), |inner, part| Value::from(Dict::from([(part.clone(), inner)])));
        layers.push(Layer { name, values: value.into_dict().unwrap_or_default() });
    }
    Ok(layers)
}

/// The value of a variable, in the type that the key's default has; a text that does not fit it stays a text, for the error to show.
fn of_variable(text: &str, default: Option<&serde_json::Value>) -> Value {
    use serde_json::Value as Json;
    match default {
        Some(Json::Bool(_)) => text.parse().map_or_else(|_| Value::from(text), |yes: bool| Value::from(yes)),
        Some(Json::Number(number)) if number.is_f64() => text.parse().map_or_else(|_| Value::from(text), |number: f64| Value::from(number)),
        Some(Json::Number(_)) => number(text).unwrap_or_else(|| Value::from(text)),
        Some(Json::Array(_)) => list(text),
        Some(Json::Null | Json::String(_) | Json::Object(_)) | None => Value::from(text),
    }
}

fn number(text: &str) -> Option<Value> {
    text.parse::<u64>().map(Value::from).ok().or_else(|| text.parse::<i64>().map(Value::from).ok())
}

/// A list as TOML or JSON writes one, or its texts separated by commas.
fn list(text: &str) -> Value {
    let as_toml = || toml::from_str::<toml::Table>(&format!("list = {text}")).ok()?.remove("list");
    let as_json = || serde_json::from_str(text).ok();
    if let Some(written @ toml::Value::Array(_)) = as_toml().or_else(as_json) {
        return of_toml(written);
    }
    Value::from(text.split(',').map(str::trim).filter(|item| !item.is_empty()).map(Value::from).collect::<Vec<_>>())
}
