//! The documentation of the calls: that it is valid, that its copy in `docs/` is current, and that it names the calls that there are. That answers are as it says is demanded
//! by every test's caller.

mod fuzzed;

use std::collections::BTreeSet;

use daftar_http::openapi::written;
use daftar_testkit::Installation;
use reqwest::Method;
use serde_json::{Map, Value, json};

fn document() -> Value {
    serde_json::from_slice(written()).unwrap()
}

/// Every call: method, path, what is said of it.
fn calls(document: &Value) -> Vec<(String, String, Value)> {
    let paths = document["paths"].as_object().unwrap().iter();
    let of_path = |(path, item): (&String, &Value)| {
        let calls = item.as_object().unwrap().clone().into_iter();
        calls.map(|(method, call)| (method.to_uppercase(), path.clone(), call)).collect::<Vec<_>>()
    };
    paths.flat_map(of_path).collect()
}

#[test]
fn it_is_openapi_3_1_by_the_initiatives_own_schema() {
    // From github.com/OAI/OpenAPI-Specification, branch v3.1-dev, src/schemas/validation/schema.yaml, as JSON.
    let schema: Value = serde_json::from_str(include_str!("oas-3.1.schema.json")).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let document = document();
    let errors: Vec<String> = validator.iter_errors(&document).map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert!(errors.is_empty(), "{errors:#?}");
    let broken = json!({ "openapi": "3.1.0", "info": document["info"], "paths": { "no slash": {} } });
    assert!(!validator.is_valid(&broken), "the schema finds nothing");
}

#[test]
fn the_copy_in_docs_is_current() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/openapi.json");
    if std::env::var_os("WRITE_OPENAPI").is_some() {
        std::fs::write(path, written()).unwrap();
    }
    let kept = std::fs::read(path).unwrap_or_default();
    let how = "WRITE_OPENAPI=1 cargo nextest run -p daftar-http openapi::the_copy";
    assert!(kept == *written(), "docs/openapi.json is not what the program says: look at the difference after `{how}`");
}

#[tokio::test]
async fn it_is_answered_as_it_is_kept() {
    let site = Installation::start().await;
    let answer = site.anybody().get("/openapi.json").await;
    assert_eq!((answer.status.as_u16(), answer.header("content-type")), (200, "application/json"));
    assert_eq!(answer.text.as_bytes(), &written()[..]);
}

#[tokio::test]
async fn it_names_the_methods_that_each_path_has_and_no_others() {
    let site = Installation::start().await;
    let document = document();
    for (path, item) in document["paths"].as_object().unwrap() {
        let documented: BTreeSet<String> = item.as_object().unwrap().keys().map(|method| method.to_uppercase()).collect();
        let anywhere = path.replace("{id}", "01938f6e-9b1a-7c44-8a5e-3f2b9d1c7e60").replace("{file}", "a").replace("{route}", "a");
        let response = site.anybody().request(Method::PATCH, &anywhere).send().await.unwrap();
        assert_eq!(response.status(), 405, "{path}");
        let allowed = response.headers()["allow"].to_str().unwrap().split(',').map(|method| method.trim().to_owned());
        assert_eq!(allowed.filter(|method| method != "HEAD").collect::<BTreeSet<_>>(), documented, "{path}");
    }
}

#[test]
fn every_call_has_a_name_of_its_own_and_says_what_may_go_wrong() {
    let document = document();
    let mut names = BTreeSet::new();
    for (method, path, call) in calls(&document) {
        let name = call["operationId"].as_str().unwrap();
        assert!(names.insert(name.to_owned()), "{name} is two calls");
        assert!(!call["summary"].as_str().unwrap().is_empty());
        let statuses: BTreeSet<&str> = call["responses"].as_object().unwrap().keys().map(String::as_str).collect();
        assert!(statuses.contains("503"), "{method} {path}");
        if path != "/readyz" {
            assert!(["408", "429", "500"].iter().all(|status| statuses.contains(status)), "{method} {path}: {statuses:?}");
        }
        assert!(call.get("security").is_none() || statuses.contains("401"), "{method} {path}");
    }
    assert!(names.len() > 45);
}

#[test]
fn its_examples_are_what_its_schemas_say() {
    let document = document();
    let none = Map::new();
    let mut seen = 0;
    for (method, path, call) in calls(&document) {
        let responses = call["responses"].as_object().unwrap().values();
        let contents = responses.chain(call.get("requestBody")).flat_map(|described| described["content"].as_object().unwrap_or(&none));
        for (media, content) in contents {
            let schema = json!({ "allOf": [content["schema"]], "components": document["components"] });
            let validator = jsonschema::options().should_validate_formats(true).build(&schema).unwrap();
            let examples = content.get("examples").and_then(Value::as_object).unwrap_or(&none).values().map(|example| &example["value"]);
            for example in examples.chain(content.get("example")) {
                let errors: Vec<String> = validator.iter_errors(example).map(|error| error.to_string()).collect();
                assert!(errors.is_empty(), "{method} {path} {media}: {errors:?}\n{example}");
                seen += 1;
            }
        }
    }
    assert!(seen > 300, "{seen}");
}
