//! Holds every answer that a test gets against the documentation of the calls: a status, a type or a body that is not documented fails the test that met it, whatever
//! that test is about.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use jsonschema::Validator;
use reqwest::Method;
use serde_json::{Map, Value, json};

use crate::http::Answer;

static DOCUMENT: LazyLock<Value> = LazyLock::new(|| serde_json::from_slice(daftar_http::openapi::written()).unwrap());
static VALIDATORS: LazyLock<Mutex<HashMap<String, Arc<Validator>>>> = LazyLock::new(Mutex::default);

/// Demands that `answer` is one that a call may get.
#[track_caller]
pub(crate) fn demand(method: &Method, path: &str, answer: &Answer) {
    if let Err(why) = check(method, path, answer) {
        panic!("{method} {path} is not answered as documented: {why}\n{answer:?}");
    }
}

fn check(method: &Method, path: &str, answer: &Answer) -> Result<(), String> {
    // What is not documented is no call: there is nothing at this path, or not for this method.
    let Some((template, call)) = call(method, path) else { return Ok(()) };
    // Documented as it is without `app.always_ok`.
    if path.starts_with("/app/auth/") && answer.status == 200 && answer.text.starts_with(r#"{"success":false"#) {
        return Ok(());
    }
    let status = answer.status.as_u16().to_string();
    let response = call["responses"].get(&status).ok_or_else(|| format!("no status {status}"))?;
    let none = Map::new();
    let content = response["content"].as_object().unwrap_or(&none);
    if content.is_empty() {
        return if answer.text.is_empty() { Ok(()) } else { Err("a body where there is none".to_owned()) };
    }
    let media = answer.header("content-type").split(';').next().unwrap_or_default();
    let schema = &content.get(media).ok_or_else(|| format!("no {media:?} with status {status}"))?["schema"];
    if !media.ends_with("json") {
        return Ok(());
    }
    let body: Value = serde_json::from_str(&answer.text).map_err(|error| error.to_string())?;
    let errors: Vec<String> = validator(&format!("{method} {template} {status}"), schema).iter_errors(&body).map(|error| error.to_string()).collect();
    if errors.is_empty() { Ok(()) } else { Err(errors.join("; ")) }
}

/// The call, and its path with names for what varies.
fn call(method: &Method, path: &str) -> Option<(&'static str, &'static Value)> {
    let path = path.split(['?', '#']).next().unwrap_or_default();
    let paths = DOCUMENT["paths"].as_object().unwrap();
    let found = paths.get_key_value(path).or_else(|| paths.iter().find(|(template, _)| fits(template, path)));
    let (template, item) = found?;
    Some((template, item.get(method.as_str().to_lowercase())?))
}

fn fits(template: &str, path: &str) -> bool {
    let (one, other): (Vec<_>, Vec<_>) = (template.split('/').collect(), path.split('/').collect());
    one.len() == other.len() && one.iter().zip(&other).all(|(one, other)| one == other || (one.starts_with('{') && !other.is_empty()))
}

fn validator(name: &str, schema: &Value) -> Arc<Validator> {
    let mut validators = VALIDATORS.lock().unwrap_or_else(PoisonError::into_inner);
    let fresh = || {
        // References lead to the components of the whole document.
        let whole = json!({ "allOf": [schema], "components": DOCUMENT["components"] });
        Arc::new(jsonschema::options().should_validate_formats(true).build(&whole).unwrap())
    };
    Arc::clone(validators.entry(name.to_owned()).or_insert_with(fresh))
}
