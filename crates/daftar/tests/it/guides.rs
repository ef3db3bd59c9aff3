//! The guides in `docs/guides`: every command in them is run against `daftar dev`, and prints what the guide says.

use serde_json::{Deserializer, Value};

use super::bash::Bash;
use super::dev::tour_of;
use super::program::Home;

/// A guide's blocks: their language and text.
fn blocks(guide: &str) -> Vec<(String, String)> {
    let path = format!("{}/../../docs/guides/{guide}.md", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(path).unwrap();
    let fenced = text.split("\n```").skip(1).step_by(2);
    fenced.map(|block| block.split_once('\n').unwrap()).map(|(language, text)| (language.to_owned(), text.to_owned())).collect()
}

/// The JSON values in a text, whatever is between them.
fn values(text: &str) -> Vec<Value> {
    Deserializer::from_str(text).into_iter().map(Result::unwrap).collect()
}

/// Whether a value is as shown: `…` stands for any text, and a number of 0 for any other.
fn is_as_shown(shown: &Value, value: &Value) -> bool {
    match (shown, value) {
        (Value::String(any), Value::String(_)) if any == "…" => true,
        (Value::Number(any), Value::Number(_)) if any.as_i64() == Some(0) => true,
        (Value::Object(shown), Value::Object(value)) => {
            shown.len() == value.len() && shown.iter().all(|(name, shown)| value.get(name).is_some_and(|value| is_as_shown(shown, value)))
        }
        _ => shown == value,
    }
}

fn works(guide: &str) {
    let home = Home::for_development();
    let server = home.start(&["dev"]);
    let mut bash = Bash::start(&home);
    bash.paste(&tour_of(&server)[0]);
    let (mut printed, mut compared) = (String::new(), 0);
    for (language, text) in blocks(guide) {
        match language.as_str() {
            "sh" => printed = bash.paste(&text),
            "json" => {
                let (shown, got) = (values(&text), values(&printed));
                assert!(shown.len() == got.len() && shown.iter().zip(&got).all(|(shown, got)| is_as_shown(shown, got)), "{text}\n{printed}");
                compared += 1;
            }
            other => panic!("a block of {other:?} is neither run nor compared"),
        }
    }
    assert!(compared > 4);
    server.stop();
}

#[test]
fn every_command_for_a_web_shop_works_as_shown() {
    works("usapi");
}

#[test]
fn every_command_for_a_mobile_app_works_as_shown() {
    works("app");
}

#[test]
fn every_command_for_a_partners_host_works_as_shown() {
    works("invas");
}
