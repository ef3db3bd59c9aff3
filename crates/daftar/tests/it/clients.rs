//! Machine clients, administered beside a running server.

use serde_json::json;

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

#[test]
fn a_client_that_is_not_there_and_a_bad_name_are_failures() {
    let home = Home::for_development();
    for command in [["client", "rotate", "nobody"], ["client", "disable", "nobody"]] {
        assert!(home.run(&command).failed().contains("no client nobody"));
    }
    assert!(home.run(&["client", "create", " ", "--scope", "usapi"]).failed().contains("1 to 100 characters"));
}
