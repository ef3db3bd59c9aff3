//! Accounts of people, administered beside a running server.

use serde_json::json;

use super::program::Home;

#[tokio::test]
async fn row_12_a_disabled_account_is_signed_out_at_once_and_can_be_enabled_again() {
    let home = Home::for_development();
    let (server, http, client) = (home.start(&["serve"]), reqwest::Client::new(), home.client());
    assert_eq!(server.register(&http, &client, "siti", 1).await.unwrap(), 200);
    let token = server.sign_in(&http, "siti").await.unwrap();
    assert_eq!(server.profile(&http, &token).await, 200);
    home.run(&["account", "disable", "siti"]).ok();
    assert_eq!(server.profile(&http, &token).await, 401);
    assert_eq!(server.sign_in(&http, "siti").await, Err(403));
    home.run(&["account", "enable", "siti"]).ok();
    assert_eq!(server.profile(&http, &token).await, 401, "an ended session stays ended");
    assert!(server.sign_in(&http, "siti").await.is_ok());
}

#[tokio::test]
async fn an_account_is_found_by_everything_that_names_it() {
    let home = Home::for_development();
    let (server, client) = (home.start(&["serve"]), home.client());
    server.register(&reqwest::Client::new(), &client, "siti", 1).await.unwrap();
    let account = home.json(&["account", "show", "SITI", "--json"]);
    assert_eq!((&account["status"], &account["email"], &account["phone"]), (&json!("active"), &json!("siti@example.com"), &json!("+6281200000001")));
    for name in [account["id"].as_str().unwrap(), "Siti@Example.com", "081200000001", "+62 812-0000-0001"] {
        assert_eq!(home.json(&["account", "show", name, "--json"]), account, "{name}");
    }
    assert!(home.run(&["account", "show", "siti"]).ok().contains("siti@example.com"));
    let error = home.run(&["account", "show", "nobody@example.com"]).failed();
    assert!(error.contains("no account n***@example.com"), "{error}");
}

#[tokio::test]
async fn an_account_is_found_by_how_something_of_it_begins() {
    let home = Home::for_development();
    let (server, client, http) = (home.start(&["serve"]), home.client(), reqwest::Client::new());
    for (name, number) in [("siti", 1), ("sitinur", 2), ("budi", 30)] {
        assert_eq!(server.register(&http, &client, name, number).await.unwrap(), 200);
    }
    let found = |beginning: &str| {
        let found = home.json(&["account", "search", beginning, "--json"]);
        found.as_array().unwrap().iter().map(|account| account["username"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(found("SITI"), ["siti", "sitinur"]);
    assert_eq!(found("+62 812-0000-000"), ["siti", "sitinur"]);
    assert_eq!(found("budi@"), ["budi"]);
    let said = home.run(&["account", "search", "bud"]).ok();
    assert!(said.contains("active") && said.contains("budi  budi@example.com  +6281200000030"), "{said}");
    assert!(home.run(&["account", "search", "nobody"]).ok().contains("no account"));
}
