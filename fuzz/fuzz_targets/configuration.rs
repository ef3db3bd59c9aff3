//! Configurations: a file of TOML, and environment variables above it. One that is refused is refused in words that name the key, one that is shown loads
//! again as the same, and neither shows a secret.
#![no_main]

use std::ffi::OsString;
use std::io::Write as _;
use std::path::PathBuf;

use libfuzzer_sys::fuzz_target;
use tempfile::NamedTempFile;
use toml::Value;
use url::Url;

/// What stands for every secret in the corpus.
const SECRET: &str = "hunter2";

fuzz_target!(|text: &str| {
    // Lines that set variables come first.
    let (mut variables, mut file) = (Vec::new(), text);
    while let Some((line, rest)) = file.split_once('\n').filter(|(line, _)| line.starts_with("DAFTAR_")) {
        let (name, value) = line.split_once('=').unwrap_or((line, ""));
        variables.push((name, value));
        file = rest;
    }
    match load(file, &variables) {
        Ok(shown) => {
            assert!(!shown.contains(SECRET) || !is_all_secret(file, &variables), "{shown}");
            if !shown.contains("***") {
                let again = load(&shown, &[]).unwrap_or_else(|error| panic!("{error}\n{shown}"));
                assert_eq!(again, shown, "what is shown is what is in force");
            }
        }
        Err(error) => {
            assert!(!error.contains(SECRET) || !is_all_secret(file, &variables), "{error}");
            assert!(error.contains('`') || error.contains("is not TOML: line "), "{error} does not say where");
        }
    }
});

fn load(file: &str, variables: &[(&str, &str)]) -> Result<String, String> {
    let mut written = NamedTempFile::new().expect("a file");
    written.write_all(file.as_bytes()).expect("a file");
    let variables = variables.iter().map(|(name, value)| (OsString::from(name), OsString::from(value))).collect();
    let path = PathBuf::from(written.path());
    daftar::configuration(path.clone(), variables).map_err(|error| error.to_string().replace(&path.display().to_string(), "FILE"))
}

/// Whether the secret stands nowhere but where secrets belong.
fn is_all_secret(file: &str, variables: &[(&str, &str)]) -> bool {
    let are_variables = variables.iter().all(|(name, value)| {
        let path: Vec<String> = name.trim_start_matches("DAFTAR_").split("__").map(str::to_ascii_lowercase).collect();
        !name.to_ascii_lowercase().contains(SECRET) && (!value.contains(SECRET) || is_secret(&path, value))
    });
    let is_file = match file.parse::<toml::Table>() {
        Ok(table) => holds(&Value::Table(table), &mut Vec::new()),
        // What cannot be read is not repeated, but a key may be.
        Err(_) => file.lines().all(|line| !line.split_once('=').map_or(line, |(key, _)| key).contains(SECRET)),
    };
    are_variables && is_file
}

fn holds(value: &Value, path: &mut Vec<String>) -> bool {
    let mut within = |name: String, value: &Value| {
        path.push(name);
        let outcome = holds(value, path);
        path.pop();
        outcome
    };
    match value {
        Value::Table(table) => table.iter().all(|(name, value)| !name.contains(SECRET) && within(name.clone(), value)),
        Value::Array(items) => items.iter().enumerate().all(|(n, value)| within(n.to_string(), value)),
        Value::String(text) => !text.contains(SECRET) || is_secret(path, text),
        Value::Integer(_) | Value::Float(_) | Value::Boolean(_) | Value::Datetime(_) => true,
    }
}

/// Whether what `text` has of the secret is a secret under this key.
fn is_secret(path: &[String], text: &str) -> bool {
    let path: Vec<&str> = path.iter().map(String::as_str).collect();
    match path.as_slice() {
        ["tokens"] | ["secrets"] | ["tokens", "secret"] | ["secrets", "master_key"] => true,
        ["database" | "email", "url"] | ["email", "servers", _, "url"] => is_password(text),
        ["sms", "routes", _, "secret" | "signing_key" | "body"] | ["sms", "routes", _, "headers", _] => true,
        _ => false,
    }
}

/// Whether the secret is the password in a URL, or the URL is none and could have it anywhere.
fn is_password(url: &str) -> bool {
    let is_in_it = |parsed: Url| parsed.has_host() && parsed.password().is_some_and(|password| password.contains(SECRET));
    !url.starts_with("sqlite:") && url.matches(SECRET).count() == 1 && Url::parse(url).map_or(true, is_in_it)
}
