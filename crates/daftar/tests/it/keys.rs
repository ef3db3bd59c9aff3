//! The keys that sign tokens, rotated beside running servers: nobody who should be let in is refused, and nobody else is let in.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use daftar_core::token::SigningKey;
use serde_json::{Value, json};

use super::program::{Home, Server};

/// How long a rotated key may take to be published (contract `operations.md`).
const PUBLISHED_WITHIN: Duration = Duration::from_secs(15);
/// How long it may take to sign: announced for ten seconds, read every two.
const SIGNS_WITHIN: Duration = Duration::from_secs(30);

async fn until(what: &str, within: Duration, holds: impl AsyncFn() -> bool) {
    let looking = async {
        let mut pause = tokio::time::interval(Duration::from_millis(50));
        while !holds().await {
            pause.tick().await;
        }
    };
    tokio::time::timeout(within, looking).await.unwrap_or_else(|_| panic!("not within {within:?}: {what}"));
}

fn kid(token: &str) -> String {
    let header = URL_SAFE_NO_PAD.decode(token.split('.').next().unwrap()).unwrap();
    serde_json::from_slice::<Value>(&header).unwrap()["kid"].as_str().unwrap().to_owned()
}

async fn published(http: &reqwest::Client, server: &Server) -> Vec<String> {
    let keys: Value = http.get(format!("{}/.well-known/jwks.json", server.base)).send().await.unwrap().json().await.unwrap();
    keys["keys"].as_array().unwrap().iter().map(|key| key["kid"].as_str().unwrap().to_owned()).collect()
}

/// What `keys list` says: each key and what it is for, newest first.
fn listed(home: &Home) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    home.json(&["keys", "list", "--json"]).as_array().unwrap().iter().map(|key| (text(&key["kid"]), text(&key["state"]))).collect()
}

#[tokio::test]
async fn a_rotated_key_is_published_soon_signs_later_and_signs_nobody_out() {
    let home = Home::for_development();
    let (server, http, client) = (home.start(&["serve"]), reqwest::Client::new(), home.client());
    server.register(&http, &client, "siti", 1).await.unwrap();
    let old = server.sign_in(&http, "siti").await.unwrap();
    assert_eq!(listed(&home), [(kid(&old), "signing".to_owned())]);
    let said = home.run(&["keys", "rotate"]).ok();
    let new = listed(&home)[0].0.clone();
    assert!(said.contains(&new) && said.contains("signs from"), "{said}");
    until("the new key is published", PUBLISHED_WITHIN, async || published(&http, &server).await == [new.clone(), kid(&old)]).await;
    assert_eq!(server.profile(&http, &old).await, 200);
    until("the new key signs", SIGNS_WITHIN, async || kid(&server.sign_in(&http, "siti").await.unwrap()) == new).await;
    assert_eq!(listed(&home), [(new, "signing".to_owned()), (kid(&old), "checking".to_owned())]);
    assert_eq!(server.profile(&http, &old).await, 200);
    assert_eq!(published(&http, &server).await.len(), 2);
}

#[tokio::test]
async fn a_revoked_key_ends_its_tokens_and_the_new_one_is_taken_everywhere() {
    let home = Home::for_development();
    let (client, http) = (home.client(), reqwest::Client::new());
    let (one, other) = (home.start(&["serve"]), home.start(&["serve"]));
    one.register(&http, &client, "siti", 1).await.unwrap();
    let old = one.sign_in(&http, "siti").await.unwrap();
    for _ in 0..3 {
        home.run(&["keys", "rotate", "--revoke"]).ok();
        let new = listed(&home)[0].0.clone();
        until("the new key signs", PUBLISHED_WITHIN, async || {
            let token = one.sign_in(&http, "siti").await.unwrap();
            // The other server may not have looked since: it has to look before it refuses.
            kid(&token) == new && {
                assert_eq!(other.profile(&http, &token).await, 200);
                true
            }
        })
        .await;
        for server in [&one, &other] {
            assert_eq!(server.profile(&http, &old).await, 401);
            assert_eq!(published(&http, server).await, [new.as_str()]);
        }
    }
}

