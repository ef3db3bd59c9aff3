//! Every documented call, called by schemathesis with what the documentation allows and with what it does not: nothing is answered with a status, a type, a header or a body
//! that is not documented, nothing fails within, and no call forgets to ask who calls. `scripts/test` installs it.

use std::path::Path;
use std::process::Command;

use daftar_core::client::Scope;
use daftar_testkit::Installation;
use tempfile::TempDir;

use crate::oauth::Machine;
use crate::{app, usapi};

const CHECKS: &str = "not_a_server_error,status_code_conformance,content_type_conformance,response_headers_conformance,response_schema_conformance,\
    unsupported_method,ignored_auth";
const MISSING: &str = "this test needs schemathesis: run ./scripts/test, which installs it";

/// Who calls what.
async fn configuration(site: &Installation) -> String {
    let (person, app_person) = (usapi::signed_in(site, 1).await, app::by_mail(site).await);
    let leaving = app::by_phone(site).await;
    let shop = Machine::new(site, &[Scope::Usapi, Scope::B2b, Scope::Admin]).await;
    let machine = shop.token(site).await;
    format!(
        r#"
[auth.openapi]
client = {{ username = "{}", password = "{}" }}
person = {{ bearer = "{person}" }}
appPerson = {{ bearer = "{app_person}" }}

[[operations]]
include-tag = "INVAS"
headers = {{ Authorization = "Bearer {machine}" }}

[[operations]]
include-tag = "Administration"
headers = {{ Authorization = "Bearer {machine}" }}

[[operations]]
include-operation-id = "appLogout"
headers = {{ Authorization = "Bearer {leaving}" }}
"#,
        shop.id.as_str(),
        shop.secret,
    )
}

fn schemathesis() -> Command {
    let installed = concat!(env!("CARGO_MANIFEST_DIR"), "/../../target/schemathesis/bin/schemathesis");
    Command::new(if Path::new(installed).exists() { installed } else { "schemathesis" })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_call_answers_whatever_is_sent_as_documented() {
    let site = Installation::start().await;
    let folder = TempDir::new().unwrap();
    std::fs::write(folder.path().join("schemathesis.toml"), configuration(&site).await).unwrap();
    let url = format!("http://{}/openapi.json", site.address());
    let mut command = schemathesis();
    // One worker: Python 3.11 loses count of its own recursion when two threads parse at once (gh-106905), and ends the run.
    command.current_dir(folder.path()).env("NO_COLOR", "1");
    command.args(["run", &url, "--checks", CHECKS, "--max-examples", "10", "--seed", "1", "--phases", "examples,coverage,fuzzing", "--workers", "1"]);
    // The installation goes on meanwhile, on threads of its own.
    let output = command.output().expect(MISSING);
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}\n{}", String::from_utf8_lossy(&output.stderr));
    // All but the document itself.
    let calls = super::calls(&super::document()).len() - 1;
    assert!(said.contains(&format!("Tested: {calls}")), "{said}");
}
