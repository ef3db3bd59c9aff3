//! Machine clients, administered beside a running server.

use serde_json::{Value, json};

use super::program::{Client, Home};

#[tokio::test]
async fn a_new_client_can_call_at_once_and_a_disabled_one_no_more() {
    let home = Home::for_development();
    let (server, http) = (home.start(&["serve"]), reqwest::Client::new());
    let made = home.json(&["client", "create", " The Shop ", "--scope", "usapi", "--scope", "b2b", "--json"]);
    assert_eq!((&made["name"], &made["scopes"]), (&json!("The Shop"), &json!(["b2b", "usapi"])));
    assert_eq!(made.as_object().unwrap().len(), 4, "{made}");
    let client = Client { id: made["id"].as_str().unwrap().into(), secret: made["secret"].as_str().unwrap().into() };
    assert_eq!(server.register(&http, &client, "siti", 1).await.unwrap(), 200);
    home.run(&["client", "disable", &client.id]).ok();
    assert_eq!(server.register(&http, &client, "budi", 2).await.unwrap(), 401);
}

#[tokio::test]
async fn a_rotated_secret_replaces_the_old_one_at_once() {
    let home = Home::for_development();
    let (server, http, old) = (home.start(&["serve"]), reqwest::Client::new(), home.client());
    assert_eq!(server.register(&http, &old, "siti", 1).await.unwrap(), 200);
    let rotated = home.json(&["client", "rotate", &old.id, "--json"]);
    assert_eq!((rotated["id"].as_str(), &rotated["name"], &rotated["scopes"]), (Some(old.id.as_str()), &json!("shop"), &json!(["usapi"])));
    assert_eq!(server.register(&http, &old, "budi", 2).await.unwrap(), 401);
    let new = Client { secret: rotated["secret"].as_str().unwrap().into(), ..old };
    assert_eq!(server.register(&http, &new, "budi", 2).await.unwrap(), 200);
}

#[tokio::test]
async fn a_client_without_the_scope_cannot_call() {
    let home = Home::for_development();
    let server = home.start(&["serve"]);
    let made = home.json(&["client", "create", "partner", "--scope", "b2b", "--json"]);
    let client = Client { id: made["id"].as_str().unwrap().into(), secret: made["secret"].as_str().unwrap().into() };
    assert_eq!(server.register(&reqwest::Client::new(), &client, "siti", 1).await.unwrap(), 401);
}

#[test]
fn the_list_shows_every_client_and_no_secret() {
    let home = Home::for_development();
    assert!(home.run(&["client", "list"]).ok().contains("no clients"));
    let (first, second) = (home.client(), home.client());
    home.run(&["client", "disable", &second.id]).ok();
    let list = home.json(&["client", "list", "--json"]);
    assert_eq!((&list[0]["id"], &list[0]["disabled_at"]), (&json!(first.id), &json!(null)));
    assert!(list[1]["id"] == second.id && list[1]["disabled_at"].is_string(), "{list}");
    let plain = home.run(&["client", "list"]).ok();
    assert!(plain.contains(&first.id) && !plain.contains(&first.secret) && !list.to_string().contains(&first.secret));
}

#[tokio::test]
async fn a_host_gets_tokens_that_end_with_its_secret() {
    let home = Home::for_development();
    let (server, http) = (home.start(&["serve"]), reqwest::Client::new());
    let made = home.json(&["client", "create", "partner", "--scope", "b2b", "--json"]);
    let id = made["id"].as_str().unwrap();
    let ask = async |path: &str, secret: &Value, form: &[(&str, &str)]| {
        let request = http.post(format!("{}{path}", server.base)).basic_auth(id, secret.as_str());
        request.form(form).send().await.unwrap().json::<Value>().await.unwrap()
    };
    let grant = [("grant_type", "client_credentials")];
    let token = ask("/oauth/token", &made["secret"], &grant).await["access_token"].as_str().unwrap().to_owned();
    assert_eq!(ask("/oauth/introspect", &made["secret"], &[("token", &token)]).await["active"], true);
    let rotated = home.json(&["client", "rotate", id, "--json"]);
    assert_eq!(ask("/oauth/introspect", &rotated["secret"], &[("token", &token)]).await, json!({"active": false}));
    assert_eq!(ask("/oauth/token", &made["secret"], &grant).await["error"], "invalid_client");
    home.run(&["client", "disable", id]).ok();
    assert_eq!(ask("/oauth/token", &rotated["secret"], &grant).await["error"], "invalid_client");
}

#[test]
fn a_host_reads_phone_numbers_in_its_country() {
    let home = Home::for_development();
    let create = |name: &str, more: &[&str]| home.json(&[&["client", "create", name, "--json"], more].concat());
    let here = create("Jakarta", &["--scope", "b2b"]);
    let there = create("Kowloon", &["--scope", "b2b", "--country", "HK"]);
    create("shop", &["--scope", "usapi"]);
    let names: Vec<_> = there.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(names, ["id", "name", "scopes", "secret"], "the answer to a program is the documented one");
    let listed = || {
        let list = home.json(&["client", "list", "--json"]);
        list.as_array().unwrap().iter().map(|client| client["country"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(listed(), [json!("ID"), json!("HK"), json!(null)]);
    let said = home.run(&["client", "country", here["id"].as_str().unwrap(), "SG"]).ok();
    assert!(said.contains("reads phone numbers in SG"), "{said}");
    assert_eq!(listed(), [json!("SG"), json!("HK"), json!(null)]);
    let plain = home.run(&["client", "list"]).ok();
    let line = |name: &str| plain.lines().find(|line| line.ends_with(name)).unwrap().split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    assert_eq!((line("Kowloon")[2].as_str(), line("shop")[2].as_str()), ("HK", "-"));
    for odd in ["hk", "XX", "HKG", "", "Hong Kong"] {
        let answered = home.run(&["client", "create", "x", "--scope", "b2b", "--country", odd]);
        assert_eq!(answered.status, Some(2), "{odd}: {answered:?}");
        assert!(answered.err.contains("two capital letters"), "{odd}: {answered:?}");
    }
    assert_eq!(listed().len(), 3);
}

#[test]
fn a_client_that_is_not_there_and_a_bad_name_are_failures() {
    let home = Home::for_development();
    for command in [&["client", "rotate", "nobody"][..], &["client", "disable", "nobody"], &["client", "country", "nobody", "HK"]] {
        assert!(home.run(command).failed().contains("no client nobody"));
    }
    assert!(home.run(&["client", "create", " ", "--scope", "usapi"]).failed().contains("1 to 100 characters"));
}