#[tokio::test]
async fn while_keys_rotate_under_load_no_server_refuses_what_another_signed() {
    let home = Home::for_development();
    let (client, http) = (home.client(), reqwest::Client::new());
    let (one, other) = (home.start(&["serve"]), home.start(&["serve"]));
    one.register(&http, &client, "siti", 1).await.unwrap();
    let first = one.sign_in(&http, "siti").await.unwrap();
    let newest = Arc::new(OnceLock::new());
    let rotations = {
        let newest = Arc::clone(&newest);
        std::thread::spawn(move || {
            for _ in 0..3 {
                home.run(&["keys", "rotate"]).ok();
            }
            newest.set(listed(&home)[0].0.clone()).unwrap();
            home
        })
    };
    let both = async |signs: &Server, checks: &Server| {
        let mut last = String::new();
        while newest.get() != Some(&last) {
            let token = signs.sign_in(&http, "siti").await.unwrap();
            assert_eq!(checks.profile(&http, &token).await, 200, "signed with {}, published {:?}", kid(&token), published(&http, checks).await);
            assert_eq!(signs.profile(&http, &first).await, 200);
            last = kid(&token);
        }
    };
    let load = async { tokio::join!(both(&one, &other), both(&other, &one)) };
    tokio::time::timeout(SIGNS_WITHIN, load).await.expect("the newest key signs everywhere in time");
    rotations.join().unwrap();
}

#[tokio::test]
async fn a_key_file_from_before_becomes_the_first_key_and_a_new_installation_makes_none() {
    let home = Home::for_development();
    let (http, pem) = (reqwest::Client::new(), SigningKey::generate().unwrap());
    std::fs::create_dir(home.path("daftar-data")).unwrap();
    home.write("daftar-data/token-signing.pem", &pem);
    let server = home.start(&["serve"]);
    assert_eq!(published(&http, &server).await, [SigningKey::es256(&pem).unwrap().kid()]);
    assert_eq!(std::fs::read_to_string(home.path("daftar-data/token-signing.pem")).unwrap(), *pem);
    let fresh = Home::for_development();
    assert!(fresh.run(&["keys", "list"]).ok().contains("no keys yet"));
    assert!(fresh.start(&["serve"]).stop().success());
    assert!(!fresh.path("daftar-data/token-signing.pem").exists());
    let list = fresh.run(&["keys", "list"]).ok();
    assert!(list.contains("signing") && !list.contains("PRIVATE"), "{list}");
}

#[tokio::test]
async fn keys_in_files_sign_first_and_check_all() {
    let (old, new) = (SigningKey::generate().unwrap(), SigningKey::generate().unwrap());
    let (home, http) = (Home::for_development().with("DAFTAR_TOKENS__KEY_FILES", "old.pem"), reqwest::Client::new());
    home.write("old.pem", &old);
    home.write("new.pem", &new);
    let (server, client) = (home.start(&["serve"]), home.client());
    server.register(&http, &client, "siti", 1).await.unwrap();
    let token = server.sign_in(&http, "siti").await.unwrap();
    assert!(server.stop().success());
    let home = home.with("DAFTAR_TOKENS__KEY_FILES", "new.pem, old.pem");
    let server = home.start(&["serve"]);
    assert_eq!(server.profile(&http, &token).await, 200);
    let names: Vec<_> = [&new, &old].into_iter().map(|pem| SigningKey::es256(pem).unwrap().kid().to_owned()).collect();
    assert_eq!(kid(&server.sign_in(&http, "siti").await.unwrap()), names[0]);
    assert_eq!(published(&http, &server).await, names);
    let error = home.with("DAFTAR_TOKENS__KEY_FILES", "nowhere.pem").run(&["serve"]).failed();
    assert!(error.contains("`tokens.key_files`") && error.contains("nowhere.pem"), "{error}");
}

#[test]
fn keys_from_the_configuration_are_rotated_there() {
    let shared = "q3J9vT0mZyX8kL2wN5pR7sB1cD4fG6hJ";
    for (home, says) in [
        (Home::for_development().with("DAFTAR_TOKENS__ALGORITHM", "HS256").with("DAFTAR_TOKENS__SECRET", shared), "`tokens.secret`"),
        (Home::for_development().with("DAFTAR_TOKENS__KEY_FILES", "a.pem"), "`tokens.key_files`"),
    ] {
        for command in [&["keys", "list"][..], &["keys", "rotate"], &["keys", "rotate", "--revoke"]] {
            let error = home.run(command).failed();
            assert!(error.contains("come") && error.contains(says) && !error.contains(shared), "{error}");
        }
    }
}

#[test]
fn the_list_names_every_key_and_what_it_is_for() {
    let home = Home::for_development();
    home.run(&["keys", "rotate"]).ok();
    let list = home.json(&["keys", "list", "--json"]);
    assert_eq!((&list[0]["state"], &list[0]["retires_at"], &list[1]["state"]), (&json!("next"), &Value::Null, &json!("signing")));
    let mut names: Vec<_> = list[1].as_object().unwrap().keys().map(String::as_str).collect();
    names.sort_unstable();
    assert_eq!(names, ["created_at", "kid", "retires_at", "signs_from", "state"]);
    assert!(list[1]["retires_at"].is_string());
    let plain = home.run(&["keys", "list"]).ok();
    assert!(plain.contains(list[0]["kid"].as_str().unwrap()) && plain.contains("signs from"), "{plain}");
}
