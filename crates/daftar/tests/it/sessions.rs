//! Sessions, seen and ended beside a running server; and the trail of who did what.

use serde_json::Value;

use super::program::Home;

#[tokio::test]
async fn row_12_an_operator_sees_and_ends_sessions_at_once() {
    let home = Home::for_development();
    let (server, http, client) = (home.start(&["serve"]), reqwest::Client::new(), home.client());
    assert_eq!(server.register(&http, &client, "siti", 1).await.unwrap(), 200);
    let (first, second) = (server.sign_in(&http, "siti").await.unwrap(), server.sign_in(&http, "siti").await.unwrap());
    let listed = home.json(&["session", "list", "siti", "--json"]);
    let listed = listed.as_array().unwrap();
    assert_eq!(listed.len(), 2);
    let id = listed[0]["id"].as_str().unwrap();
    assert!(home.run(&["session", "list", "siti@example.com"]).ok().contains(id));
    assert_eq!(home.run(&["session", "end", id]).ok(), format!("session {id} has ended\n"));
    let lives = [server.profile(&http, &first).await, server.profile(&http, &second).await];
    assert_eq!(lives, [200, 401], "the newest comes first");
    assert!(home.run(&["session", "end", id]).failed().contains("no session"));
    assert!(home.run(&["session", "end", "--all-of", "siti"]).ok().starts_with("1 session"));
    assert_eq!(server.profile(&http, &first).await, 401);
    assert!(home.run(&["session", "list", "siti"]).ok().contains("signed in nowhere"));
}

#[tokio::test]
async fn what_operators_do_is_written_down_under_their_names_and_outlives_the_account() {
    // Whatever the environment says is one line, which does nothing to the terminal of whoever reads it.
    let home = Home::for_development().with("SUDO_USER", "\u{1b}\nani");
    let (server, http, client) = (home.start(&["serve"]), reqwest::Client::new(), home.client());
    assert_eq!(server.register(&http, &client, "siti", 1).await.unwrap(), 200);
    server.sign_in(&http, "siti").await.unwrap();
    let id = home.json(&["account", "show", "siti", "--json"])["id"].as_str().unwrap().to_owned();
    home.run(&["account", "disable", "siti"]).ok();
    home.run(&["account", "delete", "siti", "--yes"]).ok();
    home.run(&["keys", "rotate"]).ok();
    let export = home.path("export.jsonl");
    home.run(&["account", "export", export.to_str().unwrap()]).ok();
    let entries = |arguments: &[&str]| home.json(&[&["audit", "--json"], arguments].concat()).as_array().unwrap().clone();
    let told = |entry: &Value| ["act", "actor", "name", "door", "from"].map(|name| entry[name].as_str().unwrap_or("-").to_owned()).join(" ");
    // The name is what the environment says, the number is not.
    let ani = format!("operator ani (uid {}) command_line -", rustix::process::getuid());
    assert_eq!(
        entries(&["--account", &id]).iter().map(told).collect::<Vec<_>>(),
        [
            format!("account.erased {ani}"),
            format!("account.disabled {ani}"),
            "session.opened owner - usapi 127.0.0.1".to_owned(),
            format!("account.made client {} usapi 127.0.0.1", client.id),
        ]
    );
    assert_eq!(entries(&["--limit", "2"]).iter().map(told).collect::<Vec<_>>(), [format!("accounts.exported {ani}"), format!("keys.rotated {ani}")]);
    let made = entries(&["--act", "client.made"]);
    assert_eq!((made.len(), made[0]["about"].as_str()), (1, Some(client.id.as_str())));
    let said = home.run(&["audit", "--account", &id]).ok();
    assert!(said.lines().count() == 4 && said.contains("by operator ani (uid ") && said.contains("by owner, usapi from 127.0.0.1"), "{said}");
    assert!(home.run(&["audit", "--account", "siti"]).failed().contains("no account"), "by its id alone");
    assert_eq!(server.stop().code(), Some(0));
}
